/*
 * opts.c - a command is a table
 *
 * Knows: the spelling of options and how help looks.  Does not know: any verb.
 */
#include "cmd/opts.h"

#include <string.h>

#include "base/own.h"
#include "base/text.h"

const struct opt cmd_common_opts[] = {
    OPT_TEXT('f', "format", struct cmd_common, format, "F", "write the result as F"),
    OPT_TEXT('o', "output", struct cmd_common, output, "FILE", "write the result to FILE"),
    OPT_U64('j', "jobs", struct cmd_common, jobs, "N", "use N threads (default: all cores)"),
    OPT_TEXT(0, "config", struct cmd_common, config, "FILE", "settings; default stopwater.toml"),
    OPT_TEXT(0, "color", struct cmd_common, color, "WHEN", "auto, always or never"),
    OPT_FLAG('q', "quiet", struct cmd_common, quiet, "say only what is wrong"),
    OPT_FLAG(0, "stats", struct cmd_common, stats, "times and rates, to stderr"),
    OPT_TEXT(0, "now", struct cmd_common, now, "TIME", "take TIME (RFC 3339) for the clock"),
    OPT_FLAG('h', "help", struct cmd_common, help, "print this help"),
    OPT_END,
};

static const struct opt *
find_long(const struct opt *opts, const char *name, size_t length)
{
	for (; opts != NULL && opts->type != OPT_TYPE_END; opts++)
		if (strlen(opts->name) == length && memcmp(opts->name, name, length) == 0)
			return opts;
	return NULL;
}

static const struct opt *
find_letter(const struct opt *opts, char letter)
{
	for (; opts != NULL && opts->type != OPT_TYPE_END; opts++)
		if (opts->letter == letter)
			return opts;
	return NULL;
}

static int
store(const struct opt *opt, void *options, const char *value, struct fault *fault)
{
	void *field = (uint8_t *)options + opt->offset;
	struct opt_list *list = field;
	int r = 0;

	switch (opt->type) {
	case OPT_TYPE_FLAG:
		*(bool *)field = true;
		break;
	case OPT_TYPE_TEXT:
		*(const char **)field = value;
		break;
	case OPT_TYPE_U64:
		r = text_parse_u64(value, field, fault);
		break;
	case OPT_TYPE_SIZE:
		r = text_parse_size(value, field, fault);
		break;
	case OPT_TYPE_DURATION:
		r = text_parse_duration(value, field, fault);
		break;
	case OPT_TYPE_LIST:
		if (list->count == OPT_LIST_MAX)
			return fault_set(fault, FAULT_USAGE, "--%s given more than %d times",
					 opt->name, OPT_LIST_MAX);
		list->values[list->count++] = value;
		break;
	case OPT_TYPE_END:
		break;
	}
	return r < 0 ? fault_wrap(fault, r, "--%s", opt->name) : 0;
}

/* Where one parse stands. */
struct parse {
	const struct cmd *cmd;
	int argc, next;
	char *const *argv;
	struct cmd_common *common;
	void *options;
};

/* The option and where its field lives: the verb's own before the common ones. */
static const struct opt *
look_up(const struct parse *p, const char *name, size_t length, void **options)
{
	const struct opt *opt;

	*options = p->options;
	opt = length == 0 ? find_letter(p->cmd->opts, name[0])
			  : find_long(p->cmd->opts, name, length);
	if (opt != NULL)
		return opt;
	*options = p->common;
	return length == 0 ? find_letter(cmd_common_opts, name[0])
			   : find_long(cmd_common_opts, name, length);
}

static int
unknown(const struct parse *p, const char *arg, struct fault *fault)
{
	return fault_set(fault, FAULT_USAGE, "unknown option '%s'; see 'stopwater %s --help'", arg,
			 p->cmd->name);
}

static int
parse_value(struct parse *p, const struct opt *opt, void *options, const char *given,
	    struct fault *fault)
{
	if (opt->type == OPT_TYPE_FLAG && given != NULL)
		return fault_set(fault, FAULT_USAGE, "--%s takes no value", opt->name);
	if (opt->type != OPT_TYPE_FLAG && given == NULL) {
		if (p->next >= p->argc)
			return fault_set(fault, FAULT_USAGE, "--%s needs %s", opt->name,
					 opt->value);
		given = p->argv[p->next++];
	}
	return store(opt, options, given, fault);
}

static int
parse_long(struct parse *p, const char *arg, struct fault *fault)
{
	const char *name = arg + 2, *equals = strchr(name, '=');
	size_t length = equals == NULL ? strlen(name) : (size_t)(equals - name);
	void *options;
	const struct opt *opt = length == 0 ? NULL : look_up(p, name, length, &options);

	if (opt == NULL)
		return unknown(p, arg, fault);
	return parse_value(p, opt, options, equals == NULL ? NULL : equals + 1, fault);
}

/* -x, -xVALUE, -xy where x and y are flags */
static int
parse_letters(struct parse *p, const char *arg, struct fault *fault)
{
	for (const char *at = arg + 1; *at != '\0'; at++) {
		void *options;
		const struct opt *opt = look_up(p, at, 0, &options);

		if (opt == NULL)
			return unknown(p, arg, fault);
		if (opt->type != OPT_TYPE_FLAG)
			return parse_value(p, opt, options, at[1] == '\0' ? NULL : at + 1, fault);
		*(bool *)((uint8_t *)options + opt->offset) = true;
	}
	return 0;
}

int
opts_parse(const struct cmd *cmd, int argc, char *const argv[], struct cmd_common *common,
	   void *options, const char *args[], size_t *args_count, size_t *args_before_dashes,
	   struct fault *fault)
{
	struct parse p = {cmd, argc, 0, argv, common, options};
	size_t count = 0;
	bool dashes = false;

	*args_before_dashes = SIZE_MAX;
	while (p.next < argc) {
		const char *arg = argv[p.next++];
		int r = 0;

		if (dashes || arg[0] != '-' || arg[1] == '\0') {
			args[count++] = arg;
		} else if (strcmp(arg, "--") == 0) {
			dashes = true;
			*args_before_dashes = count;
		} else {
			r = arg[1] == '-' ? parse_long(&p, arg, fault)
					  : parse_letters(&p, arg, fault);
		}
		if (r < 0)
			return r;
	}
	if (*args_before_dashes == SIZE_MAX)
		*args_before_dashes = count;
	*args_count = count;
	if (common->help)
		return 0;
	if (count < cmd->args_min || count > cmd->args_max)
		return fault_set(fault, FAULT_USAGE, "usage: stopwater %s %s", cmd->name,
				 cmd->args);
	return 0;
}

static void
help_opts(FILE *to, const struct opt *opts)
{
	for (; opts != NULL && opts->type != OPT_TYPE_END; opts++) {
		char left[40];
		char letter[8] = "    ";

		if (opts->letter != 0)
			(void)snprintf(letter, sizeof(letter), "-%c, ", opts->letter);
		(void)snprintf(left, sizeof(left), "%s--%s%s%s", letter, opts->name,
			       opts->value == NULL ? "" : " ",
			       opts->value == NULL ? "" : opts->value);
		(void)fprintf(to, "  %-27s %s\n", left, opts->help);
	}
}

void
opts_help(FILE *to, const struct cmd *cmd, const char *parents)
{
	(void)fprintf(to, "usage: stopwater %s%s%s%s\n\n%s\n", parents, cmd->name,
		      cmd->args[0] == '\0' ? "" : " ", cmd->args, cmd->does);
	if (cmd->subs != NULL) {
		(void)fprintf(to, "\nverbs:\n");
		for (const struct cmd *const *sub = cmd->subs; *sub != NULL; sub++)
			(void)fprintf(to, "  %-14s %s\n", (*sub)->name, (*sub)->does);
	}
	if (cmd->opts != NULL) {
		(void)fprintf(to, "\noptions:\n");
		help_opts(to, cmd->opts);
	}
	(void)fprintf(to, "\ncommon options:\n");
	help_opts(to, cmd_common_opts);
}
