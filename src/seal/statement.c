/*
 * statement.c - verdicts as in-toto statements: write, read
 *
 * Knows: docs/format-verdict.md.  Does not know: signatures, how a verdict came to be.
 */
#include "seal/statement.h"

#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/own.h"

int
statement_bind_register(struct statement *s, struct bytes digest, const char *date,
			struct fault *fault)
{
	AUTO(buf_free)
	struct buf salted = BUF_INIT(4096);
	int r;

	if (sodium_init() < 0)
		return fault_set(fault, FAULT_IO, "libsodium does not start");
	randombytes_buf(s->register_salt, sizeof(s->register_salt));
	(void)buf_append(&salted, s->register_salt, sizeof(s->register_salt));
	if (buf_append(&salted, digest.at, digest.left) < 0)
		return fault_set(fault, salted.failed, "digest of the register");
	r = hash_sha256(buf_bytes(&salted), s->register_sha256, fault);
	if (r == 0)
		s->register_date = date;
	return r;
}

static void
write_digest(struct json_write *w, const char *key, const uint8_t sha256[HASH_SHA256_BYTES])
{
	json_write_key(w, key);
	json_write_object_begin(w);
	json_write_key_hex(w, "sha256", sha256, HASH_SHA256_BYTES);
	json_write_object_end(w);
}

static void
write_coverage(struct json_write *w, const struct statement *s)
{
	json_write_key(w, "coverage");
	json_write_object_begin(w);
	json_write_key_u64(w, "blobs", s->coverage.blobs);
	json_write_key_u64(w, "examined_bytes", s->coverage.examined_bytes);
	json_write_key_u64(w, "input_bytes", s->coverage.input_bytes);
	json_write_key_u64(w, "not_examined_bytes", s->coverage.not_examined_bytes);
	json_write_key_u64(w, "skipped_bytes", s->coverage.skipped_bytes);
	json_write_key_u64(w, "unpacked_bytes", s->coverage.unpacked_bytes);
	json_write_object_end(w);
}

/* Members in the order of RFC 8785: by code units. */
static void
write_predicate(struct json_write *w, const struct statement *s)
{
	json_write_object_begin(w);
	write_coverage(w, s);
	json_write_key(w, "detectors");
	json_write_array_begin(w);
	for (size_t i = 0; i < s->detectors_count; i++)
		json_write_text(w, s->detectors[i]);
	json_write_array_end(w);
	if (s->has_policy)
		write_digest(w, "policy", s->policy_sha256);
	json_write_key_text(w, "profile", s->profile);
	if (s->register_date != NULL) {
		json_write_key(w, "register");
		json_write_object_begin(w);
		json_write_key_text(w, "date", s->register_date);
		json_write_key_hex(w, "salt", s->register_salt, sizeof(s->register_salt));
		json_write_key_hex(w, "salted_sha256", s->register_sha256, HASH_SHA256_BYTES);
		json_write_object_end(w);
	}
	json_write_key_text(w, "time", s->time);
	json_write_key(w, "tool");
	json_write_object_begin(w);
	json_write_key_text(w, "name", "stopwater");
	json_write_key_text(w, "version", s->tool_version);
	json_write_object_end(w);
	json_write_key_text(w, "verdict", s->verdict);
	json_write_object_end(w);
}

int
statement_write(const struct statement *s, struct buf *to, struct fault *fault)
{
	struct json_write w;

	json_write_to_buf(&w, to, 0);
	json_write_object_begin(&w);
	json_write_key_text(&w, "_type", STATEMENT_TYPE);
	json_write_key(&w, "predicate");
	write_predicate(&w, s);
	json_write_key_text(&w, "predicateType", STATEMENT_PREDICATE);
	json_write_key(&w, "subject");
	json_write_array_begin(&w);
	for (size_t i = 0; i < s->subjects_count; i++) {
		json_write_object_begin(&w);
		write_digest(&w, "digest", s->subjects[i].sha256);
		json_write_key_text(&w, "name", s->subjects[i].name);
		json_write_object_end(&w);
	}
	json_write_array_end(&w);
	json_write_object_end(&w);
	return json_write_finish(&w, fault);
}

/* ---- read ---- */

static int
wrong(struct fault *fault, const char *what)
{
	return fault_set(fault, FAULT_FORMAT, "no verdict of stopwater: %s", what);
}

static bool
read_hex(const struct json_value *object, const char *key, uint8_t *to, size_t count)
{
	const struct json_value *v = json_get(object, key);
	size_t got;

	return v != NULL && v->type == JSON_STRING && v->text.left == 2 * count &&
	       sodium_hex2bin(to, count, (const char *)v->text.at, v->text.left, NULL, &got,
			      NULL) == 0 &&
	       got == count;
}

/* A number that must be there. */
static bool
read_u64(const struct json_value *object, const char *key, uint64_t *to)
{
	return json_as_u64(json_get(object, key), to);
}

static int
read_coverage(struct statement *out, const struct json_value *c, struct fault *fault)
{
	bool good = read_u64(c, "blobs", &out->coverage.blobs) &&
		    read_u64(c, "examined_bytes", &out->coverage.examined_bytes) &&
		    read_u64(c, "input_bytes", &out->coverage.input_bytes) &&
		    read_u64(c, "not_examined_bytes", &out->coverage.not_examined_bytes) &&
		    read_u64(c, "skipped_bytes", &out->coverage.skipped_bytes) &&
		    read_u64(c, "unpacked_bytes", &out->coverage.unpacked_bytes);

	return good ? 0 : wrong(fault, "its coverage is not whole");
}

static int
read_detectors(struct statement *out, const struct json_value *list, struct arena *arena,
	       struct fault *fault)
{
	const char **names;
	size_t n = 0;

	if (list == NULL || list->type != JSON_ARRAY || list->count > STATEMENT_DETECTORS_MAX)
		return wrong(fault, "no list of detectors");
	names = arena_alloc(arena, (list->count + 1) * sizeof(*names));
	if (names == NULL)
		return fault_memory(fault);
	for (const struct json_value *v = list->first; v != NULL; v = v->next) {
		names[n] = json_as_text(v);
		if (names[n++] == NULL)
			return wrong(fault, "a detector without a name");
	}
	out->detectors = names;
	out->detectors_count = n;
	return 0;
}

static int
read_subjects(struct statement *out, const struct json_value *list, struct arena *arena,
	      struct fault *fault)
{
	struct statement_subject *subjects;
	size_t n = 0;

	if (list == NULL || list->type != JSON_ARRAY || list->count == 0 ||
	    list->count > STATEMENT_SUBJECTS_MAX)
		return wrong(fault, "no subjects, or too many");
	subjects = arena_alloc(arena, list->count * sizeof(*subjects));
	if (subjects == NULL)
		return fault_memory(fault);
	for (const struct json_value *v = list->first; v != NULL; v = v->next, n++) {
		subjects[n].name = json_text(v, "name");
		if (subjects[n].name == NULL || !read_hex(json_get(v, "digest"), "sha256",
							  subjects[n].sha256, HASH_SHA256_BYTES))
			return wrong(fault, "a subject without name and SHA-256");
	}
	out->subjects = subjects;
	out->subjects_count = n;
	return 0;
}

static int
read_register(struct statement *out, const struct json_value *reg, struct fault *fault)
{
	if (reg == NULL)
		return 0;
	out->register_date = json_text(reg, "date");
	if (out->register_date == NULL ||
	    !read_hex(reg, "salt", out->register_salt, sizeof(out->register_salt)) ||
	    !read_hex(reg, "salted_sha256", out->register_sha256, HASH_SHA256_BYTES))
		return wrong(fault, "its register is not whole");
	return 0;
}

static int
read_predicate(struct statement *out, const struct json_value *p, struct arena *arena,
	       struct fault *fault)
{
	const struct json_value *tool = json_get(p, "tool"), *policy = json_get(p, "policy");
	const char *name = json_text(tool, "name");
	int64_t moment;
	int r;

	out->verdict = json_text(p, "verdict");
	out->profile = json_text(p, "profile");
	out->time = json_text(p, "time");
	out->tool_version = json_text(tool, "version");
	if (out->verdict == NULL || out->profile == NULL || out->tool_version == NULL ||
	    name == NULL || strcmp(name, "stopwater") != 0)
		return wrong(fault, "verdict, profile or tool is missing");
	if (out->time == NULL || clock_parse(out->time, &moment, NULL) < 0)
		return wrong(fault, "it has no time");
	out->has_policy = policy != NULL;
	if (policy != NULL && !read_hex(policy, "sha256", out->policy_sha256, HASH_SHA256_BYTES))
		return wrong(fault, "its policy has no SHA-256");
	r = read_coverage(out, json_get(p, "coverage"), fault);
	if (r == 0)
		r = read_detectors(out, json_get(p, "detectors"), arena, fault);
	return r < 0 ? r : read_register(out, json_get(p, "register"), fault);
}

int
statement_read(struct statement *out, struct bytes text, struct arena *arena, struct fault *fault)
{
	const struct json_limits limits = {
	    .depth = 8, .bytes = STATEMENT_BYTES_MAX, .members = 16384, .unique_keys = true};
	struct statement read = {.verdict = NULL};
	struct json_value *json;
	const char *type;
	int r = json_parse(&json, text, &limits, arena, fault);

	if (r < 0)
		return fault_wrap(fault, r, "no verdict of stopwater");
	type = json_text(json, "_type");
	if (type == NULL || strcmp(type, STATEMENT_TYPE) != 0)
		return wrong(fault, "it is not an in-toto Statement v1");
	type = json_text(json, "predicateType");
	if (type == NULL || strcmp(type, STATEMENT_PREDICATE) != 0)
		return wrong(fault, "its predicateType is not " STATEMENT_PREDICATE);
	r = read_subjects(&read, json_get(json, "subject"), arena, fault);
	if (r == 0)
		r = read_predicate(&read, json_get(json, "predicate"), arena, fault);
	if (r == 0)
		*out = read;
	return r;
}

const struct statement_subject *
statement_subject(const struct statement *s, const uint8_t sha256[HASH_SHA256_BYTES])
{
	for (size_t i = 0; i < s->subjects_count; i++)
		if (memcmp(s->subjects[i].sha256, sha256, HASH_SHA256_BYTES) == 0)
			return &s->subjects[i];
	return NULL;
}
