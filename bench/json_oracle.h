/*
 * json_oracle.h - another JSON parser to compare with, where one is installed
 */
#ifndef BENCH_JSON_ORACLE_H
#define BENCH_JSON_ORACLE_H

#include <stddef.h>

/* Seconds that simdjson takes to parse it, measured by `now`; negative: it does not parse; 0: not
 * installed when this was built. */
double json_oracle_seconds(const void *at, size_t count, double (*now)(void));

#endif
