/*
 * test_fingerprint.c - what of a text comes back after it was renamed, reformatted, minified
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fixed.h"
#include "fingerprint/fingerprint.h"
#include "fingerprint/mix.h"
#include "tap.h"

static const char source_js[] =
    "// Session handling.\n"
    "import { clock } from './clock';\n"
    "export class SessionKeeper {\n"
    "  constructor(options) {\n"
    "    this.rotationPeriod = options.rotationPeriod || 86417;\n"
    "    this.pattern = /^sw-[0-9a-f]{12}$/;\n"
    "  }\n"
    "  refreshToken(holder, reason) {\n"
    "    if (!holder.grantedScopes) {\n"
    "      throw new Error('holder has lost every scope');\n"
    "    }\n"
    "    const entry = { issuedFor: holder.name, because: reason, renewedAt: clock.now() };\n"
    "    for (const scope of holder.grantedScopes) {\n"
    "      entry[scope.label] = scope.expiresOn > entry.renewedAt ? 'still valid' : 'gone stale';\n"
    "    }\n"
    "    return this.vault.storeSealed(entry, `sealed for ${holder.name} by keeper`);\n"
    "  }\n"
    "}\n";

/* What a minifier makes of it, by hand. */
static const char minified_js[] =
    "var q=9;class a{constructor(e){this.rotationPeriod=e.rotationPeriod||86417,this.pattern="
    "/^sw-[0-9a-f]{12}$/}refreshToken(e,t){if(!e.grantedScopes)throw new Error(\"holder has lost "
    "every scope\");const r={issuedFor:e.name,because:t,renewedAt:c.now()};for(const t of "
    "e.grantedScopes)r[t.label]=t.expiresOn>r.renewedAt?\"still valid\":\"gone stale\";return "
    "this.vault.storeSealed(r,`sealed for ${e.name} by keeper`)}}";

static const char renamed_c[2][420] = {
    "int count_open(struct door *list, int n)\n{\n\tint open = 0;\n\tfor (int i = 0; i < n; i++) "
    "{\n"
    "\t\tif (list[i].state == OPEN && !list[i].broken)\n\t\t\topen += list[i].weight * 3;\n"
    "\t\telse if (list[i].state == STUCK)\n\t\t\treturn -1;\n\t}\n\twhile (open > LIMIT)\n"
    "\t\topen -= LIMIT / 2;\n\treturn open;\n}\n",
    "/* never seen before */\nint zz(struct qq *a, int b) {\n  int c = 7; // start\n"
    "  for (int d = 9; d < b; d++) { if (a[d].x == YES && !a[d].y) c += a[d].z * 8;\n"
    "    else if (a[d].x == NO) return -6; }\n  while (c > TOP) c -= TOP / 5;\n  return c; }\n",
};

struct by_kind {
	size_t ours, found;
};

static int
compare_keys(const void *a, const void *b)
{
	uint64_t x = ((const struct print *)a)->key, y = ((const struct print *)b)->key;

	return x < y ? -1 : x > y;
}

/* How many different keys of `kind` the first has, and how many of them the second has too. */
static struct by_kind
shared(const struct prints *ours, const struct prints *found, enum print_kind kind)
{
	struct by_kind count = {0, 0};

	for (size_t i = 0; i < ours->count; i++) {
		bool again = false, there = false;

		if (ours->list[i].kind != (uint32_t)kind)
			continue;
		for (size_t j = 0; j < i && !again; j++)
			again = ours->list[j].key == ours->list[i].key;
		for (size_t j = 0; j < found->count && !there; j++)
			there = found->list[j].key == ours->list[i].key;
		count.ours += !again;
		count.found += !again && there;
	}
	return count;
}

static void
print_text(struct prints *out, const char *text, const char *name, enum print_use use)
{
	struct bytes content = bytes_text(text);

	EQ_INT(fingerprint_text(out, content, language_of(bytes_text(name), content), use, NULL),
	       0);
}

TEST(fingerprint_pairs_survive_minifying)
{
	AUTO(prints_free)
	struct prints ours = PRINTS_INIT;
	AUTO(prints_free)
	struct prints found = PRINTS_INIT;
	struct by_kind pairs, hard;

	print_text(&ours, source_js, "session.js", PRINT_REGISTER);
	print_text(&found, minified_js, "bundle.js", PRINT_QUERY);
	pairs = shared(&ours, &found, PRINT_PAIR);
	hard = shared(&ours, &found, PRINT_HARD);
	tap_note("pairs %zu of %zu, hard %zu of %zu", pairs.found, pairs.ours, hard.found,
		 hard.ours);
	OK(pairs.ours >= 20);
	OK(pairs.found * 10 >= pairs.ours * 9);
	OK(hard.ours >= 8 && hard.found == hard.ours);
	EQ_U64(shared(&ours, &found, PRINT_TEXT).found, 0);
}

TEST(fingerprint_tokens_survive_renaming_and_reformatting)
{
	AUTO(prints_free)
	struct prints ours = PRINTS_INIT;
	AUTO(prints_free)
	struct prints found = PRINTS_INIT;
	struct by_kind tokens;

	print_text(&ours, renamed_c[0], "a.c", PRINT_REGISTER);
	print_text(&found, renamed_c[1], "b.c", PRINT_QUERY);
	tokens = shared(&ours, &found, PRINT_TOKEN);
	tap_note("tokens %zu of %zu", tokens.found, tokens.ours);
	OK(tokens.ours >= 5);
	OK(tokens.found >= 2);
	EQ_U64(shared(&ours, &found, PRINT_TEXT).found, 0);
}

TEST(fingerprint_text_does_not_see_white_space_and_punctuation)
{
	AUTO(prints_free)
	struct prints ours = PRINTS_INIT;
	AUTO(prints_free)
	struct prints found = PRINTS_INIT;
	AUTO(buf_free)
	struct buf other = BUF_INIT(10000);
	struct by_kind text;

	for (const char *p = source_js; *p != '\0'; p++)
		(void)buf_append(&other,
				 *p == ' '    ? "\n\t"
				 : *p == '\'' ? "\""
					      : p,
				 *p == ' ' ? 2 : 1);
	print_text(&ours, source_js, "a.js", PRINT_REGISTER);
	print_text(&found, buf_text(&other), "a.js", PRINT_QUERY);
	text = shared(&ours, &found, PRINT_TEXT);
	OK(text.ours >= 5);
	EQ_U64(text.found, text.ours);
}

/* Section 4 of the winnowing paper: k + w - 1 shared parts are enough, wherever they stand. */
TEST(fingerprint_any_23_words_in_a_row_share_a_key)
{
	uint64_t seed = 12345;

	for (int round = 0; round < 200; round++) {
		AUTO(prints_free)
		struct prints ours = PRINTS_INIT;
		AUTO(prints_free)
		struct prints found = PRINTS_INIT;
		AUTO(buf_free)
		struct buf a = BUF_INIT(100000);
		AUTO(buf_free)
		struct buf b = BUF_INIT(100000);
		unsigned before_a = (unsigned)round % 61, before_b = (unsigned)round % 47;

		for (unsigned i = 0; i < before_a; i++)
			(void)buf_printf(&a, "alpha%u ", (unsigned)(seed = mix_u64(seed)));
		for (unsigned i = 0; i < before_b; i++)
			(void)buf_printf(&b, "beta%u ", (unsigned)(seed = mix_u64(seed)));
		for (unsigned i = 0; i < 23; i++) {
			unsigned word = (unsigned)(seed = mix_u64(seed));

			(void)buf_printf(&a, "w%u ", word);
			(void)buf_printf(&b, "w%u ", word);
		}
		for (unsigned i = 0; i < before_b + 3; i++) {
			(void)buf_printf(&a, "tail%u ", (unsigned)(seed = mix_u64(seed)));
			(void)buf_printf(&b, "rest%u ", (unsigned)(seed = mix_u64(seed)));
		}
		print_text(&ours, buf_text(&a), "a.txt", PRINT_REGISTER);
		print_text(&found, buf_text(&b), "b.txt", PRINT_QUERY);
		OK(shared(&ours, &found, PRINT_TEXT).found >= 1);
	}
}

TEST(fingerprint_strings_of_c_are_found_in_a_binary)
{
	static const char c_source[] =
	    "static const char *const messages[] = {\n"
	    "\t\"cannot open the vault: %s\\n\",\n\t\"the tenant \" \"limit was reached\",\n"
	    "\t\"rotation key is \\\"stale\\\"\",\n};\n";
	static const char binary[] =
	    "\x7f"
	    "ELF\1\2\3\0cannot open the vault: %s\n\0"
	    "the tenant limit was reached\0rotation key is \"stale\"\0\1\2\3";
	AUTO(prints_free)
	struct prints ours = PRINTS_INIT;
	AUTO(prints_free)
	struct prints found = PRINTS_INIT;
	struct by_kind single;

	print_text(&ours, c_source, "a.c", PRINT_REGISTER);
	EQ_INT(fingerprint_binary(&found, bytes_make(binary, sizeof(binary)), NULL), 0);
	single = shared(&ours, &found, PRINT_SINGLE);
	EQ_U64(single.ours, 3);
	EQ_U64(single.found, 3);
	/* three pairs and the triple */
	EQ_U64(shared(&ours, &found, PRINT_HARD).found, 4);
}

TEST(fingerprint_strings_of_python_bytecode_have_their_length_before_them)
{
	static const char python[] = "def f(x):\n    return x.get('ledger entry is missing', "
				     "'the auditor was not told')\n";
	static const char pyc[] = "\xcb\r\r\n\0\0\0\0\xe3\0\0\0\0z\x17ledger entry is missing"
				  "\xfaz\xda\x18the auditor was not toldN";
	AUTO(prints_free)
	struct prints ours = PRINTS_INIT;
	AUTO(prints_free)
	struct prints found = PRINTS_INIT;

	print_text(&ours, python, "a.py", PRINT_REGISTER);
	EQ_INT(fingerprint_strings(&found, bytes_make(pyc, sizeof(pyc)), PRINT_STRINGS_PYC, NULL),
	       0);
	EQ_U64(shared(&ours, &found, PRINT_SINGLE).found, 2);
}

TEST(fingerprint_spelling_of_literals_does_not_matter)
{
	static const char *const spellings[][2] = {
	    {"x('caf\\u00e9 au lait is cold', 864e5 + 123456)",
	     "x(\"caf\xc3\xa9 au lait is cold\", 86400000 + 0x1e240)"},
	    {"f('it\\'s a \\x41 tale', .12345)", "f(\"it's a A tale\", 1.2345e-1)"},
	};

	for (size_t i = 0; i < 2; i++) {
		AUTO(prints_free)
		struct prints a = PRINTS_INIT;
		AUTO(prints_free)
		struct prints b = PRINTS_INIT;
		struct by_kind hard;

		print_text(&a, spellings[i][0], "a.js", PRINT_REGISTER);
		print_text(&b, spellings[i][1], "b.js", PRINT_QUERY);
		hard = shared(&a, &b, PRINT_HARD);
		OK(hard.ours >= 1);
		EQ_U64(hard.found, hard.ours);
	}
}

/* Without the numbers of parts, which are no keys. */
static size_t
count_keys(const struct prints *prints)
{
	size_t count = 0;

	for (size_t i = 0; i < prints->count; i++)
		count += prints->list[i].kind != PRINT_PART;
	return count;
}

/* A sieve that knows exactly what a text gave. */
static bool
has_key(const struct prints *ours, uint64_t key, bool part)
{
	for (size_t i = 0; i < ours->count; i++)
		if (ours->list[i].key == key && (ours->list[i].kind == PRINT_PART) == part)
			return true;
	return false;
}

static size_t
keep_ours(void *context, struct print *list, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (has_key(context, list[i].key, false))
			list[kept++] = list[i];
	return kept;
}

static void
know_ours(void *context, const uint32_t *parts, uint8_t *known, size_t count)
{
	for (size_t i = 0; i < count; i++)
		known[i] = has_key(context, parts[i], true);
}

/* Every project that asks an element whether it matches a selector lists them. */
TEST(fingerprint_lists_of_vendor_names_are_nobodys)
{
	static const char list[] = "var m = e.webkitMatchesSelector || e.mozMatchesSelector ||\n"
				   "e.msMatchesSelector || e.oMatchesSelector || e.MozWhatever ||\n"
				   "e['-webkit-nothing-known'] || e['-ms-nothing-known'];\n";
	AUTO(prints_free)
	struct prints prints = PRINTS_INIT;
	AUTO(prints_free)
	struct prints others = PRINTS_INIT;
	size_t pairs = 0;

	print_text(&prints, list, "a.js", PRINT_REGISTER);
	for (size_t i = 0; i < prints.count; i++)
		pairs += prints.list[i].kind == PRINT_PAIR || prints.list[i].kind == PRINT_HARD ||
			 prints.list[i].kind == PRINT_SINGLE;
	EQ_U64(pairs, 0);
	/* names that only begin like them are anybody's */
	print_text(&others, "f(e.mosaicLedgerRow, e.ordersLedgerSum, e.webkitten);", "a.js",
		   PRINT_REGISTER);
	pairs = 0;
	for (size_t i = 0; i < others.count; i++)
		pairs += others.list[i].kind == PRINT_PAIR;
	EQ_U64(pairs, 4);
}

TEST(fingerprint_sieve_loses_no_print_that_is_registered)
{
	static const char *const names[] = {"a.js", "a.ts", "a.py", "a.c", "a.css", "a.txt"};
	AUTO(buf_free)
	struct buf text = BUF_INIT(1000000);

	/* more than a batch, and what is known among what is not */
	for (unsigned i = 0; i < 40; i++)
		(void)buf_printf(&text,
				 "%svar o%u = {\"key number %u\": f('value%u'), k%u: 0x%x};\n",
				 i % 3 == 0 ? source_js : "", i, i, i, i, i * 7919);
	for (size_t n = 0; n < ARRAY_LEN(names); n++) {
		AUTO(prints_free)
		struct prints ours = PRINTS_INIT;
		AUTO(prints_free)
		struct prints all = PRINTS_INIT;
		AUTO(prints_free)
		struct prints sieved = PRINTS_INIT;
		struct print_sieve sieve = {&ours, keep_ours, know_ours};

		print_text(&ours, source_js, names[n], PRINT_REGISTER);
		print_text(&all, buf_text(&text), names[n], PRINT_QUERY);
		all.count = keep_ours(&ours, all.list, all.count);
		sieved.sieve = &sieve;
		print_text(&sieved, buf_text(&text), names[n], PRINT_QUERY);
		OK(all.count > 0);
		EQ_U64(sieved.count, all.count);
		qsort(all.list, all.count, sizeof(all.list[0]), compare_keys);
		qsort(sieved.list, sieved.count, sizeof(sieved.list[0]), compare_keys);
		for (size_t i = 0; i < all.count && i < sieved.count; i++)
			EQ_U64(sieved.list[i].key, all.list[i].key);
	}
}

TEST(fingerprint_tables_of_numbers_and_repeated_tokens_give_no_keys)
{
	AUTO(prints_free)
	struct prints prints = PRINTS_INIT;
	AUTO(buf_free)
	struct buf table = BUF_INIT(1000000);

	(void)buf_append_text(&table, "static const unsigned crc[] = {\n");
	for (unsigned i = 0; i < 5000; i++)
		(void)buf_printf(&table, "0x%08x, ", (unsigned)mix_u64(i));
	print_text(&prints, buf_text(&table), "crc.c", PRINT_REGISTER);
	OK(count_keys(&prints) <= 2);
}

TEST(fingerprint_is_linear_on_one_endless_line_and_on_deep_nesting)
{
	static const char *const bad[] = {"(",  "`${", "{",  "'", "/*",  "a.",
					  "\\", "\"",  "[[", "/", "<!--"};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(prints_free)
		struct prints prints = PRINTS_INIT;
		AUTO(buf_free)
		struct buf text = BUF_INIT(4000000);

		for (size_t n = 0; n < 300000; n++)
			(void)buf_append_text(&text, bad[i]);
		for (const char *name = "a.js"; name != NULL;
		     name = strcmp(name, "a.js") == 0 ? "a.lua" : NULL)
			print_text(&prints, buf_text(&text), name, PRINT_QUERY);
	}
}

/* The same bytes must give the same keys for ever, or registers on disk go blind. */
TEST(fingerprint_keys_are_those_of_version_2)
{
	AUTO(prints_free)
	struct prints prints = PRINTS_INIT;
	uint64_t sum = 0;

	print_text(&prints, source_js, "session.js", PRINT_REGISTER);
	print_text(&prints, renamed_c[0], "a.c", PRINT_REGISTER);
	qsort(prints.list, prints.count, sizeof(prints.list[0]), compare_keys);
	for (size_t i = 0; i < prints.count; i++)
		if (prints.list[i].kind != PRINT_PART)
			sum = mix_u64(sum ^ prints.list[i].key);
	EQ_U64(FINGERPRINT_VERSION, 2);
	tap_note("%zu prints, sum %016llx", prints.count, (unsigned long long)sum);
	EQ_U64(sum, UINT64_C(0x1a9a3642c943d47e));
}

TEST(fingerprint_needs_memory_and_says_so)
{
	struct bytes text = bytes_text(source_js);

	EACH_FAILED_ALLOC
	{
		AUTO(prints_free)
		struct prints prints = PRINTS_INIT;
		struct fault fault = FAULT_INIT;
		int r = fingerprint_text(&prints, text, language_of(BYTES_OF("a.js"), text),
					 PRINT_REGISTER, &fault);

		EQ_INT(r, tap_alloc_refused() ? FAULT_MEMORY : 0);
	}
}

TEST(language_is_taken_from_the_name_and_else_from_the_content)
{
	EQ_STR(language_name(language_of(BYTES_OF("x/y.tsx"), BYTES_OF(""))), "typescript");
	EQ_STR(language_name(language_of(BYTES_OF("Makefile"), BYTES_OF(""))), "generic");
	EQ_STR(language_name(language_of(BYTES_OF("tool"), BYTES_OF("#!/usr/bin/env python3\n"))),
	       "python");
	EQ_STR(language_name(language_of(BYTES_OF("x"), BYTES_OF("var a=function(){};var b=1"))),
	       "javascript");
	EQ_STR(language_name(language_of(BYTES_OF("notes.txt"), BYTES_OF("Hello there."))),
	       "prose");
}

TEST(fixed_log2_is_right_at_the_powers_and_monotone_between)
{
	EQ_U64(fixed_log2(0), 0);
	for (unsigned i = 0; i < 64; i++)
		EQ_U64(fixed_log2(UINT64_C(1) << i), i * FIXED_ONE);
	for (uint64_t v = 1; v < 100000; v++)
		if (fixed_log2(v + 1) < fixed_log2(v))
			FAIL("falls behind %llu", (unsigned long long)v);
	EQ_U64(fixed_log2(10), 217706); /* 3.3219281 * 65536 = 217705.9 */
	EQ_INT(fixed_log10_milli(1, 1000000), -6000);
	EQ_INT(fixed_log10_milli(2, 1), 301);
	EQ_U64(fixed_ppm(1, 3), 333333);
	EQ_U64(fixed_ppm(UINT64_MAX / 2, UINT64_MAX), 500000);
	EQ_U64(fixed_ppm(3, 0), 0);
}
