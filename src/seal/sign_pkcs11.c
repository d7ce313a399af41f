/*
 * sign_pkcs11.c - keys that never leave their token
 *
 * Knows: enough of PKCS#11 2.40 to find one private key and sign with it; EdDSA as 3.0 numbers it,
 * which tokens of 2.40 already speak.  Does not know: drawing keys, certificates.
 * The module is loaded when a pkcs11: address is used and never before.
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "seal/hash.h"
#include "seal/sign_inside.h"
#include "seal/sign_uri.h"

#define MODULE_PROXY "p11-kit-proxy.so"
#define SLOTS_MAX    256
#define POINT_MAX    256

struct pkcs11 {
	void *library;
	CK_FUNCTION_LIST *call;
	bool started, logged_in;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	enum key_type type;
};

static int
refused(struct fault *fault, const char *what, CK_RV rv)
{
	const char *why = rv == CKR_PIN_INCORRECT        ? " (wrong PIN)"
			  : rv == CKR_PIN_LOCKED         ? " (the PIN is locked)"
			  : rv == CKR_USER_NOT_LOGGED_IN ? " (no PIN was given)"
			  : rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_INVALID ? " (no such PIN)"
									     : "";

	return fault_set(fault, FAULT_IO, "pkcs11: %s: the token answers 0x%lx%s", what, rv, why);
}

void
pkcs11_close(struct pkcs11 **token)
{
	struct pkcs11 *t = *token;

	if (t == NULL)
		return;
	if (t->started) {
		if (t->logged_in)
			(void)t->call->C_Logout(t->session);
		if (t->session != 0)
			(void)t->call->C_CloseSession(t->session);
		(void)t->call->C_Finalize(NULL);
	}
	if (t->library != NULL)
		(void)dlclose(t->library);
	own_free(token);
}

static int
load(struct pkcs11 *t, const struct pkcs11_uri *uri, struct fault *fault)
{
	const char *path = uri->module_path[0] != 0 ? uri->module_path : MODULE_PROXY;
	CK_C_GetFunctionList get;
	CK_RV rv;

	/* A path that depends on the current folder would let that folder choose what we run. */
	if (uri->module_path[0] != 0 && uri->module_path[0] != '/')
		return fault_set(fault, FAULT_USAGE, "pkcs11: module-path must begin with '/'");
	t->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (t->library == NULL)
		return fault_set(fault, FAULT_USAGE, "pkcs11: module %.300s", dlerror());
	*(void **)&get = dlsym(t->library, "C_GetFunctionList");
	if (get == NULL)
		return fault_set(fault, FAULT_USAGE, "pkcs11: %.300s is no PKCS#11 module", path);
	rv = get(&t->call);
	if (rv != CKR_OK)
		return refused(fault, "C_GetFunctionList", rv);
	rv = t->call->C_Initialize(NULL);
	if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return refused(fault, "C_Initialize", rv);
	t->started = true;
	return 0;
}

/* Fields of tokens are padded with spaces, without a NUL. */
static bool
field_is(const unsigned char *field, size_t bytes, const char *text)
{
	size_t length = strlen(text);

	if (length == 0)
		return true;
	while (bytes > 0 && field[bytes - 1] == ' ')
		bytes--;
	return bytes == length && memcmp(field, text, length) == 0;
}

static int
find_slot(struct pkcs11 *t, const struct pkcs11_uri *uri, CK_SLOT_ID *slot, struct fault *fault)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;
	CK_TOKEN_INFO info;
	size_t found = 0;
	CK_RV rv = t->call->C_GetSlotList(CK_TRUE, slots, &count);

	if (rv != CKR_OK)
		return refused(fault, "C_GetSlotList", rv);
	for (CK_ULONG i = 0; i < count; i++) {
		if (t->call->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
		    (info.flags & CKF_TOKEN_INITIALIZED) == 0 ||
		    (uri->has_slot && slots[i] != uri->slot) ||
		    !field_is(info.label, sizeof(info.label), uri->token) ||
		    !field_is(info.serialNumber, sizeof(info.serialNumber), uri->serial))
			continue;
		*slot = slots[i];
		found++;
	}
	if (found == 1)
		return 0;
	return fault_set(fault, FAULT_USAGE,
			 found == 0 ? "pkcs11: no token is there that the address names"
				    : "pkcs11: several tokens fit; add token= or serial=");
}

static int
login(struct pkcs11 *t, const struct pkcs11_uri *uri, const char *pin, struct fault *fault)
{
	AUTO(buf_free)
	struct buf file = BUF_INIT(URI_TEXT_MAX);
	char text[URI_TEXT_MAX] = "";
	CK_RV rv;
	int r;

	if (uri->pin_value[0] != 0) {
		(void)snprintf(text, sizeof(text), "%s", uri->pin_value);
	} else if (uri->pin_source[0] != 0) {
		r = file_read_all(uri->pin_source, &file, fault);
		if (r < 0)
			return fault_wrap(fault, r, "pkcs11: pin-source");
		(void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(buf_text(&file), "\r\n"),
			       buf_text(&file));
		sodium_memzero(file.at, file.used);
	} else if (pin != NULL) {
		(void)snprintf(text, sizeof(text), "%s", pin);
	} else {
		return 0; /* some tokens have a key pad, or need none */
	}
	rv = t->call->C_Login(t->session, CKU_USER, (unsigned char *)text, strlen(text));
	sodium_memzero(text, sizeof(text));
	if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
		return refused(fault, "C_Login", rv);
	t->logged_in = rv == CKR_OK;
	return 0;
}

/* The one object of this class and name. */
static int
find_object(struct pkcs11 *t, const struct pkcs11_uri *uri, CK_OBJECT_CLASS class,
	    CK_OBJECT_HANDLE *out, struct fault *fault)
{
	CK_ATTRIBUTE want[3] = {{CKA_CLASS, &class, sizeof(class)}};
	CK_OBJECT_HANDLE found[2];
	CK_ULONG count = 0, wants = 1;
	CK_RV rv;

	if (uri->object[0] != 0)
		want[wants++] = (CK_ATTRIBUTE){CKA_LABEL, (void *)uri->object, strlen(uri->object)};
	if (uri->id_bytes != 0)
		want[wants++] = (CK_ATTRIBUTE){CKA_ID, (void *)uri->id, uri->id_bytes};
	rv = t->call->C_FindObjectsInit(t->session, want, wants);
	if (rv == CKR_OK) {
		rv = t->call->C_FindObjects(t->session, found, 2, &count);
		(void)t->call->C_FindObjectsFinal(t->session);
	}
	if (rv != CKR_OK)
		return refused(fault, "C_FindObjects", rv);
	if (count == 1) {
		*out = found[0];
		return 0;
	}
	return fault_set(fault, FAULT_USAGE, "pkcs11: %s %s key of that name on the token",
			 count == 0 ? "there is no" : "there is more than one",
			 class == CKO_PRIVATE_KEY ? "private" : "public");
}

/* CKA_EC_POINT is the point in a DER OCTET STRING; some tokens leave the wrapping away. */
static int
read_public(struct pkcs11 *t, CK_OBJECT_HANDLE object, struct key_public *key, struct fault *fault)
{
	uint8_t point[POINT_MAX];
	CK_KEY_TYPE type = 0;
	CK_ATTRIBUTE get[2] = {{CKA_KEY_TYPE, &type, sizeof(type)},
			       {CKA_EC_POINT, point, sizeof(point)}};
	CK_RV rv = t->call->C_GetAttributeValue(t->session, object, get, 2);
	struct bytes in;

	if (rv != CKR_OK || get[1].ulValueLen > sizeof(point) ||
	    (type != CKK_EC && type != CKK_EC_EDWARDS))
		return fault_set(fault, FAULT_USAGE,
				 "pkcs11: the key is neither Ed25519 nor ECDSA P-256");
	in = bytes_make(point, get[1].ulValueLen);
	if (in.left > 2 && in.at[0] == 0x04 && in.at[1] == in.left - 2)
		(void)bytes_skip(&in, 2);
	t->type = type == CKK_EC ? KEY_ECDSA_P256 : KEY_ED25519;
	if (t->type == KEY_ECDSA_P256) {
		int r = key_public_from_p256(key, in, fault);

		return r < 0 ? fault_wrap(fault, r, "pkcs11") : 0;
	}
	if (in.left != KEY_RAW_BYTES)
		return fault_set(fault, FAULT_USAGE, "pkcs11: an Edwards key other than Ed25519");
	key_public_from_ed25519(key, in.at);
	return 0;
}

int
pkcs11_open(struct pkcs11 **out, const char *uri_text, const char *pin, struct key_public *key,
	    struct fault *fault)
{
	AUTO(pkcs11_close)
	struct pkcs11 *t = calloc(1, sizeof(*t));
	struct pkcs11_uri uri;
	CK_OBJECT_HANDLE public;
	CK_SLOT_ID slot = 0;
	CK_RV rv;
	int r;

	if (t == NULL)
		return fault_memory(fault);
	r = pkcs11_uri_parse(&uri, uri_text, fault);
	if (r == 0)
		r = load(t, &uri, fault);
	if (r == 0)
		r = find_slot(t, &uri, &slot, fault);
	if (r == 0) {
		rv = t->call->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &t->session);
		r = rv == CKR_OK ? 0 : refused(fault, "C_OpenSession", rv);
	}
	if (r == 0)
		r = login(t, &uri, pin, fault);
	sodium_memzero(uri.pin_value, sizeof(uri.pin_value));
	if (r == 0)
		r = find_object(t, &uri, CKO_PRIVATE_KEY, &t->key, fault);
	if (r == 0)
		r = find_object(t, &uri, CKO_PUBLIC_KEY, &public, fault);
	if (r == 0)
		r = read_public(t, public, key, fault);
	if (r < 0)
		return r;
	*out = TAKE(t);
	return 0;
}

int
pkcs11_sign(struct pkcs11 *t, struct bytes message, uint8_t signature[KEY_SIGNATURE_BYTES_MAX],
	    size_t *signature_bytes, struct fault *fault)
{
	bool edwards = t->type == KEY_ED25519;
	CK_MECHANISM how = {edwards ? CKM_EDDSA : CKM_ECDSA, NULL, 0};
	uint8_t digest[HASH_SHA256_BYTES], raw[KEY_SIGNATURE_BYTES_MAX];
	CK_ULONG count = sizeof(raw);
	CK_RV rv;

	if (!edwards) {
		int r = hash_sha256(message, digest, fault);

		if (r < 0)
			return r;
		message = bytes_make(digest, sizeof(digest));
	}
	rv = t->call->C_SignInit(t->session, &how, t->key);
	if (rv == CKR_OK)
		rv = t->call->C_Sign(t->session, (unsigned char *)message.at, message.left, raw,
				     &count);
	if (rv != CKR_OK)
		return refused(fault, "C_Sign", rv);
	if (count != 64)
		return fault_set(fault, FAULT_FORMAT, "pkcs11: a signature of %lu bytes", count);
	if (!edwards)
		return sign_p256_der(raw, signature, signature_bytes, fault);
	memcpy(signature, raw, count);
	*signature_bytes = count;
	return 0;
}
