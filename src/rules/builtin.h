/*
 * builtin.h - what rules_make.c writes: the packed rules (pack.c) and the compiled literals
 */
#ifndef RULES_BUILTIN_H
#define RULES_BUILTIN_H

#include <stdint.h>

extern const uint32_t builtin_rules_bytes, builtin_literals_bytes;
extern const char builtin_rules[], builtin_literals[];

#endif
