/*
 * settings_table.c - every setting there is: one row each
 *
 * docs/settings.md holds the same table; a test compares them.
 */
#include "base/own.h"
#include "config/settings.h"

const struct setting settings_table[] = {
    {"scan.profile", SETTING_TEXT, NULL,
     "judge by this profile; without it public-release for artifacts, internal for sources"},
    {"scan.home", SETTING_LIST, NULL,
     "names of protected assets that live in this repository: their code does not block here"},
    {"scan.only", SETTING_LIST, NULL, "run these detectors alone"},
    {"scan.skip", SETTING_LIST, NULL, "run all detectors but these"},
    {"scan.register", SETTING_PATH, NULL,
     "the register of what is ours, in place of the one in the state folder"},
    {"scan.suppressions", SETTING_PATH, ".stopwater/suppressions",
     "accepted findings, with reason, owner and expiry"},
    {"scan.baseline", SETTING_PATH, NULL,
     "findings that were there when the gate was put in place"},
    {"scan.report_only_until", SETTING_DATE, NULL,
     "judge and report, but exit 0, up to the end of the day before this one"},
    {"scan.jobs", SETTING_COUNT, "0", "threads; 0: as many as there are cores"},
    {"scan.limits.depth", SETTING_COUNT, "16", "containers inside containers"},
    {"scan.limits.entries", SETTING_COUNT, "20000000", "members of all containers together"},
    {"scan.limits.bytes", SETTING_SIZE, "64GiB", "unpacked, all together"},
    {"scan.limits.ratio", SETTING_COUNT, "2000", "unpacked to packed, from 64 MiB on"},
    {"scan.limits.member", SETTING_SIZE, "1GiB", "of one thing that must be held in memory"},
    {"scan.limits.seconds", SETTING_COUNT, "0", "of the whole run; 0: no limit"},
    {"package.public", SETTING_BOOL, "false",
     "the sources of this package are public: maps, debug info and paths of them are notes"},
    {"policy", SETTING_TABLE, NULL,
     "[policy.NAME]: change a profile or add one; see docs/policy.md"},
};

const size_t settings_table_count = ARRAY_LEN(settings_table);

static const char *
kind_text(enum setting_kind kind)
{
	static const char *const names[] = {
	    "text", "true or false", "whole number",  "size",
	    "day",  "path",          "list of texts", "table",
	};

	return names[kind];
}

int
settings_describe(struct buf *to)
{
	(void)buf_append_text(to,
			      "| setting | type | default | what it does |\n|---|---|---|---|\n");
	for (size_t i = 0; i < settings_table_count; i++) {
		const struct setting *row = &settings_table[i];

		(void)buf_printf(to, "| `%s` | %s | %s%s%s | %s |\n", row->key,
				 kind_text(row->kind), row->fallback == NULL ? "" : "`",
				 row->fallback == NULL ? "none" : row->fallback,
				 row->fallback == NULL ? "" : "`", row->does);
	}
	return to->failed;
}
