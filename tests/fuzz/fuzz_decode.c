/*
 * fuzz_decode.c - bytes that are written as other bytes, and checks that read them
 *
 * Byte 0 chooses the decoder or the check; what it writes stays inside its room.
 */
#include <stdlib.h>

#include "base/own.h"
#include "detect/decode.h"
#include "detect/secret_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
lines(struct bytes in, uint8_t *out, size_t room)
{
	return decode_base64(in, true, out, room);
}

static size_t
plain(struct bytes in, uint8_t *out, size_t room)
{
	return decode_base64(in, false, out, room);
}

static void
decode(size_t which, struct bytes in)
{
	static size_t (*const decoders[])(struct bytes, uint8_t *, size_t) = {
	    lines,          plain,          decode_hex,
	    decode_percent, decode_escapes, decode_quoted_printable,
	    decode_base32,
	};

	/* Room for all, room for less, none. */
	for (size_t room = in.left;; room /= 2) {
		AUTO(own_free)
		uint8_t *out = malloc(room + 1);
		size_t length;

		if (out == NULL)
			abort();
		length = decoders[which % ARRAY_LEN(decoders)](in, out, room);
		if (length != DECODE_NONE && length > room)
			abort();
		if (room == 0)
			return;
	}
}

static void
check(size_t which, struct bytes in)
{
	static const char *const names[] = {
	    "aws-key-id", "azure-sas", "base58check", "basic-auth", "bech32", "crc32-base62",
	    "crc32-hex",  "discord",   "iban",        "jwt",        "luhn",   "nkey",
	    "pem-key",    "slack",     "stripe",      "telegram",   "google", "url-password"};
	struct secret_check_input input = {.secret = in, .around = in, .now = 1800000000};
	secret_check_fn *fn = secret_check_find(names[which % ARRAY_LEN(names)]);
	enum secret_state first = fn(&input);

	if (first != fn(&input) || (unsigned)first > SECRET_STATE_EXAMPLE)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size);
	uint8_t which;

	if (bytes_take_u8(&in, &which) < 0)
		return 0;
	if ((which & 0x80) != 0)
		check(which & 0x7f, in);
	else
		decode(which, in);
	return 0;
}
