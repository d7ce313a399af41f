/*
 * fuzz_codeword.c - a set of words from a file, a word from anybody, and any bytes scanned
 *
 * Byte 0, bits 0 and 1: 1: the rest is a file of words; 2: it is a word to add and remove; else
 * it is scanned with a set of words, as text (bit 2) or not, in windows of the other bits.
 */
#include <stdlib.h>

#include "base/own.h"
#include "detect/codeword_set.h"
#include "detect/table.h"
#include "kit/detect_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[CODEWORDS_KEY_BYTES] = "0123456789abcdef0123456789abcde";

/* Made once: the set is immutable while it is scanned with. */
static struct codewords *words;

__attribute__((constructor)) static void
make_words(void)
{
	static const char *const list[] = {"Blue-Heron", "nightingale", "a1b2c3",
					   "\xd0\xa0\xd0\x90\xd0\x9a\xd0\x95"};

	if (codewords_new(&words, key, NULL) < 0)
		abort();
	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		(void)codewords_add(words, bytes_text(list[i]), NULL);
	(void)codewords_add_host(words, BYTES_OF("*.corp.acme"), NULL);
}

__attribute__((destructor)) static void
free_words(void)
{
	codewords_free(&words);
}

static void
add_and_remove(struct bytes word)
{
	AUTO(codewords_free)
	struct codewords *set = NULL;

	if (codewords_new(&set, key, NULL) < 0)
		return;
	(void)codewords_add_host(set, word, NULL);
	if (codewords_add(set, word, NULL) == 0 && codewords_remove(set, word, NULL) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(codewords_free)
	struct codewords *set = NULL;
	AUTO(detect_kit_fini)
	struct detect_kit kit;
	struct bytes in = bytes_make(data, size);
	uint8_t how;

	detect_kit_init(&kit, &detect_codeword);
	if (bytes_take_u8(&in, &how) < 0)
		return 0;
	if ((how & 3) == 1) {
		(void)codewords_parse(&set, in, key, NULL);
	} else if ((how & 3) == 2) {
		add_and_remove(in);
	} else {
		kit.detect.options.codewords = words;
		kit.window_bytes = how >> 3;
		kit.margin_bytes = 300;
		(void)detect_kit_blob(&kit, "x", (how & 4) != 0 ? BLOB_TEXT : BLOB_BINARY, in);
		(void)detect_kit_end(&kit);
	}
	return 0;
}
