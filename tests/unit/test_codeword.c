/*
 * test_codeword.c - an owner's words as keyed hashes, confidentiality notices, internal hosts
 */
#include "tap.h"

#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "detect/codeword_set.h"
#include "detect/table.h"
#include "kit/detect_kit.h"

static const uint8_t key[CODEWORDS_KEY_BYTES] = "0123456789abcdef0123456789abcde";
static const uint8_t other_key[CODEWORDS_KEY_BYTES] = "another key of thirty-two bytes";

static struct codewords *
set_of(const char *const words[], size_t count)
{
	struct codewords *set = NULL;

	EQ_INT(codewords_new(&set, key, NULL), 0);
	for (size_t i = 0; i < count; i++)
		EQ_INT(codewords_add(set, bytes_text(words[i]), NULL), 0);
	return set;
}

struct found {
	size_t count, from, to;
	bool host;
	char id[CODEWORD_ID_BYTES];
};

static int
on_hit(void *context, const struct codeword_hit *hit)
{
	struct found *found = context;

	found->count++;
	found->from = hit->from;
	found->to = hit->to;
	found->host = hit->host;
	memcpy(found->id, hit->id, sizeof(found->id));
	return 0;
}

static struct found
find(const struct codewords *set, const char *text)
{
	struct found found = {0};

	EQ_INT(codewords_scan(set, bytes_text(text), 1, true, true, on_hit, &found), 0);
	return found;
}

TEST(codewords_scan_finds_a_word_however_its_parts_are_joined)
{
	static const char *const words[] = {"Blue-Heron"};
	static const char *const texts[] = {
	    "blueheron",  "BlueHeron",         "BLUE_HERON",           "blue.heron",
	    "blue heron", "the blue-heron is", "getBlueHeronClient()", "x=\"BlueHeron\";",
	    "BLUEHERON",  "blue_heron2",       "fooBlueHERON"};
	AUTO(codewords_free)
	struct codewords *set = set_of(words, 1);

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		tap_note("%s", texts[i]);
		EQ_U64(find(set, texts[i]).count, 1);
	}
}

TEST(codewords_scan_wants_whole_parts)
{
	static const char *const words[] = {"Blue-Heron"};
	static const char *const texts[] = {"blueherons",  "thoseblueheron", "blue  heron",
					    "blue--heron", "blu eheron",     "blue, heron",
					    "heron blue",  "blueher on",     ""};
	AUTO(codewords_free)
	struct codewords *set = set_of(words, 1);

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		tap_note("%s", texts[i]);
		EQ_U64(find(set, texts[i]).count, 0);
	}
}

TEST(codewords_of_one_part_are_not_found_across_blanks)
{
	static const char *const words[] = {"together"};
	AUTO(codewords_free)
	struct codewords *set = set_of(words, 1);

	EQ_U64(find(set, "to get her").count, 0);
	EQ_U64(find(set, "to_get_her").count, 1);
	EQ_U64(find(set, "all Together now").count, 1);
}

TEST(codewords_fold_latin_greek_and_cyrillic_capitals)
{
	static const char *const words[] = {"Caf\xc3\x89noir",
					    "\xd0\xa0\xd0\x90\xd0\x9a\xd0\x95\xd0\xa2\xd0\x90",
					    "\xce\xa9\xce\x94\xce\xa3\xce\x91"};
	AUTO(codewords_free)
	struct codewords *set = set_of(words, 3);

	EQ_U64(find(set, "caf\xc3\xa9noir").count, 1);
	EQ_U64(find(set, "\xd1\x80\xd0\xb0\xd0\xba\xd0\xb5\xd1\x82\xd0\xb0").count, 1);
	EQ_U64(find(set, "\xcf\x89\xce\xb4\xcf\x83\xce\xb1").count, 1);
}

TEST(codewords_say_where_the_word_stands)
{
	static const char *const words[] = {"Blue-Heron"};
	AUTO(codewords_free)
	struct codewords *set = set_of(words, 1);
	struct found found = find(set, "see BLUE_HERON, now");

	EQ_U64(found.from, 4);
	EQ_U64(found.to, 14);
}

TEST(codewords_of_hosts_are_suffixes_by_labels)
{
	AUTO(codewords_free)
	struct codewords *set = NULL;

	EQ_INT(codewords_new(&set, key, NULL), 0);
	EQ_INT(codewords_add_host(set, BYTES_OF("*.corp.acme.internal"), NULL), 0);
	EQ_U64(find(set, "https://git.corp.acme.internal/x").count, 1);
	OK(find(set, "https://git.corp.acme.internal/x").host);
	EQ_U64(find(set, "at A.B.Corp.Acme.Internal.").count, 1);
	EQ_U64(find(set, "corp.acme.internal").count, 1);
	EQ_U64(find(set, "xcorp.acme.internal").count, 0);
	EQ_U64(find(set, "corp.acme.internal.example.com").count, 0);
	EQ_U64(find(set, "acme.internal").count, 0);
}

TEST(codewords_refuse_words_that_would_be_found_everywhere)
{
	AUTO(codewords_free)
	struct codewords *set = set_of(NULL, 0);

	EQ_INT(codewords_add(set, BYTES_OF("abc"), NULL), FAULT_USAGE);
	EQ_INT(codewords_add(set, BYTES_OF("a-b"), NULL), FAULT_USAGE);
	EQ_INT(codewords_add(set, BYTES_OF("- -"), NULL), FAULT_USAGE);
	EQ_INT(codewords_add(set, BYTES_OF("a b c d e f g h"), NULL), FAULT_USAGE);
	EQ_INT(codewords_add_host(set, BYTES_OF("corp"), NULL), FAULT_USAGE);
	EQ_INT(codewords_add_host(set, BYTES_OF("10.0.0.1"), NULL), FAULT_USAGE);
	EQ_U64(codewords_count(set), 0);
}

TEST(codewords_survive_the_file_and_the_file_holds_no_word)
{
	static const char *const words[] = {"Blue-Heron", "nightingale"};
	AUTO(codewords_free)
	struct codewords *set = set_of(words, 2);
	AUTO(codewords_free)
	struct codewords *again = NULL;
	AUTO(buf_free)
	struct buf file = BUF_INIT(65536), second = BUF_INIT(65536);

	EQ_INT(codewords_add_host(set, BYTES_OF("corp.acme.example"), NULL), 0);
	EQ_INT(codewords_format(set, &file, NULL), 0);
	OK(strstr(buf_text(&file), "heron") == NULL && strstr(buf_text(&file), "corp") == NULL);
	EQ_INT(codewords_parse(&again, buf_bytes(&file), key, NULL), 0);
	EQ_U64(codewords_count(again), 4);
	EQ_U64(find(again, "BlueHeron").count, 1);
	EQ_U64(find(again, "blue heron").count, 1);
	EQ_U64(find(again, "Nightingale").count, 1);
	EQ_U64(find(again, "x.corp.acme.example").count, 1);
	EQ_INT(codewords_format(again, &second, NULL), 0);
	EQ_BYTES(buf_bytes(&second), buf_bytes(&file));
}

TEST(codewords_of_another_key_are_refused_and_look_different)
{
	static const char *const words[] = {"Blue-Heron"};
	AUTO(codewords_free)
	struct codewords *set = set_of(words, 1);
	AUTO(codewords_free)
	struct codewords *other = NULL;
	AUTO(codewords_free)
	struct codewords *none = NULL;
	AUTO(buf_free)
	struct buf file = BUF_INIT(65536), second = BUF_INIT(65536);
	struct fault fault = FAULT_INIT;

	EQ_INT(codewords_format(set, &file, NULL), 0);
	EQ_INT(codewords_parse(&none, buf_bytes(&file), other_key, &fault), FAULT_TAMPER);
	HAS_STR(fault.text, "another key");
	EQ_INT(codewords_new(&other, other_key, NULL), 0);
	EQ_INT(codewords_add(other, BYTES_OF("Blue-Heron"), NULL), 0);
	EQ_INT(codewords_format(other, &second, NULL), 0);
	OK(!bytes_equal(buf_bytes(&file), buf_bytes(&second)));
}

TEST(codewords_remove_takes_all_forms)
{
	static const char *const words[] = {"Blue-Heron", "nightingale"};
	AUTO(codewords_free)
	struct codewords *set = set_of(words, 2);

	EQ_INT(codewords_add(set, BYTES_OF("blue heron"), NULL), CODEWORDS_SAME);
	EQ_INT(codewords_remove(set, BYTES_OF("BLUE HERON"), NULL), 0);
	EQ_INT(codewords_remove(set, BYTES_OF("Blue-Heron"), NULL), CODEWORDS_ABSENT);
	EQ_U64(codewords_count(set), 1);
	EQ_U64(find(set, "blue heron BlueHeron nightingale").count, 1);
}

TEST(codewords_file_survives_truncation_and_flipped_bytes)
{
	static const char *const words[] = {"Blue-Heron", "nightingale"};
	AUTO(codewords_free)
	struct codewords *set = set_of(words, 2);
	AUTO(buf_free)
	struct buf file = BUF_INIT(65536);

	EQ_INT(codewords_format(set, &file, NULL), 0);
	for (size_t i = 0; i < file.used; i++) {
		AUTO(codewords_free)
		struct codewords *cut = NULL;
		AUTO(codewords_free)
		struct codewords *flipped = NULL;
		int r = codewords_parse(&cut, bytes_make(file.at, i), key, NULL);

		OK(r == FAULT_FORMAT || r == FAULT_TAMPER || (r == 0 && file.at[i - 1] == '\n'));
		file.at[i] ^= 0x80;
		OK(codewords_parse(&flipped, buf_bytes(&file), key, NULL) < 0);
		file.at[i] ^= 0x80;
	}
}

/* the detector */

static void
scan_with(struct detect_kit *kit, const struct codewords *set, const char *name,
	  enum blob_kind kind, struct bytes content)
{
	detect_kit_init(kit, &detect_codeword);
	kit->detect.options.codewords = set;
	EQ_INT(detect_kit_blob(kit, name, kind, content), 0);
	EQ_INT(detect_kit_end(kit), 0);
}

TEST(codeword_is_told_without_the_word)
{
	static const char *const words[] = {"Blue-Heron"};
	AUTO(codewords_free)
	struct codewords *set = set_of(words, 1);
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	scan_with(&kit, set, "lib/a.js", BLOB_TEXT,
		  BYTES_OF("a\nx = BlueHeron(); // BLUE_HERON\n"));
	NEED(kit.findings.count == 1);
	EQ_STR(kit.findings.list[0].rule, "codeword");
	EQ_U64(kit.findings.list[0].count, 2);
	EQ_U64(kit.findings.list[0].at.first_line, 2);
	EQ_U64(kit.findings.list[0].at.at_bytes, 6);
	EQ_INT(kit.findings.list[0].severity, SEVERITY_HIGH);
	OK(kit.findings.list[0].discloses);
	OK(strstr(kit.findings.list[0].title, "eron") == NULL);
}

TEST(codeword_is_found_in_utf16_of_a_binary)
{
	static const char *const words[] = {"Blue-Heron"};
	static const char wide[] = "\1\2\0B\0l\0u\0e\0H\0e\0r\0o\0n\0\0\0";
	AUTO(codewords_free)
	struct codewords *set = set_of(words, 1);

	for (size_t shift = 0; shift < 2; shift++) {
		AUTO(detect_kit_fini)
		struct detect_kit kit;

		scan_with(&kit, set, "a.dll", BLOB_PE,
			  bytes_make(wide + shift, sizeof(wide) - 1 - shift));
		NEED(kit.findings.count == 1);
		EQ_U64(kit.findings.list[0].at.at_bytes, 3 - shift);
	}
}

TEST(codeword_is_found_once_wherever_windows_are_cut)
{
	static const char *const words[] = {"Blue-Heron"};
	static const char text[] = "................ see the Blue heron here ................";
	AUTO(codewords_free)
	struct codewords *set = set_of(words, 1);

	for (size_t step = 1; step < sizeof(text); step++) {
		AUTO(detect_kit_fini)
		struct detect_kit kit;

		detect_kit_init(&kit, &detect_codeword);
		kit.detect.options.codewords = set;
		kit.window_bytes = step;
		kit.margin_bytes = 32;
		EQ_INT(detect_kit_blob(&kit, "a.js", BLOB_TEXT, BYTES_OF(text)), 0);
		EQ_INT(detect_kit_end(&kit), 0);
		NEED(kit.findings.count == 1);
		EQ_U64(kit.findings.list[0].count, 1);
	}
}

static size_t
count_of(const char *name, const char *text, const char *rule)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	scan_with(&kit, NULL, name, BLOB_TEXT, bytes_text(text));
	return detect_kit_finding(&kit, rule) != NULL;
}

TEST(codeword_notices_are_known_by_their_sentences)
{
	static const char *const texts[] = {
	    "/*\n * Copyright (C) 2026 Acme Inc.\n * Unauthorized copying of this file, via any\n"
	    " * medium, is strictly prohibited. Proprietary and confidential.\n */\n",
	    "// Copyright 2026 Acme Inc. All rights reserved.\n// ACME CONFIDENTIAL\n",
	    "# (c) Acme. All rights reserved. INTERNAL USE ONLY\nimport x\n",
	    "/* Copyright Acme. This software contains trade\n * secrets of Acme. */\n",
	    "-- Copyright Acme 2026\n-- DO NOT DISTRIBUTE\nselect 1;\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		tap_note("text %zu", i);
		EQ_U64(count_of("src/a.c", texts[i], "confidential-notice"), 1);
	}
}

TEST(codeword_notices_are_not_seen_where_the_word_is_only_used)
{
	static const char *const texts[] = {
	    "// Copyright 2026 X. A confidential client of OAuth, see ConfidentialClient.\n",
	    "const CONFIDENTIAL = 'Copyright confidential';\n",
	    "/* Copyright X.\n * For internal use only: do not call. */\n",
	    "// the header \"PROPRIETARY AND CONFIDENTIAL\" stands beside a copyright\n",
	    "/* fidelity, variety, Copyright */\n",
	    "x = 1 /* all rights reserved */; y = 'strictly confidential'\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts) - 1; i++) {
		tap_note("text %zu", i);
		EQ_U64(count_of("src/a.c", texts[i], "confidential-notice"), 0);
	}
	EQ_U64(count_of("LICENSE", "// Copyright Acme. All rights reserved.\n// CONFIDENTIAL\n",
			"confidential-notice"),
	       0);
}

TEST(codeword_internal_hosts_are_those_of_private_networks)
{
	static const char *const yes[] = {"x = 'http://10.20.30.40:8080/'", "https://gitlab.corp/a",
					  "ftp://u@172.20.3.9/", "https://intranet.rocket.com/x",
					  "http://build7.eng.lan/"};
	static const char *const no[] = {"http://192.168.1.1/",
					 "http://8.8.8.8/",
					 "http://example.internal/",
					 "http://127.0.0.1/",
					 "http://metadata.google.internal/",
					 "http://10.20.30.400/",
					 "http://1.10.2.3/",
					 "10.20.30.40",
					 "http://localhost/"};

	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		tap_note("%s", yes[i]);
		EQ_U64(count_of("a.js", yes[i], "internal-host"), 1);
	}
	for (size_t i = 0; i < ARRAY_LEN(no); i++) {
		tap_note("%s", no[i]);
		EQ_U64(count_of("a.js", no[i], "internal-host"), 0);
	}
	EQ_U64(count_of("docs/a.txt", yes[0], "internal-host"), 0);
}

TEST(codeword_survives_every_refused_allocation)
{
	EACH_FAILED_ALLOC
	{
		AUTO(codewords_free)
		struct codewords *set = NULL;
		AUTO(detect_kit_fini)
		struct detect_kit kit;
		int r;

		detect_kit_init(&kit, &detect_codeword);
		r = codewords_new(&set, key, NULL);
		if (r == 0)
			r = codewords_add(set, BYTES_OF("Blue-Heron"), NULL);
		kit.detect.options.codewords = set;
		if (r == 0)
			r = detect_kit_blob(&kit, "a.c", BLOB_TEXT, BYTES_OF("x = BlueHeron"));
		if (r == 0)
			r = detect_kit_end(&kit);
		if (tap_alloc_refused())
			EQ_INT(r, FAULT_MEMORY);
		else
			EQ_U64(kit.findings.count, 1);
	}
}
