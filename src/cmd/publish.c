/*
 * publish.c - stopwater publish -- COMMAND: the bytes that are scanned are the bytes that are sent
 *
 * Knows: pack, copy, scan, compare, run.  Does not know: what a command's words mean
 * (publish_command.c), what blocks.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/text.h"
#include "cmd/private.h"
#include "cmd/publish_command.h"
#include "cmd/scan.h"
#include "cmd/seal_verdict.h"
#include "cmd/verbs.h"

struct publish_options {
	const char *profile, *previous, *seal, *key, *sign_with;
	bool dry_run;
};

static const struct opt publish_opts[] = {
    OPT_FLAG('n', "dry-run", struct publish_options, dry_run, "all but running the command"),
    OPT_TEXT('p', "profile", struct publish_options, profile, "NAME", "judge by profile NAME"),
    OPT_TEXT(0, "previous", struct publish_options, previous, "OLD",
	     "compare with the release before"),
    OPT_TEXT(0, "seal", struct publish_options, seal, "OUT",
	     "write a signed verdict over what is published"),
    OPT_TEXT('k', "key", struct publish_options, key, "FILE", "seal with this key"),
    OPT_TEXT(0, "sign-with", struct publish_options, sign_with, "CMD",
	     "seal with a signature that CMD gives"),
    OPT_END};

struct publishing {
	struct cmd_call *call;
	const struct publish_options *options;
	struct publish_command command;
	struct private_folder folder;
	struct private_file files[PUBLISH_FILES_AT_ONCE];
	size_t count;
	char image_id[256]; /* PUSH: what the image was when it was saved */
	const char *target; /* CARGO: where it builds */
};

static void
publishing_free(struct publishing *p)
{
	private_remove(&p->folder);
}

static void
say(const struct publishing *p, const char *text)
{
	if (!p->call->common->quiet)
		(void)fprintf(stderr, "publish: %s\n", text);
}

static const char *
add_text(struct publishing *p, const char *prefix, const char *path, const char *suffix)
{
	return arena_printf(&p->folder.arena, "%s%s%s", prefix, path, suffix);
}

/* A tool of the command that prepares; it must succeed. */
static int
prepare(const char *const argv[], struct buf *capture, const char *variable, struct fault *fault)
{
	int code = private_run(argv, true, capture, variable, fault);

	if (code > 0)
		return fault_set(fault, FAULT_IO,
				 "'%.100s %.100s' ended with exit code %d; nothing was published",
				 argv[0], argv[1], code);
	return code;
}

/* ---- what would be sent ---- */

static int
copy_files(struct publishing *p, struct fault *fault)
{
	struct publish_command *c = &p->command;
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->files_count; i++) {
		const struct publish_word *word = &c->files[i];

		r = private_copy(&p->folder, word->path, &p->files[i], fault);
		if (r < 0)
			return r;
		c->argv[word->at] = add_text(p, word->prefix, p->files[i].path, word->suffix);
		if (c->argv[word->at] == NULL)
			return fault_memory(fault);
		p->count++;
	}
	return r;
}

/* npm packs as it would for publishing, scripts and all, and the tarball is what is published. */
static int
pack_npm(struct publishing *p, struct fault *fault)
{
	struct publish_command *c = &p->command;
	struct arena *arena = &p->folder.arena;
	const char **argv = arena_alloc(arena, (c->argc + 8) * sizeof(*argv));
	const char *path, *pack = add_text(p, p->folder.path, "/pack", "");
	size_t n = 0;
	int r;

	if (argv == NULL || pack == NULL)
		return fault_memory(fault);
	if (mkdir(pack, 0700) < 0)
		return fault_errno(fault, "%s", pack);
	for (size_t i = 0; i < c->argc; i++) {
		const char *word = i == c->verb_at ? "pack" : c->argv[i];

		if (strcmp(word, "--dry-run") == 0)
			continue;
		/* A bare name would be looked up in the registry. */
		if (c->files_count == 1 && i == c->files[0].at) {
			word = realpath(word, NULL);
			if (word == NULL)
				return fault_errno(fault, "%s", c->argv[i]);
			path = arena_text(arena, word);
			free((char *)(uintptr_t)word);
			word = path;
		}
		argv[n++] = word;
	}
	argv[n++] = "--pack-destination";
	argv[n++] = pack;
	say(p, "npm packs; what it packs is what is scanned and published (prepublishOnly, publish "
	       "and postpublish are not run by npm for a tarball)");
	r = prepare(argv, NULL, NULL, fault);
	if (r == 0)
		r = private_find(&p->folder, pack, ".tgz", &path, fault);
	if (r == 0)
		r = private_adopt(&p->folder, path, &p->files[0], fault);
	if (r < 0)
		return r;
	p->count = 1;
	if (c->files_count == 1)
		c->argv[c->files[0].at] = p->files[0].path;
	else
		c->argv[c->argc++] = p->files[0].path;
	c->argv[c->argc] = NULL;
	return 0;
}

/* cargo packs what it sends by itself: let it pack once before, into a place of our own. */
static int
pack_cargo(struct publishing *p, struct fault *fault)
{
	static const char *const passed[] = {"-p", "--package", "--manifest-path"};
	struct publish_command *c = &p->command;
	const char **argv = arena_alloc(&p->folder.arena, (c->argc + 8) * sizeof(*argv));
	const char *folder, *path;
	size_t n = 0;
	int r;

	p->target = add_text(p, "CARGO_TARGET_DIR=", p->folder.path, "/target");
	folder = add_text(p, p->folder.path, "/target/package", "");
	if (argv == NULL || p->target == NULL || folder == NULL)
		return fault_memory(fault);
	argv[n++] = c->argv[0];
	argv[n++] = "package";
	argv[n++] = "--no-verify";
	argv[n++] = "--allow-dirty"; /* cargo publish says what it thinks of that */
	for (size_t i = c->verb_at + 1; i < c->argc; i++)
		for (size_t k = 0; k < ARRAY_LEN(passed); k++) {
			size_t length = strlen(passed[k]);

			if (strncmp(c->argv[i], passed[k], length) != 0)
				continue;
			argv[n++] = c->argv[i];
			if (c->argv[i][length] == 0 && i + 1 < c->argc)
				argv[n++] = c->argv[++i];
			break;
		}
	say(p, "cargo packs again while it publishes: what is sent cannot be handed to it, it is "
	       "compared afterwards");
	r = prepare(argv, NULL, p->target, fault);
	if (r == 0)
		r = private_find(&p->folder, folder, ".crate", &path, fault);
	if (r < 0)
		return r;
	p->count = 1;
	r = private_copy(&p->folder, path, &p->files[0], fault);
	p->files[0].name = strrchr(path, '/') + 1;
	/* What lies there afterwards must be what cargo made while it published. */
	if (r == 0 && unlink(path) < 0)
		r = fault_errno(fault, "%s", path);
	return r;
}

/* "sha256:..." of an image. */
static int
image_id(struct publishing *p, char id[256], struct fault *fault)
{
	const struct publish_command *c = &p->command;
	const char *const argv[] = {c->argv[0],           "image", "inspect", "--format", "{{.Id}}",
				    c->argv[c->image_at], NULL};
	AUTO(buf_free)
	struct buf text = BUF_INIT(255);
	int r = prepare(argv, &text, NULL, fault);

	if (r < 0)
		return r;
	while (text.used > 0 && text.at[text.used - 1] == '\n')
		text.used--;
	(void)snprintf(id, 256, "%s", buf_text(&text));
	return id[0] != 0 && id[0] != '-'
		   ? 0
		   : fault_set(fault, FAULT_FORMAT, "%s does not tell the image's id", c->argv[0]);
}

static int
save_image(struct publishing *p, struct fault *fault)
{
	const char *path = add_text(p, p->folder.path, "/image.tar", "");
	const char *const argv[] = {p->command.argv[0], "save", "-o", path, p->image_id, NULL};
	int r;

	if (path == NULL)
		return fault_memory(fault);
	say(p,
	    "the image is saved by its id and scanned; the push itself cannot be intercepted, the "
	    "id is compared before and after");
	r = image_id(p, p->image_id, fault);
	if (r == 0)
		r = prepare(argv, NULL, NULL, fault);
	p->count = 1;
	return r < 0 ? r : private_adopt(&p->folder, path, &p->files[0], fault);
}

/* ---- the gate ---- */

static int
scan_files(struct publishing *p, struct scan *scan, struct fault *fault)
{
	const struct publish_options *o = p->options;
	struct scan_options options = {.profile = o->profile, .previous = o->previous};
	const struct seal_options seal = {o->seal, o->key, o->sign_with};
	struct cmd_call call = *p->call;
	const char *paths[PUBLISH_FILES_AT_ONCE];
	int r;

	for (size_t i = 0; i < p->count; i++)
		paths[i] = p->files[i].path;
	call.args = paths;
	call.args_count = p->count;
	outcome_init(&scan->outcome);
	r = scan_open(scan, &call, &options, fault);
	if (r >= 0)
		r = seal_ready(scan, &seal, fault);
	for (size_t i = 0; r >= 0 && i < p->count; i++)
		scan->gate->inputs[scan->gate->first + i].path = p->files[i].name;
	if (r >= 0)
		r = scan_judge(scan, &call, fault);
	for (size_t i = 0; r >= 0 && i < p->count; i++) {
		const struct input_summary *s = &scan->gate->summaries[scan->gate->first + i];

		/* The reader saw these bytes, or it was not all read and the verdict says so. */
		if (s->has_sha256 && memcmp(s->sha256, p->files[i].sha256, 32) != 0)
			return fault_set(
			    fault, FAULT_TAMPER,
			    "%s was changed while it was scanned; nothing was published",
			    p->files[i].name);
	}
	if (r >= 0)
		r = scan_report_out(scan, &call, fault);
	return r;
}

static int
seal_files(struct publishing *p, struct scan *scan, struct fault *fault)
{
	const struct publish_options *o = p->options;
	const struct seal_options seal = {o->seal, o->key, o->sign_with};

	if (seal.out == NULL)
		return 0;
	/* The private copies are what it vouches for, under their own last names. */
	for (size_t i = 0; i < p->count; i++)
		scan->gate->inputs[scan->gate->first + i].path = p->files[i].path;
	return seal_verdict(scan, &seal, p->call->out, fault);
}

static int
check_files(struct publishing *p, struct fault *fault)
{
	char id[256];
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->count; i++)
		r = private_check(&p->files[i], fault);
	if (r == 0 && p->command.way == PUBLISH_WAY_PUSH) {
		r = image_id(p, id, fault);
		if (r == 0 && strcmp(id, p->image_id) != 0)
			r = fault_set(fault, FAULT_TAMPER, "%s is another image than was scanned",
				      p->command.argv[p->command.image_at]);
	}
	return r;
}

/* ---- after ---- */

static int
compare_crate(struct publishing *p, struct fault *fault)
{
	static const char *const places[] = {"/target/package", "/target/package/tmp-crate"};
	struct private_file sent;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		const char *folder = add_text(p, p->folder.path, places[i], ""), *path;
		int r;

		if (folder == NULL)
			return fault_memory(fault);
		if (private_find(&p->folder, folder, ".crate", &path, NULL) < 0)
			continue;
		r = private_copy(&p->folder, path, &sent, fault);
		if (r == 0 && memcmp(sent.sha256, p->files[0].sha256, sizeof(sent.sha256)) != 0)
			r = fault_set(fault, FAULT_TAMPER,
				      "cargo sent another package than was scanned");
		return r;
	}
	return fault_set(
	    fault, FAULT_IO,
	    "cargo published, and left nothing behind to compare with what was scanned");
}

/* Whatever was sent is sent: say it loudly, and do not end as if all were well. */
static int
compare_after(struct publishing *p, struct fault *fault)
{
	int r =
	    p->command.way == PUBLISH_WAY_CARGO ? compare_crate(p, fault) : check_files(p, fault);

	if (r == FAULT_TAMPER || r == FAULT_FORMAT) {
		(void)fprintf(stderr,
			      "stopwater: PUBLISHED, AND NOT WHAT WAS SCANNED: %s; yank it\n",
			      fault->text);
		return 1;
	}
	return r;
}

static void
print_plan(const struct publishing *p)
{
	char hex[2 * HASH_SHA256_BYTES + 1];

	if (p->call->common->quiet)
		return;
	for (size_t i = 0; i < p->count; i++)
		(void)fprintf(stderr, "publish: %s\n  sha256 %s\n  %s\n", p->files[i].name,
			      text_hex(p->files[i].sha256, HASH_SHA256_BYTES, hex),
			      p->files[i].integrity);
	(void)fprintf(stderr, "publish: %s", p->options->dry_run ? "would run:" : "running:");
	for (size_t i = 0; i < p->command.argc; i++)
		(void)fprintf(stderr, " %s", p->command.argv[i]);
	(void)fputc('\n', stderr);
}

static int
gather(struct publishing *p, struct fault *fault)
{
	switch (p->command.way) {
	case PUBLISH_WAY_NPM_PACK:
		return pack_npm(p, fault);
	case PUBLISH_WAY_CARGO:
		return pack_cargo(p, fault);
	case PUBLISH_WAY_PUSH:
		return save_image(p, fault);
	default:
		return copy_files(p, fault);
	}
}

static int
tampered(const struct fault *fault)
{
	(void)fprintf(stderr, "stopwater: %s; nothing was published\n", fault->text);
	return 1;
}

static int
publish_gated(struct publishing *p, struct scan *scan, struct fault *fault)
{
	int r = private_make(&p->folder, fault), code;

	if (r == 0)
		r = publish_command_parse(&p->command, p->call->args, p->call->args_count,
					  &p->folder.arena, fault);
	if (r == 0)
		r = gather(p, fault);
	if (r == 0)
		r = scan_files(p, scan, fault);
	if (r == FAULT_TAMPER)
		return tampered(fault);
	if (r < 0)
		return r;
	if (scan->outcome.exit != 0) {
		say(p, "nothing was published");
		return scan->outcome.exit;
	}
	r = seal_files(p, scan, fault);
	if (r < 0)
		return r;
	print_plan(p);
	if (p->options->dry_run)
		return 0;
	r = check_files(p, fault);
	if (r == FAULT_TAMPER)
		return tampered(fault);
	if (r < 0)
		return r;
	code = private_run(p->command.argv, false, NULL, p->target, fault);
	if (code != 0)
		return code;
	return compare_after(p, fault);
}

static int
publish_run(struct cmd_call *call, struct fault *fault)
{
	AUTO(publishing_free)
	struct publishing p = {.call = call, .options = call->options};
	AUTO(scan_close)
	struct scan scan = {0};

	outcome_init(&scan.outcome);
	if (call->args_before_dashes > 0 || call->args_count == 0)
		return fault_set(
		    fault, FAULT_USAGE,
		    "the command stands behind '--': stopwater publish -- npm publish");
	return publish_gated(&p, &scan, fault);
}

const struct cmd cmd_publish = {.name = "publish",
				.args = "-- COMMAND...",
				.does = "scan what a publishing command would send, then run it",
				.opts = publish_opts,
				.options_bytes = sizeof(struct publish_options),
				.args_max = CMD_ARGS_ANY,
				.run = publish_run};
