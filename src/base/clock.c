/*
 * clock.c - moments and days in UTC
 *
 * Knows: the Gregorian calendar, RFC 3339 section 5.6.  Does not know: time zones, leap seconds.
 * Days to dates after Hinnant, "chrono-Compatible Low-Level Date Algorithms": a year that begins
 * in March puts the leap day last, so that months and eras are plain divisions.
 */
#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ERA_DAYS         146097 /* 400 years */
#define EPOCH_SHIFT_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */
#define MOMENT_MIN       ((int64_t)-62135596800)
#define MOMENT_MAX       ((int64_t)253402300799)

struct civil {
	int64_t year;
	unsigned month, day; /* from 1 */
};

/* Days since 1970-01-01; year >= 1, so that no division sees a negative number. */
static int64_t
days_of(struct civil date)
{
	int64_t year = date.year - (date.month <= 2);
	int64_t era = year / 400;
	int64_t year_of_era = year - era * 400;
	int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
	int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * ERA_DAYS + day_of_era - EPOCH_SHIFT_DAYS;
}

static struct civil
civil_of(int64_t days)
{
	int64_t shifted = days + EPOCH_SHIFT_DAYS;
	int64_t era = shifted / ERA_DAYS;
	int64_t day_of_era = shifted - era * ERA_DAYS;
	int64_t year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
	    day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;
	struct civil date;

	date.day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1);
	date.month = (unsigned)(month < 10 ? month + 3 : month - 9);
	date.year = year_of_era + era * 400 + (date.month <= 2);
	return date;
}

static unsigned
month_days(int64_t year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : days[month - 1];
}

int64_t
clock_system(void)
{
	struct timespec now;

	return clock_gettime(CLOCK_REALTIME, &now) < 0 ? 0 : (int64_t)now.tv_sec;
}

int
clock_now(const char *override, int64_t *out, struct fault *fault)
{
	if (override != NULL)
		return clock_parse(override, out, fault);
	*out = clock_system();
	return 0;
}

/* Exactly `count` digits at the front of *p. */
static bool
take_number(const char **p, int count, unsigned *out)
{
	unsigned value = 0;

	for (int i = 0; i < count; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		value = value * 10 + (unsigned)(**p - '0');
	}
	*out = value;
	return true;
}

static bool
take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool
take_date(const char **p, int64_t *out)
{
	struct civil date;
	unsigned year;

	if (!take_number(p, 4, &year) || !take_char(p, '-') || !take_number(p, 2, &date.month) ||
	    !take_char(p, '-') || !take_number(p, 2, &date.day))
		return false;
	date.year = year;
	if (year < 1 || date.month < 1 || date.month > 12 || date.day < 1 ||
	    date.day > month_days(date.year, date.month))
		return false;
	*out = days_of(date) * CLOCK_DAY_SECONDS;
	return true;
}

static bool
take_offset(const char **p, int64_t *out)
{
	unsigned hours, minutes;
	bool west = **p == '-';

	if (take_char(p, 'Z') || take_char(p, 'z')) {
		*out = 0;
		return true;
	}
	if (!take_char(p, west ? '-' : '+') || !take_number(p, 2, &hours) || !take_char(p, ':') ||
	    !take_number(p, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*out = (int64_t)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return true;
}

static bool
take_time(const char **p, int64_t *out)
{
	unsigned hour, minute, second, digit;
	int64_t offset;

	if (!take_number(p, 2, &hour) || !take_char(p, ':') || !take_number(p, 2, &minute) ||
	    !take_char(p, ':') || !take_number(p, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	if (take_char(p, '.')) {
		if (!take_number(p, 1, &digit))
			return false;
		while (**p >= '0' && **p <= '9')
			(*p)++;
	}
	if (!take_offset(p, &offset))
		return false;
	*out = (int64_t)(hour * 3600 + minute * 60 + (second == 60 ? 59 : second)) - offset;
	return true;
}

int
clock_parse(const char *text, int64_t *out, struct fault *fault)
{
	const char *p = text;
	int64_t day, time = 0;
	bool good = take_date(&p, &day);

	if (good && *p != '\0')
		good = (take_char(&p, 'T') || take_char(&p, 't') || take_char(&p, ' ')) &&
		       take_time(&p, &time);
	if (!good || *p != '\0' || day + time < MOMENT_MIN || day + time > MOMENT_MAX)
		return fault_set(fault, FAULT_USAGE,
				 "'%s' is not a time (like 2026-03-31T12:00:00Z or 2026-03-31)",
				 text);
	*out = day + time;
	return 0;
}

int
clock_parse_date(const char *text, int64_t *out, struct fault *fault)
{
	const char *p = text;
	int64_t day;

	if (!take_date(&p, &day) || *p != '\0')
		return fault_set(fault, FAULT_USAGE, "'%s' is not a day (like 2026-03-31)", text);
	*out = day;
	return 0;
}

/* Every number below is in its range, which the compiler cannot see: hence the remainders. */
static void
format_date(struct civil date, char out[CLOCK_DATE_TEXT])
{
	(void)snprintf(out, CLOCK_DATE_TEXT, "%04u-%02u-%02u", (unsigned)date.year % 10000,
		       date.month % 100, date.day % 100);
}

static int64_t
clamp(int64_t moment)
{
	return moment < MOMENT_MIN ? MOMENT_MIN : moment > MOMENT_MAX ? MOMENT_MAX : moment;
}

/* Days since 1970 rounded down; *second is what is left of the day. */
static int64_t
split_day(int64_t moment, unsigned *second)
{
	int64_t days = moment / CLOCK_DAY_SECONDS;
	int64_t rest = moment % CLOCK_DAY_SECONDS;

	if (rest < 0) {
		rest += CLOCK_DAY_SECONDS;
		days--;
	}
	*second = (unsigned)rest;
	return days;
}

const char *
clock_format(int64_t moment, char out[CLOCK_TEXT])
{
	unsigned second;
	struct civil date = civil_of(split_day(clamp(moment), &second));

	format_date(date, out);
	(void)snprintf(out + CLOCK_DATE_TEXT - 1, CLOCK_TEXT - CLOCK_DATE_TEXT + 1,
		       "T%02u:%02u:%02uZ", second / 3600 % 24, second / 60 % 60, second % 60);
	return out;
}

const char *
clock_format_date(int64_t moment, char out[CLOCK_DATE_TEXT])
{
	unsigned second;

	format_date(civil_of(split_day(clamp(moment), &second)), out);
	return out;
}
