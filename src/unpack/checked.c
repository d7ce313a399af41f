/*
 * checked.c - a stream whose CRC-32 and size are compared with what was promised
 *
 * Knows: every byte is summed once, when it comes into the window.  Does not know: formats.
 */
#include "unpack/checked.h"

#include "codec/codec.h"

static void
checked_sum(struct checked *checked)
{
	const struct stream *from = checked->from;
	size_t known = (size_t)(checked->summed_bytes - from->at_bytes);

	if (checked->has_crc)
		checked->sum =
		    codec_crc32(checked->sum, bytes_make(from->at + known, from->left - known));
	checked->summed_bytes = from->at_bytes + from->left;
	if (!from->ended)
		return;
	checked->size_lies =
	    checked->size_bytes >= 0 && (uint64_t)checked->size_bytes != checked->summed_bytes;
	if (checked->has_crc && checked->sum != checked->crc)
		checked->wrong = FAULT_FORMAT;
}

static int
checked_more(struct stream *s, size_t want, struct fault *fault)
{
	struct checked *checked = (struct checked *)s;
	struct stream *from = checked->from;
	int r;

	if (s->at_bytes > from->at_bytes)
		stream_take(from, (size_t)(s->at_bytes - from->at_bytes));
	r = stream_want(from, want, fault);
	if (checked->summed_bytes < from->at_bytes + from->left || from->ended)
		checked_sum(checked);
	s->at = from->at;
	s->left = from->left;
	s->whole = from->whole;
	s->whole_bytes = from->whole_bytes;
	/* With a wrong sum there is no good end: `ended` stays false and asking breaks. */
	s->ended = from->ended && checked->wrong == 0;
	if (r == 0 && checked->wrong != 0 && s->left < want)
		return fault_set(fault, FAULT_FORMAT, "checksum differs: %08x, said %08x",
				 checked->sum, checked->crc);
	return r;
}

void
checked_begin(struct checked *checked, struct stream *from, int64_t size_bytes)
{
	*checked = (struct checked){
	    .s = {.at = from->at,
		  .at_bytes = from->at_bytes,
		  .whole = from->whole,
		  .whole_bytes = from->whole_bytes,
		  .more = checked_more},
	    .from = from,
	    .size_bytes = size_bytes,
	    .summed_bytes = from->at_bytes,
	};
}

void
checked_crc(struct checked *checked, uint32_t crc)
{
	checked->has_crc = true;
	checked->crc = crc;
}
