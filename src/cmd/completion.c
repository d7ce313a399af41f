/*
 * completion.c - stopwater completion bash|zsh|fish: what a shell completes, from the option tables
 *
 * Knows: the three shells' ways to be told.  Does not know: any verb; a new row in a table is a
 * new completion.
 */
#include <string.h>

#include "base/buf.h"
#include "cmd/verbs.h"

#define CHAIN_MAX      128 /* "protect public add" */
#define WHEN_BYTES_MAX 4096

/* What a value may be, where it is one of few words or a name in the file system. */
static const struct {
	const char *option, *words;
} value_words[] = {
    {"color", "auto always never"},
    {"format", "text json jsonl sarif junit html"},
    {"profile", "public-release partner internal"},
};

static const char *
words_of(const struct opt *opt)
{
	for (size_t i = 0; i < sizeof(value_words) / sizeof(value_words[0]); i++)
		if (strcmp(value_words[i].option, opt->name) == 0)
			return value_words[i].words;
	return NULL;
}

static bool
is_path(const char *placeholder)
{
	static const char *const names[] = {"FILE", "PATH",    "DIR",    "OUT",
					    "OLD",  "PACKAGE", "FOLDER", "VERDICT"};

	for (size_t i = 0; placeholder != NULL && i < sizeof(names) / sizeof(names[0]); i++)
		if (strstr(placeholder, names[i]) != NULL)
			return true;
	return false;
}

/* Text inside '...' of a shell; `also` are characters that get a backslash. */
static void
put_quoted(FILE *to, const char *text, const char *also)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			(void)fputs("'\\''", to);
		else if (strchr(also, *text) != NULL)
			(void)fprintf(to, "\\%c", *text);
		else
			(void)putc(*text, to);
	}
}

typedef void visit(FILE *to, const struct cmd *cmd, const char *chain);

/* Every verb and sub-verb that is not hidden; chain: "protect", "protect add". */
static void
each_verb(FILE *to, const struct cmd *const *table, const char *parents, visit *visit_verb)
{
	for (; *table != NULL; table++) {
		char chain[CHAIN_MAX];

		if ((*table)->hidden)
			continue;
		(void)snprintf(chain, sizeof(chain), "%s%s%s", parents,
			       parents[0] == '\0' ? "" : " ", (*table)->name);
		visit_verb(to, *table, chain);
		if ((*table)->subs != NULL)
			each_verb(to, (*table)->subs, chain, visit_verb);
	}
}

static void
put_names(FILE *to, const struct cmd *const *table)
{
	for (; table != NULL && *table != NULL; table++)
		if (!(*table)->hidden)
			(void)fprintf(to, "%s ", (*table)->name);
}

/* bash */

static void
bash_chain(FILE *to, const struct cmd *cmd, const char *chain)
{
	const char *space = strrchr(chain, ' ');

	(void)fprintf(to, "\t\t'%.*s|%s') verb='%s' ;;\n", space == NULL ? 0 : (int)(space - chain),
		      chain, cmd->name, chain);
}

static void
bash_values(FILE *to, const struct opt *opts, const char *chain)
{
	for (; opts != NULL && opts->type != OPT_TYPE_END; opts++) {
		const char *words = words_of(opts);

		if (opts->type == OPT_TYPE_FLAG)
			continue;
		(void)fprintf(to, "\t%s'|--%s'", chain, opts->name);
		if (opts->letter != 0)
			(void)fprintf(to, " | %s'|-%c'", chain, opts->letter);
		if (words != NULL)
			(void)fprintf(to, ") words='%s' ;;\n", words);
		else
			(void)fprintf(to, ") %s ;;\n", is_path(opts->value) ? "files=1" : ":");
	}
}

static void
bash_verb_values(FILE *to, const struct cmd *cmd, const char *chain)
{
	char quoted[CHAIN_MAX + 2];

	(void)snprintf(quoted, sizeof(quoted), "'%s'", chain);
	bash_values(to, cmd->opts, quoted);
}

static void
put_long_options(FILE *to, const struct opt *opts)
{
	for (; opts != NULL && opts->type != OPT_TYPE_END; opts++)
		(void)fprintf(to, "--%s ", opts->name);
}

static void
bash_words(FILE *to, const struct cmd *cmd, const char *chain)
{
	(void)fprintf(to, "\t\t'%s') files=%d words='", chain, is_path(cmd->args));
	put_names(to, cmd->subs);
	put_long_options(to, cmd->opts);
	put_long_options(to, cmd_common_opts);
	(void)fprintf(to, "' ;;\n");
}

static void
write_bash(FILE *to)
{
	(void)fprintf(to, "# stopwater completion for bash, from `stopwater completion bash`\n"
			  "_stopwater()\n{\n"
			  "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
			  "\tlocal verb= words= files=0 i\n\n"
			  "\t[ \"$cur\" != = ] || cur=\n"
			  "\t[ \"$prev\" != = ] || prev=${COMP_WORDS[COMP_CWORD-2]}\n"
			  "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
			  "\t\tcase \"$verb|${COMP_WORDS[i]}\" in\n");
	each_verb(to, cmd_table, "", bash_chain);
	(void)fprintf(to, "\t\tesac\n\tdone\n\tcase \"$verb|$prev\" in\n");
	each_verb(to, cmd_table, "", bash_verb_values);
	bash_values(to, cmd_common_opts, "*");
	(void)fprintf(to, "\t*)\n\t\tcase $verb in\n\t\t'') words='");
	put_names(to, cmd_table);
	(void)fprintf(to, "--help --version' ;;\n");
	each_verb(to, cmd_table, "", bash_words);
	(void)fprintf(
	    to, "\t\tesac ;;\n\tesac\n"
		"\tCOMPREPLY=()\n"
		"\tfor i in $words; do\n"
		"\t\t[[ $i == \"$cur\"* ]] && [[ $files == 0 || $cur == -* || $i != -* ]] &&\n"
		"\t\t\tCOMPREPLY+=(\"$i\")\n"
		"\tdone\n"
		"\tif [[ $files == 1 && $cur != -* ]]; then\n"
		"\t\tmapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$cur\")\n"
		"\t\tcompopt -o filenames 2>/dev/null\n"
		"\tfi\n\treturn 0\n}\ncomplete -F _stopwater stopwater\n");
}

/* zsh */

static void
zsh_function_name(FILE *to, const char *chain)
{
	(void)fputs("_stopwater", to);
	if (chain[0] != '\0')
		(void)putc('_', to);
	for (; *chain != '\0'; chain++)
		(void)putc(*chain == ' ' || *chain == '-' ? '_' : *chain, to);
}

static void
zsh_opts(FILE *to, const struct opt *opts)
{
	for (; opts != NULL && opts->type != OPT_TYPE_END; opts++) {
		const char *words = words_of(opts), *equals = opts->value != NULL ? "=" : "";

		(void)fprintf(to, " \\\n\t\t%s", opts->type == OPT_TYPE_LIST ? "'*'" : "");
		if (opts->letter != 0)
			(void)fprintf(to, "{-%c,--%s%s}", opts->letter, opts->name, equals);
		else
			(void)fprintf(to, "--%s%s", opts->name, equals);
		(void)fputs("'[", to);
		put_quoted(to, opts->help, "[]:\\");
		(void)putc(']', to);
		if (opts->value != NULL) {
			(void)putc(':', to);
			put_quoted(to, opts->value, "[]:\\");
			if (words != NULL)
				(void)fprintf(to, ":(%s)", words);
			else
				(void)fputs(is_path(opts->value) ? ":_files" : ":", to);
		}
		(void)putc('\'', to);
	}
}

/* Sub-verbs: complete the word, then go on in the function of the one chosen. */
static void
zsh_subs(FILE *to, const struct cmd *const *table, const char *chain)
{
	(void)fputs(" \\\n\t\t'1:verb:((", to);
	for (const struct cmd *const *cmd = table; *cmd != NULL; cmd++) {
		if ((*cmd)->hidden)
			continue;
		(void)fprintf(to, " %s\\:\"", (*cmd)->name);
		put_quoted(to, (*cmd)->does, "\"\\:()");
		(void)putc('"', to);
	}
	(void)fputs("))' '*::argument:->rest'\n"
		    "\t[[ $state == rest ]] || return\n\tcase $line[1] in\n",
		    to);
	for (const struct cmd *const *cmd = table; *cmd != NULL; cmd++) {
		char sub[CHAIN_MAX];

		if ((*cmd)->hidden)
			continue;
		(void)snprintf(sub, sizeof(sub), "%s%s%s", chain, chain[0] == '\0' ? "" : " ",
			       (*cmd)->name);
		(void)fprintf(to, "\t%s) ", (*cmd)->name);
		zsh_function_name(to, sub);
		(void)fputs(" ;;\n", to);
	}
	(void)fputs("\tesac\n", to);
}

static void
zsh_verb(FILE *to, const struct cmd *cmd, const char *chain)
{
	zsh_function_name(to, chain);
	(void)fputs("()\n{\n\tlocal line state\n\n\t_arguments -s -S -C", to);
	zsh_opts(to, cmd->opts);
	zsh_opts(to, cmd_common_opts);
	if (cmd->subs != NULL)
		zsh_subs(to, cmd->subs, chain);
	else
		(void)fprintf(to, "%s\n", is_path(cmd->args) ? " \\\n\t\t'*:path:_files'" : "");
	(void)fputs("}\n\n", to);
}
static void
write_zsh(FILE *to)
{
	(void)fputs("#compdef stopwater\n# from `stopwater completion zsh`\n\n", to);
	each_verb(to, cmd_table, "", zsh_verb);
	(void)fputs("_stopwater()\n{\n\tlocal line state\n\n\t_arguments -C", to);
	zsh_subs(to, cmd_table, "");
	(void)fputs("}\n\n_stopwater \"$@\"\n", to);
}

/* fish */

static void
fish_opts(FILE *to, const struct opt *opts, const char *when)
{
	for (; opts != NULL && opts->type != OPT_TYPE_END; opts++) {
		const char *words = words_of(opts);

		(void)fprintf(to, "complete -c stopwater -n '%s' -l %s", when, opts->name);
		if (opts->letter != 0)
			(void)fprintf(to, " -s %c", opts->letter);
		if (words != NULL)
			(void)fprintf(to, " -x -a '%s'", words);
		else if (opts->value != NULL)
			(void)fputs(is_path(opts->value) ? " -r -F" : " -x", to);
		(void)fputs(" -d '", to);
		put_quoted(to, opts->help, "\\");
		(void)fputs("'\n", to);
	}
}

/* The condition: every word of `chain` stands on the line, and none of `subs` does yet. */
static const char *
fish_when(struct buf *to, const char *chain, const struct cmd *const *subs)
{
	buf_reset(to);
	while (*chain != '\0') {
		size_t length = strcspn(chain, " ");

		(void)buf_printf(to, "%s__fish_seen_subcommand_from %.*s",
				 to->used > 0 ? "; and " : "", (int)length, chain);
		chain += length + (chain[length] == ' ');
	}
	if (subs != NULL)
		(void)buf_append_text(to, "; and not __fish_seen_subcommand_from");
	for (; subs != NULL && *subs != NULL; subs++)
		(void)buf_printf(to, " %s", (*subs)->name);
	return buf_text(to);
}

static void
fish_verb(FILE *to, const struct cmd *cmd, const char *chain)
{
	AUTO(buf_free)
	struct buf when = BUF_INIT(WHEN_BYTES_MAX);
	char parent[CHAIN_MAX];
	const char *space = strrchr(chain, ' ');

	(void)snprintf(parent, sizeof(parent), "%.*s", space == NULL ? 0 : (int)(space - chain),
		       chain);
	(void)fprintf(to, "complete -c stopwater -n '%s' -f -a %s -d '",
		      parent[0] == '\0' ? "__fish_use_subcommand" : fish_when(&when, parent, NULL),
		      cmd->name);
	put_quoted(to, cmd->does, "\\");
	(void)fputs("'\n", to);
	fish_opts(to, cmd->opts, fish_when(&when, chain, cmd->subs));
	if (is_path(cmd->args))
		(void)fprintf(to, "complete -c stopwater -n '%s' -F\n",
			      fish_when(&when, chain, NULL));
}

static void
write_fish(FILE *to)
{
	(void)fputs("# stopwater completion for fish, from `stopwater completion fish`\n"
		    "complete -c stopwater -f\n",
		    to);
	fish_opts(to, cmd_common_opts, "not __fish_use_subcommand");
	each_verb(to, cmd_table, "", fish_verb);
}

static int
completion_run(struct cmd_call *call, struct fault *fault)
{
	static const struct {
		const char *shell;
		void (*write)(FILE *to);
	} shells[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(call->args[0], shells[i].shell) != 0)
			continue;
		shells[i].write(call->out);
		return 0;
	}
	return fault_set(fault, FAULT_USAGE, "no completion for '%s': bash, zsh and fish are known",
			 call->args[0]);
}

const struct cmd cmd_completion = {.name = "completion",
				   .args = "bash|zsh|fish",
				   .does = "print what a shell completes",
				   .args_min = 1,
				   .args_max = 1,
				   .run = completion_run,
				   .hidden = true};
