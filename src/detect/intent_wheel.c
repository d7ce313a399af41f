/*
 * intent_wheel.c - a wheel against its RECORD and METADATA
 *
 * Knows: RECORD lists every file with its SHA-256 (PyPA, "Binary distribution format"); files it
 * does not list were added after the build, files whose digest differs were changed after it.
 * Does not know: signatures (RECORD.jws), Python.
 */
#include "detect/intent.h"

#include <string.h>

#include "base/own.h"
#include "base/text.h"

#define EXAMPLES 3

/* One row of a CSV file as RECORD uses it: path,algorithm=digest,size; a path may be quoted. */
static bool
take_row(struct bytes *in, struct buf *path, struct bytes *digest)
{
	bool quoted = in->left > 0 && in->at[0] == '"';
	const uint8_t *end;
	uint8_t c = 0;

	buf_reset(path);
	*digest = (struct bytes){0};
	if (in->left == 0)
		return false;
	if (quoted)
		(void)bytes_skip(in, 1);
	while (bytes_take_u8(in, &c) == 0) {
		if (quoted && c == '"') {
			if (in->left > 0 && in->at[0] == '"')
				(void)bytes_skip(in, 1);
			else {
				quoted = false;
				continue;
			}
		} else if (!quoted && (c == ',' || c == '\n')) {
			break;
		}
		(void)buf_append_u8(path, c);
	}
	if (c == '\n')
		return true;
	end = in->left == 0 ? NULL : memchr(in->at, '\n', in->left);
	*digest = bytes_slice(*in, 0, end == NULL ? in->left : (size_t)(end - in->at));
	(void)bytes_skip(in, digest->left + (end != NULL));
	end = digest->left == 0 ? NULL : memchr(digest->at, ',', digest->left);
	if (end != NULL)
		digest->left = (size_t)(end - digest->at);
	return true;
}

/* Base64 with '-' and '_' and no padding, as RECORD writes it. */
static void
urlsafe(const uint8_t sha256[32], char out[44])
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t used = 0;

	for (size_t i = 0; i < 32; i += 3) {
		uint32_t three = (uint32_t)sha256[i] << 16 | (i + 1 < 32 ? sha256[i + 1] << 8 : 0) |
				 (i + 2 < 32 ? sha256[i + 2] : 0);

		for (unsigned n = 0; n < 4 && used < 43; n++)
			out[used++] = letters[three >> (18 - 6 * n) & 63];
	}
	out[43] = '\0';
}

struct tally {
	uint64_t count;
	const struct fact_file *first;
	const char *list;
};

static void
add(struct detect_run *run, struct tally *tally, const struct fact_file *file, const char *name)
{
	if (tally->count++ < EXAMPLES)
		tally->list =
		    arena_printf(run->arena, "%s%s%.100s", tally->list == NULL ? "" : tally->list,
				 tally->list == NULL ? "" : ", ", name);
	if (tally->first == NULL)
		tally->first = file;
}

static int
tell(struct detect_run *run, const struct tally *tally, const struct fact_manifest *record,
     struct finding finding, const char *what, struct fault *fault)
{
	if (tally->count == 0)
		return 0;
	finding.count = tally->count;
	finding.title = arena_printf(run->arena, "%llu %s: %s", (unsigned long long)tally->count,
				     what, tally->list == NULL ? "" : tally->list);
	return tally->first == NULL ? intent_report_manifest(run, record, &finding, fault)
				    : intent_report(run, tally->first, &finding, fault);
}

/* Marks listed[i] for every file that RECORD lists. */
static void
read_record(struct detect_run *run, const struct fact_manifest *record, struct bytes root,
	    uint8_t *listed, struct tally *changed, struct tally *missing)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(65536), shown = BUF_INIT(4 * 65536);
	struct bytes in = record->content, digest;

	while (take_row(&in, &path, &digest)) {
		const struct fact_file *file;
		char have[44];

		if (path.used > 0 && path.at[path.used - 1] == '\r')
			path.used--;
		if (path.used == 0 || path.at[path.used - 1] == '/')
			continue;
		buf_reset(&shown);
		(void)blob_display(&shown, buf_bytes(&path));
		file = intent_file(run->facts, root, buf_bytes(&shown));
		if (file == NULL) {
			add(run, missing, NULL, buf_text(&shown));
			continue;
		}
		listed[file - run->facts->files] = 1;
		if (!bytes_begins(digest, BYTES_OF("sha256=")))
			continue;
		urlsafe(file->sha256, have);
		if (!bytes_equal(bytes_slice(digest, 7, 43), bytes_make(have, 43)))
			add(run, changed, file, file->inner);
	}
}

/* Signatures sign RECORD, so they cannot be in it. */
static bool
is_beside_record(struct bytes inner)
{
	return bytes_ends(inner, BYTES_OF(".dist-info/RECORD")) ||
	       bytes_ends(inner, BYTES_OF(".dist-info/RECORD.jws")) ||
	       bytes_ends(inner, BYTES_OF(".dist-info/RECORD.p7s"));
}

/* A container among the members is listed as one file, and is none of the leaf files. */
static void
forgive_containers(struct detect_run *run, struct bytes root, const uint8_t *listed,
		   struct tally *unlisted, struct tally *missing)
{
	uint64_t containers = 0;

	for (size_t i = 0; i < run->facts->files_count; i++) {
		struct bytes inner = bytes_text(run->facts->files[i].inner);

		if (!bytes_begins(inner, root) || listed[i] != 0 || is_beside_record(inner))
			continue;
		if (bytes_find(inner, BYTES_OF("!/")) >= 0)
			containers++;
		else
			add(run, unlisted, &run->facts->files[i], run->facts->files[i].inner);
	}
	/* Which of the missing names are containers cannot be told apart for sure: stay silent. */
	if (containers > 0)
		missing->count = 0;
}

static int
check_record(struct detect_run *run, const struct fact_manifest *record, struct bytes root,
	     struct fault *fault)
{
	static const struct finding changed_finding = {
	    .rule = "record-mismatch",
	    .severity = SEVERITY_HIGH,
	    .why =
		"the wheel was changed after it was built; installers check RECORD and refuse it",
	    .fix = "build the wheel again, or run `wheel unpack` and `wheel pack` after a change"};
	static const struct finding unlisted_finding = {
	    .rule = "record-unlisted",
	    .severity = SEVERITY_MEDIUM,
	    .why = "they were added after the build: nobody who reads RECORD knows that they ship",
	    .fix = "build the wheel again without them"};
	static const struct finding missing_finding = {
	    .rule = "record-missing",
	    .severity = SEVERITY_LOW,
	    .why = "files were taken out of the wheel after it was built",
	    .fix = "build the wheel again"};
	uint8_t *listed = arena_alloc(run->arena, run->facts->files_count + 1);
	struct tally changed = {0}, unlisted = {0}, missing = {0};
	int r;

	if (listed == NULL)
		return fault_memory(fault);
	read_record(run, record, root, listed, &changed, &missing);
	forgive_containers(run, root, listed, &unlisted, &missing);
	r = tell(run, &changed, record, changed_finding, "files differ from the digest in RECORD",
		 fault);
	if (r == 0)
		r = tell(run, &unlisted, record, unlisted_finding,
			 "files that RECORD does not list", fault);
	if (r == 0)
		r = tell(run, &missing, record, missing_finding,
			 "files that RECORD lists and the wheel does not hold", fault);
	return r;
}

/* "Private ::" classifiers are how a Python project says that it must not be uploaded. */
static int
tell_private(struct detect_run *run, const struct fact_manifest *metadata, struct fault *fault)
{
	struct finding finding = {
	    .rule = "private-package",
	    .severity = SEVERITY_HIGH,
	    .title = "METADATA has a `Classifier: Private ::`",
	    .why =
		"its authors say that it must not be published; the public index would refuse it",
	    .fix = "do not publish it, or take the classifier out of pyproject.toml"};

	return bytes_find(metadata->content, BYTES_OF("\nClassifier: Private ::")) >= 0
		   ? intent_report_manifest(run, metadata, &finding, fault)
		   : 0;
}

int
intent_wheel(struct detect_run *run, const struct fact_manifest *manifest, struct fault *fault)
{
	struct bytes folder = package_root(manifest), root = folder;
	const char *name =
	    arena_printf(run->arena, "%.*sRECORD", (int)folder.left, (const char *)folder.at);
	const struct fact_manifest *record;
	int r = tell_private(run, manifest, fault);

	if (name == NULL)
		return fault_memory(fault);
	record = facts_manifest(run->facts, name);
	if (r < 0 || record == NULL || run->facts->files_left_out > 0)
		return r;
	/* dist-info stands in the root of what RECORD lists. */
	root.left -= root.left > 0;
	while (root.left > 0 && root.at[root.left - 1] != '/')
		root.left--;
	return check_record(run, record, root, fault);
}
