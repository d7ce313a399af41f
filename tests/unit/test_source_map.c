/*
 * test_source_map.c - the detector "source-map": what maps disclose
 */
#include "tap.h"

#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "detect/facts.h"
#include "detect/source_map_names.h"
#include "detect/table.h"
#include "seal/hash.h"

/* An input that a test makes up.  Derived blobs are written down as "name=content\n". */
struct package {
	struct findings findings;
	struct input_facts facts;
	struct arena arena;
	struct detect detect;
	struct buf derived;      /* of them all; long ones by length */
	struct buf renamed;      /* "stand-in>name\n" */
	struct buf not_examined; /* "reason@at+length\n" */
	uint64_t derived_count;
	size_t step; /* bytes of a window; 0: whole */
	size_t seen_max;
	bool no_rename;
	bool all_derived; /* the files added are originals of another map */
};

static int
on_derive(struct detect_run *run, struct bytes name, struct bytes content, struct fault *fault)
{
	struct package *p = run->intake;

	(void)fault;
	p->derived_count++;
	(void)blob_display(&p->derived, name);
	if (content.left <= 100)
		(void)buf_printf(&p->derived, "=%.*s\n", (int)content.left,
				 (const char *)content.at);
	else
		(void)buf_printf(&p->derived, "=%zu bytes\n", content.left);
	return 0;
}

static int
on_rename(struct detect_run *run, struct bytes stand_in, struct bytes name, struct fault *fault)
{
	struct package *p = run->intake;

	(void)fault;
	return buf_printf(&p->renamed, "%.*s>%.*s\n", (int)stand_in.left, (const char *)stand_in.at,
			  (int)name.left, (const char *)name.at);
}

static int
on_not_examined(struct detect_run *run, const char *reason, uint64_t at, uint64_t length,
		struct fault *fault)
{
	struct package *p = run->intake;

	(void)fault;
	return buf_printf(&p->not_examined, "%s@%llu+%llu\n", reason, (unsigned long long)at,
			  (unsigned long long)length);
}

static void
package_begin(struct package *p)
{
	*p = (struct package){.arena = ARENA_INIT((size_t)256 << 20),
			      .derived = BUF_INIT((size_t)1 << 26),
			      .renamed = BUF_INIT((size_t)1 << 26),
			      .not_examined = BUF_INIT((size_t)1 << 20)};
	p->detect.limits = (struct limits)LIMITS_DEFAULT;
	findings_init(&p->findings);
	facts_init(&p->facts, "p.tgz");
}

static void
package_free(struct package *p)
{
	findings_free(&p->findings);
	facts_free(&p->facts);
	arena_free(&p->arena);
	buf_free(&p->derived);
	buf_free(&p->renamed);
	buf_free(&p->not_examined);
}

static int
show(struct package *p, struct detect_run *run, void *state, struct bytes content)
{
	size_t step = p->step == 0 || content.left == 0 ? content.left : p->step;
	int r = 0;

	for (size_t at = 0; r == 0 && at < content.left; at += step) {
		size_t seen = at > p->seen_max ? p->seen_max : at;
		struct bytes part = bytes_slice(content, at - seen, seen + step);
		uint8_t *copy = malloc(part.left); /* its own end: a read past it is seen */
		struct detect_window w = {.at = copy,
					  .length = part.left,
					  .at_bytes = at - seen,
					  .seen = seen,
					  .first = at == 0,
					  .last = at + step >= content.left};

		if (copy == NULL)
			return FAULT_MEMORY;
		memcpy(copy, part.at, part.left);
		r = detect_source_map.window(run, state, &w, NULL);
		free(copy);
	}
	return r;
}

static int
add_kind(struct package *p, const char *inner, struct bytes content, enum blob_kind kind)
{
	struct blob blob = {.name = bytes_text(inner),
			    .head = bytes_slice(content, 0, BLOB_HEAD_BYTES),
			    .size_bytes = (int64_t)content.left,
			    .kind = kind,
			    .depth = 1,
			    .derived = p->all_derived};
	struct detect_run run = {.detect = &p->detect,
				 .blob = &blob,
				 .arena = &p->arena,
				 .findings = &p->findings,
				 .facts = &p->facts,
				 .size_bytes = content.left,
				 .derive = on_derive,
				 .rename = p->no_rename ? NULL : on_rename,
				 .not_examined = on_not_examined,
				 .intake = p};
	struct fact_file file = {.inner = inner, .size_bytes = content.left, .kind = kind};
	void *state = arena_alloc(&p->arena, detect_source_map.state_bytes);
	struct package whole = *p;
	enum detect_need need;
	int r = 0;

	file.path = blob.path = blob_path(&p->arena, "p.tgz", blob.name);
	(void)hash_sha256(content, file.sha256, NULL);
	file.content_hash = hash_fast(content);
	memcpy(run.sha256, file.sha256, sizeof(run.sha256));
	if (state == NULL || blob.path == NULL)
		return FAULT_MEMORY;
	need = detect_source_map.wants(&p->detect, &blob);
	if (need != DETECT_NOTHING) {
		r = detect_source_map.begin(&run, state, NULL);
		whole.step = need == DETECT_WHOLE ? 0 : p->step;
		if (r == 0)
			r = show(&whole, &run, state, content);
		if (r == 0)
			r = detect_source_map.end(&run, state, NULL);
		detect_source_map.fini(state);
	}
	if (r == 0)
		r = facts_add_file(&p->facts, &file, NULL);
	if (r == 0 && facts_wants_content(bytes_text(inner)))
		r = facts_add_manifest(&p->facts, file.path, inner, content, NULL);
	return r;
}

static void
add(struct package *p, const char *inner, struct bytes content)
{
	EQ_INT(add_kind(p, inner, content, BLOB_TEXT), 0);
}

static int
package_end(struct package *p)
{
	struct blob input = {.path = "p.tgz", .name = BYTES_OF("p.tgz"), .size_bytes = -1};
	struct detect_run run = {.detect = &p->detect,
				 .blob = &input,
				 .arena = &p->arena,
				 .findings = &p->findings,
				 .facts = &p->facts,
				 .derive = on_derive,
				 .not_examined = on_not_examined,
				 .intake = p};
	int r;

	facts_sort(&p->facts);
	r = detect_source_map.input_end(&run, NULL);
	findings_sort(&p->findings);
	return r;
}

/* The finding of that rule, the n-th from 0. */
static const struct finding *
found(const struct package *p, const char *rule, size_t n)
{
	for (size_t i = 0; i < p->findings.count; i++)
		if (strcmp(p->findings.list[i].rule, rule) == 0 && n-- == 0)
			return &p->findings.list[i];
	return NULL;
}

static void
put_base64(struct buf *to, struct bytes in)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < in.left; i += 3) {
		uint32_t v = (uint32_t)in.at[i] << 16;

		v |= i + 1 < in.left ? (uint32_t)in.at[i + 1] << 8 : 0;
		v |= i + 2 < in.left ? in.at[i + 2] : 0;
		(void)buf_append_u8(to, (uint8_t)digits[v >> 18]);
		(void)buf_append_u8(to, (uint8_t)digits[v >> 12 & 63]);
		(void)buf_append_u8(to, i + 1 < in.left ? (uint8_t)digits[v >> 6 & 63] : '=');
		(void)buf_append_u8(to, i + 2 < in.left ? (uint8_t)digits[v & 63] : '=');
	}
}

#define MAP_TWO                                                                                    \
	"{\"version\":3,\"sources\":[\"../src/auth/login.ts\",\"../node_modules/x/i.js\"],"        \
	"\"sourcesContent\":[\"line 1\\nline "                                                     \
	"2\\n\",\"module\"],\"mappings\":\"AAAA\",\"names\":[]}"

/* External maps */

TEST(a_map_with_content_blocks_and_says_what_it_discloses)
{
	struct package p;
	const struct finding *f;

	package_begin(&p);
	add(&p, "package/package.json", BYTES_OF("{\"name\":\"acme\"}"));
	add(&p, "package/dist/cli.js.map", BYTES_OF(MAP_TWO));
	EQ_INT(package_end(&p), 0);
	EQ_U64(p.findings.count, 1);
	f = found(&p, "source-map-embedded", 0);
	NEED(f != NULL);
	EQ_STR(f->detector, "source-map");
	EQ_INT(f->severity, SEVERITY_CRITICAL);
	OK(f->discloses);
	EQ_STR(f->path, "p.tgz!/package/dist/cli.js.map");
	EQ_STR(f->title, "source map discloses 2 original files (3 lines, 20 bytes)");
	EQ_STR(f->why, "1 of them looks like own code that is not published otherwise: "
		       "../src/auth/login.ts and ../node_modules/x/i.js");
	EQ_STR(f->fix, "add the line *.map to .npmignore, or run esbuild without --sourcemap "
		       "(sourcemap: false)");
	EQ_U64(f->source_map.sources, 2);
	EQ_U64(f->source_map.embedded, 2);
	EQ_U64(f->source_map.lines, 3);
	EQ_U64(f->source_map.bytes, 20);
	EQ_STR(f->source_map.examples[0], "../src/auth/login.ts");
	EQ_STR(buf_text(&p.derived),
	       "../src/auth/login.ts=line 1\nline 2\n\n../node_modules/x/i.js=module\n");
	package_free(&p);
}

TEST(a_map_is_known_by_content_whatever_its_name_and_its_windows)
{
	static const size_t steps[] = {0, 1, 2, 7, 16, 64, 100};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct package p;

		package_begin(&p);
		p.step = steps[i];
		p.seen_max = i % 2 == 0 ? 64 : 20;
		add(&p, "package/data.bin", BYTES_OF("\xef\xbb\xbf)]}'\n \n" MAP_TWO "\n"));
		EQ_INT(package_end(&p), 0);
		EQ_U64(p.findings.count, 1);
		OK(found(&p, "source-map-embedded", 0) != NULL);
		EQ_STR(buf_text(&p.derived),
		       "../src/auth/login.ts=line 1\nline 2\n\n../node_modules/x/i.js=module\n");
		EQ_STR(buf_text(&p.not_examined), "");
		package_free(&p);
	}
}

TEST(other_json_is_no_map)
{
	static const char *const others[] = {
	    "{\"version\":3,\"sources\":[\"a.ts\"]}",
	    "{\"mappings\":{\"properties\":{}},\"sources\":[]}",
	    "{\"a\":{\"sources\":[\"a\"],\"sourcesContent\":[\"x\"],\"mappings\":\"\"}}",
	    "[{\"sources\":[\"a\"],\"sourcesContent\":[\"x\"],\"mappings\":\"\"}]",
	    "{\"name\":\"x\",\"sections\":[{\"title\":\"y\"}]}",
	    "{\"sources\":",
	    "{",
	    "{\"x\":1}{\"y\":2}",
	    "{ return 1; }",
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct package p;

		package_begin(&p);
		add(&p, "x.map", bytes_text(others[i]));
		EQ_INT(package_end(&p), 0);
		if (!EQ_U64(p.findings.count + p.derived_count + p.not_examined.used, 0))
			tap_note("%s", others[i]);
		package_free(&p);
	}
}

TEST(originals_that_ship_make_a_note)
{
	struct package p;
	const struct finding *f;

	package_begin(&p);
	add(&p, "package/dist/cli.js.map", BYTES_OF(MAP_TWO));
	add(&p, "package/src/auth/login.ts", BYTES_OF("line 1\nline 2\n"));
	add(&p, "package/dist/other.js.map", BYTES_OF(MAP_TWO " "));
	EQ_INT(package_end(&p), 0);
	EQ_U64(p.findings.count, 1);
	f = found(&p, "source-map-embedded", 0);
	NEED(f != NULL);
	EQ_INT(f->severity, SEVERITY_INFO);
	OK(!f->discloses);
	EQ_U64(f->count, 2);
	EQ_STR(f->title, "2 source maps with originals that ship or are public anyway (4)");
	package_free(&p);
}

TEST(originals_of_public_code_make_a_note)
{
	struct package p;

	package_begin(&p);
	p.detect.options.is_public = true;
	add(&p, "package/dist/cli.js.map", BYTES_OF(MAP_TWO));
	EQ_INT(package_end(&p), 0);
	EQ_U64(p.findings.count, 1);
	NEED(found(&p, "source-map-embedded", 0) != NULL);
	EQ_INT(found(&p, "source-map-embedded", 0)->severity, SEVERITY_INFO);
	package_free(&p);
}

static bool
login_is_public(const struct register_db *registry, uint64_t content_hash)
{
	(void)registry;
	return content_hash == hash_fast(BYTES_OF("line 1\nline 2\n"));
}

TEST(originals_that_the_register_holds_as_public_make_a_note)
{
	struct package p;

	package_begin(&p);
	p.detect.options.is_public_content = login_is_public;
	p.detect.options.registry = (const struct register_db *)(const void *)&p;
	add(&p, "package/dist/cli.js.map", BYTES_OF(MAP_TWO));
	add(&p, "package/dist/b.js.map",
	    BYTES_OF("{\"version\":3,\"sources\":[\"b.ts\"],\"sourcesContent\":[\"other\"],"
		     "\"mappings\":\"A\"}"));
	EQ_INT(package_end(&p), 0);
	EQ_U64(p.findings.count, 2);
	NEED(found(&p, "source-map-embedded", 1) != NULL);
	EQ_STR(found(&p, "source-map-embedded", 0)->path, "p.tgz!/package/dist/b.js.map");
	EQ_INT(found(&p, "source-map-embedded", 0)->severity, SEVERITY_CRITICAL);
	EQ_INT(found(&p, "source-map-embedded", 1)->severity, SEVERITY_INFO);
	package_free(&p);
}

TEST(originals_of_other_packages_only_are_low)
{
	struct package p;
	const struct finding *f;

	package_begin(&p);
	add(&p, "package/dist/vendor.js.map",
	    BYTES_OF("{\"version\":3,\"sources\":[\"webpack://app/./node_modules/a/b.js\","
		     "\"webpack://app/webpack/runtime/chunk\"],\"sourcesContent\":[\"a\",\"b\"],"
		     "\"mappings\":\"A\"}"));
	EQ_INT(package_end(&p), 0);
	f = found(&p, "source-map-embedded", 0);
	NEED(f != NULL);
	EQ_INT(f->severity, SEVERITY_LOW);
	OK(!f->discloses);
	package_free(&p);
}

TEST(null_and_empty_contents_disclose_nothing)
{
	struct package p;
	const struct finding *f;

	package_begin(&p);
	add(&p, "package/a.map",
	    BYTES_OF(
		"{\"version\":3,\"sources\":[\"a\",null,\"c\",\"d.ts\"],\"sourcesContent\":"
		"[null,\"\",7,\"text\",{\"x\":[\"y\"]},[\"z\"],\"more\"],\"mappings\":\"A\"}"));
	EQ_INT(package_end(&p), 0);
	EQ_STR(buf_text(&p.derived), "d.ts=text\n[6]=more\n");
	f = found(&p, "source-map-embedded", 0);
	NEED(f != NULL);
	EQ_U64(f->source_map.sources, 4);
	EQ_U64(f->source_map.embedded, 2);
	package_free(&p);
}

TEST(the_source_root_stands_before_names)
{
	struct package p;

	package_begin(&p);
	add(&p, "package/a.map",
	    BYTES_OF("{\"version\":3,\"sourceRoot\":\"webpack:///lib\",\"sources\":[\"a.ts\","
		     "\"/abs/b.ts\",\"file:///c.ts\",\"\"],\"sourcesContent\":[\"1\",\"2\",\"3\","
		     "\"4\"],\"mappings\":\"A\"}"));
	EQ_STR(buf_text(&p.derived), "webpack:///lib/a.ts=1\n/abs/b.ts=2\nfile:///c.ts=3\n[3]=4\n");
	package_free(&p);
}

#define CONTENTS_FIRST                                                                             \
	"\"sourcesContent\":[\"one\",\"two\"],\"mappings\":\"A\",\"sourceRoot\":\"r\","            \
	"\"sources\":[\"a.ts\",\"secret/b.ts\"]}"

TEST(contents_that_come_before_names_are_named_all_the_same)
{
	struct package p;
	const struct finding *f;

	package_begin(&p);
	p.step = 10;
	p.seen_max = 64;
	add(&p, "package/a.map", BYTES_OF("{\"version\":3," CONTENTS_FIRST));
	EQ_INT(package_end(&p), 0);
	EQ_STR(buf_text(&p.derived), "r/a.ts=one\nr/secret/b.ts=two\n");
	f = found(&p, "source-map-embedded", 0);
	NEED(f != NULL);
	EQ_U64(f->source_map.sources, 2);
	EQ_STR(f->source_map.examples[0], "r/secret/b.ts");
	package_free(&p);
}

TEST(contents_in_a_stream_get_their_names_late)
{
	struct buf map = BUF_INIT(1 << 20);

	(void)buf_append_text(&map, "{\"version\":3,\"names\":[\"");
	for (int i = 0; i < 5000; i++)
		(void)buf_append_text(&map, "n");
	(void)buf_append_text(&map, "\"]," CONTENTS_FIRST);
	for (int pass = 0; pass < 2; pass++) {
		struct package p;
		const struct finding *f;

		package_begin(&p);
		p.step = 1000;
		p.no_rename = pass == 1;
		add(&p, "package/a.map", buf_bytes(&map));
		EQ_INT(package_end(&p), 0);
		EQ_STR(buf_text(&p.derived), "[0]=one\n[1]=two\n");
		EQ_STR(buf_text(&p.renamed), pass == 1 ? "" : "[0]>r/a.ts\n[1]>r/secret/b.ts\n");
		f = found(&p, "source-map-embedded", 0);
		NEED(f != NULL);
		EQ_STR(f->source_map.examples[0], "r/secret/b.ts");
		EQ_STR(f->source_map.examples[1], "r/a.ts");
		package_free(&p);
	}
	buf_free(&map);
}

TEST(sections_are_maps_of_their_own)
{
	static const size_t steps[] = {0, 5};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct package p;
		const struct finding *f;

		package_begin(&p);
		p.step = steps[i];
		add(&p, "package/a.map",
		    BYTES_OF("{\"version\":3,\"file\":\"x\",\"sections\":[{\"offset\":{\"line\":0,"
			     "\"column\":0},\"map\":" MAP_TWO "},{\"map\":{\"sources\":[\"n.ts\"],"
			     "\"mappings\":\"A\",\"sourcesContent\":[\"nn\"]},\"offset\":{}}]}"));
		EQ_INT(package_end(&p), 0);
		f = found(&p, "source-map-embedded", 0);
		NEED(f != NULL);
		EQ_U64(f->source_map.sources, 3);
		EQ_U64(f->source_map.embedded, 3);
		EQ_STR(buf_text(&p.derived), "../src/auth/login.ts=line 1\nline 2\n\n"
					     "../node_modules/x/i.js=module\nn.ts=nn\n");
		package_free(&p);
	}
}

TEST(sections_inside_sections_end_somewhere)
{
	AUTO(buf_free)
	struct buf map = BUF_INIT(1 << 20);
	struct package p;

	for (int i = 0; i < 100; i++)
		(void)buf_append_text(&map, "{\"sections\":[{\"map\":");
	(void)buf_append_text(&map, MAP_TWO);
	for (int i = 0; i < 100; i++)
		(void)buf_append_text(&map, "}]}");
	package_begin(&p);
	add(&p, "package/a.map", buf_bytes(&map));
	EQ_INT(package_end(&p), 0);
	EQ_STR(buf_text(&p.not_examined), "sections of a source map nested too deep@0+0\n");
	package_free(&p);
}

TEST(keys_that_come_twice_are_both_read)
{
	struct package p;
	const struct finding *f;

	package_begin(&p);
	add(&p, "package/a.map",
	    BYTES_OF("{\"version\":3,\"sources\":[\"a\",\"b\"],\"sourcesContent\":[\"1\"],"
		     "\"sources\":[\"c\"],\"sourcesContent\":[\"2\"],\"mappings\":\"A\"}"));
	EQ_INT(package_end(&p), 0);
	EQ_STR(buf_text(&p.derived), "a=1\nc=2\n");
	f = found(&p, "source-map-embedded", 0);
	NEED(f != NULL);
	EQ_U64(f->source_map.embedded, 2);
	EQ_U64(f->source_map.sources, 1);
	package_free(&p);
}

TEST(a_truncated_map_tells_what_it_held_and_that_the_rest_is_not_examined)
{
	struct package p;
	const struct finding *f;

	package_begin(&p);
	add(&p, "package/a.map",
	    BYTES_OF(
		"{\"version\":3,\"sources\":[\"a.ts\",\"b.ts\"],\"sourcesContent\":[\"one\",\"tw"));
	EQ_INT(package_end(&p), 0);
	EQ_STR(buf_text(&p.derived), "a.ts=one\n");
	EQ_STR(buf_text(&p.not_examined), "source map: byte 66: the JSON ends early@66+0\n");
	f = found(&p, "source-map-not-parsed", 0);
	NEED(f != NULL);
	EQ_STR(f->title, "source map that cannot be read: byte 66: the JSON ends early");
	f = found(&p, "source-map-embedded", 0);
	NEED(f != NULL);
	EQ_INT(f->severity, SEVERITY_CRITICAL);
	EQ_U64(f->source_map.embedded, 1);
	package_free(&p);
}

TEST(a_map_with_a_nul_or_invalid_utf8_is_not_examined_from_there)
{
	struct package p;

	package_begin(&p);
	EQ_INT(add_kind(&p, "package/a.map",
			BYTES_OF("{\"version\":3,\"sources\":[\"a\"],\0\"mappings\":\"\"}"),
			BLOB_BINARY),
	       0);
	add(&p, "package/b.map",
	    BYTES_OF("{\"version\":3,\"mappings\":\"A\",\"sources\":[\"\xff\"]}"));
	EQ_INT(package_end(&p), 0);
	EQ_STR(buf_text(&p.not_examined), "source map: byte 29: expected a key@29+15\n"
					  "source map: byte 40: not UTF-8@40+4\n");
	package_free(&p);
}

TEST(an_original_past_the_member_limit_is_not_examined)
{
	struct package p;

	package_begin(&p);
	p.detect.limits.member = 8;
	p.step = 9;
	add(&p, "package/a.map",
	    BYTES_OF("{\"version\":3,\"sources\":[\"a\",\"b\"],\"sourcesContent\":["
		     "\"0123456789\\n0123456789\",\"small\\n\"],\"mappings\":\"A\"}"));
	EQ_INT(package_end(&p), 0);
	EQ_STR(buf_text(&p.derived), "b=small\n\n");
	HAS_STR(buf_text(&p.not_examined), "--limit member=N");
	package_free(&p);
}

TEST(a_map_with_a_million_sources_stays_flat)
{
	AUTO(buf_free)
	struct buf map = BUF_INIT((size_t)64 << 20);
	struct package p;
	const struct finding *f;

	(void)buf_append_text(&map, "{\"version\":3,\"sources\":[\"\"");
	for (int i = 1; i < 1000000; i++)
		(void)buf_append_text(&map, ",\"\"");
	(void)buf_append_text(&map, "],\"sourcesContent\":[\"\"");
	for (int i = 1; i < 1000000; i++)
		(void)buf_append_text(&map, i % 1000 == 0 ? ",\"x\"" : ",\"\"");
	(void)buf_append_text(&map, "],\"mappings\":\"\"}");
	package_begin(&p);
	p.step = DETECT_WINDOW_BYTES;
	add(&p, "package/a.map", buf_bytes(&map));
	EQ_INT(package_end(&p), 0);
	f = found(&p, "source-map-embedded", 0);
	NEED(f != NULL);
	EQ_U64(f->source_map.sources, 1000000);
	EQ_U64(f->source_map.embedded, 999);
	package_free(&p);
}

/* Names only */

TEST(names_with_null_contents_only_are_names)
{
	struct package p;
	const struct finding *f;

	package_begin(&p);
	add(&p, "package/a.map",
	    BYTES_OF("{\"version\":3,\"sources\":[\"src/a.ts\"],\"sourcesContent\":[null],"
		     "\"mappings\":\"A\"}"));
	EQ_INT(package_end(&p), 0);
	f = found(&p, "source-map-names", 0);
	NEED(f != NULL);
	EQ_STR(f->why, "names of files and folders show how the source is built: src/a.ts");
	package_free(&p);
}

TEST(names_without_content_are_low_and_telling_ones_medium)
{
	struct package p;
	const struct finding *f;

	package_begin(&p);
	add(&p, "package/dist/a.js.map",
	    BYTES_OF("{\"version\":3,\"sources\":[\"../src/a.ts\"],\"mappings\":\"A\"}"));
	add(&p, "package/dist/b.js.map",
	    BYTES_OF(
		"{\"version\":3,\"sources\":[\"../src/licenseCheck.ts\"],\"mappings\":\"A\"}"));
	add(&p, "package/dist/c.js.map",
	    BYTES_OF("{\"version\":3,\"sources\":[\"../src/c.ts?x#y\",\"c%2ets\"],\"mappings\":"
		     "\"A\"}"));
	add(&p, "package/src/c.ts", BYTES_OF("c"));
	add(&p, "package/dist/c.ts", BYTES_OF("c"));
	EQ_INT(package_end(&p), 0);
	EQ_U64(p.findings.count, 3);
	f = found(&p, "source-map-names", 0);
	NEED(f != NULL && found(&p, "source-map-names", 2) != NULL);
	EQ_INT(f->severity, SEVERITY_LOW);
	EQ_STR(f->path, "p.tgz!/package/dist/a.js.map");
	EQ_STR(f->why, "names of files and folders show how the source is built: ../src/a.ts");
	f = found(&p, "source-map-names", 1);
	EQ_INT(f->severity, SEVERITY_MEDIUM);
	EQ_STR(f->title, "1 source map without content, naming original files (1)");
	f = found(&p, "source-map-names", 2);
	EQ_INT(f->severity, SEVERITY_INFO);
	EQ_STR(f->path, "p.tgz!/package/dist/c.js.map");
	package_free(&p);
}

/* Inline */

static void
add_inline(struct package *p, const char *before, const char *map, const char *after)
{
	AUTO(buf_free)
	struct buf code = BUF_INIT(1 << 20);

	(void)buf_append_text(&code, before);
	put_base64(&code, bytes_text(map));
	(void)buf_append_text(&code, after);
	add(p, "package/dist/a.js", buf_bytes(&code));
}

TEST(an_inline_map_is_read_through_every_window)
{
	static const char *const before[] = {
	    "f();\n//# sourceMappingURL=data:application/json;base64,",
	    "f();\n//@ sourceMappingURL=data:application/json;charset=utf-8;base64,",
	    "f();\n//# sourceMappingURL=DATA:Application/JSON;BASE64,",
	    ".a{}\n/*# sourceMappingURL=data:application/json;charset=utf8;base64,",
	    "eval(\"f();\\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,",
	    "var sourceMappingURL='sourceMappingURL=data:,';//# sourceMappingURL=data:;base64,",
	};
	static const char *const after[] = {"",        "\n", "\n", " */", "\\n//# sourceURL=x\");",
					    "\nf();\n"};

	for (size_t i = 0; i < ARRAY_LEN(before); i++)
		for (size_t step = 0; step < 70; step += step < 20 ? 1 : 23) {
			struct package p;
			const struct finding *f;

			package_begin(&p);
			p.step = step;
			p.seen_max = 16 + step;
			add_inline(&p, before[i], MAP_TWO, after[i]);
			EQ_INT(package_end(&p), 0);
			EQ_STR(buf_text(&p.not_examined), "");
			EQ_U64(p.findings.count, 1);
			f = found(&p, "source-map-inline", 0);
			NEED(f != NULL);
			EQ_STR(f->title,
			       "inline source map discloses 2 original files (3 lines, 20 bytes)");
			OK(f->discloses);
			EQ_STR(buf_text(&p.derived), "../src/auth/login.ts=line 1\nline 2\n\n"
						     "../node_modules/x/i.js=module\n");
			package_free(&p);
		}
}

TEST(an_inline_map_behind_a_program_is_read_and_its_references_are_nothing)
{
	static const enum blob_kind kinds[] = {BLOB_ELF, BLOB_PE, BLOB_MACHO, BLOB_BINARY};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO(buf_free)
		struct buf code = BUF_INIT(4096);
		struct package p;

		package_begin(&p);
		(void)buf_append_text(&code, "\x7f"
					     "ELF\n//# sourceMappingURL=absent.js.map\n"
					     "//# sourceMappingURL=data:application/json;base64,");
		put_base64(&code, BYTES_OF(MAP_TWO));
		(void)buf_append(&code, "\n\0\0", 3);
		EQ_INT(add_kind(&p, "package/bin/acme", buf_bytes(&code), kinds[i]), 0);
		EQ_INT(package_end(&p), 0);
		EQ_U64(p.findings.count, 1);
		OK(found(&p, "source-map-inline", 0) != NULL);
		package_free(&p);
	}
}

TEST(a_map_right_behind_data_that_is_cut_is_found)
{
	static const size_t steps[] = {0, 1, 5, 12};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct package p;

		package_begin(&p);
		p.step = steps[i];
		p.seen_max = 64;
		/* The letters of the needle are base64: they were taken for data once. */
		add_inline(&p,
			   "//# sourceMappingURL=data:;base64,eyJhsourceMappingURL=data:;base64,",
			   MAP_TWO, "\n");
		EQ_INT(package_end(&p), 0);
		EQ_U64(p.derived_count, 2);
		package_free(&p);
	}
}

TEST(a_percent_encoded_inline_map_is_read)
{
	static const char *const codes[] = {
	    "/*# sourceMappingURL=data:application/json;charset=utf-8,%7B%22version%22:3,%22sources"
	    "%22:%5B%22a.scss%22%5D,%22sourcesContent%22:%5B%22$x%3A%201%22%5D,%22mappings%22:%22"
	    "A%22%7D */",
	    "//# sourceMappingURL=data:application/json,{\"version\":3,\"sources\":[\"a.scss\"],"
	    "\"sourcesContent\":[\"$x: 1\"],\"mappings\":\"A\"}\n",
	    "//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbImEu"
	    "c2NzcyJdLCJzb3VyY2VzQ29udGVudCI6WyIkeDogMSJdLCJtYXBwaW5ncyI6IkEifQ%3D%3D\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		for (size_t step = 0; step < 9; step++) {
			struct package p;

			package_begin(&p);
			p.step = step;
			p.seen_max = 64;
			add(&p, "package/a.css", bytes_text(codes[i]));
			EQ_INT(package_end(&p), 0);
			OK(found(&p, "source-map-inline", 0) != NULL);
			EQ_STR(buf_text(&p.derived), "a.scss=$x: 1\n");
			package_free(&p);
		}
}

TEST(a_map_inside_data_that_is_no_map_is_found)
{
	static const size_t steps[] = {0, 1, 5, 12};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct package p;

		package_begin(&p);
		p.step = steps[i];
		p.seen_max = 64;
		add(&p, "package/a.css",
		    BYTES_OF("/*# sourceMappingURL=data:,%7B%22a%22:x "
			     "/*# sourceMappingURL=data:,{\"mappings\":\"\",\"sources\":[\"a\"],"
			     "\"sourcesContent\":[\"b\"]} */"));
		EQ_INT(package_end(&p), 0);
		EQ_STR(buf_text(&p.derived), "a=b\n");
		package_free(&p);
	}
}

TEST(many_inline_maps_of_one_bundle_are_one_finding)
{
	AUTO(buf_free)
	struct buf code = BUF_INIT(1 << 20);
	struct package p;
	const struct finding *f;

	for (int i = 0; i < 300; i++) {
		(void)buf_append_text(&code, "eval(\"1\\n//# sourceMappingURL=data:;base64,");
		put_base64(&code, BYTES_OF(MAP_TWO));
		(void)buf_append_text(&code, "\\n\");\n");
	}
	package_begin(&p);
	add(&p, "package/dist/a.js", buf_bytes(&code));
	EQ_INT(package_end(&p), 0);
	EQ_U64(p.findings.count, 1);
	f = found(&p, "source-map-inline", 0);
	NEED(f != NULL);
	EQ_STR(f->title, "300 inline source maps disclose 600 original files (900 lines, 6.0 kB)");
	EQ_U64(f->count, 300);
	EQ_U64(f->at.at_bytes, 13);
	package_free(&p);
}

TEST(a_broken_inline_map_is_not_examined_and_a_sample_in_a_text_is_nothing)
{
	struct package p;
	const struct finding *f;

	package_begin(&p);
	add_inline(&p, "//# sourceMappingURL=data:application/json;base64,",
		   "{\"version\":3,\"sources\":[\"a\"],\"sourcesContent\":[\"x\",", "\n");
	add(&p, "package/README.md",
	    BYTES_OF("use //# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLC...\n"
		     "\"//# sourceMappingURL=data:application/json;base64,\" + btoa(map)\n"));
	EQ_INT(package_end(&p), 0);
	f = found(&p, "source-map-not-parsed", 0);
	NEED(f != NULL);
	EQ_STR(f->path, "p.tgz!/package/dist/a.js");
	OK(found(&p, "source-map-not-parsed", 1) == NULL);
	HAS_STR(buf_text(&p.not_examined), "the JSON ends early");
	package_free(&p);
}

/* References */

TEST(references_to_maps_that_are_absent_make_one_note)
{
	struct package p;
	const struct finding *f;

	package_begin(&p);
	add(&p, "package/a.js", BYTES_OF("f()\n//# sourceMappingURL=a.js.map"));
	add(&p, "package/b.js", BYTES_OF("g()\n\n//# sourceMappingURL=maps/b%20b.js.map\n"));
	add(&p, "package/maps/b b.js.map", BYTES_OF("{}"));
	add(&p, "package/c.css", BYTES_OF("/*# sourceMappingURL=../c.css.map*/"));
	add(&p, "package/d.js", BYTES_OF("//# sourceMappingURL=https://cdn.acme.com/d.js.map\n"));
	add(&p, "package/tool.js",
	    BYTES_OF("x = '//# sourceMappingURL=' + u; y = \"//# sourceMappingURL=foo.map\";\n"
		     "/^\\/\\/# sourceMappingURL=(.*)$/; z = `//# sourceMappingURL=${u}.map`\n"
		     "// see sourceMappingURL=foo.map\n"));
	EQ_INT(package_end(&p), 0);
	EQ_U64(p.findings.count, 1);
	f = found(&p, "source-map-reference", 0);
	NEED(f != NULL);
	EQ_INT(f->severity, SEVERITY_INFO);
	EQ_STR(f->title, "3 references to source maps that are not in here");
	EQ_STR(f->path, "p.tgz!/package/a.js");
	EQ_U64(f->at.first_line, 2);
	EQ_U64(f->count, 3);
	package_free(&p);
}

TEST(references_inside_originals_are_not_told)
{
	struct package p;

	package_begin(&p);
	p.all_derived = true;
	add(&p, "package/a.map!/a.js", BYTES_OF("f()\n//# sourceMappingURL=a.js.map"));
	EQ_INT(package_end(&p), 0);
	EQ_U64(p.findings.count, 0);
	package_free(&p);
}

TEST(references_to_internal_hosts_are_medium)
{
	struct package p;
	const struct finding *f;

	package_begin(&p);
	add(&p, "package/a.js",
	    BYTES_OF("f()\n//# sourceMappingURL=http://maps.corp.acme.com:8080/a.js.map\n"
		     "//# sourceMappingURL=file:///home/x/a.js.map\n"));
	EQ_INT(package_end(&p), 0);
	f = found(&p, "source-map-internal-host", 0);
	NEED(f != NULL);
	EQ_INT(f->severity, SEVERITY_MEDIUM);
	EQ_STR(f->title, "source map reference to an internal place: "
			 "http://maps.corp.acme.com:8080/a.js.map");
	EQ_U64(f->at.first_line, 2);
	EQ_U64(f->count, 2);
	package_free(&p);
}

TEST(a_wasm_module_refers_to_its_map_in_a_custom_section)
{
	struct package p;
	const struct finding *f;

	for (size_t step = 0; step < 40; step++) {
		package_begin(&p);
		p.step = step;
		p.seen_max = 64;
		EQ_INT(add_kind(&p, "package/a.wasm",
				BYTES_OF("\0asm\1\0\0\0\0\x27\x10sourceMappingURL"
					 "\x15http://build-7/a.map\0\1\2\3"),
				BLOB_WASM),
		       0);
		EQ_INT(add_kind(&p, "package/b.wasm",
				BYTES_OF("\0asm\1\0\0\0\0\x17\x10sourceMappingURL"
					 "\x05"
					 "b.map"),
				BLOB_WASM),
		       0);
		EQ_INT(package_end(&p), 0);
		f = found(&p, "source-map-reference", 0);
		NEED(f != NULL);
		EQ_STR(f->path, "p.tgz!/package/b.wasm");
		package_free(&p);
	}
}

/* Names and URLs */

TEST(own_names_are_told_from_those_of_others)
{
	static const char *const own[] = {"../src/a.ts", "webpack://app/./src/a.ts", "", "a.ts",
					  "webpack:///./lib/external/a.js"};
	static const char *const others[] = {
	    "../node_modules/a/b.js",
	    "webpack://app/webpack/bootstrap",
	    "webpack://app/./node_modules/.pnpm/x@1/node_modules/x/i.js",
	    "webpack://a/external commonjs \"fs\"",
	    "external \"fs\"",
	    "(webpack)/buildin/global.js",
	    "<anon>",
	    "/x/.yarn/cache/y.js"};

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (!OK(source_map_is_own(bytes_text(own[i]))))
			tap_note("%s", own[i]);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (!OK(!source_map_is_own(bytes_text(others[i]))))
			tap_note("%s", others[i]);
	OK(!source_map_is_own(BYTES_OF("\0vite/preload-helper")));
}

TEST(telling_words_are_whole_words)
{
	OK(source_map_is_telling(BYTES_OF("src/auth.ts")));
	OK(source_map_is_telling(BYTES_OF("src/userAuth.ts")));
	OK(source_map_is_telling(BYTES_OF("src/billing/a.ts")));
	OK(source_map_is_telling(BYTES_OF("LICENSE_CHECK.c")));
	OK(!source_map_is_telling(BYTES_OF("src/author.ts")));
	OK(!source_map_is_telling(BYTES_OF("src/cryptography.ts")));
	OK(!source_map_is_telling(BYTES_OF("")));
}

TEST(examples_are_the_best_three_in_a_fixed_order)
{
	struct package p;
	const struct finding *f;

	package_begin(&p);
	add(&p, "package/a.map",
	    BYTES_OF(
		"{\"version\":3,\"sources\":[\"node_modules/auth/deep/er/a.ts\",\"z.ts\","
		"\"b/c/d/deep.ts\",\"secret.ts\",\"billing/x.ts\",\"a/x.ts\",\"billing/x.ts\"],"
		"\"sourcesContent\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\"],\"mappings\":"
		"\"A\"}"));
	EQ_INT(package_end(&p), 0);
	f = found(&p, "source-map-embedded", 0);
	NEED(f != NULL);
	EQ_STR(f->source_map.examples[0], "billing/x.ts");
	EQ_STR(f->source_map.examples[1], "secret.ts");
	EQ_STR(f->source_map.examples[2], "b/c/d/deep.ts");
	package_free(&p);
}

TEST(urls_are_told_by_where_they_lead)
{
	static const struct {
		const char *url;
		enum source_map_url kind;
	} cases[] = {
	    {"a.js.map", SOURCE_MAP_URL_PATH},
	    {"../maps/a.js.map?v=1", SOURCE_MAP_URL_PATH},
	    {"/maps/a.map", SOURCE_MAP_URL_PATH},
	    {"", SOURCE_MAP_URL_NONE},
	    {"foo", SOURCE_MAP_URL_NONE},
	    {"${x}.map", SOURCE_MAP_URL_NONE},
	    {"(.+)", SOURCE_MAP_URL_NONE},
	    {"https://cdn.acme.com/a.map", SOURCE_MAP_URL_PUBLIC},
	    {"//cdn.acme.com/a.map", SOURCE_MAP_URL_PUBLIC},
	    {"http://8.8.8.8/a.map", SOURCE_MAP_URL_PUBLIC},
	    {"http://example.com:80/a", SOURCE_MAP_URL_PUBLIC},
	    {"http://10.1.2.3/a.map", SOURCE_MAP_URL_INTERNAL},
	    {"http://user@192.168.0.1:81/a.map", SOURCE_MAP_URL_INTERNAL},
	    {"http://172.20.1.1/", SOURCE_MAP_URL_INTERNAL},
	    {"http://172.40.1.1/", SOURCE_MAP_URL_PUBLIC},
	    {"http://localhost:3000/a.map", SOURCE_MAP_URL_INTERNAL},
	    {"http://[::1]:3000/a.map", SOURCE_MAP_URL_INTERNAL},
	    {"http://build7/a.map", SOURCE_MAP_URL_INTERNAL},
	    {"https://maps.intranet.acme.com/a", SOURCE_MAP_URL_INTERNAL},
	    {"https://x.local/a", SOURCE_MAP_URL_INTERNAL},
	    {"file:///C:/x/a.map", SOURCE_MAP_URL_INTERNAL},
	    {"http://", SOURCE_MAP_URL_NONE},
	    {"webpack://x/a", SOURCE_MAP_URL_NONE},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (!EQ_INT(source_map_url(bytes_text(cases[i].url)), cases[i].kind))
			tap_note("%s", cases[i].url);
}

TEST(a_reference_resolves_inside_its_own_container_only)
{
	uint64_t want = hash_fast(BYTES_OF("a.tgz!/package/src/x.ts"));

	EQ_U64(source_map_resolve("a.tgz!/package/dist/y.map", BYTES_OF("../src/x.ts")), want);
	EQ_U64(source_map_resolve("a.tgz!/package/dist/y.map", BYTES_OF("./.././src//x.ts")), want);
	EQ_U64(source_map_resolve("a.tgz!/y.map", BYTES_OF("package/src/x.ts")), want);
	EQ_U64(source_map_resolve("a.tgz!/package/y.map", BYTES_OF("../../x.ts")), 0);
	EQ_U64(source_map_resolve("a.tgz!/package/y.map", BYTES_OF("/x.ts")), 0);
	EQ_U64(source_map_resolve("a.tgz!/package/y.map", BYTES_OF("webpack://x.ts")), 0);
	EQ_U64(source_map_resolve("dist/y.map", BYTES_OF("../x.ts")), hash_fast(BYTES_OF("x.ts")));
}

/* The one-line answer */

TEST(the_fix_names_the_file_and_the_switch)
{
	static const struct {
		const char *manifest, *content, *map, *fix;
	} cases[] = {
	    {"package/package.json", "{\"files\":[\"dist\"]}",
	     "{\"version\":3,\"file\":\"a.js\",\"sourceRoot\":\"\",\"sources\":[\"a.ts\"],"
	     "\"names\":"
	     "[],\"mappings\":\"A\",\"sourcesContent\":[\"x\"]}",
	     "add \"!**/*.map\" to \"files\" in package.json, or run tsc with \"sourceMap\": false "
	     "and "
	     "\"inlineSources\": false in tsconfig.json"},
	    {"w/PKG-INFO", "Name: x",
	     "{\"mappings\":\"A\",\"sources\":[\"webpack://w/./a.ts\"],\"sourcesContent\":[\"x\"]}",
	     "add the line global-exclude *.map to MANIFEST.in, or run webpack with devtool: "
	     "false"},
	    {"x", "y", "{\"mappings\":\"A\",\"sources\":[\"a.ts\"],\"sourcesContent\":[\"x\"]}",
	     "leave **/*.map out of what is published, or run the bundler with source maps off "
	     "(sourcemap: false)"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct package p;
		const struct finding *f;

		package_begin(&p);
		add(&p, cases[i].manifest, bytes_text(cases[i].content));
		add(&p, "package/a.js.map", bytes_text(cases[i].map));
		EQ_INT(package_end(&p), 0);
		f = found(&p, "source-map-embedded", 0);
		NEED(f != NULL);
		EQ_STR(f->fix, cases[i].fix);
		package_free(&p);
	}
}

/* Memory */

TEST(source_map_out_of_memory_is_a_fault)
{
	EACH_FAILED_ALLOC
	{
		struct package p;
		int r;

		package_begin(&p);
		r = add_kind(&p, "a.map", BYTES_OF(MAP_TWO), BLOB_TEXT);
		if (r == 0)
			r = add_kind(&p, "b.js",
				     BYTES_OF("//# sourceMappingURL=http://x/\n"
					      "//# sourceMappingURL=data:,{\"mappings\":\"\","
					      "\"sourcesContent\":[\"a\\n\"]}\n"),
				     BLOB_TEXT);
		if (r == 0)
			r = package_end(&p);
		OK(r == 0 || (r == FAULT_MEMORY && tap_alloc_refused()));
		if (!tap_alloc_refused())
			EQ_U64(p.findings.count, 3);
		package_free(&p);
	}
}
