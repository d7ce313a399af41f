/*
 * tables_make.c - keywords.txt, common.txt and stop.txt -> tables.c, while building
 *
 * keywords.txt: words; the order gives the token codes.  common.txt: a class digit, a blank, the
 * part with \n \t \r \\ \xNN for what a line cannot hold.  stop.txt: the upper half of keys, in
 * hexadecimal.  `#` in front begins a comment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fingerprint/mix.h"
#include "fingerprint/tables.h"

struct table {
	uint32_t *tags;
	uint8_t *values;
	size_t slots, used;
};

static void
add(struct table *t, const char *text, size_t length, uint8_t value)
{
	uint64_t hash = mix_bytes((const uint8_t *)text, length);
	size_t slot = hash & (t->slots - 1);

	while (t->tags[slot] != 0) {
		if (t->tags[slot] == (uint32_t)(hash >> 32))
			return;
		slot = (slot + 1) & (t->slots - 1);
	}
	if (++t->used > t->slots / 2) {
		(void)fprintf(stderr, "tables_make: more than %zu words\n", t->slots / 2);
		exit(1);
	}
	t->tags[slot] = (uint32_t)(hash >> 32);
	t->values[slot] = value;
}

static void
print_tags(const struct table *t, const char *tags)
{
	(void)printf("const uint32_t %s[%zu] = {\n", tags, t->slots);
	for (size_t i = 0; i < t->slots; i++)
		(void)printf("0x%x,%s", t->tags[i], i % 8 == 7 ? "\n" : "");
	(void)printf("};\n\n");
}

static void
print(const struct table *t, const char *tags, const char *values)
{
	print_tags(t, tags);
	(void)printf("const uint8_t %s[%zu] = {\n", values, t->slots);
	for (size_t i = 0; i < t->slots; i++)
		(void)printf("%u,%s", t->values[i], i % 32 == 31 ? "\n" : "");
	(void)printf("};\n\n");
}

/* In place; returns the length. */
static size_t
unescape(char *text)
{
	char *to = text;

	for (const char *p = text; *p != '\0' && *p != '\n'; p++) {
		char hex[3] = {0};

		if (*p != '\\') {
			*to++ = *p;
			continue;
		}
		p++;
		switch (*p) {
		case 'n':
			*to++ = '\n';
			break;
		case 't':
			*to++ = '\t';
			break;
		case 'r':
			*to++ = '\r';
			break;
		case 'x':
			if (p[1] == '\0' || p[2] == '\0')
				return (size_t)(to - text);
			hex[0] = p[1];
			hex[1] = p[2];
			*to++ = (char)strtoul(hex, NULL, 16);
			p += 2;
			break;
		default:
			*to++ = *p;
			break;
		}
	}
	return (size_t)(to - text);
}

/* Tags alone: the slot follows from the tag. */
static void
add_stop(uint32_t *tags, uint32_t tag)
{
	uint32_t slot = tag & (STOP_SLOTS - 1);

	while (tags[slot] != 0 && tags[slot] != tag)
		slot = (slot + 1) & (STOP_SLOTS - 1);
	tags[slot] = tag;
}

static int
print_stop(const char *path)
{
	static uint32_t tags[STOP_SLOTS];
	FILE *in = fopen(path, "r");
	size_t count = 0;
	char line[256];

	if (in == NULL)
		return 1;
	while (fgets(line, sizeof(line), in) != NULL) {
		char *at = line, *end;

		for (; line[0] != '#'; at = end) {
			unsigned long tag = strtoul(at, &end, 16);

			if (end == at)
				break;
			if (tag != 0 && ++count <= STOP_SLOTS / 2)
				add_stop(tags, (uint32_t)tag);
		}
	}
	(void)fclose(in);
	(void)printf("const uint32_t stop_tags[%d] = {\n", STOP_SLOTS);
	for (size_t i = 0; i < STOP_SLOTS; i++)
		(void)printf("0x%x,%s", tags[i], i % 8 == 7 ? "\n" : "");
	(void)printf("};\n\n");
	return count > STOP_SLOTS / 2;
}

int
main(int argc, char *argv[])
{
	static uint32_t tags[COMMON_SLOTS], word_tags[KEYWORD_SLOTS];
	static uint32_t stop_tags_of[COMMON_STOP_SLOTS];
	static uint8_t values[COMMON_SLOTS], word_values[KEYWORD_SLOTS];
	static uint8_t stop_values[COMMON_STOP_SLOTS];
	struct table words = {word_tags, word_values, KEYWORD_SLOTS, 0};
	struct table common = {tags, values, COMMON_SLOTS, 0};
	struct table stop = {stop_tags_of, stop_values, COMMON_STOP_SLOTS, 0};
	char line[4096];
	uint16_t lengths[26] = {0};
	unsigned code = 128;
	FILE *in;

	if (argc != 4 || (in = fopen(argv[1], "r")) == NULL)
		return 1;
	while (fscanf(in, "%12s", line) == 1 && code < 256) {
		lengths[line[0] - 'a'] |= (uint16_t)(1U << strlen(line));
		add(&words, line, strlen(line), (uint8_t)code++);
	}
	(void)fclose(in);
	if (code > 255 || (in = fopen(argv[2], "r")) == NULL)
		return 1;
	while (fgets(line, sizeof(line), in) != NULL) {
		size_t length;

		if (line[0] < '0' || line[0] > '2' || line[1] != ' ')
			continue;
		length = unescape(line + 2);
		add(&common, line + 2, length, (uint8_t)(line[0] - '0'));
		if (line[0] == '0')
			add(&stop, line + 2, length, 0);
	}
	(void)fclose(in);
	(void)printf("/* made by tables_make */\n#include \"fingerprint/tables.h\"\n\n");
	print(&words, "keyword_tags", "keyword_codes");
	print(&common, "common_tags", "common_classes");
	print_tags(&stop, "common_stop_tags");
	if (print_stop(argv[3]) != 0)
		return 1;
	(void)printf("const uint16_t keyword_lengths[26] = {");
	for (size_t i = 0; i < 26; i++)
		(void)printf("0x%x,", lengths[i]);
	(void)printf("};\n");
	return 0;
}
