/*
 * test_history_hostile.c - packs that nobody's git wrote
 */
#include "history/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/codec.h"
#include "codec/encode.h"
#include "history_try.h"
#include "seal/hash.h"

/* ---- a small writer of packs and indexes ---- */

struct forged {
	struct buf pack;
	struct {
		uint8_t id[20];
		uint64_t offset;
	} * at;
	size_t count, room;
};

static void
put_be32(struct buf *b, uint32_t value)
{
	uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
			    (uint8_t)value};

	(void)buf_append(b, bytes, 4);
}

static void
forge(struct forged *f)
{
	*f = (struct forged){.pack = BUF_INIT((size_t)256 << 20)};
	(void)buf_append(&f->pack, "PACK", 4);
	put_be32(&f->pack, 2);
	put_be32(&f->pack, 0);
}

static int
put_piece(void *to, struct bytes piece, struct fault *fault)
{
	(void)fault;
	return buf_append(to, piece.at, piece.left);
}

static void
put_zlib(struct buf *b, struct bytes content)
{
	struct encoder *encoder = NULL;
	uint32_t low = 1, high = 0;

	(void)buf_append(b, "\x78\x9c", 2);
	EQ_INT(encoder_open(&encoder, ENCODE_DEFLATE, put_piece, b, NULL), 0);
	EQ_INT(encoder_add(encoder, content, NULL), 0);
	EQ_INT(encoder_finish(encoder, NULL), 0);
	encoder_close(&encoder);
	for (size_t i = 0; i < content.left; i++) {
		low = (low + content.at[i]) % 65521;
		high = (high + low) % 65521;
	}
	put_be32(b, high << 16 | low);
}

static void
put_varint(struct buf *b, uint64_t value)
{
	for (; value > 127; value >>= 7)
		(void)buf_append_u8(b, (uint8_t)(value | 128));
	(void)buf_append_u8(b, (uint8_t)value);
}

/* Its number. `size` as the header tells it; `base`: 20 bytes for a delta by id, else NULL and
 * `back` bytes for one by offset. */
static size_t
add(struct forged *f, unsigned type, uint64_t size, const uint8_t *base, uint64_t back,
    struct bytes content)
{
	uint8_t byte = (uint8_t)(type << 4 | (size & 15)), offset[10];
	size_t n = 0;

	if (f->count == f->room) {
		f->room = f->room == 0 ? 64 : f->room * 2;
		f->at = realloc(f->at, f->room * sizeof(*f->at));
	}
	memset(f->at[f->count].id, 0, 20);
	for (unsigned i = 0; i < 4; i++)
		f->at[f->count].id[i] = (uint8_t)(f->count >> (24 - 8 * i));
	f->at[f->count].id[0] |= 0x40;
	f->at[f->count].offset = f->pack.used;
	for (size >>= 4; size > 0; size >>= 7) {
		(void)buf_append_u8(&f->pack, byte | 128);
		byte = (uint8_t)(size & 127);
	}
	(void)buf_append_u8(&f->pack, byte);
	if (base != NULL) {
		(void)buf_append(&f->pack, base, 20);
	} else if (type == 6) {
		offset[n++] = (uint8_t)(back & 127);
		while (back >>= 7)
			offset[n++] = (uint8_t)(--back & 127) | 128;
		while (n > 0)
			(void)buf_append_u8(&f->pack, offset[--n]);
	}
	put_zlib(&f->pack, content);
	return f->count++;
}

static void
append_sum(struct buf *b)
{
	struct hash_git *hash = NULL;
	uint8_t sum[HASH_GIT_BYTES_MAX];

	EQ_INT(hash_git_new(&hash, 20, NULL), 0);
	EQ_INT(hash_git_begin(hash, NULL), 0);
	EQ_INT(hash_git_add(hash, buf_bytes(b), NULL), 0);
	EQ_INT(hash_git_end(hash, sum, NULL), 0);
	hash_git_free(&hash);
	(void)buf_append(b, sum, 20);
}

static void
write_file(struct git_kit *kit, const char *path, const struct buf *content)
{
	int fd = openat(kit->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	EQ_INT(write(fd, content->at, content->used), (long long)content->used);
	(void)close(fd);
}

/* A repository "r" with that pack and an index that goes with it; ids are numbers in order. */
static struct history *
open_forged(struct git_kit *kit, struct forged *f, const struct history_options *options)
{
	struct buf idx = BUF_INIT((size_t)64 << 20);
	uint32_t upto = 0;

	for (unsigned i = 0; i < 4; i++)
		f->pack.at[8 + i] = (uint8_t)(f->count >> (24 - 8 * i));
	append_sum(&f->pack);
	(void)buf_append(&idx, "\377tOc\0\0\0\2", 8);
	for (unsigned byte = 0; byte < 256; byte++) {
		while (upto < f->count && f->at[upto].id[0] <= byte)
			upto++;
		put_be32(&idx, upto);
	}
	for (size_t i = 0; i < f->count; i++)
		(void)buf_append(&idx, f->at[i].id, 20);
	for (size_t i = 0; i < f->count; i++) {
		uint64_t end = i + 1 < f->count ? f->at[i + 1].offset : f->pack.used - 20;

		put_be32(&idx, end > f->pack.used || end < f->at[i].offset
				   ? 0
				   : codec_crc32(0, bytes_make(f->pack.at + f->at[i].offset,
							       (size_t)(end - f->at[i].offset))));
	}
	for (size_t i = 0; i < f->count; i++)
		put_be32(&idx, (uint32_t)f->at[i].offset);
	(void)buf_append(&idx, f->pack.at + f->pack.used - 20, 20);
	append_sum(&idx);
	OK(git_sh(kit, "rm -rf r; git init -q r"));
	write_file(kit, "r/.git/objects/pack/pack-1.pack", &f->pack);
	write_file(kit, "r/.git/objects/pack/pack-1.idx", &idx);
	buf_free(&idx);
	buf_free(&f->pack);
	free(f->at);
	return open_at(kit, "r", options);
}

struct tally {
	uint64_t objects, bytes, edits;
};

static int
tally(void *to, const struct history_blob *blob, void **state, struct fault *fault)
{
	struct tally *t = to;

	(void)state;
	(void)fault;
	t->objects++;
	t->bytes += blob->size;
	t->edits += blob->edits != NULL;
	return 0;
}

static struct tally
sweep_all(struct history *h)
{
	struct tally t = {0};
	struct history_visitor visitor = {
	    .to = &t, .object = tally, .types = HISTORY_BIT(HISTORY_BLOB)};

	EQ_INT(history_sweep(h, &visitor, NULL), 0);
	return t;
}

/* Copy all of a base of `base` bytes `times` over, then insert one byte. */
static void
make_delta(struct buf *delta, uint64_t base, uint64_t times, uint8_t byte)
{
	buf_reset(delta);
	put_varint(delta, base);
	put_varint(delta, base * times + 1);
	for (uint64_t i = 0; i < times; i++) {
		(void)buf_append_u8(delta, 0x80 | 0x70);
		(void)buf_append_u8(delta, (uint8_t)base);
		(void)buf_append_u8(delta, (uint8_t)(base >> 8));
		(void)buf_append_u8(delta, (uint8_t)(base >> 16));
	}
	(void)buf_append_u8(delta, 1);
	(void)buf_append_u8(delta, byte);
}

/* ---- what they must not do ---- */

TEST(history_deltas_in_a_circle_are_told_and_the_rest_is_shown)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(history_close)
	struct history *h = NULL;
	AUTO(buf_free)
	struct buf delta = BUF_INIT(4096);
	uint8_t first[20] = {0x40}, second[20] = {0x40, 0, 0, 1};
	struct forged f;
	struct tally t;
	struct git_kit kit;

	NEED(git_begin(&kit));
	forge(&f);
	make_delta(&delta, 5, 1, 'x');
	(void)add(&f, 7, delta.used, second, 0, buf_bytes(&delta));
	(void)add(&f, 7, delta.used, first, 0, buf_bytes(&delta));
	(void)add(&f, 3, 5, NULL, 0, BYTES_OF("hello"));
	h = open_forged(&kit, &f, &options);
	NEED(h != NULL);
	t = sweep_all(h);
	EQ_U64(t.objects, 1);
	EQ_U64(gap_count(h, "each other's base"), 2);
	git_end(&kit);
}

TEST(history_a_chain_of_100000_deltas_takes_no_more_memory_than_two)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(history_close)
	struct history *h = NULL;
	AUTO(buf_free)
	struct buf delta = BUF_INIT(4096);
	uint8_t content[60000];
	struct forged f;
	struct rusage before, after;
	struct tally t;
	struct git_kit kit;

	NEED(git_begin(&kit));
	forge(&f);
	memset(content, 'a', sizeof(content));
	(void)add(&f, 3, sizeof(content), NULL, 0, bytes_make(content, sizeof(content)));
	for (unsigned i = 0; i < 100000; i++) {
		/* the first 59,999 bytes and another last one */
		buf_reset(&delta);
		put_varint(&delta, sizeof(content));
		put_varint(&delta, sizeof(content));
		(void)buf_append(&delta, "\xb0\x5f\xea\1", 4);
		(void)buf_append_u8(&delta, (uint8_t)i);
		(void)add(&f, 6, delta.used, NULL, f.pack.used - f.at[f.count - 1].offset,
			  buf_bytes(&delta));
	}
	h = open_forged(&kit, &f, &options);
	NEED(h != NULL);
	(void)getrusage(RUSAGE_SELF, &before);
	t = sweep_all(h);
	(void)getrusage(RUSAGE_SELF, &after);
	EQ_U64(t.objects, 100001);
	EQ_U64(t.edits, 100000);
	no_gaps(h);
#if !defined(__SANITIZE_ADDRESS__)
	OK(after.ru_maxrss - before.ru_maxrss < 64 * 1024); /* the contents are 6 GB */
#endif
	git_end(&kit);
}

TEST(history_a_delta_bomb_is_a_limit_that_is_told)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(history_close)
	struct history *h = NULL;
	AUTO(own_free)
	uint8_t *zeros = calloc(1, 16000000);
	AUTO(buf_free)
	struct buf delta = BUF_INIT(65536);
	struct forged f;
	struct tally t;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(zeros != NULL);
	options.limits.member = (uint64_t)64 << 20;
	forge(&f);
	(void)add(&f, 3, 16000000, NULL, 0, bytes_make(zeros, 16000000));
	make_delta(&delta, 16000000, 1000, 'x'); /* 16 GB from 4 KB */
	(void)add(&f, 6, delta.used, NULL, f.pack.used - f.at[0].offset, buf_bytes(&delta));
	make_delta(&delta, 16000000, 3, 'y');
	(void)add(&f, 6, delta.used, NULL, f.pack.used - f.at[0].offset, buf_bytes(&delta));
	h = open_forged(&kit, &f, &options);
	NEED(h != NULL);
	t = sweep_all(h);
	EQ_U64(t.objects, 2);
	EQ_U64(t.bytes, 16000000 + 48000001);
	EQ_U64(gap_count(h, "limit member"), 1);
	git_end(&kit);
}

TEST(history_sizes_that_lie_cost_nothing)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(history_close)
	struct history *h = NULL;
	AUTO(buf_free)
	struct buf delta = BUF_INIT(4096);
	struct forged f;
	struct tally t;
	struct git_kit kit;

	NEED(git_begin(&kit));
	forge(&f);
	(void)add(&f, 3, (uint64_t)1 << 60, NULL, 0, BYTES_OF("hello"));
	(void)add(&f, 3, (uint64_t)1 << 29, NULL, 0, BYTES_OF("hello"));
	(void)add(&f, 3, 4, NULL, 0, BYTES_OF("hello"));
	(void)add(&f, 3, 6, NULL, 0, BYTES_OF("hello"));
	(void)add(&f, 3, 5, NULL, 0, BYTES_OF("hello"));
	make_delta(&delta, 6, 1, 'x'); /* its base has 5 */
	(void)add(&f, 6, delta.used, NULL, f.pack.used - f.at[4].offset, buf_bytes(&delta));
	h = open_forged(&kit, &f, &options);
	NEED(h != NULL);
	t = sweep_all(h);
	EQ_U64(t.objects, 1);
	EQ_U64(gap_count(h, "header is damaged"), 1); /* nothing has 2^60 bytes */
	EQ_U64(gap_count(h, "as long as its header"), 3);
	EQ_U64(gap_count(h, "delta is damaged"), 1);
	git_end(&kit);
}

TEST(history_bases_in_the_middle_of_nowhere_are_told)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(history_close)
	struct history *h = NULL;
	AUTO(buf_free)
	struct buf delta = BUF_INIT(4096);
	uint8_t nobody[20] = {0x99};
	struct forged f;
	struct tally t;
	struct git_kit kit;

	NEED(git_begin(&kit));
	forge(&f);
	(void)add(&f, 3, 5, NULL, 0, BYTES_OF("hello"));
	make_delta(&delta, 5, 1, 'x');
	(void)add(&f, 6, delta.used, NULL, 3, buf_bytes(&delta));
	(void)add(&f, 6, delta.used, NULL, (uint64_t)1 << 40, buf_bytes(&delta));
	(void)add(&f, 7, delta.used, nobody, 0, buf_bytes(&delta));
	(void)add(&f, 5, 5, NULL, 0, BYTES_OF("type5"));
	h = open_forged(&kit, &f, &options);
	NEED(h != NULL);
	t = sweep_all(h);
	EQ_U64(t.objects, 1);
	EQ_U64(gap_count(h, "header is damaged"), 3);
	EQ_U64(gap_count(h, "is not there"), 1);
	git_end(&kit);
}

TEST(history_an_index_that_hides_an_object_is_told)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(history_close)
	struct history *h = NULL;
	struct forged f;
	struct tally t;
	struct git_kit kit;

	NEED(git_begin(&kit));
	forge(&f);
	(void)add(&f, 3, 5, NULL, 0, BYTES_OF("hello"));
	(void)add(&f, 3, 6, NULL, 0, BYTES_OF("secret"));
	(void)add(&f, 3, 5, NULL, 0, BYTES_OF("world"));
	f.at[1].offset = f.at[0].offset; /* the count agrees, the second object is nowhere */
	h = open_forged(&kit, &f, &options);
	NEED(h != NULL);
	t = sweep_all(h);
	OK(t.objects >= 2);
	EQ_U64(gap_count(h, "no object owns"), 1);
	git_end(&kit);
}

/* ---- memory that is refused ---- */

static int
tell_nothing(void *to, const struct history_id *id, enum history_type type, struct bytes path)
{
	(void)to;
	(void)id;
	(void)type;
	(void)path;
	return 0;
}

/* Everything once; 0 or FAULT_MEMORY, and never anything else. */
static int
do_everything(int folder, int bundle)
{
	struct history_options options = OPTIONS_INIT;
	struct history_place place = HISTORY_PLACE_INIT;
	AUTO(history_close)
	struct history *h = NULL;
	AUTO(history_close)
	struct history *thin = NULL;
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)1 << 20);
	struct history_id head = {{0}};
	struct history_group group = {&head, 1};
	struct history_life life;
	struct tally t = {0};
	struct history_visitor visitor = {
	    .to = &t, .object = tally, .types = HISTORY_BIT(HISTORY_BLOB)};
	struct fault fault = FAULT_INIT;
	int r;

	r = history_find(&place, folder, NULL, &fault);
	if (r == 0)
		r = history_open(&h, &place, &options, &fault);
	history_place_close(&place);
	if (r == 0)
		r = history_sweep(h, &visitor, &fault);
	if (r == 0)
		r = history_resolve(h, "HEAD", &head, &fault);
	if (r == 0)
		r = history_lives(h, &group, 1, &life, &arena, &fault);
	if (r == 0)
		r = history_range(h, &head, 1, NULL, 0, tell_nothing, NULL, &fault);
	if (r == 0)
		r = history_open_bundle(&thin, bundle, h, &options, &fault);
	if (r == 0)
		r = history_sweep(thin, &visitor, &fault);
	return r;
}

TEST(history_memory_that_is_refused_is_a_fault_and_nothing_worse)
{
	struct git_kit kit;
	int folder, bundle;

	NEED(git_begin(&kit));
	NEED(git_sh(
	    &kit, "git init -q r; make_history r 4; cd r; git repack -qadf; git checkout -q main\n"
		  "echo loose > loose; git add loose; git commit -qm loose\n"
		  "git bundle create -q ../part main~2..main"));
	folder = openat(kit.fd, "r", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bundle = openat(kit.fd, "part", O_RDONLY | O_CLOEXEC);
	EACH_FAILED_ALLOC
	{
		int r = do_everything(folder, bundle);

		/* some are only for speed; nothing else may come of it */
		if (r != 0)
			EQ_INT(r, FAULT_MEMORY);
		if (!tap_alloc_refused())
			EQ_INT(r, 0);
	}
	(void)close(folder);
	(void)close(bundle);
	git_end(&kit);
}
