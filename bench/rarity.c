/*
 * rarity.c - which parts and which keys do many projects have?  bench/rarity.py makes the tables of it
 *
 *	bench_rarity_parts MIN < LIST	strings, names and regexes in MIN projects or more:
 *					COUNT, tab, the part with \n \t \r \\ \xNN
 *	bench_rarity_keys < LIST	keys that 3 (text), 4 (token), 5 (atom) projects or more share:
 *					COUNT, tab, the upper half of the key
 *
 * LIST: PROJECT, tab, PATH; the files of a project stand together.  The first program is linked with
 * empty tables, the second with the parts that are in the tree and no list of keys, so that neither
 * is told what it is to find.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/own.h"
#include "fingerprint/fingerprint.h"
#include "fingerprint/mix.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)
#define PART_BYTES_MAX 200

struct row {
	uint64_t hash; /* 0: the slot is empty */
	const char *text;
	uint32_t project, count;
	uint32_t kind, length;
};

struct table {
	struct row *rows;
	size_t slots, used;
	struct arena texts;
};

static struct row *
slot_of(struct row *rows, size_t slots, uint64_t hash)
{
	size_t at = hash & (slots - 1);

	while (rows[at].hash != 0 && rows[at].hash != hash)
		at = (at + 1) & (slots - 1);
	return &rows[at];
}

static void
grow(struct table *t)
{
	size_t slots = t->slots == 0 ? (size_t)1 << 20 : t->slots * 2;
	struct row *rows = calloc(slots, sizeof(*rows));

	if (rows == NULL)
		exit(3);
	for (size_t i = 0; i < t->slots; i++)
		if (t->rows[i].hash != 0)
			*slot_of(rows, slots, t->rows[i].hash) = t->rows[i];
	free(t->rows);
	t->rows = rows;
	t->slots = slots;
}

/* The row of a hash, counted once a project; NULL when the project has it already. */
static struct row *
count(struct table *t, uint64_t hash, uint32_t project)
{
	struct row *row;

	if (t->used * 2 >= t->slots)
		grow(t);
	row = slot_of(t->rows, t->slots, hash);
	t->used += row->hash == 0;
	if (row->hash != 0 && row->project == project)
		return NULL;
	row->hash = hash;
	row->project = project;
	row->count++;
	return row;
}

/* Literals with escapes are spelled otherwise than they are hashed: those are left out. */
static void
count_part(struct table *t, const struct print *print, struct bytes text, uint32_t project)
{
	uint64_t hash = mix_bytes(text.at + print->at, print->length);
	struct row *row;

	if (print->length > PART_BYTES_MAX || hash >> 32 != print->key)
		return;
	row = count(t, hash, project);
	if (row == NULL || row->text != NULL)
		return;
	row->text = arena_copy(&t->texts, text.at + print->at, print->length);
	row->length = print->length;
}

static void
print_part(const struct row *row)
{
	(void)printf("%u\t", row->count);
	for (uint32_t i = 0; i < row->length; i++) {
		uint8_t c = (uint8_t)row->text[i];

		if (c == '\\')
			(void)fputs("\\\\", stdout);
		else if (c == '\n' || c == '\t' || c == '\r')
			(void)printf("\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
		else if (c < 0x20 || c == 0x7f)
			(void)printf("\\x%02x", c);
		else
			(void)putchar(c);
	}
	(void)putchar('\n');
}

static uint32_t
least_of(uint32_t kind)
{
	return kind == PRINT_TEXT ? 3 : kind == PRINT_TOKEN ? 4 : 5;
}

int
main(int argc, char *argv[])
{
	const uint32_t least = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0; /* 0: keys */
	struct table t = {.texts = ARENA_INIT((size_t)8 << 30)};
	AUTO(prints_free)
	struct prints prints = PRINTS_INIT;
	AUTO(buf_free)
	struct buf content = BUF_INIT(FILE_BYTES_MAX);
	char line[8192], last[8192] = "";
	uint32_t project = 0;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *path = strchr(line, '\t');
		struct bytes text;

		line[strcspn(line, "\n")] = '\0';
		if (path == NULL)
			continue;
		*path++ = '\0';
		if (strcmp(line, last) != 0) {
			(void)snprintf(last, sizeof(last), "%s", line);
			project++;
		}
		buf_reset(&content);
		prints.count = 0;
		if (file_read_all(path, &content, NULL) < 0 || content.used == 0)
			continue;
		text = buf_bytes(&content);
		if (fingerprint_text(&prints, text, language_of(bytes_text(path), text),
				     PRINT_REGISTER, NULL) < 0)
			return 3;
		for (size_t i = 0; i < prints.count; i++) {
			const struct print *print = &prints.list[i];
			struct row *row;

			if (least > 0 && print->kind == PRINT_PART)
				count_part(&t, print, text, project);
			if (least > 0 || print->kind == PRINT_PART)
				continue;
			row = count(&t, print->key | 1, project);
			if (row != NULL)
				row->kind = print->kind;
		}
	}
	for (size_t i = 0; i < t.slots; i++) {
		const struct row *row = &t.rows[i];

		if (row->hash == 0 || row->count < (least > 0 ? least : least_of(row->kind)))
			continue;
		if (least > 0)
			print_part(row);
		else
			(void)printf("%u\t%08x\n", row->count, (unsigned)(row->hash >> 32));
	}
	free(t.rows);
	arena_free(&t.texts);
	return 0;
}
