/*
 * jail.c - run intake in a child that can do nothing else
 *
 * Knows: fork, who died of what, which messages are believed.  Does not know: the filter itself
 * (confine.c), formats, policy.
 */
#include "intake/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "intake/confine.h"
#include "intake/wire.h"
#include "unpack/unpack.h"

#define JOBS_MAX 256
/* A reader that dies this often on one input has nothing to tell us any more. */
#define RESTARTS_MAX 32
/* What one input may say in all: 100,000 findings of 2 kB and their rows fit many times. */
#define ANSWER_BYTES_MAX ((size_t)2 << 30)

/* Shared with the child. */
struct shared {
	_Atomic uint64_t slots[JOBS_MAX];
	_Atomic uint64_t blobs, bytes;
};

struct jail {
	const struct jail_options *options;
	const struct input *inputs;
	size_t count;
	struct shared *shared;
	struct findings *findings;
	struct coverage *coverage;
	struct input_summary *summaries;
	struct intake_skip skips[RESTARTS_MAX];
	size_t skips_count; /* of the input being read */
	unsigned jobs;
};

/* ---- the child ---- */

static void
child_progress(void *to, uint64_t blobs, uint64_t bytes)
{
	struct shared *shared = to;

	atomic_store(&shared->blobs, blobs);
	atomic_store(&shared->bytes, bytes);
}

static int
send_all(int fd, struct buf *out, struct fault *fault)
{
	struct bytes rest = buf_bytes(out);

	while (rest.left > 0) {
		ssize_t sent = write(fd, rest.at, rest.left);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return fault_errno(fault, "answer");
		(void)bytes_skip(&rest, (size_t)sent);
	}
	buf_reset(out);
	return 0;
}

static int
send_rows(int fd, struct buf *out, enum wire_type type, const struct coverage_rows *rows,
	  struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < rows->count; i++) {
		r = wire_put_row(out, type, &rows->list[i]);
		if (r >= 0 && out->used > STREAM_BLOCK_BYTES)
			r = send_all(fd, out, fault);
	}
	return r;
}

static int
send_answer(int fd, const struct findings *findings, const struct coverage *coverage,
	    const struct input_summary *summary, struct fault *fault)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT(4 * WIRE_FRAME_MAX);
	int r = 0;

	for (size_t i = 0; r >= 0 && i < findings->count; i++) {
		r = wire_put_finding(&out, &findings->list[i]);
		if (r >= 0 && out.used > STREAM_BLOCK_BYTES)
			r = send_all(fd, &out, fault);
	}
	if (r >= 0)
		r = send_rows(fd, &out, WIRE_SKIPPED, &coverage->skipped, fault);
	if (r >= 0)
		r = send_rows(fd, &out, WIRE_NOT_EXAMINED, &coverage->not_examined, fault);
	if (r >= 0)
		r = send_rows(fd, &out, WIRE_SCOPE, &coverage->scope, fault);
	if (r >= 0)
		r = wire_put_totals(&out, coverage);
	if (r >= 0)
		r = wire_put_summary(&out, summary);
	if (r >= 0)
		r = wire_put_done(&out, WIRE_DONE);
	if (r < 0 && out.failed != 0)
		return fault_set(fault, r, "the answer is too large");
	return r < 0 ? r : send_all(fd, &out, fault);
}

/* The state of a child over its inputs. */
struct child {
	const struct jail *jail;
	int fd;
	struct input_facts *previous; /* of the last facts_only input */
};

static int
child_input(struct child *c, struct intake *in, size_t i, struct fault *fault)
{
	const struct input *input = &c->jail->inputs[i];
	AUTO(input_summary_free)
	struct input_summary summary;
	AUTO(findings_free)
	struct findings findings;
	AUTO(coverage_free)
	struct coverage coverage;
	struct input_facts *facts = calloc(1, sizeof(*facts));
	AUTO(buf_free)
	struct buf out = BUF_INIT(WIRE_FRAME_MAX);
	int r;

	input_summary_init(&summary);
	findings_init(&findings);
	coverage_init(&coverage);
	if (facts == NULL)
		return fault_memory(fault);
	facts_init(facts, input->path);
	facts->previous = c->previous;
	r = intake_run(in, input, &findings, &coverage, facts, &summary, fault);
	if (r == INTAKE_NEEDS_TAIL) {
		(void)wire_put_done(&out, WIRE_NEEDS_TAIL);
		(void)send_all(c->fd, &out, fault);
		return INTAKE_NEEDS_TAIL;
	}
	if (r >= 0)
		r = send_answer(c->fd, &findings, &coverage, &summary, fault);
	if (input->facts_only)
		c->previous = facts; /* lives until the child ends */
	else {
		facts_free(facts);
		free(facts);
	}
	return r;
}

/* Read inputs[from..]; a facts_only input before `from` is read again for what follows. */
static void
child_main(const struct jail *jail, size_t from, int fd)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT(WIRE_FRAME_MAX);
	struct intake_options options = jail->options->intake;
	struct intake *in = NULL;
	struct child child = {.jail = jail, .fd = fd};
	struct fault fault = FAULT_INIT;
	int r;

	options.jobs = jail->jobs;
	options.slots = jail->shared->slots;
	options.skips = jail->skips;
	options.skips_count = jail->skips_count;
	options.progress = child_progress;
	options.progress_to = jail->shared;
	r = confine(jail->inputs, jail->count, &options.limits, &fault);
	if (r >= 0)
		r = intake_new(&in, &options, &fault);
	for (size_t i = from; r == 0 && i < jail->count; i++)
		r = child_input(&child, in, i, &fault);
	if (r < 0) {
		fault.code = r;
		(void)wire_put_fault(&out, &fault);
		(void)send_all(fd, &out, NULL);
	}
	/* No destructors, no exit handlers: the parent's are not ours to run. */
	_exit(r < 0 ? 3 : 0);
}

/* ---- the parent ---- */

/* What has come of the input being read; believed only when it is complete. */
struct answer {
	struct findings findings;
	struct coverage coverage;
	struct input_summary summary;
	size_t bytes;
};

static void
answer_init(struct answer *a)
{
	findings_init(&a->findings);
	coverage_init(&a->coverage);
	input_summary_init(&a->summary);
	a->bytes = 0;
}

static void
answer_free(struct answer *a)
{
	findings_free(&a->findings);
	coverage_free(&a->coverage);
	input_summary_free(&a->summary);
}

static int
accept_answer(struct jail *jail, size_t i, struct answer *a, struct fault *fault)
{
	int r = 0;

	if (!jail->inputs[i].facts_only) {
		for (size_t k = 0; r >= 0 && k < a->findings.count; k++)
			r = findings_add(jail->findings, &a->findings.list[k], fault);
		jail->findings->left_out += a->findings.left_out;
		if (r >= 0)
			r = coverage_merge(jail->coverage, &a->coverage, fault);
	}
	input_summary_free(&jail->summaries[i]);
	jail->summaries[i] = a->summary;
	input_summary_init(&a->summary);
	return r;
}

/* Returns 0, or one of these; they pass through where WIRE_MORE and the end of the pipe are 1. */
#define HEARD_DONE 2
#define HEARD_TAIL 3

static int
hear(uint8_t type, struct bytes payload, struct answer *a, struct fault *fault)
{
	switch (type) {
	case WIRE_FINDING:
		return wire_get_finding(payload, &a->findings, fault);
	case WIRE_SKIPPED:
	case WIRE_NOT_EXAMINED:
	case WIRE_SCOPE:
		return wire_get_row(payload, &a->coverage, type, fault);
	case WIRE_TOTALS:
		return wire_get_totals(payload, &a->coverage, fault);
	case WIRE_SUMMARY:
		return wire_get_summary(payload, &a->summary, fault);
	case WIRE_DONE:
		return HEARD_DONE;
	case WIRE_NEEDS_TAIL:
		return HEARD_TAIL;
	default:
		return wire_get_fault(payload, fault);
	}
}

static bool
stopped(const struct jail *jail)
{
	const atomic_int *cancel = jail->options->intake.cancel;

	return cancel != NULL && atomic_load(cancel) != 0;
}

/* More bytes of the answer. 0 some came, 1 the end, < 0 fault. */
static int
listen_to(struct jail *jail, int fd, struct buf *in, struct fault *fault)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	ssize_t got;
	int r;

	for (;;) {
		if (stopped(jail))
			return fault_set(fault, FAULT_CANCEL, "stopped");
		r = poll(&wait, 1, 100);
		if (r < 0 && errno != EINTR)
			return fault_errno(fault, "poll");
		if (jail->options->tick != NULL)
			jail->options->tick(jail->options->tick_to,
					    atomic_load(&jail->shared->blobs),
					    atomic_load(&jail->shared->bytes));
		if (r > 0)
			break;
	}
	r = buf_reserve(in, STREAM_BLOCK_BYTES);
	if (r < 0)
		return fault_set(fault, r, "the jailed reader says too much");
	got = read(fd, in->at + in->used, STREAM_BLOCK_BYTES);
	if (got < 0 && errno == EINTR)
		return 0;
	if (got < 0)
		return fault_errno(fault, "answer");
	in->used += (size_t)got;
	return got == 0 ? 1 : 0;
}

/* Hear the child out. *next moves past each input that is complete. 0: the child closed its end. */
static int
hear_out(struct jail *jail, int fd, size_t *next, struct fault *fault)
{
	AUTO(buf_free)
	struct buf in = BUF_INIT(4 * WIRE_FRAME_MAX);
	AUTO(answer_free)
	struct answer answer;
	int r = 0;

	answer_init(&answer);
	while (r == 0) {
		struct bytes rest, payload;
		uint8_t type;

		r = listen_to(jail, fd, &in, fault);
		if (r != 0)
			break;
		rest = buf_bytes(&in);
		while (r == 0 && (r = wire_take(&rest, &type, &payload, fault)) == 0) {
			answer.bytes += payload.left;
			if (answer.bytes > ANSWER_BYTES_MAX)
				return fault_set(fault, FAULT_TAMPER,
						 "the jailed reader says too much");
			r = hear(type, payload, &answer, fault);
			if (r != HEARD_DONE)
				continue;
			if (*next >= jail->count)
				return fault_set(fault, FAULT_TAMPER,
						 "the jailed reader answers what nobody asked");
			r = accept_answer(jail, (*next)++, &answer, fault);
			jail->skips_count = 0;
			answer_free(&answer);
			answer_init(&answer);
		}
		memmove(in.at, rest.at, rest.left);
		in.used = rest.left;
		if (r == WIRE_MORE && rest.left < 4 * WIRE_FRAME_MAX)
			r = 0;
	}
	return r == 1 ? 0 : r;
}

static int
input_lost(struct jail *jail, size_t i, const char *reason, struct fault *fault)
{
	return coverage_not_examined(jail->coverage, jail->inputs[i].path, reason, 0,
				     COVERAGE_BYTES_UNKNOWN, false, fault);
}

/* The child died on inputs[*next]: leave out what it was reading, or give the input up. */
static int
bury(struct jail *jail, int status, size_t *next, struct fault *fault)
{
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	size_t busy = 0;
	uint64_t blob = 0;
	char reason[128];

	for (unsigned i = 0; i < jail->jobs; i++) {
		uint64_t slot = atomic_load(&jail->shared->slots[i]);

		if (slot != 0) {
			blob = slot - 1;
			busy++;
		}
	}
	if (jail->jobs > 1) {
		/* Who of several threads it was nobody can say: once more with one. */
		jail->jobs = 1;
		return 0;
	}
	if (busy == 1 && jail->skips_count < RESTARTS_MAX) {
		jail->skips[jail->skips_count++] = (struct intake_skip){blob, number};
		return 0;
	}
	(void)snprintf(reason, sizeof(reason), "its reader was stopped by signal %d", number);
	jail->skips_count = 0;
	return input_lost(jail, (*next)++, reason, fault);
}

static int
run_child(struct jail *jail, size_t *next, struct fault *fault)
{
	AUTO(own_close)
	int from = -1;
	struct fault why = FAULT_INIT;
	int ends[2], status = 0, r;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fault_errno(fault, "pipe");
	from = ends[0];
	memset(jail->shared, 0, sizeof(*jail->shared));
	(void)fflush(NULL);
	child = fork();
	if (child < 0) {
		own_close(&ends[1]);
		return fault_errno(fault, "fork");
	}
	if (child == 0) {
		own_close(&ends[0]);
		child_main(jail, *next, ends[1]);
	}
	own_close(&ends[1]);
	r = hear_out(jail, from, next, fault);
	if (r != 0)
		(void)kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (r == HEARD_TAIL && unpack_tail_load(&why) < 0)
		return input_lost(jail, (*next)++, why.text, fault);
	if (r == HEARD_TAIL)
		return 0;
	if (r == FAULT_TAMPER && *next < jail->count) {
		r = input_lost(jail, *next, fault == NULL ? "lie" : fault->text, fault);
		(*next)++;
	}
	if (r != 0)
		return r;
	return *next < jail->count ? bury(jail, status, next, fault) : 0;
}

/* Descriptors stand at their start again, so that a new child reads the same bytes. */
static bool
rewind_input(const struct input *input)
{
	return input_is_folder(input) || lseek(input->fd, 0, SEEK_SET) == 0;
}

static int
run_all(struct jail *jail, struct fault *fault)
{
	unsigned jobs = jail->jobs;
	size_t next = 0, begun = SIZE_MAX;
	int r = 0;

	while (r >= 0 && next < jail->count) {
		if (next != begun)
			jail->jobs = jobs;
		else if (!rewind_input(&jail->inputs[next])) {
			r = input_lost(jail, next++,
				       "its reader stopped, and a pipe cannot be read twice",
				       fault);
			continue;
		}
		begun = next;
		r = run_child(jail, &next, fault);
	}
	return r;
}

int
jail_run(const struct input inputs[], size_t count, const struct jail_options *options,
	 struct findings *findings, struct coverage *coverage, struct input_summary summaries[],
	 struct fault *fault)
{
	struct jail jail = {
	    .options = options,
	    .inputs = inputs,
	    .count = count,
	    .findings = findings,
	    .coverage = coverage,
	    .summaries = summaries,
	    .jobs = options->intake.jobs < 1          ? 1
		    : options->intake.jobs > JOBS_MAX ? JOBS_MAX
						      : options->intake.jobs,
	};
	int r;

	jail.shared = mmap(NULL, sizeof(*jail.shared), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (jail.shared == MAP_FAILED)
		return fault_errno(fault, "shared memory");
	r = run_all(&jail, fault);
	(void)munmap(jail.shared, sizeof(*jail.shared));
	for (size_t i = 0; i < count; i++)
		if (inputs[i].fd >= 0)
			(void)close(inputs[i].fd);
	findings_sort(findings);
	coverage_finish(coverage);
	return r;
}
