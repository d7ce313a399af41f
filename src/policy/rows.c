/*
 * rows.c - what was not examined, and who answered for it
 *
 * Knows: that an answer is bound to the digest of the thing that could not be read.
 * Does not know: why it could not.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/stream.h"
#include "base/text.h"
#include "policy/inside.h"
#include "seal/hash.h"

#define ROW_DETECTOR "coverage"
#define ROW_RULE     "not-examined"

/* How much of `path` is the input `name`; SIZE_MAX: it is of another.  Below "." no path has it in
 * front (intake), so everything that nobody else claims is in there. */
static size_t
front_of(const char *path, const char *name)
{
	size_t length = strlen(name);

	if (strcmp(name, ".") == 0)
		return strcmp(path, ".") == 0 ? 1 : 0;
	if (length == 0 || strncmp(path, name, length) != 0)
		return SIZE_MAX;
	return path[length] == '\0' || path[length] == '/' || path[length] == '!' ||
		       path[length - 1] == '/'
		   ? length
		   : SIZE_MAX;
}

size_t
policy_input(const struct policy_inputs *inputs, const char *path)
{
	size_t best = SIZE_MAX, best_length = 0;

	for (size_t i = 0; i < inputs->count; i++) {
		size_t length = front_of(path, inputs->inputs[i].path);

		if (inputs->inputs[i].facts_only || length == SIZE_MAX ||
		    (best != SIZE_MAX && length < best_length))
			continue;
		best = i;
		best_length = length;
	}
	return best;
}

const char *
policy_place(const struct policy_inputs *inputs, const char *path)
{
	size_t index = policy_input(inputs, path);

	if (index == SIZE_MAX)
		return path;
	path += front_of(path, inputs->inputs[index].path);
	if (strncmp(path, "!/", 2) == 0)
		path += 2;
	else
		path += strspn(path, "/");
	return *path == '\0' ? "." : path;
}

static int
hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The raw name behind a display form, up to its first "!/". */
static void
raw_name(struct buf *to, const char *shown)
{
	while (*shown != '\0' && strncmp(shown, "!/", 2) != 0) {
		if (shown[0] == '\\' && shown[1] == 'x' && hex_value(shown[2]) >= 0 &&
		    hex_value(shown[3]) >= 0) {
			(void)buf_append_u8(
			    to, (uint8_t)(hex_value(shown[2]) << 4 | hex_value(shown[3])));
			shown += 4;
		} else {
			(void)buf_append_u8(to, (uint8_t)*shown++);
		}
	}
}

/* The digest of a file below a folder input: bytes in, digest out, nothing is parsed. */
static bool
digest_file(const struct input *input, const char *place, uint8_t sha256[32])
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(8192);
	AUTO(stream_close)
	struct stream *s = NULL;
	AUTO(hash_running_free)
	struct hash_running *hash = NULL;
	AUTO(own_close)
	int fd = -1;
	struct stat st;
	uint64_t fast;

	(void)buf_printf(&path, "%s/", input->path);
	raw_name(&path, place);
	if (path.failed != 0)
		return false;
	fd = open(buf_text(&path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    hash_running_new(&hash, NULL) < 0 || hash_running_begin(hash, NULL) < 0 ||
	    stream_from_fd(&s, fd, NULL) < 0)
		return false;
	fd = -1; /* the stream's now */
	for (;;) {
		if (stream_want(s, 1, NULL) < 0)
			return false;
		if (s->left == 0)
			return hash_running_end(hash, sha256, &fast, NULL) == 0;
		if (hash_running_add(hash, stream_window(s), NULL) < 0)
			return false;
		stream_take(s, s->left);
	}
}

/* What an answer for `row` is bound to: the digest of the outermost file, and which part of it
 * could not be read, and why.  False when there is no digest: a file that cannot be opened. */
static bool
row_content(const struct coverage_row *row, const struct policy_inputs *inputs,
	    uint8_t content[ACCEPT_CONTENT_BYTES])
{
	AUTO(buf_free)
	struct buf bound = BUF_INIT(1 << 20);
	size_t index = policy_input(inputs, row->path);
	const struct input *input = index == SIZE_MAX ? NULL : &inputs->inputs[index];
	const char *place = policy_place(inputs, row->path), *inner = place;
	uint8_t sha256[32];

	/* A limit that was felt in many files of a folder: an answer bound to one of them would answer
	 * for the others, whatever they become. */
	if (input == NULL || (row->count > 1 && input->type != INPUT_FILE))
		return false;
	if (input->type == INPUT_FILE) {
		if (!inputs->summaries[index].has_sha256)
			return false;
		memcpy(sha256, inputs->summaries[index].sha256, sizeof(sha256));
	} else if (digest_file(input, place, sha256)) {
		inner = strstr(place, "!/");
		inner = inner == NULL ? "." : inner + 2;
	} else if (input->history != NULL) {
		/* Of a git store: its packs and objects are named after their content. */
		memset(sha256, 0, sizeof(sha256));
	} else {
		return false;
	}
	(void)buf_append(&bound, sha256, sizeof(sha256));
	(void)buf_printf(&bound, "%s|%s|%llu", inner, row->reason,
			 (unsigned long long)row->at_bytes);
	return bound.failed == 0 && hash_sha256(buf_bytes(&bound), content, NULL) == 0;
}

int
rows_judge(struct policy *policy, const struct coverage *coverage,
	   const struct policy_inputs *inputs, struct outcome *outcome, struct fault *fault)
{
	size_t count = coverage->not_examined.count;
	int open = 0;

	outcome->rows = arena_alloc(&outcome->arena, (count + 1) * sizeof(*outcome->rows));
	if (outcome->rows == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < count; i++) {
		struct judged_row *row = &outcome->rows[i];
		const struct accept_entry *entry, *expired;
		enum accept_kind kind;

		open++;
		if (!row_content(&coverage->not_examined.list[i], inputs, row->content))
			continue;
		text_hex(row->content, 8, row->id);
		entry = answer_for(policy, ROW_DETECTOR, ROW_RULE, row->content, &kind, &expired);
		if (entry == NULL)
			continue;
		row->suppressed_by = answer_text(&outcome->arena, kind, entry);
		if (row->suppressed_by == NULL)
			return fault_memory(fault);
		open--;
	}
	return open;
}
