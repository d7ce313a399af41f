/*
 * source_map_read.h - one source map as it streams by: counts, and each original handed on
 *
 *	source_map_read_begin(m);
 *	while (more)
 *		r = source_map_read_feed(m, &piece, fault);
 *	r = source_map_read_end(m, fault);
 *
 * Memory: one original at a time, the names of the sources, and, only when contents come before
 * names, a row for each content.  A reader is used again for the next map of the same blob.
 */
#ifndef DETECT_SOURCE_MAP_READ_H
#define DETECT_SOURCE_MAP_READ_H

#include "base/buf.h"
#include "base/json_push.h"
#include "detect/detect.h"
#include "detect/facts.h"

#define SOURCE_MAP_FRAMES_MAX 4 /* maps inside sections of maps; one is all that the standard has */

struct source_map_example {
	uint32_t rank;
	uint32_t length;   /* 0: none */
	uint8_t name[320]; /* raw; longer names lose their front */
};

/* What all maps of one blob come to. */
struct source_map_totals {
	uint64_t maps;
	uint64_t sources, embedded, lines, bytes;
	uint64_t own, own_bytes, own_names;
	bool telling_names;
	struct source_map_example examples[3]; /* best first */
	const char *made_by;
	struct buf name_hashes; /* of uint64_t */
};

enum source_map_key {
	KEY_OTHER,
	KEY_VERSION,
	KEY_FILE,
	KEY_SOURCE_ROOT,
	KEY_SOURCES,
	KEY_SOURCES_CONTENT,
	KEY_NAMES,
	KEY_MAPPINGS,
	KEY_SECTIONS,
};

struct source_map_frame {
	uint32_t depth; /* of the map object */
	enum source_map_key key;
	bool in_array; /* inside the array that is the value of `key` */
	bool in_map;   /* sections: behind the key "map" of an element */
	bool has_version, has_sources, has_contents, has_mappings, has_sections;
	bool has_embedded;              /* a content that is not empty */
	uint64_t element;               /* index of the next element of the array */
	uint64_t sources;               /* names listed */
	size_t names_first, names_from; /* its rows in `names`: all, and of the last "sources" */
	size_t late_from, texts_from;
	size_t root_at, root_length; /* sourceRoot, in `texts` */
	char order[16]; /* keys in order of their coming, a letter each: tells who wrote it */
};

struct source_map_read {
	struct detect_run *run;
	struct source_map_totals *totals;
	struct json_push push;
	struct fault broken;           /* why the JSON ended; code 0: it did not break */
	bool passing_up;               /* a fault that is not about the JSON */
	bool looks_like;               /* clearly meant to be a map */
	bool is_map;                   /* a frame was one */
	bool names_known;              /* gathered before, by source_map_read_names() */
	struct source_map_frame known; /* where they are */
	bool is_inline;
	uint64_t inline_at; /* where it begins in the blob */
	bool too_deep;      /* sections inside sections past SOURCE_MAP_FRAMES_MAX */
	struct source_map_frame frames[SOURCE_MAP_FRAMES_MAX];
	unsigned frames_count;
	struct buf text; /* the string at hand */
	bool text_too_long;
	struct buf texts; /* names and roots, one after the other */
	struct buf names; /* of struct source_map_name */
	struct buf late;  /* of struct source_map_late: contents that wait for names */
};

#define SOURCE_MAP_DONE   1 /* the JSON value is complete, what follows is not part of it */
#define SOURCE_MAP_BROKEN 2 /* m->broken says why; see looks_like for whether it matters */

int source_map_read_new(struct source_map_read **out, struct detect_run *run,
			struct source_map_totals *totals, struct fault *fault);
void source_map_read_free(struct source_map_read **m);

void source_map_read_begin(struct source_map_read *m);

/* Gather names and root beforehand, for a map whose contents come first and that is all here.
 * Between begin and the first feed. */
int source_map_read_names(struct source_map_read *m, struct bytes map, struct fault *fault);

/* Consumes from *in.  0, SOURCE_MAP_DONE, SOURCE_MAP_BROKEN, or a fault of derive() or memory. */
int source_map_read_feed(struct source_map_read *m, struct bytes *in, struct fault *fault);

/* The map ends here: settles what waits.  0, SOURCE_MAP_BROKEN or a fault. */
int source_map_read_end(struct source_map_read *m, struct fault *fault);

#endif
