/* Any bytes as a baseline: a list that is written and read back the same, or a fault. */
#include <assert.h>
#include <string.h>

#include "base/own.h"
#include "policy/accept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(accept_free)
	struct accept_list *list = NULL;
	AUTO(accept_free)
	struct accept_list *again = NULL;
	AUTO(buf_free)
	struct buf first = BUF_INIT(1 << 24);
	AUTO(buf_free)
	struct buf second = BUF_INIT(1 << 24);
	struct fault fault = FAULT_INIT;
	static const uint8_t content[ACCEPT_CONTENT_BYTES];

	if (accept_parse(&list, ACCEPT_BASELINE, bytes_make(data, size), "fuzz", &fault) < 0) {
		assert(list == NULL && fault.text[0] != '\0');
		return 0;
	}
	(void)accept_find(list, "debris", "x", content);
	if (accept_format(list, &first) < 0)
		return 0;
	assert(accept_parse(&again, ACCEPT_BASELINE, buf_bytes(&first), "again", &fault) == 0);
	assert(accept_format(again, &second) == 0);
	assert(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
	return 0;
}
