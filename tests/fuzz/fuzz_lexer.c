/* Any bytes in any language: tokens lie inside the text, in order, and the lexer ends. */
#include <assert.h>

#include "fingerprint/lexer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct token tokens[64];
	struct lexer lexer;
	size_t count, total = 0;

	if (size == 0)
		return 0;
	/* The first byte chooses the language. */
	lexer_begin(&lexer, bytes_make(data + 1, size - 1),
		    &language_table[data[0] % language_table_count]);
	while ((count = lexer_next(&lexer, tokens, 64)) > 0) {
		for (size_t i = 0; i < count; i++) {
			assert(tokens[i].at <= tokens[i].end && tokens[i].end <= size - 1);
			assert(tokens[i].code != TOKEN_NONE);
		}
		total += count;
		assert(total <= 2 * size);
	}
	assert(lexer.at >= size - 1);
	return 0;
}
