/*
 * table.h - lists for people: columns as wide as what is in them
 *
 *	AUTO(table_free) struct table t = TABLE_INIT;
 *
 *	table_head(&t, "name", "files", NULL);
 *	table_right(&t, 1);
 *	table_cell(&t, asset->name);
 *	table_count(&t, asset->files);
 *	r = table_write(&t, out, fault);
 *
 * Cells go row by row.  Nothing needs checking before table_write().  What is in a cell is made
 * harmless for a terminal; an empty table writes nothing.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdio.h>

#include "base/buf.h"

#define TABLE_COLUMNS_MAX 12
#define TABLE_BYTES_MAX   ((size_t)256 * 1024 * 1024)

struct table {
	struct buf cells; /* each with a NUL behind it */
	size_t columns, count;
	unsigned right; /* bit i: column i is flush right */
	unsigned indent;
	bool headless;
};

#define TABLE_INIT                                                                                 \
	{                                                                                          \
		.cells = BUF_INIT(TABLE_BYTES_MAX)                                                 \
	}

/* The names of the columns, NULL-ended. */
void table_head(struct table *t, ...) __attribute__((sentinel));
void table_right(struct table *t, size_t column);

void table_cell(struct table *t, const char *text); /* NULL: empty */
void table_count(struct table *t, uint64_t count);  /* "512,001" */
void table_size(struct table *t, uint64_t bytes);   /* "73.2 MB" */

/* FAULT_MEMORY, FAULT_LIMIT, FAULT_IO. */
int table_write(const struct table *t, FILE *to, struct fault *fault);
void table_free(struct table *t);

#endif
