/*
 * coverage.c - account of every input byte
 *
 * Knows: the sum that must hold.  Does not know: why a byte was not examined.
 */
#include "intake/coverage.h"

#include <stdlib.h>
#include <string.h>

/* All rows are kept until the end and then sorted, so that which 1,000 are shown does not depend
 * on threads; past this many only the count goes on. */
#define COVERAGE_KEPT_MAX 200000

void
coverage_init(struct coverage *coverage)
{
	*coverage = (struct coverage){.arena = ARENA_INIT((size_t)256 << 20)};
	(void)pthread_mutex_init(&coverage->lock, NULL);
}

void
coverage_free(struct coverage *coverage)
{
	arena_free(&coverage->arena);
	free(coverage->skipped.list);
	free(coverage->not_examined.list);
	free(coverage->scope.list);
	coverage->skipped.list = coverage->not_examined.list = coverage->scope.list = NULL;
	(void)pthread_mutex_destroy(&coverage->lock);
}

void
coverage_input(struct coverage *coverage, uint64_t bytes)
{
	(void)pthread_mutex_lock(&coverage->lock);
	coverage->input_bytes += bytes;
	(void)pthread_mutex_unlock(&coverage->lock);
}

void
coverage_blob(struct coverage *coverage, uint64_t bytes)
{
	(void)pthread_mutex_lock(&coverage->lock);
	coverage->blobs++;
	coverage->unpacked_bytes += bytes;
	coverage->examined_bytes += bytes;
	(void)pthread_mutex_unlock(&coverage->lock);
}

int
coverage_row_add(struct coverage *coverage, struct coverage_rows *rows,
		 const struct coverage_row *row, struct fault *fault)
{
	struct coverage_row copy = *row;

	if (rows->count >= COVERAGE_KEPT_MAX) {
		rows->left_out += row->count;
		return 0;
	}
	if (rows->count == rows->room) {
		size_t room = rows->room == 0 ? 16 : rows->room * 2;
		struct coverage_row *list = reallocarray(rows->list, room, sizeof(*list));

		if (list == NULL)
			return fault_memory(fault);
		rows->list = list;
		rows->room = room;
	}
	copy.path = arena_text(&coverage->arena, row->path);
	copy.reason = arena_text(&coverage->arena, row->reason);
	if (copy.path == NULL || copy.reason == NULL)
		return fault_memory(fault);
	rows->list[rows->count++] = copy;
	return 0;
}

int
coverage_not_examined(struct coverage *coverage, const char *path, const char *reason,
		      uint64_t at_bytes, uint64_t bytes, bool accounted, struct fault *fault)
{
	struct coverage_row row = {path, reason, at_bytes, bytes, 1};
	int r;

	(void)pthread_mutex_lock(&coverage->lock);
	if (bytes != COVERAGE_BYTES_UNKNOWN) {
		if (accounted && bytes > coverage->examined_bytes)
			bytes = coverage->examined_bytes;
		if (accounted)
			coverage->examined_bytes -= bytes;
		else
			coverage->unpacked_bytes += bytes;
		coverage->not_examined_bytes += bytes;
	}
	r = coverage_row_add(coverage, &coverage->not_examined, &row, fault);
	(void)pthread_mutex_unlock(&coverage->lock);
	return r;
}

int
coverage_skipped(struct coverage *coverage, const char *path, const char *reason, uint64_t bytes,
		 struct fault *fault)
{
	struct coverage_row row = {path, reason, 0, bytes, 1};
	int r;

	(void)pthread_mutex_lock(&coverage->lock);
	if (bytes != COVERAGE_BYTES_UNKNOWN) {
		coverage->unpacked_bytes += bytes;
		coverage->skipped_bytes += bytes;
	}
	r = coverage_row_add(coverage, &coverage->skipped, &row, fault);
	(void)pthread_mutex_unlock(&coverage->lock);
	return r;
}

int
coverage_merge(struct coverage *to, const struct coverage *from, struct fault *fault)
{
	int r = 0;

	(void)pthread_mutex_lock(&to->lock);
	to->blobs += from->blobs;
	to->input_bytes += from->input_bytes;
	to->unpacked_bytes += from->unpacked_bytes;
	to->examined_bytes += from->examined_bytes;
	to->skipped_bytes += from->skipped_bytes;
	to->not_examined_bytes += from->not_examined_bytes;
	to->skipped.left_out += from->skipped.left_out;
	to->not_examined.left_out += from->not_examined.left_out;
	for (size_t i = 0; r == 0 && i < from->skipped.count; i++)
		r = coverage_row_add(to, &to->skipped, &from->skipped.list[i], fault);
	for (size_t i = 0; r == 0 && i < from->scope.count; i++)
		r = coverage_row_add(to, &to->scope, &from->scope.list[i], fault);
	for (size_t i = 0; r == 0 && i < from->not_examined.count; i++)
		r = coverage_row_add(to, &to->not_examined, &from->not_examined.list[i], fault);
	(void)pthread_mutex_unlock(&to->lock);
	return r;
}

/* Does the run's budget say so?  Depth and member are limits of the thing itself. */
static bool
is_limit_of_run(const char *reason)
{
	static const char *const ends[] = {"(--limit entries=N)", "(--limit bytes=N)",
					   "(--limit ratio=N)", "(--limit seconds=N)"};
	const char *at = strstr(reason, "(--limit ");

	for (size_t i = 0; at != NULL && i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strcmp(at, ends[i]) == 0)
			return true;
	return false;
}

static size_t
depth_of(const char *path)
{
	size_t depth = 0;

	while ((path = strstr(path, "!/")) != NULL) {
		depth++;
		path += 2;
	}
	return depth;
}

static int compare(const void *left, const void *right);

static void
fold(struct coverage_row *into, const struct coverage_row *row)
{
	uint64_t count = into->count + row->count, bytes = COVERAGE_BYTES_UNKNOWN;
	size_t a = depth_of(into->path), b = depth_of(row->path);

	if (into->bytes != COVERAGE_BYTES_UNKNOWN && row->bytes != COVERAGE_BYTES_UNKNOWN)
		bytes = into->bytes + row->bytes;
	if (b > a || (b == a && compare(row, into) < 0))
		*into = *row;
	into->count = count;
	into->bytes = bytes;
}

/* Each limit has one sentence in a run, so there are few: the rest stays as it is. */
#define FOLDS_MAX 16

void
coverage_fold_limits(struct coverage *coverage)
{
	struct coverage_rows *rows = &coverage->not_examined;
	size_t folds[FOLDS_MAX], folds_count = 0, kept = 0;

	for (size_t i = 0; i < rows->count; i++) {
		bool limit = is_limit_of_run(rows->list[i].reason);
		size_t f = 0;

		while (limit && f < folds_count &&
		       strcmp(rows->list[folds[f]].reason, rows->list[i].reason) != 0)
			f++;
		if (limit && f < folds_count) {
			fold(&rows->list[folds[f]], &rows->list[i]);
			continue;
		}
		if (limit && folds_count < FOLDS_MAX)
			folds[folds_count++] = kept;
		rows->list[kept++] = rows->list[i];
	}
	rows->count = kept;
}

static int
compare(const void *left, const void *right)
{
	const struct coverage_row *a = left, *b = right;
	int r = strcmp(a->path, b->path);

	if (r == 0)
		r = (a->at_bytes > b->at_bytes) - (a->at_bytes < b->at_bytes);
	return r != 0 ? r : strcmp(a->reason, b->reason);
}

static void
finish_rows(struct coverage_rows *rows)
{
	if (rows->count > 1)
		qsort(rows->list, rows->count, sizeof(*rows->list), compare);
	if (rows->count > COVERAGE_ROWS_MAX) {
		rows->left_out += rows->count - COVERAGE_ROWS_MAX;
		rows->count = COVERAGE_ROWS_MAX;
	}
}

void
coverage_finish(struct coverage *coverage)
{
	finish_rows(&coverage->skipped);
	finish_rows(&coverage->not_examined);
	finish_rows(&coverage->scope);
}
