/*
 * fuzz_secret.c - any bytes scanned for secrets, whole and in parts; the file of known ones
 *
 * Byte 0, bit 7: the rest is a file of known secrets; else it is scanned: bits 0 to 2 choose the name of
 * the file, bits 3 to 6 where it is cut.  What is found in parts must be what is found in the whole.
 */
#include <stdlib.h>

#include "base/own.h"
#include "detect/secret_known.h"
#include "detect/secret_scan.h"
#include "detect/table.h"
#include "kit/detect_kit.h"
#include "rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[32] = "0123456789abcdef0123456789abcde";
static struct secret_scanner *scanner;
static struct secret_scratch *scratch;

__attribute__((constructor)) static void
make_scanner(void)
{
	struct secret_options options = {.rules = rules_builtin(NULL, NULL), .show = true};

	if (secrets_known_new(&options.known, key, NULL) < 0 ||
	    secrets_known_add(options.known, "one", BYTES_OF("hunter2-hunter3"), NULL) < 0 ||
	    secret_scanner_new(&scanner, &options, NULL) < 0 ||
	    secret_scratch_new(&scratch, scanner, NULL) < 0)
		abort();
}

__attribute__((destructor)) static void
free_scanner(void)
{
	secret_scratch_free(&scratch);
	secret_scanner_free(&scanner);
}

static void
parse(struct bytes in)
{
	AUTO(secrets_known_free)
	struct secrets_known *known = NULL;
	AUTO(buf_free)
	struct buf again = BUF_INIT((size_t)1 << 24);

	if (secrets_known_parse(&known, in, key, NULL) == 0 &&
	    secrets_known_format(known, &again, NULL) < 0)
		abort();
}

static void
scan_in_parts(struct bytes in, size_t cut)
{
	AUTO(secret_list_free)
	struct secret_list whole = {0};
	AUTO(secret_list_free)
	struct secret_list parts = {0};
	const struct secret_range all = {0, in.left};
	size_t at = in.left * cut / 16;

	if (secret_scan(scanner, scratch, in, &all, 1, NULL, 0, &whole, NULL) < 0 ||
	    secret_scan_part(scanner, scratch, in, 0, at, &parts, NULL) < 0 ||
	    secret_scan_part(scanner, scratch, in, at, in.left, &parts, NULL) < 0)
		abort();
	secret_list_settle(&parts);
	if (whole.count != parts.count)
		abort();
	for (size_t i = 0; i < whole.count; i++)
		if (memcmp(&whole.list[i], &parts.list[i], sizeof(whole.list[i])) != 0)
			abort();
}

static void
scan_as(const char *name, struct bytes in)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	detect_kit_init(&kit, &detect_secret);
	kit.detect.options.secrets = scanner;
	if (detect_kit_blob(&kit, name, BLOB_TEXT, in) < 0 || detect_kit_end(&kit) < 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"a.env",     "src/a.c",      "README.md", "t/a_test.go",
					    "yarn.lock", "locale/de.po", "dump.sql",  "a.min.js"};
	struct bytes in = bytes_make(data, size);
	uint8_t choice;

	if (bytes_take_u8(&in, &choice) < 0)
		return 0;
	if ((choice & 0x80) != 0) {
		parse(in);
		return 0;
	}
	scan_in_parts(in, choice >> 3 & 15);
	scan_as(names[choice & 7], in);
	return 0;
}
