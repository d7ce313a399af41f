/*
 * parse.c - commits, tags and trees as git writes them
 *
 * Knows: their text and its order.  Does not know: which of them exist.
 * Nothing is copied; a commit may have a million parents, which stay text until asked for.
 */
#include "history/history.h"

/* "KEY VALUE\n" at the front of `in`, taken; false: another line stands there. */
static bool
take_header(struct bytes *in, const char *key, struct bytes *value)
{
	struct bytes line = *in;
	const uint8_t *newline;

	if (!bytes_begins(line, bytes_text(key)) || bytes_skip(&line, strlen(key)) < 0 ||
	    line.left == 0 || line.at[0] != ' ')
		return false;
	(void)bytes_skip(&line, 1);
	newline = line.left > 0 ? memchr(line.at, '\n', line.left) : NULL;
	if (newline == NULL)
		return false;
	*value = bytes_make(line.at, (size_t)(newline - line.at));
	(void)bytes_skip(&line, value->left + 1);
	*in = line;
	return true;
}

static bool
take_id(struct bytes *in, const char *key, size_t id_bytes, struct history_id *id)
{
	struct bytes after = *in, value;

	if (!take_header(&after, key, &value) || value.left != 2 * id_bytes ||
	    history_id_parse(value, id, NULL) < 0)
		return false;
	*in = after;
	return true;
}

/* "Name <mail> 1700000000 +0000": the name with its mail, and the seconds. */
static void
split_person(struct bytes line, struct bytes *person, int64_t *seconds)
{
	const uint8_t *close = line.left > 0 ? memrchr(line.at, '>', line.left) : NULL;
	uint64_t value = 0;
	bool negative;
	struct bytes rest;

	*seconds = 0;
	*person = line;
	if (close == NULL)
		return;
	*person = bytes_make(line.at, (size_t)(close - line.at) + 1);
	rest = bytes_make(close + 1, line.left - person->left);
	while (rest.left > 0 && rest.at[0] == ' ')
		(void)bytes_skip(&rest, 1);
	negative = rest.left > 0 && rest.at[0] == '-';
	if (negative)
		(void)bytes_skip(&rest, 1);
	while (rest.left > 0 && rest.at[0] >= '0' && rest.at[0] <= '9') {
		if (value > INT64_MAX / 10 - 10)
			return;
		value = value * 10 + (uint64_t)(rest.at[0] - '0');
		(void)bytes_skip(&rest, 1);
	}
	*seconds = negative ? -(int64_t)value : (int64_t)value;
}

/* From here to the blank line: other headers, the encoding among them; behind it the message. */
static void
split_message(struct bytes in, struct bytes *headers, struct bytes *encoding, struct bytes *message)
{
	const uint8_t *from = in.at;

	*encoding = bytes_make(NULL, 0);
	while (in.left > 0 && in.at[0] != '\n') {
		const uint8_t *newline = memchr(in.at, '\n', in.left);
		struct bytes value, line = in;

		if (encoding->at == NULL && take_header(&line, "encoding", &value))
			*encoding = value;
		(void)bytes_skip(&in, newline == NULL ? in.left : (size_t)(newline - in.at) + 1);
	}
	*headers = bytes_make(from, (size_t)(in.at - from));
	if (in.left > 0)
		(void)bytes_skip(&in, 1);
	*message = in;
}

int
history_parse_commit(struct bytes content, size_t id_bytes, struct history_commit *out,
		     struct fault *fault)
{
	struct bytes line = {0};
	struct history_id parent;

	*out = (struct history_commit){.id_bytes = id_bytes};
	if (!take_id(&content, "tree", id_bytes, &out->tree))
		return fault_set(fault, FAULT_FORMAT, "commit without a tree");
	out->parents_text = content;
	while (take_id(&content, "parent", id_bytes, &parent))
		out->parents_count++;
	out->parents_text.left -= content.left;
	if (!take_header(&content, "author", &line))
		return fault_set(fault, FAULT_FORMAT, "commit without an author");
	split_person(line, &out->author, &out->author_time);
	if (!take_header(&content, "committer", &line))
		return fault_set(fault, FAULT_FORMAT, "commit without a committer");
	split_person(line, &out->committer, &out->commit_time);
	split_message(content, &out->other_headers, &out->encoding, &out->message);
	return 0;
}

bool
history_commit_parent(const struct history_commit *commit, size_t which, struct history_id *out)
{
	size_t line = sizeof("parent ") - 1 + 2 * commit->id_bytes + 1;

	return which < commit->parents_count &&
	       history_id_parse(
		   bytes_slice(commit->parents_text, which * line + 7, 2 * commit->id_bytes), out,
		   NULL) == 0;
}

int
history_parse_tag(struct bytes content, size_t id_bytes, struct history_tag *out,
		  struct fault *fault)
{
	static const char *const types[] = {"", "commit", "tree", "blob", "tag"};
	struct bytes line = {0}, ignored;

	*out = (struct history_tag){.time = 0};
	if (!take_id(&content, "object", id_bytes, &out->object))
		return fault_set(fault, FAULT_FORMAT, "tag without an object");
	if (!take_header(&content, "type", &line))
		return fault_set(fault, FAULT_FORMAT, "tag without a type");
	for (unsigned i = HISTORY_COMMIT; i <= HISTORY_TAG; i++)
		if (bytes_equal(line, bytes_text(types[i])))
			out->type = (enum history_type)i;
	if (out->type == 0)
		return fault_set(fault, FAULT_FORMAT, "tag of a type that is not known");
	if (!take_header(&content, "tag", &out->name))
		return fault_set(fault, FAULT_FORMAT, "tag without a name");
	if (take_header(&content, "tagger", &line)) /* the oldest have none */
		split_person(line, &out->tagger, &out->time);
	split_message(content, &ignored, &ignored, &out->message);
	return 0;
}

int
history_tree_next(struct bytes *content, size_t id_bytes, struct history_tree_entry *out)
{
	struct bytes in = *content, id;
	const uint8_t *zero;
	unsigned digits = 0;

	*out = (struct history_tree_entry){0};
	if (in.left == 0)
		return HISTORY_END;
	while (digits < 7 && digits < in.left && in.at[digits] >= '0' && in.at[digits] <= '7')
		out->mode = out->mode * 8 + (uint32_t)(in.at[digits++] - '0');
	if (digits == 0 || digits >= in.left || in.at[digits] != ' ')
		return FAULT_FORMAT;
	(void)bytes_skip(&in, digits + 1);
	zero = in.left > 0 ? memchr(in.at, 0, in.left) : NULL;
	if (zero == NULL || zero == in.at)
		return FAULT_FORMAT;
	out->name = bytes_make(in.at, (size_t)(zero - in.at));
	(void)bytes_skip(&in, out->name.left + 1);
	if (bytes_take(&in, id_bytes, &id) < 0)
		return FAULT_FORMAT;
	memcpy(out->id.at, id.at, id_bytes);
	*content = in;
	return 0;
}
