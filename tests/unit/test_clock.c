/* Proves base/clock.h. */
#include "base/clock.h"
#include "tap.h"

static const char *
format(int64_t moment)
{
	static char text[CLOCK_TEXT];

	return clock_format(moment, text);
}

TEST(clock_parse_reads_utc_and_offsets)
{
	int64_t t;

	EQ_INT(clock_parse("1970-01-01T00:00:00Z", &t, NULL), 0);
	EQ_INT(t, 0);
	EQ_INT(clock_parse("2026-03-31T12:00:00Z", &t, NULL), 0);
	EQ_INT(t, 1774958400);
	EQ_INT(clock_parse("2026-03-31T14:00:00.125+02:00", &t, NULL), 0);
	EQ_INT(t, 1774958400);
	EQ_INT(clock_parse("2026-03-31t07:00:00-05:00", &t, NULL), 0);
	EQ_INT(t, 1774958400);
	EQ_INT(clock_parse("2016-12-31T23:59:60Z", &t, NULL), 0);
	EQ_STR(format(t), "2016-12-31T23:59:59Z");
	EQ_INT(clock_parse("2026-03-31", &t, NULL), 0);
	EQ_STR(format(t), "2026-03-31T00:00:00Z");
}

TEST(clock_parse_refuses_what_is_no_time_and_keeps_the_output)
{
	static const char *const bad[] = {
	    "",
	    "now",
	    "2026-3-31",
	    "2026-02-29",
	    "2026-13-01",
	    "2026-00-10",
	    "2026-04-31",
	    "0000-01-01",
	    "2026-03-31T",
	    "2026-03-31T24:00:00Z",
	    "2026-03-31T12:60:00Z",
	    "2026-03-31T12:00:61Z",
	    "2026-03-31T12:00:00",
	    "2026-03-31T12:00:00.Z",
	    "2026-03-31T12:00:00+2",
	    "2026-03-31T12:00:00Zx",
	    "2026-03-31x",
	    "0001-01-01T00:00:00+01:00",
	    "9999-12-31T23:59:59-01:00",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t t = 7;

		EQ_INT(clock_parse(bad[i], &t, NULL), FAULT_USAGE);
		EQ_INT(t, 7);
	}
}

TEST(clock_every_day_of_ten_thousand_years_survives_format_and_parse)
{
	int64_t day = -62135596800;
	char text[CLOCK_DATE_TEXT];
	int days = 0;

	for (; day <= 253402300799; day += CLOCK_DAY_SECONDS, days++) {
		int64_t back = 1;

		if (clock_parse_date(clock_format_date(day, text), &back, NULL) != 0 ||
		    back != day) {
			FAIL("%s came back as %lld", text, (long long)back);
			return;
		}
	}
	EQ_INT(days, 3652059);
	EQ_STR(text, "9999-12-31");
}

TEST(clock_format_stays_inside_four_digit_years)
{
	EQ_STR(format(INT64_MIN), "0001-01-01T00:00:00Z");
	EQ_STR(format(INT64_MAX), "9999-12-31T23:59:59Z");
	EQ_STR(format(-1), "1969-12-31T23:59:59Z");
}

TEST(clock_now_is_what_it_is_told)
{
	int64_t t = 0;

	EQ_INT(clock_now("2026-03-31T12:00:00Z", &t, NULL), 0);
	EQ_STR(format(t), "2026-03-31T12:00:00Z");
	EQ_INT(clock_now(NULL, &t, NULL), 0);
	OK(t > 1774958400 - 86400 * 365);
	EQ_INT(clock_now("soon", &t, NULL), FAULT_USAGE);
}
