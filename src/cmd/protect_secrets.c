/*
 * protect_secrets.c - stopwater protect secrets: say which secrets are ours, so that each is found
 *
 * Knows: where the hashes of them are kept, what a line of standard input is.
 * Does not know: how they are hashed and found (detect/secret_known.h).
 */
#include "cmd/protect_secrets.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/own.h"
#include "base/process.h"
#include "base/stream.h"
#include "base/text.h"
#include "config/home.h"
#include "detect/secret_known.h"
#include "detect/secret_name.h"
#include "detect/secret_value.h"

#define LIST_NAME      "secrets/known"
#define LIST_BYTES_MAX ((size_t)64 << 20)
#define INPUT_MAX      ((size_t)64 << 20)

struct secrets_options {
	bool from_stdin;
};

/* The state folder, the key, the set, and the lock of who changes it. */
struct store {
	struct home *home;
	struct home_key key;
	struct secrets_known *known;
	struct buf path;
	int lock;
};

static void
store_close(struct store *store)
{
	secrets_known_free(&store->known);
	home_key_wipe(&store->key);
	home_close(&store->home);
	buf_free(&store->path);
	own_close(&store->lock);
}

static int
load(struct store *store, struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(LIST_BYTES_MAX);
	int r = file_exists(buf_text(&store->path), fault);

	if (r == 0)
		return secrets_known_new(&store->known, store->key.secret.byte, fault);
	if (r > 0)
		r = file_read_all(buf_text(&store->path), &text, fault);
	if (r >= 0)
		r = secrets_known_parse(&store->known, buf_bytes(&text), store->key.secret.byte,
					fault);
	return r < 0 ? fault_wrap(fault, r, "%s", buf_text(&store->path)) : 0;
}

static int
store_open(struct store *store, bool change, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(65536);
	int r;

	*store = (struct store){.path = BUF_INIT(65536), .lock = -1};
	r = home_locate(&path, environ);
	if (r == HOME_ABSENT)
		return fault_set(fault, FAULT_USAGE, "no place for secrets: set STOPWATER_HOME");
	if (r == 0)
		r = home_open(&store->home, buf_text(&path), change, fault);
	if (r != 0)
		return r;
	if (change)
		r = home_make_folder(store->home, "secrets", fault);
	if (r == 0 && change)
		r = home_lock(store->home, "secrets.lock", &store->lock, fault);
	if (r == 0)
		r = home_key_load(store->home, "secret-ids", change, &store->key, fault);
	if (r != 0)
		return r;
	if (home_join(store->home, &store->path, LIST_NAME) < 0)
		return fault_memory(fault);
	return load(store, fault);
}

static int
save(struct store *store, struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(LIST_BYTES_MAX);
	int r = secrets_known_format(store->known, &text, fault);

	return r < 0 ? r : file_write_all(buf_text(&store->path), buf_bytes(&text), 0600, fault);
}

/* ---- what comes in ---- */

struct adding {
	struct store *store;
	struct fault *fault;
	size_t added, same, left_out;
};

/* "Stripe/API_KEY" as a name: stripe-api-key. */
static void
make_name(struct bytes from, char out[65])
{
	size_t used = 0;

	for (size_t i = 0; i < from.left && used < 64; i++) {
		uint8_t c = text_lower(from.at[i]);
		bool fits = text_is_alnum(c) || (used > 0 && (c == '.' || c == '_' || c == '-'));

		if (fits)
			out[used++] = (char)c;
		else if (used > 0 && out[used - 1] != '-')
			out[used++] = '-';
	}
	out[used] = '\0';
	if (used == 0)
		(void)snprintf(out, 65, "secret");
}

/* `certain`: the line says nothing else; else the name or the value must promise a secret, because
 * settings hold ports and names of hosts, too. */
static int
add_one(struct adding *a, struct bytes name, struct bytes value, bool certain)
{
	struct secret_name look;
	struct secret_value shape;
	struct fault why = FAULT_INIT;
	char text[65];
	int r;

	secret_name_look(name, &look);
	secret_value_look(value, &shape);
	if (!certain && look.kind == SECRET_NAME_NONE && !secret_value_is_noise(&shape) &&
	    !shape.uuid) {
		a->left_out++;
		return 0;
	}
	make_name(name, text);
	r = secrets_known_add(a->store->known, text, value, &why);
	if (r == FAULT_USAGE) {
		a->left_out++;
		return 0;
	}
	if (r < 0)
		return fault_set(a->fault, r, "%s", why.text);
	a->added += r == 0;
	a->same += r == SECRETS_KNOWN_SAME;
	return 0;
}

static int
add_json(struct adding *a, const struct json_value *value, struct bytes name)
{
	int r = 0;

	if (value->type == JSON_STRING)
		return add_one(a, name, value->text, false);
	if (value->type != JSON_OBJECT && value->type != JSON_ARRAY)
		return 0;
	for (const struct json_value *v = value->first; r == 0 && v != NULL; v = v->next)
		r = add_json(a, v, v->key.left > 0 ? v->key : name);
	return r;
}

static struct bytes
trim(struct bytes in)
{
	while (in.left > 0 && (in.at[0] == ' ' || in.at[0] == '\t'))
		(void)bytes_skip(&in, 1);
	while (in.left > 0 && (in.at[in.left - 1] == ' ' || in.at[in.left - 1] == '\t' ||
			       in.at[in.left - 1] == '\r'))
		in.left--;
	return in;
}

/* NAME=VALUE as in .env, or a secret alone. */
static int
add_line(struct adding *a, struct bytes line)
{
	size_t equals = 0;
	struct bytes value;

	line = trim(line);
	if (line.left == 0 || line.at[0] == '#')
		return 0;
	if (bytes_begins(line, BYTES_OF("export ")))
		(void)bytes_skip(&line, 7);
	while (equals < line.left && (text_is_alnum(line.at[equals]) || line.at[equals] == '_' ||
				      line.at[equals] == '.' || line.at[equals] == '-'))
		equals++;
	if (equals == 0 || equals >= line.left - 1 || line.at[equals] != '=')
		return add_one(a, BYTES_OF("secret"), line, true);
	value = trim(bytes_slice(line, equals + 1, line.left));
	if (value.left >= 2 && (value.at[0] == '"' || value.at[0] == '\'') &&
	    value.at[value.left - 1] == value.at[0])
		value = bytes_slice(value, 1, value.left - 2);
	return add_one(a, bytes_slice(line, 0, equals), value, false);
}

static int
add_all(struct adding *a, struct bytes text)
{
	struct bytes front = trim(text);
	int r = 0;

	if (front.left > 0 && (front.at[0] == '{' || front.at[0] == '[')) {
		struct arena arena = ARENA_INIT(4 * INPUT_MAX);
		struct json_value *value;

		r = json_parse(&value, text, NULL, &arena, a->fault);
		if (r == 0)
			r = add_json(a, value, BYTES_OF("secret"));
		else
			a->fault->code = r = FAULT_USAGE;
		arena_free(&arena);
		return r;
	}
	while (r == 0 && text.left > 0) {
		const uint8_t *end = memchr(text.at, '\n', text.left);
		struct bytes line =
		    bytes_slice(text, 0, end == NULL ? text.left : (size_t)(end - text.at));

		r = add_line(a, line);
		(void)bytes_skip(&text, line.left + (end == NULL ? 0 : 1));
	}
	return r;
}

/* All of standard input, into memory that is wiped. */
static int
read_input(struct buf *to, struct fault *fault)
{
	AUTO(stream_close)
	struct stream *s = NULL;
	int fd = dup(STDIN_FILENO);
	int r = fd < 0 ? fault_errno(fault, "standard input") : stream_from_fd(&s, fd, fault);

	while (r >= 0 && (r = stream_want(s, 1, fault)) >= 0 && s->left > 0) {
		if (buf_append(to, s->at, s->left) < 0)
			r = fault_set(fault, FAULT_LIMIT, "standard input: more than 64 MiB");
		stream_take(s, s->left);
	}
	return r < 0 ? r : 0;
}

/* ---- verbs ---- */

static int
tell(struct cmd_call *call, const struct store *store, struct fault *fault)
{
	const char *format = call->common->format;
	AUTO(buf_free)
	struct buf text = BUF_INIT((size_t)64 << 20);
	struct json_write w;
	int r;

	if (format == NULL || strcmp(format, "text") == 0) {
		for (size_t i = 0; i < secrets_known_count(store->known); i++)
			(void)fprintf(call->out, "%s\n", secrets_known_name(store->known, i));
		return 0;
	}
	json_write_to_buf(&w, &text, JSON_WRITE_PRETTY);
	json_write_object_begin(&w);
	json_write_key_u64(&w, "schema_version", 1);
	json_write_key(&w, "tool");
	json_write_object_begin(&w);
	json_write_key_text(&w, "name", "stopwater");
	json_write_key_text(&w, "version", STOPWATER_VERSION);
	json_write_object_end(&w);
	json_write_key_text(&w, "verb", "protect");
	json_write_key_u64(&w, "exit", 0);
	json_write_key(&w, "secrets");
	json_write_array_begin(&w);
	for (size_t i = 0; i < secrets_known_count(store->known); i++) {
		json_write_object_begin(&w);
		json_write_key_text(&w, "name", secrets_known_name(store->known, i));
		json_write_object_end(&w);
	}
	json_write_array_end(&w);
	json_write_object_end(&w);
	r = json_write_finish(&w, fault);
	if (r == 0)
		(void)fwrite(text.at, text.used, 1, call->out);
	return r;
}

static int
check_format(const struct cmd_call *call, struct fault *fault)
{
	const char *format = call->common->format;

	if (format == NULL || strcmp(format, "text") == 0 || strcmp(format, "json") == 0)
		return 0;
	return fault_set(fault, FAULT_USAGE, "--format %s: protect secrets writes text or json",
			 format);
}

static int
add_run(struct cmd_call *call, struct fault *fault)
{
	const struct secrets_options *options = call->options;
	AUTO(store_close)
	struct store store = {.lock = -1};
	AUTO(buf_free)
	struct buf input = BUF_INIT(INPUT_MAX);
	struct adding adding = {.store = &store, .fault = fault};
	int r = check_format(call, fault);

	process_hide_memory();
	if (r == 0 && !options->from_stdin)
		r = fault_set(fault, FAULT_USAGE,
			      "secrets come from standard input alone, so that no history of "
			      "commands keeps them: --stdin");
	if (r == 0)
		r = store_open(&store, true, fault);
	if (r == 0)
		r = read_input(&input, fault);
	if (r == 0)
		r = add_all(&adding, buf_bytes(&input));
	if (input.at != NULL)
		explicit_bzero(input.at, input.room);
	if (r == 0 && adding.added + adding.same == 0)
		r = fault_set(fault, FAULT_USAGE, "no secret there that could be kept");
	if (r == 0)
		r = save(&store, fault);
	if (r < 0)
		return r;
	if (call->common->format != NULL && strcmp(call->common->format, "json") == 0)
		return tell(call, &store, fault);
	if (!call->common->quiet)
		(void)fprintf(call->out,
			      "%zu added, %zu known before, %zu left out (no secrets, or "
			      "fewer than %d letters or digits in a row)\n",
			      adding.added, adding.same, adding.left_out, SECRETS_KNOWN_CORE_MIN);
	return 0;
}

static int
list_run(struct cmd_call *call, struct fault *fault)
{
	AUTO(store_close)
	struct store store = {.lock = -1};
	int r = check_format(call, fault);

	if (r == 0)
		r = store_open(&store, false, fault);
	/* No state folder, no key: nothing was ever added. */
	if (r == HOME_ABSENT)
		r = secrets_known_new(&store.known, store.key.secret.byte, fault);
	return r < 0 ? r : tell(call, &store, fault);
}

static int
remove_run(struct cmd_call *call, struct fault *fault)
{
	AUTO(store_close)
	struct store store = {.lock = -1};
	int r = check_format(call, fault);

	if (r == 0)
		r = store_open(&store, true, fault);
	if (r == 0)
		r = secrets_known_remove(store.known, call->args[0]);
	if (r == SECRETS_KNOWN_ABSENT)
		return fault_set(fault, FAULT_USAGE, "no secret is called '%s'", call->args[0]);
	if (r == 0)
		r = save(&store, fault);
	if (r < 0)
		return r;
	if (call->common->format != NULL && strcmp(call->common->format, "json") == 0)
		return tell(call, &store, fault);
	if (!call->common->quiet)
		(void)fprintf(call->out, "removed %s\n", call->args[0]);
	return 0;
}

static const struct opt add_opts[] = {
    OPT_FLAG(0, "stdin", struct secrets_options, from_stdin,
	     "read them from standard input: NAME=VALUE or a secret a line, or JSON"),
    OPT_END,
};

static const struct cmd secrets_add = {.name = "add",
				       .args = "",
				       .does =
					   "keep keyed hashes of secrets, so that each is found",
				       .opts = add_opts,
				       .options_bytes = sizeof(struct secrets_options),
				       .run = add_run};
static const struct cmd secrets_list = {
    .name = "list", .args = "", .does = "list the names of the secrets kept", .run = list_run};
static const struct cmd secrets_remove = {.name = "remove",
					  .args = "NAME",
					  .does = "forget the secrets of that name",
					  .args_min = 1,
					  .args_max = 1,
					  .run = remove_run};
static const struct cmd *const secrets_subs[] = {&secrets_add, &secrets_list, &secrets_remove,
						 NULL};

const struct cmd protect_secrets = {.name = "secrets",
				    .args = "VERB",
				    .does =
					"which secrets are ours: found anywhere, without a pattern",
				    .subs = secrets_subs};

int
protect_secrets_load(struct secrets_known **out, const struct home *home, const uint8_t key[32],
		     struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(65536);
	AUTO(buf_free)
	struct buf text = BUF_INIT(LIST_BYTES_MAX);
	int r;

	if (home_join(home, &path, LIST_NAME) < 0)
		return fault_memory(fault);
	r = file_exists(buf_text(&path), fault);
	if (r > 0) {
		r = file_read_all(buf_text(&path), &text, fault);
		if (r >= 0)
			r = secrets_known_parse(out, buf_bytes(&text), key, fault);
		if (r < 0)
			return fault_wrap(fault, r, "%s", buf_text(&path));
	}
	return r < 0 ? r : 0;
}
