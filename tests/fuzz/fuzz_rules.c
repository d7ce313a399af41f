/* Any bytes as a file of rules, ours or of gitleaks: a set that scans, or a fault with a sentence. */
#include <assert.h>

#include "base/own.h"
#include "rules/check.h"
#include "rules/foreign.h"
#include "rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_note(void *to, const char *text)
{
	(void)to;
	assert(text[0] != '\0');
}

struct asked {
	const struct rule_set *set;
	struct rules_scratch *scratch;
	struct rules_place place;
};

static int
on_hit(void *to, const struct rules_hit *hit)
{
	const struct asked *asked = to;

	assert(hit->at <= asked->place.whole.left &&
	       hit->length <= asked->place.whole.left - hit->at);
	assert(hit->support_from <= hit->at && hit->support_to <= asked->place.whole.left + 1);
	(void)rules_allows(asked->set, asked->scratch, hit, &asked->place);
	assert(rules_requires_met(asked->set, hit, 1, 0, asked->place.whole) ||
	       hit->rule->requires != NULL || hit->rule->foreign);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(rules_free)
	struct rule_set *set = NULL;
	AUTO(rules_scratch_free)
	struct rules_scratch *scratch = NULL;
	const struct rules_notes notes = {on_note, NULL};
	struct fault fault = FAULT_INIT;
	struct asked asked;

	if (rules_load(&set, bytes_make(data, size), "fuzz.toml", &notes, &fault) < 0) {
		assert(set == NULL && fault.text[0] != '\0');
		return 0;
	}
	if (rules_scratch_new(&scratch, set, &fault) < 0)
		return 0;
	/* its own text is what its patterns are likely to find something in */
	asked = (struct asked){set, scratch, {bytes_make(data, size), "a/b.c", "abc"}};
	(void)rules_scan(set, scratch, bytes_make(data, size), NULL, 0, on_hit, &asked, &fault);
	for (size_t i = 0; i < rules_count(set) && i < 4; i++)
		if (rules_get(set, i)->lane != RULE_PATH)
			(void)rules_check(set, scratch, i, &notes, &fault);
	return 0;
}
