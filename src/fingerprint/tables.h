/*
 * tables.h - words known beforehand; made by tables_make.c from keywords.txt, common.txt and
 * stop.txt
 *
 * Open addressing by mix_bytes(): slot = low bits, tag = high 32 bits (0: the slot is empty).
 */
#ifndef FINGERPRINT_TABLES_H
#define FINGERPRINT_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#define KEYWORD_SLOTS 1024
#define COMMON_SLOTS  65536

extern const uint32_t keyword_tags[KEYWORD_SLOTS];
extern const uint8_t keyword_codes[KEYWORD_SLOTS];
/* By first letter: bit n is set when a keyword has n letters. */
extern const uint16_t keyword_lengths[26];

/* How common a part is in public code: COMMON_STOP .. COMMON_RARE. */
enum common_class {
	COMMON_STOP = 0,  /* says nothing: not even a neighbour */
	COMMON_OFTEN = 1, /* in many packages */
	COMMON_SOME = 2,  /* in several packages */
	COMMON_RARE = 3,  /* not in the table */
};

extern const uint32_t common_tags[COMMON_SLOTS];
extern const uint8_t common_classes[COMMON_SLOTS];

static inline enum common_class
common_class_of(uint64_t hash)
{
	for (uint32_t slot = hash & (COMMON_SLOTS - 1); common_tags[slot] != 0;
	     slot = (slot + 1) & (COMMON_SLOTS - 1))
		if (common_tags[slot] == (uint32_t)(hash >> 32))
			return (enum common_class)common_classes[slot];
	return COMMON_RARE;
}

/* Those of COMMON_STOP once more, in 4 KB: asked for every part of every text. */
#define COMMON_STOP_SLOTS 1024
extern const uint32_t common_stop_tags[COMMON_STOP_SLOTS];

static inline bool
is_common_stop(uint64_t hash)
{
	for (uint32_t slot = hash & (COMMON_STOP_SLOTS - 1); common_stop_tags[slot] != 0;
	     slot = (slot + 1) & (COMMON_STOP_SLOTS - 1))
		if (common_stop_tags[slot] == (uint32_t)(hash >> 32))
			return true;
	return false;
}

/* Upper halves of keys that unrelated projects share. */
#define STOP_SLOTS 65536
extern const uint32_t stop_tags[STOP_SLOTS];

static inline bool
is_stop_key(uint64_t key)
{
	uint32_t tag = (uint32_t)(key >> 32), slot = tag & (STOP_SLOTS - 1);

	for (; stop_tags[slot] != 0; slot = (slot + 1) & (STOP_SLOTS - 1))
		if (stop_tags[slot] == tag)
			return true;
	return false;
}

#endif
