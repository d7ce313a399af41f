/*
 * fuzz_codeword.c - a set of words from a file, and any bytes scanned with it
 *
 * Byte 0: bit 0: the rest is a file of words; else how long windows are, bit 1: text or binary.
 */
#include "base/own.h"
#include "detect/codeword_set.h"
#include "detect/table.h"
#include "kit/detect_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[CODEWORDS_KEY_BYTES] = "0123456789abcdef0123456789abcde";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const words[] = {"Blue-Heron", "nightingale", "a1b2c3",
					    "\xd0\xa0\xd0\x90\xd0\x9a\xd0\x95"};
	AUTO(codewords_free)
	struct codewords *set = NULL;
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	detect_kit_init(&kit, &detect_codeword);
	if (size < 1)
		return 0;
	if ((data[0] & 1) != 0) {
		(void)codewords_parse(&set, bytes_make(data + 1, size - 1), key, NULL);
		return 0;
	}
	if (codewords_new(&set, key, NULL) < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		(void)codewords_add(set, bytes_text(words[i]), NULL);
	(void)codewords_add_host(set, BYTES_OF("*.corp.acme"), NULL);
	(void)codewords_add(set, bytes_slice(bytes_make(data + 1, size - 1), 0, 40), NULL);
	kit.detect.options.codewords = set;
	kit.window_bytes = data[0] >> 2;
	kit.margin_bytes = 300;
	(void)detect_kit_blob(&kit, "x", (data[0] & 2) != 0 ? BLOB_TEXT : BLOB_BINARY,
			      bytes_make(data + 1, size - 1));
	(void)detect_kit_end(&kit);
	return 0;
}
