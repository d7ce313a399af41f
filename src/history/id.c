/*
 * id.c - object ids as text and back
 */
#include "history/inside.h"

const char *
history_id_format(const struct history_id *id, size_t id_bytes, char out[HISTORY_ID_TEXT])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < id_bytes; i++) {
		out[2 * i] = digits[id->at[i] >> 4];
		out[2 * i + 1] = digits[id->at[i] & 15];
	}
	out[2 * id_bytes] = 0;
	return out;
}

static int
digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
history_id_parse(struct bytes text, struct history_id *out, size_t *id_bytes)
{
	if (text.left != 40 && text.left != 64)
		return -1;
	*out = (struct history_id){{0}};
	for (size_t i = 0; i < text.left; i += 2) {
		int high = digit(text.at[i]), low = digit(text.at[i + 1]);

		if (high < 0 || low < 0)
			return -1;
		out->at[i / 2] = (uint8_t)(high << 4 | low);
	}
	if (id_bytes != NULL)
		*id_bytes = text.left / 2;
	return 0;
}

struct history_id
id_of(const struct history *h, const uint8_t *at)
{
	struct history_id id = {{0}};

	memcpy(id.at, at, h->id_bytes);
	return id;
}
