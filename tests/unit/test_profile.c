/* Proves policy/profile.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/own.h"
#include "policy/profile.h"
#include "tap.h"

static const struct profile_facts plain;

static bool
blocks(const char *profile, const char *detector, const char *rule, enum severity severity,
       bool discloses, const struct profile_facts *facts)
{
	struct finding f = {
	    .detector = detector, .rule = rule, .severity = severity, .discloses = discloses};

	return profile_decide(profile_builtin(profile), facts, &f)->blocks;
}

TEST(profile_public_release_blocks_what_discloses_and_what_is_grave)
{
	const struct profile_facts declared = {.is_public = true};

	OK(blocks("public-release", "source-map", "x", SEVERITY_LOW, true, &plain));
	OK(blocks("public-release", "intent", "x", SEVERITY_HIGH, false, &plain));
	OK(!blocks("public-release", "intent", "x", SEVERITY_MEDIUM, false, &plain));
	OK(!blocks("public-release", "source-map", "x", SEVERITY_HIGH, true, &declared));
	OK(blocks("public-release", "secret", "x", SEVERITY_HIGH, true, &declared));
	OK(blocks("public-release", "suppression", "stale", SEVERITY_LOW, false, &declared));
}

TEST(profile_partner_may_debug_and_internal_may_have_sources)
{
	OK(!blocks("partner", "debug-info", "x", SEVERITY_HIGH, true, &plain));
	OK(blocks("partner", "source-map", "x", SEVERITY_HIGH, true, &plain));
	OK(!blocks("internal", "source-map", "x", SEVERITY_HIGH, true, &plain));
	OK(!blocks("internal", "weights", "x", SEVERITY_HIGH, true, &plain));
	OK(blocks("internal", "debris", "private-key", SEVERITY_CRITICAL, true, &plain));
	OK(blocks("internal", "secret", "x", SEVERITY_HIGH, false, &plain));
	OK(!blocks("internal", "secret", "x", SEVERITY_MEDIUM, false, &plain));
}

TEST(profile_an_asset_does_not_block_in_its_own_repository)
{
	const char *const home[] = {"acme", "core"};
	const struct profile_facts facts = {.home = home, .home_count = 2};
	struct finding_match matches[] = {{.asset = "acme"}, {.asset = "core"}};
	struct finding f = {.detector = "register",
			    .rule = "x",
			    .severity = SEVERITY_CRITICAL,
			    .discloses = true,
			    .matches = matches,
			    .matches_count = 2};
	const struct profile *p = profile_builtin("public-release");

	OK(!profile_decide(p, &facts, &f)->blocks);
	OK(profile_decide(p, &plain, &f)->blocks);
	matches[1].asset = "engine"; /* one asset that lives elsewhere is enough */
	OK(profile_decide(p, &facts, &f)->blocks);
	f.matches_count = 0;
	OK(profile_decide(p, &facts, &f)->blocks);
}

TEST(profile_patterns_are_whole_names_or_end_in_a_star)
{
	OK(profile_fits("*", "a", "b"));
	OK(profile_fits("a/*", "a", "b"));
	OK(profile_fits("a/b*", "a", "bc"));
	OK(profile_fits("a/b", "a", "b"));
	OK(!profile_fits("a/b", "a", "bc"));
	OK(!profile_fits("a/*", "ab", "c"));
	OK(!profile_fits("ab/*", "a", "c"));
	OK(!profile_fits("a", "a", "b"));
}

/* A profile named `name` as a configuration with `text` has it. */
static int
load(struct profile *out, struct settings **settings, struct arena *arena, const char *name,
     const char *text, struct fault *fault)
{
	char file[] = "/tmp/stopwater-profile.XXXXXX";
	int fd = mkstemp(file), r;
	struct settings_from from = {.folder = "/", .config = file};

	own_close(&fd);
	if (file_write_all(file, bytes_text(text), 0600, NULL) < 0)
		return FAULT_IO;
	r = settings_load(settings, &from, fault);
	(void)remove(file);
	return r < 0 ? r : profile_load(out, name, *settings, arena, fault);
}

TEST(profile_tables_put_their_lines_in_front)
{
	AUTO(settings_free)
	struct settings *settings = NULL;
	AUTO(arena_free)
	struct arena arena = ARENA_INIT(1 << 20);
	struct fault fault = FAULT_INIT;
	struct profile p;
	struct finding f = {.detector = "debris", .rule = "os-litter", .severity = SEVERITY_LOW};
	const struct profile_line *line;

	NEED(load(&p, &settings, &arena, "mine",
		  "[policy.mine]\nbase = 'partner'\n"
		  "block = ['debris/os-litter']\nnote = ['debris/*', 'secret/x']\n"
		  "block_from = 'medium'\n",
		  &fault) == 0);
	line = profile_decide(&p, &plain, &f);
	OK(line->blocks);
	HAS_STR(line->where, "stopwater-profile.");
	HAS_STR(line->where, ":3");
	OK(strchr(line->where, '/') == NULL);
	f.rule = "backup";
	f.severity = SEVERITY_CRITICAL;
	OK(!profile_decide(&p, &plain, &f)->blocks);
	f = (struct finding){.detector = "intent", .rule = "x", .severity = SEVERITY_MEDIUM};
	OK(profile_decide(&p, &plain, &f)->blocks);
	f.severity = SEVERITY_LOW; /* the base's line: a partner's intent is a note */
	line = profile_decide(&p, &plain, &f);
	OK(!line->blocks);
	EQ_STR(line->where, "partner");
	EQ_STR(p.name, "mine");
}

struct wrong {
	const char *text, *says;
};

TEST(profile_tables_that_are_wrong_are_named_with_their_line)
{
	static const struct wrong wrong[] = {
	    {"[policy.mine]\nbase = 'nobody'\n", ":2: base is public-release"},
	    {"[policy.mine]\nbase = 1\n", ":2: base is public-release"},
	    {"[policy.mine]\nblok = ['a/b']\n", ":2: a profile has base, block"},
	    {"[policy.mine]\nblock = 'a/b'\n", ":2: block and note are lists"},
	    {"[policy.mine]\nblock = ['ab']\n", ":2: a pattern is"},
	    {"[policy.mine]\nnote = [1]\n", ":2: a pattern is"},
	    {"[policy.mine]\nblock_from = 'bad'\n", ":2: block_from is a severity"},
	    {"[policy]\nmine = 1\n", ":2: a profile is a table"},
	    {"", "no profile is called 'mine'"},
	};
	struct fault fault = FAULT_INIT;
	struct profile p;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		AUTO(settings_free)
		struct settings *settings = NULL;
		AUTO(arena_free)
		struct arena arena = ARENA_INIT(1 << 20);

		EQ_INT(load(&p, &settings, &arena, "mine", wrong[i].text, &fault), FAULT_USAGE);
		HAS_STR(fault.text, wrong[i].says);
	}
}

TEST(profile_documentation_holds_the_tables)
{
	struct buf doc = BUF_INIT(1 << 20), tables = BUF_INIT(1 << 20);

	EQ_INT(file_read_all(tap_data("../docs/policy.md"), &doc, NULL), 0);
	EQ_INT(profile_describe(&tables), 0);
	HAS_STR(buf_text(&doc), buf_text(&tables));
	buf_free(&doc);
	buf_free(&tables);
}
