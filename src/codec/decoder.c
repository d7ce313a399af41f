/*
 * decoder.c - the window over decoded bytes that all decoders share
 *
 * Knows: refilling in blocks, member after member, padding, and that a fault comes after the last
 * good byte and stays.  Does not know: any compression format.
 */
#include "codec/decoder.h"

static int
decoder_break(struct decoder *d, int code, struct fault *fault)
{
	d->why.code = code;
	if (fault != NULL)
		*fault = d->why;
	return code;
}

int
decoder_feed(struct decoder *d, struct fault *fault)
{
	int r = stream_want(d->in, 1, fault);

	if (r < 0)
		return r;
	if (d->in->left == 0)
		return fault_set(fault, FAULT_FORMAT, "%s stream ends early at byte %llu",
				 d->ops->name, (unsigned long long)d->in->at_bytes);
	return 0;
}

static int
skip_padding(struct decoder *d, struct fault *fault)
{
	for (;;) {
		size_t zeros = 0;
		int r = stream_want(d->in, 1, fault);

		if (r < 0)
			return r;
		while (zeros < d->in->left && d->in->at[zeros] == 0)
			zeros++;
		stream_take(d->in, zeros);
		if (d->in->left > 0 || zeros == 0)
			return 0;
	}
}

/* Between members: 0 when one began, DECODER_NO_MEMBER at the end. */
static int
next_member(struct decoder *d, struct fault *fault)
{
	int r = 0;

	if (d->members > 0 && d->ops->one_member)
		return DECODER_NO_MEMBER;
	if (d->members > 0 && d->ops->pads)
		r = skip_padding(d, fault);
	if (r == 0)
		r = d->ops->begin(d, fault);
	if (r == DECODER_NO_MEMBER && d->members == 0)
		return fault_set(fault, FAULT_FORMAT, "not a %s stream", d->ops->name);
	if (r == 0) {
		d->members++;
		d->in_member = true;
	}
	return r;
}

static int
make_room(struct decoder *d, size_t want, struct fault *fault)
{
	struct stream *s = &d->s;

	if (want > STREAM_WANT_MAX)
		want = STREAM_WANT_MAX;
	if (d->room < want + STREAM_BLOCK_BYTES) {
		uint8_t *block = malloc(want + STREAM_BLOCK_BYTES);

		if (block == NULL)
			return fault_memory(fault);
		if (s->left > 0)
			memcpy(block, s->at, s->left);
		free(d->block);
		d->block = block;
		d->room = want + STREAM_BLOCK_BYTES;
	} else if (s->left > 0 && s->at != d->block) {
		memmove(d->block, s->at, s->left);
	}
	s->at = d->block;
	return 0;
}

static void
decoder_ended(struct decoder *d)
{
	d->s.ended = true;
	/* Small things are in memory now, from the start: nested archives need no copy. */
	if (d->s.at_bytes == 0) {
		d->s.whole = d->block;
		d->s.whole_bytes = d->s.left;
	}
}

static int
decoder_more(struct stream *s, size_t want, struct fault *fault)
{
	struct decoder *d = (struct decoder *)s;
	int r;

	if (d->why.code != 0)
		return decoder_break(d, d->why.code, fault);
	r = make_room(d, want, &d->why);
	while (r == 0 && d->room > s->left) {
		size_t made = 0;

		if (!d->in_member) {
			r = next_member(d, &d->why);
			if (r != 0)
				break;
		}
		r = d->ops->run(d, d->block + s->left, d->room - s->left, &made, &d->why);
		s->left += made;
		if (r == DECODER_MEMBER_END) {
			d->in_member = false;
			r = 0;
		}
	}
	if (r == DECODER_NO_MEMBER)
		decoder_ended(d);
	else if (r < 0 && s->left < want)
		return decoder_break(d, r, fault);
	else if (r < 0)
		d->why.code = r; /* what was asked for is there; the next to ask is told */
	return 0;
}

static void
decoder_close(struct stream *s)
{
	struct decoder *d = (struct decoder *)s;

	if (d->ops->fini != NULL)
		d->ops->fini(d);
	free(d->block);
	free(d);
}

int
decoder_new(struct stream **out, const struct decoder_ops *ops, struct stream *in,
	    int64_t size_bytes, struct fault *fault)
{
	struct decoder *d = calloc(1, ops->decoder_size);

	if (d == NULL)
		return fault_memory(fault);
	d->ops = ops;
	d->s.more = decoder_more;
	d->s.close = decoder_close;
	codec_again(&d->s, in, size_bytes);
	*out = &d->s;
	return 0;
}

void
codec_again(struct stream *decoder, struct stream *in, int64_t size_bytes)
{
	struct decoder *d = (struct decoder *)decoder;

	d->s.at = d->block;
	d->s.left = 0;
	d->s.at_bytes = 0;
	d->s.ended = false;
	d->s.whole = NULL;
	d->s.whole_bytes = 0;
	d->in = in;
	d->size_bytes = size_bytes;
	d->in_member = false;
	d->members = 0;
	d->name = bytes_make(NULL, 0);
	d->why.code = 0;
}

struct bytes
codec_inner_name(const struct stream *decoder)
{
	return ((const struct decoder *)decoder)->name;
}
