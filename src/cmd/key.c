/*
 * key.c - stopwater key: the keys that verdicts are sealed with
 *
 * Knows: keys/ of the state folder.  Does not know: what they sign.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/own.h"
#include "base/text.h"
#include "cmd/seal.h"
#include "cmd/verbs.h"

#define KEYS_MAX       1000
#define PATH_BYTES_MAX ((size_t)4096)
#define JSON_BYTES_MAX ((size_t)16 << 20)

struct one_key {
	const char *name;
	struct key_public public;
	char id[KEY_ID_TEXT];
};

static int
load(struct one_key *out, const struct home *home, const char *name, bool make, struct fault *fault)
{
	AUTO(home_key_wipe)
	struct home_key master = {0};
	AUTO(signer_close)
	struct signer *signer = NULL;
	int r = home == NULL ? HOME_ABSENT : home_key_load(home, name, make, &master, fault);

	if (r == HOME_ABSENT)
		return fault_set(fault, FAULT_USAGE, "no key is called '%.64s'", name);
	if (r == 0)
		r = signer_from_master(&signer, master.secret.byte, fault);
	if (r < 0)
		return r;
	out->name = name;
	(void)signer_public(signer, &out->public);
	return key_public_id(&out->public, out->id, fault);
}

static int
write_json(const struct one_key keys[], size_t count, FILE *to, struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(JSON_BYTES_MAX);
	struct json_write w;

	json_write_to_buf(&w, &text, JSON_WRITE_PRETTY);
	seal_json_begin(&w, "key", 0);
	json_write_key(&w, "keys");
	json_write_array_begin(&w);
	for (size_t i = 0; i < count; i++) {
		AUTO(buf_free)
		struct buf pem = BUF_INIT(KEY_FILE_BYTES_MAX);

		if (key_public_format(&keys[i].public, &pem) < 0)
			return fault_memory(fault);
		json_write_object_begin(&w);
		json_write_key_text(&w, "name", keys[i].name);
		json_write_key_text(&w, "type", key_type_name(keys[i].public.type));
		json_write_key_text(&w, "id", keys[i].id);
		json_write_key_text(&w, "public", buf_text(&pem));
		json_write_object_end(&w);
	}
	json_write_array_end(&w);
	return seal_json_end(&w, &text, to, fault);
}

/* One key as its public half: what a receiver is given. */
static int
print(const struct one_key *key, struct cmd_call *call, struct fault *fault)
{
	AUTO(buf_free)
	struct buf pem = BUF_INIT(KEY_FILE_BYTES_MAX);
	bool json;
	int r = seal_format(call, &json, fault);

	if (r < 0)
		return r;
	if (json)
		return write_json(key, 1, call->out, fault);
	if (key_public_format(&key->public, &pem) < 0)
		return fault_memory(fault);
	(void)fputs(buf_text(&pem), call->out);
	return 0;
}

static int
new_run(struct cmd_call *call, struct fault *fault)
{
	AUTO(home_close)
	struct home *home = NULL;
	AUTO(buf_free)
	struct buf path = BUF_INIT(PATH_BYTES_MAX);
	const char *name = call->args[0];
	struct one_key key = {0};
	int r;

	if (!text_is_name(name))
		return fault_set(fault, FAULT_USAGE, "'%.100s' is no name of a key", name);
	r = seal_home(&home, true, fault);
	if (r < 0)
		return r;
	if (home_join(home, &path, "keys/") < 0 || buf_append_text(&path, name) < 0)
		return fault_memory(fault);
	r = file_exists(buf_text(&path), fault);
	if (r > 0)
		return fault_set(
		    fault, FAULT_USAGE,
		    "there is a key '%s' already; 'stopwater key rotate %s' puts a new "
		    "one in its place",
		    name, name);
	if (r == 0)
		r = load(&key, home, name, true, fault);
	return r < 0 ? r : print(&key, call, fault);
}

static int
show_run(struct cmd_call *call, struct fault *fault)
{
	AUTO(home_close)
	struct home *home = NULL;
	struct one_key key = {0};
	int r;

	if (!text_is_name(call->args[0]))
		return fault_set(fault, FAULT_USAGE, "'%.100s' is no name of a key", call->args[0]);
	r = seal_home(&home, false, fault);
	if (r == 0)
		r = load(&key, home, call->args[0], false, fault);
	return r < 0 ? r : print(&key, call, fault);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of keys/, sorted. */
static int
names_of(const struct home *home, struct arena *arena, const char *names[KEYS_MAX], size_t *count,
	 struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(PATH_BYTES_MAX);
	struct dirent *entry;
	DIR *folder;
	size_t n = 0;
	int r = 0;

	*count = 0;
	if (home_join(home, &path, "keys") < 0)
		return fault_memory(fault);
	folder = opendir(buf_text(&path));
	if (folder == NULL)
		return errno == ENOENT ? 0 : fault_errno(fault, "%s", buf_text(&path));
	while (r == 0 && n < KEYS_MAX && (entry = readdir(folder)) != NULL) {
		/* `lock` is the file that writers of keys/ hold. */
		if (!text_is_name(entry->d_name) || strcmp(entry->d_name, "lock") == 0)
			continue;
		names[n] = arena_text(arena, entry->d_name);
		if (names[n++] == NULL)
			r = fault_memory(fault);
	}
	(void)closedir(folder);
	qsort(names, n, sizeof(*names), compare_names);
	*count = n;
	return r;
}

static int
list_run(struct cmd_call *call, struct fault *fault)
{
	AUTO(home_close)
	struct home *home = NULL;
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)1 << 20);
	AUTO(own_free)
	struct one_key *keys = calloc(KEYS_MAX, sizeof(*keys));
	const char *names[KEYS_MAX];
	size_t count = 0;
	bool json;
	int r = seal_format(call, &json, fault);

	if (keys == NULL)
		return fault_memory(fault);
	if (r == 0)
		r = seal_home(&home, false, fault);
	if (r == 0 && home != NULL)
		r = names_of(home, &arena, names, &count, fault);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = load(&keys[i], home, names[i], false, fault);
	if (r < 0)
		return r;
	if (json)
		return write_json(keys, count, call->out, fault);
	for (size_t i = 0; i < count; i++)
		(void)fprintf(call->out, "%-20s %s %s\n", keys[i].name,
			      key_type_name(keys[i].public.type), keys[i].id);
	return 0;
}

/* Put keys/NAME aside as NAME.DATE, the first such name that is free. */
static int
put_aside(const struct home *home, const char *name, const char *date, char aside[80],
	  struct fault *fault)
{
	AUTO(buf_free)
	struct buf from = BUF_INIT(PATH_BYTES_MAX);

	(void)home_join(home, &from, "keys/");
	if (buf_append_text(&from, name) < 0)
		return fault_memory(fault);
	for (int n = 1; n < 100; n++) {
		AUTO(buf_free)
		struct buf to = BUF_INIT(PATH_BYTES_MAX);

		(void)snprintf(aside, 80, n == 1 ? "%s.%s" : "%s.%s.%d", name, date, n);
		if (!text_is_name(aside))
			return fault_set(fault, FAULT_USAGE,
					 "the name '%s' is too long to put a date behind", name);
		(void)home_join(home, &to, "keys/");
		if (buf_append_text(&to, aside) < 0)
			return fault_memory(fault);
		/* link() refuses a name that is taken; rename() would replace an old key. */
		if (link(buf_text(&from), buf_text(&to)) == 0)
			return unlink(buf_text(&from)) == 0
				   ? 0
				   : fault_errno(fault, "%s", buf_text(&from));
		if (errno != EEXIST)
			return fault_errno(fault, "%s", buf_text(&to));
	}
	return fault_set(fault, FAULT_USAGE, "'%s' was rotated a hundred times today", name);
}

static int
rotate_run(struct cmd_call *call, struct fault *fault)
{
	AUTO(home_close)
	struct home *home = NULL;
	const char *name = call->args[0];
	char day[CLOCK_DATE_TEXT], date[16], aside[80];
	struct one_key key = {0};
	int64_t now;
	int r;

	if (!text_is_name(name))
		return fault_set(fault, FAULT_USAGE, "'%.100s' is no name of a key", name);
	if (strcmp(name, "default") == 0)
		return fault_set(fault, FAULT_USAGE,
				 "'default' is no sealing key: what is suppressed and secrets' ids "
				 "hang on it, and would all be new");
	r = clock_now(call->common->now, &now, fault);
	if (r == 0)
		r = seal_home(&home, false, fault);
	if (r == 0)
		r = load(&key, home, name, false, fault); /* is it there, and whole? */
	if (r < 0)
		return r;
	(void)clock_format_date(now, day);
	(void)snprintf(date, sizeof(date), "%.4s%.2s%.2s", day, day + 5, day + 8);
	r = put_aside(home, name, date, aside, fault);
	if (r == 0)
		r = load(&key, home, name, true, fault);
	if (r < 0)
		return r;
	if (!call->common->quiet)
		(void)fprintf(stderr,
			      "stopwater: the old key is now called %s; receivers need both public "
			      "halves\n",
			      aside);
	return print(&key, call, fault);
}

static const struct cmd key_list = {
    .name = "list", .args = "", .does = "list the keys of the state folder", .run = list_run};
static const struct cmd key_new = {.name = "new",
				   .args = "NAME",
				   .does = "draw a key and print its public half",
				   .args_min = 1,
				   .args_max = 1,
				   .run = new_run};
static const struct cmd key_rotate = {.name = "rotate",
				      .args = "NAME",
				      .does = "put a key aside and draw a new one of its name",
				      .args_min = 1,
				      .args_max = 1,
				      .run = rotate_run};
static const struct cmd key_show = {.name = "show",
				    .args = "NAME",
				    .does = "print the public half of a key",
				    .args_min = 1,
				    .args_max = 1,
				    .run = show_run};
static const struct cmd *const key_subs[] = {&key_list, &key_new, &key_rotate, &key_show, NULL};

const struct cmd cmd_key = {.name = "key",
			    .args = "list|new|rotate|show [NAME]",
			    .does = "keep the keys that verdicts are sealed with",
			    .subs = key_subs};
