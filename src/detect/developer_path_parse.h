/*
 * developer_path_parse.h - is this the absolute path of a person's or a build machine's folder?
 *
 * Forms: /home/NAME/, /Users/NAME/, C:\Users\NAME\ (also C:/Users, /mnt/c/Users, \\ and \/ as
 * strings escape them), and the folders of build machines: /home/runner/work/PROJECT,
 * /Users/runner/work/PROJECT, D:\a\PROJECT\PROJECT, /__w/PROJECT/PROJECT, /builds/GROUP/PROJECT,
 * /jenkins/workspace/JOB, /home/travis/build/ORG/PROJECT, /root/.
 * Names that name nobody (user, you, ubuntu ...) are not people.  Rules: docs/detectors/developer-path.md.
 */
#ifndef DETECT_DEVELOPER_PATH_PARSE_H
#define DETECT_DEVELOPER_PATH_PARSE_H

#include "base/bytes.h"

enum developer_path_kind {
	DEVELOPER_PATH_PERSON,  /* `who` is an account name */
	DEVELOPER_PATH_MACHINE, /* `who` is a project on a build machine */
	DEVELOPER_PATH_ROOT,    /* /root/: nobody is named; `who` is "root" */
};

#define DEVELOPER_PATH_BYTES_MAX 1024
#define DEVELOPER_PATH_ROOT_MAX  192
#define DEVELOPER_PATH_WHO_MAX   64

struct developer_path {
	enum developer_path_kind kind;
	char who[DEVELOPER_PATH_WHO_MAX + 1];   /* as written; UTF-8 */
	char root[DEVELOPER_PATH_ROOT_MAX + 1]; /* with '/', "C:/Users/x/work/acme": the project */
	size_t from, to;                        /* where it stands */
};

#define DEVELOPER_PATH_NONE 1
#define DEVELOPER_PATH_OPEN 2 /* it is one, but runs to the end of `in`: more may follow */

/* The anchors of all forms, for anchors_init(). */
#define DEVELOPER_PATH_ANCHORS       "/ho/Us\\Us/ro/bu/je\\a\\/a//__"
#define DEVELOPER_PATH_ANCHORS_COUNT 9

/* `at` is where an anchor stands in `in`.  `text`: the bytes are text, where paths stand between
 * quotes and blanks and "/home/index" is a route; in binaries strings follow each other without a
 * gap.  Returns 0, DEVELOPER_PATH_NONE or DEVELOPER_PATH_OPEN (out is filled). */
int developer_path_parse(struct bytes in, size_t at, bool text, struct developer_path *out);

/* Does the path, alone in a string, name a person?  For detectors that hold one already. */
bool developer_path_names_person(struct bytes path);

#endif
