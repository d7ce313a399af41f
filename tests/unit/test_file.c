/* Proves base/file.h. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "tap.h"

struct place {
	char folder[64];
	char file[96];
};

static bool
place_make(struct place *p)
{
	(void)snprintf(p->folder, sizeof(p->folder), "/tmp/stopwater-file.XXXXXX");
	if (mkdtemp(p->folder) == NULL)
		return false;
	(void)snprintf(p->file, sizeof(p->file), "%s/target", p->folder);
	return true;
}

/* How many names are in the folder. */
static int
names_in(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int count = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
	if (dir != NULL)
		(void)closedir(dir);
	return count;
}

static void
place_remove(struct place *p)
{
	(void)unlink(p->file);
	(void)rmdir(p->folder);
}

static const char *
content_of(const char *path)
{
	static char text[64];
	struct buf content = BUF_INIT(63);

	text[0] = '\0';
	if (file_read_all(path, &content, NULL) == 0)
		(void)snprintf(text, sizeof(text), "%s", buf_text(&content));
	buf_free(&content);
	return text;
}

TEST(file_write_leaves_the_target_alone_until_commit)
{
	AUTO(file_write_abort)
	struct file_write *w = NULL;
	struct place p;

	NEED(place_make(&p));
	EQ_INT(file_write_all(p.file, BYTES_OF("old"), 0600, NULL), 0);
	EQ_INT(file_write_begin(&w, p.file, 0600, NULL), 0);
	(void)fputs("new", file_write_stream(w));
	EQ_STR(content_of(p.file), "old");
	EQ_INT(file_write_commit(&w, NULL), 0);
	OK(w == NULL);
	EQ_STR(content_of(p.file), "new");
	EQ_INT(names_in(p.folder), 1);
	place_remove(&p);
}

TEST(file_write_abort_leaves_no_name_behind)
{
	struct file_write *w = NULL;
	struct place p;

	NEED(place_make(&p));
	EQ_INT(file_write_begin(&w, p.file, 0600, NULL), 0);
	(void)fputs("half", file_write_stream(w));
	file_write_abort(&w);
	EQ_INT(names_in(p.folder), 0);
	place_remove(&p);
}

TEST(file_write_commit_new_refuses_a_taken_name)
{
	AUTO(file_write_abort)
	struct file_write *w = NULL;
	struct place p;

	NEED(place_make(&p));
	EQ_INT(file_write_begin(&w, p.file, 0600, NULL), 0);
	EQ_INT(file_write_all(p.file, BYTES_OF("first"), 0600, NULL), 0);
	EQ_INT(file_write_commit_new(&w, NULL), FAULT_USAGE);
	EQ_STR(content_of(p.file), "first");
	EQ_INT(names_in(p.folder), 1);
	place_remove(&p);
}

TEST(file_write_follows_a_link_and_spares_devices)
{
	struct place p;
	struct stat st;
	char link_name[128];

	NEED(place_make(&p));
	(void)snprintf(link_name, sizeof(link_name), "%s/link", p.folder);
	EQ_INT(file_write_all(p.file, BYTES_OF("old"), 0600, NULL), 0);
	EQ_INT(symlink("target", link_name), 0);
	EQ_INT(file_write_all(link_name, BYTES_OF("new"), 0600, NULL), 0);
	EQ_STR(content_of(p.file), "new");
	EQ_INT(lstat(link_name, &st), 0);
	OK(S_ISLNK(st.st_mode));
	EQ_INT(file_write_all("/dev/null", BYTES_OF("x"), 0600, NULL), 0);
	EQ_INT(stat("/dev/null", &st), 0);
	OK(S_ISCHR(st.st_mode));
	EQ_INT(file_write_all(p.folder, BYTES_OF("x"), 0600, NULL), FAULT_USAGE);
	EQ_INT(file_write_all("", BYTES_OF("x"), 0600, NULL), FAULT_USAGE);
	(void)unlink(link_name);
	place_remove(&p);
}

TEST(file_read_all_stops_at_the_ceiling_and_at_what_is_no_file)
{
	struct place p;
	struct buf exact = BUF_INIT(5), small = BUF_INIT(4);

	NEED(place_make(&p));
	EQ_INT(file_write_all(p.file, BYTES_OF("12345"), 0600, NULL), 0);
	EQ_INT(file_read_all(p.file, &exact, NULL), 0);
	EQ_U64(exact.used, 5);
	EQ_INT(file_read_all(p.file, &small, NULL), FAULT_LIMIT);
	EQ_INT(file_read_all(p.folder, &small, NULL), FAULT_IO);
	EQ_INT(file_read_all("/dev/zero", &small, NULL), FAULT_IO);
	EQ_INT(file_exists(p.file, NULL), 1);
	place_remove(&p);
	EQ_INT(file_exists(p.file, NULL), 0);
	buf_free(&exact);
	buf_free(&small);
}

TEST(file_lock_keeps_others_out_until_it_is_closed)
{
	struct place p;
	int first = -1, second = -1;

	NEED(place_make(&p));
	EQ_INT(file_lock(&first, p.file, false, NULL), 0);
	EQ_INT(file_lock(&second, p.file, true, NULL), FILE_LOCK_BUSY);
	own_close(&first);
	EQ_INT(file_lock(&second, p.file, true, NULL), 0);
	own_close(&second);
	place_remove(&p);
}

TEST(file_write_survives_every_refused_allocation)
{
	struct place p;

	NEED(place_make(&p));
	EACH_FAILED_ALLOC
	{
		int r = file_write_all(p.file, BYTES_OF("x"), 0600, NULL);

		OK(r == 0 || r == FAULT_MEMORY || r == FAULT_IO);
		OK(names_in(p.folder) <= 1);
	}
	EQ_STR(content_of(p.file), "x");
	place_remove(&p);
}
