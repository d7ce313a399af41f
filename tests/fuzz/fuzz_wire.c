/*
 * fuzz_wire.c - a jailed reader that was taken over and says anything
 */
#include "intake/wire.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size), payload;
	AUTO(findings_free)
	struct findings findings;
	AUTO(coverage_free)
	struct coverage coverage;
	uint8_t type;

	findings_init(&findings);
	coverage_init(&coverage);
	while (wire_take(&in, &type, &payload, NULL) == 0) {
		AUTO(input_summary_free)
		struct input_summary summary;
		struct fault fault = FAULT_INIT;

		input_summary_init(&summary);
		switch (type) {
		case WIRE_FINDING:
			(void)wire_get_finding(payload, &findings, &fault);
			break;
		case WIRE_SKIPPED:
		case WIRE_NOT_EXAMINED:
		case WIRE_SCOPE:
			(void)wire_get_row(payload, &coverage, type, &fault);
			break;
		case WIRE_TOTALS:
			(void)wire_get_totals(payload, &coverage, &fault);
			break;
		case WIRE_SUMMARY:
			(void)wire_get_summary(payload, &summary, &fault);
			break;
		case WIRE_FAULT:
			(void)wire_get_fault(payload, &fault);
			break;
		default:
			break;
		}
	}
	findings_sort(&findings);
	coverage_finish(&coverage);
	return 0;
}
