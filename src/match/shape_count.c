/*
 * shape_count.c - {N,M} of an expression
 *
 * Knows: digits.  Does not know: what is repeated.
 */
#include "match/shape_count.h"

bool
shape_braces(const char **at, uint32_t *least, uint32_t *most)
{
	const char *q = *at + 1;
	uint32_t numbers[2] = {0, 0};
	unsigned digits = 0;

	for (; *q >= '0' && *q <= '9' && digits < 6; q++, digits++)
		numbers[0] = numbers[0] * 10 + (uint32_t)(*q - '0');
	if (digits == 0)
		return false;
	numbers[1] = numbers[0];
	if (*q == ',') {
		numbers[1] = MATCH_UNBOUNDED;
		for (q++, digits = 0; *q >= '0' && *q <= '9' && digits < 6; q++, digits++)
			numbers[1] = (digits == 0 ? 0 : numbers[1]) * 10 + (uint32_t)(*q - '0');
	}
	if (*q != '}')
		return false;
	*least = numbers[0];
	*most = numbers[1];
	*at = q + 1;
	return true;
}
