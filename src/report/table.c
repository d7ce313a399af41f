/*
 * table.c - lists for people
 *
 * Knows: how wide a cell is.  Does not know: what is listed.
 * A character counts one column; East Asian wide ones come out narrow, which only bends a line.
 */
#include "report/table.h"

#include <stdarg.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "report/escape.h"

void
table_free(struct table *t)
{
	buf_free(&t->cells);
}

static void
add(struct table *t, const char *text)
{
	(void)buf_append(&t->cells, text, strlen(text) + 1);
	t->count++;
}

void
table_head(struct table *t, ...)
{
	const char *name;
	va_list args;

	va_start(args, t);
	while ((name = va_arg(args, const char *)) != NULL && t->columns < TABLE_COLUMNS_MAX) {
		add(t, name);
		t->columns++;
	}
	va_end(args);
}

void
table_right(struct table *t, size_t column)
{
	t->right |= 1u << column;
}

/* What the cell shows on a terminal, measured and kept. */
void
table_cell(struct table *t, const char *text)
{
	AUTO(own_free)
	char *shown = NULL;
	size_t bytes = 0;
	FILE *memory;

	if (text == NULL) {
		add(t, "");
		return;
	}
	memory = open_memstream(&shown, &bytes);
	if (memory == NULL) {
		t->cells.failed = FAULT_MEMORY;
		return;
	}
	escape_terminal(memory, text);
	if (fclose(memory) != 0 || shown == NULL)
		t->cells.failed = FAULT_MEMORY;
	else
		add(t, shown);
}

void
table_count(struct table *t, uint64_t count)
{
	char text[32];

	add(t, text_count(count, text));
}

void
table_size(struct table *t, uint64_t bytes)
{
	char text[32];

	add(t, text_size(bytes, text));
}

static size_t
width(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += ((uint8_t)*text & 0xc0) != 0x80;
	return count;
}

static void
put_row(const struct table *t, FILE *to, const char **cell, const size_t widths[])
{
	(void)fprintf(to, "%*s", (int)t->indent, "");
	for (size_t c = 0; c < t->columns; c++, *cell += strlen(*cell) + 1) {
		int pad = (int)(widths[c] - width(*cell));

		if ((t->right >> c & 1) != 0)
			(void)fprintf(to, "%*s%s", pad, "", *cell);
		else if (c + 1 < t->columns)
			(void)fprintf(to, "%s%*s", *cell, pad, "");
		else
			(void)fputs(*cell, to); /* no blanks at the end of a line */
		if (c + 1 < t->columns)
			(void)fputs("  ", to);
	}
	(void)fputc('\n', to);
}

int
table_write(const struct table *t, FILE *to, struct fault *fault)
{
	size_t widths[TABLE_COLUMNS_MAX] = {0};
	const char *cell = (const char *)t->cells.at;
	size_t rows = t->columns == 0 ? 0 : t->count / t->columns;

	if (t->cells.failed == FAULT_LIMIT)
		return fault_set(fault, FAULT_LIMIT, "a list of more than 256 MiB");
	if (t->cells.failed != 0)
		return fault_memory(fault);
	if (rows < 2)
		return 0;
	for (size_t i = 0; i < rows * t->columns; i++, cell += strlen(cell) + 1)
		if ((i >= t->columns || !t->headless) && width(cell) > widths[i % t->columns])
			widths[i % t->columns] = width(cell);
	cell = (const char *)t->cells.at;
	for (size_t i = 0; t->headless && i < t->columns; i++)
		cell += strlen(cell) + 1;
	for (size_t row = t->headless; row < rows; row++)
		put_row(t, to, &cell, widths);
	return ferror(to) ? fault_errno(fault, "writing a list") : 0;
}
