/*
 * sign_uri.c - pkcs11: addresses
 *
 * Knows: RFC 7512 as far as it picks a module, a token and a private key.  An attribute that is
 * not understood is refused, because ignoring it could pick another key.
 */
#include "seal/sign_uri.h"

#include <string.h>

#include "base/own.h"
#include "base/text.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* Percent-decode `text` into out[URI_TEXT_MAX]; a NUL goes behind.  < 0: does not fit, or wrong. */
static int
decode(struct bytes text, uint8_t out[URI_TEXT_MAX], size_t *count)
{
	size_t n = 0;

	for (size_t i = 0; i < text.left; i++) {
		uint8_t c = text.at[i];

		if (c == '%') {
			int high = i + 2 < text.left ? hex_digit((char)text.at[i + 1]) : -1;
			int low = i + 2 < text.left ? hex_digit((char)text.at[i + 2]) : -1;

			if (high < 0 || low < 0)
				return -1;
			c = (uint8_t)(high << 4 | low);
			i += 2;
		}
		if (n == URI_TEXT_MAX - 1)
			return -1;
		out[n++] = c;
	}
	out[n] = 0;
	*count = n;
	return 0;
}

static int
attribute(struct pkcs11_uri *uri, struct bytes name, struct bytes value)
{
	const struct {
		const char *name;
		char *to;
	} texts[] = {
	    {"token", uri->token},         {"serial", uri->serial},
	    {"object", uri->object},       {"module-path", uri->module_path},
	    {"pin-value", uri->pin_value}, {"pin-source", uri->pin_source},
	};
	uint8_t text[URI_TEXT_MAX];
	size_t count;

	if (decode(value, text, &count) < 0)
		return -1;
	if (bytes_equal(name, BYTES_OF("id"))) {
		memcpy(uri->id, text, count);
		uri->id_bytes = count;
		return 0;
	}
	if (memchr(text, 0, count) != NULL)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (bytes_equal(name, bytes_text(texts[i].name))) {
			memcpy(texts[i].to, text, count + 1);
			return 0;
		}
	if (bytes_equal(name, BYTES_OF("slot-id"))) {
		uri->has_slot = true;
		return text_parse_u64((const char *)text, &uri->slot, NULL);
	}
	if (bytes_equal(name, BYTES_OF("type")))
		return strcmp((const char *)text, "private") == 0 ? 0 : -1;
	return -1;
}

int
pkcs11_uri_parse(struct pkcs11_uri *out, const char *text, struct fault *fault)
{
	struct bytes rest = bytes_text(text);
	size_t prefix = strlen("file:");

	memset(out, 0, sizeof(*out));
	if (!bytes_begins(rest, BYTES_OF("pkcs11:")))
		return fault_set(fault, FAULT_USAGE, "'%.100s' is no pkcs11: address", text);
	(void)bytes_skip(&rest, strlen("pkcs11:"));
	while (rest.left > 0) {
		size_t end = 0, equals;

		while (end < rest.left && strchr(";?&", rest.at[end]) == NULL)
			end++;
		for (equals = 0; equals < end && rest.at[equals] != '=';)
			equals++;
		/* The value is not repeated in the message: it may be a PIN. */
		if (equals == end || attribute(out, bytes_slice(rest, 0, equals),
					       bytes_slice(rest, equals + 1, end - equals - 1)) < 0)
			return fault_set(fault, FAULT_USAGE,
					 "pkcs11: '%.*s' is not an attribute with a value that is "
					 "understood here",
					 (int)(equals < 40 ? equals : 40), (const char *)rest.at);
		(void)bytes_skip(&rest, end < rest.left ? end + 1 : end);
	}
	if (out->object[0] == 0 && out->id_bytes == 0)
		return fault_set(fault, FAULT_USAGE, "pkcs11: name the key with object= or id=");
	if (strncmp(out->pin_source, "file:", prefix) == 0)
		memmove(out->pin_source, out->pin_source + prefix,
			strlen(out->pin_source + prefix) + 1);
	return 0;
}
