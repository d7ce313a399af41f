/*
 * test_history_refs.c - names, reflogs, index and the text of objects, against git itself
 */
#include "history/history.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "history_try.h"

/* ---- refs ---- */

static void
print_refs(struct history *h, struct buf *to, const char *prefix)
{
	const struct history_ref *refs;
	char id[HISTORY_ID_TEXT];
	size_t count;

	EQ_INT(history_refs(h, &refs, &count, NULL), 0);
	for (size_t i = 0; i < count; i++)
		if (strncmp(refs[i].name, prefix, strlen(prefix)) == 0)
			(void)buf_printf(to, "%s %s\n", refs[i].name,
					 history_id_format(&refs[i].id, history_id_bytes(h), id));
}

static const struct history_ref *
ref_named(struct history *h, const char *name)
{
	const struct history_ref *refs;
	size_t count;

	EQ_INT(history_refs(h, &refs, &count, NULL), 0);
	for (size_t i = 0; i < count; i++)
		if (strcmp(refs[i].name, name) == 0)
			return &refs[i];
	return NULL;
}

static void
same_refs(struct git_kit *kit, const char *path)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(buf_free)
	struct buf ours = BUF_INIT((size_t)1 << 24);
	AUTO(buf_free)
	struct buf theirs = BUF_INIT((size_t)1 << 24);
	AUTO(history_close)
	struct history *h = open_at(kit, path, &options);
	char script[256];

	NEED(h != NULL);
	(void)snprintf(
	    script, sizeof(script),
	    "git -C %s for-each-ref --format='%%(refname) %%(objectname)' | LC_ALL=C sort", path);
	NEED(git_out(kit, script, &theirs));
	print_refs(h, &ours, "refs/");
	EQ_STR(buf_text(&ours), buf_text(&theirs));
	no_gaps(h);
}

TEST(history_refs_are_those_that_git_lists_packed_or_not)
{
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(
	    &kit, "git init -q r; make_history r 30; cd r; git checkout -q main\n"
		  "for i in 1 2 3 4 5; do git branch topic/$i HEAD~$i; git tag t$i HEAD~$i; done\n"
		  "git tag -a -m annotated a1; git notes add -m note; echo x >> src/file1.c\n"
		  "git stash -q; git symbolic-ref refs/heads/alias refs/heads/topic/3\n"
		  "git replace HEAD HEAD~1; git clone -q . ../c"));
	same_refs(&kit, "r");
	same_refs(&kit, "c");
	NEED(git_sh(&kit, "cd r; git pack-refs --all; git branch -f topic/1 HEAD; git branch new"));
	same_refs(&kit, "r");
	git_end(&kit);
}

TEST(history_refs_know_what_is_remote_a_tag_or_a_stash)
{
	struct history_options options = OPTIONS_INIT;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit,
		    "git init -q r; make_history r 5; git clone -q r c; git clone -q --bare r b\n"
		    "cd c; git checkout -q -b local; echo x > x; git add x; git stash -q"));
	{
		AUTO(history_close)
		struct history *h = open_at(&kit, "c", &options);
		AUTO(history_close)
		struct history *bare = open_at(&kit, "b", &options);

		NEED(h != NULL && bare != NULL);
		NEED(ref_named(h, "refs/heads/local") != NULL);
		OK(!ref_named(h, "refs/heads/local")->is_remote);
		OK(ref_named(h, "refs/remotes/origin/main")->is_remote);
		OK(ref_named(h, "refs/tags/v1")->is_tag);
		OK(ref_named(h, "refs/stash")->is_stash);
		OK(ref_named(h, "HEAD")->is_head);
		OK(ref_named(bare, "refs/heads/main")->is_remote);
	}
	git_end(&kit);
}

TEST(history_refs_of_worktrees_and_of_merges_count)
{
	struct history_options options = OPTIONS_INIT;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(
	    &kit,
	    "git init -q r; make_history r 20; cd r; git checkout -q main\n"
	    "git worktree add -q --detach ../w HEAD~3; git branch old HEAD~2; git fetch -q . old\n"
	    "git merge -q --no-commit --no-ff HEAD~4 || true; git update-ref MERGE_HEAD HEAD~4"));
	{
		AUTO(history_close)
		struct history *h = open_at(&kit, "r", &options);
		AUTO(history_close)
		struct history *w = open_at(&kit, "w", &options);

		NEED(h != NULL && w != NULL);
		OK(ref_named(h, "worktrees/w/HEAD") != NULL);
		OK(ref_named(h, "MERGE_HEAD") != NULL);
		OK(ref_named(h, "FETCH_HEAD") != NULL);
		NEED(ref_named(w, "HEAD") != NULL && ref_named(w, "main-worktree/HEAD") != NULL);
		OK(memcmp(&ref_named(w, "HEAD")->id, &ref_named(w, "main-worktree/HEAD")->id,
			  sizeof(struct history_id)) != 0);
		no_gaps(h);
	}
	git_end(&kit);
}

TEST(history_refs_in_a_circle_and_nonsense_are_told)
{
	struct history_options options = OPTIONS_INIT;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(
	    &kit,
	    "git init -q r; make_history r 5; cd r/.git\n"
	    "echo 'ref: refs/heads/b' > refs/heads/a; echo 'ref: refs/heads/a' > refs/heads/b\n"
	    "echo nonsense > refs/heads/n; ln -s .. refs/up; mkdir -p refs/up2; ln -s ../.. "
	    "refs/up2/x\n"
	    "printf 'zzz\\n\\n' > packed-refs; head -c 5000 /dev/zero > refs/heads/zeros"));
	{
		AUTO(history_close)
		struct history *h = open_at(&kit, "r", &options);

		NEED(h != NULL);
		OK(ref_named(h, "refs/heads/main") != NULL);
		OK(ref_named(h, "refs/heads/a") == NULL);
		EQ_U64(gap_count(h, "lead nowhere"), 1);
		EQ_U64(gap_count(h, "is no ref"), 1);
		EQ_U64(gap_count(h, "lines that are no refs"), 1);
		EQ_U64(gap_count(h, "neither a file nor a folder"), 1);
	}
	git_end(&kit);
}

TEST(history_shallow_and_partial_clones_are_scope)
{
	struct history_options options = OPTIONS_INIT;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(
	    &kit, "git init -q r; make_history r 20; git -C r config uploadpack.allowFilter true\n"
		  "git clone -q --no-checkout --depth=3 file://$PWD/r s\n"
		  "git clone -q --no-checkout --filter=blob:none file://$PWD/r p"));
	{
		AUTO(history_close)
		struct history *shallow = open_at(&kit, "s", &options);
		AUTO(history_close)
		struct history *partial = open_at(&kit, "p", &options);
		const struct history_gap *gaps;
		size_t count;

		NEED(shallow != NULL && partial != NULL);
		gaps = history_gaps(shallow, &count);
		EQ_U64(count, 1);
		OK(count == 1 && gaps[0].is_scope && gaps[0].count == 1);
		gaps = history_gaps(partial, &count);
		EQ_U64(count, 1);
		OK(count == 1 && gaps[0].is_scope);
		HAS_STR(gaps[0].reason, "partial clone");
	}
	git_end(&kit);
}

TEST(history_a_reftable_is_told_to_be_unread)
{
	struct history_options options = OPTIONS_INIT;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit, "git init -q r; cd r\n"
			  "printf '[core]\\n\\trepositoryformatversion = 1\\n[extensions]\\n"
			  "\\trefStorage = reftable\\n' > .git/config"));
	{
		AUTO(history_close)
		struct history *h = open_at(&kit, "r", &options);

		NEED(h != NULL);
		EQ_U64(gap_count(h, "refStorage"), 1);
	}
	git_end(&kit);
}

/* ---- reflogs ---- */

static int
count_line(void *to, const char *ref, const struct history_id *from, const struct history_id *to_id,
	   struct bytes text)
{
	(void)from;
	(void)to_id;
	if (strcmp(ref, "HEAD") == 0 && bytes_find(text, BYTES_OF("\tcommit: step")) >= 0)
		++*(unsigned *)to;
	return 0;
}

TEST(history_reflogs_tell_every_move)
{
	struct history_options options = OPTIONS_INIT;
	unsigned lines = 0;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(
	    &kit,
	    "git init -q r; cd r; for i in 1 2 3; do git commit -q --allow-empty -m \"step $i\"\n"
	    "done; git reset -q --hard HEAD~2"));
	{
		AUTO(history_close)
		struct history *h = open_at(&kit, "r", &options);

		NEED(h != NULL);
		EQ_INT(history_reflogs(h, count_line, &lines, NULL), 0);
		EQ_U64(lines, 2); /* the first is "commit (initial): step 1" */
		no_gaps(h);
	}
	git_end(&kit);
}

/* ---- index ---- */

static int
print_entry(void *to, struct bytes path, uint32_t mode, const struct history_id *id, unsigned stage)
{
	char text[HISTORY_ID_TEXT];

	return buf_printf(to, "%06o %s %u\t%.*s\n", mode, history_id_format(id, 20, text), stage,
			  (int)path.left, (const char *)path.at);
}

static void
same_index(struct git_kit *kit, const char *script)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(buf_free)
	struct buf ours = BUF_INIT((size_t)1 << 24);
	AUTO(buf_free)
	struct buf theirs = BUF_INIT((size_t)1 << 24);
	AUTO(history_close)
	struct history *h = NULL;

	NEED(git_sh(kit, script));
	NEED(git_out(kit, "git -C r ls-files -s", &theirs));
	h = open_at(kit, "r", &options);
	NEED(h != NULL);
	EQ_INT(history_index(h, print_entry, &ours, NULL), 0);
	EQ_STR(buf_text(&ours), buf_text(&theirs));
	no_gaps(h);
}

TEST(history_index_of_every_version_says_what_is_staged)
{
	struct git_kit kit;

	NEED(git_begin(&kit));
	same_index(
	    &kit,
	    "git init -q r; make_history r 5; cd r; git checkout -q main\n"
	    "mkdir -p a/b/c; for i in 1 22 333 4444 55555 666666; do echo $i > a/b/c/$i; done\n"
	    "git add a; git update-index --index-version 2");
	same_index(
	    &kit, "cd r; echo new > intent; git add -N intent; git update-index --index-version 3");
	same_index(&kit, "cd r; git update-index --index-version 4");
	same_index(&kit,
		   "cd r; git rm -q --cached intent; git commit -qm x; git checkout -q -b side\n"
		   "echo one > f; git add f; git commit -qm one; git checkout -q main\n"
		   "echo two > f; git add f; git commit -qm two; git merge -q side > out || true");
	git_end(&kit);
}

static int
count_entry(void *to, struct bytes path, uint32_t mode, const struct history_id *id, unsigned stage)
{
	(void)path;
	(void)mode;
	(void)id;
	(void)stage;
	++*(unsigned *)to;
	return 0;
}

TEST(history_index_that_is_split_is_read_with_its_shared_part)
{
	struct history_options options = OPTIONS_INIT;
	unsigned entries = 0;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit, "git init -q r; make_history r 5; cd r; git checkout -q main\n"
			  "git update-index --split-index; echo x > x; git add x"));
	{
		AUTO(history_close)
		struct history *h = open_at(&kit, "r", &options);

		NEED(h != NULL);
		EQ_INT(history_index(h, count_entry, &entries, NULL), 0);
		OK(entries >= 7); /* those that were replaced since are told twice */
		no_gaps(h);
	}
	git_end(&kit);
}

/* ---- the text of objects ---- */

#define ID_TEXT_1 "1111111111111111111111111111111111111111"
#define ID_TEXT_2 "2222222222222222222222222222222222222222"

TEST(history_commit_is_taken_apart)
{
	struct history_commit commit;
	struct history_id parent;
	struct bytes text = BYTES_OF("tree " ID_TEXT_1 "\nparent " ID_TEXT_2 "\nparent " ID_TEXT_1
				     "\nauthor A <a@b> 1700000001 +0100\n"
				     "committer C D <c@d> -5 +0000\nencoding latin1\n"
				     "gpgsig x\n y\n\nsubject\n\nbody");

	EQ_INT(history_parse_commit(text, 20, &commit, NULL), 0);
	EQ_U64(commit.parents_count, 2);
	OK(history_commit_parent(&commit, 0, &parent) && parent.at[0] == 0x22);
	OK(history_commit_parent(&commit, 1, &parent) && parent.at[0] == 0x11);
	OK(!history_commit_parent(&commit, 2, &parent));
	EQ_BYTES(commit.author, BYTES_OF("A <a@b>"));
	EQ_INT(commit.author_time, 1700000001);
	EQ_BYTES(commit.committer, BYTES_OF("C D <c@d>"));
	EQ_INT(commit.commit_time, -5);
	EQ_BYTES(commit.encoding, BYTES_OF("latin1"));
	EQ_BYTES(commit.message, BYTES_OF("subject\n\nbody"));
	EQ_INT(history_parse_commit(BYTES_OF("parent x"), 20, &commit, NULL), FAULT_FORMAT);
	EQ_INT(history_parse_commit(BYTES_OF("tree " ID_TEXT_1), 20, &commit, NULL), FAULT_FORMAT);
}

TEST(history_tag_is_taken_apart)
{
	struct history_tag tag;

	EQ_INT(history_parse_tag(BYTES_OF("object " ID_TEXT_2 "\ntype commit\ntag v1\n"
					  "tagger T <t@u> 12 +0000\n\nwords\n"),
				 20, &tag, NULL),
	       0);
	EQ_INT(tag.type, HISTORY_COMMIT);
	EQ_INT(tag.time, 12);
	EQ_BYTES(tag.name, BYTES_OF("v1"));
	EQ_BYTES(tag.message, BYTES_OF("words\n"));
	EQ_INT(history_parse_tag(BYTES_OF("object " ID_TEXT_2 "\ntype thing\ntag v1\n"), 20, &tag,
				 NULL),
	       FAULT_FORMAT);
}

TEST(history_tree_with_odd_entries_ends_where_it_breaks)
{
	struct history_tree_entry entry;
	struct bytes good =
	    BYTES_OF("100644 a\0aaaaaaaaaaaaaaaaaaaa40000 b\xff\0bbbbbbbbbbbbbbbbbbbb");
	struct bytes no_mode = BYTES_OF(" a\0aaaaaaaaaaaaaaaaaaaa");
	struct bytes no_name = BYTES_OF("100644 \0aaaaaaaaaaaaaaaaaaaa");
	struct bytes cut = BYTES_OF("100644 a\0aaaaaaaaaaaaaaaaaaa");
	struct bytes long_mode = BYTES_OF("00000000100644 a\0aaaaaaaaaaaaaaaaaaaa");

	EQ_INT(history_tree_next(&good, 20, &entry), 0);
	EQ_U64(entry.mode, 0100644);
	EQ_INT(history_tree_next(&good, 20, &entry), 0);
	EQ_U64(entry.mode, HISTORY_MODE_TREE);
	EQ_BYTES(entry.name, BYTES_OF("b\xff"));
	EQ_INT(history_tree_next(&good, 20, &entry), HISTORY_END);
	EQ_INT(history_tree_next(&no_mode, 20, &entry), FAULT_FORMAT);
	EQ_INT(history_tree_next(&no_name, 20, &entry), FAULT_FORMAT);
	EQ_INT(history_tree_next(&cut, 20, &entry), FAULT_FORMAT);
	EQ_INT(history_tree_next(&long_mode, 20, &entry), FAULT_FORMAT);
}
