/*
 * fuzz_dsse.c - envelopes and statements from anybody
 *
 * What is accepted as a statement must be written back to a statement that reads the same.
 */
#include <stdint.h>
#include <stdlib.h>

#include "seal/dsse.h"
#include "seal/statement.h"

static void
statement(struct bytes text)
{
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)8 << 20);
	AUTO(buf_free)
	struct buf one = BUF_INIT((size_t)8 << 20);
	AUTO(buf_free)
	struct buf two = BUF_INIT((size_t)8 << 20);
	struct statement s;

	if (statement_read(&s, text, &arena, NULL) < 0)
		return;
	if (statement_write(&s, &one, NULL) < 0)
		abort();
	if (one.used > STATEMENT_BYTES_MAX)
		return;
	if (statement_read(&s, buf_bytes(&one), &arena, NULL) < 0 ||
	    statement_write(&s, &two, NULL) < 0 || !bytes_equal(buf_bytes(&one), buf_bytes(&two)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)8 << 20);
	static const uint8_t raw[KEY_RAW_BYTES] = {1};
	struct key_public key;
	struct dsse dsse;

	statement(bytes_make(data, size));
	(void)key_public_parse(&key, bytes_make(data, size), NULL);
	key_public_from_ed25519(&key, raw);
	if (dsse_parse(&dsse, bytes_make(data, size), &arena, NULL) < 0)
		return 0;
	if (dsse_verify(&dsse, &key, NULL) == 0)
		abort(); /* nobody holds the other half of that key */
	statement(dsse.payload);
	return 0;
}
