/*
 * tap.c - runs the registered tests and speaks the Test Anything Protocol
 *
 * Knows: TAP 12, how to print a difference, which allocation to refuse.
 * Does not know: what is tested.
 */
#include "tap.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_BYTES_MAX 400

static struct {
	struct tap_test *first, **end;
	bool failed; /* the test that runs */
	const char *skipped;
} tap = {.end = &tap.first};

/* Allocations until the one to refuse; 0: none.  Atomic: code under test may have threads. */
static _Atomic uint64_t alloc_countdown;
static atomic_bool alloc_refused;

void
tap_register(struct tap_test *test)
{
	*tap.end = test;
	tap.end = &test->next;
}

void
tap_note(const char *format, ...)
{
	va_list args;

	(void)fputs("# ", stdout);
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
}

static void
fail_at(const char *file, int line, const char *what)
{
	tap.failed = true;
	tap_note("%s:%d: %s", file, line, what);
}

void
tap_fail(const char *file, int line, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fail_at(file, line, text);
}

void
tap_skip(const char *reason)
{
	tap.skipped = reason;
}

bool
tap_ok(const char *file, int line, const char *what, bool held)
{
	if (!held)
		fail_at(file, line, what);
	return held;
}

bool
tap_eq_int(const char *file, int line, const char *what, long long got, long long want)
{
	if (got == want)
		return true;
	fail_at(file, line, what);
	tap_note("   got %lld", got);
	tap_note("  want %lld", want);
	return false;
}

bool
tap_eq_u64(const char *file, int line, const char *what, uint64_t got, uint64_t want)
{
	if (got == want)
		return true;
	fail_at(file, line, what);
	tap_note("   got %" PRIu64 " (0x%" PRIx64 ")", got, got);
	tap_note("  want %" PRIu64 " (0x%" PRIx64 ")", want, want);
	return false;
}

/* Everything that is not plain ASCII as \xNN, so that no difference hides. */
static void
show(const char *label, struct bytes in)
{
	size_t count = in.left < SHOWN_BYTES_MAX ? in.left : SHOWN_BYTES_MAX;

	(void)printf("#  %s \"", label);
	for (size_t i = 0; i < count; i++) {
		uint8_t c = in.at[i];

		if (c == '\n')
			(void)fputs("\\n", stdout);
		else if (c < 0x20 || c > 0x7e || c == '\\' || c == '"')
			(void)printf("\\x%02x", c);
		else
			(void)putchar(c);
	}
	(void)printf("\"%s (%zu bytes)\n", count < in.left ? "..." : "", in.left);
}

bool
tap_eq_bytes(const char *file, int line, const char *what, struct bytes got, struct bytes want)
{
	size_t same = 0;

	if (bytes_equal(got, want))
		return true;
	fail_at(file, line, what);
	show(" got", got);
	show("want", want);
	while (same < got.left && same < want.left && got.at[same] == want.at[same])
		same++;
	tap_note("  first difference at byte %zu", same);
	return false;
}

bool
tap_eq_str(const char *file, int line, const char *what, const char *got, const char *want)
{
	if (got != NULL && want != NULL)
		return tap_eq_bytes(file, line, what, bytes_text(got), bytes_text(want));
	if (got == want)
		return true;
	fail_at(file, line, what);
	tap_note("   got %s", got == NULL ? "NULL" : got);
	tap_note("  want %s", want == NULL ? "NULL" : want);
	return false;
}

bool
tap_has_str(const char *file, int line, const char *what, const char *got, const char *part)
{
	if (got != NULL && strstr(got, part) != NULL)
		return true;
	fail_at(file, line, what);
	show(" got", bytes_text(got == NULL ? "(NULL)" : got));
	show("with", bytes_text(part));
	return false;
}

const char *
tap_data(const char *below_tests)
{
	static char path[4096];
	const char *tests = getenv("TESTS_DIR");

	(void)snprintf(path, sizeof(path), "%s/%s", tests == NULL ? "tests" : tests, below_tests);
	return path;
}

void
tap_fail_alloc_at(uint64_t n)
{
	atomic_store(&alloc_refused, false);
	atomic_store(&alloc_countdown, n);
}

bool
tap_alloc_refused(void)
{
	return atomic_load(&alloc_refused);
}

bool
tap_fail_alloc_next(uint64_t n)
{
	if (n > 1 && !tap_alloc_refused()) {
		tap_fail_alloc_at(0);
		return false;
	}
	tap_fail_alloc_at(n);
	return true;
}

/* The linker sends the allocations of everything linked statically here (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
int __real_posix_memalign(void **out, size_t align, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
int __wrap_posix_memalign(void **out, size_t align, size_t size);
char *__wrap_strdup(const char *text);

static bool
refuse(void)
{
	uint64_t left = atomic_load(&alloc_countdown);

	while (left > 0 && !atomic_compare_exchange_weak(&alloc_countdown, &left, left - 1))
		;
	if (left == 1)
		atomic_store(&alloc_refused, true);
	return left == 1;
}

void *
__wrap_malloc(size_t size)
{
	return refuse() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return refuse() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *at, size_t size)
{
	return refuse() ? NULL : __real_realloc(at, size);
}

int
__wrap_posix_memalign(void **out, size_t align, size_t size)
{
	return refuse() ? 12 /* ENOMEM */ : __real_posix_memalign(out, align, size);
}

char *
__wrap_strdup(const char *text)
{
	return refuse() ? NULL : __real_strdup(text);
}

int
main(int argc, char **argv)
{
	unsigned count = 0, failures = 0;

	for (struct tap_test *test = tap.first; test != NULL; test = test->next)
		if (argc < 2 || strstr(test->name, argv[1]) != NULL)
			count++;
	(void)printf("1..%u\n", count);
	count = 0;
	for (struct tap_test *test = tap.first; test != NULL; test = test->next) {
		if (argc >= 2 && strstr(test->name, argv[1]) == NULL)
			continue;
		tap.failed = false;
		tap.skipped = NULL;
		test->run();
		tap_fail_alloc_at(0);
		failures += tap.failed;
		(void)printf("%s %u - %s%s%s\n", tap.failed ? "not ok" : "ok", ++count, test->name,
			     tap.skipped != NULL ? " # SKIP " : "",
			     tap.skipped != NULL ? tap.skipped : "");
		(void)fflush(stdout); /* so that a crash in the next one shows where */
	}
	return failures == 0 ? 0 : 1;
}
