/*
 * secret_check_sums.c - numbers that tell a mistyped or invented secret
 *
 * Sources: GitHub and npm (CRC-32 in base62, six digits), Grafana (CRC-32 in hexadecimal), ISO/IEC
 * 7812-1 (Luhn), ISO 13616 (IBAN), Bitcoin (base58check), BIP 173 and BIP 350 (bech32, bech32m),
 * Stellar SEP-23 and NATS nkeys (base32 with CRC-16/XMODEM).
 */
#include "detect/secret_check.h"

#include "base/own.h"
#include "base/text.h"
#include "detect/decode.h"
#include "seal/hash.h"

static uint32_t
crc32(struct bytes in)
{
	uint32_t crc = 0xffffffffu;

	for (size_t i = 0; i < in.left; i++) {
		crc ^= in.at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static enum secret_state
verdict(bool right)
{
	return right ? SECRET_STATE_LIVE : SECRET_STATE_MALFORMED;
}

/* Where the part behind the last '_' begins; 0: there is none. */
static size_t
behind_underscore(struct bytes in)
{
	for (size_t i = in.left; i > 0; i--)
		if (in.at[i - 1] == '_')
			return i;
	return 0;
}

enum secret_state
secret_check_crc32_base62(const struct secret_check_input *in)
{
	static const char digits[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	size_t from = behind_underscore(in->secret);
	struct bytes part = bytes_slice(in->secret, from, in->secret.left);
	uint32_t sum;

	if (part.left <= 6)
		return SECRET_STATE_MALFORMED;
	sum = crc32(bytes_slice(part, 0, part.left - 6));
	for (size_t i = 0; i < 6; i++, sum /= 62)
		if (part.at[part.left - 1 - i] != (uint8_t)digits[sum % 62])
			return SECRET_STATE_MALFORMED;
	return SECRET_STATE_LIVE;
}

enum secret_state
secret_check_crc32_hex(const struct secret_check_input *in)
{
	size_t from = behind_underscore(in->secret);
	struct bytes part = bytes_slice(in->secret, from, in->secret.left);
	uint8_t sum[4];
	uint32_t want;

	if (from == 0 || part.left != 8 || decode_hex(part, sum, 4) != 4)
		return SECRET_STATE_MALFORMED;
	want = (uint32_t)sum[0] << 24 | (uint32_t)sum[1] << 16 | (uint32_t)sum[2] << 8 | sum[3];
	return verdict(crc32(bytes_slice(in->secret, 0, from - 1)) == want);
}

enum secret_state
secret_check_luhn(const struct secret_check_input *in)
{
	unsigned sum = 0, count = 0;

	for (size_t i = in->secret.left; i > 0; i--) {
		uint8_t c = in->secret.at[i - 1];
		unsigned digit = (unsigned)(c - '0');

		if (c == ' ' || c == '-')
			continue;
		if (c < '0' || c > '9')
			return SECRET_STATE_MALFORMED;
		if (count++ % 2 == 1)
			digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
		sum += digit;
	}
	return verdict(count >= 2 && sum % 10 == 0);
}

enum secret_state
secret_check_iban(const struct secret_check_input *in)
{
	unsigned rest = 0;
	uint8_t text[40];
	size_t used = 0;

	for (size_t i = 0; i < in->secret.left; i++) {
		uint8_t c = in->secret.at[i];

		if (c == ' ')
			continue;
		if (!text_is_alnum(c) || used == sizeof(text))
			return SECRET_STATE_MALFORMED;
		text[used++] = c;
	}
	if (used < 15 || used > 34)
		return SECRET_STATE_MALFORMED;
	for (size_t i = 0; i < used; i++) {
		uint8_t c = text[(i + 4) % used];

		if (c >= '0' && c <= '9')
			rest = (rest * 10 + (unsigned)(c - '0')) % 97;
		else
			rest = (rest * 100 + (unsigned)(text_lower(c) - 'a' + 10)) % 97;
	}
	return verdict(rest == 1);
}

/* Big number times 58 plus digit, in at most 128 bytes. */
static bool
base58(struct bytes in, uint8_t out[128], size_t *length)
{
	static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	size_t zeros = 0, used = 0;

	if (in.left > 160)
		return false;
	while (zeros < in.left && in.at[zeros] == '1')
		zeros++;
	for (size_t i = 0; i < in.left; i++) {
		const char *digit = in.at[i] == 0 ? NULL : strchr(digits, in.at[i]);
		unsigned carry;

		if (digit == NULL)
			return false;
		carry = (unsigned)(digit - digits);
		for (size_t k = 0; k < used; k++) {
			carry += 58u * out[k];
			out[k] = (uint8_t)carry;
			carry >>= 8;
		}
		for (; carry > 0; carry >>= 8) {
			if (used == 120)
				return false;
			out[used++] = (uint8_t)carry;
		}
	}
	if (used + zeros > 120)
		return false;
	for (size_t k = 0; k < zeros; k++)
		out[used++] = 0;
	for (size_t k = 0; k < used / 2; k++) {
		uint8_t swap = out[k];

		out[k] = out[used - 1 - k];
		out[used - 1 - k] = swap;
	}
	*length = used;
	return true;
}

enum secret_state
secret_check_base58(const struct secret_check_input *in)
{
	uint8_t bytes[128], first[32], second[32];
	size_t length;
	enum secret_state state = SECRET_STATE_MALFORMED;

	if (base58(in->secret, bytes, &length) && length > 4 &&
	    hash_sha256(bytes_make(bytes, length - 4), first, NULL) == 0 &&
	    hash_sha256(bytes_make(first, sizeof(first)), second, NULL) == 0)
		state = verdict(memcmp(second, bytes + length - 4, 4) == 0);
	explicit_bzero(bytes, sizeof(bytes));
	return state;
}

static uint32_t
polymod(uint32_t sum, uint8_t value)
{
	static const uint32_t generator[] = {0x3b6a57b2u, 0x26508e6du, 0x1ea119fau, 0x3d4233ddu,
					     0x2a1462b3u};
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffffu) << 5 ^ value;
	for (size_t i = 0; i < ARRAY_LEN(generator); i++)
		sum ^= (top >> i & 1) != 0 ? generator[i] : 0;
	return sum;
}

enum secret_state
secret_check_bech32(const struct secret_check_input *in)
{
	static const char digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	size_t one = in->secret.left;
	uint32_t sum = 1;

	while (one > 0 && in->secret.at[one - 1] != '1')
		one--;
	if (one < 2 || in->secret.left - one < 6)
		return SECRET_STATE_MALFORMED;
	for (size_t i = 0; i < one - 1; i++)
		sum = polymod(sum, text_lower(in->secret.at[i]) >> 5);
	sum = polymod(sum, 0);
	for (size_t i = 0; i < one - 1; i++)
		sum = polymod(sum, text_lower(in->secret.at[i]) & 31);
	for (size_t i = one; i < in->secret.left; i++) {
		const char *digit = strchr(digits, text_lower(in->secret.at[i]));

		if (digit == NULL || *digit == '\0')
			return SECRET_STATE_MALFORMED;
		sum = polymod(sum, (uint8_t)(digit - digits));
	}
	return verdict(sum == 1 || sum == 0x2bc830a3u);
}

enum secret_state
secret_check_base32_crc16(const struct secret_check_input *in)
{
	uint8_t bytes[96];
	size_t length = decode_base32(in->secret, bytes, sizeof(bytes));
	uint16_t crc = 0;
	bool right;

	if (length == DECODE_NONE || length < 4)
		return SECRET_STATE_MALFORMED;
	for (size_t i = 0; i < length - 2; i++) {
		crc = (uint16_t)(crc ^ (unsigned)bytes[i] << 8);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)((unsigned)crc << 1 ^ ((crc & 0x8000u) != 0 ? 0x1021u : 0));
	}
	right = bytes[length - 2] == (crc & 0xff) && bytes[length - 1] == crc >> 8;
	explicit_bzero(bytes, sizeof(bytes));
	return verdict(right);
}
