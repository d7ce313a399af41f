/*
 * report.c - which writer a format has, and when a terminal is coloured
 *
 * Knows: the names of formats.  Does not know: any of them.
 */
#include "report/report.h"

#include <string.h>

#include "base/own.h"

static const char *const format_names[] = {"text", "json", "jsonl", "sarif", "junit", "html"};

int
report_parse_format(const char *name, enum report_format *out, struct fault *fault)
{
	if (name == NULL) {
		*out = REPORT_TEXT;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(format_names); i++)
		if (strcmp(format_names[i], name) == 0) {
			*out = (enum report_format)i;
			return 0;
		}
	return fault_set(fault, FAULT_USAGE,
			 "'%.40s' is no format (text, json, jsonl, sarif, junit, html)", name);
}

int
report_write(FILE *to, const struct scan_report *report, enum report_format format,
	     const struct report_look *look, struct fault *fault)
{
	static const struct report_look plain;

	switch (format) {
	case REPORT_TEXT:
		return report_text(to, report, look == NULL ? &plain : look, fault);
	case REPORT_JSON:
	case REPORT_JSONL:
		return report_json(to, report, format == REPORT_JSONL, fault);
	case REPORT_SARIF:
		return report_sarif(to, report, fault);
	case REPORT_JUNIT:
		return report_junit(to, report, fault);
	case REPORT_HTML:
		break;
	}
	return report_html(to, report, fault);
}

static const char *
variable(char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; environment != NULL && *environment != NULL; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

int
report_color(const char *when, bool is_terminal, char *const *environment, bool *out,
	     struct fault *fault)
{
	const char *no_color = variable(environment, "NO_COLOR");
	const char *terminal = variable(environment, "TERM");

	if (when == NULL || strcmp(when, "auto") == 0) {
		/* no-color.org: set and not empty. */
		*out = is_terminal && (no_color == NULL || no_color[0] == '\0') &&
		       (terminal == NULL || strcmp(terminal, "dumb") != 0);
		return 0;
	}
	if (strcmp(when, "always") != 0 && strcmp(when, "never") != 0)
		return fault_set(fault, FAULT_USAGE, "'%.40s' is none of auto, always, never",
				 when);
	*out = strcmp(when, "always") == 0;
	return 0;
}
