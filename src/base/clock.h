/*
 * clock.h - moments and days in UTC, the way RFC 3339 writes them
 *
 * A moment is whole seconds since 1970-01-01T00:00:00Z, leap seconds left out, from year 0001 to
 * 9999.  Nothing here knows a time zone of this machine.  Who needs the present time is handed it
 * (the option --now), so that tests and replays need no second clock.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#include "base/fault.h"

#define CLOCK_DAY_SECONDS ((int64_t)86400)
#define CLOCK_TEXT        21 /* "2026-03-31T12:00:00Z" and its NUL */
#define CLOCK_DATE_TEXT   11 /* "2026-03-31" and its NUL */

/* The present moment of the system. */
int64_t clock_system(void);

/* The moment that `override` names (as clock_parse), or the system's when it is NULL. */
int clock_now(const char *override, int64_t *out, struct fault *fault);

/* "2026-03-31T12:00:00Z", "...+02:00", a fraction of a second is cut off, or a day alone, which
 * means its first second.  A second 60 counts as 59.  FAULT_USAGE for anything else. */
int clock_parse(const char *text, int64_t *out, struct fault *fault);

/* A day alone: "2026-03-31".  *out is its first second. */
int clock_parse_date(const char *text, int64_t *out, struct fault *fault);

/* Both return `out`; a moment outside the years 0001..9999 is shown as the nearest inside. */
const char *clock_format(int64_t moment, char out[CLOCK_TEXT]);
const char *clock_format_date(int64_t moment, char out[CLOCK_DATE_TEXT]);

#endif
