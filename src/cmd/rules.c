/*
 * rules.c - stopwater rules: the rules that secrets are found by
 *
 * Knows: files of rules, and how to say what is wrong with them.  Does not know: how rules work.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json_write.h"
#include "base/own.h"
#include "cmd/seal.h"
#include "cmd/verbs.h"
#include "detect/finding.h"
#include "rules/check.h"
#include "rules/export.h"
#include "rules/rules.h"

#define FILE_BYTES_MAX ((size_t)1024 * 1024)
#define JSON_BYTES_MAX ((size_t)64 << 20)

static void
print_note(void *to, const char *text)
{
	(void)fprintf(to, "%s\n", text);
}

static int
read_rules(struct rule_set **out, const char *path, const struct rules_notes *notes,
	   struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(FILE_BYTES_MAX);
	int r = file_read_all(path, &text, fault);

	return r < 0 ? r : rules_load(out, buf_bytes(&text), path, notes, fault);
}

/* Answers how many of its rules do not do what their examples say. */
static int
check_file(const char *path, struct cmd_call *call, struct fault *fault)
{
	const struct rules_notes notes = {print_note, call->out};
	AUTO(rules_free)
	struct rule_set *set = NULL;
	AUTO(rules_scratch_free)
	struct rules_scratch *scratch = NULL;
	int wrong = 0, r = read_rules(&set, path, &notes, fault);

	if (r == 0)
		r = rules_scratch_new(&scratch, set, fault);
	for (size_t i = 0; r == 0 && i < rules_count(set); i++) {
		int found = rules_check(set, scratch, i, &notes, fault);

		wrong += found > 0;
		r = found < 0 ? found : 0;
	}
	if (r < 0)
		return r;
	(void)fprintf(call->out, "%s: %zu rules, %d wrong\n", path, rules_count(set), wrong);
	return wrong;
}

/* A file that is no rule file is told and the next one looked at: they are checked by the dozen. */
static int
check_run(struct cmd_call *call, struct fault *fault)
{
	int wrong = 0, worst = 0;

	for (size_t i = 0; i < call->args_count; i++) {
		int r = check_file(call->args[i], call, fault);

		if (r < 0 && r != FAULT_USAGE)
			return r;
		if (r < 0) {
			(void)fprintf(call->out, "%s\n", fault->text);
			worst = 2;
		}
		wrong += r > 0 ? r : 0;
	}
	return worst != 0 ? worst : wrong > 0 ? 1 : 0;
}

static const char *
lane_name(enum rule_lane lane)
{
	static const char *const names[] = {"anchor", "context", "run", "path"};

	return names[lane];
}

static int
list_json(const struct rule_set *set, FILE *to, struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(JSON_BYTES_MAX);
	struct json_write w;

	json_write_to_buf(&w, &text, JSON_WRITE_PRETTY);
	seal_json_begin(&w, "rules", 0);
	json_write_key(&w, "rules");
	json_write_array_begin(&w);
	for (size_t i = 0; i < rules_count(set); i++) {
		const struct rule *rule = rules_get(set, i);

		json_write_object_begin(&w);
		json_write_key_text(&w, "id", rule->id);
		if (rule->family != NULL)
			json_write_key_text(&w, "family", rule->family);
		json_write_key_text(&w, "severity", severity_name((enum severity)rule->severity));
		json_write_key_text(&w, "lane", lane_name(rule->lane));
		json_write_key_text(&w, "title", rule->title);
		if (rule->source != NULL)
			json_write_key_text(&w, "source", rule->source);
		json_write_object_end(&w);
	}
	json_write_array_end(&w);
	return seal_json_end(&w, &text, to, fault);
}

static int
list_run(struct cmd_call *call, struct fault *fault)
{
	AUTO(rules_free)
	struct rule_set *loaded = NULL;
	const struct rule_set *set;
	bool json;
	int r = seal_format(call, &json, fault);

	if (r == 0 && call->args_count > 0)
		r = read_rules(&loaded, call->args[0], NULL, fault);
	if (r < 0)
		return r;
	set = loaded != NULL ? loaded : rules_builtin(NULL, fault);
	if (set == NULL)
		return fault->code;
	if (json)
		return list_json(set, call->out, fault);
	for (size_t i = 0; i < rules_count(set); i++) {
		const struct rule *rule = rules_get(set, i);

		(void)fprintf(call->out, "%-36s %-9s %-8s %s\n", rule->id,
			      severity_name((enum severity)rule->severity), lane_name(rule->lane),
			      rule->title);
	}
	return 0;
}

static int
import_run(struct cmd_call *call, struct fault *fault)
{
	const struct rules_notes notes = {print_note, stderr};
	AUTO(rules_free)
	struct rule_set *set = NULL;
	AUTO(buf_free)
	struct buf text = BUF_INIT(JSON_BYTES_MAX);
	int r = read_rules(&set, call->args[0], &notes, fault);

	if (r == 0)
		r = rules_export(set, &text, fault);
	if (r == 0 && fwrite(text.at, 1, text.used, call->out) != text.used)
		r = fault_errno(fault, "the result");
	return r;
}

static const struct cmd rules_check_cmd = {.name = "check",
					   .args = "FILE...",
					   .does = "try the rules of files against their examples",
					   .args_min = 1,
					   .args_max = CMD_ARGS_ANY,
					   .run = check_run};
static const struct cmd rules_import_cmd = {.name = "import",
					    .args = "FILE",
					    .does = "print a gitleaks configuration in our format",
					    .args_min = 1,
					    .args_max = 1,
					    .run = import_run};
static const struct cmd rules_list_cmd = {.name = "list",
					  .args = "[FILE]",
					  .does = "list the rules that are built in, or of a file",
					  .args_max = 1,
					  .run = list_run};
static const struct cmd *const rules_subs[] = {&rules_check_cmd, &rules_import_cmd, &rules_list_cmd,
					       NULL};

const struct cmd cmd_rules = {.name = "rules",
			      .args = "check|import|list [FILE]...",
			      .does = "look at the rules that secrets are found by",
			      .subs = rules_subs};
