/*
 * intent.c - the detector of packages that ship what they do not mean to
 *
 * Knows: which part to ask for which kind of package.
 * Does not know: what manifests say (intent_npm.c, intent_wheel.c), how versions are compared
 * (intent_delta.c), which differences are worth a finding (intent_previous.c).
 */
#include "detect/intent.h"

#include <string.h>

#include "detect/table.h"

const struct fact_file *
intent_file(const struct input_facts *facts, struct bytes root, struct bytes path)
{
	size_t low = 0, high = facts->files_count;

	/* Of one input all paths have the same front, so their order is that of `inner`. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct fact_file *file = &facts->files[middle];
		struct bytes inner = bytes_text(file->inner);
		struct bytes front = bytes_slice(inner, 0, root.left);
		struct bytes rest = bytes_slice(inner, root.left, inner.left);
		size_t common = front.left < root.left ? front.left : root.left;
		int r = common == 0 ? 0 : memcmp(front.at, root.at, common);

		if (r == 0 && front.left < root.left)
			r = -1;
		common = rest.left < path.left ? rest.left : path.left;
		if (r == 0 && common > 0)
			r = memcmp(rest.at, path.at, common);
		if (r == 0)
			r = (rest.left > path.left) - (rest.left < path.left);
		if (r == 0)
			return file;
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

int
intent_report(struct detect_run *run, const struct fact_file *file, struct finding *finding,
	      struct fault *fault)
{
	if (finding->title == NULL || finding->fix == NULL)
		return fault_memory(fault);
	finding->path = file->path;
	finding->has_sha256 = true;
	memcpy(finding->sha256, file->sha256, sizeof(finding->sha256));
	return detect_report(run, &detect_intent, finding, fault);
}

int
intent_report_manifest(struct detect_run *run, const struct fact_manifest *manifest,
		       struct finding *finding, struct fault *fault)
{
	struct bytes inner = bytes_text(manifest->inner), none = {0};
	const struct fact_file *file = intent_file(run->facts, inner, none);
	struct fact_file stand_in = {.path = manifest->path};

	/* Past FACTS_FILES_MAX a manifest is kept whose file is not. */
	return intent_report(run, file == NULL ? &stand_in : file, finding, fault);
}

/* Packages as a whole are looked at, blobs never. */
static enum detect_need
wants(const struct detect *detect, const struct blob *blob)
{
	(void)detect;
	(void)blob;
	return DETECT_NOTHING;
}

static int
input_end(struct detect_run *run, struct fault *fault)
{
	const struct fact_manifest *manifest = NULL;
	int r = 0;

	switch (package_kind_of(run->facts, &manifest)) {
	case PACKAGE_NPM:
		r = intent_npm(run, manifest, fault);
		break;
	case PACKAGE_WHEEL:
		r = intent_wheel(run, manifest, fault);
		break;
	case PACKAGE_CRATE:
		r = intent_crate(run, manifest, fault);
		break;
	default:
		break;
	}
	if (r == 0 && run->facts->previous != NULL)
		r = intent_previous(run, fault);
	return r;
}

const struct detector detect_intent = {
    .name = "intent",
    .finds = "packages that ship more than their manifest or the version before",
    .docs = "detectors/intent.md",
    .wants = wants,
    .input_end = input_end,
};
