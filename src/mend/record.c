/*
 * record.c - RECORD of a wheel: path,sha256=DIGEST,size for every file
 *
 * Knows: rows as PEP 376 and the wheel format have them, fields quoted where they hold commas.
 * Rows that stay keep their bytes; changed ones get a new digest and size.
 */
#include <string.h>

#include "base/blob.h"
#include "base/own.h"
#include "mend/inside.h"

bool
record_is(const char *member)
{
	const char *slash = strchr(member, '/');

	return slash != NULL && bytes_ends(bytes_text(member), BYTES_OF(".dist-info/RECORD")) &&
	       strchr(slash + 1, '/') == NULL;
}

/* The first field of a row, in display form. */
static int
row_member(struct bytes row, struct buf *to)
{
	AUTO(buf_free)
	struct buf raw = BUF_INIT(BLOB_PATH_BYTES_MAX);
	size_t at = 0;

	buf_reset(to);
	if (row.left > 0 && row.at[0] == '"') {
		for (at = 1; at < row.left; at++) {
			if (row.at[at] == '"' && !(at + 1 < row.left && row.at[at + 1] == '"'))
				break;
			at += row.at[at] == '"';
			(void)buf_append_u8(&raw, row.at[at]);
		}
	} else {
		while (at < row.left && row.at[at] != ',')
			at++;
		(void)buf_append(&raw, row.at, at);
	}
	(void)blob_display(to, buf_bytes(&raw));
	return raw.failed < 0 ? raw.failed : to->failed;
}

#define DIGEST_TEXT 44 /* 256 bits, six a letter, and a NUL */

/* URL-safe base64 without padding, as RECORD has it. */
static void
format_digest(const uint8_t sha256[32], char out[DIGEST_TEXT])
{
	static const char letters[65] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	for (size_t i = 0; i < DIGEST_TEXT - 1; i++) {
		unsigned pair = (unsigned)sha256[i * 6 / 8] << 8;

		if (i * 6 / 8 + 1 < 32)
			pair |= sha256[i * 6 / 8 + 1];
		out[i] = letters[pair >> (10 - i * 6 % 8) & 63];
	}
	out[DIGEST_TEXT - 1] = 0;
}

static int
put_change(const struct record_change *change, struct bytes row, struct buf *out)
{
	char digest[DIGEST_TEXT];
	size_t field = 0;
	bool quoted = row.left > 0 && row.at[0] == '"';

	/* The path as it was written, quotes and all. */
	if (quoted)
		for (field = 1;
		     field < row.left && !(row.at[field] == '"' && row.at[field - 1] != '"' &&
					   (field + 1 == row.left || row.at[field + 1] == ','));)
			field++;
	while (field < row.left && row.at[field] != ',')
		field++;
	format_digest(change->sha256, digest);
	(void)buf_append(out, row.at, field);
	(void)buf_printf(out, ",sha256=%s,%llu", digest, (unsigned long long)change->bytes);
	if (row.left > 0 && row.at[row.left - 1] == '\r')
		(void)buf_append_text(out, "\r");
	return out->failed;
}

int
record_rewrite(const struct mend_plan *plan, const struct record_change changes[], size_t count,
	       struct bytes in, struct buf *out, struct fault *fault)
{
	AUTO(buf_free)
	struct buf member = BUF_INIT(4 * BLOB_PATH_BYTES_MAX);

	while (in.left > 0) {
		const uint8_t *end = memchr(in.at, '\n', in.left);
		size_t length = end == NULL ? in.left : (size_t)(end - in.at);
		struct bytes row = bytes_slice(in, 0, length);
		const struct mend_item *item;
		size_t i = 0;

		if (row_member(row, &member) < 0)
			return fault_set(fault, FAULT_FORMAT, "RECORD: a name is too long");
		item = mend_plan_find(plan, buf_text(&member));
		while (i < count && strcmp(changes[i].member, buf_text(&member)) != 0)
			i++;
		(void)bytes_skip(&in, length + (end == NULL ? 0 : 1));
		if (item != NULL && item->action == MEND_DROP)
			continue;
		if (i < count)
			(void)put_change(&changes[i], row, out);
		else
			(void)buf_append(out, row.at, row.left);
		if (end != NULL)
			(void)buf_append_text(out, "\n");
		if (out->failed < 0)
			return fault_set(fault, out->failed, "RECORD: too large to be held");
	}
	return 0;
}
