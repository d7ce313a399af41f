/*
 * search.h - what search.c gathers and match.c judges; for these two
 */
#ifndef REGISTER_SEARCH_H
#define REGISTER_SEARCH_H

#include "register/match.h"

/* One of our keys in the blob, and one of our files that has it. */
struct hit {
	uint64_t at;          /* in the blob */
	uint32_t file;        /* index in files[] */
	uint32_t key;         /* half of it: tells keys of one file apart */
	uint32_t line, place; /* there and at ours */
	uint32_t length : 27;
	uint32_t silent : 1; /* public or everywhere: it counts neither for nor against */
	uint32_t kind : 4;
};

/* A file of ours that came up. */
struct seen_file {
	uint32_t segment, file, asset;
	uint32_t from, to;
	uint32_t first_hit, hits; /* after sorting */
};

struct register_search {
	const struct register_db *db;
	struct prints prints;
	struct hit *hits;
	size_t hits_count, hits_room;
	struct seen_file *files;
	size_t files_count, files_room;
	uint32_t *slots;    /* hash of (segment, file) -> 1 + index in files */
	size_t slots_count; /* power of two */
	uint64_t lines;     /* line ends before the next fresh byte */
	uint64_t asked, known;
	uint32_t *line_starts; /* of the window being looked at */
	size_t line_starts_count, line_starts_room;
	bool binary;
	size_t seen; /* bytes of the window that were shown before */
	int failed;  /* 0, or what the sieve met; and how it is said */
	struct fault fault;
	struct print_sieve sieve;
	struct register_match *matches;
	size_t matches_count, matches_room;
};

#endif
