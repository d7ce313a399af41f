/*
 * fuzz_intake.c - any bytes as an input: containers in streams in containers, all detectors
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "intake/intake.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct limits limits = LIMITS_DEFAULT;
	struct detect detect = {.options = {.enabled = UINT64_MAX}};
	struct intake_options options = {.detect = &detect, .jobs = 1};
	struct input input = {.type = INPUT_FILE, .path = "in"};
	struct findings findings;
	struct coverage coverage;
	struct input_facts facts;
	struct input_summary summary;
	struct intake *in = NULL;
	int fd = memfd_create("fuzz", 0);

	limits.bytes = 64 << 20;
	limits.member = 16 << 20;
	detect.limits = options.limits = limits;
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	input.fd = fd;
	findings_init(&findings);
	coverage_init(&coverage);
	facts_init(&facts, input.path);
	input_summary_init(&summary);
	if (intake_new(&in, &options, NULL) < 0 ||
	    intake_run(in, &input, &findings, &coverage, &facts, &summary, NULL) < 0)
		abort();
	if (coverage.unpacked_bytes !=
	    coverage.examined_bytes + coverage.skipped_bytes + coverage.not_examined_bytes)
		abort();
	intake_free(&in);
	findings_free(&findings);
	coverage_free(&coverage);
	facts_free(&facts);
	input_summary_free(&summary);
	return 0;
}
