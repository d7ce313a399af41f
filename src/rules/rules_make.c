/*
 * rules_make.c - the files of rules/ -> builtin_data.c, while building
 *
 *	rules_make FILE... >builtin_data.c
 *
 * Writes the packed rules, their tables and the compiled literals.
 */
#include <stdio.h>

#include "base/file.h"
#include "base/own.h"
#include "rules/inside.h"

#define FILES_MAX      256
#define FILE_BYTES_MAX ((size_t)1024 * 1024)

static void
note(void *to, const char *text)
{
	(void)to;
	(void)fprintf(stderr, "rules_make: %s\n", text);
}

/* Octal escapes of three digits: nothing behind them can be taken for a part of them. */
static void
print(const char *name, struct bytes content)
{
	(void)printf("const uint32_t %s_bytes = %zu;\nconst char %s[] =\n", name, content.left,
		     name);
	for (size_t i = 0; i < content.left; i++) {
		uint8_t c = content.at[i];

		if (i % 64 == 0)
			(void)printf("%s\"", i == 0 ? "" : "\"\n");
		if (c >= ' ' && c < 0x7f && c != '"' && c != '\\' && c != '?')
			(void)putchar(c);
		else
			(void)printf("\\%03o", c);
	}
	(void)printf("%s;\n\n", content.left == 0 ? "\"\"" : "\"");
}

static void
print_beside(const struct rules_beside beside[BESIDE_MAX])
{
	(void)printf("{");
	for (size_t i = 0; i < BESIDE_MAX; i++)
		(void)printf("{%u,%u},", beside[i].class, beside[i].count);
	(void)printf("},");
}

static void
print_tables(const struct rule_set *set)
{
	const struct rules_sizes *is = &set->is;

	(void)printf("const struct rules_sizes builtin_sizes = {%u,%u,%u,%u,%u,%u,%u,%u,%u,%u};\n",
		     is->literals, is->refs, is->classes, is->words, is->runs, is->literal_max,
		     is->literal_before, is->literal_after, is->reach_before, is->reach_after);
	(void)printf("const struct rules_bounds builtin_bounds[] = {\n");
	for (size_t i = 0; i < set->count; i++) {
		const struct rules_bounds *b = &set->bounds[i];

		(void)printf("{%u,%u,%u,%u,%u,%u,%u,%d,0},\n", b->min, b->max, b->behind, b->ahead,
			     b->starts, b->starts_count, b->all, b->fixed);
	}
	(void)printf("};\nconst struct rules_literal builtin_literals[] = {\n");
	for (size_t i = 0; i < is->literals; i++) {
		const struct rules_literal *l = &set->literals[i];

		(void)printf("{%u,%u,%u,%u,%u},\n", l->length, l->refs, l->refs_count, l->words,
			     l->words_count);
	}
	(void)printf("{0}};\nconst struct rules_ref builtin_refs[] = {\n");
	for (size_t i = 0; i < is->refs; i++) {
		const struct rules_ref *ref = &set->refs[i];

		(void)printf("{%u,%u,%u,%u,%u,%u,", ref->rule, ref->not_before, ref->offset_min,
			     ref->offset_max, ref->before_count, ref->after_count);
		print_beside(ref->before);
		print_beside(ref->after);
		(void)printf("},\n");
	}
	(void)printf("{0}};\nconst struct match_class builtin_classes[] = {\n");
	for (size_t i = 0; i < is->classes; i++)
		(void)printf("{{%lluu,%lluu,%lluu,%lluu}},\n",
			     (unsigned long long)set->classes[i].bits[0],
			     (unsigned long long)set->classes[i].bits[1],
			     (unsigned long long)set->classes[i].bits[2],
			     (unsigned long long)set->classes[i].bits[3]);
	(void)printf("{{0}}};\nconst uint16_t builtin_words[] = {");
	for (size_t i = 0; i < is->words; i++)
		(void)printf("%u,%s", set->words[i], i % 16 == 15 ? "\n" : "");
	(void)printf("0};\nconst uint16_t builtin_runs[] = {");
	for (size_t i = 0; i < is->runs; i++)
		(void)printf("%u,", set->runs[i]);
	(void)printf("0};\n\n");
}

static int
make(int count, char *const paths[], struct fault *fault)
{
	static struct buf texts[FILES_MAX];
	static struct rules_file files[FILES_MAX];
	const struct rules_notes notes = {note, NULL};
	AUTO(rules_free)
	struct rule_set *set = NULL;
	AUTO(buf_free)
	struct buf packed = BUF_INIT(RULES_PACK_BYTES_MAX);
	AUTO(buf_free)
	struct buf saved = BUF_INIT(RULES_SAVED_BYTES_MAX);
	int r = 0;

	if (count > FILES_MAX)
		return fault_set(fault, FAULT_LIMIT, "more than %d files", FILES_MAX);
	for (int i = 0; r == 0 && i < count; i++) {
		texts[i].bytes_max = FILE_BYTES_MAX;
		r = file_read_all(paths[i], &texts[i], fault);
		files[i] = (struct rules_file){buf_bytes(&texts[i]), paths[i]};
	}
	if (r == 0)
		r = rules_load_files(&set, files, (size_t)count, &notes, fault);
	if (r == 0)
		r = rules_pack(set, &packed, fault);
	if (r == 0)
		r = match_literals_save(set->matcher, &saved, fault);
	if (r < 0)
		return r;
	(void)printf("#include \"rules/builtin.h\"\n\n");
	print("builtin_rules", buf_bytes(&packed));
	print("builtin_matcher", buf_bytes(&saved));
	print_tables(set);
	for (int i = 0; i < count; i++)
		buf_free(&texts[i]);
	return fflush(stdout) == 0 ? 0 : fault_errno(fault, "standard output");
}

int
main(int argc, char *argv[])
{
	struct fault fault = FAULT_INIT;

	if (make(argc - 1, argv + 1, &fault) == 0)
		return 0;
	(void)fprintf(stderr, "rules_make: %s\n", fault.text);
	return 1;
}
