/*
 * dsse.c - envelopes: write, read, check
 *
 * Knows: DSSE v1.  Does not know: what the payload says.
 */
#include "seal/dsse.h"

#include <sodium.h>
#include <string.h>

#include "base/json.h"
#include "base/json_write.h"

int
dsse_pae(struct buf *to, const char *type, struct bytes payload)
{
	(void)buf_printf(to, "DSSEv1 %zu %s %zu ", strlen(type), type, payload.left);
	return buf_append(to, payload.at, payload.left);
}

static int
write_base64(struct json_write *w, const char *key, struct bytes content)
{
	size_t room = sodium_base64_encoded_len(content.left, sodium_base64_VARIANT_ORIGINAL);
	AUTO(own_free)
	char *text = malloc(room);

	if (text == NULL)
		return FAULT_MEMORY;
	(void)sodium_bin2base64(text, room, content.at, content.left,
				sodium_base64_VARIANT_ORIGINAL);
	json_write_key_text(w, key, text);
	return 0;
}

int
dsse_sign(struct buf *to, struct signer *signer, const char *type, struct bytes payload,
	  struct fault *fault)
{
	AUTO(buf_free)
	struct buf pae = BUF_INIT(SIGN_MESSAGE_BYTES_MAX);
	uint8_t signature[KEY_SIGNATURE_BYTES_MAX];
	char id[KEY_ID_TEXT] = "";
	struct key_public key;
	struct json_write w;
	size_t count;
	int r;

	if (dsse_pae(&pae, type, payload) < 0)
		return fault_set(fault, pae.failed, "too much to seal");
	r = signer_sign(signer, buf_bytes(&pae), signature, &count, fault);
	if (r == 0 && signer_public(signer, &key))
		r = key_public_id(&key, id, fault);
	if (r < 0)
		return r;
	json_write_to_buf(&w, to, 0);
	json_write_object_begin(&w);
	r = write_base64(&w, "payload", payload);
	json_write_key_text(&w, "payloadType", type);
	json_write_key(&w, "signatures");
	json_write_array_begin(&w);
	json_write_object_begin(&w);
	json_write_key_text(&w, "keyid", id);
	if (r == 0)
		r = write_base64(&w, "sig", bytes_make(signature, count));
	json_write_object_end(&w);
	json_write_array_end(&w);
	json_write_object_end(&w);
	json_write_line(&w);
	if (r < 0)
		return fault_memory(fault);
	return json_write_finish(&w, fault);
}

/* Standard or URL-safe, as the specification demands; padded, no stray bits, nothing else. */
static int
read_base64(const struct json_value *value, struct arena *arena, struct bytes *out)
{
	static const int variants[] = {sodium_base64_VARIANT_ORIGINAL,
				       sodium_base64_VARIANT_URLSAFE};
	uint8_t *to;

	if (value == NULL || value->type != JSON_STRING || value->text.left == 0)
		return -1;
	to = arena_alloc(arena, value->text.left);
	if (to == NULL)
		return FAULT_MEMORY;
	for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
		const char *text = (const char *)value->text.at, *end;
		size_t count;

		if (sodium_base642bin(to, value->text.left, text, value->text.left, NULL, &count,
				      &end, variants[i]) == 0 &&
		    end == text + value->text.left) {
			*out = bytes_make(to, count);
			return 0;
		}
	}
	return -1;
}

/* Has `object` only members named in names[]? */
static bool
only(const struct json_value *object, const char *const names[], size_t count)
{
	if (object == NULL || object->type != JSON_OBJECT)
		return false;
	for (const struct json_value *v = json_first(object); v != NULL; v = v->next) {
		size_t i = 0;

		while (i < count && !bytes_equal(v->key, bytes_text(names[i])))
			i++;
		if (i == count)
			return false;
	}
	return true;
}

static int
wrong(struct fault *fault, const char *what)
{
	return fault_set(fault, FAULT_FORMAT, "no DSSE envelope: %s", what);
}

static int
read_signature(struct dsse *out, const struct json_value *value, struct arena *arena,
	       struct fault *fault)
{
	static const char *const names[] = {"keyid", "sig"};
	struct dsse_signature *signature;
	const struct json_value *id = json_get(value, "keyid");

	if (out->signatures_count == DSSE_SIGNATURES_MAX)
		return wrong(fault, "too many signatures");
	signature = &out->signatures[out->signatures_count];
	signature->keyid = id == NULL ? "" : json_as_text(id);
	if (!only(value, names, ARRAY_LEN(names)) || signature->keyid == NULL ||
	    read_base64(json_get(value, "sig"), arena, &signature->sig) < 0)
		return wrong(fault, "a signature is not 'keyid' and 'sig' in base64");
	out->signatures_count++;
	return 0;
}

int
dsse_parse(struct dsse *out, struct bytes envelope, struct arena *arena, struct fault *fault)
{
	static const char *const names[] = {"payload", "payloadType", "signatures"};
	const struct json_limits limits = {
	    .depth = 8, .bytes = DSSE_ENVELOPE_BYTES_MAX, .members = 256, .unique_keys = true};
	struct dsse read = {.type = NULL};
	struct json_value *json;
	const struct json_value *signatures;
	int r = json_parse(&json, envelope, &limits, arena, fault);

	if (r < 0)
		return fault_wrap(fault, r, "no DSSE envelope");
	if (!only(json, names, ARRAY_LEN(names)))
		return wrong(fault, "it must hold payload, payloadType and signatures alone");
	read.type = json_text(json, "payloadType");
	if (read.type == NULL)
		return wrong(fault, "no payloadType");
	if (read_base64(json_get(json, "payload"), arena, &read.payload) < 0)
		return wrong(fault, "the payload is not base64");
	signatures = json_get(json, "signatures");
	if (signatures == NULL || signatures->type != JSON_ARRAY || signatures->first == NULL)
		return wrong(fault, "no signatures");
	for (const struct json_value *v = signatures->first; v != NULL; v = v->next) {
		r = read_signature(&read, v, arena, fault);
		if (r < 0)
			return r;
	}
	*out = read;
	return 0;
}

int
dsse_verify(const struct dsse *envelope, const struct key_public *key, struct fault *fault)
{
	AUTO(buf_free)
	struct buf pae = BUF_INIT(2 * DSSE_ENVELOPE_BYTES_MAX);
	char id[KEY_ID_TEXT];
	int r = key_public_id(key, id, fault);

	if (r < 0)
		return r;
	if (dsse_pae(&pae, envelope->type, envelope->payload) < 0)
		return fault_memory(fault);
	for (size_t i = 0; i < envelope->signatures_count; i++) {
		const struct dsse_signature *s = &envelope->signatures[i];

		/* Our own ids are digests: one that says another key is taken at its word. Those of
		 * other signers may be anything, so only the shape of ours is compared. */
		if (strlen(s->keyid) == KEY_ID_TEXT - 1 && strcmp(s->keyid, id) != 0)
			continue;
		if (key_public_verify(key, buf_bytes(&pae), s->sig, NULL) == 0)
			return 0;
	}
	return fault_set(fault, FAULT_TAMPER, "no signature in it is by this key");
}
