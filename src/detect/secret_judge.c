/*
 * secret_judge.c - candidates of a blob -> what is told about each secret
 *
 * Knows: which of two that overlap stays, what a file's name does to severity, how a secret is
 * hidden.  Does not know: how candidates are found, reports.
 */
#include "detect/secret_judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "detect/secret_foreign.h"
#include "detect/secret_known.h"
#include "detect/secret_lanes.h"
#include "detect/secret_path.h"
#include "detect/secret_rule.h"
#include "detect/secret_value.h"
#include "rules/rules.h"
#include "seal/hash.h"

void
secret_founds_free(struct secret_founds *founds)
{
	if (founds->list != NULL)
		explicit_bzero(founds->list, founds->count * sizeof(*founds->list));
	free(founds->list);
	*founds = (struct secret_founds){0};
}

void
secret_id(const uint8_t key[32], struct bytes secret, char out[SECRET_ID_TEXT])
{
	uint8_t hash[HASH_KEYED_BYTES];

	hash_keyed(key, secret, hash);
	(void)text_hex(hash, (SECRET_ID_TEXT - 1) / 2, out);
}

void
secret_redact(struct bytes secret, char out[SECRET_REDACTED_MAX])
{
	size_t show = secret.left / 4 < 8 ? secret.left / 4 : 8;
	size_t front = (show + 1) / 2, back = show - front, used = 0;

	/* The armour of a key is no secret. */
	if (bytes_begins(secret, BYTES_OF("-----BEGIN "))) {
		const uint8_t *end = memchr(secret.at, '\n', secret.left < 60 ? secret.left : 60);
		size_t length = end == NULL ? 27 : (size_t)(end - secret.at);

		for (; used < length && used < SECRET_REDACTED_MAX - 1; used++) {
			uint8_t c = secret.at[used];

			out[used] = c == '-' || c == ' ' || (c >= 'A' && c <= 'Z') ? (char)c : '*';
		}
		out[used] = '\0';
		return;
	}
	for (size_t i = 0; i < front; i++)
		out[used++] = (char)secret.at[i];
	for (size_t i = 0; i < 4; i++)
		out[used++] = '*';
	for (size_t i = 0; i < back; i++)
		out[used++] = (char)secret.at[secret.left - back + i];
	out[used] = '\0';
	for (size_t i = 0; i < used; i++)
		if ((uint8_t)out[i] < 0x20 || (uint8_t)out[i] >= 0x7f)
			out[i] = '?';
}

/* ---- severity ---- */

static enum severity
lower(enum severity severity, unsigned by)
{
	return (unsigned)severity > by ? (enum severity)((unsigned)severity - by) : SEVERITY_INFO;
}

/* What the words around a value promise, in the kind of file that it stands in; false: nothing. */
static bool
grade_generic(const struct secret_candidate *c, unsigned path, enum severity *severity)
{
	bool settings = (path & (SECRET_PATH_SETTINGS | SECRET_PATH_DATA)) != 0;

	/* Names of labels, of packages, of variables that a minifier made. */
	if ((path & (SECRET_PATH_LOCK | SECRET_PATH_TEXTS)) != 0)
		return false;
	if ((path & SECRET_PATH_MADE) != 0 && c->level < SECRET_SURE)
		return false;
	/* A bare word is a value in settings; in a program it is a name. */
	if ((c->flags & (SECRET_QUOTED | SECRET_MARKUP)) == 0 && c->level < SECRET_LIKELY &&
	    c->rule != SECRET_GENERIC_URL && !settings &&
	    (c->rule == SECRET_GENERIC_PASSWORD && (path & SECRET_PATH_DOC) == 0))
		return false;
	if (c->rule == SECRET_GENERIC_HASH) {
		*severity = (path & SECRET_PATH_HASHES) != 0 ? SEVERITY_MEDIUM : SEVERITY_INFO;
		return true;
	}
	switch (c->level) {
	case SECRET_SURE:
		*severity = SEVERITY_HIGH;
		break;
	case SECRET_LIKELY:
		*severity =
		    settings && c->rule != SECRET_GENERIC_NOISE ? SEVERITY_HIGH : SEVERITY_MEDIUM;
		break;
	default:
		*severity = settings ? SEVERITY_LOW : SEVERITY_INFO;
		break;
	}
	if ((path & (SECRET_PATH_TEST | SECRET_PATH_DOC | SECRET_PATH_SAMPLE)) != 0)
		*severity = lower(*severity, 1);
	if ((c->flags & SECRET_COMMENT) != 0)
		*severity = lower(*severity, 1);
	return true;
}

static enum severity
grade_state(enum severity severity, enum secret_state state)
{
	if (state == SECRET_STATE_EXAMPLE)
		return SEVERITY_INFO;
	if (state == SECRET_STATE_EXPIRED || state == SECRET_STATE_MALFORMED)
		return severity < SEVERITY_LOW ? severity : SEVERITY_LOW;
	return severity;
}

/* ---- one ---- */

struct judging {
	const struct secret_scanner *scanner;
	const struct secret_where *where;
	struct arena *arena;
	struct secret_founds *out;
	struct fault *fault;
	struct secret_scratch *scratch;
	const struct secret_candidate *all;
	size_t count;
	unsigned path;
	/* Lines are counted once, up to the last place asked for. */
	size_t counted;
	uint32_t line;
	size_t line_at;
};

static void
place_it(struct judging *j, struct secret_found *found, size_t at)
{
	const struct bytes in = j->where->in;
	uint64_t column;

	if (j->where->line == 0)
		return;
	while (j->counted < at) {
		const uint8_t *p = memchr(in.at + j->counted, '\n', at - j->counted);

		if (p == NULL) {
			j->counted = at;
			break;
		}
		j->line++;
		j->counted = j->line_at = (size_t)(p - in.at) + 1;
	}
	found->line = j->line;
	column = at - j->line_at + (j->line_at == 0 ? j->where->line_before : 0);
	if (column < UINT32_MAX)
		found->column = (uint32_t)column + 1;
}

static struct secret_found *
new_found(struct secret_founds *founds)
{
	if (founds->count == founds->room) {
		size_t room = founds->room == 0 ? 8 : founds->room * 2;
		struct secret_found *list = reallocarray(founds->list, room, sizeof(*list));

		if (list == NULL)
			return NULL;
		founds->list = list;
		founds->room = room;
	}
	founds->list[founds->count] = (struct secret_found){0};
	return &founds->list[founds->count++];
}

static int
tell(struct judging *j, const struct secret_candidate *c, const struct secret_rule *rule,
     enum severity severity, enum secret_state state)
{
	struct bytes secret = bytes_slice(j->where->in, c->at, c->length);
	const struct secret_options *options = &j->scanner->options;
	struct secret_found *found = new_found(j->out);

	if (found == NULL)
		return fault_memory(j->fault);
	found->rule = rule->id;
	found->title = rule->title;
	found->why = rule->why;
	found->fix = rule->fix;
	found->state = state;
	found->weak = c->lane == SECRET_LANE_GENERIC && c->level == SECRET_WEAK;
	found->severity = grade_state(severity, state);
	found->at = j->where->base_bytes + c->at;
	found->length = c->length;
	place_it(j, found, c->at);
	secret_redact(secret, found->redacted);
	secret_id(options->id_key, secret, found->id);
	if (options->show) {
		found->secret = arena_copy(j->arena, secret.at, secret.left);
		if (found->secret == NULL)
			return fault_memory(j->fault);
	}
	return hash_sha256(secret, found->evidence, j->fault);
}

/* ---- rules ---- */

/* Does a rule that this one needs hit near enough?  `all`: every candidate, in order of place. */
static bool
has_required(const struct judging *j, const struct secret_candidate *c, const struct rule *rule)
{
	const struct rule_set *set = j->scanner->options.rules;

	for (size_t i = 0; i < j->count; i++) {
		const struct secret_candidate *o = &j->all[i];
		uint64_t from = o->at < c->at ? o->at : c->at, to = o->at < c->at ? c->at : o->at;
		uint32_t lines = 0;

		/* Lines are counted in what is near, not in everything. */
		if (o->lane != SECRET_LANE_RULE || o->length == 0 || to - from > 64 * 1024 ||
		    strcmp(rules_get(set, o->rule)->id, rule->requires) != 0)
			continue;
		for (uint64_t at = from; at < to && lines <= rule->within_lines; at++)
			lines += j->where->in.at[at] == '\n';
		if (lines <= rule->within_lines)
			return true;
	}
	return false;
}

static enum secret_state
state_of(const struct judging *j, const struct secret_candidate *c, const struct rule *rule)
{
	struct bytes secret = bytes_slice(j->where->in, c->at, c->length);
	struct secret_check_input in = {.secret = secret,
					.around = bytes_slice(j->where->in, c->lo, c->hi - c->lo),
					.now = j->scanner->options.now};
	secret_check_fn *check = rule->check == NULL ? NULL : secret_check_find(rule->check);

	for (size_t i = 0; i < rule->examples_count; i++)
		if (bytes_equal(secret, bytes_text(rule->examples[i])))
			return SECRET_STATE_EXAMPLE;
	if (secret.left < 512 && secret_says_example(secret))
		return SECRET_STATE_EXAMPLE;
	return check != NULL ? check(&in) : secret_check_shape(secret);
}

static int
judge_rule(struct judging *j, const struct secret_candidate *c)
{
	const struct rule *rule = rules_get(j->scanner->options.rules, c->rule);
	struct secret_rule told = {rule->id, rule->title, rule->why, rule->fix};
	enum severity severity = (enum severity)rule->severity;
	enum secret_state state;

	if (rule->requires != NULL && !has_required(j, c, rule))
		return 0;
	if (rule->lane == RULE_CONTEXT) {
		/* A keyword in front is a weaker reason: names of packages, of labels. */
		if ((j->path & (SECRET_PATH_LOCK | SECRET_PATH_TEXTS)) != 0)
			return 0;
		if ((j->path & (SECRET_PATH_TEST | SECRET_PATH_DOC | SECRET_PATH_SAMPLE)) != 0)
			severity = lower(severity, 1);
	}
	state = state_of(j, c, rule);
	/* Nothing speaks for it but its shape, in a file that shows shapes. */
	if (state == SECRET_STATE_UNKNOWN && rule->lane != RULE_CONTEXT &&
	    (j->path & (SECRET_PATH_TEST | SECRET_PATH_DOC | SECRET_PATH_SAMPLE)) != 0)
		severity = lower(severity, 1);
	return tell(j, c, &told, severity, state);
}

/* ---- what the owner told ---- */

static int
judge_known(struct judging *j, const struct secret_candidate *c)
{
	struct secret_rule told;

	secret_rule_known(&told);
	told.title = arena_printf(j->arena, "%s, %s", told.title,
				  secrets_known_name(j->scanner->options.known, c->rule));
	if (told.title == NULL)
		return fault_memory(j->fault);
	return tell(j, c, &told, SEVERITY_CRITICAL, SECRET_STATE_LIVE);
}

/* ---- what is encoded ---- */

/* Judge what the run decodes to; what is found stands where the run does. */
static int
judge_decoded(struct judging *j, const struct secret_candidate *c)
{
	struct secret_scratch *scratch = j->scratch;
	AUTO(secret_list_free)
	struct secret_list list = {0};
	struct secret_where where = {.name = j->where->name, .path = j->where->path};
	struct secret_found place = {0};
	size_t first = j->out->count;
	const char *name;
	int r;

	if (scratch->depth >= SECRET_DECODE_DEPTH ||
	    !secret_decode_at(&scratch->levels[scratch->depth], j->where->in, c->at, c->length,
			      &where.in, &name))
		return 0;
	scratch->depth++;
	r = secret_scan_part(j->scanner, scratch, where.in, 0, where.in.left, &list, j->fault);
	secret_list_settle(&list);
	if (r == 0)
		r = secret_judge(j->scanner, scratch, &where, list.list, list.count, j->arena,
				 j->out, j->fault);
	scratch->depth--;
	place_it(j, &place, c->at);
	for (size_t i = first; r == 0 && i < j->out->count; i++) {
		struct secret_found *found = &j->out->list[i];

		found->at = j->where->base_bytes + c->at;
		found->length = c->length;
		found->line = place.line;
		found->column = place.column;
		found->decode = found->decode == NULL
				    ? name
				    : arena_printf(j->arena, "%s > %s", name, found->decode);
		if (found->decode == NULL)
			return fault_memory(j->fault);
	}
	return r;
}

static int
judge_one(struct judging *j, const struct secret_candidate *c)
{
	struct secret_rule rule;
	enum severity severity;

	if (c->at + c->length > j->where->in.left)
		return 0;
	switch (c->lane) {
	case SECRET_LANE_RULE:
		return judge_rule(j, c);
	case SECRET_LANE_KNOWN:
		return judge_known(j, c);
	case SECRET_LANE_DECODED:
		return judge_decoded(j, c);
	case SECRET_LANE_GENERIC:
		if (!grade_generic(c, j->path, &severity))
			return 0;
		secret_rule_generic(c->rule, &rule);
		return tell(j, c, &rule, severity, SECRET_STATE_UNKNOWN);
	default:
		return 0;
	}
}

/* ---- all ---- */

/* The higher, the more it tells; of equals the longer. */
static unsigned
rank(const struct secret_candidate *c)
{
	static const uint8_t lanes[] = {[SECRET_LANE_KNOWN] = 4,
					[SECRET_LANE_RULE] = 3,
					[SECRET_LANE_DECODED] = 2,
					[SECRET_LANE_DERIVED] = 2,
					[SECRET_LANE_GENERIC] = 1};

	return lanes[c->lane] * 16u + c->level;
}

static bool
is_better(const struct secret_candidate *a, const struct secret_candidate *b)
{
	if (rank(a) != rank(b))
		return rank(a) > rank(b);
	return a->length > b->length;
}

int
secret_judge(const struct secret_scanner *scanner, struct secret_scratch *scratch,
	     const struct secret_where *where, const struct secret_candidate list[], size_t count,
	     struct arena *arena, struct secret_founds *out, struct fault *fault)
{
	struct judging j = {.scanner = scanner,
			    .where = where,
			    .arena = arena,
			    .out = out,
			    .fault = fault,
			    .scratch = scratch,
			    .all = list,
			    .count = count,
			    .path = count > 0 ? secret_path_look(where->name) : 0,
			    .line = where->line};
	const struct secret_candidate *best = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		int dropped = 0;

		if (list[i].length > 0)
			dropped =
			    secret_foreign_drops(scanner, scratch, where, list, count, i, fault);
		if (dropped < 0)
			return dropped;
		if (list[i].length == 0 || dropped > 0)
			continue;
		/* Keys in armour, long runs: alone, since windows show their ends apart. */
		if (list[i].length > SECRET_JUDGE_OVERLAP) {
			r = judge_one(&j, &list[i]);
			continue;
		}
		if (best != NULL && list[i].at < best->at + best->length) {
			if (is_better(&list[i], best))
				best = &list[i];
			continue;
		}
		if (best != NULL)
			r = judge_one(&j, best);
		best = &list[i];
	}
	if (r == 0 && best != NULL)
		r = judge_one(&j, best);
	return r;
}
