/*
 * detect.c - what detectors share
 *
 * Knows: how a finding gets its blob, how detectors are named on a command line.
 * Does not know: which detectors there are (table.c), so that a test can bring its own.
 */
#include "detect/detect.h"

#include <string.h>

#include "base/own.h"
#include "seal/hash.h"

const uint8_t *
detect_sha256(struct detect_run *run)
{
	if (!run->has_sha256 && run->whole.at != NULL &&
	    hash_sha256(run->whole, run->sha256, NULL) == 0)
		run->has_sha256 = true;
	return run->sha256;
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
	}
	return findings_add(run->findings, finding, fault);
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
