/*
 * detect.c - how fast each detector is, and what it says about real packages
 *
 *	bench_detect speed FILE...	MB/s on each file, and on generated text with nothing in it,
 *					beside memchr() for a newline in the same run
 *	bench_detect survey FOLDER...	every FOLDER is an unpacked package: one line a finding
 *
 * Knows: the detectors of the table.  Does not know: containers; survey wants files unpacked.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "detect/codeword_set.h"
#include "detect/table.h"
#include "kit/detect_kit.h"
#include "seal/hash.h"
#include "unpack/sniff.h"

#define TEXT_BYTES ((size_t)64 << 20)
#define REPEATS    3

static double
now_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static enum blob_kind
kind_of(struct bytes content)
{
	return sniff(bytes_slice(content, 0, SNIFF_BYTES), content.left <= SNIFF_BYTES);
}

/* Map a file; empty when it cannot be. */
static struct bytes
map_file(const char *path)
{
	AUTO(own_close)
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *at;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return bytes_make(NULL, 0);
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	return at == MAP_FAILED ? bytes_make(NULL, 0) : bytes_make(at, (size_t)st.st_size);
}

static void
unmap(struct bytes content)
{
	if (content.left > 0)
		(void)munmap((void *)(uintptr_t)content.at, content.left);
}

static volatile size_t newlines;

static double
newline_rate(struct bytes content)
{
	double best = 0;

	for (int i = 0; i < REPEATS; i++) {
		double start = now_seconds(), rate;
		const uint8_t *p = content.at, *end = p + content.left;
		size_t count = 0;

		while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
			count++;
			p++;
		}
		newlines += count;
		rate = (double)content.left / 1e6 / (now_seconds() - start);
		best = rate > best ? rate : best;
	}
	return best;
}

/* SHA-256 of the kit is not the detector's cost: it is measured alone and taken off. */
static double
digest_seconds(struct bytes content)
{
	double best = 1e9;

	for (int i = 0; i < REPEATS; i++) {
		uint8_t digest[32];
		double start = now_seconds();

		(void)hash_sha256(content, digest, NULL);
		if (now_seconds() - start < best)
			best = now_seconds() - start;
	}
	return best;
}

/* A thousand invented words, for a scan with an owner's list. */
static struct codewords *
make_words(void)
{
	static const uint8_t key[CODEWORDS_KEY_BYTES] = "measured, not secret";
	struct codewords *set = NULL;

	if (codewords_new(&set, key, NULL) < 0)
		return NULL;
	for (unsigned i = 0; i < 1000; i++) {
		char word[32];

		(void)snprintf(word, sizeof(word), "Heron-%c%c%c-%u", 'a' + i % 26,
			       'a' + i / 26 % 26, 'q', i);
		(void)codewords_add(set, bytes_text(word), NULL);
	}
	return set;
}

static double
detector_rate(const struct detector *detector, const struct codewords *words, const char *name,
	      struct bytes content)
{
	double digest = digest_seconds(content), best = 1e9;

	for (int i = 0; i < REPEATS; i++) {
		AUTO(detect_kit_fini)
		struct detect_kit kit;
		double start;

		detect_kit_init(&kit, detector);
		kit.detect.options.codewords = words;
		start = now_seconds();
		(void)detect_kit_blob(&kit, name, kind_of(content), content);
		(void)detect_kit_end(&kit);
		if (now_seconds() - start < best)
			best = now_seconds() - start;
	}
	best -= digest;
	return (double)content.left / 1e6 / (best > 1e-9 ? best : 1e-9);
}

static void
speed(const char *name, struct bytes content)
{
	AUTO(codewords_free)
	struct codewords *words = make_words();
	double newline = newline_rate(content), rate;

	(void)printf("%-24.24s %8zu kB  newlines %7.0f MB/s\n", name, content.left / 1000, newline);
	for (size_t i = 0; i < detect_table_count; i++) {
		rate = detector_rate(detect_table[i], NULL, name, content);

		(void)printf("    %-20s %9.0f MB/s  %6.2f of newlines\n", detect_table[i]->name,
			     rate, rate / newline);
	}
	rate = detector_rate(&detect_codeword, words, name, content);
	(void)printf("    %-20s %9.0f MB/s  %6.2f of newlines\n", "codeword, 1000 words", rate,
		     rate / newline);
}

/* Words of three to nine letters in lines of ten: nothing for anyone to find. */
static struct bytes
make_text(void)
{
	uint8_t *at = malloc(TEXT_BYTES);
	uint64_t x = 88172645463325252u;
	size_t word = 3;

	for (size_t i = 0, column = 0; at != NULL && i < TEXT_BYTES; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		if (word-- == 0) {
			at[i] = ++column % 10 == 0 ? '\n' : ' ';
			word = 3 + x % 7;
		} else {
			at[i] = (uint8_t)('a' + x % 26);
		}
	}
	return bytes_make(at, at == NULL ? 0 : TEXT_BYTES);
}

static struct {
	struct detect_kit kits[64];
	size_t root_length;
} survey;

static int
visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct bytes content;

	(void)ftw;
	if (type != FTW_F || st->st_size == 0)
		return 0;
	content = map_file(path);
	for (size_t i = 0; i < detect_table_count; i++)
		if (detect_kit_blob(&survey.kits[i], path + survey.root_length, kind_of(content),
				    content) < 0)
			(void)fprintf(stderr, "%s: %s: %s\n", path, detect_table[i]->name,
				      survey.kits[i].fault.text);
	unmap(content);
	return 0;
}

static void
survey_folder(const char *folder)
{
	survey.root_length = strlen(folder) + 1;
	for (size_t i = 0; i < detect_table_count; i++)
		detect_kit_init(&survey.kits[i], detect_table[i]);
	(void)nftw(folder, visit, 16, FTW_PHYS);
	for (size_t i = 0; i < detect_table_count; i++) {
		const struct findings *found = &survey.kits[i].findings;

		(void)detect_kit_end(&survey.kits[i]);
		for (size_t k = 0; k < found->count; k++)
			(void)printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", folder, detect_table[i]->name,
				     found->list[k].rule, severity_name(found->list[k].severity),
				     found->list[k].path, found->list[k].title,
				     found->list[k].why == NULL ? "" : found->list[k].why);
		detect_kit_fini(&survey.kits[i]);
	}
}

int
main(int argc, char *argv[])
{
	if (argc >= 2 && strcmp(argv[1], "survey") == 0) {
		for (int i = 2; i < argc; i++)
			survey_folder(argv[i]);
		return 0;
	}
	if (argc < 2 || strcmp(argv[1], "speed") != 0) {
		(void)fprintf(stderr, "usage: bench_detect speed|survey PATH...\n");
		return 2;
	}
	struct bytes text = make_text();

	speed("(generated text)", text);
	for (int i = 2; i < argc; i++) {
		struct bytes content = map_file(argv[i]);

		if (content.left > 0)
			speed(argv[i], content);
		unmap(content);
	}
	free((void *)(uintptr_t)text.at);
	return 0;
}
