/*
 * part.c - a piece of a stream as a stream of its own, without copying
 *
 * Knows: the window of the piece lies in the window of its source.  Does not know: containers.
 */
#include "unpack/reader.h"

void
part_sync(struct part *part)
{
	uint64_t at = part->start_bytes + part->s.at_bytes;

	if (at > part->from->at_bytes)
		stream_take(part->from, (size_t)(at - part->from->at_bytes));
}

static void
part_show(struct part *part)
{
	const struct stream *from = part->from;
	uint64_t left = part->end_bytes - from->at_bytes;

	part->s.at = from->at;
	part->s.left = from->left < left ? from->left : (size_t)left;
	part->s.ended = part->s.left == left || (part->to_the_end && from->ended);
}

static int
part_more(struct stream *s, size_t want, struct fault *fault)
{
	struct part *part = (struct part *)s;
	uint64_t left;
	int r;

	part_sync(part);
	left = part->end_bytes - part->from->at_bytes;
	r = stream_want(part->from, want < left ? want : (size_t)left, fault);
	part_show(part);
	if (r < 0)
		return r;
	if (part->from->ended && !s->ended && s->left < want)
		return fault_set(fault, FAULT_FORMAT,
				 "content ends early: %llu of %llu bytes are there",
				 (unsigned long long)(s->at_bytes + s->left),
				 (unsigned long long)(part->end_bytes - part->start_bytes));
	return 0;
}

void
part_begin(struct part *part, struct stream *from, uint64_t size_bytes)
{
	uint64_t room = UINT64_MAX - from->at_bytes;

	*part = (struct part){
	    .s = {.more = part_more},
	    .from = from,
	    .start_bytes = from->at_bytes,
	    .end_bytes = from->at_bytes + (size_bytes < room ? size_bytes : room),
	};
	part_show(part);
	if (from->whole != NULL && part->end_bytes <= from->whole_bytes) {
		part->s.whole = from->whole + part->start_bytes;
		part->s.whole_bytes = (size_t)size_bytes;
	}
}
