/*
 * container.c - what is odd about a container, as findings
 *
 * Knows: how bad each oddity is and what to do.  Does not know: how readers notice it.
 */
#include "detect/container.h"

#include "detect/image.h"
#include "detect/table.h"

struct oddity {
	const char *rule;
	enum severity severity;
	const char *why, *fix;
};

static const struct oddity oddities[] = {
    {"zip-local-differs", SEVERITY_MEDIUM,
     "tools that read the local headers unpack something else than tools that read the directory",
     "build the archive again with one tool"},
    {"hidden-entry", SEVERITY_HIGH,
     "the entry is not in the archive's directory: some tools show it, others do not",
     "build the archive again from a clean folder"},
    {"appended-data", SEVERITY_LOW, "data outside the archive ships with it and nobody lists it",
     "cut it off, or find out which tool wrote it"},
    {"prepended-data", SEVERITY_INFO, "a self-extracting archive, or two formats in one file",
     NULL},
    {"duplicate-name", SEVERITY_LOW,
     "which of the two a person gets depends on the tool that unpacks",
     "build the archive again from a clean folder"},
    {"path-escapes", SEVERITY_HIGH, "unpacking it would write outside the target folder",
     "build the archive with relative names"},
    {"link-escapes", SEVERITY_MEDIUM, "the link points outside the unpacked folder",
     "ship the file, not a link to it"},
    {"overlap", SEVERITY_HIGH, "entries share bytes, as in a decompression bomb",
     "do not publish this file"},
};

int
container_report(struct findings *findings, const char *path, const struct unpack_note *note,
		 struct fault *fault)
{
	struct finding finding = {
	    .detector = detect_container.name,
	    .rule = note->rule,
	    .severity = SEVERITY_LOW,
	    .title = note->text,
	    .path = path,
	    .at = {.at_bytes = note->at_bytes, .length_bytes = note->length_bytes},
	};

	for (size_t i = 0; i < ARRAY_LEN(oddities); i++)
		if (strcmp(oddities[i].rule, note->rule) == 0) {
			finding.severity = oddities[i].severity;
			finding.why = oddities[i].why;
			finding.fix = oddities[i].fix;
		}
	return findings_add(findings, &finding, fault);
}

/* Readers notice, blobs are not looked at. */
static enum detect_need
wants(const struct detect *detect, const struct blob *blob)
{
	(void)detect;
	(void)blob;
	return DETECT_NOTHING;
}

const struct detector detect_container = {
    .name = "container",
    .finds =
	"archives that lie: hidden, overlapping, escaping or appended things; secrets in images",
    .docs = "detectors/container.md",
    .wants = wants,
    .input_end = image_input_end,
};
