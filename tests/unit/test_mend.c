/* Proves mend/mend.h and mend/project.h; whole packages are rewritten in tests/cli/fix-*. */
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "mend/inside.h"
#include "mend/project.h"
#include "tap.h"

static int
collect(void *to, struct bytes piece, struct fault *fault)
{
	(void)fault;
	return buf_append(to, piece.at, piece.left);
}

static struct mend_plan *
plan_of(const char *member, enum mend_action action)
{
	struct mend_plan *plan = NULL;

	if (OK(mend_plan_new(&plan, NULL) == 0) && member != NULL)
		EQ_INT(mend_plan_add(plan, member, action, "test", NULL), 0);
	return plan;
}

/* ---- the plan ---- */

static int
ask(struct mend_plan *plan, const char *detector, const char *path, const char *input, bool again)
{
	struct finding finding = {.detector = detector, .rule = "rule", .path = path};

	plan->cannot[0] = 0;
	return mend_plan_finding(plan, &finding, input, again, NULL);
}

static void
plans(const char *detector, const char *path, const char *input, const char *member,
      enum mend_action action)
{
	AUTO(mend_plan_free)
	struct mend_plan *plan = plan_of(NULL, MEND_DROP);
	const struct mend_item *item;

	NEED(plan != NULL);
	EQ_INT(ask(plan, detector, path, input, false), 0);
	item = mend_plan_find(plan, member);
	if (OK(item != NULL))
		EQ_INT(item->action, action);
	else
		tap_note("%s", path);
}

TEST(what_blocks_leaves_by_the_member_that_holds_it)
{
	plans("debris", "a.tgz!/package/.env", "a.tgz", "package/.env", MEND_DROP);
	plans("debris", "d/a.zip!/in.jar!/deep/.env", "d/a.zip", "in.jar", MEND_DROP);
	plans("source-map", "a.tgz!/package/x.js.map", "a.tgz", "package/x.js.map", MEND_DROP);
	plans("source-map", "a.tgz!/package/x.js", "a.tgz", "package/x.js", MEND_CUT);
	plans("register", "a.tgz!/package/x.js!/src/a.ts", "a.tgz", "package/x.js", MEND_CUT);
	plans("register", "a.tgz!/package/x.js", "a.tgz", "package/x.js", MEND_DROP);
	plans("debug-info", "a.tgz!/package/x.wasm", "a.tgz", "package/x.wasm", MEND_CUT);
	plans("debug-info", "a.tgz!/package/x.pdb", "a.tgz", "package/x.pdb", MEND_DROP);
	plans("debris", "folder/dist/.env", "folder", "dist/.env", MEND_DROP);
	plans("debris", "folder/dist/.env", "folder/", "dist/.env", MEND_DROP);
	plans("debris", "dist/.env", ".", "dist/.env", MEND_DROP);
}

TEST(cutting_that_did_not_help_becomes_leaving_out)
{
	AUTO(mend_plan_free)
	struct mend_plan *plan = plan_of(NULL, MEND_DROP);

	NEED(plan != NULL);
	EQ_INT(ask(plan, "source-map", "a.zip!/x.js", "a.zip", false), 0);
	EQ_INT(ask(plan, "source-map", "a.zip!/x.js", "a.zip", false), 1);
	EQ_INT(ask(plan, "source-map", "a.zip!/x.js", "a.zip", true), 0);
	EQ_INT(mend_plan_find(plan, "x.js")->action, MEND_DROP);
	EQ_INT(ask(plan, "source-map", "a.zip!/x.js", "a.zip", true), 1);
	EQ_U64(plan->count, 1);
}

TEST(a_program_with_debug_information_is_cut_and_where_that_does_not_help_never_left_out)
{
	AUTO(mend_plan_free)
	struct mend_plan *plan = plan_of(NULL, MEND_DROP);

	NEED(plan != NULL);
	EQ_INT(ask(plan, "debug-info", "a.tgz!/package/prog", "a.tgz", false), 0);
	OK(plan->strip);
	EQ_INT(plan->items[0].action, MEND_CUT);
	EQ_INT(ask(plan, "debug-info", "a.tgz!/package/prog", "a.tgz", true), MEND_CANNOT);
	HAS_STR(plan->cannot, "strip --strip-debug");
	EQ_INT(ask(plan, "container", "a.tgz", "a.tgz", false), MEND_CANNOT);
	EQ_U64(plan->count, 1);
}

/* ---- programs ---- */

static void
load(struct buf *to, const char *name)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(4096);
	FILE *file;
	int c;

	(void)buf_printf(&path, "%s/data/compiled/%s", getenv("TESTS_DIR"), name);
	file = fopen(buf_text(&path), "rb");
	while (file != NULL && (c = fgetc(file)) != EOF)
		(void)buf_append_u8(to, (uint8_t)c);
	if (file != NULL)
		(void)fclose(file);
}

/* Where the last segment ends in the file; 64 bit, little-endian. */
static size_t
loaded(struct bytes in)
{
	size_t end = 0;

	for (size_t i = 0; i < in.at[56]; i++) {
		uint64_t part[2];

		memcpy(&part[0], in.at + 64 + i * 56 + 8, 8);
		memcpy(&part[1], in.at + 64 + i * 56 + 32, 8);
		if (part[0] + part[1] > end)
			end = (size_t)(part[0] + part[1]);
	}
	return end;
}

static uint64_t
strip(struct bytes in, struct buf *out)
{
	uint64_t cut = 99;

	buf_reset(out);
	EQ_INT(mend_strip_elf(in, out, &cut, NULL), 0);
	return cut;
}

TEST(a_program_loses_its_debug_sections_and_what_is_loaded_stays_where_it_was)
{
	static const char *const names[] = {"elf64-dwarf4", "elf64-dwarf5", "elf64-embedded",
					    "elf64-compressed", "elf64-zdebug"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO(buf_free)
		struct buf in = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20),
			   again = BUF_INIT(1 << 20);

		load(&in, names[i]);
		NEED(in.used > 0);
		OK(strip(buf_bytes(&in), &out) >= 4);
		OK(out.used < in.used);
		OK(bytes_find(buf_bytes(&out), BYTES_OF("secret_thrust(struct")) < 0);
		OK(bytes_find(buf_bytes(&out), BYTES_OF("hannah")) < 0);
		/* Behind the header, where the table's place is. */
		OK(loaded(buf_bytes(&in)) > 64);
		OK(memcmp(in.at + 64, out.at + 64, loaded(buf_bytes(&in)) - 64) == 0);
		EQ_U64(strip(buf_bytes(&out), &again), 0);
	}
}

TEST(a_program_with_data_behind_it_keeps_its_size_and_the_data_its_place)
{
	AUTO(buf_free)
	struct buf in = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);

	load(&in, "elf64-embedded");
	(void)buf_append_text(&in, "PK archive");
	OK(strip(buf_bytes(&in), &out) >= 4);
	EQ_U64(out.used, in.used);
	OK(bytes_ends(buf_bytes(&out), BYTES_OF("PK archive")));
	OK(bytes_find(buf_bytes(&out), BYTES_OF("hannah")) < 0);
}

TEST(objects_and_stripped_programs_are_not_cut)
{
	static const char *const names[] = {"elf64-stripped",        "elf64-symtab",
					    "elf64-embedded-object", "elf32-mips-big-object",
					    "macho-object",          "coff-dwarf"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO(buf_free)
		struct buf in = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);

		load(&in, names[i]);
		NEED(in.used > 0);
		EQ_U64(strip(buf_bytes(&in), &out), 0);
	}
}

TEST(a_damaged_program_is_cut_or_left_but_never_read_past_its_end)
{
	AUTO(buf_free)
	struct buf in = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);
	uint64_t state = 7;

	load(&in, "elf64-dwarf5");
	NEED(in.used > 0);
	for (size_t left = 0; left < in.used; left += 13) {
		uint8_t *copy = malloc(left + 1);
		uint64_t cut;

		NEED(copy != NULL);
		memcpy(copy, in.at, left);
		buf_reset(&out);
		EQ_INT(mend_strip_elf(bytes_make(copy, left), &out, &cut, NULL), 0);
		free(copy);
	}
	for (int n = 0; n < 4000; n++) {
		AUTO(buf_free)
		struct buf bad = BUF_INIT(1 << 20);
		uint64_t cut;

		(void)buf_append(&bad, in.at, in.used);
		for (int k = 0; k < 4; k++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			/* Headers: the first 64 bytes, and the table of sections at the end. */
			bad.at[(state >> 40) % 2 == 0 ? (state >> 33) % 64
						      : in.used - 1 - (state >> 33) % 1500] =
			    (uint8_t)(state >> 56);
		}
		buf_reset(&out);
		(void)mend_strip_elf(buf_bytes(&bad), &out, &cut, NULL);
	}
}

/* ---- comments ---- */

static void
cuts(const char *in, const char *want)
{
	AUTO(mend_plan_free)
	struct mend_plan *plan = plan_of("dist/a.js.map", MEND_DROP);
	AUTO(buf_free)
	struct buf out = BUF_INIT(4096);
	uint64_t count = 0;

	EQ_INT(mend_cut_script(plan, "dist/a.js", true, bytes_text(in), &out, &count, NULL), 0);
	if (count == 0)
		(void)buf_append_text(&out, in);
	EQ_STR(buf_text(&out), want);
}

TEST(comments_that_name_maps_are_cut_and_nothing_else)
{
	cuts("a\n//# sourceMappingURL=x\n", "a\n");
	cuts("a\n//# sourceMappingURL=x", "a\n");
	cuts("a\r\n//# sourceMappingURL=x\r\nb", "a\r\nb");
	cuts("a //# sourceMappingURL=x \nb", "a \nb");
	cuts("a\n//@ sourceMappingURL=x\nb", "a\nb");
	cuts("a{}/*# sourceMappingURL=x */b", "a{}b");
	cuts("a\n//# sourceMappingURL=x\n//# sourceMappingURL=y\n", "a\n");
	cuts("a /# sourceMappingURL=x\n", "a /# sourceMappingURL=x\n");
	cuts("s = 'sourceMappingURL=x'", "s = 'sourceMappingURL=x'");
	cuts("s = '//# sourceMappingURL=' + x", "s = '//# sourceMappingURL=' + x");
	cuts("s = '//# sourceMappingURL=x'", "s = '//# sourceMappingURL=x'");
	cuts("e('a\\n//# sourceMappingURL=data:x,y\\n//# z')", "e('a\\n\\n//# z')");
	cuts("e(\"a //# sourceMappingURL=data:x,y\")", "e(\"a \")");
	cuts("a/*# sourceMappingURL=x", "a/*# sourceMappingURL=x");
	cuts("//# sourceMappingURL=", "//# sourceMappingURL=");
	cuts("sourceMappingURL=x", "sourceMappingURL=x");
	cuts("", "");
}

static void
refers(const char *member, const char *url, bool dropped)
{
	AUTO(mend_plan_free)
	struct mend_plan *plan = plan_of("p/dist/a.js.map", MEND_DROP);
	AUTO(buf_free)
	struct buf in = BUF_INIT(4096);
	AUTO(buf_free)
	struct buf out = BUF_INIT(4096);
	uint64_t count = 0;

	(void)buf_printf(&in, "//# sourceMappingURL=%s\n", url);
	EQ_INT(mend_cut_script(plan, member, false, buf_bytes(&in), &out, &count, NULL), 0);
	if (!EQ_U64(count, dropped))
		tap_note("%s %s", member, url);
}

TEST(a_comment_goes_with_the_map_that_it_names)
{
	refers("p/dist/a.js", "a.js.map", true);
	refers("p/dist/a.js", "./a.js.map", true);
	refers("p/dist/a.js", "a.js.map?v=1", true);
	refers("p/src/b.js", "../dist/a.js.map", true);
	refers("p/b.js", "dist/a.js.map", true);
	refers("p/dist/a.js", "b.js.map", false);
	refers("p/a.js", "a.js.map", false);
	refers("p/dist/a.js", "../../../p/dist/a.js.map", false);
	refers("p/dist/a.js", "https://example.org/a.js.map", false);
	refers("p/dist/a.js", "data:a.js.map", false);
}

/* ---- wasm ---- */

TEST(wasm_loses_what_names_its_sources_and_keeps_the_rest)
{
	static const uint8_t in[] = {
	    0,   'a', 's', 'm', 1, 0, 0,   0,   1,   4, 1, 0x60, 0,   0,   0,   6,   4,   'n', 'a',
	    'm', 'e', 9,   0,   4, 3, 'k', 'e', 'y', 0, 8, 7,    '.', 'd', 'e', 'b', 'u', 'g', '_'};
	static const uint8_t want[] = {0, 'a',  's', 'm', 1, 0, 0, 0,   1,   4,
				       1, 0x60, 0,   0,   0, 4, 3, 'k', 'e', 'y'};
	AUTO(buf_free)
	struct buf out = BUF_INIT(4096);
	uint64_t count;

	EQ_INT(mend_cut_wasm(bytes_make(in, sizeof(in)), &out, &count, NULL), 0);
	EQ_U64(count, 2);
	EQ_BYTES(buf_bytes(&out), bytes_make(want, sizeof(want)));
	for (size_t cut = 0; cut < sizeof(in); cut++) {
		buf_reset(&out);
		(void)mend_cut_wasm(bytes_make(in, cut), &out, &count, NULL);
	}
	EQ_INT(mend_cut_wasm(bytes_make(in, sizeof(in) - 1), &out, &count, NULL), FAULT_FORMAT);
}

/* ---- what is needed ---- */

static bool
is_needed(const char *manifest, const char *member)
{
	AUTO(mend_plan_free)
	struct mend_plan *plan = plan_of(member, MEND_DROP);
	struct needed needed;
	int r;

	needed_init(&needed);
	EQ_INT(needed_manifest(&needed, "package/package.json", bytes_text(manifest), NULL), 0);
	r = needed_check(&needed, plan);
	needed_free(&needed);
	return r == MEND_CANNOT;
}

TEST(what_the_manifest_points_to_stays)
{
	OK(is_needed("{\"main\":\"./dist/a\"}", "package/dist/a.js"));
	OK(is_needed("{\"main\":\"lib/\"}", "package/lib/index.js"));
	OK(is_needed("{\"bin\":\"cli.js\"}", "package/cli.js"));
	OK(is_needed("{\"bin\":{\"x\":\"./bin/x.js\"}}", "package/bin/x.js"));
	OK(is_needed("{\"exports\":{\".\":{\"node\":[{\"import\":\"./a.mjs\"}]}}}",
		     "package/a.mjs"));
	OK(is_needed("{}", "package/index.js"));
	OK(!is_needed("{\"main\":\"a.js\"}", "package/index.js"));
	OK(!is_needed("{\"main\":\"a.js\"}", "package/a.js.map"));
	OK(!is_needed("{\"exports\":{\"./*\":\"./dist/*\"}}", "package/dist/a.js.map"));
	OK(!is_needed("not json", "package/index.js"));
}

/* ---- RECORD ---- */

TEST(record_loses_rows_and_gets_new_digests)
{
	static const char in[] =
	    "a.py,sha256=x,1\r\n\"b,\"\"c.py\",sha256=y,2\ngone.map,sha256=z,3\n"
	    "a-1.dist-info/RECORD,,\n";
	AUTO(mend_plan_free)
	struct mend_plan *plan = plan_of("gone.map", MEND_DROP);
	const struct record_change changes[] = {{"b,\"c.py", {0xff, 0xff, 0xff}, 7},
						{"a.py", {0}, 9}};
	AUTO(buf_free)
	struct buf out = BUF_INIT(4096);

	EQ_INT(record_rewrite(plan, changes, 2, bytes_text(in), &out, NULL), 0);
	EQ_STR(buf_text(&out),
	       "a.py,sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,9\r\n"
	       "\"b,\"\"c.py\",sha256=____AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,7\n"
	       "a-1.dist-info/RECORD,,\n");
	OK(record_is("a-1.dist-info/RECORD"));
	OK(!record_is("x/a-1.dist-info/RECORD"));
}

/* ---- whole packages ---- */

TEST(what_is_no_package_is_not_rewritten)
{
	const struct limits limits = LIMITS_DEFAULT;
	AUTO(mend_plan_free)
	struct mend_plan *plan = plan_of("x", MEND_DROP);
	AUTO(buf_free)
	struct buf out = BUF_INIT(4096);

	EQ_INT(mend_bytes(plan, BYTES_OF("hello\n"), &limits, collect, &out, NULL), MEND_CANNOT);
	HAS_STR(plan->cannot, "only tar, tar.gz and zip");
	mend_plan_free(&plan);
	plan = plan_of("", MEND_CUT);
	EQ_INT(mend_bytes(plan, BYTES_OF("hello\n"), &limits, collect, &out, NULL), MEND_CANNOT);
	HAS_STR(plan->cannot, "nothing of it can be cut");
	EQ_U64(out.used, 0);
}

TEST(a_member_that_is_not_there_is_not_silently_forgotten)
{
	const struct limits limits = LIMITS_DEFAULT;
	static const uint8_t empty[] = {'P', 'K', 5, 6, 0, 0, 0, 0, 0, 0, 0,
					0,   0,   0, 0, 0, 0, 0, 0, 0, 0, 0};
	AUTO(mend_plan_free)
	struct mend_plan *plan = plan_of("x", MEND_DROP);
	AUTO(buf_free)
	struct buf out = BUF_INIT(4096);

	EQ_INT(mend_bytes(plan, bytes_make(empty, sizeof(empty)), &limits, collect, &out, NULL),
	       MEND_CANNOT);
	HAS_STR(plan->cannot, "not a member of its own");
}

/* ---- the project ---- */

static void
files(const char *in, const char *want)
{
	static const char *const patterns[] = {"*.map", "/a \"b\""};
	AUTO(buf_free)
	struct buf out = BUF_INIT(4096);
	int r = project_add_files(bytes_text(in), patterns, 2, &out, NULL);

	EQ_INT(r, want == NULL ? 1 : 0);
	if (want != NULL)
		EQ_STR(buf_text(&out), want);
}

TEST(files_of_package_json_gets_patterns_and_keeps_its_shape)
{
	files("{\"files\":[\"dist\"]}", "{\"files\":[\"dist\", \"!**/*.map\", \"!a \\\"b\\\"\"]}");
	files("{\"files\":[]}", "{\"files\":[\"!**/*.map\", \"!a \\\"b\\\"\"]}");
	files(
	    "{\n\t\"files\": [\n\t\t\"dist\"\n\t]\n}\n",
	    "{\n\t\"files\": [\n\t\t\"dist\",\n\t\t\"!**/*.map\",\n\t\t\"!a \\\"b\\\"\"\n\t]\n}\n");
	files("{\"x\":{\"files\":[1]},\"files\":[\"a\"]}",
	      "{\"x\":{\"files\":[1]},\"files\":[\"a\", \"!**/*.map\", \"!a \\\"b\\\"\"]}");
	files("{\"x\":{\"files\":[1]}}", NULL);
	files("{\"files\":\"dist\"}", NULL);
}
