/*
 * test_history.c - what git put in comes out, each object once, and damage is told
 *
 * The oracle is `git cat-file --batch-all-objects`, object by object.
 */
#include "history/history.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "history_try.h"
#include "kit/git_kit.h"
#include "seal/hash.h"
#include "tap.h"

#define ALL_TYPES                                                                                  \
	(HISTORY_BIT(HISTORY_BLOB) | HISTORY_BIT(HISTORY_TREE) | HISTORY_BIT(HISTORY_COMMIT) |     \
	 HISTORY_BIT(HISTORY_TAG))

/* ---- what a sweep shows, kept ---- */

struct object {
	struct history_id id;
	enum history_type type;
	uint64_t size, hash;
};

struct held { /* a state: the content, to prove edits with */
	size_t size;
	uint8_t at[];
};

struct shown {
	pthread_mutex_t lock;
	struct object *at;
	size_t count, room;
	uint64_t edits, wrong_edits, states, streams, inserted;
	const struct history_id *known;
	size_t known_count;
};

static void
check_edits(struct shown *shown, const struct history_blob *blob)
{
	const struct held *base = blob->base_state;
	uint64_t at = 0;

	for (size_t i = 0; i < blob->edits_count; i++) {
		const struct history_edit *edit = &blob->edits[i];
		bool good = edit->at == at && edit->length <= blob->size - at;

		if (good && edit->from >= 0)
			good = (uint64_t)edit->from + edit->length <= base->size &&
			       memcmp(base->at + edit->from, blob->at + at, edit->length) == 0;
		shown->wrong_edits += !good;
		shown->inserted += edit->from < 0 ? edit->length : 0;
		at += edit->length;
	}
	shown->wrong_edits += at != blob->size;
	shown->edits++;
}

static int
keep_object(void *to, const struct history_blob *blob, void **state, struct fault *fault)
{
	struct shown *shown = to;
	struct object object = {.id = blob->id, .type = blob->type, .size = blob->size};
	struct held *held;

	(void)fault;
	if (blob->stream != NULL) {
		AUTO(buf_free)
		struct buf all = BUF_INIT((size_t)1 << 30);

		while (stream_want(blob->stream, 1, NULL) == 0 && blob->stream->left > 0) {
			(void)buf_append(&all, blob->stream->at, blob->stream->left);
			stream_take(blob->stream, blob->stream->left);
		}
		object.hash = hash_fast(buf_bytes(&all));
		object.size = all.used;
	} else {
		object.hash = hash_fast(bytes_make(blob->at, blob->size));
	}
	held = blob->stream != NULL ? NULL : malloc(sizeof(*held) + blob->size);
	if (held != NULL) {
		held->size = blob->size;
		memcpy(held->at, blob->at, blob->size);
		*state = held;
	}
	(void)pthread_mutex_lock(&shown->lock);
	if (blob->edits != NULL)
		check_edits(shown, blob);
	shown->streams += blob->stream != NULL;
	shown->states += held != NULL;
	if (shown->count == shown->room) {
		shown->room = shown->room == 0 ? 256 : shown->room * 2;
		shown->at = realloc(shown->at, shown->room * sizeof(*shown->at));
	}
	shown->at[shown->count++] = object;
	(void)pthread_mutex_unlock(&shown->lock);
	return 0;
}

static void
release_state(void *to, unsigned thread, void *state)
{
	struct shown *shown = to;

	(void)thread;
	(void)pthread_mutex_lock(&shown->lock);
	shown->states--;
	(void)pthread_mutex_unlock(&shown->lock);
	free(state);
}

static bool
is_known(void *to, const struct history_id *id)
{
	const struct shown *shown = to;

	for (size_t i = 0; i < shown->known_count; i++)
		if (memcmp(&shown->known[i], id, sizeof(*id)) == 0)
			return true;
	return false;
}

static int
object_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct history_id));
}

static void
shown_free(struct shown *shown)
{
	free(shown->at);
	*shown = (struct shown){.lock = PTHREAD_MUTEX_INITIALIZER};
}

#define SHOWN_INIT                                                                                 \
	{                                                                                          \
		.lock = PTHREAD_MUTEX_INITIALIZER                                                  \
	}
static void
sweep(struct history *h, struct shown *shown, unsigned types)
{
	struct history_visitor visitor = {.to = shown,
					  .object = keep_object,
					  .release = release_state,
					  .known = shown->known_count > 0 ? is_known : NULL,
					  .types = types};
	struct fault fault = FAULT_INIT;

	if (!EQ_INT(history_sweep(h, &visitor, &fault), 0))
		tap_note("%s", fault.text);
	if (shown->count > 0)
		qsort(shown->at, shown->count, sizeof(*shown->at), object_order);
	EQ_U64(shown->states, 0);
	EQ_U64(shown->wrong_edits, 0);
}

/* ---- what git says is there ---- */

static bool
take_object(struct bytes *in, struct object *out)
{
	static const char *const types[] = {"", "commit", "tree", "blob", "tag"};
	const uint8_t *newline = in->left > 0 ? memchr(in->at, '\n', in->left) : NULL;
	char line[160], type[16];
	struct bytes content;
	size_t id_bytes;

	*out = (struct object){.type = 0};
	if (newline == NULL || newline - in->at >= (ptrdiff_t)sizeof(line))
		return false;
	(void)snprintf(line, sizeof(line), "%.*s", (int)(newline - in->at), (const char *)in->at);
	(void)bytes_skip(in, (size_t)(newline - in->at) + 1);
	if (history_id_parse(bytes_make(line, strcspn(line, " ")), &out->id, &id_bytes) < 0 ||
	    sscanf(line + 2 * id_bytes, " %15s %lu", type, &out->size) != 2 ||
	    bytes_take(in, out->size, &content) < 0 || bytes_skip(in, 1) < 0)
		return false;
	for (unsigned i = 1; i < ARRAY_LEN(types); i++)
		if (strcmp(type, types[i]) == 0)
			out->type = (enum history_type)i;
	out->hash = hash_fast(content);
	return true;
}

static void
same_as_git(struct git_kit *kit, const char *path, const struct shown *shown, unsigned types)
{
	AUTO(buf_free)
	struct buf all = BUF_INIT((size_t)1 << 30);
	char script[256];
	struct bytes in;
	struct object object;
	size_t next = 0, different = 0;

	(void)snprintf(script, sizeof(script),
		       "git -C %s cat-file --batch-all-objects --batch --buffer", path);
	NEED(git_out(kit, script, &all));
	in = buf_bytes(&all);
	while (take_object(&in, &object)) {
		if (!(types & HISTORY_BIT(object.type)))
			continue;
		if (next >= shown->count || object_order(&object, &shown->at[next]) != 0 ||
		    object.type != shown->at[next].type || object.size != shown->at[next].size ||
		    object.hash != shown->at[next].hash)
			different++;
		next++;
	}
	EQ_U64(in.left, 0);
	EQ_U64(different, 0);
	EQ_U64(shown->count, next);
	OK(next > 0);
}

static void
reads_all_of(struct git_kit *kit, const char *path, unsigned jobs)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(history_close)
	struct history *h = NULL;
	AUTO(shown_free)
	struct shown shown = SHOWN_INIT;

	options.jobs = jobs;
	options.check_hashes = true;
	h = open_at(kit, path, &options);
	NEED(h != NULL);
	sweep(h, &shown, ALL_TYPES);
	same_as_git(kit, path, &shown, ALL_TYPES);
	no_gaps(h);
}

/* ---- whole repositories ---- */

TEST(history_every_object_of_a_pack_is_shown_once_for_any_jobs)
{
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit, "git init -q r; make_history r 300; git -C r repack -qadf --depth=50"));
	reads_all_of(&kit, "r", 1);
	reads_all_of(&kit, "r", 2);
	reads_all_of(&kit, "r/.git", 8);
	git_end(&kit);
}

TEST(history_edits_build_the_target_from_the_base)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(history_close)
	struct history *h = NULL;
	AUTO(shown_free)
	struct shown shown = SHOWN_INIT;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit, "git init -q r; make_history r 200; git -C r repack -qadf --depth=50"));
	h = open_at(&kit, "r", &options);
	NEED(h != NULL);
	sweep(h, &shown, HISTORY_BIT(HISTORY_BLOB)); /* checks each edit */
	same_as_git(&kit, "r", &shown, HISTORY_BIT(HISTORY_BLOB));
	OK(shown.edits > shown.count / 2);
	OK(shown.inserted > 0);
	git_end(&kit);
}

TEST(history_loose_objects_and_several_packs_are_one_store)
{
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(
	    &kit, "git init -q r; make_history r 40; git -C r repack -qd\n"
		  "cp r/.git/objects/pack/*.pack keep.pack\n"
		  "make_history r 90; git -C r repack -qadf\n"
		  "git -C r index-pack --stdin < keep.pack\n"
		  "for i in 1 2 3; do echo $i > r/loose$i; git -C r hash-object -w loose$i; done\n"
		  "mkdir x; mv r/.git/objects/pack/* x; git -C r unpack-objects -q < keep.pack\n"
		  "mv x/* r/.git/objects/pack/"));
	reads_all_of(&kit, "r", 1);
	reads_all_of(&kit, "r", 4);
	git_end(&kit);
}

TEST(history_alternates_are_read_and_can_be_left_out)
{
	struct history_options options = OPTIONS_INIT;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit, "git init -q a; make_history a 60; git -C a repack -qad\n"
			  "git clone -q --shared a b; git clone -q --shared b c; cd c\n"
			  "echo own > own; git add own; git commit -qm own"));
	reads_all_of(&kit, "c", 2);
	options.no_alternates = true;
	{
		AUTO(history_close)
		struct history *h = open_at(&kit, "c", &options);
		AUTO(shown_free)
		struct shown shown = SHOWN_INIT;

		NEED(h != NULL);
		sweep(h, &shown, ALL_TYPES);
		EQ_U64(shown.count, 3); /* a blob, a tree, a commit */
	}
	/* in a circle */
	NEED(git_sh(&kit, "echo \"$PWD/c/.git/objects\" > a/.git/objects/info/alternates"));
	reads_all_of(&kit, "c", 2);
	git_end(&kit);
}

TEST(history_a_linked_worktree_has_the_objects_of_its_repository)
{
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit, "git init -q r; make_history r 10; git -C r worktree add -q ../w HEAD"));
	reads_all_of(&kit, "w", 1);
	git_end(&kit);
}

TEST(history_what_is_no_repository_is_said_so)
{
	struct history_place place = HISTORY_PLACE_INIT;
	struct git_kit kit;

	NEED(git_begin(&kit));
	EQ_INT(history_find(&place, kit.fd, NULL, NULL), HISTORY_NOT_A_REPOSITORY);
	NEED(git_sh(&kit, "echo nonsense > .git"));
	EQ_INT(history_find(&place, kit.fd, NULL, NULL), HISTORY_NOT_A_REPOSITORY);
	NEED(git_sh(&kit, "echo 'gitdir: nowhere' > .git"));
	EQ_INT(history_find(&place, kit.fd, NULL, NULL), FAULT_IO);
	NEED(git_sh(&kit, "rm .git"));
	git_end(&kit);
}

TEST(history_known_objects_are_not_shown_and_their_children_are)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(shown_free)
	struct shown all = SHOWN_INIT;
	AUTO(shown_free)
	struct shown rest = SHOWN_INIT;
	AUTO(history_close)
	struct history *h = NULL;
	struct history_id known[40];
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit, "git init -q r; make_history r 60; git -C r repack -qadf --depth=50"));
	h = open_at(&kit, "r", &options);
	NEED(h != NULL);
	sweep(h, &all, HISTORY_BIT(HISTORY_BLOB));
	NEED(all.count > 80);
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		known[i] = all.at[2 * i].id;
	rest.known = known;
	rest.known_count = ARRAY_LEN(known);
	sweep(h, &rest, HISTORY_BIT(HISTORY_BLOB));
	EQ_U64(rest.count, all.count - ARRAY_LEN(known));
	git_end(&kit);
}

TEST(history_large_blobs_come_as_streams)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(shown_free)
	struct shown packed = SHOWN_INIT;
	AUTO(shown_free)
	struct shown loose = SHOWN_INIT;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit,
		    "git init -q r; cd r; awk 'BEGIN { srand(3); for (i = 0; i < 2500000; i++)\n"
		    "print int(rand() * 1e9), i }' > big; git add big; git commit -qm big\n"
		    "test $(wc -c < big) -gt 40000000"));
	{
		AUTO(history_close)
		struct history *h = open_at(&kit, "r", &options);

		NEED(h != NULL);
		sweep(h, &loose, ALL_TYPES);
		EQ_U64(loose.streams, 1);
		same_as_git(&kit, "r", &loose, ALL_TYPES);
		no_gaps(h);
	}
	NEED(git_sh(&kit, "git -C r repack -qad"));
	{
		AUTO(history_close)
		struct history *h = open_at(&kit, "r", &options);

		NEED(h != NULL);
		sweep(h, &packed, ALL_TYPES);
		EQ_U64(packed.streams, 1);
		same_as_git(&kit, "r", &packed, ALL_TYPES);
		no_gaps(h);
	}
	git_end(&kit);
}

TEST(history_read_gives_any_object_by_its_id)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(buf_free)
	struct buf content = BUF_INIT((size_t)1 << 20);
	AUTO(shown_free)
	struct shown all = SHOWN_INIT;
	AUTO(history_close)
	struct history *h = NULL;
	struct history_id nobody = {{1, 2, 3}};
	enum history_type type;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit, "git init -q r; make_history r 60; git -C r repack -qadf --depth=50\n"
			  "echo loose | git -C r hash-object -w --stdin"));
	h = open_at(&kit, "r", &options);
	NEED(h != NULL);
	sweep(h, &all, ALL_TYPES);
	for (size_t i = 0; i < all.count; i++) {
		buf_reset(&content);
		EQ_INT(history_read(h, &all.at[i].id, &type, &content, NULL), 0);
		EQ_INT(type, all.at[i].type);
		EQ_U64(hash_fast(buf_bytes(&content)), all.at[i].hash);
	}
	EQ_INT(history_read(h, &nobody, &type, &content, NULL), HISTORY_MISSING);
	git_end(&kit);
}

TEST(history_of_sha256_is_read_as_well)
{
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(
	    &kit,
	    "git init -q --object-format=sha256 r; make_history r 60\n"
	    "git -C r repack -qadf --depth=50; echo loose | git -C r hash-object -w --stdin"));
	reads_all_of(&kit, "r", 2);
	git_end(&kit);
}

/* ---- damage ---- */

TEST(history_a_damaged_object_is_a_gap_and_the_rest_is_shown)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(shown_free)
	struct shown shown = SHOWN_INIT;
	AUTO(history_close)
	struct history *h = NULL;
	struct git_kit kit;

	NEED(git_begin(&kit));
	/* a byte in the middle of the pack, which is zlib data of some object */
	NEED(git_sh(&kit,
		    "git init -q r; make_history r 100; cd r; git repack -qadf\n"
		    "cd .git/objects; chmod u+w pack/*.pack; size=$(cat pack/*.pack | wc -c)\n"
		    "printf '\\377\\000\\377\\000\\377\\000' |\n"
		    "dd of=$(echo pack/*.pack) bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null"));
	h = open_at(&kit, "r", &options);
	NEED(h != NULL);
	sweep(h, &shown, ALL_TYPES);
	EQ_U64(gap_count(h, "checksum of the pack"), 1);
	OK(gap_count(h, "packed data") + gap_count(h, "base") + gap_count(h, "delta") +
	       gap_count(h, "as long as its header") + gap_count(h, "header is damaged") >
	   0);
	OK(shown.count > 100);
	OK(shown.count < history_objects(h));
	git_end(&kit);
}

TEST(history_a_damaged_object_is_shown_from_another_copy)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(shown_free)
	struct shown before = SHOWN_INIT;
	AUTO(shown_free)
	struct shown after = SHOWN_INIT;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit,
		    "git init -q r; make_history r 100; git -C r repack -qadf --depth=4\n"
		    "cp r/.git/objects/pack/*.pack one.pack; git -C r repack -qadf --depth=50\n"
		    "git -C r index-pack --stdin < one.pack"));
	{
		AUTO(history_close)
		struct history *h = open_at(&kit, "r", &options);

		NEED(h != NULL);
		sweep(h, &before, ALL_TYPES);
	}
	NEED(git_sh(&kit, "cd r/.git/objects/pack; chmod u+w *; p=$(ls -S *.pack | head -1)\n"
			  "size=$(wc -c < $p); head -c 64 /dev/zero |\n"
			  "dd of=$p bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null"));
	{
		AUTO(history_close)
		struct history *h = open_at(&kit, "r", &options);

		NEED(h != NULL);
		sweep(h, &after, ALL_TYPES);
		EQ_U64(gap_count(h, "checksum of the pack"), 1);
		EQ_U64(gap_count(h, "base of the delta"), 0);
	}
	EQ_U64(after.count, before.count);
	for (size_t i = 0; i < before.count && i < after.count; i++)
		EQ_U64(after.at[i].hash, before.at[i].hash);
	git_end(&kit);
}

/* ---- packs without an index, bundles ---- */

TEST(history_a_pack_whose_index_is_lost_or_damaged_is_read_all_the_same)
{
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit, "git init -q r; make_history r 80; git -C r repack -qadf --depth=50\n"
			  "cp -r r lost; rm -f lost/.git/objects/pack/*.idx\n"
			  "cp -r r cut; chmod u+w cut/.git/objects/pack/*\n"
			  "truncate -s 3000 cut/.git/objects/pack/*.idx"));
	for (int i = 0; i < 2; i++) {
		const char *path = i == 0 ? "lost" : "cut";
		struct history_options options = OPTIONS_INIT;
		AUTO(history_close)
		struct history *h = NULL;
		AUTO(shown_free)
		struct shown shown = SHOWN_INIT;

		options.check_hashes = true;
		h = open_at(&kit, path, &options);
		NEED(h != NULL);
		sweep(h, &shown, ALL_TYPES);
		same_as_git(&kit, "r", &shown, ALL_TYPES);
		no_gaps(h);
	}
	git_end(&kit);
}

TEST(history_a_pack_of_deltas_by_id_is_indexed_by_reading_it)
{
	struct history_options options = OPTIONS_INIT;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit, "git init -q r; make_history r 80\n"
			  "git -C r -c repack.useDeltaBaseOffset=false repack -qadf --depth=50\n"
			  "rm -rf one; cp -r r one; rm -f one/.git/objects/pack/*.idx"));
	reads_all_of(&kit, "r", 2);
	{
		AUTO(history_close)
		struct history *h = open_at(&kit, "one", &options);
		AUTO(shown_free)
		struct shown shown = SHOWN_INIT;

		NEED(h != NULL);
		sweep(h, &shown, ALL_TYPES);
		same_as_git(&kit, "r", &shown, ALL_TYPES);
		no_gaps(h);
	}
	git_end(&kit);
}

static struct history *
open_bundle(struct git_kit *kit, const char *name, struct history *base)
{
	struct history_options options = OPTIONS_INIT;
	struct fault fault = FAULT_INIT;
	struct history *h = NULL;
	int fd = openat(kit->fd, name, O_RDONLY | O_CLOEXEC);

	options.check_hashes = true;
	if (!EQ_INT(history_open_bundle(&h, fd, base, &options, &fault), 0))
		tap_note("%s", fault.text);
	(void)close(fd);
	return h;
}

TEST(history_a_bundle_is_a_store_of_its_own)
{
	static const char *const formats[] = {"sha1", "sha256"};
	const struct history_ref *refs;
	char script[512];
	size_t count;
	struct git_kit kit;

	NEED(git_begin(&kit));
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		AUTO(history_close)
		struct history *h = NULL;
		AUTO(shown_free)
		struct shown shown = SHOWN_INIT;

		(void)snprintf(script, sizeof(script),
			       "rm -rf r all; git init -q --object-format=%s r; make_history r 60\n"
			       "git -C r bundle create -q ../all --all",
			       formats[i]);
		NEED(git_sh(&kit, script));
		h = open_bundle(&kit, "all", NULL);
		NEED(h != NULL);
		sweep(h, &shown, ALL_TYPES);
		same_as_git(&kit, "r", &shown, ALL_TYPES);
		EQ_INT(history_refs(h, &refs, &count, NULL), 0);
		EQ_U64(count, 3); /* HEAD, main, v1 */
		no_gaps(h);
	}
	git_end(&kit);
}

TEST(history_a_thin_bundle_takes_bases_from_the_store_it_is_for)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(shown_free)
	struct shown with = SHOWN_INIT;
	AUTO(shown_free)
	struct shown without = SHOWN_INIT;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit, "git init -q r; make_history r 60; git -C r repack -qad\n"
			  "git -C r bundle create -q ../part main~5..main"));
	{
		AUTO(history_close)
		struct history *base = open_at(&kit, "r", &options);
		AUTO(history_close)
		struct history *h = open_bundle(&kit, "part", base);
		AUTO(history_close)
		struct history *alone = open_bundle(&kit, "part", NULL);

		NEED(base != NULL && h != NULL && alone != NULL);
		sweep(h, &with, ALL_TYPES);
		EQ_U64(gap_count(h, "on top of commits"), 1);
		EQ_U64(gap_count(h, "the base of the delta"), 0);
		sweep(alone, &without, ALL_TYPES);
		OK(without.count < with.count);
		EQ_U64(gap_count(alone, "the base of the delta"), with.count - without.count);
	}
	git_end(&kit);
}
