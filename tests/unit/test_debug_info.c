/*
 * test_debug_info.c - what compiled files tell; samples by tests/data/compiled/make.sh
 */
#include "tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "detect/debug_read.h"
#include "detect/table.h"
#include "kit/detect_kit.h"

#define SAMPLE_BYTES_MAX 65536

struct sample {
	uint8_t at[SAMPLE_BYTES_MAX];
	size_t used;
};

static bool
load(const char *name, struct sample *sample)
{
	char path[128];
	ssize_t got;

	(void)snprintf(path, sizeof(path), "data/compiled/%s", name);
	AUTO(own_close)
	int fd = open(tap_data(path), O_RDONLY | O_CLOEXEC);

	got = fd < 0 ? -1 : read(fd, sample->at, sizeof(sample->at));
	sample->used = got < 0 ? 0 : (size_t)got;
	return got > 0;
}

static void
scan(struct detect_kit *kit, const char *name)
{
	static struct sample sample;

	detect_kit_init(kit, &detect_debug_info);
	OK(load(name, &sample));
	EQ_INT(detect_kit_blob(kit, name, BLOB_BINARY, bytes_make(sample.at, sample.used)), 0);
	EQ_INT(detect_kit_end(kit), 0);
}

static void
expect(const char *name, const char *rule, const char *title, const char *why)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;
	const struct finding *finding;

	tap_note("%s", name);
	scan(&kit, name);
	finding = detect_kit_finding(&kit, rule);
	NEED(finding != NULL);
	HAS_STR(finding->title, title);
	HAS_STR(finding->why, why);
}

TEST(debug_info_reads_dwarf_of_every_container)
{
	static const char *const names[] = {
	    "elf64-dwarf5",          "elf64-dwarf4",         "elf64-compressed", "elf64-zdebug",
	    "elf32-mips-big-object", "elf64-ppc-big-object", "macho-object",     "coff-dwarf",
	    "wasm-object",           "elf64-embedded"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		expect(names[i], "debug-info", "debug information (DWARF",
		       "/home/hannah/work/acme");
}

TEST(debug_info_names_units_of_linked_files)
{
	expect("elf64-dwarf5", "debug-info", "in 1 file", "src/rocket.c");
	expect("elf64-dwarf4", "debug-info", "in 1 file", "src/rocket.c");
	expect("elf64-compressed", "debug-info", "in 1 file", "src/rocket.c");
}

TEST(debug_info_embedded_source_discloses_and_is_handed_back)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;
	const struct finding *finding;

	scan(&kit, "elf64-embedded");
	finding = detect_kit_finding(&kit, "embedded-source");
	NEED(finding != NULL);
	EQ_INT(finding->severity, SEVERITY_CRITICAL);
	OK(finding->discloses);
	EQ_U64(finding->count, 1);
	EQ_U64(kit.derived, 1);
	EQ_STR(kit.derived_name, "src/rocket.c");
	OK(kit.derived_bytes > 200);
}

TEST(debug_info_embedded_source_in_an_object_is_seen_without_its_text)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	scan(&kit, "elf64-embedded-object");
	OK(detect_kit_finding(&kit, "embedded-source") != NULL);
	EQ_U64(kit.derived, 0);
}

TEST(debug_info_tells_files_that_are_nothing_else)
{
	expect("elf64-keepdebug", "debug-file", "1 file of debug information (DWARF", "rocket.c");
	expect("elf64-split-dwo", "debug-file", "1 file of debug information (DWARF", "");
}

TEST(debug_info_of_codeview_objects_is_seen)
{
	expect("coff-codeview", "debug-info", "(CodeView, ", "");
}

TEST(debug_info_says_nothing_of_a_stripped_file)
{
	static const char *const names[] = {"elf64-stripped", "class-none"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO(detect_kit_fini)
		struct detect_kit kit;

		scan(&kit, names[i]);
		EQ_U64(kit.findings.count, 0);
	}
}

TEST(debug_info_symbols_count_only_where_debug_information_is_gone)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	expect("elf64-symtab", "symbol-table", "3 names", "private functions");
	scan(&kit, "elf64-dwarf5");
	OK(detect_kit_finding(&kit, "symbol-table") == NULL);
}

TEST(debug_info_counts_local_variables_of_java)
{
	expect("class-g", "class-debug", "4 names of local variables in 1 class", "decompiled");
}

TEST(debug_info_finds_the_path_in_every_version_of_python)
{
	static const char *const names[] = {"pyc-27",  "pyc-36",  "pyc-37",  "pyc-38", "pyc-39",
					    "pyc-310", "pyc-311", "pyc-312", "pyc-313"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		expect(names[i], "pyc-path", "/srv/acme/next/rocket.py", "");
}

TEST(debug_info_tells_many_files_once)
{
	static struct sample sample;
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	detect_kit_init(&kit, &detect_debug_info);
	NEED(load("elf64-dwarf5", &sample));
	for (int i = 0; i < 12; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "lib/%02d.so", 11 - i);
		EQ_INT(detect_kit_blob(&kit, name, BLOB_ELF, bytes_make(sample.at, sample.used)),
		       0);
	}
	EQ_INT(detect_kit_end(&kit), 0);
	NEED(kit.findings.count == 1);
	HAS_STR(kit.findings.list[0].title, "in 12 files");
	EQ_STR(kit.findings.list[0].path, "input!/lib/00.so");
	EQ_U64(kit.findings.list[0].count, 12);
}

/* A PE image and PDBs have no small compiler here: made by hand, from the format. */

static size_t
put(uint8_t *at, const void *what, size_t count)
{
	memcpy(at, what, count);
	return count;
}

static void
put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* One section at RVA 0x1000, file offset 0x200; the debug directory at its start. */
static size_t
make_pe(uint8_t out[1024], const char *pdb)
{
	memset(out, 0, 1024);
	(void)put(out, "MZ", 2);
	put32(out + 0x3c, 0x40);
	(void)put(out + 0x40, "PE\0\0\x64\x86\x01", 7);
	out[0x54] = 0xf0;                     /* optional header */
	(void)put(out + 0x58, "\x0b\x02", 2); /* PE32+ */
	put32(out + 0x58 + 108, 16);
	put32(out + 0x58 + 112 + 6 * 8, 0x1000);
	put32(out + 0x58 + 112 + 6 * 8 + 4, 28);
	(void)put(out + 0x148, ".rdata", 6);
	put32(out + 0x148 + 8, 0x200);
	put32(out + 0x148 + 12, 0x1000);
	put32(out + 0x148 + 16, 0x200);
	put32(out + 0x148 + 20, 0x200);
	put32(out + 0x200 + 12, 2); /* CodeView */
	put32(out + 0x200 + 16, (uint32_t)(24 + strlen(pdb) + 1));
	put32(out + 0x200 + 24, 0x220);
	(void)put(out + 0x220, "RSDS0123456789abcdef\1\0\0\0", 24);
	(void)put(out + 0x238, pdb, strlen(pdb) + 1);
	return 0x400;
}

TEST(debug_info_reads_the_pdb_path_of_an_image)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;
	uint8_t image[1024];
	size_t length = make_pe(image, "E:\\acme\\next\\x64\\rocket.pdb");
	const struct finding *finding;

	detect_kit_init(&kit, &detect_debug_info);
	EQ_INT(detect_kit_blob(&kit, "rocket.exe", BLOB_PE, bytes_make(image, length)), 0);
	EQ_INT(detect_kit_end(&kit), 0);
	finding = detect_kit_finding(&kit, "debug-reference");
	NEED(finding != NULL);
	HAS_STR(finding->title, "E:\\acme\\next\\x64\\rocket.pdb");
	EQ_INT(finding->severity, SEVERITY_INFO);
}

TEST(debug_info_leaves_a_pdb_name_without_folders_alone)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;
	uint8_t image[1024];
	size_t length = make_pe(image, "rocket.pdb");

	detect_kit_init(&kit, &detect_debug_info);
	EQ_INT(detect_kit_blob(&kit, "rocket.exe", BLOB_PE, bytes_make(image, length)), 0);
	EQ_INT(detect_kit_end(&kit), 0);
	EQ_U64(kit.findings.count, 0);
}

TEST(debug_info_knows_pdb_files_and_source_in_portable_ones)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;
	static const char msf[] = "Microsoft C/C++ MSF 7.00\r\n\x1a"
				  "DS\0\0\0 and streams";
	static const char portable[] =
	    "BSJB\1\0\1\0 #GUID "
	    "\x1b\x57\x8a\x0e\x26\x69\x6e\x46\xb4\xad\x8a\xb0\x46\x11\xf5\xfe";

	detect_kit_init(&kit, &detect_debug_info);
	EQ_INT(detect_kit_blob(&kit, "a.pdb", BLOB_BINARY, BYTES_OF(msf)), 0);
	EQ_INT(detect_kit_blob(&kit, "b.pdb", BLOB_BINARY, BYTES_OF(portable)), 0);
	EQ_INT(detect_kit_end(&kit), 0);
	OK(detect_kit_finding(&kit, "debug-file") != NULL);
	OK(detect_kit_finding(&kit, "embedded-source") != NULL);
}

TEST(debug_info_reads_what_go_says_of_a_build)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;
	static const char text[] =
	    "MZ..."
	    "\xff Go buildinf:\x08\x02"
	    "0123456789abcdef"
	    "\x08go1.26.8"
	    "\x8e\x01"
	    "0123456789abcdef"
	    "path\tacme.example/rocket\nmod\tacme.example/rocket\t(devel)\t\n"
	    "build\tvcs.revision=0123abcd\nbuild\tvcs.modified=true\n"
	    "0123456789abcdef........";
	struct debug_info info;

	detect_kit_init(&kit, &detect_debug_info);
	debug_begin(&info, &kit.run, sizeof(text));
	EQ_INT(debug_go(BYTES_OF(text), &info, NULL), 0);
	EQ_STR(info.go_module, "acme.example/rocket");
	EQ_STR(info.go_revision, "0123abcd");
	OK(info.go_modified);
	OK(!info.go_trimmed);
}

/* Damage */

static const char *const samples[] = {
    "class-g",          "coff-codeview",
    "coff-dwarf",       "elf32-mips-big-object",
    "elf64-compressed", "elf64-dwarf4",
    "elf64-dwarf5",     "elf64-embedded",
    "elf64-keepdebug",  "elf64-symtab",
    "elf64-split-dwo",  "elf64-zdebug",
    "macho-object",     "pyc-27",
    "pyc-310",          "pyc-313",
    "wasm-object",      "elf64-ppc-big-object",
};

static int
read_any(struct bytes in)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;
	int r;

	detect_kit_init(&kit, &detect_debug_info);
	r = detect_kit_blob(&kit, "x", BLOB_BINARY, in);
	return r == 0 ? detect_kit_end(&kit) : r;
}

TEST(debug_info_survives_every_truncation)
{
	static struct sample sample;

	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		NEED(load(samples[i], &sample));
		for (size_t length = 0; length < sample.used; length++) {
			AUTO(own_free)
			uint8_t *copy = malloc(length + 1);

			memcpy(copy, sample.at, length);
			NEED(read_any(bytes_make(copy, length)) == 0);
		}
	}
}

TEST(debug_info_survives_every_flipped_byte)
{
	static struct sample sample;

	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		NEED(load(samples[i], &sample));
		for (size_t at = 0; at < sample.used; at++) {
			sample.at[at] ^= 0xff;
			NEED(read_any(bytes_make(sample.at, sample.used)) == 0);
			sample.at[at] ^= 0xff;
		}
	}
}

TEST(debug_info_survives_every_refused_allocation)
{
	static struct sample sample;

	NEED(load("elf64-embedded", &sample));
	EACH_FAILED_ALLOC
	{
		int r = read_any(bytes_make(sample.at, sample.used));

		if (r != 0)
			EQ_INT(r, FAULT_MEMORY);
	}
}
