/*
 * test_developer_path.c - anchors, paths of people and machines, and what is told of an input
 */
#include "tap.h"

#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "detect/anchor.h"
#include "detect/developer_path_parse.h"
#include "detect/table.h"
#include "kit/detect_kit.h"

/* anchors */

TEST(anchors_next_finds_an_anchor_at_every_place_of_a_block)
{
	struct anchors anchors;

	for (size_t stride = 1; stride <= 2; stride++) {
		anchors_init(&anchors, DEVELOPER_PATH_ANCHORS, DEVELOPER_PATH_ANCHORS_COUNT,
			     stride);
		for (size_t at = 0; at + 3 * stride <= 200; at++) {
			uint8_t text[200];
			struct bytes in = bytes_make(text, sizeof(text));

			memset(text, stride == 1 ? '.' : 0, sizeof(text));
			for (size_t i = 0; i < 3; i++)
				text[at + i * stride] = (uint8_t) "\\Us"[i];
			EQ_U64(anchors_next(&anchors, in, 0), at);
			EQ_U64(anchors_next(&anchors, in, at), at);
			EQ_U64(anchors_next(&anchors, in, at + 1), in.left);
		}
	}
}

TEST(anchors_next_never_finds_one_that_runs_past_the_end)
{
	struct anchors anchors;

	anchors_init(&anchors, DEVELOPER_PATH_ANCHORS, DEVELOPER_PATH_ANCHORS_COUNT, 1);
	for (size_t length = 0; length < 100; length++) {
		char text[128];

		memset(text, '.', sizeof(text));
		memcpy(text + length, "/home/", 6);
		EQ_U64(anchors_next(&anchors, bytes_make(text, length + 2), 0), length + 2);
	}
}

/* parsing */

struct path_case {
	const char *in;
	bool text;
	int answer;
	enum developer_path_kind kind;
	const char *who, *root;
};

static int
parse_first(const char *text, bool is_text, struct developer_path *out)
{
	struct bytes in = bytes_text(text);
	struct anchors anchors;
	int r = DEVELOPER_PATH_NONE;

	anchors_init(&anchors, DEVELOPER_PATH_ANCHORS, DEVELOPER_PATH_ANCHORS_COUNT, 1);
	for (size_t at = 0; (at = anchors_next(&anchors, in, at)) < in.left; at++) {
		r = developer_path_parse(in, at, is_text, out);
		if (r != DEVELOPER_PATH_NONE)
			break;
	}
	return r;
}

TEST(developer_path_parse_knows_people_and_machines)
{
	static const struct path_case cases[] = {
	    {"'/home/hannah/work/acme/src/x.c'", true, 0, DEVELOPER_PATH_PERSON, "hannah",
	     "/home/hannah/work/acme"},
	    {"'/home/hannah/acme/x.c'", true, 0, DEVELOPER_PATH_PERSON, "hannah",
	     "/home/hannah/acme"},
	    {"\"/Users/hannah/go/pkg/mod/x\"", true, 0, DEVELOPER_PATH_PERSON, "hannah",
	     "/Users/hannah/go"},
	    {"'/home/hannah/.cargo/registry/src/x'", true, 0, DEVELOPER_PATH_PERSON, "hannah",
	     "/home/hannah/.cargo"},
	    {"\"C:\\\\Users\\\\hannah\\\\acme\\\\x.cs\"", true, 0, DEVELOPER_PATH_PERSON, "hannah",
	     "C:/Users/hannah/acme"},
	    {"C:\\Users\\Jane Roe\\acme\\x.pdb\n", true, 0, DEVELOPER_PATH_PERSON, "Jane Roe",
	     "C:/Users/Jane Roe/acme"},
	    {"'/mnt/c/Users/hannah/acme/x'", true, 0, DEVELOPER_PATH_PERSON, "hannah",
	     "/mnt/c/Users/hannah/acme/x"},
	    {"\"\\/home\\/hannah\\/work\\/acme\\/y\"", true, 0, DEVELOPER_PATH_PERSON, "hannah",
	     "/home/hannah/work/acme"},
	    {"file:///home/hannah/src/acme/a.js ", true, 0, DEVELOPER_PATH_PERSON, "hannah",
	     "/home/hannah/src/acme"},
	    {"(/home/runner/work/acme/acme/src/x.c)", true, 0, DEVELOPER_PATH_MACHINE, "acme",
	     "/home/runner/work/acme"},
	    {"\"D:\\a\\acme\\acme\\x.c\"", true, 0, DEVELOPER_PATH_MACHINE, "acme",
	     "D:/a/acme/acme"},
	    {"'/__w/acme/acme/x.c'", true, 0, DEVELOPER_PATH_MACHINE, "acme", "/__w/acme/acme"},
	    {"'/builds/corp/acme/src/x.c'", true, 0, DEVELOPER_PATH_MACHINE, "acme",
	     "/builds/corp/acme"},
	    {"'/var/lib/jenkins/workspace/nightly/x'", true, 0, DEVELOPER_PATH_MACHINE, "nightly",
	     "/jenkins/workspace/nightly"},
	    {"could not open/home/hannah/acme/src/x.rs:", false, 0, DEVELOPER_PATH_PERSON, "hannah",
	     "/home/hannah/acme/src"},
	    {"/root/acme/src/x.c", false, DEVELOPER_PATH_OPEN, DEVELOPER_PATH_ROOT, "root",
	     "/root/acme"},
	    {"/home/hannah/acme/x.c", false, DEVELOPER_PATH_OPEN, DEVELOPER_PATH_PERSON, "hannah",
	     "/home/hannah/acme"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct developer_path path = {0};

		tap_note("%s", cases[i].in);
		EQ_INT(parse_first(cases[i].in, cases[i].text, &path), cases[i].answer);
		EQ_INT(path.kind, cases[i].kind);
		EQ_STR(path.who, cases[i].who);
		EQ_STR(path.root, cases[i].root);
	}
}

TEST(developer_path_parse_leaves_routes_and_generic_names_alone)
{
	static const char *const cases[] = {
	    "href='/home/index'",
	    "'/home/products/list'",
	    "https://example.com/home/hannah/src/x.c ",
	    "'./home/hannah/src/x.c'",
	    "'${ROOT}/home/hannah/src/x.c'",
	    "'/home/user/src/x.c'",
	    "'/home/$USER/src/x.c'",
	    "'/home/<name>/src/x.c'",
	    "'/home/alice/src/x.c'",
	    "'/Users/getAll'",
	    "'/Users/you/src/x.c'",
	    "'C:\\Users\\Public\\Documents\\x'",
	    "'/home/runner/.cargo/registry/x'",
	    "'/builds/latest'",
	    "https://ci.example.com/builds/group/project/123/artifacts ",
	    "'D:\\a\\b\\c'",
	    "'/root/.ssh/id_rsa'",
	    "'/home/123/456/789'",
	    "/h",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct developer_path path;

		tap_note("%s", cases[i]);
		EQ_INT(parse_first(cases[i], true, &path), DEVELOPER_PATH_NONE);
	}
}

TEST(developer_path_names_person_wants_the_path_alone)
{
	OK(developer_path_names_person(BYTES_OF("/home/hannah/acme/x.c")));
	OK(developer_path_names_person(BYTES_OF("C:\\Users\\hannah\\acme\\x.pdb")));
	OK(!developer_path_names_person(BYTES_OF("/usr/src/acme/x.c")));
	OK(!developer_path_names_person(BYTES_OF("/home/runner/work/acme/acme/x.c")));
	OK(!developer_path_names_person(BYTES_OF("")));
}

/* the detector */

static void
scan(struct detect_kit *kit, const char *name, enum blob_kind kind, struct bytes content)
{
	detect_kit_init(kit, &detect_developer_path);
	EQ_INT(detect_kit_blob(kit, name, kind, content), 0);
	EQ_INT(detect_kit_end(kit), 0);
}

TEST(developer_path_is_told_once_with_its_count_and_first_line)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	scan(&kit, "package/a.js", BLOB_TEXT,
	     BYTES_OF("a\nb = '/home/hannah/work/acme/x.js'\nc = '/home/hannah/work/acme/y.js'\n"));
	NEED(kit.findings.count == 1);
	EQ_STR(kit.findings.list[0].rule, "home-path");
	EQ_INT(kit.findings.list[0].severity, SEVERITY_LOW);
	EQ_U64(kit.findings.list[0].count, 2);
	EQ_U64(kit.findings.list[0].at.first_line, 2);
	EQ_U64(kit.findings.list[0].at.at_bytes, 7);
	EQ_STR(kit.findings.list[0].path, "input!/package/a.js");
	HAS_STR(kit.findings.list[0].title, "/home/hannah/work/acme");
}

TEST(developer_path_in_documentation_and_tests_is_left_alone)
{
	static const char *const names[] = {"package/README.md", "package/test/a.js",
					    "package/docs/x.txt", "CHANGELOG"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO(detect_kit_fini)
		struct detect_kit kit;

		scan(&kit, names[i], BLOB_TEXT, BYTES_OF("'/home/hannah/work/acme/x.js'"));
		EQ_U64(kit.findings.count, 0);
	}
}

TEST(developer_path_is_found_once_wherever_windows_are_cut)
{
	static const char text[] = "................................'/home/hannah/work/acme/x.js' "
				   "................................";

	for (size_t step = 1; step < sizeof(text); step++) {
		AUTO(detect_kit_fini)
		struct detect_kit kit;

		detect_kit_init(&kit, &detect_developer_path);
		kit.window_bytes = step;
		kit.margin_bytes = 64;
		EQ_INT(detect_kit_blob(&kit, "a.js", BLOB_TEXT, BYTES_OF(text)), 0);
		EQ_INT(detect_kit_end(&kit), 0);
		NEED(kit.findings.count == 1);
		EQ_U64(kit.findings.list[0].count, 1);
		EQ_U64(kit.findings.list[0].at.at_bytes, 33);
	}
}

static size_t
widen(const char *text, uint8_t *out)
{
	size_t used = 0;

	for (; *text != '\0'; text++) {
		out[used++] = (uint8_t)*text;
		out[used++] = 0;
	}
	return used;
}

TEST(developer_path_in_utf16_is_found_at_odd_and_even_offsets)
{
	for (size_t shift = 0; shift < 2; shift++) {
		AUTO(detect_kit_fini)
		struct detect_kit kit;
		uint8_t wide[256] = {0};
		size_t used = shift;

		used += widen("src: C:\\Users\\hannah\\acme\\x.cs", wide + shift);
		scan(&kit, "a.dll", BLOB_PE, bytes_make(wide, used + 2));
		NEED(kit.findings.count == 1);
		HAS_STR(kit.findings.list[0].title, "C:/Users/hannah/acme");
		EQ_U64(kit.findings.list[0].at.at_bytes, shift + 10);
		EQ_U64(kit.findings.list[0].count, 1);
	}
}

TEST(developer_path_rows_of_many_blobs_become_one_finding)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	detect_kit_init(&kit, &detect_developer_path);
	for (int i = 0; i < 100; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "lib/%02d.so", 99 - i);
		EQ_INT(detect_kit_blob(&kit, name, BLOB_ELF,
				       BYTES_OF("\0/home/hannah/work/acme/x.c\0")),
		       0);
	}
	EQ_INT(detect_kit_end(&kit), 0);
	NEED(kit.findings.count == 1);
	EQ_U64(kit.findings.list[0].count, 100);
	EQ_STR(kit.findings.list[0].path, "input!/lib/00.so");
	HAS_STR(kit.findings.list[0].why, "100 times in 100 files");
}

TEST(developer_path_stops_at_a_few_folders_of_one_input)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	detect_kit_init(&kit, &detect_developer_path);
	for (int i = 0; i < 300; i++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "'/home/hannah%d/work/acme/x.c'", i);
		EQ_INT(detect_kit_blob(&kit, "a.c", BLOB_TEXT, bytes_text(text)), 0);
	}
	EQ_INT(detect_kit_end(&kit), 0);
	EQ_U64(kit.findings.count, 8);
}

TEST(developer_path_survives_every_refused_allocation)
{
	EACH_FAILED_ALLOC
	{
		AUTO(detect_kit_fini)
		struct detect_kit kit;
		int r;

		detect_kit_init(&kit, &detect_developer_path);
		r = detect_kit_blob(&kit, "a.c", BLOB_TEXT,
				    BYTES_OF("'/home/hannah/work/acme/x.js'"));
		if (r == 0)
			r = detect_kit_end(&kit);
		if (tap_alloc_refused())
			EQ_INT(r, FAULT_MEMORY);
		else
			EQ_U64(kit.findings.count, 1);
	}
}
