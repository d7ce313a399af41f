/*
 * secret_basic.c - what an authorization of the Basic scheme says
 *
 * Knows: base64 of printable text.  Does not know: where it stands (secret_assign.c).
 */
#include "detect/secret_assign.h"

size_t
secret_assign_decode(struct bytes value, uint8_t *text, size_t room)
{
	uint32_t bits = 0;
	size_t count = 0, used = 0;

	while (value.left > 0 && value.at[value.left - 1] == '=')
		value.left--;
	for (size_t i = 0; i < value.left; i++) {
		uint8_t c = value.at[i];
		uint32_t digit = c >= 'A' && c <= 'Z'   ? (uint32_t)(c - 'A')
				 : c >= 'a' && c <= 'z' ? c - 'a' + 26u
				 : c >= '0' && c <= '9' ? c - '0' + 52u
				 : c == '+' || c == '-' ? 62u
				 : c == '/' || c == '_' ? 63u
							: 64u;

		if (digit == 64)
			return 0;
		bits = bits << 6 | digit;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		if (used == room)
			return 0;
		text[used] = (uint8_t)(bits >> count);
		if (text[used] < 0x20 || text[used] >= 0x7f)
			return 0;
		used++;
	}
	return value.left % 4 == 1 ? 0 : used;
}
