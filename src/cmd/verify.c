/*
 * verify.c - stopwater verify: a receiver checks a sealed verdict against the bytes at hand
 *
 * Knows: digest, signature, what the verdict says.  Does not know: how to scan; it reads no format
 * and opens no network.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/blob.h"
#include "base/file.h"
#include "base/own.h"
#include "base/stream.h"
#include "base/text.h"
#include "cmd/seal.h"
#include "cmd/verbs.h"

struct verify_options {
	const char *key;
};

static const struct opt verify_opts[] = {
    OPT_TEXT('k', "key", struct verify_options, key, "FILE",
	     "the public key (PEM) that the verdict must be signed by"),
    OPT_END};

/* What became of it. */
struct proof {
	const char *package, *verdict_path;
	uint8_t sha256[HASH_SHA256_BYTES];
	uint64_t bytes;
	struct key_public key;
	char key_id[KEY_ID_TEXT];
	struct statement statement; /* only when `proven` */
	bool proven;
	bool nothing; /* one of the files is empty */
	char why[FAULT_TEXT_MAX];
};

static int
digest_file(struct proof *proof, struct fault *fault)
{
	AUTO(stream_close)
	struct stream *s = NULL;
	AUTO(hash_running_free)
	struct hash_running *hash = NULL;
	bool is_stdin = strcmp(proof->package, "-") == 0;
	int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			  : open(proof->package, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	uint64_t fast;
	int r;

	if (fd < 0)
		return fault_set(fault, errno == ENOENT ? FAULT_USAGE : FAULT_IO, "%s: %s",
				 proof->package, strerror(errno));
	r = stream_from_fd(&s, fd, fault);
	if (r == 0)
		r = hash_running_new(&hash, fault);
	if (r == 0)
		r = hash_running_begin(hash, fault);
	while (r == 0 && (r = stream_want(s, 1, fault)) == 0 && s->left > 0) {
		r = hash_running_add(hash, stream_window(s), fault);
		proof->bytes += s->left;
		stream_take(s, s->left);
	}
	if (r == 0)
		r = hash_running_end(hash, proof->sha256, &fast, fault);
	return r < 0 ? fault_wrap(fault, r, "%s", proof->package) : 0;
}

static void
refuse(struct proof *proof, const char *why)
{
	(void)snprintf(proof->why, sizeof(proof->why), "%s", why);
}

/* Signature, then meaning: nothing of the payload is looked at before it is proven. */
static int
check(struct proof *proof, struct bytes envelope, struct arena *arena, struct fault *fault)
{
	struct fault why = FAULT_INIT;
	struct dsse dsse;
	int r = dsse_parse(&dsse, envelope, arena, &why);

	if (r == 0)
		r = dsse_verify(&dsse, &proof->key, &why);
	if (r == 0 && strcmp(dsse.type, DSSE_TYPE_IN_TOTO) != 0)
		r = fault_set(&why, FAULT_FORMAT, "the payload is no in-toto statement");
	if (r == 0)
		r = statement_read(&proof->statement, dsse.payload, arena, &why);
	if (r == 0 && statement_subject(&proof->statement, proof->sha256) == NULL)
		r = fault_set(&why, FAULT_TAMPER,
			      "these are not the bytes that were scanned: the verdict is about "
			      "another digest");
	if (r == FAULT_MEMORY || r == FAULT_IO)
		return fault_set(fault, r, "%s", why.text);
	if (r < 0)
		refuse(proof, why.text);
	else
		proof->proven = true;
	return 0;
}

static int
exit_of(const struct proof *proof)
{
	if (proof->nothing)
		return 3;
	return proof->proven && strcmp(proof->statement.verdict, "pass") == 0 ? 0 : 1;
}

static void
write_coverage(struct json_write *w, const struct statement *s)
{
	json_write_key(w, "coverage");
	json_write_object_begin(w);
	json_write_key_u64(w, "blobs", s->coverage.blobs);
	json_write_key_u64(w, "input_bytes", s->coverage.input_bytes);
	json_write_key_u64(w, "unpacked_bytes", s->coverage.unpacked_bytes);
	json_write_key_u64(w, "examined_bytes", s->coverage.examined_bytes);
	json_write_key_u64(w, "skipped_bytes", s->coverage.skipped_bytes);
	json_write_key_u64(w, "not_examined_bytes", s->coverage.not_examined_bytes);
	json_write_object_end(w);
}

static int
print_json(const struct proof *proof, FILE *to, struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT((size_t)1 << 20);
	const struct statement *s = &proof->statement;
	struct json_write w;

	json_write_to_buf(&w, &text, JSON_WRITE_PRETTY);
	seal_json_begin(&w, "verify", exit_of(proof));
	json_write_key_text(&w, "path", proof->package);
	json_write_key_hex(&w, "sha256", proof->sha256, sizeof(proof->sha256));
	json_write_key_u64(&w, "bytes", proof->bytes);
	json_write_key_bool(&w, "proven", proof->proven);
	json_write_key_text(&w, "key", proof->key_id);
	if (!proof->proven)
		json_write_key_text(&w, "why", proof->why);
	if (proof->proven) {
		json_write_key_text(&w, "verdict", s->verdict);
		json_write_key_text(&w, "profile", s->profile);
		json_write_key_text(&w, "time", s->time);
		json_write_key_text(&w, "scanned_by", s->tool_version);
		if (s->has_policy)
			json_write_key_hex(&w, "policy_sha256", s->policy_sha256,
					   sizeof(s->policy_sha256));
		json_write_key_text(&w, "register_date", s->register_date);
		json_write_key(&w, "detectors");
		json_write_array_begin(&w);
		for (size_t i = 0; i < s->detectors_count; i++)
			json_write_text(&w, s->detectors[i]);
		json_write_array_end(&w);
		write_coverage(&w, s);
	}
	return seal_json_end(&w, &text, to, fault);
}

/* A line of the answer; `value` was written by whoever signed, and may hold anything. */
static void
line(FILE *to, const char *label, const char *value)
{
	AUTO(buf_free)
	struct buf shown = BUF_INIT((size_t)1 << 16);

	(void)blob_display(&shown, bytes_text(value));
	(void)fprintf(to, "  %-10s %s\n", label, buf_text(&shown));
}

static void
print_meaning(const struct proof *proof, FILE *to)
{
	const struct statement *s = &proof->statement;
	AUTO(buf_free)
	struct buf detectors = BUF_INIT((size_t)1 << 16);
	char hex[2 * HASH_SHA256_BYTES + 1], size[4][32], count[32];
	char text[512];

	(void)snprintf(text, sizeof(text), "%s, judged by profile %s", s->verdict, s->profile);
	line(to, "verdict", text);
	(void)snprintf(text, sizeof(text), "%s by stopwater %s", s->time, s->tool_version);
	line(to, "scanned", text);
	for (size_t i = 0; i < s->detectors_count; i++)
		(void)buf_printf(&detectors, "%s%s", i == 0 ? "" : " ", s->detectors[i]);
	line(to, "detectors", buf_text(&detectors));
	if (s->has_policy)
		line(to, "policy", text_hex(s->policy_sha256, sizeof(s->policy_sha256), hex));
	line(to, "register", s->register_date == NULL ? "none" : s->register_date);
	(void)snprintf(text, sizeof(text),
		       "%s things, %s after unpacking: %s examined, %s skipped, %s not examined",
		       text_count(s->coverage.blobs, count),
		       text_size(s->coverage.unpacked_bytes, size[0]),
		       text_size(s->coverage.examined_bytes, size[1]),
		       text_size(s->coverage.skipped_bytes, size[2]),
		       text_size(s->coverage.not_examined_bytes, size[3]));
	line(to, "coverage", text);
}

static int
print_text(const struct proof *proof, FILE *to)
{
	char hex[2 * HASH_SHA256_BYTES + 1];
	AUTO(buf_free)
	struct buf shown = BUF_INIT((size_t)1 << 16);
	int code = exit_of(proof);

	(void)blob_display(&shown, bytes_text(proof->package));
	(void)fprintf(to, "%s: %s\n", buf_text(&shown),
		      code == 0       ? "GOOD"
		      : code == 3     ? "NOTHING TO EXAMINE"
		      : proof->proven ? "the proof holds, but the verdict is not a pass"
				      : "NOT PROVEN");
	if (!proof->proven)
		line(to, "why", proof->why);
	line(to, "sha256", text_hex(proof->sha256, sizeof(proof->sha256), hex));
	if (proof->proven)
		print_meaning(proof, to);
	line(to, "key", proof->key_id);
	return 0;
}

static int
verify_run(struct cmd_call *call, struct fault *fault)
{
	const struct verify_options *options = call->options;
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)16 << 20);
	AUTO(buf_free)
	struct buf envelope = BUF_INIT(DSSE_ENVELOPE_BYTES_MAX);
	struct proof proof = {.package = call->args[0], .verdict_path = call->args[1]};
	bool json;
	int r = seal_format(call, &json, fault);

	if (r < 0)
		return r;
	if (options->key == NULL)
		return fault_set(fault, FAULT_USAGE,
				 "--key is missing: whose signature is to be believed?");
	r = seal_public(&proof.key, options->key, fault);
	if (r == 0)
		r = key_public_id(&proof.key, proof.key_id, fault);
	if (r == 0 && (r = file_exists(proof.verdict_path, fault)) == 0)
		r = fault_set(fault, FAULT_USAGE, "%s: there is no such file", proof.verdict_path);
	if (r > 0)
		r = digest_file(&proof, fault);
	if (r < 0)
		return r;
	r = file_read_all(proof.verdict_path, &envelope, fault);
	if (r == FAULT_LIMIT)
		refuse(&proof, "the verdict is too large to be one");
	else if (r < 0)
		return r;
	else if (proof.bytes == 0 || envelope.used == 0) {
		proof.nothing = true;
		refuse(&proof, proof.bytes == 0 ? "the package is empty" : "the verdict is empty");
	} else if ((r = check(&proof, buf_bytes(&envelope), &arena, fault)) < 0) {
		return r;
	}
	r = json ? print_json(&proof, call->out, fault) : print_text(&proof, call->out);
	return r < 0 ? r : exit_of(&proof);
}

const struct cmd cmd_verify = {.name = "verify",
			       .args = "PACKAGE VERDICT --key FILE",
			       .does = "check a sealed verdict against a package",
			       .opts = verify_opts,
			       .options_bytes = sizeof(struct verify_options),
			       .args_min = 2,
			       .args_max = 2,
			       .run = verify_run};
