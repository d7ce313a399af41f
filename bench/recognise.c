/*
 * recognise.c - files past a register, one line a match; bench/recognise.py makes tables of it
 *
 *	bench_recognise REGISTER < NAMES
 *
 * NAMES: one path a line.  Out, tab between: the path, "match", asset, file of ours, channel kind,
 * matched, of, share in millionths, 1000 * log10 of the odds, our lines, place here, "near" or "-";
 * and one line "size", bytes, keys asked, keys known for every path.  The name after a tab on the
 * input line, when given, stands for the name of the file (its extension is a hint).
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/file.h"
#include "register/match.h"
#include "seal/hash.h"

static const char *const kinds[PRINT_KIND_COUNT] = {"text",   "token", "pair", "hard",
						    "single", "plain", "exact"};

/* As the detector shows long blobs: windows that overlap. */
#define WINDOW_BYTES ((size_t)1 << 20)
#define MARGIN_BYTES ((size_t)16 << 10)

static int
search_all(struct register_search *search, struct bytes content, const char *name,
	   struct fault *fault)
{
	bool binary = memchr(content.at, 0, content.left < 8192 ? content.left : 8192) != NULL;
	const struct language *language = language_of(bytes_text(name), content);
	size_t at = 0;
	int r = 0;

	while (r == 0 && at < content.left) {
		size_t seen = at < MARGIN_BYTES ? at : MARGIN_BYTES;
		struct bytes window = bytes_slice(content, at - seen, seen + WINDOW_BYTES);

		r = binary ? register_search_strings(search, window, at - seen, seen,
						     PRINT_STRINGS_RUNS, fault)
			   : register_search_text(search, window, at - seen, seen, language, fault);
		at += WINDOW_BYTES;
	}
	return r;
}

static int
one(struct register_search *search, const struct register_db *db, const char *path,
    struct buf *content, struct fault *fault)
{
	struct register_matches matches;
	uint64_t asked, known;
	uint8_t sha256[32];
	size_t count;
	const struct register_asset *assets = register_assets(db, &count);
	int r;

	buf_reset(content);
	register_search_reset(search);
	r = file_read_all(path, content, fault);
	if (r == 0 && content->used > 0)
		r = search_all(search, buf_bytes(content), path, fault);
	if (r == 0)
		r = hash_sha256(buf_bytes(content), sha256, fault);
	if (r == 0)
		r = register_search_end(search, sha256, content->used, &matches, fault);
	if (r < 0)
		return r;
	for (size_t i = 0; i < matches.count; i++) {
		const struct register_match *m = &matches.list[i];

		(void)printf(
		    "%s\tmatch\t%s\t%.*s\t%s\t%u\t%u\t%u\t%d\t%u-%u\t%llu+%llu\t%s\n", path,
		    assets[m->asset].facts.name, (int)m->path.left, (const char *)m->path.at,
		    kinds[m->kind], m->matched, m->of, m->share_ppm, m->log10_chance_milli,
		    m->there.first_line, m->there.last_line, (unsigned long long)m->here.at_bytes,
		    (unsigned long long)m->here.length_bytes, m->by_neighbours ? "near" : "-");
	}
	register_search_counts(search, &asked, &known);
	(void)printf("%s\tsize\t%zu\t%llu\t%llu\n", path, content->used, (unsigned long long)asked,
		     (unsigned long long)known);
	return 0;
}

int
main(int argc, char *argv[])
{
	AUTO(register_close)
	struct register_db *db = NULL;
	AUTO(register_search_free)
	struct register_search *search = NULL;
	AUTO(buf_free)
	struct buf content = BUF_INIT((size_t)1 << 30);
	struct fault fault = FAULT_INIT;
	char line[65536];
	struct timespec from, to;
	double bytes = 0, seconds;
	int r;

	if (argc != 2)
		return 2;
	r = register_open(&db, argv[1], &fault);
	if (r == 0)
		r = register_search_new(&search, db, &fault);
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	while (r == 0 && fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		r = one(search, db, line, &content, &fault);
		bytes += (double)content.used;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	if (r < 0)
		(void)fprintf(stderr, "bench_recognise: %s\n", fault.text);
	(void)fprintf(stderr, "%.1f MB in %.2f s: %.0f MB/s\n", bytes / 1e6, seconds,
		      bytes / 1e6 / seconds);
	return r < 0 ? 3 : 0;
}
