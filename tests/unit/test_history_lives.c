/*
 * test_history_lives.c - first, last, where, reachable from what: against git, commit by commit
 */
#include "history/history.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "history_try.h"

/* Everything that lives() says but author and flags, as the oracle prints it. */
static void
print_life(struct buf *to, const struct history_id *id, const struct history_life *life)
{
	char text[HISTORY_ID_TEXT];

	(void)buf_printf(to, "%s", history_id_format(id, 20, text));
	(void)buf_printf(to, " first %s", history_id_format(&life->first_commit, 20, text));
	(void)buf_printf(to, " last %s", history_id_format(&life->last_commit, 20, text));
	(void)buf_printf(to, " head %d paths", life->at_head);
	for (size_t i = 0; i < life->paths_count; i++)
		(void)buf_printf(to, " %s", life->paths[i]);
	(void)buf_append_text(to, " refs");
	for (size_t i = 0; i < life->refs_count; i++)
		(void)buf_printf(to, " %s", life->refs[i]);
	for (size_t i = 0; i < life->tags_count; i++)
		(void)buf_printf(to, " %s", life->tags[i]);
	(void)buf_append_text(to, "\n");
}

/* For each blob of the repository: commits in order of date, paths, refs. Slow and plain. */
static const char oracle[] =
    "cd r; git rev-list --all --date-order --reverse > ../order\n"
    "n=0; while read c; do n=$((n + 1)); git ls-tree -r $c | sed \"s/^/$n $c /\"; done < ../order "
    "|\n"
    "awk '{ split($0, tab, \"\\t\"); print $5, $1, $2, tab[2] }' > ../held\n"
    "head=$(git rev-parse HEAD)\n"
    "git for-each-ref --format='%(refname)' | grep -v refs/tags | LC_ALL=C sort > ../names\n"
    "git for-each-ref --format='%(refname)' refs/tags | LC_ALL=C sort > ../tagnames\n"
    "(echo HEAD; cat ../names ../tagnames) | while read r; do git rev-list $r | sed \"s|^|$r |\"\n"
    "done > ../reach\n"
    "cut -d' ' -f1 ../held | LC_ALL=C sort -u > ../blobs\n"
    "awk -v head=$head '\n"
    "FILENAME ~ /reach/ { reach[$2] = reach[$2] \" \" $1; next }\n"
    "FILENAME ~ /names/ { order[++refs] = $1; next }\n"
    "{ b = $1; if (!(b in first) || $2 < fn[b]) { first[b] = $3; fn[b] = $2 }\n"
    "  if (!(b in last) || $2 > ln[b]) { last[b] = $3; ln[b] = $2 }\n"
    "  if ($3 == head) at[b] = 1\n"
    "  if (!((b, $4) in path)) { path[b, $4] = 1; paths[b] = paths[b] \" \" $4 }\n"
    "  if (!((b, $3) in c)) { c[b, $3] = 1; k = split(reach[$3], rs, \" \")\n"
    "    for (i = 1; i <= k; i++) has[b, rs[i]] = 1 } }\n"
    "END { for (b in first) { p = split(paths[b], ps, \" \")\n"
    "  for (i = 1; i <= p; i++) for (j = i + 1; j <= p; j++) if (ps[j] < ps[i]) { t = ps[i]; ps[i] "
    "= ps[j]; ps[j] = t }\n"
    "  s = \"\"; for (i = 1; i <= p; i++) s = s \" \" ps[i]\n"
    "  r = (b, \"HEAD\") in has ? \" HEAD\" : \"\"; for (i = 1; i <= refs; i++) if ((b, order[i]) "
    "in has) r = r \" \" order[i]\n"
    "  print b, \"first\", first[b], \"last\", last[b], \"head\", at[b] + 0, \"paths\" s, \"refs\" "
    "r } }\n"
    "' ../reach ../names ../tagnames ../held | LC_ALL=C sort\n";

static size_t
take_ids(const struct buf *lines, struct history_id *ids, size_t max)
{
	struct bytes in = buf_bytes(lines);
	size_t count = 0;

	while (in.left > 40 && count < max) {
		const uint8_t *newline = memchr(in.at, '\n', in.left);

		if (history_id_parse(bytes_slice(in, 0, 40), &ids[count], NULL) == 0)
			count++;
		(void)bytes_skip(&in, newline == NULL ? in.left : (size_t)(newline - in.at) + 1);
	}
	return count;
}

#define BLOBS_MAX 2000

static void
same_lives(struct git_kit *kit, unsigned jobs)
{
	static struct history_id ids[BLOBS_MAX];
	static struct history_group groups[BLOBS_MAX];
	static struct history_life lives[BLOBS_MAX];
	struct history_options options = OPTIONS_INIT;
	AUTO(buf_free)
	struct buf theirs = BUF_INIT((size_t)1 << 26);
	AUTO(buf_free)
	struct buf ours = BUF_INIT((size_t)1 << 26);
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)1 << 26);
	AUTO(history_close)
	struct history *h = NULL;
	struct fault fault = FAULT_INIT;
	size_t count;

	options.jobs = jobs;
	NEED(git_out(kit, oracle, &theirs));
	count = take_ids(&theirs, ids, BLOBS_MAX);
	OK(count > 64); /* more than one word of groups */
	for (size_t i = 0; i < count; i++)
		groups[i] = (struct history_group){&ids[i], 1};
	h = open_at(kit, "r", &options);
	NEED(h != NULL);
	if (!EQ_INT(history_lives(h, groups, count, lives, &arena, &fault), 0))
		tap_note("%s", fault.text);
	for (size_t i = 0; i < count; i++) {
		print_life(&ours, &ids[i], &lives[i]);
		EQ_STR(lives[i].author, "A U Thor <a@example.org>");
	}
	EQ_STR(buf_text(&ours), buf_text(&theirs));
	no_gaps(h);
}

TEST(history_lives_are_what_git_says_commit_by_commit)
{
	struct git_kit kit;

	NEED(git_begin(&kit));
	/* folders that are renamed, a file that comes back, a branch, tags */
	NEED(git_sh(
	    &kit,
	    "git init -q r; make_history r 25; cd r; git checkout -q main\n"
	    "now() { t=$((t + 60)); GIT_COMMITTER_DATE=\"$t +0000\" GIT_AUTHOR_NAME='A U Thor' \\\n"
	    "GIT_AUTHOR_EMAIL=a@example.org git \"$@\"; }; t=1700010000\n"
	    "git mv src lib; now commit -qm move; git tag t1; mkdir deep; git mv lib deep/lib\n"
	    "now commit -qm deeper; git checkout -q -b side HEAD~3; echo side > src/side.c\n"
	    "git add src; now commit -qm side; git checkout -q main\n"
	    "cp deep/lib/file0.c copy.c; git add copy.c; now commit -qm copy; git tag -a -m x t2\n"
	    "git rm -q deep/lib/file0.c; now commit -qm gone; now -c merge.directoryRenames=false "
	    "merge -q -m both side\n"
	    "git checkout -q HEAD~3 -- deep/lib/file0.c; now commit -qm back\n"
	    "rm -f .git/ORIG_HEAD"));
	same_lives(&kit, 1);
	same_lives(&kit, 3);
	git_end(&kit);
}

static struct history_life
life_of(struct git_kit *kit, const char *id_script, struct arena *arena)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(buf_free)
	struct buf text = BUF_INIT(4096);
	AUTO(history_close)
	struct history *h = open_at(kit, "r", &options);
	struct history_life life = {.at_head = false};
	struct history_id id = {{0}};
	struct history_group group = {&id, 1};

	OK(git_out(kit, id_script, &text) &&
	   history_id_parse(bytes_slice(buf_bytes(&text), 0, 40), &id, NULL) == 0);
	EQ_INT(history_lives(h, &group, 1, &life, arena, NULL), 0);
	return life;
}

TEST(history_lives_know_stash_index_reflog_and_remote)
{
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)1 << 20);
	struct history_life life;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(
	    &kit,
	    "git init -q o; make_history o 3; git clone -q o r; cd r\n"
	    "echo stashed > f; git add f; git stash -q\n"
	    "echo staged > sub; git add sub; echo lost > l; git add l; git commit -qm lost\n"
	    "git reset -q --hard HEAD~1; echo staged > sub; git add sub\n"
	    "echo loose | git hash-object -w --stdin; echo here > h; git add h; git commit -qm h\n"
	    "rm -f .git/ORIG_HEAD"));
	life = life_of(&kit, "echo stashed | git hash-object --stdin", &arena);
	OK(life.in_stash && !life.at_head && life.reachable == HISTORY_LOCAL);
	EQ_U64(life.paths_count, 1);
	life = life_of(&kit, "echo lost | git hash-object --stdin", &arena);
	OK(life.in_reflog && !life.in_stash);
	EQ_INT(life.reachable, HISTORY_UNREACHABLE);
	EQ_STR(life.paths[0], "l");
	life = life_of(&kit, "echo loose | git hash-object --stdin", &arena);
	OK(!life.in_reflog && !life.in_index && life.paths_count == 0 && life.author == NULL);
	life = life_of(&kit, "git -C r rev-parse :src/file1.c", &arena);
	OK(life.at_head && life.in_index);
	EQ_INT(life.reachable, HISTORY_REMOTE);
	life = life_of(&kit, "echo here | git hash-object --stdin", &arena);
	OK(life.at_head && life.in_index && life.reachable == HISTORY_LOCAL);
	git_end(&kit);
}

TEST(history_lives_of_commits_and_tags_themselves)
{
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)1 << 20);
	struct history_life life;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit, "git init -q r; make_history r 10; cd r; git tag -a -m secret blobtag "
			  "HEAD:src/file1.c"));
	life = life_of(&kit, "git -C r rev-parse v1", &arena);
	EQ_U64(life.tags_count, 1);
	EQ_STR(life.tags[0], "refs/tags/v1");
	EQ_INT(life.reachable, HISTORY_LOCAL);
	life = life_of(&kit, "git -C r rev-parse HEAD~2", &arena);
	OK(memcmp(&life.first_commit, &life.last_commit, sizeof(life.first_commit)) == 0);
	EQ_U64(life.refs_count, 2); /* HEAD and main */
	life = life_of(&kit, "git -C r rev-parse blobtag", &arena);
	EQ_U64(life.tags_count, 1);
	git_end(&kit);
}

TEST(history_lives_tell_what_is_named_and_not_there)
{
	struct history_options options = OPTIONS_INIT;
	AUTO(arena_free)
	struct arena arena = ARENA_INIT((size_t)1 << 20);
	struct history_id id = {{7}};
	struct history_group group = {&id, 1};
	struct history_life life;
	struct git_kit kit;

	NEED(git_begin(&kit));
	NEED(git_sh(&kit,
		    "git init -q r; cd r; mkdir d; echo x > d/x; git add d; git commit -qm x\n"
		    "t=$(git rev-parse HEAD:d)\n"
		    "rm -f .git/objects/$(echo $t | cut -c1-2)/$(echo $t | cut -c3-)"));
	{
		AUTO(history_close)
		struct history *h = open_at(&kit, "r", &options);

		NEED(h != NULL);
		EQ_INT(history_lives(h, &group, 1, &life, &arena, NULL), 0);
		EQ_U64(gap_count(h, "not here"), 1);
	}
	git_end(&kit);
}
