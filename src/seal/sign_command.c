/*
 * sign_command.c - a signature from a command of the user: `--sign-with "WORD WORD..."`
 *
 * Knows: how to run it without a shell, the message on its standard input, base64 back.
 * Does not know: what it does, or with which key.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "seal/sign_inside.h"

#define WORDS_MAX        64
#define ANSWER_BYTES_MAX 4096

/* Cut `text` at spaces, in place. */
static size_t
split(char *text, char *words[WORDS_MAX + 1])
{
	size_t count = 0;

	while (*text != 0) {
		while (*text == ' ')
			*text++ = 0;
		if (*text == 0)
			break;
		if (count == WORDS_MAX)
			return 0;
		words[count++] = text;
		while (*text != 0 && *text != ' ')
			text++;
	}
	words[count] = NULL;
	return count;
}

/* A file without a name that holds the message: the command may read it at its leisure, and no
 * pipe can fill up while it talks. */
static int
message_fd(struct bytes message, struct fault *fault)
{
	AUTO(own_close)
	int fd = memfd_create("stopwater-message", MFD_CLOEXEC);
	int out;

	if (fd < 0)
		return fault_errno(fault, "memory file");
	while (message.left > 0) {
		ssize_t put = write(fd, message.at, message.left);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return fault_errno(fault, "memory file");
		(void)bytes_skip(&message, (size_t)put);
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return fault_errno(fault, "memory file");
	out = fd;
	fd = -1;
	return out;
}

static int
spawn(pid_t *child, char *const words[], int in, int out, struct fault *fault)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t standard;
	int r;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return fault_memory(fault);
	if (posix_spawnattr_init(&attr) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return fault_memory(fault);
	}
	(void)sigemptyset(&standard);
	(void)sigaddset(&standard, SIGPIPE); /* ignored here, and that would be inherited */
	(void)posix_spawnattr_setsigdefault(&attr, &standard);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawnp(child, words[0], &actions, &attr, words, environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (r != 0)
		return fault_set(fault, FAULT_USAGE, "--sign-with: %.200s: %s", words[0],
				 strerror(r));
	return 0;
}

static int
read_answer(int fd, struct buf *answer, struct fault *fault)
{
	char piece[1024];

	for (;;) {
		ssize_t got = read(fd, piece, sizeof(piece));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_errno(fault, "--sign-with");
		if (got == 0)
			return 0;
		if (buf_append(answer, piece, (size_t)got) < 0)
			return fault_set(fault, FAULT_LIMIT,
					 "--sign-with: the command prints more than a signature");
	}
}

static int
decode(struct buf *answer, uint8_t signature[KEY_SIGNATURE_BYTES_MAX], size_t *signature_bytes,
       struct fault *fault)
{
	const char *end;

	while (answer->used > 0 && strchr(" \t\r\n", answer->at[answer->used - 1]) != NULL)
		answer->used--;
	if (answer->used == 0 ||
	    sodium_base642bin(signature, KEY_SIGNATURE_BYTES_MAX, (const char *)answer->at,
			      answer->used, "\r\n", signature_bytes, &end,
			      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    end != (const char *)answer->at + answer->used)
		return fault_set(fault, FAULT_FORMAT,
				 "--sign-with: the command answers with no signature in base64");
	return 0;
}

int
command_sign(const char *command, struct bytes message, uint8_t signature[KEY_SIGNATURE_BYTES_MAX],
	     size_t *signature_bytes, struct fault *fault)
{
	AUTO(own_free)
	char *text = strdup(command);
	AUTO(buf_free)
	struct buf answer = BUF_INIT(ANSWER_BYTES_MAX);
	AUTO(own_close)
	int in = -1;
	AUTO(own_close)
	int from = -1;
	char *words[WORDS_MAX + 1];
	int ends[2], status, r;
	pid_t child;

	if (text == NULL)
		return fault_memory(fault);
	if (split(text, words) == 0)
		return fault_set(fault, FAULT_USAGE, "--sign-with: no command of 1 to %d words",
				 WORDS_MAX);
	in = message_fd(message, fault);
	if (in < 0)
		return in;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fault_errno(fault, "pipe");
	from = ends[0];
	r = spawn(&child, words, in, ends[1], fault);
	own_close(&ends[1]);
	if (r < 0)
		return r;
	r = read_answer(from, &answer, fault);
	own_close(&from); /* one that will not stop talking dies of it */
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return r;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return fault_set(fault, FAULT_IO, "--sign-with: %.200s %s %d", words[0],
				 WIFEXITED(status) ? "ended with exit code"
						   : "was stopped by signal",
				 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return decode(&answer, signature, signature_bytes, fault);
}
