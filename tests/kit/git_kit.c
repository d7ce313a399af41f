/*
 * git_kit.c - run git for a test
 */
#include "kit/git_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static const char prologue[] =
    "set -e\n"
    /* awk writes what fast-import reads: every commit changes some lines of some files */
    "make_history() {\n"
    "  awk -v n=\"$2\" 'BEGIN { srand(7); for (f = 0; f < 6; f++) for (l = 0; l < 120; l++)\n"
    "      line[f, l] = \"int value_\" f \"_\" l \" = \" int(rand() * 1e9) \";\";\n"
    "    for (c = 1; c <= n; c++) {\n"
    "      for (k = 0; k < 4; k++) { f = int(rand() * 6); l = int(rand() * 120);\n"
    "        line[f, l] = \"int changed_\" c \"_\" k \" = \" int(rand() * 1e9) \";\" }\n"
    "      printf \"commit refs/heads/main\\nmark :%d\\n\", c;\n"
    "      printf \"author A U Thor <a@example.org> %d +0000\\n\", 1700000000 + c * 60;\n"
    "      printf \"committer C O Mitter <c@example.org> %d +0000\\n\", 1700000000 + c * 60;\n"
    "      m = \"change \" c; printf \"data %d\\n%s\\n\", length(m), m;\n"
    "      if (c > 1) printf \"from :%d\\n\", c - 1; if (c % 50 == 0) printf \"merge :%d\\n\", c - "
    "20;\n"
    "      for (f = 0; f < 6; f++) { t = \"\"; for (l = 0; l < 120; l++) t = t line[f, l] "
    "\"\\n\";\n"
    "        printf \"M 100644 inline src/file%d.c\\ndata %d\\n%s\\n\", f, length(t), t }\n"
    "    }\n"
    "    printf \"tag v1\\nfrom :%d\\ntagger T Agger <t@example.org> 1700000000 +0000\\ndata "
    "4\\none\\n\\n\", n\n"
    "  }' | git -C \"$1\" fast-import --quiet --force\n"
    "}\n";

bool
git_begin(struct git_kit *kit)
{
	const char *room = getenv("TMPDIR");

	(void)snprintf(kit->folder, sizeof(kit->folder), "%s/stopwater-git-XXXXXX",
		       room != NULL ? room : "/tmp");
	if (mkdtemp(kit->folder) == NULL)
		return false;
	kit->fd = open(kit->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return kit->fd >= 0;
}

void
git_end(struct git_kit *kit)
{
	(void)git_sh(kit, "chmod -R u+w . && rm -rf ./* ./.[a-z]*");
	(void)close(kit->fd);
	(void)rmdir(kit->folder);
}

static int
spawn(const struct git_kit *kit, const char *script, int out, pid_t *pid)
{
	static const char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin",
						  "HOME=/nonexistent",
						  "LC_ALL=C",
						  "GIT_CONFIG_GLOBAL=/dev/null",
						  "GIT_CONFIG_SYSTEM=/dev/null",
						  "GIT_AUTHOR_NAME=A U Thor",
						  "GIT_AUTHOR_EMAIL=author@example.org",
						  "GIT_AUTHOR_DATE=1700000000 +0000",
						  "GIT_COMMITTER_NAME=C O Mitter",
						  "GIT_COMMITTER_EMAIL=committer@example.org",
						  "GIT_COMMITTER_DATE=1700000000 +0000",
						  "GIT_CONFIG_COUNT=3",
						  "GIT_CONFIG_KEY_0=init.defaultBranch",
						  "GIT_CONFIG_VALUE_0=main",
						  "GIT_CONFIG_KEY_1=protocol.file.allow",
						  "GIT_CONFIG_VALUE_1=always",
						  "GIT_CONFIG_KEY_2=gc.auto",
						  "GIT_CONFIG_VALUE_2=0",
						  NULL};
	const char *const arguments[] = {"sh", "-c", script, NULL};
	posix_spawn_file_actions_t actions;
	int r;

	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addfchdir_np(&actions, kit->fd);
	(void)posix_spawn_file_actions_adddup2(&actions, out, 1);
	r = posix_spawn(pid, "/bin/sh", &actions, NULL, (char *const *)(uintptr_t)arguments,
			(char *const *)(uintptr_t)environment);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

bool
git_out(struct git_kit *kit, const char *script, struct buf *to)
{
	AUTO(buf_free)
	struct buf whole = BUF_INIT((size_t)1 << 20);
	uint8_t block[65536];
	int pipe_fds[2], status = -1;
	ssize_t got;
	pid_t pid;

	if (buf_printf(&whole, "%s%s\n", prologue, script) < 0 || pipe2(pipe_fds, O_CLOEXEC) < 0)
		return false;
	if (spawn(kit, buf_text(&whole), pipe_fds[1], &pid) != 0)
		return false;
	(void)close(pipe_fds[1]);
	while ((got = read(pipe_fds[0], block, sizeof(block))) > 0)
		(void)buf_append(to, block, (size_t)got);
	(void)close(pipe_fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status != 0)
		tap_note("script ended with %d: %s", status, script);
	return status == 0 && to->failed == 0;
}

bool
git_sh(struct git_kit *kit, const char *script)
{
	AUTO(buf_free)
	struct buf ignored = BUF_INIT((size_t)64 << 20);

	return git_out(kit, script, &ignored);
}
