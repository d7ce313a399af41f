/*
 * test_secret_scan.c - the locality law: what is scanned in parts is found as in the whole
 */
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/own.h"
#include "detect/secret_groups.h"
#include "detect/secret_scan.h"
#include "detect/table.h"
#include "kit/detect_kit.h"
#include "rules/rules.h"

static uint64_t seed = 88172645463325252u;

static uint32_t
draw(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 11) % below;
}

static void
put_random(struct buf *to, const char *alphabet, size_t count)
{
	size_t length = strlen(alphabet);

	for (size_t i = 0; i < count; i++)
		(void)buf_append_u8(to, (uint8_t)alphabet[draw((uint32_t)length)]);
}

#define BASE62 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define BASE64 BASE62 "+/"

/* A piece of text as it stands in files, with and without secrets. */
static void
put_piece(struct buf *to)
{
	static const char *const words[] = {"the ",
					    "key ",
					    "= ",
					    "\n",
					    "password",
					    "secret_",
					    "token: ",
					    "\"",
					    "'",
					    "if (",
					    ") ",
					    "return ",
					    "auth",
					    "://",
					    "user:",
					    "@host ",
					    "// ",
					    "{\n",
					    "}\n",
					    "api_key",
					    "a.b->c ",
					    "-----BEGIN RSA PRIVATE KEY-----\n",
					    "-----END RSA PRIVATE KEY-----\n",
					    "eyJ",
					    "\\\"",
					    "export ",
					    "0123456789abcdef",
					    "ghp_",
					    "AKIA",
					    "%3D",
					    "\\u0041",
					    "&quot;",
					    "<password>"};

	switch (draw(8)) {
	case 0:
		(void)buf_append_text(to, "db_password = \"");
		put_random(to, BASE62, 8 + draw(24));
		(void)buf_append_text(to, "\"\n");
		break;
	case 1:
		(void)buf_append_text(to, "API_TOKEN=");
		put_random(to, BASE62, 20 + draw(20));
		(void)buf_append_text(to, "\n");
		break;
	case 2:
		(void)buf_append_text(to, "https://user:");
		put_random(to, BASE62, 5 + draw(20));
		(void)buf_append_text(to, "@example.org/x ");
		break;
	case 3:
		if (draw(20) == 0)
			put_random(to, BASE64, draw(5000));
		else
			put_random(to, BASE64, draw(90));
		(void)buf_append_text(to, "\n");
		break;
	default:
		for (uint32_t i = draw(12); i > 0; i--)
			(void)buf_append_text(to, words[draw(ARRAY_LEN(words))]);
	}
}

static void
put_text(struct buf *to, size_t bytes)
{
	size_t until = to->used + bytes;

	while (to->used < until)
		put_piece(to);
}

struct scan {
	struct secret_scanner *scanner;
	struct secret_scratch *scratch;
};

static void
scan_fini(struct scan *scan)
{
	secret_scratch_free(&scan->scratch);
	secret_scanner_free(&scan->scanner);
}

static bool
scan_init(struct scan *scan)
{
	struct secret_options options = {.id_key = "key", .rules = rules_builtin(NULL, NULL)};

	*scan = (struct scan){0};
	return OK(secret_scanner_new(&scan->scanner, &options, NULL) == 0) &&
	       OK(secret_scratch_new(&scan->scratch, scan->scanner, NULL) == 0);
}

static void
scan_whole(struct scan *scan, struct bytes text, struct secret_list *out)
{
	const struct secret_range all = {0, text.left};

	EQ_INT(secret_scan(scan->scanner, scan->scratch, text, &all, 1, NULL, 0, out, NULL), 0);
}

static bool
same(const struct secret_list *a, const struct secret_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (memcmp(&a->list[i], &b->list[i], sizeof(a->list[i])) != 0)
			return false;
	return true;
}

/* Text made of copies of a base and of new text, and what a delta reader knows of it. */
struct delta {
	struct buf text;
	struct secret_range fresh[64];
	size_t fresh_count;
	struct {
		size_t from, length, to;
	} copies[64];
	size_t copies_count;
};

static void
add_fresh(struct delta *d, size_t from, size_t to)
{
	d->fresh[d->fresh_count++] = (struct secret_range){from, to};
}

static void
make_delta(struct delta *d, struct bytes base)
{
	size_t parts = 1 + draw(5), at = 0;

	for (size_t i = 0; i < parts; i++) {
		size_t length = draw((uint32_t)(base.left - at) + 1);

		/* A joint, with or without new text in it. */
		size_t before = d->text.used;
		if (draw(3) == 0)
			put_text(&d->text, draw(300));
		add_fresh(d, before, d->text.used);
		if (i + 1 == parts && draw(2) == 0)
			length = base.left - at;
		d->copies[d->copies_count].from = at;
		d->copies[d->copies_count].length = length;
		d->copies[d->copies_count++].to = d->text.used;
		(void)buf_append(&d->text, base.at + at, length);
		at += length;
		if (draw(2) == 0)
			at += draw((uint32_t)(base.left - at) / 4 + 1);
	}
	add_fresh(d, d->text.used, d->text.used);
}

static int
compare_ranges(const void *a, const void *b)
{
	const struct secret_range *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

static void
scan_delta(struct scan *scan, struct delta *d, struct bytes base, const struct secret_list *old,
	   struct secret_list *out)
{
	struct secret_list kept = {0};
	struct secret_range *fresh =
	    calloc(d->fresh_count + old->count * d->copies_count + 1, sizeof(*fresh));
	size_t count = d->fresh_count;

	memcpy(fresh, d->fresh, count * sizeof(*fresh));
	for (size_t i = 0; i < old->count; i++)
		for (size_t c = 0; c < d->copies_count; c++) {
			struct secret_candidate moved;
			int r = secret_inherit(&old->list[i], base.left, d->copies[c].from,
					       d->copies[c].length, d->copies[c].to, d->text.used,
					       &moved);

			if (r == 0)
				(void)secret_list_add(&kept, &moved, NULL);
			else if (r == SECRET_AGAIN)
				fresh[count++] = (struct secret_range){moved.at, moved.at};
		}
	qsort(fresh, count, sizeof(*fresh), compare_ranges);
	EQ_INT(secret_scan(scan->scanner, scan->scratch, buf_bytes(&d->text), fresh, count,
			   kept.list, kept.count, out, NULL),
	       0);
	free(fresh);
	secret_list_free(&kept);
}

TEST(a_scan_of_what_a_delta_inserts_finds_what_a_scan_of_everything_finds)
{
	AUTO(scan_fini)
	struct scan scan;
	uint64_t found = 0;

	NEED(scan_init(&scan));
	for (int round = 0; round < 400; round++) {
		AUTO(buf_free)
		struct buf base = BUF_INIT((size_t)1 << 24);
		AUTO(secret_list_free)
		struct secret_list old = {0}, whole = {0}, parts = {0};
		struct delta d = {.text = BUF_INIT((size_t)1 << 24)};

		put_text(&base, 200 + draw(12000));
		scan_whole(&scan, buf_bytes(&base), &old);
		make_delta(&d, buf_bytes(&base));
		scan_whole(&scan, buf_bytes(&d.text), &whole);
		scan_delta(&scan, &d, buf_bytes(&base), &old, &parts);
		found += whole.count;
		if (!OK(same(&whole, &parts)))
			FAIL("round %d: %zu in the whole, %zu in parts", round, whole.count,
			     parts.count);
		buf_free(&d.text);
	}
	OK(found > 10000);
}

TEST(the_anchors_of_a_text_may_be_scanned_in_any_cut)
{
	AUTO(scan_fini)
	struct scan scan;

	NEED(scan_init(&scan));
	for (int round = 0; round < 200; round++) {
		AUTO(buf_free)
		struct buf text = BUF_INIT((size_t)1 << 24);
		AUTO(secret_list_free)
		struct secret_list whole = {0}, parts = {0};
		size_t at = 0;

		put_text(&text, 200 + draw(20000));
		scan_whole(&scan, buf_bytes(&text), &whole);
		while (at < text.used) {
			size_t to = at + 1 + draw(3000);

			if (to > text.used)
				to = text.used;
			EQ_INT(secret_scan_part(scan.scanner, scan.scratch, buf_bytes(&text), at,
						to, &parts, NULL),
			       0);
			at = to;
		}
		secret_list_settle(&parts);
		OK(same(&whole, &parts));
	}
}

static size_t
decoded(struct scan *scan, const char *text)
{
	AUTO(secret_list_free)
	struct secret_list list = {0};
	size_t count = 0;

	scan_whole(scan, bytes_text(text), &list);
	for (size_t i = 0; i < list.count; i++)
		count += list.list[i].lane == SECRET_LANE_DECODED && list.list[i].length > 0;
	return count;
}

TEST(a_secret_is_found_as_it_is_written)
{
	AUTO(scan_fini)
	struct scan scan;

	NEED(scan_init(&scan));
	/* password="q8Zzvk2pX7Lm" */
	EQ_U64(decoded(&scan, "x cGFzc3dvcmQ9InE4WnpWazJwWDdMbSIgIA== y"), 1);
	EQ_U64(decoded(&scan, "x 70617373776f72643d22713861567a766b327058374c6d22202020 y"), 1);
	EQ_U64(decoded(&scan, "50%+off%20&password%3d%22q8Zzvk2pX7Lm%22&b"), 1);
	EQ_U64(decoded(&scan, "u=a&password%3d%22q8Zzvk2pX7Lm%22&b"), 1);
	EQ_U64(decoded(&scan, "{\\u0022password\\u0022:\\u0022q8Zzvk2pX7Lm\\u0022}"), 1);
	EQ_U64(decoded(&scan, "password\\x3d\\x22q8Zzvk2pX7Lm\\x22;"), 1);
	EQ_U64(decoded(&scan, "password=3D%22q8Zzvk2pX7Lm%22;"), 1);
	EQ_U64(decoded(&scan, "a%3db, 100%22, \\u0022nothing\\u0022"), 0);
}

static void
detect(struct detect_kit *kit, struct secret_scanner *scanner, struct bytes text, size_t window)
{
	detect_kit_init(kit, &detect_secret);
	kit->detect.options.secrets = scanner;
	kit->window_bytes = window;
	kit->margin_bytes = DETECT_MARGIN_BYTES;
	EQ_INT(detect_kit_blob(kit, "app/config.yml", BLOB_TEXT, text), 0);
	EQ_INT(detect_kit_end(kit), 0);
	findings_sort(&kit->findings);
}

TEST(findings_do_not_depend_on_windows)
{
	AUTO(scan_fini)
	struct scan scan;
	AUTO(buf_free)
	struct buf text = BUF_INIT((size_t)1 << 24);

	NEED(scan_init(&scan));
	put_text(&text, 400000);
	for (size_t window = 1000; window < 300000; window = window * 5 / 2 + 17) {
		AUTO(detect_kit_fini)
		struct detect_kit whole, parts;

		detect(&whole, scan.scanner, buf_bytes(&text), text.used);
		detect(&parts, scan.scanner, buf_bytes(&text), window);
		EQ_U64(parts.findings.count, whole.findings.count);
		OK(whole.findings.count > 1000);
		for (size_t i = 0; i < whole.findings.count && i < parts.findings.count; i++) {
			const struct finding *a = &whole.findings.list[i];
			const struct finding *b = &parts.findings.list[i];

			if (!EQ_STR(b->id, a->id) || !EQ_U64(b->at.first_line, a->at.first_line) ||
			    !EQ_U64(b->column, a->column) || !EQ_STR(b->redacted, a->redacted))
				return;
		}
	}
}
