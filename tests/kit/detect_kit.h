/*
 * detect_kit.h - one detector over bytes in memory, the way intake shows them
 *
 * For unit tests, fuzz targets and benches of detectors: no files, no containers, no threads.
 *
 *	AUTO(detect_kit_fini) struct detect_kit kit;
 *	detect_kit_init(&kit, &detect_developer_path);
 *	detect_kit_blob(&kit, "lib/a.so", BLOB_ELF, bytes);	once a blob
 *	detect_kit_end(&kit);					input_end; then kit.findings
 */
#ifndef TESTS_KIT_DETECT_KIT_H
#define TESTS_KIT_DETECT_KIT_H

#include "detect/detect.h"
#include "detect/facts.h"

struct detect_kit {
	const struct detector *detector;
	struct detect detect;
	struct detect_run run;
	struct arena arena;
	struct findings findings;
	struct input_facts facts;
	struct fault fault;
	size_t window_bytes; /* fresh bytes of a window; 0: as intake does */
	size_t margin_bytes;
	uint64_t derived; /* blobs that were handed back */
	uint64_t derived_bytes;
	uint64_t not_examined; /* bytes */
	char derived_name[64];
};

void detect_kit_init(struct detect_kit *kit, const struct detector *detector);
void detect_kit_fini(struct detect_kit *kit);

/* Each returns what the detector returned; detect_kit_blob() copies nothing. */
int detect_kit_blob(struct detect_kit *kit, const char *name, enum blob_kind kind,
		    struct bytes content);
int detect_kit_end(struct detect_kit *kit);

/* The first finding of a rule, or NULL. */
const struct finding *detect_kit_finding(const struct detect_kit *kit, const char *rule);

#endif
