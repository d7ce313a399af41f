/*
 * resolve.c - what people call a commit: names, short ids, ~N and ^N behind them
 */
#include "history/inside.h"

#define SHORT_DIGITS_MIN 4

static int
missing(struct fault *fault, const char *name)
{
	(void)fault_set(fault, FAULT_USAGE, "'%s' names nothing here", name);
	return HISTORY_MISSING;
}

/* As git looks names up (gitrevisions): the first of these that exists. */
static bool
find_ref(const struct history_ref *refs, size_t count, const char *name, size_t length,
	 struct history_id *out)
{
	static const char *const prefixes[] = {"", "refs/", "refs/tags/", "refs/heads/",
					       "refs/remotes/"};

	for (size_t k = 0; k < ARRAY_LEN(prefixes); k++)
		for (size_t i = 0; i < count; i++) {
			size_t prefix = strlen(prefixes[k]);

			if (strncmp(refs[i].name, prefixes[k], prefix) == 0 &&
			    strncmp(refs[i].name + prefix, name, length) == 0 &&
			    refs[i].name[prefix + length] == 0) {
				*out = refs[i].id;
				return true;
			}
		}
	return false;
}

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Ids of one sorted table that begin with `digits` digits; two of them are enough. */
static void
match_prefix(const uint8_t *ids, size_t stride, size_t count, const struct history_id *prefix,
	     size_t digits, struct history_id *out, size_t id_bytes, unsigned *found)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (memcmp(ids + middle * stride, prefix->at, id_bytes) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count && *found < 2; low++) {
		const uint8_t *id = ids + low * stride;

		if (memcmp(id, prefix->at, digits / 2) != 0 ||
		    (digits % 2 == 1 && id[digits / 2] >> 4 != prefix->at[digits / 2] >> 4))
			return;
		if (*found == 1 && memcmp(out->at, id, id_bytes) == 0)
			continue;
		memcpy(out->at, id, id_bytes);
		++*found;
	}
}

static int
find_short(const struct history *h, const char *name, size_t digits, struct history_id *out,
	   struct fault *fault)
{
	struct history_id prefix = {{0}};
	unsigned found = 0;

	if (digits < SHORT_DIGITS_MIN || digits > 2 * h->id_bytes)
		return missing(fault, name);
	for (size_t i = 0; i < digits; i++) {
		if (hex(name[i]) < 0)
			return missing(fault, name);
		prefix.at[i / 2] |= (uint8_t)(hex(name[i]) << (i % 2 == 0 ? 4 : 0));
	}
	*out = (struct history_id){{0}};
	for (size_t i = 0; i < h->packs_count; i++)
		match_prefix(h->packs[i].idx.ids, h->packs[i].idx.stride, h->packs[i].idx.count,
			     &prefix, digits, out, h->id_bytes, &found);
	match_prefix(h->loose.ids, h->id_bytes, h->loose.count, &prefix, digits, out, h->id_bytes,
		     &found);
	if (found > 1)
		return fault_set(fault, FAULT_USAGE, "'%s' is the beginning of several ids", name);
	return found == 1 ? 0 : missing(fault, name);
}

/* The commit an id stands for, and of it the parent `which` from 1 (0: itself). */
static int
go_up(struct history *h, struct history_id *id, unsigned long which)
{
	AUTO(buf_free)
	struct buf content = BUF_INIT((size_t)64 << 20);
	struct history_commit commit;
	enum history_type type;

	for (unsigned depth = 0; depth < 32; depth++) {
		struct history_tag tag;
		int r;

		buf_reset(&content);
		r = history_read(h, id, &type, &content, NULL);
		if (r != 0)
			return r == FAULT_MEMORY ? r : HISTORY_MISSING;
		if (type != HISTORY_TAG ||
		    history_parse_tag(buf_bytes(&content), h->id_bytes, &tag, NULL) < 0)
			break;
		*id = tag.object;
	}
	if (type != HISTORY_COMMIT)
		return HISTORY_MISSING;
	if (which == 0)
		return 0;
	if (history_parse_commit(buf_bytes(&content), h->id_bytes, &commit, NULL) < 0 ||
	    !history_commit_parent(&commit, which - 1, id))
		return HISTORY_MISSING;
	return 0;
}

/* "~3", "^2", "^", "^{}", "^{commit}", one behind the other. */
static int
go_along(struct history *h, const char *steps, const char *name, struct history_id *id,
	 struct fault *fault)
{
	while (*steps != 0) {
		char how = *steps++, *end;
		unsigned long number = 1;
		int r = 0;

		if (how == '^' && *steps == '{') {
			const char *close = strchr(steps, '}');

			if (close == NULL ||
			    (close - steps != 1 && strncmp(steps, "{commit}", 8) != 0))
				return missing(fault, name);
			steps = close + 1;
			number = 0;
		} else if (*steps >= '0' && *steps <= '9') {
			number = strtoul(steps, &end, 10);
			steps = end;
		}
		if (how != '~' && how != '^')
			return missing(fault, name);
		if (how == '^' || number == 0)
			r = go_up(h, id, number);
		else
			for (unsigned long i = 0; r == 0 && i < number; i++)
				r = go_up(h, id, 1);
		if (r != 0)
			return r < 0 ? fault_memory(fault) : missing(fault, name);
	}
	return 0;
}

int
history_resolve(struct history *h, const char *name, struct history_id *out, struct fault *fault)
{
	size_t length = strcspn(name, "~^");
	const struct history_ref *refs;
	size_t count;
	int r = history_refs(h, &refs, &count, fault);

	if (r < 0)
		return r;
	if (length == 1 && name[0] == '@')
		r = find_ref(refs, count, "HEAD", 4, out) ? 0 : missing(fault, name);
	else if (length == 0 || !find_ref(refs, count, name, length, out))
		r = find_short(h, name, length, out, fault);
	return r != 0 ? r : go_along(h, name + length, name, out, fault);
}
