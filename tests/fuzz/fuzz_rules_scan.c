/* Any bytes as content: the rules that are built in find the same in ranges as in all of it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "rules/rules.h"

#define HITS_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct hits {
	struct rules_hit hit[HITS_MAX];
	size_t count;
};

static int
keep(void *to, const struct rules_hit *hit)
{
	struct hits *hits = to;

	if (hits->count < HITS_MAX)
		hits->hit[hits->count] = *hit;
	hits->count++;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rules_scratch *scratch;
	static const struct rule_set *set;
	static struct hits all, part;
	struct fault fault = FAULT_INIT;
	struct rules_range range;
	struct bytes in;
	size_t next = 0;

	if (set == NULL) {
		set = rules_builtin(NULL, &fault);
		assert(set != NULL && rules_scratch_new(&scratch, set, &fault) == 0);
	}
	if (size < 4)
		return 0;
	in = bytes_make(data + 4, size - 4);
	range.from = (size_t)(data[0] << 8 | data[1]) % (in.left + 1);
	range.to = range.from + (size_t)(data[2] << 8 | data[3]);
	all.count = part.count = 0;
	assert(rules_scan(set, scratch, in, NULL, 0, keep, &all, &fault) == 0);
	assert(rules_scan(set, scratch, in, &range, 1, keep, &part, &fault) == 0);
	if (all.count > HITS_MAX || part.count > HITS_MAX)
		return 0;
	for (size_t i = 0; i < all.count; i++) {
		const struct rules_hit *hit = &all.hit[i];

		assert(hit->at <= in.left && hit->length <= in.left - hit->at);
		assert(hit->support_from <= hit->at && hit->support_to <= in.left + 1);
		if (hit->at < range.from || hit->at >= range.to)
			continue;
		assert(next < part.count && part.hit[next].at == hit->at &&
		       part.hit[next].rule == hit->rule && part.hit[next].length == hit->length);
		next++;
	}
	assert(next == part.count);
	return 0;
}
