/*
 * home.c - the state folder: where it is, whose it is, which version it has
 *
 * Knows: VERSION and the steps from each version to the next.  Does not know: what its parts hold
 * beyond the names that a step moves.
 */
#include "config/home.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "base/text.h"

#define PATH_BYTES_MAX ((size_t)4096)

struct home {
	char *path;
};

/* ---- migrations ---- */

/* Move OLD to NEW inside; fine when OLD is not there (a crash came between this and VERSION). */
static int
move(const struct home *home, const char *old, const char *new, struct fault *fault)
{
	AUTO(buf_free)
	struct buf from = BUF_INIT(PATH_BYTES_MAX);
	AUTO(buf_free)
	struct buf to = BUF_INIT(PATH_BYTES_MAX);

	if (home_join(home, &from, old) < 0 || home_join(home, &to, new) < 0)
		return fault_memory(fault);
	if (rename(buf_text(&from), buf_text(&to)) < 0 && errno != ENOENT)
		return fault_errno(fault, "%s", buf_text(&from));
	return 0;
}

/* What was written before there was a VERSION: the key and the report lay in the folder itself. */
static int
from_0_to_1(const struct home *home, struct fault *fault)
{
	int r = home_make_folder(home, "keys", fault);

	if (r == 0)
		r = home_make_folder(home, "last", fault);
	if (r == 0)
		r = move(home, "key", "keys/default", fault);
	if (r == 0)
		r = move(home, "report.json", "last/report.json", fault);
	return r;
}

/* migrations[v] leads from v to v + 1.  Each may be run again after a crash in its middle. */
static int (*const migrations[HOME_VERSION])(const struct home *, struct fault *) = {
    from_0_to_1,
};

/* *version: 0 when there is no VERSION. */
static int
read_version(const struct home *home, uint64_t *version, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(PATH_BYTES_MAX);
	AUTO(buf_free)
	struct buf text = BUF_INIT(32);
	int r;

	if (home_join(home, &path, "VERSION") < 0)
		return fault_memory(fault);
	*version = 0;
	r = file_exists(buf_text(&path), fault);
	if (r <= 0)
		return r;
	r = file_read_all(buf_text(&path), &text, fault);
	if (r < 0)
		return r;
	if (text.used > 0 && text.at[text.used - 1] == '\n')
		text.used--;
	r = text_parse_u64(buf_text(&text), version, fault);
	return r < 0 ? fault_wrap(fault, FAULT_USAGE, "%s", buf_text(&path)) : 0;
}

static int
write_version(const struct home *home, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(PATH_BYTES_MAX);
	AUTO(buf_free)
	struct buf text = BUF_INIT(32);

	if (home_join(home, &path, "VERSION") < 0 || buf_printf(&text, "%d\n", HOME_VERSION) < 0)
		return fault_memory(fault);
	return file_write_all(buf_text(&path), buf_bytes(&text), 0600, fault);
}

static int
too_new(const struct home *home, uint64_t version, struct fault *fault)
{
	return fault_set(fault, FAULT_USAGE,
			 "%s was written by a newer stopwater (state version %llu, this one knows "
			 "%d); update, or set STOPWATER_HOME to another folder",
			 home->path, (unsigned long long)version, HOME_VERSION);
}

static int
migrate(const struct home *home, struct fault *fault)
{
	AUTO(own_close)
	int lock = -1;
	uint64_t version;
	int r = read_version(home, &version, fault);

	if (r < 0)
		return r;
	if (version > HOME_VERSION)
		return too_new(home, version, fault);
	if (version == HOME_VERSION)
		return 0;
	r = home_lock(home, "lock", &lock, fault);
	if (r == 0)
		r = read_version(home, &version, fault); /* someone else may have done it */
	if (r == 0 && version > HOME_VERSION)
		return too_new(home, version, fault);
	if (r < 0 || version == HOME_VERSION)
		return r;
	for (; r == 0 && version < HOME_VERSION; version++)
		r = migrations[version](home, fault);
	return r < 0 ? fault_wrap(fault, r, "migrating %s", home->path)
		     : write_version(home, fault);
}

/* ---- finding and opening ---- */

static const char *
variable(char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; environment != NULL && *environment != NULL; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=' &&
		    (*environment)[length + 1] != '\0')
			return *environment + length + 1;
	return NULL;
}

int
home_locate(struct buf *to, char *const *environment)
{
	const char *own = variable(environment, "STOPWATER_HOME");
	const char *state = variable(environment, "XDG_STATE_HOME");
	const char *user = variable(environment, "HOME");

	if (own != NULL)
		return buf_append_text(to, own);
	/* The XDG specification: a relative path there is to be ignored. */
	if (state != NULL && state[0] == '/')
		return buf_printf(to, "%s/stopwater", state);
	if (user != NULL)
		return buf_printf(to, "%s/.local/state/stopwater", user);
	return HOME_ABSENT;
}

/* Ours, and closed to others: keys are inside. */
static int
check_owner(const char *path, struct fault *fault)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return fault_errno(fault, "%s", path);
	if (!S_ISDIR(st.st_mode))
		return fault_set(fault, FAULT_USAGE, "%s: is no folder", path);
	if (st.st_uid != geteuid())
		return fault_set(fault, FAULT_USAGE, "%s: belongs to another user", path);
	if ((st.st_mode & 022) != 0)
		return fault_set(fault, FAULT_USAGE,
				 "%s: others may write to it; 'chmod 700' it first", path);
	return 0;
}

void
home_close(struct home **home)
{
	if (*home != NULL)
		free((*home)->path);
	free(*home);
	*home = NULL;
}

int
home_open(struct home **out, const char *path, bool make, struct fault *fault)
{
	AUTO(home_close)
	struct home *home = calloc(1, sizeof(*home));
	int r;

	if (home == NULL || (home->path = strdup(path)) == NULL)
		return fault_memory(fault);
	r = make ? file_make_folders(path, 0700, fault) : file_exists(path, fault);
	if (r < 0)
		return r;
	if (r == 0 && !make)
		return HOME_ABSENT;
	r = check_owner(path, fault);
	if (r == 0)
		r = migrate(home, fault);
	if (r < 0)
		return r;
	*out = TAKE(home);
	return 0;
}

const char *
home_path(const struct home *home)
{
	return home->path;
}

int
home_join(const struct home *home, struct buf *to, const char *name)
{
	return file_join(to, home->path, name);
}

int
home_make_folder(const struct home *home, const char *name, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(PATH_BYTES_MAX);

	if (home_join(home, &path, name) < 0)
		return fault_memory(fault);
	return file_make_folders(buf_text(&path), 0700, fault);
}

int
home_lock(const struct home *home, const char *part, int *out_fd, struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(PATH_BYTES_MAX);

	if (home_join(home, &path, part) < 0)
		return fault_memory(fault);
	return file_lock(out_fd, buf_text(&path), false, fault);
}

/* ---- keys ---- */

void
home_key_wipe(struct home_key *key)
{
	explicit_bzero(key, sizeof(*key));
}

int
home_key_draw(struct home_key *key, struct fault *fault)
{
	if (getentropy(key->secret.byte, HOME_KEY_BYTES) < 0)
		return fault_errno(fault, "drawing a key");
	return 0;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* The text is never part of the message: it may be the key but for one digit. */
static int
parse_key(const char *text, const char *where, struct home_key *key, struct fault *fault)
{
	AUTO(home_key_wipe)
	struct home_key parsed;
	size_t i = 0;

	for (; i < HOME_KEY_BYTES; i++) {
		int high = hex_digit(text[2 * i]);
		int low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);

		if (low < 0)
			break;
		parsed.secret.byte[i] = (uint8_t)(high << 4 | low);
	}
	if (i < HOME_KEY_BYTES || text[2 * i] != '\0')
		return fault_set(fault, FAULT_USAGE, "%s: a key is %d lower-case hex digits", where,
				 2 * HOME_KEY_BYTES);
	*key = parsed;
	return 0;
}

static int
check_private(const char *path, struct fault *fault)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return fault_set(fault, FAULT_USAGE, "%s: %s", path, strerror(errno));
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return fault_set(fault, FAULT_USAGE, "%s: belongs to another user", path);
	if ((st.st_mode & 077) != 0)
		return fault_set(
		    fault, FAULT_USAGE,
		    "%s: a key that others may read; 'chmod 600' it, or draw a new one", path);
	return 0;
}

int
home_key_read(const char *path, struct home_key *key, struct fault *fault)
{
	char room[2 * HOME_KEY_BYTES + 2];
	struct buf text = {(uint8_t *)room, 0, sizeof(room), sizeof(room) - 1, 0};
	int r = check_private(path, fault);

	/* A buffer that never grows: no copy of the key stays behind on the heap. */
	if (r == 0)
		r = file_read_all(path, &text, fault);
	if (r == FAULT_LIMIT)
		r = fault_set(fault, FAULT_USAGE, "%s: larger than a key", path);
	if (r == 0) {
		if (text.used > 0 && room[text.used - 1] == '\n')
			text.used--;
		room[text.used] = '\0';
		r = parse_key(room, path, key, fault);
	}
	explicit_bzero(room, sizeof(room));
	return r;
}

int
home_key_from_environment(char *const *environment, struct home_key *key, struct fault *fault)
{
	const char *text = variable(environment, HOME_KEY_VARIABLE);

	return text == NULL ? HOME_ABSENT : parse_key(text, HOME_KEY_VARIABLE, key, fault);
}

static int
write_new_key(const char *path, struct home_key *key, struct fault *fault)
{
	AUTO(file_write_abort)
	struct file_write *w = NULL;
	char line[2 * HOME_KEY_BYTES + 2];
	int r = home_key_draw(key, fault);

	if (r == 0)
		r = file_write_begin(&w, path, 0600, fault);
	if (r < 0)
		return r;
	/* Unbuffered, so that the stream keeps no copy. */
	(void)setvbuf(file_write_stream(w), NULL, _IONBF, 0);
	text_hex(key->secret.byte, HOME_KEY_BYTES, line);
	line[2 * HOME_KEY_BYTES] = '\n';
	if (fwrite(line, 2 * HOME_KEY_BYTES + 1, 1, file_write_stream(w)) != 1)
		r = fault_errno(fault, "%s", path);
	explicit_bzero(line, sizeof(line));
	return r < 0 ? r : file_write_commit_new(&w, fault);
}

int
home_key_load(const struct home *home, const char *name, bool make, struct home_key *key,
	      struct fault *fault)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(PATH_BYTES_MAX);
	AUTO(own_close)
	int lock = -1;
	int r;

	if (!text_is_name(name))
		return fault_set(fault, FAULT_USAGE, "'%.100s' is no name of a key", name);
	if (home_join(home, &path, "keys/") < 0 || buf_append_text(&path, name) < 0)
		return fault_memory(fault);
	r = file_exists(buf_text(&path), fault);
	if (r == 0 && !make)
		return HOME_ABSENT;
	if (r == 0) {
		r = home_make_folder(home, "keys", fault);
		if (r == 0)
			r = home_lock(home, "keys/lock", &lock, fault);
		if (r == 0)
			r = file_exists(buf_text(&path), fault);
		if (r == 0)
			return write_new_key(buf_text(&path), key, fault);
	}
	return r < 0 ? r : home_key_read(buf_text(&path), key, fault);
}
