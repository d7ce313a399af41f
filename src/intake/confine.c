/*
 * confine.c - give up everything that reading bytes does not need
 *
 * Knows: seccomp, rlimits, Landlock.  Does not know: what is read.
 *
 * The filter is an allow list: threads of this process, memory, read, write to what is open.
 * openat() is let through only for reading and only when a folder is an input; Landlock then
 * binds it to that folder (kernel 5.13 and later; without it a taken-over reader could read other
 * files of the user, but has no way to send them anywhere but into the report).
 * Sanitizer builds keep the process separate but unfiltered: their runtimes need more calls.
 */
#include "intake/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "history/history.h"
#include "intake/jail.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CONFINE_FILTER 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define CONFINE_FILTER 0
#endif
#endif
#ifndef CONFINE_FILTER
#define CONFINE_FILTER 1
#endif

static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(getdents64),
    SCMP_SYS(dup),
    SCMP_SYS(fcntl),
    SCMP_SYS(mmap),
    SCMP_SYS(mremap),
    SCMP_SYS(munmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sysinfo),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

static bool
has_folder(const struct input inputs[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (input_is_folder(&inputs[i]))
			return true;
	return false;
}

static int
set_limits(const struct limits *limits, uint64_t bytes_max, struct fault *fault)
{
	/* No file grows further than it may, of most readers not at all.  No core dump of other
	 * people's source.  Memory: what may be held, several times over, and the maps of the
	 * register. */
	struct rlimit none = {0, 0}, files = {256, 256}, grow = {bytes_max, bytes_max}, memory;

	memory.rlim_cur = memory.rlim_max = limits->member * 8 + ((rlim_t)64 << 30);
	if (setrlimit(RLIMIT_CORE, &none) < 0 || setrlimit(RLIMIT_FSIZE, &grow) < 0 ||
	    (CONFINE_FILTER && setrlimit(RLIMIT_AS, &memory) < 0) ||
	    setrlimit(RLIMIT_NOFILE, &files) < 0)
		return fault_errno(fault, "limits of the jail");
	return 0;
}

static void
may_read_below(int set, int folder)
{
	struct landlock_path_beneath_attr below = {
	    .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	    .parent_fd = folder,
	};

	if (folder >= 0)
		(void)syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
}

/* Reading below the input folders only.  Absence is not a fault: the filter stands alone then. */
static void
landlock(const struct input inputs[], size_t count)
{
	struct landlock_ruleset_attr rules = {.handled_access_fs = (1u << 13) - 1};
	int set = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);

	if (set < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		const struct history_place *place = inputs[i].history;

		if (input_is_folder(&inputs[i]))
			may_read_below(set, inputs[i].fd);
		if (place == NULL)
			continue;
		may_read_below(set, place->git_dir);
		may_read_below(set, place->common_dir);
		for (size_t k = 0; k < place->objects_count; k++)
			may_read_below(set, place->objects[k]);
	}
	(void)syscall(SYS_landlock_restrict_self, set, 0);
	(void)close(set);
}

static int
filter(bool folders, struct fault *fault)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	const unsigned writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
	const unsigned thread = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND;
	int r = 0;

	if (ctx == NULL)
		return fault_memory(fault);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(allowed); i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	/* glibc falls back to clone(), whose flags can be looked at. */
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				     SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 0);
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), 0);
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64), 0);
	if (r == 0 && folders)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, writing, 0));
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT));
	if (r == 0 && !folders)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, O_CREAT, 0));
	if (r == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	if (r < 0) {
		errno = -r;
		return fault_errno(fault, "seccomp filter");
	}
	return 0;
}

int
confine(const struct input inputs[], size_t count, const struct limits *limits, struct fault *fault)
{
	return confine_writing(inputs, count, limits, 0, fault);
}

int
confine_writing(const struct input inputs[], size_t count, const struct limits *limits,
		uint64_t bytes_max, struct fault *fault)
{
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fault_errno(fault, "jail");
	r = set_limits(limits, bytes_max, fault);
	if (r < 0 || !CONFINE_FILTER)
		return r;
	landlock(inputs, count);
	return filter(has_folder(inputs, count), fault);
}

const char *
jail_describe(void)
{
	long abi;

	if (!CONFINE_FILTER)
		return "a process of its own, without seccomp (sanitizer build)";
	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	return abi > 0 ? "seccomp and Landlock" : "seccomp (this kernel has no Landlock)";
}
