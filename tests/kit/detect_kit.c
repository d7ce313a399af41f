/*
 * detect_kit.c - one detector over bytes in memory, the way intake shows them
 *
 * Knows: the life of a blob as detect.h promises it.  Does not know: containers.
 */
#include "kit/detect_kit.h"

#include "base/own.h"
#include "base/text.h"
#include "seal/hash.h"

#define KIT_BYTES_MAX ((size_t)1 << 30)

static int
derive(struct detect_run *run, struct bytes name, struct bytes content, struct fault *fault)
{
	struct detect_kit *kit = run->intake;
	size_t length =
	    name.left < sizeof(kit->derived_name) - 1 ? name.left : sizeof(kit->derived_name) - 1;

	(void)fault;
	kit->derived++;
	kit->derived_bytes += content.left;
	memcpy(kit->derived_name, name.at, length);
	kit->derived_name[length] = '\0';
	return 0;
}

static int
not_examined(struct detect_run *run, const char *reason, uint64_t at_bytes, uint64_t length_bytes,
	     struct fault *fault)
{
	struct detect_kit *kit = run->intake;

	(void)reason, (void)at_bytes, (void)fault;
	kit->not_examined += length_bytes;
	return 0;
}

void
detect_kit_init(struct detect_kit *kit, const struct detector *detector)
{
	*kit = (struct detect_kit){
	    .detector = detector,
	    .detect.limits = LIMITS_DEFAULT,
	    .arena = ARENA_INIT(KIT_BYTES_MAX),
	};
	kit->detect.options.enabled = UINT64_MAX;
	findings_init(&kit->findings);
	facts_init(&kit->facts, "input");
	kit->run = (struct detect_run){
	    .detect = &kit->detect,
	    .arena = &kit->arena,
	    .findings = &kit->findings,
	    .facts = &kit->facts,
	    .derive = derive,
	    .not_examined = not_examined,
	    .intake = kit,
	};
}

void
detect_kit_fini(struct detect_kit *kit)
{
	arena_free(&kit->arena);
	findings_free(&kit->findings);
	facts_free(&kit->facts);
}

static int
show(struct detect_kit *kit, void *state, struct bytes content, bool whole)
{
	size_t step = kit->window_bytes == 0 ? DETECT_WINDOW_BYTES : kit->window_bytes;
	size_t margin = kit->window_bytes == 0 ? DETECT_MARGIN_BYTES : kit->margin_bytes;
	size_t at = 0;
	int r = 0;

	if (whole || (kit->window_bytes == 0 && content.left <= DETECT_SMALL_BYTES))
		step = content.left;
	if (step == 0)
		step = 1;
	do {
		size_t seen = at < margin ? at : margin;
		size_t fresh = step < content.left - at ? step : content.left - at;
		struct detect_window window = {
		    .at = content.at + at - seen,
		    .length = seen + fresh,
		    .at_bytes = at - seen,
		    .seen = seen,
		    .first = at == 0,
		    .last = at + fresh == content.left,
		};

		r = kit->detector->window(&kit->run, state, &window, &kit->fault);
		at += fresh;
	} while (r == 0 && at < content.left);
	return r;
}

static int
examine(struct detect_kit *kit, void *state, struct bytes content, enum detect_need need)
{
	const struct detector *d = kit->detector;
	int r = d->begin == NULL ? 0 : d->begin(&kit->run, state, &kit->fault);

	if (r == 0 && need >= DETECT_WINDOWS && d->window != NULL)
		r = show(kit, state, content, need == DETECT_WHOLE);
	kit->run.size_bytes = content.left;
	if (r == 0)
		r = hash_sha256(content, kit->run.sha256, &kit->fault);
	if (r == 0 && d->end != NULL)
		r = d->end(&kit->run, state, &kit->fault);
	if (d->fini != NULL)
		d->fini(state);
	return r;
}

int
detect_kit_blob(struct detect_kit *kit, const char *name, enum blob_kind kind, struct bytes content)
{
	struct blob blob = {
	    .name = bytes_text(name),
	    .head = bytes_slice(content, 0, BLOB_HEAD_BYTES),
	    .size_bytes = (int64_t)content.left,
	    .kind = kind,
	    .depth = 1,
	};
	enum detect_need need;
	void *state = NULL;
	int r;

	blob.path = arena_printf(&kit->arena, "input!/%s", name);
	kit->run.blob = &blob;
	need = kit->detector->wants(&kit->detect, &blob);
	if (blob.path == NULL)
		return fault_memory(&kit->fault);
	if (kit->detector->state_bytes > 0)
		state = arena_alloc(&kit->arena, kit->detector->state_bytes);
	if (kit->detector->state_bytes > 0 && state == NULL)
		return fault_memory(&kit->fault);
	r = need == DETECT_NOTHING ? 0 : examine(kit, state, content, need);
	arena_reset(&kit->arena);
	kit->run.blob = NULL;
	return r;
}

int
detect_kit_end(struct detect_kit *kit)
{
	static const struct blob input = {.path = "input", .kind = BLOB_TAR};
	int r;

	facts_sort(&kit->facts);
	kit->run.blob = &input;
	if (kit->detector->input_end == NULL)
		return 0;
	r = kit->detector->input_end(&kit->run, &kit->fault);
	arena_reset(&kit->arena);
	findings_sort(&kit->findings);
	return r;
}

const struct finding *
detect_kit_finding(const struct detect_kit *kit, const char *rule)
{
	for (size_t i = 0; i < kit->findings.count; i++)
		if (strcmp(kit->findings.list[i].rule, rule) == 0)
			return &kit->findings.list[i];
	return NULL;
}
