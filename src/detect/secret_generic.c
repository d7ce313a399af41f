/*
 * secret_generic.c - find places that may assign a secret, at the speed of reading
 *
 * Knows: the words, and which pairs of name and value are worth telling.
 * Does not know: how assignments are written (secret_assign.c), files, providers.
 */
#include "detect/secret_generic.h"

#include "base/own.h"
#include "base/text.h"
#include "detect/anchor.h"
#include "detect/secret_assign.h"
#include "detect/secret_name.h"
#include "detect/secret_value.h"

/* The fronts of the words, in the order of their buckets; four letters each are checked. */
static const char *const words[] = {"key", "pass", "pwd", "secr", "toke", "cred", "auth",
				    "://", "psw",  "jwt", "bear", "kenn", "senh", "basic "};

static void
make_anchors(struct anchors *anchors)
{
	static const char *const buckets[] = {"key", "pas", "pwd", "sec", "tok", "cre", "aut",
					      "://", "psw", "jwt", "bea", "ken", "sen", "bas"};
	static const uint8_t bucket_of[] = {0, 1, 2, 3, 4, 5, 6, 7, 2, 7, 5, 0, 3, 5};

	/* Sets stride and what the processor can; the tables are ours: letters of both cases. */
	anchors_init(anchors, "key", 1, 1);
	memset(anchors->lo, 0, sizeof(anchors->lo));
	memset(anchors->hi, 0, sizeof(anchors->hi));
	for (size_t i = 0; i < ARRAY_LEN(buckets); i++)
		for (size_t p = 0; p < ANCHOR_BYTES; p++) {
			uint8_t c = (uint8_t)buckets[i][p], bit = (uint8_t)(1u << bucket_of[i]);

			anchors->lo[p][c & 15] |= bit;
			anchors->hi[p][c >> 4] |= bit;
			if (c >= 'a' && c <= 'z')
				anchors->hi[p][(c ^ 0x20) >> 4] |= bit;
		}
}

/* Is it one of the words, or did buckets mix? */
static bool
is_word(struct bytes in, size_t at)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *word = words[i];
		size_t n = 0;

		if (text_lower(in.at[at]) != (uint8_t)word[0])
			continue;
		while (word[n] != '\0' && at + n < in.left &&
		       text_lower(in.at[at + n]) == (uint8_t)word[n])
			n++;
		if (word[n] == '\0')
			return true;
	}
	return false;
}

/* ---- name and value together ---- */

/* A random value: how sure does the name make it? */
static bool
judge_noise(const struct secret_name *name, const struct secret_assign *a,
	    const struct secret_value *v, struct secret_generic_hit *out)
{
	bool quoted = (a->flags & SECRET_QUOTED) != 0;

	out->rule = SECRET_GENERIC_NOISE;
	if (name->kind == SECRET_NAME_WEAK) {
		/* Keys of caches, dictionaries and public keys are random, too. */
		if (v->length < 16 || (!quoted && (a->flags & SECRET_LINE) == 0))
			return false;
		out->level = v->hex || name->loose || v->length < 24 ? SECRET_WEAK : SECRET_LIKELY;
		return true;
	}
	out->level = name->loose ? SECRET_LIKELY : SECRET_SURE;
	if ((a->flags & (SECRET_CALLED | SECRET_COMPARED)) != 0 || v->length < 12)
		out->level = SECRET_LIKELY;
	return true;
}

static bool
judge_password(const struct secret_name *name, const struct secret_assign *a,
	       const struct secret_value *v, struct secret_generic_hit *out)
{
	bool firm = (a->flags & (SECRET_QUOTED | SECRET_LINE | SECRET_MARKUP | SECRET_OPTION)) != 0;

	out->rule = SECRET_GENERIC_PASSWORD;
	if (name->kind == SECRET_NAME_WEAK || name->loose ||
	    ((a->flags & (SECRET_TIGHT | SECRET_QUOTED | SECRET_MARKUP)) == SECRET_TIGHT &&
	     v->noise_milli > -300 && (v->digits == 0 || (v->classes & VALUE_SYMBOL) == 0)))
		return false;
	/* A bare word in a program is a name; unlike words it seldom is one. */
	if (!firm && (v->length < 6 || v->digits == 0 || v->kinds < 2 || v->switches < 2) &&
	    (v->length < 8 || v->noise_milli > -700))
		return false;
	if (secret_value_is_password(v)) {
		if (name->kind == SECRET_NAME_PASSWORD) {
			out->level =
			    v->kinds >= 2 || v->noise_milli < 0 ? SECRET_LIKELY : SECRET_WEAK;
			return true;
		}
		/* Machines make tokens: what reads like words is none. */
		out->level = v->noise_milli < -300 ? SECRET_LIKELY : SECRET_WEAK;
		return v->length >= 8 && (v->digits > 0 || v->noise_milli < -300);
	}
	/* A word, a name: weak as a password, and as a finding. */
	out->level = SECRET_WEAK;
	return name->kind == SECRET_NAME_PASSWORD && v->length >= 4 && v->length <= 40 &&
	       (v->classes & (VALUE_BLANK | VALUE_HIGH | VALUE_CTRL)) == 0;
}

/* What the name and the value make of each other. */
static bool
weigh(struct bytes value, const struct secret_assign *a, const struct secret_name *name,
      const struct secret_value *v, struct secret_generic_hit *out)
{
	/* group:name:1.0 */
	if ((a->flags & (SECRET_TIGHT | SECRET_QUOTED)) == SECRET_TIGHT &&
	    memchr(value.at, ':', value.left) != NULL)
		return false;
	if (v->uuid) {
		out->rule = SECRET_GENERIC_UUID;
		out->level = SECRET_LIKELY;
		return name->kind >= SECRET_NAME_TOKEN && !name->loose;
	}
	if (secret_value_is_noise(v))
		return judge_noise(name, a, v, out) && !secret_assign_is_code(value, a->flags);
	return judge_password(name, a, v, out) && !secret_assign_is_code(value, a->flags) &&
	       !secret_assign_is_text(value);
}

static bool
judge(struct bytes in, const struct secret_assign *a, struct secret_generic_hit *out)
{
	struct bytes value = bytes_slice(in, a->value_at, a->value_length);
	struct secret_name name;
	struct secret_value v;

	if (value.left < 4)
		return false;
	secret_name_look(bytes_slice(in, a->name_at, a->name_length), &name);
	if (name.kind == SECRET_NAME_NONE)
		return false;
	secret_value_look(value, &v);
	if ((v.classes & VALUE_CTRL) != 0)
		return false;
	if (name.verified)
		out->flags |= SECRET_NAMED_DB;
	if (secret_value_is_hash(value)) {
		out->rule = SECRET_GENERIC_HASH;
		out->level = SECRET_WEAK;
		return true;
	}
	/* What costs most comes last. */
	return weigh(value, a, &name, &v, out) && !secret_is_placeholder(value) &&
	       !secret_says_example(value);
}

static bool
judge_url(struct bytes in, const struct secret_assign *a, struct secret_generic_hit *out)
{
	struct bytes value = bytes_slice(in, a->value_at, a->value_length);
	struct bytes user = bytes_slice(in, a->name_at, a->name_length);
	struct secret_value v;

	if (value.left < 3)
		return false;
	secret_value_look(value, &v);
	if ((v.classes & (VALUE_CTRL | VALUE_BLANK | VALUE_HIGH)) != 0 ||
	    secret_is_placeholder(value))
		return false;
	out->rule = SECRET_GENERIC_URL;
	out->level = secret_value_is_noise(&v)      ? SECRET_SURE
		     : secret_value_is_password(&v) ? SECRET_LIKELY
						    : SECRET_WEAK;
	/* user:pass, admin:admin, guest:guest: words that everybody uses. */
	if (bytes_equal(user, value) || text_equal_nocase(value, BYTES_OF("pass")) ||
	    text_equal_nocase(value, BYTES_OF("pwd")) || text_equal_nocase(value, BYTES_OF("pw")))
		out->level = SECRET_WEAK;
	return true;
}

/* Basic dXNlcjpwYXNz, Bearer mF_9.B5f-4.1JqM: what a client sends. */
static bool
judge_bearer(struct bytes value, struct secret_generic_hit *out)
{
	struct secret_value v;

	secret_value_look(value, &v);
	out->rule = SECRET_GENERIC_BEARER;
	out->level = SECRET_SURE;
	return v.length >= 16 && (secret_value_is_noise(&v) || v.uuid);
}

static bool
judge_basic(struct bytes value, struct secret_generic_hit *out)
{
	struct bytes user, password;
	struct secret_value v;
	uint8_t text[192];
	size_t colon = 0, length = secret_assign_decode(value, text, sizeof(text));

	while (colon < length && text[colon] != ':')
		colon++;
	if (length < 4 || colon == length)
		return false;
	user = bytes_make(text, colon);
	password = bytes_make(text + colon + 1, length - colon - 1);
	out->rule = SECRET_GENERIC_BASIC;
	secret_value_look(password, &v);
	out->level = SECRET_LIKELY;
	if (password.left == 0 || bytes_equal(user, password) || secret_is_placeholder(password))
		out->level = SECRET_WEAK;
	explicit_bzero(text, sizeof(text));
	return (v.classes & (VALUE_CTRL | VALUE_HIGH)) == 0;
}

static bool
at_scheme(struct bytes in, size_t at, struct secret_generic_hit *out)
{
	bool basic = at + 1 < in.left && text_lower(in.at[at + 1]) == 'a';
	struct secret_assign a;
	struct bytes value;

	if (!secret_assign_scheme(in, at, basic ? 6 : 7, &a))
		return false;
	*out = (struct secret_generic_hit){
	    .at = a.value_at, .length = a.value_length, .lo = a.lo, .hi = a.hi};
	value = bytes_slice(in, a.value_at, a.value_length);
	if (secret_is_placeholder(value) || secret_says_example(value))
		return false;
	return basic ? judge_basic(value, out) : judge_bearer(value, out);
}

bool
secret_generic_at(struct bytes in, size_t at, struct secret_generic_hit *out)
{
	struct secret_assign a;
	bool url = in.at[at] == ':';

	if (text_lower(in.at[at]) == 'b' && at_scheme(in, at, out))
		return true;
	if (!(url ? secret_assign_url(in, at, &a) : secret_assign_read(in, at, &a)))
		return false;
	*out = (struct secret_generic_hit){
	    .at = a.value_at, .length = a.value_length, .lo = a.lo, .hi = a.hi, .flags = a.flags};
	return url ? judge_url(in, &a, out) : judge(in, &a, out);
}

/* Does another word stand behind this one in the same name?  Then that one tells of both. */
static bool
is_followed(struct bytes in, size_t at)
{
	for (size_t i = at + 3; i < in.left && i - at < SECRET_NAME_MAX &&
				(text_is_alnum(in.at[i]) || in.at[i] == '_' || in.at[i] == '-');
	     i++)
		if (strchr("kpstcaj", text_lower(in.at[i])) != NULL && is_word(in, i))
			return true;
	return false;
}

int
secret_generic_scan(struct bytes in, size_t from, size_t to, secret_generic_fn *hit, void *context)
{
	struct bytes front = bytes_slice(in, 0, to < in.left - 2 ? to + 2 : in.left);
	struct secret_generic_hit found;
	struct anchors anchors;
	size_t at = from;
	int r = 0;

	if (in.left < 8)
		return 0;
	make_anchors(&anchors);
	for (; r == 0 && (at = anchors_next(&anchors, front, at)) < front.left; at++)
		if (is_word(in, at) && !is_followed(in, at) && secret_generic_at(in, at, &found))
			r = hit(context, &found);
	return r;
}
