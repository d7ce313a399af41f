/*
 * protect.c - stopwater protect: say what is ours, and what is not
 *
 * Knows: how assets are listed (CONTRACT A3).  Does not know: fingerprints, segments.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "base/own.h"
#include "base/text.h"
#include "cmd/protect_secrets.h"
#include "cmd/verbs.h"
#include "config/home.h"
#include "register/register.h"

struct protect_options {
	bool tree;
};

/* The folder of the register below the state folder; made when `make`. */
static int
find_folder(struct buf *folder, bool make, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(65536);
	AUTO(home_close)
	struct home *home = NULL;
	int r = home_locate(&path, environ);

	if (r == HOME_ABSENT)
		return fault_set(fault, FAULT_USAGE,
				 "no place for the register: set STOPWATER_HOME");
	if (r == 0)
		r = home_open(&home, buf_text(&path), make, fault);
	if (r < 0)
		return r;
	(void)buf_printf(folder, "%s/register", buf_text(&path));
	return folder->failed != 0 ? fault_memory(fault) : 0;
}

/* ---- printing ---- */

static const char *
kind_name(const struct register_asset *asset)
{
	static const char *const names[] = {"source", "weights", "public"};

	return asset->facts.kind < ARRAY_LEN(names) ? names[asset->facts.kind] : "unknown";
}

static void
write_asset(struct json_write *w, const struct register_asset *asset)
{
	const struct segment_asset *facts = &asset->facts;

	json_write_key_text(w, "name", facts->name);
	json_write_key_text(w, "kind", kind_name(asset));
	json_write_key_bool(w, "history", (facts->flags & ASSET_HISTORY) != 0);
	json_write_key_u64(w, "files", facts->files);
	json_write_key_u64(w, "versions", facts->versions);
	json_write_key_u64(w, "bytes", facts->bytes);
	json_write_key_u64(w, "fingerprints", facts->prints);
	if ((facts->flags & ASSET_HISTORY) != 0) {
		json_write_key_hex(w, "first_commit", facts->first_commit, 20);
		json_write_key_hex(w, "last_commit", facts->last_commit, 20);
	}
	json_write_key(w, "paths");
	json_write_array_begin(w);
	for (size_t i = 0; i < asset->paths_count; i++)
		json_write_text(w, asset->paths[i]);
	json_write_array_end(w);
}

static void
write_head(struct json_write *w, const char *verb)
{
	json_write_key_u64(w, "schema_version", 1);
	json_write_key(w, "tool");
	json_write_object_begin(w);
	json_write_key_text(w, "name", "stopwater");
	json_write_key_text(w, "version", STOPWATER_VERSION);
	json_write_object_end(w);
	json_write_key_text(w, "verb", verb);
	json_write_key_u64(w, "exit", 0);
}

/* Which assets a listing shows. */
struct selection {
	const char *name; /* NULL: all */
	bool only_public;
};

static bool
is_selected(const struct register_asset *asset, const struct selection *selection)
{
	if (selection->name != NULL)
		return strcmp(asset->facts.name, selection->name) == 0;
	return !selection->only_public || asset->facts.kind == ASSET_PUBLIC;
}

static int
list_json(struct cmd_call *call, const struct register_db *db, const struct selection *selection,
	  const char *verb, bool lines, struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT((size_t)1 << 30);
	struct json_write w;
	size_t count;
	const struct register_asset *assets = register_assets(db, &count);
	int r;

	json_write_to_buf(&w, &text, lines ? 0 : JSON_WRITE_PRETTY);
	json_write_object_begin(&w);
	if (!lines) {
		write_head(&w, verb);
		json_write_key(&w, "assets");
		json_write_array_begin(&w);
	}
	for (size_t i = 0; i < count; i++) {
		if (!is_selected(&assets[i], selection))
			continue;
		if (lines)
			json_write_key_text(&w, "type", "asset");
		else
			json_write_object_begin(&w);
		write_asset(&w, &assets[i]);
		json_write_object_end(&w);
		if (lines) {
			json_write_line(&w);
			json_write_object_begin(&w);
		}
	}
	if (lines) {
		json_write_key_text(&w, "type", "summary");
		write_head(&w, verb);
	} else {
		json_write_array_end(&w);
	}
	json_write_object_end(&w);
	if (lines)
		json_write_line(&w);
	r = json_write_finish(&w, fault);
	if (r == 0)
		(void)fwrite(text.at, text.used, 1, call->out);
	return r;
}

static void
list_text(struct cmd_call *call, const struct register_db *db, const struct selection *selection)
{
	size_t count, width = 4;
	const struct register_asset *assets = register_assets(db, &count);
	bool any = false;

	for (size_t i = 0; i < count; i++)
		if (is_selected(&assets[i], selection) && strlen(assets[i].facts.name) > width)
			width = strlen(assets[i].facts.name);
	for (size_t i = 0; i < count; i++) {
		const struct segment_asset *facts = &assets[i].facts;
		char size[32], prints[32], files[32];

		if (!is_selected(&assets[i], selection))
			continue;
		if (!any)
			(void)fprintf(call->out, "%-*s  %-7s  %9s  %9s  %12s  %s\n", (int)width,
				      "name", "kind", "files", "size", "fingerprints", "history");
		any = true;
		(void)fprintf(call->out, "%-*s  %-7s  %9s  %9s  %12s  %s\n", (int)width,
			      facts->name, kind_name(&assets[i]), text_count(facts->files, files),
			      text_size(facts->bytes, size), text_count(facts->prints, prints),
			      (facts->flags & ASSET_HISTORY) != 0 ? "yes" : "no");
	}
	if (!any && !call->common->quiet)
		(void)fprintf(call->out, "nothing registered; 'stopwater protect add NAME PATH' "
					 "says what is yours\n");
}

static int
list(struct cmd_call *call, const struct selection *selection, const char *verb,
     struct fault *fault)
{
	AUTO(buf_free)
	struct buf folder = BUF_INIT(65536);
	AUTO(register_close)
	struct register_db *db = NULL;
	const char *format = call->common->format;
	int r = find_folder(&folder, false, fault);

	if (r == 0)
		r = register_open(&db, buf_text(&folder), fault);
	if (r < 0)
		return r;
	if (selection->name != NULL) {
		size_t count, found = 0;
		const struct register_asset *assets = register_assets(db, &count);

		for (size_t i = 0; i < count; i++)
			found += is_selected(&assets[i], selection);
		if (found == 0)
			return fault_set(fault, FAULT_USAGE, "no asset is called '%s'",
					 selection->name);
	}
	if (format == NULL || strcmp(format, "text") == 0) {
		list_text(call, db, selection);
		return 0;
	}
	if (strcmp(format, "json") != 0 && strcmp(format, "jsonl") != 0)
		return fault_set(fault, FAULT_USAGE,
				 "--format %s: protect writes text, json or jsonl", format);
	return list_json(call, db, selection, verb, strcmp(format, "jsonl") == 0, fault);
}

/* ---- verbs ---- */

static int
check_format(const struct cmd_call *call, struct fault *fault)
{
	const char *format = call->common->format;

	if (format == NULL || strcmp(format, "text") == 0 || strcmp(format, "json") == 0 ||
	    strcmp(format, "jsonl") == 0)
		return 0;
	return fault_set(fault, FAULT_USAGE, "--format %s: protect writes text, json or jsonl",
			 format);
}

static unsigned
jobs(const struct cmd_call *call)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (call->common->jobs > 0)
		return call->common->jobs < 256 ? (unsigned)call->common->jobs : 256;
	return cores > 1 ? (unsigned)cores : 1;
}

static double
seconds_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
say_left_out(FILE *to, const struct register_report *report)
{
	const struct {
		uint64_t count;
		const char *what;
	} rows[] = {
	    {report->left_out_folders, "folders of version control or fetched packages"},
	    {report->left_out_binary, "binary files"},
	    {report->left_out_large, "files over 64 MiB"},
	    {report->left_out_licence, "licence texts"},
	    {report->left_out_lock, "lock files"},
	    {report->left_out_empty, "files under 128 bytes"},
	    {report->left_out_links, "links and special files"},
	};
	char count[32];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].count > 0)
			(void)fprintf(to, "  left out: %s %s\n", text_count(rows[i].count, count),
				      rows[i].what);
}

/* What was done: the asset as `show` shows it (name NULL: all, as `list` does), or three lines of
 * text. */
static int
tell(struct cmd_call *call, const char *done, const char *name,
     const struct register_report *report, double spent, struct fault *fault)
{
	struct selection selection = {.name = name};
	char files[32], size[32], prints[32];

	if (call->common->stats)
		(void)fprintf(stderr, "protect: %s in %.2f s, %.0f MB/s\n",
			      text_size(report->bytes, size), spent,
			      spent > 0 ? (double)report->bytes / 1e6 / spent : 0);
	if (call->common->format != NULL && strcmp(call->common->format, "text") != 0)
		return list(call, &selection, "protect", fault);
	if (call->common->quiet)
		return 0;
	(void)fprintf(call->out, "%s %s: %s files, %s, %s fingerprints\n", done,
		      name == NULL ? "all assets" : name, text_count(report->files, files),
		      text_size(report->bytes, size), text_count(report->prints, prints));
	say_left_out(call->out, report);
	return 0;
}

static int
check_name(const char *name, struct fault *fault)
{
	if (text_is_name(name))
		return 0;
	return fault_set(fault, FAULT_USAGE,
			 "'%s' is no name: a-z, 0-9, '.', '_', '-', at most 64, none of the "
			 "last three in front",
			 name);
}

static int
answer_nothing(const char *name, struct fault *fault)
{
	return fault_set(fault, FAULT_USAGE, "%s: no text there that could be recognised", name);
}

static int
add(struct cmd_call *call, enum asset_kind kind, struct fault *fault)
{
	AUTO(buf_free)
	struct buf folder = BUF_INIT(65536);
	struct register_add what = {.name = call->args[0],
				    .kind = kind,
				    .paths = call->args + 1,
				    .paths_count = call->args_count - 1,
				    .jobs = jobs(call),
				    .cancel = call->cancel};
	struct register_report report;
	double from = seconds_now();
	int r = check_name(what.name, fault);

	if (r == 0)
		r = clock_now(call->common->now, &what.now, fault);

	if (r == 0)
		r = check_format(call, fault);
	/* A path that is not there is wrong use: nothing was done. */
	for (size_t i = 0; i < what.paths_count && r == 0; i++)
		if (access(what.paths[i], R_OK) < 0) {
			(void)fault_errno(fault, "%s", what.paths[i]);
			fault->code = r = FAULT_USAGE;
		}
	if (r == 0)
		r = find_folder(&folder, true, fault);
	if (r == 0)
		r = register_add(buf_text(&folder), &what, &report, fault);
	if (r == REGISTER_EXISTS)
		return fault_set(fault, FAULT_USAGE,
				 "there is an asset '%s' already; 'stopwater protect update %s' "
				 "reads it again",
				 what.name, what.name);
	if (r == REGISTER_NOTHING)
		return answer_nothing(what.name, fault);
	if (r < 0)
		return r;
	return tell(call, kind == ASSET_PUBLIC ? "public" : "protected", what.name, &report,
		    seconds_now() - from, fault);
}

static int
add_run(struct cmd_call *call, struct fault *fault)
{
	return add(call, ASSET_SOURCE, fault);
}

static int
public_add_run(struct cmd_call *call, struct fault *fault)
{
	return add(call, ASSET_PUBLIC, fault);
}

static int
unknown(const char *name, struct fault *fault)
{
	return fault_set(fault, FAULT_USAGE, "no asset is called '%s'", name);
}

static int
update_run(struct cmd_call *call, struct fault *fault)
{
	AUTO(buf_free)
	struct buf folder = BUF_INIT(65536);
	const char *name = call->args_count == 0 ? NULL : call->args[0];
	struct register_report report;
	double from = seconds_now();
	int64_t now = 0;
	int r = check_format(call, fault);

	if (r == 0)
		r = clock_now(call->common->now, &now, fault);
	if (r == 0)
		r = find_folder(&folder, true, fault);
	if (r == 0 && name == NULL)
		r = register_update_all(buf_text(&folder), jobs(call), now, call->cancel, &report,
					fault);
	else if (r == 0)
		r = register_update(buf_text(&folder), name, jobs(call), now, call->cancel, &report,
				    fault);
	if (r == REGISTER_UNKNOWN)
		return unknown(name, fault);
	if (r == REGISTER_NOTHING)
		return answer_nothing(name, fault);
	if (r < 0)
		return r;
	return tell(call, "updated", name, &report, seconds_now() - from, fault);
}

static int
remove_run(struct cmd_call *call, struct fault *fault)
{
	AUTO(buf_free)
	struct buf folder = BUF_INIT(65536);
	const char *name = call->args[0];
	int r = check_format(call, fault);

	if (r == 0)
		r = find_folder(&folder, true, fault);
	if (r == 0)
		r = register_remove(buf_text(&folder), name, fault);
	if (r == REGISTER_UNKNOWN)
		return unknown(name, fault);
	if (r < 0)
		return r;
	if (call->common->format != NULL && strcmp(call->common->format, "text") != 0) {
		struct selection all = {0};

		return list(call, &all, "protect", fault);
	}
	if (!call->common->quiet)
		(void)fprintf(call->out, "removed %s\n", name);
	return 0;
}

static int
list_run(struct cmd_call *call, struct fault *fault)
{
	struct selection all = {0};

	return list(call, &all, "protect", fault);
}

static int
public_list_run(struct cmd_call *call, struct fault *fault)
{
	struct selection only_public = {.only_public = true};

	return list(call, &only_public, "protect", fault);
}

static int
show_run(struct cmd_call *call, struct fault *fault)
{
	struct selection one = {.name = call->args[0]};
	AUTO(buf_free)
	struct buf folder = BUF_INIT(65536);
	AUTO(register_close)
	struct register_db *db = NULL;
	const char *format = call->common->format;
	size_t count;
	const struct register_asset *assets;
	int r = list(call, &one, "protect", fault);

	if (r < 0 || (format != NULL && strcmp(format, "text") != 0))
		return r;
	r = find_folder(&folder, false, fault);
	if (r == 0)
		r = register_open(&db, buf_text(&folder), fault);
	if (r < 0)
		return r;
	assets = register_assets(db, &count);
	for (size_t i = 0; i < count; i++)
		for (size_t p = 0; is_selected(&assets[i], &one) && p < assets[i].paths_count; p++)
			(void)fprintf(call->out, "read from %s\n", assets[i].paths[p]);
	return 0;
}

static const struct opt add_opts[] = {
    OPT_FLAG(0, "tree", struct protect_options, tree,
	     "the files as they are now, not their history"),
    OPT_END,
};

static const struct cmd protect_add = {.name = "add",
				       .args = "NAME PATH...",
				       .does = "register what is below PATH as ours, under NAME",
				       .opts = add_opts,
				       .options_bytes = sizeof(struct protect_options),
				       .args_min = 2,
				       .args_max = CMD_ARGS_ANY,
				       .run = add_run};
static const struct cmd protect_update = {.name = "update",
					  .args = "[NAME]",
					  .does = "read the paths of an asset, or of all, again",
					  .args_min = 0,
					  .args_max = 1,
					  .run = update_run};
static const struct cmd protect_list = {
    .name = "list", .args = "", .does = "list what is registered", .run = list_run};
static const struct cmd protect_show = {.name = "show",
					.args = "NAME",
					.does = "show one asset and where it was read from",
					.args_min = 1,
					.args_max = 1,
					.run = show_run};
static const struct cmd protect_remove = {.name = "remove",
					  .args = "NAME",
					  .does = "forget an asset",
					  .args_min = 1,
					  .args_max = 1,
					  .run = remove_run};
static const struct cmd public_add = {
    .name = "add",
    .args = "NAME PATH...",
    .does = "register what is below PATH as everybody's, so that it accuses nobody",
    .opts = add_opts,
    .options_bytes = sizeof(struct protect_options),
    .args_min = 2,
    .args_max = CMD_ARGS_ANY,
    .run = public_add_run};
static const struct cmd public_list = {
    .name = "list", .args = "", .does = "list what was declared public", .run = public_list_run};

static const struct cmd *const public_subs[] = {&public_add, &public_list, NULL};
static const struct cmd protect_public = {.name = "public",
					  .args = "VERB",
					  .does = "what is not ours: it never accuses",
					  .subs = public_subs};

static const struct cmd *const protect_subs[] = {
    &protect_add,    &protect_update, &protect_list,    &protect_show,
    &protect_remove, &protect_public, &protect_secrets, NULL,
};

const struct cmd cmd_protect = {.name = "protect",
				.args = "VERB",
				.does = "say what is ours, so that scan recognises it",
				.subs = protect_subs};
