/*
 * bzip2.c - bzip2 streams, by libbz2
 */
#include "codec/decoder.h"

#include <bzlib.h>

struct bzip2 {
	struct decoder d;
	bz_stream bz;
	bool open;
};

static void
bzip2_end(struct bzip2 *bzip2)
{
	if (bzip2->open)
		(void)BZ2_bzDecompressEnd(&bzip2->bz);
	bzip2->open = false;
}

static int
bzip2_begin(struct decoder *d, struct fault *fault)
{
	struct bzip2 *bzip2 = (struct bzip2 *)d;
	const uint8_t *at;
	int r = stream_want(d->in, 4, fault);

	if (r < 0 && d->in->left < 4)
		return r;
	at = d->in->at;
	if (d->in->left < 4 || memcmp(at, "BZh", 3) != 0 || at[3] < '1' || at[3] > '9')
		return DECODER_NO_MEMBER;
	bzip2_end(bzip2);
	bzip2->bz = (bz_stream){0};
	if (BZ2_bzDecompressInit(&bzip2->bz, 0, 0) != BZ_OK)
		return fault_memory(fault);
	bzip2->open = true;
	return 0;
}

static int
bzip2_run(struct decoder *d, uint8_t *to, size_t room, size_t *made, struct fault *fault)
{
	bz_stream *bz = &((struct bzip2 *)d)->bz;
	unsigned given = d->in->left > UINT32_MAX / 2 ? UINT32_MAX / 2 : (unsigned)d->in->left;
	unsigned room32 = room > UINT32_MAX / 2 ? UINT32_MAX / 2 : (unsigned)room;
	int code;

	bz->next_in = (char *)(uintptr_t)d->in->at;
	bz->avail_in = given;
	bz->next_out = (char *)to;
	bz->avail_out = room32;
	code = BZ2_bzDecompress(bz);
	*made = room32 - bz->avail_out;
	stream_take(d->in, given - bz->avail_in);
	switch (code) {
	case BZ_STREAM_END:
		return DECODER_MEMBER_END;
	case BZ_OK:
		return *made == 0 && given == bz->avail_in ? decoder_feed(d, fault) : 0;
	case BZ_MEM_ERROR:
		return fault_memory(fault);
	default:
		return fault_set(fault, FAULT_FORMAT, "bzip2 stream: damaged near byte %llu",
				 (unsigned long long)d->in->at_bytes);
	}
}

static void
bzip2_fini(struct decoder *d)
{
	bzip2_end((struct bzip2 *)d);
}

const struct decoder_ops decoder_bzip2 = {
    .name = "bzip2",
    .decoder_size = sizeof(struct bzip2),
    .begin = bzip2_begin,
    .run = bzip2_run,
    .fini = bzip2_fini,
};
