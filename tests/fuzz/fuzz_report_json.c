/* Any bytes as a report for explain: what is told of it holds nothing that moves a cursor. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "report/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
explain(const struct json_value *report, const struct json_value *value, bool is_row)
{
	AUTO(own_free)
	char *text = NULL;
	size_t bytes = 0;
	FILE *to = open_memstream(&text, &bytes);

	if (to == NULL)
		return;
	if (is_row)
		(void)report_explain_row(to, report, value, NULL);
	else
		(void)report_explain_finding(to, report, value, NULL);
	(void)fclose(to);
	for (size_t i = 0; text != NULL && i < bytes; i++)
		assert((uint8_t)text[i] >= 0x20 || text[i] == '\n');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)64 << 20);
	const struct json_value *report, *finding, *row;

	if (report_read(&report, bytes_make(data, size), "fuzz", &arena, NULL) < 0)
		return 0;
	report_find(report, "0123456789abcdef", &finding, &row);
	for (const struct json_value *v = json_first(json_get(report, "findings")); v != NULL;
	     v = v->next)
		explain(report, v, false);
	for (const struct json_value *v =
		 json_first(json_get(json_get(report, "coverage"), "not_examined"));
	     v != NULL; v = v->next)
		explain(report, v, true);
	return 0;
}
