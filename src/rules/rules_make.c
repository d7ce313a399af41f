/*
 * rules_make.c - the files of rules/ -> builtin_data.c, while building
 *
 *	rules_make FILE... >builtin_data.c
 *
 * Writes the packed rules and the compiled literals as two texts.
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
	(void)printf("#include <stdint.h>\n\n#include \"rules/builtin.h\"\n\n");
	print("builtin_rules", buf_bytes(&packed));
	print("builtin_literals", buf_bytes(&saved));
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
