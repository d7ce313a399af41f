/*
 * last.c - the last report, kept in the state folder
 *
 * Knows: its two files.  Does not know: who reads them.
 */
#include "report/last.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/own.h"
#include "base/text.h"

/* 100,000 findings with a path of 1 KiB each. */
#define LAST_BYTES_MAX ((size_t)256 * 1024 * 1024)

static void
put_line(FILE *to, const char *id, const char *detector, const char *rule,
	 const uint8_t content[ACCEPT_CONTENT_BYTES], const char *place)
{
	char hex[2 * ACCEPT_CONTENT_BYTES + 1];

	(void)fprintf(to, "%s %s/%s %s %s\n", id, detector, rule,
		      text_hex(content, ACCEPT_CONTENT_BYTES, hex), place);
}

static int
put_findings(FILE *to, const struct scan_report *report, struct fault *fault)
{
	const struct coverage_rows *rows = &report->coverage->not_examined;

	for (size_t i = 0; i < report->findings->count; i++) {
		const struct finding *f = &report->findings->list[i];
		uint8_t content[ACCEPT_CONTENT_BYTES];
		int r = accept_content(f, content, fault);

		if (r < 0)
			return r;
		put_line(to, f->id, f->detector, f->rule, content,
			 policy_place(&report->inputs, f->path));
	}
	for (size_t i = 0; i < rows->count; i++)
		if (report->outcome->rows[i].id[0] != '\0')
			put_line(to, report->outcome->rows[i].id, "coverage", "not-examined",
				 report->outcome->rows[i].content,
				 policy_place(&report->inputs, rows->list[i].path));
	return 0;
}

static int
save(const struct home *home, const struct scan_report *report, const char *name, bool json,
     struct fault *fault)
{
	AUTO(file_write_abort)
	struct file_write *w = NULL;
	AUTO(buf_free)
	struct buf path = BUF_INIT(4096);
	int r;

	if (home_join(home, &path, name) < 0)
		return fault_memory(fault);
	r = file_write_begin(&w, buf_text(&path), 0600, fault);
	if (r == 0)
		r = json ? report_json(file_write_stream(w), report, false, fault)
			 : put_findings(file_write_stream(w), report, fault);
	return r < 0 ? r : file_write_commit_quick(&w, fault);
}

int
last_save(const struct home *home, const struct scan_report *report, struct fault *fault)
{
	int r = home_make_folder(home, "last", fault);

	if (r == 0)
		r = save(home, report, LAST_REPORT, true, fault);
	if (r == 0)
		r = save(home, report, LAST_FINDINGS, false, fault);
	return r;
}

void
last_finding_free(struct last_finding *finding)
{
	free(finding->what);
	free(finding->place);
	*finding = (struct last_finding){.id = ""};
}

static struct bytes
word(struct bytes *line)
{
	size_t length = 0;
	struct bytes out;

	while (length < line->left && line->at[length] != ' ')
		length++;
	(void)bytes_take(line, length, &out);
	if (line->left > 0)
		(void)bytes_skip(line, 1);
	return out;
}

static bool
parse_hex(struct bytes text, uint8_t *out, size_t count)
{
	static const char digits[] = "0123456789abcdef";

	if (text.left != 2 * count)
		return false;
	for (size_t i = 0; i < text.left; i++) {
		const char *digit = text.at[i] == '\0' ? NULL : strchr(digits, (char)text.at[i]);

		if (digit == NULL)
			return false;
		out[i / 2] = (uint8_t)(out[i / 2] << 4 | (digit - digits));
	}
	return true;
}

/* ID DETECTOR/RULE CONTENT PLACE */
static bool
parse_line(struct bytes line, struct last_finding *out)
{
	struct bytes id = word(&line), what = word(&line);
	char *slash;

	if (id.left != 16 || !parse_hex(word(&line), out->content, sizeof(out->content)))
		return false;
	memcpy(out->id, id.at, 16);
	out->what = strndup((const char *)what.at, what.left);
	out->place = strndup((const char *)line.at, line.left);
	slash = out->what == NULL ? NULL : strchr(out->what, '/');
	if (slash == NULL || out->place == NULL)
		return false;
	*slash = '\0';
	out->detector = out->what;
	out->rule = slash + 1;
	return true;
}

int
last_parse(struct bytes text, const char *id, struct last_finding *out, struct fault *fault)
{
	while (text.left > 0) {
		const uint8_t *end = memchr(text.at, '\n', text.left);
		size_t length = end == NULL ? text.left : (size_t)(end - text.at);
		struct bytes line = bytes_slice(text, 0, length);

		if (strlen(id) == 16 && line.left > 17 && memcmp(line.at, id, 16) == 0) {
			AUTO(last_finding_free)
			struct last_finding found = {.id = ""};

			if (!parse_line(line, &found))
				return fault_set(fault, FAULT_FORMAT, "%s: damaged; scan again",
						 LAST_FINDINGS);
			*out = found;
			found = (struct last_finding){.id = ""};
			return 0;
		}
		(void)bytes_skip(&text, length + (end != NULL));
	}
	return LAST_UNKNOWN;
}

int
last_lookup(const struct home *home, const char *id, struct last_finding *out, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(4096);
	AUTO(buf_free)
	struct buf text = BUF_INIT(LAST_BYTES_MAX);
	int r;

	if (home_join(home, &path, LAST_FINDINGS) < 0)
		return fault_memory(fault);
	r = file_exists(buf_text(&path), fault);
	if (r == 0)
		return fault_set(fault, FAULT_USAGE, "there is no last report: scan first");
	if (r > 0)
		r = file_read_all(buf_text(&path), &text, fault);
	return r < 0 ? r : last_parse(buf_bytes(&text), id, out, fault);
}
