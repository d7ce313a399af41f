/*
 * version.c - stopwater version, stopwater detectors: what this program is and looks for
 */
#include "cmd/verbs.h"
#include "detect/table.h"

static int
version_run(struct cmd_call *call, struct fault *fault)
{
	(void)fault;
	(void)fprintf(call->out, "stopwater %s\n", STOPWATER_VERSION);
	return 0;
}

const struct cmd cmd_version = {
    .name = "version", .args = "", .does = "print the version", .run = version_run};

static int
detectors_run(struct cmd_call *call, struct fault *fault)
{
	(void)fault;
	for (size_t i = 0; i < detect_table_count; i++)
		(void)fprintf(call->out, "%-15s %s\n", detect_table[i]->name,
			      detect_table[i]->finds);
	return 0;
}

const struct cmd cmd_detectors = {
    .name = "detectors", .args = "", .does = "list what scan looks for", .run = detectors_run};
