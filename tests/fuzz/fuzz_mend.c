/*
 * fuzz_mend.c - packages made by an enemy, rewritten
 *
 * What was rewritten can be rewritten again, with nothing left out, to the same bytes.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "mend/mend.h"

static int
collect(void *to, struct bytes piece, struct fault *fault)
{
	int r = buf_append(to, piece.at, piece.left);

	return r < 0 ? fault_set(fault, r, "too large") : 0;
}

static void
add(struct mend_plan *plan, const char *member, enum mend_action action)
{
	if (mend_plan_add(plan, member, action, "fuzz", NULL) < 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct limits limits = LIMITS_DEFAULT;
	AUTO(mend_plan_free)
	struct mend_plan *plan = NULL;
	AUTO(mend_plan_free)
	struct mend_plan *none = NULL;
	AUTO(buf_free)
	struct buf one = BUF_INIT((size_t)64 << 20);
	AUTO(buf_free)
	struct buf two = BUF_INIT((size_t)64 << 20);
	int r;

	limits.bytes = limits.member = (uint64_t)16 << 20;
	limits.entries = 10000;
	if (mend_plan_new(&plan, NULL) < 0 || mend_plan_new(&none, NULL) < 0)
		abort();
	/* The first byte chooses what is left out, so that "there is no such member" is not all. */
	if (size > 0 && (data[0] & 1) != 0)
		add(plan, "package/dist/a.js.map", MEND_DROP);
	if (size > 0 && (data[0] & 2) != 0)
		add(plan, "a.js", MEND_CUT);
	if (size > 0 && (data[0] & 4) != 0)
		add(plan, "m.wasm", MEND_CUT);
	if (size > 0) {
		data++;
		size--;
	}
	if (size > 0 && data[0] == 0x7f) { /* a program: itself, cut */
		mend_plan_free(&plan);
		if (mend_plan_new(&plan, NULL) < 0)
			abort();
		add(plan, "", MEND_CUT);
		r = mend_bytes(plan, bytes_make(data, size), &limits, collect, &one, NULL);
		/* What may stay is nothing, or what shares its bytes with something that is kept. */
		if (r == 0 &&
		    mend_bytes(plan, buf_bytes(&one), &limits, collect, &two, NULL) == FAULT_FORMAT)
			abort();
		return 0;
	}
	r = mend_bytes(plan, bytes_make(data, size), &limits, collect, &one, NULL);
	if (r != 0)
		return 0;
	r = mend_bytes(none, buf_bytes(&one), &limits, collect, &two, NULL);
	if (r < 0 && r != FAULT_LIMIT)
		abort();
	if (r == 0 && !bytes_equal(buf_bytes(&one), buf_bytes(&two)))
		abort();
	return 0;
}
