/* Proves config/home.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "config/home.h"
#include "tap.h"

static char root[64];
static char made[128];

static const char *
at(const char *name)
{
	(void)snprintf(made, sizeof(made), "%s/%s", root, name);
	return made;
}

static bool
fresh(void)
{
	(void)snprintf(root, sizeof(root), "/tmp/stopwater-home.XXXXXX");
	return mkdtemp(root) != NULL;
}

static void
clean(void)
{
	static const char *const names[] = {
	    "h/keys/default",
	    "h/keys/ours",
	    "h/keys/lock",
	    "h/keys",
	    "h/last/report.json",
	    "h/last",
	    "h/VERSION",
	    "h/lock",
	    "h/key",
	    "h/report.json",
	    "h",
	    "key",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)remove(at(names[i]));
	(void)rmdir(root);
}

/* The content of a file below root, or "(absent)". */
static const char *
content(const char *name)
{
	static char text[256];
	struct buf b = BUF_INIT(255);

	(void)snprintf(text, sizeof(text), "(absent)");
	if (file_exists(at(name), NULL) == 1 && file_read_all(at(name), &b, NULL) == 0)
		(void)snprintf(text, sizeof(text), "%s", buf_text(&b));
	buf_free(&b);
	return text;
}

static bool
copy_data(const char *from, const char *to)
{
	struct buf b = BUF_INIT(4096);
	bool good = file_read_all(tap_data(from), &b, NULL) == 0 &&
		    file_write_all(at(to), buf_bytes(&b), 0600, NULL) == 0;

	buf_free(&b);
	return good;
}

TEST(home_is_where_the_first_variable_says)
{
	static char *const own[] = {(char *)"HOME=/u", (char *)"XDG_STATE_HOME=/x",
				    (char *)"STOPWATER_HOME=/s", NULL};
	static char *const xdg[] = {(char *)"HOME=/u", (char *)"XDG_STATE_HOME=/x", NULL};
	static char *const relative[] = {(char *)"HOME=/u", (char *)"XDG_STATE_HOME=x", NULL};
	static char *const none[] = {(char *)"HOME=", NULL};
	struct buf b = BUF_INIT(100);

	EQ_INT(home_locate(&b, own), 0);
	EQ_STR(buf_text(&b), "/s");
	buf_reset(&b);
	EQ_INT(home_locate(&b, xdg), 0);
	EQ_STR(buf_text(&b), "/x/stopwater");
	buf_reset(&b);
	EQ_INT(home_locate(&b, relative), 0);
	EQ_STR(buf_text(&b), "/u/.local/state/stopwater");
	EQ_INT(home_locate(&b, none), HOME_ABSENT);
	buf_free(&b);
}

TEST(home_open_makes_a_closed_folder_with_a_version)
{
	AUTO(home_close)
	struct home *home = NULL;
	struct stat st;

	NEED(fresh());
	EQ_INT(home_open(&home, at("h"), false, NULL), HOME_ABSENT);
	OK(home == NULL);
	EQ_INT(home_open(&home, at("h"), true, NULL), 0);
	EQ_INT(stat(at("h"), &st), 0);
	EQ_INT(st.st_mode & 0777, 0700);
	EQ_STR(content("h/VERSION"), "1\n");
	clean();
}

TEST(home_open_migrates_the_golden_old_state)
{
	AUTO(home_close)
	struct home *home = NULL;
	struct home_key key;

	NEED(fresh());
	NEED(mkdir(at("h"), 0700) == 0);
	NEED(copy_data("data/home-v0/key", "h/key"));
	NEED(copy_data("data/home-v0/report.json", "h/report.json"));
	EQ_INT(home_open(&home, at("h"), false, NULL), 0);
	EQ_STR(content("h/VERSION"), "1\n");
	EQ_STR(content("h/key"), "(absent)");
	HAS_STR(content("h/last/report.json"), "\"verb\":\"scan\"");
	EQ_INT(home_key_load(home, "default", false, &key, NULL), 0);
	EQ_INT(key.secret.byte[31], 0x1f);
	home_close(&home);
	/* A crash after the moves and before VERSION: the same step again does no harm. */
	EQ_INT(unlink(at("h/VERSION")), 0);
	EQ_INT(home_open(&home, at("h"), false, NULL), 0);
	EQ_INT(home_key_load(home, "default", false, &key, NULL), 0);
	clean();
}

TEST(home_open_leaves_a_newer_state_alone)
{
	struct fault fault = FAULT_INIT;
	struct home *home = NULL;

	NEED(fresh());
	NEED(mkdir(at("h"), 0700) == 0);
	EQ_INT(file_write_all(at("h/VERSION"), BYTES_OF("2\n"), 0600, NULL), 0);
	EQ_INT(home_open(&home, at("h"), true, &fault), FAULT_USAGE);
	HAS_STR(fault.text, "newer");
	EQ_INT(file_write_all(at("h/VERSION"), BYTES_OF("two"), 0600, NULL), 0);
	EQ_INT(home_open(&home, at("h"), true, &fault), FAULT_USAGE);
	EQ_STR(content("h/lock"), "(absent)");
	clean();
}

TEST(home_open_refuses_a_folder_that_others_write)
{
	struct fault fault = FAULT_INIT;
	struct home *home = NULL;

	NEED(fresh());
	NEED(mkdir(at("h"), 0700) == 0 && chmod(at("h"), 0777) == 0);
	EQ_INT(home_open(&home, at("h"), true, &fault), FAULT_USAGE);
	HAS_STR(fault.text, "others may write");
	clean();
}

TEST(home_key_is_drawn_once_and_kept_private)
{
	AUTO(home_close)
	struct home *home = NULL;
	struct home_key first, again;
	struct fault fault = FAULT_INIT;
	struct stat st;

	NEED(fresh());
	NEED(home_open(&home, at("h"), true, NULL) == 0);
	EQ_INT(home_key_load(home, "ours", false, &first, NULL), HOME_ABSENT);
	EQ_INT(home_key_load(home, "ours", true, &first, NULL), 0);
	EQ_INT(stat(at("h/keys/ours"), &st), 0);
	EQ_INT(st.st_mode & 0777, 0600);
	EQ_INT(home_key_load(home, "ours", true, &again, NULL), 0);
	EQ_BYTES(bytes_make(&again, sizeof(again)), bytes_make(&first, sizeof(first)));
	EQ_INT(chmod(at("h/keys/ours"), 0640), 0);
	EQ_INT(home_key_load(home, "ours", true, &again, &fault), FAULT_USAGE);
	HAS_STR(fault.text, "chmod 600");
	EQ_INT(home_key_load(home, "../ours", true, &again, NULL), FAULT_USAGE);
	clean();
}

TEST(home_key_that_is_none_is_refused_and_not_shown)
{
	static const char digits[] =
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	static char good[] =
	    "STOPWATER_KEY=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	static char short_one[] = "STOPWATER_KEY=0001";
	char *environment[] = {good, NULL};
	struct fault fault = FAULT_INIT;
	struct home_key key;
	char text[80];

	NEED(fresh());
	EQ_INT(home_key_from_environment(environment, &key, NULL), 0);
	EQ_INT(key.secret.byte[2], 2);
	environment[0] = short_one;
	EQ_INT(home_key_from_environment(environment, &key, &fault), FAULT_USAGE);
	environment[0] = NULL;
	EQ_INT(home_key_from_environment(environment, &key, &fault), HOME_ABSENT);
	(void)snprintf(text, sizeof(text), "%.63sg\n", digits);
	EQ_INT(file_write_all(at("key"), bytes_text(text), 0600, NULL), 0);
	EQ_INT(home_key_read(at("key"), &key, &fault), FAULT_USAGE);
	OK(strstr(fault.text, "0102") == NULL);
	(void)snprintf(text, sizeof(text), "%s00\n", digits);
	EQ_INT(file_write_all(at("key"), bytes_text(text), 0600, NULL), 0);
	EQ_INT(home_key_read(at("key"), &key, &fault), FAULT_USAGE);
	(void)snprintf(text, sizeof(text), "%s\n", digits);
	EQ_INT(file_write_all(at("key"), bytes_text(text), 0600, NULL), 0);
	EQ_INT(home_key_read(at("key"), &key, &fault), 0);
	EQ_INT(home_key_read(at("nothing"), &key, &fault), FAULT_USAGE);
	home_key_wipe(&key);
	EQ_INT(key.secret.byte[31], 0);
	clean();
}
