/* Any bytes as text, as a binary, as bytecode: prints lie inside, and pieces give no more. */
#include <assert.h>

#include "base/own.h"
#include "fingerprint/lexer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct prints *prints, size_t size)
{
	for (size_t i = 0; i < prints->count; i++) {
		assert(prints->list[i].at <= size);
		assert(prints->list[i].length <= size - prints->list[i].at);
		assert(prints->list[i].kind < PRINT_EXACT);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(prints_free)
	struct prints prints = PRINTS_INIT;
	struct bytes content;
	const struct language *language;

	if (size == 0)
		return 0;
	content = bytes_make(data + 1, size - 1);
	language = data[0] < language_table_count ? &language_table[data[0]]
						  : language_of(BYTES_OF("x"), content);
	assert(fingerprint_text(&prints, content, language, PRINT_QUERY, NULL) == 0);
	check(&prints, size - 1);
	for (int form = PRINT_STRINGS_RUNS; form <= PRINT_STRINGS_CLASS; form++) {
		prints.count = 0;
		assert(fingerprint_strings(&prints, content, (enum print_strings)form, NULL) == 0);
		check(&prints, size - 1);
	}
	return 0;
}
