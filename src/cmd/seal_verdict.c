/*
 * seal_verdict.c - from a scan's outcome to a statement, and under a signature
 *
 * Knows: what of a scan a receiver may know.  Does not know: keys, formats of either.
 */
#include "cmd/seal_verdict.h"

#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/own.h"
#include "base/stream.h"
#include "cmd/seal.h"

#define POLICY_BYTES_MAX ((size_t)64 << 20)

int
seal_ready(const struct scan *scan, const struct seal_options *options, struct fault *fault)
{
	AUTO(signer_close)
	struct signer *signer = NULL;

	if (options->out == NULL)
		return options->key == NULL && options->sign_with == NULL
			   ? 0
			   : fault_set(fault, FAULT_USAGE,
				       "--key and --sign-with seal: --seal OUT is missing");
	for (size_t i = scan->gate->first; i < scan->gate->count; i++)
		if (scan->gate->inputs[i].type != INPUT_FILE)
			return fault_set(fault, FAULT_USAGE,
					 "--seal: %s is a folder; only a package has exact bytes "
					 "to vouch for",
					 scan->gate->inputs[i].path);
	if (scan->gate->count - scan->gate->first > STATEMENT_SUBJECTS_MAX)
		return fault_set(fault, FAULT_USAGE, "--seal: more than %d packages at once",
				 STATEMENT_SUBJECTS_MAX);
	return seal_signer(&signer, options->key, options->sign_with, fault);
}

/* ---- what was asked of the bytes ---- */

static void
add_list(struct buf *to, const struct settings *settings, const char *key)
{
	size_t count;
	const char *const *list = settings_list(settings, key, &count);

	for (size_t i = 0; i < count; i++)
		(void)buf_printf(to, "%s%s", i == 0 ? "" : ",", list[i]);
}

/* Settings that change a verdict, as they hold; where files lie and how many threads there are is
 * nobody's business and changes nothing. */
static void
add_settings(struct buf *to, const struct settings *settings)
{
	for (size_t i = 0; i < settings_table_count; i++) {
		const struct setting *row = &settings_table[i];

		if (row->kind == SETTING_PATH || row->kind == SETTING_TABLE ||
		    strcmp(row->key, "scan.jobs") == 0 || strcmp(row->key, "scan.profile") == 0)
			continue;
		(void)buf_printf(to, "%s=", row->key);
		if (row->kind == SETTING_TEXT && settings_text(settings, row->key) != NULL)
			(void)buf_append_text(to, settings_text(settings, row->key));
		else if (row->kind == SETTING_BOOL)
			(void)buf_append_text(to,
					      settings_bool(settings, row->key) ? "true" : "false");
		else if (row->kind == SETTING_COUNT || row->kind == SETTING_SIZE)
			(void)buf_printf(to, "%llu",
					 (unsigned long long)settings_u64(settings, row->key));
		else if (row->kind == SETTING_DATE)
			(void)buf_printf(to, "%lld", (long long)settings_date(settings, row->key));
		else if (row->kind == SETTING_LIST)
			add_list(to, settings, row->key);
		(void)buf_append_text(to, "\n");
	}
}

/* SHA-256 of the policy as it held: profile, settings, what was answered for
 * (docs/format-verdict.md).  Findings do not go in. */
static int
policy_digest(const struct scan *scan, uint8_t out[HASH_SHA256_BYTES], struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(POLICY_BYTES_MAX);
	const char *profile = policy_profile(scan->policy), *file = NULL;
	const struct accept_list *lists[] = {policy_suppressions(scan->policy),
					     policy_baseline(scan->policy)};
	int r = 0;

	(void)buf_printf(&text, "profile=%s\n", profile);
	add_settings(&text, scan->settings);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		(void)buf_printf(&text, "list=%zu\n",
				 lists[i] == NULL ? 0 : accept_count(lists[i]));
		if (lists[i] != NULL)
			(void)accept_format(lists[i], &text);
	}
	if (settings_table_find(scan->settings, "policy", profile, &file) != NULL && file != NULL)
		r = file_read_all(file, &text, fault);
	if (r < 0)
		return r;
	if (text.failed != 0)
		return fault_set(fault, text.failed, "--seal: the policy is too large");
	return hash_sha256(buf_bytes(&text), out, fault);
}

/* ---- what was looked at ---- */

/* The reader's digest came out of the jail; what a seal vouches for is read once more out here. */
static int
same_bytes(const struct input *input, const uint8_t scanned[HASH_SHA256_BYTES], struct fault *fault)
{
	AUTO(stream_close)
	struct stream *s = NULL;
	AUTO(hash_running_free)
	struct hash_running *hash = NULL;
	AUTO(own_close)
	int fd = -1;
	struct input again;
	uint8_t now[HASH_SHA256_BYTES];
	uint64_t fast;
	int r;

	if (strcmp(input->path, "(stdin)") == 0)
		return 0;
	r = input_open(&again, input->path, fault);
	if (r < 0)
		return r;
	fd = again.fd;
	if (again.type != INPUT_FILE)
		return fault_set(fault, FAULT_TAMPER, "%s: changed since it was scanned",
				 input->path);
	r = stream_from_fd(&s, fd, fault);
	fd = -1;
	if (r == 0)
		r = hash_running_new(&hash, fault);
	if (r == 0)
		r = hash_running_begin(hash, fault);
	while (r == 0 && (r = stream_want(s, 1, fault)) == 0 && s->left > 0) {
		r = hash_running_add(hash, stream_window(s), fault);
		stream_take(s, s->left);
	}
	if (r == 0)
		r = hash_running_end(hash, now, &fast, fault);
	if (r == 0 && memcmp(now, scanned, sizeof(now)) != 0)
		r = fault_set(fault, FAULT_TAMPER, "%s: changed since it was scanned", input->path);
	return r;
}

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static int
subjects_of(const struct scan *scan, struct statement *s, struct arena *arena, struct fault *fault)
{
	size_t count = scan->gate->count - scan->gate->first;
	struct statement_subject *subjects = arena_alloc(arena, (count + 1) * sizeof(*subjects));
	int r = 0;

	if (subjects == NULL)
		return fault_memory(fault);
	for (size_t i = 0; r == 0 && i < count; i++) {
		const struct input *input = &scan->gate->inputs[scan->gate->first + i];
		const struct input_summary *summary = &scan->gate->summaries[scan->gate->first + i];

		if (!summary->has_sha256)
			return fault_set(fault, FAULT_IO,
					 "--seal: %s was not read to its end, nothing can be said "
					 "about its bytes",
					 input->path);
		subjects[i].name = last_part(input->path);
		memcpy(subjects[i].sha256, summary->sha256, sizeof(subjects[i].sha256));
		r = same_bytes(input, subjects[i].sha256, fault);
	}
	s->subjects = subjects;
	s->subjects_count = count;
	return r;
}

/* A receiver wants to know how old the list was; which one it was, only its owner can show. */
static int
bind_register(const struct scan *scan, struct statement *s, struct arena *arena,
	      struct fault *fault)
{
	uint8_t digest[SEGMENT_DIGEST_BYTES];
	char *text = arena_alloc(arena, CLOCK_TEXT);
	size_t count = 0;
	int64_t date = 0;
	int r;

	if (text == NULL)
		return fault_memory(fault);
	if (scan->registry != NULL)
		(void)register_assets(scan->registry, &count);
	if (count == 0)
		return 0;
	r = register_identity(scan->registry, digest, &date, fault);
	if (r < 0)
		return r;
	return statement_bind_register(s, bytes_make(digest, sizeof(digest)),
				       clock_format(date, text), fault);
}

static int
statement_of(const struct scan *scan, struct statement *s, struct arena *arena, struct fault *fault)
{
	const struct coverage *coverage = &scan->gate->coverage;
	const char **detectors = arena_alloc(arena, (detect_table_count + 1) * sizeof(*detectors));
	char *time = arena_alloc(arena, CLOCK_TEXT);
	int r;

	if (detectors == NULL || time == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < detect_table_count && i < STATEMENT_DETECTORS_MAX; i++)
		if ((scan->detect.options.enabled >> i & 1) != 0)
			detectors[s->detectors_count++] = detect_table[i]->name;
	s->detectors = detectors;
	s->verdict = verdict_name(scan->outcome.verdict);
	s->profile = policy_profile(scan->policy);
	s->tool_version = STOPWATER_VERSION;
	s->time = clock_format(scan->now, time);
	s->coverage.blobs = coverage->blobs;
	s->coverage.input_bytes = coverage->input_bytes;
	s->coverage.unpacked_bytes = coverage->unpacked_bytes;
	s->coverage.examined_bytes = coverage->examined_bytes;
	s->coverage.skipped_bytes = coverage->skipped_bytes;
	s->coverage.not_examined_bytes = coverage->not_examined_bytes;
	s->has_policy = true;
	r = policy_digest(scan, s->policy_sha256, fault);
	if (r == 0)
		r = bind_register(scan, s, arena, fault);
	return r < 0 ? r : subjects_of(scan, s, arena, fault);
}

int
seal_verdict(const struct scan *scan, const struct seal_options *options, FILE *to,
	     struct fault *fault)
{
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)4 << 20);
	AUTO(signer_close)
	struct signer *signer = NULL;
	struct statement statement = {.verdict = NULL};
	int r = statement_of(scan, &statement, &arena, fault);

	if (r == 0)
		r = seal_signer(&signer, options->key, options->sign_with, fault);
	return r < 0 ? r : seal_write(options->out, to, signer, &statement, fault);
}
