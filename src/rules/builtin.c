/*
 * builtin.c - the rules that are built in, ready within milliseconds
 *
 * The literals were compiled while building, for no CPU in particular.  Where the library that is
 * installed is another one they are taken from the cache, else compiled, which is some ten
 * milliseconds.  The library believes what it is given, so nothing is taken from a file that others
 * could have written.
 */
#include "rules/builtin.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "base/text.h"
#include "rules/inside.h"
#include "rules/load.h"
#include "seal/hash.h"

#define CACHE_NAME_DIGEST 8 /* bytes */

static struct {
	pthread_mutex_t mutex;
	struct rule_set *set;
} builtin = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* rules-DIGEST-LIBRARY: what was compiled, by what. */
static int
cache_path(struct buf *to, const struct rule_set *set, const char *folder, struct fault *fault)
{
	const char *version = match_literals_version();
	char digest[2 * CACHE_NAME_DIGEST + 1];
	uint8_t hash[32];
	int r;

	if (version == NULL)
		return fault_set(fault, FAULT_LIMIT, "libhs cannot be loaded");
	r = hash_sha256(bytes_text(version), hash, fault);
	if (r < 0)
		return r;
	(void)buf_printf(to, "%s/rules-%s", folder,
			 text_hex(set->digest, CACHE_NAME_DIGEST, digest));
	(void)buf_printf(to, "-%s", text_hex(hash, CACHE_NAME_DIGEST, digest));
	return to->failed != 0 ? fault_memory(fault) : 0;
}

static bool
is_ours_alone(const struct stat *st)
{
	return st->st_uid == geteuid() && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Answers whether the file is there, ours alone, in a folder that is ours alone, and was read. */
static bool
cache_read(const char *folder, const char *path, struct buf *to)
{
	AUTO(own_close)
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !is_ours_alone(&st) ||
	    st.st_size <= 0 || (uint64_t)st.st_size > to->bytes_max)
		return false;
	if (buf_reserve(to, (size_t)st.st_size) < 0)
		return false;
	while (to->used < (size_t)st.st_size) {
		ssize_t got = read(fd, to->at + to->used, (size_t)st.st_size - to->used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		to->used += (size_t)got;
	}
	return lstat(folder, &st) == 0 && S_ISDIR(st.st_mode) && is_ours_alone(&st);
}

/* The matcher of `set`: cached, else compiled and cached.  A cache that cannot be written is no
 * fault. */
static int
matcher_cached(struct rule_set *set, const char *folder, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(4096);
	AUTO(buf_free)
	struct buf saved = BUF_INIT(RULES_SAVED_BYTES_MAX);
	int r;

	if (folder == NULL)
		return rules_matcher_build(set, fault);
	r = cache_path(&path, set, folder, fault);
	if (r < 0)
		return r;
	if (cache_read(folder, buf_text(&path), &saved)) {
		r = match_literals_load(&set->matcher, buf_bytes(&saved), fault);
		if (r != MATCH_STALE)
			return r;
	}
	buf_reset(&saved);
	r = rules_matcher_build(set, fault);
	if (r == 0 && match_literals_save(set->matcher, &saved, NULL) == 0)
		(void)file_write_all(buf_text(&path), buf_bytes(&saved), 0600, NULL);
	return r;
}

static void
take_tables(struct rule_set *set)
{
	set->is = builtin_sizes;
	set->bounds = builtin_bounds;
	set->literals = builtin_literals;
	set->refs = builtin_refs;
	set->classes = builtin_classes;
	set->words = builtin_words;
	set->runs = builtin_runs;
}

/* Another library than that of the build: the texts of the literals are wanted after all. */
static int
make_anew(struct rule_set *set, const char *cache, struct fault *fault)
{
	int r = rules_plan_all(set, NULL, fault);

	return r < 0 ? r : matcher_cached(set, cache, fault);
}

static int
make(struct rule_set **out, const char *cache, struct fault *fault)
{
	AUTO(rules_free)
	struct rule_set *set = NULL;
	struct bytes packed = bytes_make(builtin_rules, builtin_rules_bytes);
	int r = rules_new(&set, fault);

	if (r == 0)
		r = rules_unpack(set, packed, fault);
	if (r == 0)
		r = hash_sha256(packed, set->digest, fault);
	if (r < 0)
		return r;
	take_tables(set);
	r = match_literals_load(&set->matcher, bytes_make(builtin_matcher, builtin_matcher_bytes),
				fault);
	if (r == MATCH_STALE)
		r = make_anew(set, cache, fault);
	else if (r == 0)
		r = rules_plan_regexes(set, fault);
	if (r == 0)
		*out = TAKE(set);
	return r;
}

const struct rule_set *
rules_builtin(const char *cache, struct fault *fault)
{
	const struct rule_set *set;

	(void)pthread_mutex_lock(&builtin.mutex);
	if (builtin.set == NULL)
		(void)make(&builtin.set, cache, fault);
	set = builtin.set;
	(void)pthread_mutex_unlock(&builtin.mutex);
	return set;
}

int
rules_load(struct rule_set **out, struct bytes toml, const char *name,
	   const struct rules_notes *notes, struct fault *fault)
{
	const struct rules_file file = {toml, name};

	return rules_load_with(out, &file, 1, bytes_make(builtin_rules, builtin_rules_bytes), notes,
			       fault);
}
