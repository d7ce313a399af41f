/* test_intent.c - proves detect/intent.h, detect/package.h and the detector behind them */
#include "examine.h"

#include "base/own.h"
#include "detect/intent.h"
#include "detect/table.h"

static void
put(struct examined *e, const char *inner, const char *content)
{
	examine_file(e, &detect_intent, inner, bytes_text(content));
}

/* A file of so many bytes, none of them kept. */
static void
put_size(struct examined *e, const char *inner, uint64_t bytes, enum blob_kind kind)
{
	struct fact_file file = {
	    .inner = inner, .size_bytes = bytes, .kind = kind, .content_hash = bytes};

	file.path = blob_path(&e->arena, e->input, bytes_text(inner));
	EQ_INT(facts_add_file(&e->facts, &file, NULL), 0);
}

static const char *
title_of(const struct examined *e, const char *rule)
{
	const struct finding *found = examine_found(e, rule, 0);

	return found == NULL ? "(none)" : found->title;
}

TEST(the_manifest_nearest_to_the_root_says_the_kind)
{
	const struct fact_manifest *manifest;
	struct examined e;

	examine_begin(&e, "p.tgz");
	put(&e, "package/package.json", "{}");
	put(&e, "package/lib/Cargo.toml", "");
	facts_sort(&e.facts);
	EQ_INT(package_kind_of(&e.facts, &manifest), PACKAGE_NPM);
	EQ_BYTES(package_root(manifest), BYTES_OF("package/"));
	examine_free(&e);

	examine_begin(&e, "p.whl");
	put(&e, "p/package.json", "{}");
	put(&e, "p-1.dist-info/METADATA", "Name: p\n");
	facts_sort(&e.facts);
	EQ_INT(package_kind_of(&e.facts, &manifest), PACKAGE_WHEEL);
	examine_free(&e);

	examine_begin(&e, "x.tar");
	put(&e, "x/METADATA", "Name: p\n");
	facts_sort(&e.facts);
	EQ_INT(package_kind_of(&e.facts, &manifest), PACKAGE_OTHER);
	OK(manifest == NULL);
	examine_free(&e);
}

TEST(a_private_package_must_not_be_published)
{
	struct examined e;

	examine_begin(&e, "p.tgz");
	put(&e, "package/package.json", "{\"name\":\"p\",\"private\":true}");
	EQ_INT(examine_end(&e, &detect_intent), 0);
	HAS_STR(title_of(&e, "private-package"), "\"private\": true");
	EQ_INT(examine_found(&e, "private-package", 0)->severity, SEVERITY_HIGH);
	examine_free(&e);

	examine_begin(&e, "p.crate");
	put(&e, "p-1.0.0/Cargo.toml", "[package]\nname = \"p\"\npublish = false\n");
	EQ_INT(examine_end(&e, &detect_intent), 0);
	HAS_STR(title_of(&e, "private-package"), "publish = false");
	examine_free(&e);

	examine_begin(&e, "p.tgz");
	put(&e, "package/package.json", "{\"name\":\"p\",\"private\":false}");
	EQ_INT(examine_end(&e, &detect_intent), 0);
	EQ_U64(e.findings.count, 0);
	examine_free(&e);
}

TEST(files_outside_the_declared_surface_are_told_once)
{
	struct examined e;

	examine_begin(&e, "p.tgz");
	put(&e, "package/package.json",
	    "{\"name\":\"p\",\"files\":[\"dist\",\"./lib/"
	    "*.js\"],\"main\":\"index\",\"bin\":\"cli.js\"}");
	put(&e, "package/README.md", "x");
	put(&e, "package/dist/deep/a.js", "x");
	put(&e, "package/lib/a.js", "x");
	put(&e, "package/index.js", "x");
	put(&e, "package/cli.js", "x");
	put(&e, "package/src/a.ts", "x");
	put(&e, "package/src/b.ts", "x");
	EQ_INT(examine_end(&e, &detect_intent), 0);
	EQ_U64(examine_found(&e, "undeclared-files", 0)->count, 3);
	EQ_STR(title_of(&e, "undeclared-files"),
	       "3 files outside \"files\": index.js, src/a.ts, src/b.ts");
	EQ_U64(e.findings.count, 1);
	examine_free(&e);
}

TEST(an_entry_that_is_not_there_means_packed_before_built)
{
	struct examined e;

	examine_begin(&e, "p.tgz");
	put(&e, "package/package.json", "{\"name\":\"p\",\"main\":\"./dist/index.js\"}");
	EQ_INT(examine_end(&e, &detect_intent), 0);
	HAS_STR(title_of(&e, "missing-entry"), "./dist/index.js");
	examine_free(&e);

	examine_begin(&e, "p.tgz");
	put(&e, "package/package.json", "{\"main\":\"./dist/\",\"bin\":{\"a\":\"cli\"}}");
	put(&e, "package/dist/index.js", "x");
	put(&e, "package/cli.js", "x");
	EQ_INT(examine_end(&e, &detect_intent), 0);
	EQ_U64(e.findings.count, 0);
	examine_free(&e);
}

TEST(a_broken_manifest_claims_nothing)
{
	struct examined e;

	examine_begin(&e, "p.tgz");
	put(&e, "package/package.json", "{\"private\":true");
	EQ_INT(examine_end(&e, &detect_intent), 0);
	EQ_U64(e.findings.count, 0);
	examine_free(&e);
}

/* SHA-256 of "x\n". */
#define X_SHA "c8s4WKaHqElMozIwUwFigvPa051Cz2LKTnndoqrH2aw"

TEST(a_wheel_is_held_against_its_record)
{
	static const char record[] = "p/a.py,sha256=" X_SHA ",2\r\n"
				     "\"p/b,c.py\",sha256=" X_SHA ",2\n"
				     "p/gone.py,sha256=" X_SHA ",2\n"
				     "p/changed.py,sha256=" X_SHA ",2\n"
				     "p-1.dist-info/METADATA,,\np-1.dist-info/RECORD,,\n";
	struct examined e;

	examine_begin(&e, "p-1-py3-none-any.whl");
	put(&e, "p/a.py", "x\n");
	put(&e, "p/b,c.py", "x\n");
	put(&e, "p/changed.py", "y\n");
	put(&e, "p/extra.key", "x\n");
	put(&e, "p-1.dist-info/METADATA", "Name: p\nClassifier: Private :: Do Not Upload\n");
	put(&e, "p-1.dist-info/RECORD", record);
	EQ_INT(examine_end(&e, &detect_intent), 0);
	HAS_STR(title_of(&e, "record-mismatch"), "1 files differ");
	HAS_STR(title_of(&e, "record-mismatch"), "p/changed.py");
	HAS_STR(title_of(&e, "record-unlisted"), "p/extra.key");
	HAS_STR(title_of(&e, "record-missing"), "p/gone.py");
	HAS_STR(title_of(&e, "private-package"), "Private");
	EQ_U64(e.findings.count, 4);
	examine_free(&e);
}

/* Two versions: `before` filled by the caller, then `now`. */
TEST(the_first_source_map_is_news)
{
	struct examined before, now;

	examine_begin(&before, "p-1.tgz");
	put_size(&before, "package/cli.js", 9000000, BLOB_TEXT);
	put_size(&before, "package/README.md", 1000, BLOB_TEXT);
	facts_sort(&before.facts);
	examine_begin(&now, "p-2.tgz");
	put_size(&now, "package/cli.js", 9100000, BLOB_TEXT);
	put_size(&now, "package/cli.js.map", 59800000, BLOB_TEXT);
	put_size(&now, "package/README.md", 1000, BLOB_TEXT);
	now.facts.previous = &before.facts;
	EQ_INT(examine_end(&now, &detect_intent), 0);
	EQ_STR(title_of(&now, "first-source-map"),
	       "the first source map: package/cli.js.map (59.8 MB)");
	EQ_INT(examine_found(&now, "first-source-map", 0)->severity, SEVERITY_HIGH);
	EQ_STR(examine_found(&now, "first-source-map", 0)->path, "p-2.tgz!/package/cli.js.map");
	EQ_STR(title_of(&now, "new-file-types"), "new endings of files: .map (1)");
	EQ_STR(intent_difference(&now.facts, &now.arena),
	       "+1 file, +59.9 MB, new in kind: source maps, .map");
	examine_free(&now);
	examine_free(&before);
}

TEST(tenfold_growth_is_told_of_the_whole_and_of_a_file)
{
	struct examined before, now;

	examine_begin(&before, "p-1.zip");
	put_size(&before, "p-1/a.js", 100000, BLOB_TEXT);
	facts_sort(&before.facts);
	examine_begin(&now, "p-2.zip");
	put_size(&now, "p-2/a.js", 3000000, BLOB_TEXT);
	now.facts.previous = &before.facts;
	EQ_INT(examine_end(&now, &detect_intent), 0);
	EQ_STR(title_of(&now, "package-grew-tenfold"),
	       "3.0 MB unpacked, 100 kB in the version before; most of it in p-2/a.js (3.0 MB)");
	EQ_INT(examine_found(&now, "package-grew-tenfold", 0)->severity, SEVERITY_MEDIUM);
	EQ_STR(title_of(&now, "file-grew-tenfold"),
	       "p-2/a.js: 3.0 MB, 100 kB in the version before");
	EQ_U64(now.findings.count, 2);
	examine_free(&now);
	examine_free(&before);
}

TEST(the_same_package_again_is_no_news)
{
	struct examined before, now;

	examine_begin(&before, "p-1-py3-none-any.whl");
	put(&before, "p/a.py", "x\n");
	put(&before, "p-1.dist-info/METADATA", "Version: 1\n");
	facts_sort(&before.facts);
	examine_begin(&now, "p-2-py3-none-any.whl");
	put(&now, "p/a.py", "x\n");
	put(&now, "p-2.dist-info/METADATA", "Version: 2\n");
	now.facts.previous = &before.facts;
	EQ_INT(examine_end(&now, &detect_intent), 0);
	EQ_U64(now.findings.count, 0);
	EQ_STR(intent_difference(&now.facts, &now.arena),
	       "1 of 2 files changed, +0 bytes, nothing new in kind");
	OK(intent_difference(&before.facts, &before.arena) == NULL);
	examine_free(&now);
	examine_free(&before);
}

TEST(files_that_vanish_are_told_when_they_are_half_of_all)
{
	struct examined before, now;

	examine_begin(&before, "p-1.tgz");
	for (int i = 0; i < 6; i++)
		put(&before, arena_printf(&before.arena, "package/dist/%d.js", i), "x");
	put(&before, "package/package.json", "{}");
	facts_sort(&before.facts);
	examine_begin(&now, "p-2.tgz");
	put(&now, "package/package.json", "{}");
	now.facts.previous = &before.facts;
	EQ_INT(examine_end(&now, &detect_intent), 0);
	HAS_STR(title_of(&now, "files-vanished"), "6 of 7 files");
	examine_free(&now);
	examine_free(&before);
}

TEST(without_a_version_before_only_what_stands_out_is_told)
{
	struct examined e;

	examine_begin(&e, "p.tgz");
	put(&e, "package/package.json", "{}");
	put_size(&e, "package/a.wasm", 12000000, BLOB_WASM);
	EQ_INT(examine_end(&e, &detect_intent), 0);
	HAS_STR(title_of(&e, "large-file"), "package/a.wasm is 12.0 MB of 12.0 MB");
	EQ_INT(examine_found(&e, "large-file", 0)->severity, SEVERITY_LOW);
	examine_free(&e);
}
