/*
 * inflate.c - whole zlib streams by libdeflate
 */
#include "codec/inflate.h"

#include <libdeflate.h>

/* One and the same; the name keeps the library's type out of the header. */
static struct libdeflate_decompressor *
inside(struct codec_inflater *inflater)
{
	return (struct libdeflate_decompressor *)inflater;
}

int
codec_inflater_new(struct codec_inflater **out, struct fault *fault)
{
	*out = (struct codec_inflater *)libdeflate_alloc_decompressor();
	return *out == NULL ? fault_memory(fault) : 0;
}

void
codec_inflater_free(struct codec_inflater **inflater)
{
	if (*inflater != NULL)
		libdeflate_free_decompressor(inside(*inflater));
	*inflater = NULL;
}

int
codec_inflate_zlib(struct codec_inflater *inflater, struct bytes in, uint8_t *to, size_t room,
		   size_t *taken, size_t *made)
{
	*taken = *made = 0;
	switch (libdeflate_zlib_decompress_ex(inside(inflater), in.at, in.left, to, room, taken,
					      made)) {
	case LIBDEFLATE_SUCCESS:
		return CODEC_INFLATED;
	case LIBDEFLATE_INSUFFICIENT_SPACE:
		return CODEC_INFLATE_MORE;
	default:
		return FAULT_FORMAT;
	}
}
