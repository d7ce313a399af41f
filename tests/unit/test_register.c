/*
 * test_register.c - what is registered is found again, and damage is told, never believed
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "register/match.h"
#include "register/register.h"
#include "seal/hash.h"
#include "tap.h"

/* A folder of its own for each test, removed with it. */
struct room {
	char path[64];
	char db[96], tree[96];
};

static void
room_init(struct room *room)
{
	(void)snprintf(room->path, sizeof(room->path), "/tmp/test-register-XXXXXX");
	OK(mkdtemp(room->path) != NULL);
	(void)snprintf(room->db, sizeof(room->db), "%s/register", room->path);
	(void)snprintf(room->tree, sizeof(room->tree), "%s/tree", room->path);
	OK(mkdir(room->tree, 0700) == 0);
}

static void
remove_below(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char below[512];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		if (unlink(below) < 0)
			remove_below(below);
	}
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(path);
}

static void
room_fini(struct room *room)
{
	remove_below(room->path);
}

/* A made-up module: `seed` decides every name, string and number in it. */
static void
make_module(struct buf *to, unsigned seed, bool minified)
{
	const char *nl = minified ? "" : "\n  ", *eq = minified ? "=" : " = ";

	for (unsigned f = 0; f < 8; f++) {
		unsigned n = seed * 100 + f;

		(void)buf_printf(to, "%sfunction %s%u(%s){%s",
				 minified ? "" : "/** What it does is nobody's business. */\n",
				 minified ? "a" : "prepareQuarterlyFigure", n,
				 minified ? "e" : "ledgerEntry", nl);
		(void)buf_printf(to, "%s.closedAt%u%s%s.periodOf%u;%s",
				 minified ? "e" : "ledgerEntry", n, eq,
				 minified ? "e" : "ledgerEntry", n, nl);
		(void)buf_printf(to,
				 "if(!%s.signedBy%u)throw new Error(\"entry %u lacks the second "
				 "signature\");%s",
				 minified ? "e" : "ledgerEntry", n, n, nl);
		(void)buf_printf(to,
				 "return {totalOf%u:%s.amountIn%u*%u,because:\"rule %u of the "
				 "audit handbook\"};%s}%s",
				 n, minified ? "e" : "ledgerEntry", n, 100003 + n * 17, n, nl,
				 minified ? "" : "\n");
	}
}

static void
put_file(const struct room *room, const char *name, struct bytes content)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", room->tree, name);
	EQ_INT(file_write_all(path, content, 0600, NULL), 0);
}

static void
put_module(const struct room *room, const char *name, unsigned seed)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(1 << 20);

	make_module(&text, seed, false);
	put_file(room, name, buf_bytes(&text));
}

static int
add(const struct room *room, const char *name, enum asset_kind kind, const char *path,
    struct fault *fault)
{
	const char *paths[] = {path};
	struct register_add what = {.name = name,
				    .kind = kind,
				    .paths = paths,
				    .paths_count = 1,
				    .jobs = 2,
				    .now = 1774828800};
	struct register_report report;

	return register_add(room->db, &what, &report, fault);
}

/* The matches of a text; *search is the caller's to free. */
static struct register_matches
matches_of(struct register_search **search, const struct register_db *db, struct bytes text,
	   const char *name)
{
	struct register_matches matches = {NULL, 0};
	uint8_t sha256[32];

	EQ_INT(register_search_new(search, db, NULL), 0);
	EQ_INT(register_search_text(*search, text, 0, 0, language_of(bytes_text(name), text), NULL),
	       0);
	EQ_INT(hash_sha256(text, sha256, NULL), 0);
	EQ_INT(register_search_end(*search, sha256, text.left, &matches, NULL), 0);
	return matches;
}

TEST(register_that_is_not_there_is_empty)
{
	AUTO(register_close)
	struct register_db *db = NULL;
	size_t count = 7;

	EQ_INT(register_open(&db, "/nonexistent/register", NULL), 0);
	OK(register_is_empty(db));
	(void)register_assets(db, &count);
	EQ_U64(count, 0);
}

TEST(register_finds_a_file_byte_for_byte_and_minified_inside_a_bundle)
{
	struct room room;

	room_init(&room);
	put_module(&room, "one.js", 1);
	put_module(&room, "two.js", 2);
	EQ_INT(add(&room, "core", ASSET_SOURCE, room.tree, NULL), 0);
	{
		AUTO(register_close)
		struct register_db *db = NULL;
		AUTO(register_search_free)
		struct register_search *first = NULL;
		AUTO(register_search_free)
		struct register_search *second = NULL;
		AUTO(buf_free)
		struct buf text = BUF_INIT(1 << 20);
		struct register_matches matches;

		EQ_INT(register_open(&db, room.db, NULL), 0);
		make_module(&text, 1, false);
		matches = matches_of(&first, db, buf_bytes(&text), "x.js");
		NEED(matches.count == 1);
		EQ_INT(matches.list[0].kind, PRINT_EXACT);
		EQ_BYTES(matches.list[0].path, BYTES_OF("one.js"));

		buf_reset(&text);
		make_module(&text, 77, true);
		make_module(&text, 2, true);
		make_module(&text, 78, true);
		matches = matches_of(&second, db, buf_bytes(&text), "bundle.js");
		NEED(matches.count == 1);
		EQ_BYTES(matches.list[0].path, BYTES_OF("two.js"));
		EQ_INT(matches.list[0].kind, PRINT_PAIR);
		OK(matches.list[0].share_ppm > 900000);
		OK(matches.list[0].log10_chance_milli < -9000);
		OK(matches.list[0].here.at_bytes > 1000);
		EQ_U64(matches.list[0].there.first_line, 1);
	}
	room_fini(&room);
}

TEST(register_names_the_lines_of_a_partial_copy)
{
	struct room room;
	AUTO(buf_free)
	struct buf ours = BUF_INIT(1 << 20);
	AUTO(buf_free)
	struct buf found = BUF_INIT(1 << 20);

	room_init(&room);
	for (unsigned i = 0; i < 60; i++)
		(void)buf_printf(&ours, "total%u = weigh(branch%u, leaf%u) + margin%u;\n", i, i * 7,
				 i * 11, i * 13);
	put_file(&room, "weights.c", buf_bytes(&ours));
	EQ_INT(add(&room, "core", ASSET_SOURCE, room.tree, NULL), 0);
	for (unsigned i = 0; i < 30; i++)
		(void)buf_printf(&found, "other%u(thing%u);\n", i, i * 3);
	for (unsigned i = 20; i < 32; i++) /* twelve lines of ours, 21..32 there, 31..42 here */
		(void)buf_printf(&found, "total%u = weigh(branch%u, leaf%u) + margin%u;\n", i,
				 i * 7, i * 11, i * 13);
	{
		AUTO(register_close)
		struct register_db *db = NULL;
		AUTO(register_search_free)
		struct register_search *search = NULL;
		struct register_matches matches;

		EQ_INT(register_open(&db, room.db, NULL), 0);
		matches = matches_of(&search, db, buf_bytes(&found), "copy.c");
		NEED(matches.count == 1);
		EQ_INT(matches.list[0].kind, PRINT_TEXT);
		OK(matches.list[0].there.first_line >= 21 && matches.list[0].there.last_line <= 32);
		OK(matches.list[0].here.first_line >= 31 && matches.list[0].here.last_line <= 42);
		OK(matches.list[0].there.last_line - matches.list[0].there.first_line >= 5);
	}
	room_fini(&room);
}

TEST(register_public_code_accuses_nobody)
{
	struct room room;
	char vendored[160];

	room_init(&room);
	put_module(&room, "own.js", 1);
	put_module(&room, "vendored.js", 2);
	EQ_INT(add(&room, "product", ASSET_SOURCE, room.tree, NULL), 0);
	(void)snprintf(vendored, sizeof(vendored), "%s/vendored.js", room.tree);
	EQ_INT(add(&room, "library", ASSET_PUBLIC, vendored, NULL), 0);
	{
		AUTO(register_close)
		struct register_db *db = NULL;
		AUTO(register_search_free)
		struct register_search *first = NULL;
		AUTO(register_search_free)
		struct register_search *second = NULL;
		AUTO(buf_free)
		struct buf text = BUF_INIT(1 << 20);

		EQ_INT(register_open(&db, room.db, NULL), 0);
		make_module(&text, 2, true);
		EQ_U64(matches_of(&first, db, buf_bytes(&text), "b.js").count, 0);
		make_module(&text, 1, true);
		EQ_U64(matches_of(&second, db, buf_bytes(&text), "b.js").count, 1);
		buf_reset(&text);
		make_module(&text, 2, false);
		OK(register_is_public_content(db, hash_fast(buf_bytes(&text))));
		OK(!register_is_public_content(db, 12345));
	}
	room_fini(&room);
}

TEST(register_add_update_and_remove_answer_what_they_did)
{
	struct room room;
	struct register_report report;
	struct fault fault = FAULT_INIT;

	room_init(&room);
	EQ_INT(add(&room, "core", ASSET_SOURCE, room.tree, &fault), REGISTER_NOTHING);
	put_module(&room, "one.js", 1);
	EQ_INT(add(&room, "core", ASSET_SOURCE, room.tree, NULL), 0);
	EQ_INT(add(&room, "core", ASSET_SOURCE, room.tree, NULL), REGISTER_EXISTS);
	EQ_INT(add(&room, "gone", ASSET_SOURCE, "/nonexistent", &fault), FAULT_IO);
	HAS_STR(fault.text, "/nonexistent");
	put_module(&room, "two.js", 2);
	EQ_INT(register_update(room.db, "core", 1, 1774915200, NULL, &report, NULL), 0);
	EQ_U64(report.files, 2);
	EQ_INT(register_update(room.db, "nobody", 1, 1774915200, NULL, &report, NULL),
	       REGISTER_UNKNOWN);
	EQ_INT(register_remove(room.db, "nobody", NULL), REGISTER_UNKNOWN);
	EQ_INT(register_remove(room.db, "core", NULL), 0);
	{
		AUTO(register_close)
		struct register_db *db = NULL;

		EQ_INT(register_open(&db, room.db, NULL), 0);
		OK(register_is_empty(db));
	}
	room_fini(&room);
}

/* Of the last add or update; what is removed makes nothing newer.  The digest tells any two apart. */
TEST(register_knows_the_date_of_its_newest_entry)
{
	struct room room;
	struct register_report report;
	uint8_t digests[4][SEGMENT_DIGEST_BYTES];
	static const int64_t dates[4] = {1774828800, 1774828800, 1774915200, 1774915200};

	room_init(&room);
	put_module(&room, "one.js", 1);
	for (size_t i = 0; i < 4; i++) {
		AUTO(register_close)
		struct register_db *db = NULL;
		int64_t date;

		if (i < 2)
			EQ_INT(add(&room, i == 0 ? "core" : "more", ASSET_SOURCE, room.tree, NULL),
			       0);
		else if (i == 2)
			EQ_INT(register_update(room.db, "core", 1, dates[2], NULL, &report, NULL),
			       0);
		else
			EQ_INT(register_remove(room.db, "more", NULL), 0);
		EQ_INT(register_open(&db, room.db, NULL), 0);
		EQ_INT(register_identity(db, digests[i], &date, NULL), 0);
		EQ_INT(date, dates[i]);
		for (size_t n = 0; n < i; n++)
			OK(memcmp(digests[n], digests[i], sizeof(digests[i])) != 0);
	}
	room_fini(&room);
}

/* Twelve assets make fewer segments, and every one is still found by name and by content. */
TEST(register_merges_segments_and_loses_nothing)
{
	struct room room;
	char name[32], path[160];

	room_init(&room);
	for (unsigned i = 0; i < 12; i++) {
		(void)snprintf(name, sizeof(name), "m%u.js", i);
		put_module(&room, name, 10 + i);
		(void)snprintf(path, sizeof(path), "%s/%s", room.tree, name);
		(void)snprintf(name, sizeof(name), "asset-%02u", i);
		EQ_INT(add(&room, name, ASSET_SOURCE, path, NULL), 0);
		if (i == 5)
			EQ_INT(register_remove(room.db, "asset-03", NULL), 0);
	}
	{
		AUTO(register_close)
		struct register_db *db = NULL;
		size_t count;
		const struct register_asset *assets;

		EQ_INT(register_open(&db, room.db, NULL), 0);
		EQ_INT(register_verify(db, NULL), 0);
		assets = register_assets(db, &count);
		EQ_U64(count, 11);
		for (unsigned i = 0; i < 12; i++) {
			AUTO(register_search_free)
			struct register_search *search = NULL;
			AUTO(buf_free)
			struct buf text = BUF_INIT(1 << 20);
			struct register_matches matches;

			make_module(&text, 10 + i, true);
			matches = matches_of(&search, db, buf_bytes(&text), "b.js");
			EQ_U64(matches.count, i == 3 ? 0 : 1);
			(void)snprintf(name, sizeof(name), "asset-%02u", i);
			if (matches.count == 1)
				EQ_STR(assets[matches.list[0].asset].facts.name, name);
		}
	}
	room_fini(&room);
}

/* Open, look everything up, verify: a damaged register must say so or answer as if it were whole. */
static int
use(const struct room *room, struct bytes text, struct fault *fault)
{
	AUTO(register_close)
	struct register_db *db = NULL;
	AUTO(register_search_free)
	struct register_search *search = NULL;
	struct register_matches matches;
	int r = register_open(&db, room->db, fault);

	if (r == 0)
		r = register_search_new(&search, db, fault);
	if (r == 0)
		r = register_search_text(search, text, 0, 0, language_of(BYTES_OF("x.js"), text),
					 fault);
	if (r == 0)
		r = register_search_end(search, NULL, text.left, &matches, fault);
	if (r == 0 && matches.count != 1)
		FAIL("a damaged register answers wrongly");
	return r == 0 ? register_verify(db, fault) : r;
}

static void
flip_every_byte(const struct room *room, const char *file, struct bytes text)
{
	AUTO(buf_free)
	struct buf whole = BUF_INIT(1 << 24);
	AUTO(own_close)
	int fd = -1;
	char path[192];
	size_t quiet = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", room->db, file);
	NEED(file_read_all(path, &whole, NULL) == 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	NEED(fd >= 0);
	for (size_t i = 0; i < whole.used; i++) {
		struct fault fault = FAULT_INIT;
		uint8_t flipped = whole.at[i] ^ (uint8_t)(1 << i % 8);
		int r;

		OK(pwrite(fd, &flipped, 1, (off_t)i) == 1);
		r = use(room, text, &fault);
		quiet += r == 0;
		if (r != 0 && r != FAULT_TAMPER && r != FAULT_FORMAT)
			FAIL("byte %zu: %d %s", i, r, fault.text);
		if (r != 0)
			HAS_STR(fault.text, "register");
		OK(pwrite(fd, &whole.at[i], 1, (off_t)i) == 1);
	}
	EQ_U64(quiet, 0);
	/* cut short at every hundredth byte */
	for (size_t length = 0; length < whole.used; length += 101) {
		EQ_INT(file_write_all(path, bytes_make(whole.at, length), 0600, NULL), 0);
		OK(use(room, text, NULL) < 0);
	}
	EQ_INT(file_write_all(path, buf_bytes(&whole), 0600, NULL), 0);
	EQ_INT(use(room, text, NULL), 0);
}

TEST(register_tells_every_flipped_byte_and_every_cut)
{
	struct room room;
	AUTO(buf_free)
	struct buf text = BUF_INIT(1 << 20);

	room_init(&room);
	put_module(&room, "one.js", 1);
	EQ_INT(add(&room, "core", ASSET_SOURCE, room.tree, NULL), 0);
	make_module(&text, 1, true);
	EQ_INT(use(&room, buf_bytes(&text), NULL), 0);
	flip_every_byte(&room, "manifest", buf_bytes(&text));
	flip_every_byte(&room, "seg-000001.swr", buf_bytes(&text));
	room_fini(&room);
}

TEST(register_tells_a_swapped_segment)
{
	struct room room;
	struct fault fault = FAULT_INIT;
	AUTO(register_close)
	struct register_db *db = NULL;
	char from[192], to[192];

	room_init(&room);
	put_module(&room, "one.js", 1);
	EQ_INT(add(&room, "core", ASSET_SOURCE, room.tree, NULL), 0);
	(void)snprintf(from, sizeof(from), "%s/seg-000001.swr", room.db);
	(void)snprintf(to, sizeof(to), "%s/kept", room.path);
	OK(link(from, to) == 0);
	EQ_INT(register_remove(room.db, "core", NULL), 0);
	put_module(&room, "two.js", 2);
	EQ_INT(add(&room, "core", ASSET_SOURCE, room.tree, NULL), 0);
	(void)snprintf(from, sizeof(from), "%s/seg-000002.swr", room.db);
	OK(rename(to, from) == 0);
	EQ_INT(register_open(&db, room.db, &fault), FAULT_TAMPER);
	HAS_STR(fault.text, "seg-000002.swr");
	room_fini(&room);
}

/* Overwrite bytes of the header of a segment and make its checksum right again. */
static void
forge_header(const struct room *room, const char *segment, size_t at, uint8_t value)
{
	AUTO(buf_free)
	struct buf whole = BUF_INIT(1 << 24);
	char path[192];
	uint64_t sum;

	(void)snprintf(path, sizeof(path), "%s/%s", room->db, segment);
	EQ_INT(file_read_all(path, &whole, NULL), 0);
	whole.at[at] = value;
	sum = hash_fast(bytes_make(whole.at, 248));
	for (size_t i = 0; i < 8; i++)
		whole.at[248 + i] = (uint8_t)(sum >> 8 * i);
	EQ_INT(file_write_all(path, buf_bytes(&whole), 0600, NULL), 0);
}

TEST(register_of_another_version_is_told_from_damage_and_can_be_written_anew)
{
	/* the version of the format, of the fingerprints, and a layout by other rules */
	static const struct {
		size_t at;
		uint8_t value;
	} others[] = {{8, 1}, {12, 99}, {59, 4}};

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct room room;
		struct register_report report;
		struct fault fault = FAULT_INIT;
		AUTO(buf_free)
		struct buf text = BUF_INIT(1 << 20);
		AUTO(register_close)
		struct register_db *db = NULL;
		char one[192], two[192];

		room_init(&room);
		put_module(&room, "one.js", 1);
		put_module(&room, "two.js", 2);
		(void)snprintf(one, sizeof(one), "%s/one.js", room.tree);
		(void)snprintf(two, sizeof(two), "%s/two.js", room.tree);
		EQ_INT(add(&room, "core", ASSET_SOURCE, one, NULL), 0);
		EQ_INT(add(&room, "more", ASSET_PUBLIC, two, NULL), 0);
		/* a digest that differs would say more of one that was swapped */
		forge_header(&room, "seg-000002.swr", others[i].at, others[i].value);
		EQ_INT(register_open(&db, room.db, &fault),
		       others[i].at == 12 ? FAULT_TAMPER : FAULT_FORMAT);
		if (others[i].at != 12)
			HAS_STR(fault.text, "another version of stopwater: register it again with "
					    "'stopwater protect update'");
		EQ_INT(register_update_all(room.db, 1, 1774915200, NULL, &report, &fault), 0);
		EQ_U64(report.files, 2);
		EQ_INT(register_open(&db, room.db, NULL), 0);
		EQ_INT(register_verify(db, NULL), 0);
		register_close(&db);
		make_module(&text, 1, true);
		EQ_INT(use(&room, buf_bytes(&text), NULL), 0);
		EQ_INT(unlink(two), 0);
		EQ_INT(register_update_all(room.db, 1, 1774915200, NULL, &report, &fault),
		       FAULT_IO);
		HAS_STR(fault.text, "asset 'more'");
		room_fini(&room);
	}
}

/* A writer that is killed at any moment leaves the register as it was or as it was to be. */
TEST(register_survives_a_writer_killed_at_any_moment)
{
	struct room room;
	char path[160];
	AUTO(buf_free)
	struct buf text = BUF_INIT(1 << 20);

	room_init(&room);
	put_module(&room, "one.js", 1);
	(void)snprintf(path, sizeof(path), "%s/one.js", room.tree);
	EQ_INT(add(&room, "core", ASSET_SOURCE, path, NULL), 0);
	for (unsigned i = 0; i < 40; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "n%u.js", i);
		put_module(&room, name, 100 + i);
	}
	make_module(&text, 1, true);
	for (unsigned wait_us = 0; wait_us < 30000; wait_us += 700) {
		pid_t child = fork();

		if (child == 0) {
			(void)add(&room, "more", ASSET_SOURCE, room.tree, NULL);
			_exit(0);
		}
		(void)usleep(wait_us);
		(void)kill(child, SIGKILL);
		(void)waitpid(child, NULL, 0);
		{
			AUTO(register_close)
			struct register_db *db = NULL;
			AUTO(register_search_free)
			struct register_search *search = NULL;
			struct fault fault = FAULT_INIT;
			int r = register_open(&db, room.db, &fault);

			if (r != 0) {
				FAIL("after %u us: %s", wait_us, fault.text);
				break;
			}
			EQ_INT(register_verify(db, NULL), 0);
			OK(matches_of(&search, db, buf_bytes(&text), "b.js").count >= 1);
		}
		(void)register_remove(room.db, "more", NULL);
	}
	room_fini(&room);
}

TEST(register_needs_memory_and_says_so)
{
	struct room room;
	AUTO(buf_free)
	struct buf text = BUF_INIT(1 << 20);

	room_init(&room);
	put_module(&room, "one.js", 1);
	EQ_INT(add(&room, "core", ASSET_SOURCE, room.tree, NULL), 0);
	make_module(&text, 1, true);
	EACH_FAILED_ALLOC
	{
		int r = use(&room, buf_bytes(&text), NULL);

		EQ_INT(r, tap_alloc_refused() ? FAULT_MEMORY : 0);
	}
	room_fini(&room);
}
