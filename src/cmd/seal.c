/*
 * seal.c - from what stands behind --key to something that signs or checks
 *
 * Knows: where keys lie and what they look like.  Does not know: what is signed.
 */
#include "cmd/seal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "base/text.h"

#define PATH_BYTES_MAX ((size_t)4096)

int
seal_home(struct home **out, bool make, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(PATH_BYTES_MAX);
	int r = home_locate(&path, environ);

	if (r == HOME_ABSENT)
		return make ? fault_set(fault, FAULT_USAGE,
					"no state folder: neither STOPWATER_HOME nor HOME is set")
			    : 0;
	if (r < 0)
		return fault_memory(fault);
	r = home_open(out, buf_text(&path), make, fault);
	return r == HOME_ABSENT ? 0 : r;
}

static int
from_master(struct signer **out, struct home_key *master, struct fault *fault)
{
	return signer_from_master(out, master->secret.byte, fault);
}

/* keys/NAME; HOME_ABSENT when there is none. */
static int
from_home(struct signer **out, const char *name, struct fault *fault)
{
	AUTO(home_close)
	struct home *home = NULL;
	AUTO(home_key_wipe)
	struct home_key master = {0};
	int r = 0;

	if (text_is_name(name))
		r = seal_home(&home, false, fault);
	if (r < 0)
		return r;
	r = home == NULL ? HOME_ABSENT : home_key_load(home, name, false, &master, fault);
	return r == 0 ? from_master(out, &master, fault) : r;
}

static int
is_pem(const char *path, struct buf *content, struct fault *fault)
{
	int r = file_exists(path, fault);

	if (r == 0)
		return fault_set(fault, FAULT_USAGE,
				 "%s: neither a key of the state folder nor a file", path);
	if (r > 0)
		r = file_read_all(path, content, fault);
	if (r < 0)
		return r;
	return bytes_find(buf_bytes(content), BYTES_OF("-----BEGIN ")) >= 0;
}

static int
from_file(struct signer **out, const char *path, struct fault *fault)
{
	char room[KEY_FILE_BYTES_MAX + 1];
	/* Never grows, and is wiped: no copy of a private key stays on the heap. */
	struct buf content = {(uint8_t *)room, 0, sizeof(room), sizeof(room) - 1, 0};
	int r = is_pem(path, &content, fault);

	if (r > 0) {
		r = signer_from_pem(out, buf_bytes(&content), fault);
		if (r < 0)
			r = fault_wrap(fault, r, "%s", path);
	} else if (r == 0) {
		AUTO(home_key_wipe)
		struct home_key master = {0};

		r = home_key_read(path, &master, fault);
		if (r == 0)
			r = from_master(out, &master, fault);
	}
	explicit_bzero(room, sizeof(room));
	return r;
}

static int
from_nothing(struct signer **out, struct fault *fault)
{
	AUTO(home_key_wipe)
	struct home_key master = {0};
	int r = home_key_from_environment(environ, &master, fault);

	if (r == 0)
		return from_master(out, &master, fault);
	if (r == HOME_ABSENT)
		r = from_home(out, SEAL_KEY_NAME, fault);
	if (r == HOME_ABSENT)
		return fault_set(fault, FAULT_USAGE,
				 "no key to seal with: run 'stopwater key new " SEAL_KEY_NAME
				 "', or give --key");
	return r;
}

int
seal_signer(struct signer **out, const char *key, const char *sign_with, struct fault *fault)
{
	struct key_public public;
	int r;

	if (sign_with != NULL) {
		r = key == NULL ? 0 : seal_public(&public, key, fault);
		return r < 0 ? r
			     : signer_from_command(out, sign_with, key == NULL ? NULL : &public,
						   fault);
	}
	if (key == NULL)
		return from_nothing(out, fault);
	if (strncmp(key, "pkcs11:", 7) == 0)
		return signer_from_pkcs11(out, key, getenv(SEAL_PIN_VARIABLE), fault);
	r = from_home(out, key, fault);
	return r == HOME_ABSENT ? from_file(out, key, fault) : r;
}

int
seal_public(struct key_public *out, const char *key, struct fault *fault)
{
	AUTO(signer_close)
	struct signer *signer = NULL;
	AUTO(buf_free)
	struct buf content = BUF_INIT(KEY_FILE_BYTES_MAX);
	int r = from_home(&signer, key, fault);

	if (r < 0)
		return r;
	if (r == 0) {
		(void)signer_public(signer, out);
		return 0;
	}
	r = is_pem(key, &content, fault);
	if (r < 0)
		return r;
	r = key_public_parse(out, buf_bytes(&content), fault);
	return r < 0 ? fault_wrap(fault, r, "%s", key) : 0;
}

int
seal_write(const char *path, FILE *to, struct signer *signer, const struct statement *statement,
	   struct fault *fault)
{
	AUTO(buf_free)
	struct buf payload = BUF_INIT(STATEMENT_BYTES_MAX);
	AUTO(buf_free)
	struct buf envelope = BUF_INIT(DSSE_ENVELOPE_BYTES_MAX);
	int r = statement_write(statement, &payload, fault);

	if (r == 0)
		r = dsse_sign(&envelope, signer, DSSE_TYPE_IN_TOTO, buf_bytes(&payload), fault);
	if (r < 0)
		return r;
	if (strcmp(path, "-") != 0)
		return file_write_all(path, buf_bytes(&envelope), 0644, fault);
	if (fwrite(envelope.at, envelope.used, 1, to) != 1)
		return fault_errno(fault, "output");
	return 0;
}

void
seal_json_begin(struct json_write *w, const char *verb, int exit_code)
{
	json_write_object_begin(w);
	json_write_key_u64(w, "schema_version", 1);
	json_write_key(w, "tool");
	json_write_object_begin(w);
	json_write_key_text(w, "name", "stopwater");
	json_write_key_text(w, "version", STOPWATER_VERSION);
	json_write_object_end(w);
	json_write_key_text(w, "verb", verb);
	json_write_key_u64(w, "exit", (uint64_t)exit_code);
}

int
seal_json_end(struct json_write *w, const struct buf *text, FILE *to, struct fault *fault)
{
	int r;

	json_write_object_end(w);
	r = json_write_finish(w, fault);
	if (r == 0 && fwrite(text->at, text->used, 1, to) != 1)
		r = fault_errno(fault, "output");
	return r;
}

int
seal_format(const struct cmd_call *call, bool *json, struct fault *fault)
{
	const char *format = call->common->format;

	*json = format != NULL && strcmp(format, "json") == 0;
	if (format == NULL || *json || strcmp(format, "text") == 0)
		return 0;
	return fault_set(fault, FAULT_USAGE, "--format %s: this verb speaks text and json", format);
}
