/*
 * build.h - files -> the parts of a segment; for add.c
 */
#ifndef REGISTER_BUILD_H
#define REGISTER_BUILD_H

#include "base/buf.h"
#include "register/register.h"
#include "register/segment.h"
#include "register/walk.h"

/* The parts of a segment with the memory behind them. */
struct build {
	struct segment_parts parts;
	size_t entries_room, assets_room, files_room, spans_room, parts_room;
	struct buf paths;
};

void build_init(struct build *build);
void build_free(struct build *build);

/* Fingerprint the files of one asset and append it. 0, REGISTER_NOTHING, or a fault. */
int build_asset(struct build *build, const struct register_add *add, const struct walk *walk,
		struct register_report *report, struct fault *fault);

/* Append the assets of a segment for which keep[index]; *first is the index of the first of them
 * in `build`, and the others follow in order. */
int build_segment(struct build *build, const struct segment *segment, const bool *keep,
		  struct fault *fault);

/* Sort the entries by key: after the last append, before segment_write(). */
int build_finish(struct build *build, struct fault *fault);

#endif
