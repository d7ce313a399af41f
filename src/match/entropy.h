/*
 * entropy.h - is this noise, or did somebody write it?
 *
 * Whole numbers only: the same answer on every machine.
 */
#ifndef MATCH_ENTROPY_H
#define MATCH_ENTROPY_H

#include <stdint.h>

#include "base/bytes.h"

/* Shannon's entropy of the bytes, in thousandths of a bit per byte (0..8000).  Cost: O(n). */
uint32_t match_entropy_milli(struct bytes in);

/* How much it reads like words and identifiers: 0 noise .. 1000 words, 500 either.  Pairs of letters
 * are weighed against what drawn letters and digits give; words are cut at case, digits and
 * punctuation, so that camelCase and snake_case are words.  Cost: O(n). */
uint32_t match_wordlike_milli(struct bytes in);

#endif
