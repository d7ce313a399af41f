/*
 * tap.h - tests that are named by the sentence they prove
 *
 *	TEST(buf_append_past_the_maximum_adds_nothing)
 *	{
 *		EQ_INT(buf_append(&b, "12345", 5), FAULT_LIMIT);
 *		EQ_U64(b.used, 0);
 *	}
 *
 * A TEST registers itself; main() is in tap.c and prints TAP on stdout.  A check that fails prints
 * both values with file and line, fails its test, and the test goes on; NEED() leaves the test, for
 * when what follows would crash.  `test_base buf_` runs the tests whose name holds "buf_".
 *
 * Allocations of the program under test (not of shared libraries) can be made to fail:
 *
 *	EACH_FAILED_ALLOC {		body runs with allocation 1, 2, 3... refused, and in the end
 *		...			once with none refused (tap_alloc_refused() is false then)
 *	}
 */
#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct tap_test {
	const char *name;
	void (*run)(void);
	struct tap_test *next;
};

void tap_register(struct tap_test *test);

#define TEST(sentence)                                                                             \
	static void sentence(void);                                                                \
	static struct tap_test tap_##sentence = {#sentence, sentence, NULL};                       \
	__attribute__((constructor)) static void tap_register_##sentence(void)                     \
	{                                                                                          \
		tap_register(&tap_##sentence);                                                     \
	}                                                                                          \
	static void sentence(void)

/* Each evaluates its arguments once and answers whether the check held. */
#define EQ_INT(got, want)   tap_eq_int(__FILE__, __LINE__, #got, (got), (want))
#define EQ_U64(got, want)   tap_eq_u64(__FILE__, __LINE__, #got, (got), (want))
#define EQ_STR(got, want)   tap_eq_str(__FILE__, __LINE__, #got, (got), (want))
#define EQ_BYTES(got, want) tap_eq_bytes(__FILE__, __LINE__, #got, (got), (want)) /* struct bytes */
#define HAS_STR(got, part)  tap_has_str(__FILE__, __LINE__, #got, (got), (part))
#define OK(condition)       tap_ok(__FILE__, __LINE__, #condition, (condition))
#define FAIL(...)           tap_fail(__FILE__, __LINE__, __VA_ARGS__)
#define NEED(condition)                                                                            \
	do {                                                                                       \
		if (!OK(condition))                                                                \
			return;                                                                    \
	} while (0)
#define SKIP(reason)                                                                               \
	do {                                                                                       \
		tap_skip(reason);                                                                  \
		return;                                                                            \
	} while (0)

bool tap_eq_int(const char *file, int line, const char *what, long long got, long long want);
bool tap_eq_u64(const char *file, int line, const char *what, uint64_t got, uint64_t want);
bool tap_eq_str(const char *file, int line, const char *what, const char *got, const char *want);
bool tap_eq_bytes(const char *file, int line, const char *what, struct bytes got,
		  struct bytes want);
bool tap_has_str(const char *file, int line, const char *what, const char *got, const char *part);
bool tap_ok(const char *file, int line, const char *what, bool held);
void tap_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void tap_skip(const char *reason);

/* A line of diagnostics, "# " in front. */
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Refuse the n-th allocation from here on (1: the next one), once.  0: refuse none. */
void tap_fail_alloc_at(uint64_t n);

/* Was it refused? */
bool tap_alloc_refused(void);

bool tap_fail_alloc_next(uint64_t n);
#define EACH_FAILED_ALLOC for (uint64_t tap_n_ = 1; tap_fail_alloc_next(tap_n_); tap_n_++)

/* tests/, for test data: tap_data("data/map.json") is an absolute path, valid until the next call. */
const char *tap_data(const char *below_tests);

#endif
