/*
 * opts.h - a command is a table: options, help, completion and the man page test come from it
 *
 *	struct scan_options { const char *profile; bool tree; };
 *	static const struct opt scan_opts[] = {
 *		OPT_TEXT('p', "profile", struct scan_options, profile, "NAME", "judge by profile NAME"),
 *		OPT_FLAG(0, "tree", struct scan_options, tree, "the work tree only"),
 *		OPT_END
 *	};
 *	const struct cmd cmd_scan = { "scan", "[PATH|-]...", "look at what is about to leave",
 *		scan_opts, sizeof(struct scan_options), 0, NO_MAX, NULL, scan_run };
 *
 * Options stand anywhere before `--`; `--name VALUE`, `--name=VALUE`, `-x VALUE`.  Every verb has
 * the common options and --help.
 */
#ifndef CMD_OPTS_H
#define CMD_OPTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fault.h"

enum opt_type {
	OPT_TYPE_END,
	OPT_TYPE_FLAG,     /* bool */
	OPT_TYPE_TEXT,     /* const char * */
	OPT_TYPE_U64,      /* uint64_t */
	OPT_TYPE_SIZE,     /* uint64_t, bytes */
	OPT_TYPE_DURATION, /* uint64_t, seconds */
	OPT_TYPE_LIST,     /* struct opt_list: the option may be given again */
};

#define OPT_LIST_MAX 64

struct opt_list {
	const char *values[OPT_LIST_MAX];
	size_t count;
};

struct opt {
	char letter; /* 0: none */
	const char *name;
	enum opt_type type;
	size_t offset;     /* of the field in the verb's options struct */
	const char *value; /* "FILE", "N"; NULL for a flag */
	const char *help;  /* one line, lower case, no full stop */
};

#define OPT_FLAG(l, n, s, f, h)                                                                    \
	{                                                                                          \
		l, n, OPT_TYPE_FLAG, offsetof(s, f), NULL, h                                       \
	}
#define OPT_TEXT(l, n, s, f, v, h)                                                                 \
	{                                                                                          \
		l, n, OPT_TYPE_TEXT, offsetof(s, f), v, h                                          \
	}
#define OPT_U64(l, n, s, f, v, h)                                                                  \
	{                                                                                          \
		l, n, OPT_TYPE_U64, offsetof(s, f), v, h                                           \
	}
#define OPT_SIZE(l, n, s, f, v, h)                                                                 \
	{                                                                                          \
		l, n, OPT_TYPE_SIZE, offsetof(s, f), v, h                                          \
	}
#define OPT_DURATION(l, n, s, f, v, h)                                                             \
	{                                                                                          \
		l, n, OPT_TYPE_DURATION, offsetof(s, f), v, h                                      \
	}
#define OPT_LIST(l, n, s, f, v, h)                                                                 \
	{                                                                                          \
		l, n, OPT_TYPE_LIST, offsetof(s, f), v, h                                          \
	}
#define OPT_END                                                                                    \
	{                                                                                          \
		0, NULL, OPT_TYPE_END, 0, NULL, NULL                                               \
	}

/* Of every verb (CONTRACT A1). */
struct cmd_common {
	const char *format; /* NULL: text */
	const char *output; /* -o; NULL: stdout */
	uint64_t jobs;      /* 0: as many as there are cores */
	const char *config;
	const char *color; /* "auto", "always", "never" */
	const char *now;   /* RFC 3339; NULL: the clock */
	bool quiet, stats, help;
};

struct cmd;

/* What a verb's run is given.  Everything is lent until it returns. */
struct cmd_call {
	const struct cmd *cmd;
	const struct cmd_common *common;
	const void *options; /* the verb's options struct, filled */
	const char *const *args;
	size_t args_count;
	size_t args_before_dashes; /* how many of them stood before `--` */
	FILE *out;                 /* results: stdout, or the temporary behind -o */
	bool out_is_terminal;
	const atomic_int *cancel; /* not 0 after Ctrl-C or TERM */
};

#define CMD_ARGS_ANY SIZE_MAX

struct cmd {
	const char *name;       /* "scan"; of a sub-verb the last word */
	const char *args;       /* "[PATH|-]..." */
	const char *does;       /* one line */
	const struct opt *opts; /* NULL: only the common ones */
	size_t options_bytes;
	size_t args_min, args_max;
	const struct cmd *const *subs; /* NULL-ended; with `run` NULL a sub-verb is demanded */
	/* The exit code (0..3), or a fault: main prints it and exits 2 (usage) or 3. */
	int (*run)(struct cmd_call *call, struct fault *fault);
	bool hidden; /* not in --help (completion) */
};

/* All verbs, NULL-ended; main.c. */
extern const struct cmd *const cmd_table[];
extern const struct opt cmd_common_opts[];

/* Parse argv[0..argc) (behind the verb). Fills *common, the options struct at `options` (zeroed by
 * the caller, cmd->options_bytes long), and args[] (room for argc). FAULT_USAGE when wrong. */
int opts_parse(const struct cmd *cmd, int argc, char *const argv[], struct cmd_common *common,
	       void *options, const char *args[], size_t *args_count, size_t *args_before_dashes,
	       struct fault *fault);

/* The help of one verb; `parents` is what stands before its name ("protect public " or ""). */
void opts_help(FILE *to, const struct cmd *cmd, const char *parents);

#endif
