/*
 * mend.c - rewrite a package in a child that can read it, write one file, and nothing else
 *
 * Knows: who does it and what is believed of its answer.  Does not know: formats (tar.c, zip.c).
 */
#include "mend/mend.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/blob.h"
#include "base/own.h"
#include "codec/codec.h"
#include "intake/confine.h"
#include "mend/inside.h"
#include "unpack/sniff.h"

/* Deflate may do worse than whoever packed it, but not twice as bad. */
#define GROWTH_BYTES ((uint64_t)64 << 20)

/* A gzip whose content begins as a tar does. */
static bool
holds_tar(struct bytes package)
{
	struct stream file;
	AUTO(stream_close)
	struct stream *text = NULL;

	stream_from_memory(&file, package);
	if (codec_open(&text, BLOB_GZIP, &file, NULL) < 0)
		return false;
	(void)stream_want(text, 512, NULL);
	return sniff(bytes_slice(stream_window(text), 0, SNIFF_BYTES), text->ended) == BLOB_TAR;
}

/* A file that is no container: itself, cut. */
static int
mend_single(struct mend_job *job, enum blob_kind kind, struct fault *fault)
{
	size_t held =
	    job->limits->member < SIZE_MAX / 2 ? (size_t)job->limits->member : SIZE_MAX / 2;
	AUTO(buf_free)
	struct buf mended = BUF_INIT(held);
	int r;

	if (job->plan->single == NULL &&
	    (job->plan->count != 1 || job->plan->items[0].action != MEND_CUT))
		return mend_cannot(
		    job->plan,
		    "only tar, tar.gz and zip packages, ELF programs and wasm modules "
		    "are rewritten, not %s",
		    blob_kind_name(kind));
	r = mend_member(job->plan, job->plan->single == NULL ? "" : job->plan->single, job->package,
			&mended, fault);
	if (r < 0)
		return r;
	if (r == 1 && job->plan->single != NULL)
		return job->write(job->to, job->package, fault);
	if (r == 1)
		return mend_cannot(job->plan,
				   "nothing of it can be cut: it is damaged, or an object "
				   "file; build it without debug information");
	return job->write(job->to, buf_bytes(&mended), fault);
}

int
mend_bytes(struct mend_plan *plan, struct bytes package, const struct limits *limits,
	   mend_write_fn *write, void *to, struct fault *fault)
{
	struct mend_job job = {
	    .plan = plan, .package = package, .limits = limits, .write = write, .to = to};
	enum blob_kind kind =
	    sniff(bytes_slice(package, 0, SNIFF_BYTES), package.left <= SNIFF_BYTES);
	int r;

	budget_begin(&job.budget, limits, NULL);
	budget_input(&job.budget, package.left);
	for (size_t i = 0; plan->single == NULL && i < plan->count; i++)
		plan->items[i].done = false;
	plan->references = 0;
	if (plan->single != NULL)
		return mend_single(&job, kind, fault);
	if (kind == BLOB_TAR)
		r = mend_tar(&job, false, fault);
	else if (kind == BLOB_GZIP && holds_tar(package))
		r = mend_tar(&job, true, fault);
	else if (kind == BLOB_ZIP)
		r = mend_zip(&job, fault);
	else
		r = mend_single(&job, kind, fault);
	for (size_t i = 0; r == 0 && i < plan->count; i++)
		if (!plan->items[i].done)
			return mend_cannot(plan,
					   "%.300s is not a member of its own: it lies in what "
					   "cannot be rewritten",
					   plan->items[i].member);
	return r;
}

/* ---- the child ---- */

/* Shared with the child; nothing in it is believed but numbers in range and text that is shown. */
struct answer {
	int code;
	uint64_t references;
	char text[FAULT_TEXT_MAX];
	uint8_t done[];
};

static int
write_fd(void *to, struct bytes piece, struct fault *fault)
{
	int fd = *(int *)to;

	while (piece.left > 0) {
		ssize_t put = write(fd, piece.at, piece.left);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return fault_errno(fault, "the new package");
		(void)bytes_skip(&piece, (size_t)put);
	}
	return 0;
}

/* What a child is to do, and with what. */
struct errand {
	int (*run)(struct errand *errand, struct bytes content, struct fault *fault);
	struct mend_plan *plan;
	int in, out;    /* -1: none */
	uint64_t bytes; /* of `in` */
	const struct limits *limits;
	const char *const *names;
	size_t names_count;
};

static int
run_mend(struct errand *e, struct bytes content, struct fault *fault)
{
	return mend_bytes(e->plan, content, e->limits, write_fd, &e->out, fault);
}

static int
run_check(struct errand *e, struct bytes content, struct fault *fault)
{
	struct needed needed;
	int r = 0;

	needed_init(&needed);
	for (size_t i = 0; r == 0 && i < e->names_count; i++) {
		AUTO(buf_free)
		struct buf shown = BUF_INIT(4 * BLOB_PATH_BYTES_MAX);

		if (blob_display(&shown, bytes_text(e->names[i])) < 0)
			r = fault_set(fault, FAULT_LIMIT, "a path is too long");
		else if (strcmp(e->names[i], "manifest.json") !=
			 0) /* of an extension, not of an image */
			r = needed_member(&needed, buf_text(&shown), fault);
	}
	if (r == 0 && content.left > 0)
		r = needed_manifest(&needed, "package.json", content, fault);
	if (r == 0)
		r = needed_check(&needed, e->plan);
	needed_free(&needed);
	return r;
}

static int
child(struct errand *e, struct fault *fault)
{
	const struct input input = {.type = INPUT_FILE, .path = "", .fd = e->in};
	void *at = NULL;
	int r = confine_writing(&input, e->in < 0 ? 0 : 1, e->limits, 2 * e->bytes + GROWTH_BYTES,
				fault);

	if (r < 0)
		return r;
	if (e->bytes > 0)
		at = mmap(NULL, (size_t)e->bytes, PROT_READ, MAP_PRIVATE, e->in, 0);
	if (at == MAP_FAILED)
		return fault_errno(fault, "the package");
	return e->run(e, bytes_make(at, (size_t)e->bytes), fault);
}

static void
child_main(struct errand *e, struct answer *answer)
{
	struct mend_plan *plan = e->plan;
	struct fault fault = FAULT_INIT;
	int r = child(e, &fault);

	for (size_t i = 0; i < plan->count; i++)
		answer->done[i] = plan->items[i].done;
	answer->references = plan->references;
	memcpy(answer->text, r == MEND_CANNOT ? plan->cannot : fault.text, sizeof(answer->text));
	answer->code = r;
	_exit(r < 0 ? 3 : 0);
}

/* ---- the parent ---- */

static int
believe(struct mend_plan *plan, struct answer *answer, int status, struct fault *fault)
{
	AUTO(buf_free)
	struct buf shown = BUF_INIT((size_t)4 * FAULT_TEXT_MAX);

	if (!WIFEXITED(status))
		return fault_set(fault, FAULT_FORMAT, "its rewriter was stopped by signal %d",
				 WTERMSIG(status));
	/* Members' names are in it, escaped by the child: escape what is not, keep what is. */
	answer->text[FAULT_TEXT_MAX - 1] = 0;
	for (const char *c = answer->text; *c != 0; c++)
		(void)buf_append_u8(&shown, (uint8_t)*c < 0x20 || *c == 0x7f ? '?' : (uint8_t)*c);
	if (answer->code < 0)
		return fault_set(fault, answer->code < FAULT_CANCEL ? FAULT_FORMAT : answer->code,
				 "%s", buf_text(&shown));
	if (answer->code > 0)
		return mend_cannot(plan, "%s", buf_text(&shown));
	for (size_t i = 0; i < plan->count; i++)
		plan->items[i].done = plan->items[i].done || answer->done[i] != 0;
	plan->references += answer->references;
	return 0;
}

static int
in_child(struct errand *e, struct fault *fault)
{
	struct mend_plan *plan = e->plan;
	size_t room = sizeof(struct answer) + plan->count;
	struct answer *answer;
	int status = 0, r;
	pid_t pid;

	answer = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (answer == MAP_FAILED)
		return fault_errno(fault, "shared memory");
	answer->code = FAULT_FORMAT;
	pid = fork();
	if (pid == 0)
		child_main(e, answer);
	if (pid < 0) {
		(void)munmap(answer, room);
		return fault_errno(fault, "fork");
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	r = believe(plan, answer, status, fault);
	(void)munmap(answer, room);
	return r;
}

int
mend_package(struct mend_plan *plan, int in, int out, const struct limits *limits,
	     struct fault *fault)
{
	struct errand e = {.run = run_mend, .plan = plan, .in = in, .out = out, .limits = limits};
	struct stat st;

	if (fstat(in, &st) < 0)
		return fault_errno(fault, "the package");
	if (!S_ISREG(st.st_mode) || st.st_size <= 0)
		return mend_cannot(plan, "only a file can be rewritten");
	e.bytes = (uint64_t)st.st_size;
	for (size_t i = 0; plan->single == NULL && i < plan->count; i++)
		plan->items[i].done = false;
	if (plan->single == NULL)
		plan->references = 0;
	return in_child(&e, fault);
}

int
mend_check_needed(struct mend_plan *plan, int manifest, const char *const names[], size_t count,
		  const struct limits *limits, struct fault *fault)
{
	struct errand e = {.run = run_check,
			   .plan = plan,
			   .in = manifest,
			   .out = -1,
			   .limits = limits,
			   .names = names,
			   .names_count = count};
	struct stat st;

	if (manifest >= 0 && fstat(manifest, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		e.bytes = (uint64_t)st.st_size;
	return in_child(&e, fault);
}
