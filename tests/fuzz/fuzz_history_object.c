/*
 * fuzz_history_object.c - any bytes as a commit, a tag, a tree, a configuration
 */
#include "fuzz_history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t
sum_of(struct bytes in)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < in.left; i++)
		sum += in.at[i];
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_make(data, size);
	struct history_tree_entry entry;
	struct history_config config;
	struct history_commit commit;
	struct history_tag tag;
	struct history_id id;
	uint64_t sum = 0;

	for (size_t id_bytes = 20; id_bytes <= 32; id_bytes += 12) {
		struct bytes tree = in;

		if (history_parse_commit(in, id_bytes, &commit, NULL) == 0) {
			sum += sum_of(commit.author) + sum_of(commit.committer) +
			       sum_of(commit.encoding) + sum_of(commit.other_headers) +
			       sum_of(commit.message);
			for (size_t i = 0; i < commit.parents_count; i++)
				if (!history_commit_parent(&commit, i, &id))
					abort();
		}
		if (history_parse_tag(in, id_bytes, &tag, NULL) == 0)
			sum += sum_of(tag.name) + sum_of(tag.tagger) + sum_of(tag.message);
		while (history_tree_next(&tree, id_bytes, &entry) == 0)
			sum += sum_of(entry.name) + entry.mode;
	}
	config_parse(&config, in);
	if (sum == UINT64_MAX) /* so that reading is not left out */
		abort();
	return 0;
}
