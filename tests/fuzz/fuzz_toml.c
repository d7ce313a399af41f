/* Any bytes as a TOML document: a tree that can be walked, or a fault with a line. */
#include <assert.h>
#include <string.h>

#include "base/own.h"
#include "config/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
walk(const struct toml_node *node, unsigned depth)
{
	size_t seen = 1;

	assert(depth <= TOML_DEPTH_MAX);
	if (node->kind == TOML_STRING || node->kind == TOML_TIME)
		seen += strlen(node->text);
	for (size_t i = 0; i < node->count; i++) {
		assert((node->items[i].key != NULL) == (node->kind == TOML_TABLE));
		seen += walk(&node->items[i], depth + 1);
	}
	return seen;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(toml_free)
	struct toml *doc = NULL;
	struct fault fault = FAULT_INIT;
	int r = toml_parse(&doc, bytes_make(data, size), "fuzz", &fault);

	if (r == 0)
		assert(walk(toml_root(doc), 0) > 0);
	else
		assert(doc == NULL && fault.text[0] != '\0');
	return 0;
}
