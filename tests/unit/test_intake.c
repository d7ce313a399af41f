/*
 * test_intake.c - any input -> blobs -> detect, in a jail that may die
 */
#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "intake/jail.h"
#include "detect/table.h"
#include "intake/wire.h"

/* A detector of our own in place of the table: it reports every text blob that holds "FIND", and
 * does to itself what the blob says. */
static enum detect_need
wants(const struct detect *detect, const struct blob *blob)
{
	(void)detect;
	(void)blob;
	return DETECT_WINDOWS;
}

struct state {
	uint64_t at_bytes;
	bool found;
};

static int
window(struct detect_run *run, void *state, const struct detect_window *w, struct fault *fault)
{
	struct state *s = state;
	struct bytes all = bytes_make(w->at, w->length);
	ptrdiff_t at = bytes_find(all, BYTES_OF("FIND"));

	if (bytes_find(all, BYTES_OF("CRASH")) >= 0)
		(void)raise(SIGSEGV);
	if (bytes_find(all, BYTES_OF("SOCKET")) >= 0)
		(void)open("/etc/passwd", O_RDWR | O_CREAT, 0600);
	if (bytes_find(all, BYTES_OF("EXEC")) >= 0)
		(void)execl("/bin/true", "true", NULL);
	if (at >= 0 && !s->found && (size_t)at + 4 > w->seen) {
		s->found = true;
		s->at_bytes = w->at_bytes + (uint64_t)at;
	}
	if (bytes_find(all, BYTES_OF("DERIVE")) >= 0 && w->first)
		return run->derive(run, BYTES_OF("inner"), BYTES_OF("a FIND inside"), fault);
	return 0;
}

static int end(struct detect_run *run, void *state, struct fault *fault);

static const struct detector detect_test = {.name = "test",
					    .finds = "FIND",
					    .docs = "",
					    .state_bytes = sizeof(struct state),
					    .wants = wants,
					    .window = window,
					    .end = end};

static int
end(struct detect_run *run, void *state, struct fault *fault)
{
	struct state *s = state;
	struct finding f = {.rule = "find", .title = "FIND", .at = {.at_bytes = s->at_bytes}};

	return s->found ? detect_report(run, &detect_test, &f, fault) : 0;
}

const struct detector *const detect_table[] = {&detect_test, &detect_container};
const size_t detect_table_count = 2;

struct result {
	struct findings findings;
	struct coverage coverage;
	struct input_summary summary;
	struct fault fault;
	int r;
};

static void
result_free(struct result *res)
{
	findings_free(&res->findings);
	coverage_free(&res->coverage);
	input_summary_free(&res->summary);
}

static int
memory_file(struct bytes content)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (write(fd, content.at, content.left) != (ssize_t)content.left ||
	    lseek(fd, 0, SEEK_SET) != 0)
		return -1;
	return fd;
}

/* One tar member: header and padded content. */
static void
tar_add(struct buf *tar, const char *name, struct bytes content)
{
	char header[512] = {0};
	unsigned sum = 0;

	(void)snprintf(header, 100, "%s", name);
	(void)snprintf(header + 100, 8, "0000644");
	(void)snprintf(header + 124, 12, "%011o", (unsigned)content.left);
	(void)snprintf(header + 136, 12, "%011o", 0u);
	memcpy(header + 257,
	       "ustar\0"
	       "00",
	       8);
	header[156] = '0';
	memset(header + 148, ' ', 8);
	for (size_t i = 0; i < sizeof(header); i++)
		sum += (unsigned char)header[i];
	(void)snprintf(header + 148, 8, "%06o", sum);
	(void)buf_append(tar, header, sizeof(header));
	(void)buf_append(tar, content.at, content.left);
	while (tar->used % 512 != 0)
		(void)buf_append_u8(tar, 0);
}

static void
tar_end(struct buf *tar)
{
	for (int i = 0; i < 1024; i++)
		(void)buf_append_u8(tar, 0);
}

static void
run_jailed(struct result *res, struct bytes content, unsigned jobs, const struct limits *limits)
{
	struct detect detect = {.options = {.enabled = 3}, .limits = *limits};
	struct jail_options options = {
	    .intake = {.detect = &detect, .limits = *limits, .jobs = jobs}};
	struct input input = {.type = INPUT_FILE, .path = "in", .fd = memory_file(content)};

	memset(res, 0, sizeof(*res));
	findings_init(&res->findings);
	coverage_init(&res->coverage);
	input_summary_init(&res->summary);
	res->r = jail_run(&input, 1, &options, &res->findings, &res->coverage, &res->summary,
			  &res->fault);
}

static const struct limits limits_default = LIMITS_DEFAULT;

static bool
sums_up(const struct coverage *c)
{
	return c->unpacked_bytes == c->examined_bytes + c->skipped_bytes + c->not_examined_bytes;
}

TEST(a_plain_file_is_one_blob_and_all_of_it_is_examined)
{
	AUTO(result_free)
	struct result res;

	run_jailed(&res, BYTES_OF("here is FIND\n"), 1, &limits_default);
	EQ_INT(res.r, 0);
	EQ_U64(res.findings.count, 1);
	EQ_U64(res.findings.list[0].at.at_bytes, 8);
	EQ_STR(res.findings.list[0].path, "in");
	EQ_U64(res.coverage.blobs, 1);
	EQ_U64(res.coverage.examined_bytes, 13);
	OK(sums_up(&res.coverage));
}

TEST(a_tar_gives_its_members_under_chained_names)
{
	AUTO(result_free)
	struct result res;
	AUTO(buf_free)
	struct buf tar = BUF_INIT(1 << 20);

	tar_add(&tar, "dir/a.txt", BYTES_OF("nothing"));
	tar_add(&tar, "dir/b\n.txt", BYTES_OF("FIND me"));
	tar_end(&tar);
	run_jailed(&res, buf_bytes(&tar), 2, &limits_default);
	EQ_INT(res.r, 0);
	EQ_U64(res.findings.count, 2); /* the other: a name with a line break in it */
	EQ_STR(res.findings.list[1].path, "in!/dir/b\\x0a.txt");
	EQ_U64(res.coverage.blobs, 2);
	OK(sums_up(&res.coverage));
}

TEST(what_a_detector_derives_is_examined_one_level_deeper)
{
	AUTO(result_free)
	struct result res;

	run_jailed(&res, BYTES_OF("please DERIVE"), 1, &limits_default);
	EQ_U64(res.findings.count, 1);
	EQ_STR(res.findings.list[0].path, "in!/inner");
	EQ_U64(res.coverage.blobs, 1);
}

TEST(a_match_across_two_windows_is_found_once)
{
	AUTO(result_free)
	struct result res;
	AUTO(buf_free)
	struct buf big = BUF_INIT(8 << 20);
	size_t at = DETECT_WINDOW_BYTES - 2;

	for (size_t i = 0; i < (3 << 20); i++)
		(void)buf_append_u8(&big, 'x');
	memcpy(big.at + at, "FIND", 4);
	run_jailed(&res, buf_bytes(&big), 1, &limits_default);
	EQ_U64(res.findings.count, 1);
	EQ_U64(res.findings.list[0].at.at_bytes, at);
	EQ_U64(res.coverage.examined_bytes, big.used);
}

TEST(a_reader_that_dies_costs_one_blob_and_the_run_goes_on)
{
	AUTO(buf_free)
	struct buf tar = BUF_INIT(1 << 20);

	tar_add(&tar, "a", BYTES_OF("FIND one"));
	tar_add(&tar, "b", BYTES_OF("CRASH"));
	tar_add(&tar, "c", BYTES_OF("FIND two"));
	tar_add(&tar, "d", BYTES_OF("CRASH again"));
	tar_end(&tar);
	for (unsigned jobs = 1; jobs <= 3; jobs++) {
		AUTO(result_free)
		struct result res;

		run_jailed(&res, buf_bytes(&tar), jobs, &limits_default);
		EQ_INT(res.r, 0);
		EQ_U64(res.findings.count, 2);
		EQ_U64(res.coverage.not_examined.count, 2);
		EQ_STR(res.coverage.not_examined.list[0].path, "in!/b");
		EQ_STR(res.coverage.not_examined.list[1].path, "in!/d");
		OK(sums_up(&res.coverage));
	}
}

TEST(inside_the_jail_nothing_is_executed)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	AUTO(result_free)
	struct result res;

	run_jailed(&res, BYTES_OF("EXEC"), 1, &limits_default);
	EQ_INT(res.r, 0);
	EQ_U64(res.coverage.not_examined.count, 1);
	OK(strstr(res.coverage.not_examined.list[0].reason, "signal 31") != NULL);
#endif
}

TEST(inside_the_jail_a_file_cannot_be_opened_for_writing)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	AUTO(result_free)
	struct result res;

	run_jailed(&res, BYTES_OF("SOCKET"), 1, &limits_default);
	EQ_INT(res.r, 0);
	EQ_U64(res.coverage.not_examined.count, 0); /* refused with an error, not killed */
#endif
}

TEST(the_same_input_gives_the_same_answer_for_any_number_of_jobs)
{
	AUTO(buf_free)
	struct buf tar = BUF_INIT(4 << 20);
	AUTO(result_free)
	struct result one;

	for (int i = 0; i < 500; i++) {
		char name[32], text[64];

		(void)snprintf(name, sizeof(name), "f%03d", i);
		(void)snprintf(text, sizeof(text), "%d %s", i, i % 3 == 0 ? "FIND" : "DERIVE");
		tar_add(&tar, name, bytes_text(text));
	}
	tar_end(&tar);
	run_jailed(&one, buf_bytes(&tar), 1, &limits_default);
	EQ_U64(one.findings.count, 500);
	for (unsigned jobs = 2; jobs <= 8; jobs *= 2) {
		AUTO(result_free)
		struct result many;

		run_jailed(&many, buf_bytes(&tar), jobs, &limits_default);
		EQ_U64(many.findings.count, one.findings.count);
		for (size_t i = 0; i < one.findings.count && i < many.findings.count; i++) {
			EQ_STR(many.findings.list[i].id, one.findings.list[i].id);
			EQ_STR(many.findings.list[i].path, one.findings.list[i].path);
		}
		EQ_U64(many.coverage.examined_bytes, one.coverage.examined_bytes);
	}
}

TEST(past_the_limit_of_bytes_the_rest_is_not_examined_and_says_so)
{
	AUTO(buf_free)
	struct buf tar = BUF_INIT(4 << 20);
	AUTO(result_free)
	struct result res;
	struct limits limits = LIMITS_DEFAULT;

	limits.bytes = 10;
	tar_add(&tar, "a", BYTES_OF("12345678"));
	tar_add(&tar, "b", BYTES_OF("12345678"));
	tar_end(&tar);
	run_jailed(&res, buf_bytes(&tar), 2, &limits);
	EQ_INT(res.r, 0);
	/* The member that did not fit, and what the archive holds behind it: one cause. */
	EQ_U64(res.coverage.not_examined.count, 1);
	EQ_STR(res.coverage.not_examined.list[0].path, "in!/b");
	EQ_U64(res.coverage.not_examined.list[0].count, 2);
	HAS_STR(res.coverage.not_examined.list[0].reason, "--limit bytes=N");
}

TEST(bytes_are_paid_for_once_whatever_the_number_of_jobs)
{
	struct limits limits = LIMITS_DEFAULT;

	limits.bytes = 100;
	for (unsigned jobs = 1; jobs <= 2; jobs++) {
		AUTO(buf_free)
		struct buf tar = BUF_INIT(4 << 20);
		AUTO(result_free)
		struct result res;

		for (int i = 0; i < 10; i++)
			tar_add(&tar, "a", BYTES_OF("12345678"));
		tar_end(&tar);
		run_jailed(&res, buf_bytes(&tar), jobs, &limits);
		EQ_INT(res.r, 0);
		EQ_U64(res.coverage.not_examined.count, 0);
		EQ_U64(res.coverage.examined_bytes, 80);
	}
}

TEST(a_truncated_archive_is_examined_as_far_as_it_goes)
{
	AUTO(buf_free)
	struct buf tar = BUF_INIT(1 << 20);

	tar_add(&tar, "a", BYTES_OF("FIND it here"));
	tar_end(&tar);
	for (size_t length = 0; length < 1024; length += 7) {
		AUTO(result_free)
		struct result res;

		run_jailed(&res, bytes_make(tar.at, length), 1, &limits_default);
		EQ_INT(res.r, 0);
		OK(sums_up(&res.coverage));
		if (length > 0 && length < 524)
			OK(res.coverage.not_examined.count > 0 || res.coverage.blobs > 0);
	}
}

TEST(places_that_somebody_asks_about_are_told_where_they_were_there)
{
	static const char *const places[] = {
	    ".", "dir/a.txt", "dir/b.txt!/inside", "dir/c.zip!/gone", "dir", "dir/a.tx", "other",
	};
	AUTO(result_free)
	struct result res;
	AUTO(buf_free)
	struct buf tar = BUF_INIT(1 << 20);
	struct detect detect = {.options = {.enabled = 3}, .limits = limits_default};
	struct jail_options options = {.intake = {.detect = &detect,
						  .limits = limits_default,
						  .jobs = 1,
						  .places = places,
						  .places_count = ARRAY_LEN(places)}};
	struct input input = {.type = INPUT_FILE, .path = "in"};

	tar_add(&tar, "dir/a.txt", BYTES_OF("nothing"));
	tar_add(&tar, "dir/b.txt", BYTES_OF("nothing"));
	tar_end(&tar);
	memset(&res, 0, sizeof(res));
	findings_init(&res.findings);
	coverage_init(&res.coverage);
	input_summary_init(&res.summary);
	input.fd = memory_file(buf_bytes(&tar));
	EQ_INT(jail_run(&input, 1, &options, &res.findings, &res.coverage, &res.summary, NULL), 0);
	EQ_BYTES(bytes_make(res.summary.places, res.summary.places_count),
		 BYTES_OF("\1\1\1\0\0\0\0"));
}

TEST(a_finding_survives_the_wire)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT(1 << 20);
	AUTO(findings_free)
	struct findings from, to;
	struct finding_match match = {.asset = "core",
				      .path = "a.c",
				      .channel = "token",
				      .share_ppm = 7,
				      .log10_chance_milli = -9000};
	const char *paths[] = {"a.env", "b.env"}, *refs[] = {"refs/heads/main"};
	struct finding_git git = {.first_commit = "0123456789abcdef0123456789abcdef01234567",
				  .author = "A <a@example.org>",
				  .first_time = -5,
				  .paths = paths,
				  .paths_count = 2,
				  .refs = refs,
				  .refs_count = 1,
				  .reachable = FINDING_REACH_LOCAL,
				  .at_head = true};
	struct finding f = {.detector = "test",
			    .rule = "r",
			    .title = "t",
			    .fix = "x",
			    .path = "p",
			    .severity = SEVERITY_HIGH,
			    .discloses = true,
			    .at = {1, 2, 3, 4},
			    .count = 9,
			    .has_evidence = true,
			    .evidence = {1, 2, 3},
			    .matches = &match,
			    .matches_count = 1,
			    .git = &git};
	struct bytes in, payload;
	uint8_t type;

	findings_init(&from);
	findings_init(&to);
	EQ_INT(findings_add(&from, &f, NULL), 0);
	EQ_INT(wire_put_finding(&out, &from.list[0]), 0);
	in = buf_bytes(&out);
	EQ_INT(wire_take(&in, &type, &payload, NULL), 0);
	EQ_INT(type, WIRE_FINDING);
	EQ_INT(wire_get_finding(payload, &to, NULL), 0);
	EQ_U64(to.count, 1);
	EQ_STR(to.list[0].id, from.list[0].id);
	EQ_STR(to.list[0].fix, "x");
	OK(to.list[0].why == NULL);
	OK(to.list[0].discloses);
	OK(to.list[0].has_evidence);
	EQ_INT(to.list[0].evidence[2], 3);
	EQ_INT(to.list[0].matches[0].log10_chance_milli, -9000);
	EQ_STR(to.list[0].git->author, "A <a@example.org>");
	EQ_STR(to.list[0].git->paths[1], "b.env");
	EQ_INT(to.list[0].git->first_time, -5);
	EQ_INT(to.list[0].git->reachable, FINDING_REACH_LOCAL);
	OK(to.list[0].git->last_commit == NULL && to.list[0].git->at_head);
	for (size_t cut = 0; cut < payload.left; cut++)
		EQ_INT(wire_get_finding(bytes_slice(payload, 0, cut), &to, NULL), FAULT_TAMPER);
}

TEST(totals_that_do_not_add_up_are_not_believed)
{
	AUTO(buf_free)
	struct buf out = BUF_INIT(1 << 20);
	AUTO(coverage_free)
	struct coverage from, to;
	struct bytes in, payload;
	uint8_t type;

	coverage_init(&from);
	coverage_init(&to);
	coverage_blob(&from, 100);
	from.examined_bytes = 99;
	EQ_INT(wire_put_totals(&out, &from), 0);
	in = buf_bytes(&out);
	EQ_INT(wire_take(&in, &type, &payload, NULL), 0);
	EQ_INT(wire_get_totals(payload, &to, NULL), FAULT_TAMPER);
}
