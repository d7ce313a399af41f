/*
 * scan_settings.c - from options, variables and files to what a scan does
 *
 * Knows: which option overrides which setting.  Does not know: what happens then (scan.c).
 */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "base/text.h"
#include "cmd/scan.h"
#include "config/home.h"

#define PATH_BYTES_MAX ((size_t)4096)

/* Settings assert that a key exists, so a name from the command line is looked up before. */
static bool
is_limit(const char *name, size_t length)
{
	static const char *const names[] = {"depth", "entries", "bytes",
					    "ratio", "member",  "seconds"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
			return true;
	return false;
}

/* NAME=N[,NAME=N]: each part of --limit is the setting scan.limits.NAME. */
static int
override_limits(struct settings *settings, const char *text, struct fault *fault)
{
	while (*text != '\0') {
		size_t length = strcspn(text, ",");
		const char *equals = memchr(text, '=', length);
		AUTO(buf_free)
		struct buf key = BUF_INIT(256);
		AUTO(buf_free)
		struct buf value = BUF_INIT(256);
		int r;

		if (equals == NULL)
			return fault_set(fault, FAULT_USAGE, "--limit: '%s' is not NAME=N", text);
		if (!is_limit(text, (size_t)(equals - text)))
			return fault_set(fault, FAULT_USAGE,
					 "--limit: no limit is called '%.*s': depth, entries, "
					 "bytes, ratio, member, seconds",
					 (int)(equals - text), text);
		(void)buf_append_text(&key, "scan.limits.");
		(void)buf_append(&key, text, (size_t)(equals - text));
		(void)buf_append(&value, equals + 1, length - (size_t)(equals + 1 - text));
		if (key.failed != 0 || value.failed != 0)
			return fault_set(fault, FAULT_USAGE, "--limit: '%s' is too long", text);
		r = settings_override(settings, buf_text(&key), buf_text(&value), "--limit", fault);
		if (r < 0)
			return r;
		text += length + (text[length] == ',' ? 1 : 0);
	}
	return 0;
}

static int
override_all(struct settings *settings, const struct cmd_call *call,
	     const struct scan_options *options, struct fault *fault)
{
	const struct {
		const char *key, *value, *origin;
	} rows[] = {
	    {"scan.profile", options->profile, "--profile"},
	    {"scan.only", options->only, "--only"},
	    {"scan.skip", options->skip, "--skip"},
	    {"scan.register", options->register_path, "--register"},
	    {"scan.baseline", options->baseline, "--baseline"},
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_LEN(rows); i++)
		if (rows[i].value != NULL)
			r = settings_override(settings, rows[i].key, rows[i].value, rows[i].origin,
					      fault);
	for (size_t i = 0; r >= 0 && i < options->limits.count; i++)
		r = override_limits(settings, options->limits.values[i], fault);
	if (r >= 0 && call->common->jobs > 0) {
		char jobs[24];

		(void)snprintf(jobs, sizeof(jobs), "%llu", (unsigned long long)call->common->jobs);
		r = settings_override(settings, "scan.jobs", jobs, "--jobs", fault);
	}
	return r;
}

int
scan_settings(struct settings **out, const struct cmd_call *call,
	      const struct scan_options *options, struct fault *fault)
{
	AUTO(settings_free)
	struct settings *settings = NULL;
	AUTO(own_free)
	char *folder = getcwd(NULL, 0);
	AUTO(buf_free)
	struct buf home = BUF_INIT(PATH_BYTES_MAX);
	struct settings_from from = {.folder = folder,
				     .config = call->common->config,
				     .system_file = SETTINGS_SYSTEM_FILE,
				     .environment = environ};
	int r;

	if (folder == NULL)
		return fault_errno(fault, "the current folder");
	r = home_locate(&home, environ);
	if (r < 0)
		return r;
	if (r == 0)
		from.home = buf_text(&home);
	r = settings_load(&settings, &from, fault);
	if (r >= 0)
		r = override_all(settings, call, options, fault);
	if (r < 0)
		return r;
	*out = TAKE(settings);
	return 0;
}

/* A list setting as a bit set of detectors. */
static int
named_bits(const struct settings *settings, const char *key, uint64_t *bits, struct fault *fault)
{
	size_t count;
	const char *const *names = settings_list(settings, key, &count);

	*bits = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t one;
		int r = detect_parse_names(names[i], &one, fault);

		if (r < 0)
			return fault_wrap(fault, r, "%s", settings_origin(settings, key));
		*bits |= one;
	}
	return 0;
}

int
scan_detect(struct detect *detect, const struct settings *settings, struct fault *fault)
{
	uint64_t all = ((uint64_t)1 << detect_table_count) - 1, only, skip;
	int r = named_bits(settings, "scan.only", &only, fault);

	if (r >= 0)
		r = named_bits(settings, "scan.skip", &skip, fault);
	if (r < 0)
		return r;
	*detect = (struct detect){
	    .options = {.enabled = (only != 0 ? only : all) & ~skip,
			.is_public = settings_bool(settings, "package.public")},
	    .limits = {.depth = (uint32_t)settings_u64(settings, "scan.limits.depth"),
		       .entries = settings_u64(settings, "scan.limits.entries"),
		       .bytes = settings_u64(settings, "scan.limits.bytes"),
		       .ratio = settings_u64(settings, "scan.limits.ratio"),
		       .member = settings_u64(settings, "scan.limits.member"),
		       .seconds = settings_u64(settings, "scan.limits.seconds")},
	};
	if (detect->limits.ratio == 0)
		return fault_set(fault, FAULT_USAGE, "--limit: ratio must be at least 1");
	return 0;
}

int
scan_home(struct home **out, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(PATH_BYTES_MAX);
	int r = home_locate(&path, environ);

	if (r != 0)
		return r < 0 ? r : 0;
	r = home_open(out, buf_text(&path), false, fault);
	return r < 0 ? r : 0;
}

int
scan_register(struct register_db **out, const struct settings *settings, const struct home *home,
	      struct fault *fault)
{
	AUTO(buf_free)
	struct buf folder = BUF_INIT(PATH_BYTES_MAX);
	const char *named = settings_text(settings, "scan.register");
	int r;

	if (named == NULL && home == NULL)
		return 0;
	if (named == NULL) {
		r = home_join(home, &folder, "register");
		return r < 0 ? r : register_open(out, buf_text(&folder), fault);
	}
	/* A register that somebody named must be there: an empty one would find nothing and say so
	 * to nobody. */
	r = file_exists(named, fault);
	if (r == 0)
		return fault_set(fault, FAULT_USAGE, "%s: there is no register", named);
	return r < 0 ? r : register_open(out, named, fault);
}
