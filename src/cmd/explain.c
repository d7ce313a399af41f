/*
 * explain.c - stopwater explain: the chain from bytes to verdict
 *
 * Knows: where the last report is.  Does not know: what a report holds (report/read.h).
 */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "cmd/scan.h"
#include "cmd/seal.h"
#include "cmd/verbs.h"
#include "report/last.h"
#include "report/read.h"

#define VALUES_DEPTH_MAX 32 /* as deep as a report may be */

struct explain_options {
	const char *from;
};

static int
load(struct buf *text, const char *from, const char **name, struct fault *fault)
{
	AUTO(home_close)
	struct home *home = NULL;
	AUTO(buf_free)
	struct buf path = BUF_INIT(4096);
	int r;

	*name = from == NULL ? LAST_REPORT : from;
	if (from != NULL) {
		r = file_read_all(from, text, fault);
		return r < 0 ? fault_wrap(fault, FAULT_USAGE, "--from") : 0;
	}
	r = scan_home(&home, fault);
	if (r < 0)
		return r;
	if (home != NULL && home_join(home, &path, LAST_REPORT) < 0)
		return fault_memory(fault);
	r = home == NULL ? 0 : file_exists(buf_text(&path), fault);
	if (r == 0)
		return fault_set(fault, FAULT_USAGE, "there is no last report: scan first");
	return r < 0 ? r : file_read_all(buf_text(&path), text, fault);
}

/* A value of the report, as it stands there. */
static void
put_value(struct json_write *w, const struct json_value *v, unsigned depth)
{
	bool is_object = v->type == JSON_OBJECT;

	switch (v->type) {
	case JSON_STRING:
		json_write_string(w, v->text);
		return;
	case JSON_NUMBER:
		json_write_raw(w, v->text);
		return;
	case JSON_BOOL:
	case JSON_NULL: /* a report of ours holds none */
		json_write_bool(w, v->type == JSON_BOOL && v->truth);
		return;
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	if (is_object)
		json_write_object_begin(w);
	else
		json_write_array_begin(w);
	for (const struct json_value *m = v->first; m != NULL && depth > 0; m = m->next) {
		if (is_object && memchr(m->key.at, '\0', m->key.left) != NULL)
			continue;
		if (is_object)
			json_write_key(w, (const char *)m->key.at);
		put_value(w, m, depth - 1);
	}
	if (is_object)
		json_write_object_end(w);
	else
		json_write_array_end(w);
}

static int
tell_json(struct cmd_call *call, const struct json_value *report, const struct json_value *finding,
	  const struct json_value *row, struct fault *fault)
{
	AUTO(buf_free)
	struct buf json = BUF_INIT(REPORT_READ_BYTES_MAX);
	struct json_write w;

	json_write_to_buf(&w, &json, JSON_WRITE_PRETTY);
	seal_json_begin(&w, "explain", 0);
	json_write_key_text(&w, "verdict", json_text(report, "verdict"));
	json_write_key_text(&w, "profile", json_text(report, "profile"));
	json_write_key(&w, finding != NULL ? "finding" : "not_examined");
	put_value(&w, finding != NULL ? finding : row, VALUES_DEPTH_MAX);
	return seal_json_end(&w, &json, call->out, fault);
}

static int
explain_run(struct cmd_call *call, struct fault *fault)
{
	const struct explain_options *options = call->options;
	AUTO(buf_free)
	struct buf text = BUF_INIT(REPORT_READ_BYTES_MAX);
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)2 << 30);
	const struct json_value *report, *finding, *row;
	const char *name;
	bool json;
	int r = seal_format(call, &json, fault);

	if (r >= 0)
		r = load(&text, options->from, &name, fault);
	if (r >= 0)
		r = report_read(&report, buf_bytes(&text), name, &arena, fault);
	if (r < 0)
		return r;
	report_find(report, call->args[0], &finding, &row);
	if (finding == NULL && row == NULL)
		return fault_set(fault, FAULT_USAGE, "%s has no finding '%.40s'", name,
				 call->args[0]);
	if (json)
		return tell_json(call, report, finding, row, fault);
	return finding != NULL ? report_explain_finding(call->out, report, finding, fault)
			       : report_explain_row(call->out, report, row, fault);
}

static const struct opt explain_opts[] = {
    OPT_TEXT(0, "from", struct explain_options, from, "REPORT.json",
	     "a report in JSON, in place of the last one"),
    OPT_END,
};

const struct cmd cmd_explain = {.name = "explain",
				.args = "ID",
				.does = "tell how a finding came about and what answers it",
				.opts = explain_opts,
				.options_bytes = sizeof(struct explain_options),
				.args_min = 1,
				.args_max = 1,
				.run = explain_run};
