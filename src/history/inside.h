/*
 * inside.h - what the files of this folder share: packs and their indexes, forests of deltas
 */
#ifndef HISTORY_INSIDE_H
#define HISTORY_INSIDE_H

#include <pthread.h>

#include "base/blob.h"
#include "base/own.h"
#include "codec/inflate.h"
#include "history/history.h"

/* No more than this is ever allocated because a file said so, without the bytes being there. */
#define HISTORY_JOBS_MAX         256
#define HISTORY_PACK_OBJECTS_MAX ((uint32_t)0xfffffff0)

/* ---- reasons: static, so that gaps can be told apart by address ---- */

extern const char history_reason_inflate[], history_reason_size[], history_reason_delta[],
    history_reason_header[], history_reason_base[], history_reason_base_missing[],
    history_reason_cycle[], history_reason_limit[], history_reason_id[], history_reason_crc[],
    history_reason_between[];

/* ---- files, as maps ---- */

struct map {
	const uint8_t *at;
	size_t bytes;
};

/* Map `name` below the folder.  1: not there.  Regular files only.  An empty file is at == NULL. */
int map_open(struct map *map, int folder, const char *name, struct fault *fault);
/* The same of an open file, which stays the caller's. */
int map_fd(struct map *map, int fd, const char *name, struct fault *fault);
void map_close(struct map *map);

/* ---- the index of one pack ---- */

struct idx {
	struct map map;
	uint32_t count;
	uint32_t fanout[257]; /* ids that begin with byte b: [fanout[b], fanout[b + 1]) */
	const uint8_t *ids;
	size_t stride; /* bytes from one id to the next */
	size_t id_bytes;
	const uint8_t *crcs;      /* big-endian, NULL: version 1, or made here */
	const uint8_t *offsets32; /* big-endian; NULL: version 1 */
	const uint8_t *offsets64;
	uint64_t offsets64_count;
	uint64_t *made_offsets; /* of an index made by reading the pack, as are the ids */
	uint8_t *made_ids;
};

/* Version 1 and 2.  FAULT_FORMAT when anything does not agree. Takes the map over on success. */
int idx_parse(struct idx *idx, struct map map, size_t id_bytes, struct fault *fault);
void idx_close(struct idx *idx);
bool idx_find(const struct idx *idx, const uint8_t *id, uint32_t *position);
uint64_t idx_offset(const struct idx *idx, uint32_t position);
static inline const uint8_t *
idx_id(const struct idx *idx, uint32_t position)
{
	return idx->ids + (size_t)position * idx->stride;
}

/* ---- packs ---- */

enum { ENTRY_OFS_DELTA = 6, ENTRY_REF_DELTA = 7 };

struct entry {
	unsigned type; /* enum history_type or one of the two above */
	uint64_t size; /* of the content, or of the delta */
	uint64_t data; /* where the zlib stream begins */
	uint64_t base; /* ENTRY_OFS_DELTA: its offset */
	const uint8_t *base_id;
};

/* In place of a base: a root of that type; no base in this pack; a header that cannot be read. */
#define FOREST_ROOT(type) (HISTORY_PACK_OBJECTS_MAX + (uint32_t)(type))
#define FOREST_OUTSIDE    (HISTORY_PACK_OBJECTS_MAX + 8)
#define FOREST_BROKEN     (HISTORY_PACK_OBJECTS_MAX + 9)

enum { NODE_NEEDED = 1, NODE_SHOWN = 2, NODE_CUT = 4, NODE_REACHED = 8 };

/* Who is whose base.  Nodes are numbered by offset; `order` lists them tree by tree, base before
 * child, the child with the largest subtree last, so that a content is let go before the longest
 * way down is taken.  Nodes in a cycle are not in `order`. */
struct forest {
	uint32_t count;
	uint64_t *offset; /* of node i; [count] is the end of the last */
	uint32_t *name;   /* of node i: its position in the idx */
	uint32_t *base;   /* of node i: its node, or FOREST_* */
	uint32_t *order;
	uint32_t *last; /* of place p in `order`: the place behind its subtree */
	uint32_t order_count;
	uint8_t *marks; /* of node i: NODE_*; of a sweep */
};

struct pack {
	char *name;          /* "pack-1234.pack", display form */
	struct map map;      /* at == NULL: could not be read */
	uint64_t data_bytes; /* without the trailer */
	struct idx idx;
	bool is_alternate;
	bool promisor;
	bool is_lent;     /* the map belongs to somebody else */
	uint64_t *copies; /* bit per idx position: an earlier store has it too; NULL: none */
	struct forest forest;
};

int pack_entry(const struct pack *pack, uint64_t at, uint64_t end, size_t id_bytes,
	       struct entry *out);

int forest_build(struct forest *forest, const struct pack *pack, size_t id_bytes, unsigned jobs,
		 struct fault *fault);
void forest_free(struct forest *forest);
bool forest_node_at(const struct forest *forest, uint64_t offset, uint32_t *node);

/* The index of a pack of `count` objects, made by reading it; what cannot be read is a gap.
 * Cost: everything is rebuilt and hashed once, by one thread. */
int pack_reindex(struct history *h, struct pack *pack, uint32_t count, struct fault *fault);

/* ---- deltas ---- */

struct edits {
	struct history_edit *at;
	size_t count, room;
};

/* The two sizes in front of a delta; -1: they are not there. */
int delta_sizes(struct bytes *delta, uint64_t *base_bytes, uint64_t *target_bytes);

/* Room behind every content that deltas are applied to and from: copies may write past their end. */
#define CONTENT_SLACK 32

/* Apply what follows the sizes.  `to` has room for size + CONTENT_SLACK.  edits may be NULL.
 * 0, FAULT_FORMAT without a text, FAULT_MEMORY. */
int delta_apply(struct bytes delta, const uint8_t *base, size_t base_bytes, uint8_t *to,
		size_t size, struct edits *edits);

/* ---- contents that come and go ---- */

struct slot {
	uint8_t *at;
	size_t room; /* without the slack */
	size_t size;
};

/* Deflate cannot do better: a size beyond this many times the packed bytes is a lie. */
#define DEFLATE_RATIO_MAX 1032

/* A walk holds log2(objects) contents at most, and objects are counted in 32 bits. */
#define REBUILD_SLOTS 40

/* What one thread needs to rebuild objects. */
struct rebuild {
	struct history *h;
	struct codec_inflater *inflater;
	struct slot delta;               /* the delta being applied */
	struct slot free[REBUILD_SLOTS]; /* warm ones last */
	size_t free_count;
	struct edits edits;
	struct cache *cache; /* NULL: none */
	const char *why;     /* after FAULT_FORMAT or FAULT_LIMIT: one of the reasons */
	bool ends_early;     /* the last object left bytes behind it that no object owns */
};

int rebuild_init(struct rebuild *r, struct history *h, struct fault *fault);
void rebuild_fini(struct rebuild *r);
/* Keep what rebuild_at() makes on the way: for reading one object after another by id. */
int rebuild_cache(struct rebuild *r, struct fault *fault);
/* Room for `size` bytes: 0 or FAULT_MEMORY. */
int slot_take(struct rebuild *r, size_t size, struct slot *out);
void slot_give(struct rebuild *r, struct slot *slot);

/* Each: 0, or FAULT_FORMAT / FAULT_LIMIT / FAULT_MEMORY, with r->why for the first two. */
int rebuild_root(struct rebuild *r, const struct pack *pack, const struct entry *entry,
		 uint64_t end, struct slot *out);
int rebuild_delta(struct rebuild *r, const struct pack *pack, const struct entry *entry,
		  uint64_t end, const struct slot *base, struct edits *edits, struct slot *out);
/* The object at `offset`, its chain followed wherever it leads. */
int rebuild_at(struct rebuild *r, const struct pack *pack, uint64_t offset, enum history_type *type,
	       struct slot *out);

/* The object of that id, from the first copy that can be read.  As rebuild_at, or
 * HISTORY_MISSING. */
int rebuild_id(struct rebuild *r, const uint8_t *id, enum history_type *type, struct slot *out);

/* ---- loose objects ---- */

struct loose {
	uint8_t *ids;    /* sorted, stride id_bytes */
	uint8_t *stores; /* which folder */
	uint64_t *copies;
	size_t count;
};

int loose_list(struct history *h, struct fault *fault);
bool loose_find(const struct history *h, const uint8_t *id, size_t *at);
/* As rebuild_root.  With `large` (may be NULL): a blob over HISTORY_STREAM_BYTES is left in its
 * file, *large is that file, to be closed, and out->size the size of the blob. */
int loose_rebuild(struct rebuild *r, size_t at, enum history_type *type, struct slot *out,
		  struct map *large);

/* ---- the store ---- */

struct history {
	struct history_options options;
	size_t id_bytes;
	int objects[HISTORY_ALTERNATES_MAX];
	size_t objects_count, own_count;
	int git_dir, common_dir, index;
	struct pack *packs; /* the largest first: that order decides which copy is shown */
	size_t packs_count, packs_room;
	struct loose loose;
	struct arena names;

	struct history *base_store; /* of a thin bundle; NULL: none */
	struct map bundle;
	bool is_bare, is_partial;
	unsigned swept;           /* types whose damage was told */
	struct history_ref *refs; /* NULL: not read yet */
	size_t refs_count;
	struct history_id *shallow;
	size_t shallow_count;

	pthread_mutex_t lock; /* gaps */
	struct history_gap *gaps;
	size_t gaps_count, gaps_room;
	bool gaps_lost; /* memory refused a row: the next call breaks */
	struct rebuild reader;
	pthread_mutex_t reader_lock;
	bool reader_there;
};

/* The front of a file, up to `room` bytes.  0, 1: it is not there, FAULT_IO. */
int small_read(int folder, const char *name, uint8_t *to, size_t room, size_t *got);

/* Each file below the folder `top` of `at`, as "top/..." ; in no order. */
int files_below(struct history *h, int at, const char *top, int (*file)(void *to, const char *path),
		void *to);

/* Each linked worktree, its folder open for the call. */
int worktrees(struct history *h, int (*each)(void *to, int at, const char *name), void *to);

int shallow_read(struct history *h);

/* The same from memory: all refs are those of this text; all entries are those of this index. */
int refs_of_packed(struct history *h, struct bytes text);
int index_of_bytes(struct history *h, struct bytes in,
		   int (*entry)(void *to, struct bytes path, uint32_t mode,
				const struct history_id *id, unsigned stage),
		   void *to);
/* A commit whose parents were left out of the clone. */
bool history_is_shallow(const struct history *h, const struct history_id *id);

/* A sweep that repeats no check, tells no damage that another has told, and gives no edits. */
int history_sweep_again(struct history *h, const struct history_visitor *visitor,
			struct fault *fault);

/* A store with nothing in it. */
int history_new(struct history **out, const struct history_options *options, struct fault *fault);

/* Settings that say how bytes are to be read. */
struct history_config {
	size_t object_format; /* bytes of an id; 0: not known here */
	bool other_refs, partial;
};

void config_parse(struct history_config *config, struct bytes in);
void config_read(struct history *h, struct history_config *config);

/* Which objects are there more than once. */
int copies_mark(struct history *h, struct fault *fault);

/* Count one more of what/reason.  `what` is copied, `reason` must be static.  id may be NULL. */
void gap_add(struct history *h, const char *what, const char *reason, const uint8_t *id,
	     uint64_t count, bool is_scope);

bool history_cancelled(const struct history *h);

struct history_id id_of(const struct history *h, const uint8_t *at);

/* An id in all packs, from *pack on, so that copies can be gone through. */
bool history_locate(const struct history *h, const uint8_t *id, size_t *pack, uint64_t *offset);

/* Run work(to, thread, 0..count-1) on `jobs` threads; the first fault, or 0. */
int history_parallel(unsigned jobs, size_t count,
		     int (*work)(void *to, unsigned thread, size_t at, struct fault *fault),
		     void *to, struct fault *fault);

#endif
