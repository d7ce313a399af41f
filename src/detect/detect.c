/*
 * detect.c - what detectors share
 *
 * Knows: how a finding gets its blob, how detectors are named on a command line.
 * Does not know: which detectors there are (table.c), so that a test can bring its own.
 */
#include "detect/detect.h"

#include <string.h>

#include "base/own.h"
#include "base/utf16.h"
#include "seal/hash.h"

const uint8_t *
detect_sha256(struct detect_run *run)
{
	if (!run->has_sha256 && run->whole.at != NULL &&
	    hash_sha256(run->whole, run->sha256, NULL) == 0)
		run->has_sha256 = true;
	return run->sha256;
}

uint64_t
detect_place(const struct detect_run *run, uint64_t at_bytes)
{
	return run->places == NULL ? at_bytes : utf16_places_in(run->places, at_bytes);
}

void
detect_told(struct detect_run *run)
{
	struct detect_run *outer = run->outer;

	if (outer != NULL && outer->told_count < DETECT_TOLD_MAX)
		outer->told[outer->told_count++] =
		    (struct detect_range){run->outer_at, run->outer_at + run->size_bytes};
}

bool
detect_is_told(const struct detect_run *run, uint64_t at_bytes)
{
	for (size_t i = 0; i < run->told_count; i++)
		if (at_bytes >= run->told[i].from && at_bytes < run->told[i].to)
			return true;
	return false;
}

static void
place_at(const struct detect_run *run, struct finding_place *at)
{
	uint64_t end = detect_place(run, at->at_bytes + at->length_bytes);

	if (at->at_bytes == 0 && at->length_bytes == 0) /* all of it, or none */
		return;
	at->at_bytes = detect_place(run, at->at_bytes);
	at->length_bytes = at->length_bytes == 0 ? 0 : end - at->at_bytes;
}

/* What was shown in UTF-8 stands elsewhere in the bytes of the blob. */
static void
place_finding(const struct detect_run *run, struct finding *finding)
{
	place_at(run, &finding->at);
	for (size_t i = 0; i < finding->matches_count; i++)
		place_at(run, &finding->matches[i].here);
	if (finding->decode == NULL)
		finding->decode = run->decode;
}

bool
detect_object(const struct detect_run *run, uint8_t object[BLOB_OBJECT_BYTES])
{
	if (run->blob->object == NULL)
		return false;
	memcpy(object, run->blob->object, BLOB_OBJECT_BYTES);
	return true;
}

int
detect_report(struct detect_run *run, const struct detector *detector, struct finding *finding,
	      struct fault *fault)
{
	if (finding->detector == NULL)
		finding->detector = detector->name;
	if (finding->path == NULL) {
		finding->path = run->blob->path;
		if (!finding->has_sha256) {
			memcpy(finding->sha256, detect_sha256(run), sizeof(finding->sha256));
			finding->has_sha256 = true;
		}
		if (run->places != NULL)
			place_finding(run, finding);
	}
	if (!finding->has_object)
		finding->has_object = detect_object(run, finding->object);
	return findings_add(run->findings, finding, fault);
}

bool
detect_runs(const struct detect *detect, const struct detector *detector)
{
	for (size_t i = 0; i < detect_table_count; i++)
		if (detect_table[i] == detector)
			return (detect->options.enabled >> i & 1) != 0;
	return false;
}

static int
parse_one(struct bytes name, uint64_t *bits, struct fault *fault)
{
	for (size_t i = 0; i < detect_table_count; i++)
		if (bytes_equal(name, bytes_text(detect_table[i]->name))) {
			*bits |= (uint64_t)1 << i;
			return 0;
		}
	return fault_set(fault, FAULT_USAGE,
			 "no detector is called '%.*s' ('stopwater detectors' lists them)",
			 (int)(name.left < 64 ? name.left : 64), (const char *)name.at);
}

int
detect_parse_names(const char *list, uint64_t *bits, struct fault *fault)
{
	uint64_t found = 0;

	for (;;) {
		size_t length = strcspn(list, ",");
		int r = parse_one(bytes_make(list, length), &found, fault);

		if (r < 0)
			return r;
		if (list[length] == '\0')
			break;
		list += length + 1;
	}
	*bits = found;
	return 0;
}
