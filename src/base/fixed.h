/*
 * fixed.h - logarithms in whole numbers, the same bit for bit on every machine
 *
 * Verdicts, odds and weights must not depend on a compiler's or a processor's floating point, so
 * they are sums of entries of one table of ours.  Unit: Q16, 65,536 to the power of two.
 */
#ifndef BASE_FIXED_H
#define BASE_FIXED_H

#include <stdint.h>

#define FIXED_ONE 65536

/* log2(value) in Q16, within 1.5/65536 of the true value.  value 0 answers 0. */
uint32_t fixed_log2(uint64_t value);

/* 1000 * log10(over / under), to the nearest thousandth or the one beside it; 0 counts as 1. */
int32_t fixed_log10_milli(uint64_t over, uint64_t under);

/* part of whole in millionths, 0..1,000,000; a whole of 0 answers 0. */
uint32_t fixed_ppm(uint64_t part, uint64_t whole);

#endif
