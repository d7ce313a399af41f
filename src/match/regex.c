/*
 * regex.c - one expression on one small window, by PCRE2
 *
 * Knows: PCRE2.  Does not know: where windows come from.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "match/regex.h"

#include <pcre2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"

/* Steps: what a pattern of ours takes is a few for each byte; a pattern that goes back and forth over
 * the window without end is stopped at some milliseconds. */
#define STEPS_FIXED    10000
#define STEPS_PER_BYTE 16
#define DEPTH_MAX      10000
#define HEAP_KIB_MAX   4096

struct match_regex {
	_Atomic(pcre2_code *) code; /* NULL until somebody asked */
	unsigned flags;
	char pattern[];
};

struct match_regex_scratch {
	pcre2_match_data *data;
	pcre2_match_context *context;
};

int
match_regex_new(struct match_regex **out, const char *pattern, unsigned flags, struct fault *fault)
{
	size_t bytes = strlen(pattern) + 1;
	struct match_regex *regex;

	if (bytes > MATCH_PATTERN_MAX)
		return fault_set(fault, FAULT_LIMIT, "an expression of more than %zu bytes",
				 MATCH_PATTERN_MAX);
	regex = calloc(1, sizeof(*regex) + bytes);
	if (regex == NULL)
		return fault_memory(fault);
	memcpy(regex->pattern, pattern, bytes);
	regex->flags = flags;
	*out = regex;
	return 0;
}

void
match_regex_free(struct match_regex **regex)
{
	if (*regex != NULL)
		pcre2_code_free(atomic_load(&(*regex)->code));
	free(*regex);
	*regex = NULL;
}

/* Bytes beyond ASCII, properties and large code points are about characters, not bytes. */
static bool
is_about_characters(const char *pattern)
{
	for (const char *p = pattern; *p != '\0'; p++) {
		if ((uint8_t)*p >= 0x80)
			return true;
		if (*p != '\\' || p[1] == '\0')
			continue;
		p++;
		if (*p == 'p' || *p == 'P' || *p == 'X' || (*p == 'x' && p[1] == '{'))
			return true;
	}
	return false;
}

static int
wrong(const struct match_regex *regex, int code, size_t at, struct fault *fault)
{
	unsigned char why[160];

	if (pcre2_get_error_message(code, why, sizeof(why)) < 0)
		why[0] = '\0';
	return fault_set(fault, FAULT_USAGE, "expression '%.100s': at %zu: %s", regex->pattern, at,
			 (const char *)why);
}

static int
check(const struct match_regex *regex, pcre2_code *code, struct fault *fault)
{
	uint32_t behind = 0, captures = 0;

	(void)pcre2_pattern_info(code, PCRE2_INFO_MAXLOOKBEHIND, &behind);
	(void)pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &captures);
	if (behind > MATCH_LOOKBEHIND_MAX)
		return fault_set(fault, FAULT_USAGE,
				 "expression '%.100s': looks back more than %d bytes",
				 regex->pattern, MATCH_LOOKBEHIND_MAX);
	/* what the ovector cannot hold is dropped by the library; said rather than half done */
	if (captures >= MATCH_SPANS_MAX)
		return fault_set(fault, FAULT_USAGE, "expression '%.100s': more than %d captures",
				 regex->pattern, MATCH_SPANS_MAX - 1);
	return 0;
}

static int
compile(pcre2_code **out, const struct match_regex *regex, struct fault *fault)
{
	uint32_t options = PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;
	int code = 0, r;
	size_t at = 0;
	pcre2_code *made;

	if (strstr(regex->pattern, "(*") != NULL && (regex->flags & MATCH_GO) == 0)
		return fault_set(fault, FAULT_USAGE, "expression '%.100s': verbs are not taken",
				 regex->pattern);
	if ((regex->flags & MATCH_CASELESS) != 0)
		options |= PCRE2_CASELESS;
	if ((regex->flags & MATCH_GO) != 0)
		options |= PCRE2_DOLLAR_ENDONLY;
	if (is_about_characters(regex->pattern))
		options |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
	made = pcre2_compile((PCRE2_SPTR)regex->pattern, PCRE2_ZERO_TERMINATED, options, &code, &at,
			     NULL);
	if (made == NULL)
		return wrong(regex, code, at, fault);
	r = check(regex, made, fault);
	if (r < 0)
		pcre2_code_free(made);
	else
		*out = made;
	return r;
}

/* Two threads may compile the same at the same time; one of them throws its own away. */
static int
code_of(const struct match_regex *regex, pcre2_code **out, struct fault *fault)
{
	struct match_regex *cache = (struct match_regex *)(uintptr_t)regex;
	pcre2_code *code = atomic_load_explicit(&cache->code, memory_order_acquire);
	pcre2_code *made = NULL;
	int r;

	if (code != NULL) {
		*out = code;
		return 0;
	}
	r = compile(&made, regex, fault);
	if (r < 0)
		return r;
	if (!atomic_compare_exchange_strong(&cache->code, &code, made)) {
		pcre2_code_free(made);
		made = code;
	}
	*out = made;
	return 0;
}

int
match_regex_compile(const struct match_regex *regex, struct fault *fault)
{
	pcre2_code *code;

	return code_of(regex, &code, fault);
}

int
match_regex_captures(const struct match_regex *regex, struct fault *fault)
{
	uint32_t captures = 0;
	pcre2_code *code;
	int r = code_of(regex, &code, fault);

	if (r < 0)
		return r;
	(void)pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &captures);
	return (int)captures;
}

unsigned
match_regex_capture(const struct match_regex *regex, const char *name)
{
	pcre2_code *code;
	int number;

	if (code_of(regex, &code, NULL) < 0)
		return 0;
	number = pcre2_substring_number_from_name(code, (PCRE2_SPTR)name);
	return number > 0 ? (unsigned)number : 0;
}

void
match_regex_scratch_free(struct match_regex_scratch **scratch)
{
	if (*scratch != NULL) {
		pcre2_match_data_free((*scratch)->data);
		pcre2_match_context_free((*scratch)->context);
	}
	free(*scratch);
	*scratch = NULL;
}

int
match_regex_scratch_new(struct match_regex_scratch **out, struct fault *fault)
{
	AUTO(match_regex_scratch_free)
	struct match_regex_scratch *scratch = calloc(1, sizeof(*scratch));

	if (scratch == NULL)
		return fault_memory(fault);
	scratch->data = pcre2_match_data_create(MATCH_SPANS_MAX, NULL);
	scratch->context = pcre2_match_context_create(NULL);
	if (scratch->data == NULL || scratch->context == NULL)
		return fault_memory(fault);
	(void)pcre2_set_depth_limit(scratch->context, DEPTH_MAX);
	(void)pcre2_set_heap_limit(scratch->context, HEAP_KIB_MAX);
	*out = TAKE(scratch);
	return 0;
}

static void
take_spans(const pcre2_match_data *data, int count, struct match_span spans[], size_t spans_max)
{
	const size_t *ends = pcre2_get_ovector_pointer((pcre2_match_data *)(uintptr_t)data);

	for (size_t i = 0; i < spans_max; i++) {
		spans[i] = (struct match_span){0, SIZE_MAX};
		if ((int)i < count && ends[2 * i] != PCRE2_UNSET && ends[2 * i] <= ends[2 * i + 1])
			spans[i] = (struct match_span){ends[2 * i], ends[2 * i + 1] - ends[2 * i]};
	}
}

int
match_regex_find(const struct match_regex *regex, struct match_regex_scratch *scratch,
		 struct bytes window, size_t from, size_t last, unsigned flags,
		 struct match_span spans[], size_t spans_max, struct fault *fault)
{
	uint32_t options = 0;
	pcre2_code *code;
	int r = code_of(regex, &code, fault);

	if (r < 0)
		return r;
	if (from > window.left)
		return MATCH_NONE;
	if ((flags & MATCH_AT_FROM) != 0)
		options |= PCRE2_ANCHORED;
	if ((flags & MATCH_NOT_END) != 0)
		options |= PCRE2_NOTEOL;
	(void)pcre2_set_match_limit(
	    scratch->context,
	    (uint32_t)(STEPS_FIXED +
		       STEPS_PER_BYTE *
			   (window.left - from > 1 << 20 ? 1 << 20 : window.left - from)));
	(void)pcre2_set_offset_limit(scratch->context, last == SIZE_MAX ? PCRE2_UNSET : last);
	r = pcre2_match(code, window.at != NULL ? window.at : (PCRE2_SPTR) "", window.left, from,
			options, scratch->data, scratch->context);
	if (r > 0) {
		take_spans(scratch->data, r, spans, spans_max);
		return 0;
	}
	switch (r) {
	case PCRE2_ERROR_NOMATCH:
		return MATCH_NONE;
	case PCRE2_ERROR_NOMEMORY:
		return fault_memory(fault);
	case PCRE2_ERROR_MATCHLIMIT:
	case PCRE2_ERROR_DEPTHLIMIT:
	case PCRE2_ERROR_HEAPLIMIT:
		return MATCH_LIMIT;
	default:
		/* an offset inside a character of an expression about characters */
		return MATCH_NONE;
	}
}
