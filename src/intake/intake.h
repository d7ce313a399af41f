/*
 * intake.h - any input -> blobs -> detect, with one budget and an account of every byte
 *
 * One thread (the caller's) walks: it opens containers, decodes streams and shows large blobs to
 * the detectors itself; small blobs go to a pool.  What a detector decodes out of a blob is walked
 * again, one level deeper, on the thread that found it.  The same input gives the same findings
 * and the same coverage for any number of threads.
 *
 * intake_run() works in this process: fuzz targets and tests call it.  jail.h runs it in a child.
 */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include "detect/detect.h"
#include "detect/facts.h"
#include "intake/coverage.h"

struct history_place;

enum input_type {
	INPUT_FILE,   /* fd: an open file or pipe */
	INPUT_DIFF,   /* fd: an open file or pipe that holds a diff; what it adds is looked at */
	INPUT_FOLDER, /* fd: an open folder */
	INPUT_LIST,   /* fd: an open folder; only `files` of it, what publishing would ship */
};

/* Which objects of a repository's store are asked for.  Everything is lent. */
enum history_what {
	HISTORY_ALL,      /* every object there is */
	HISTORY_STAGED,   /* what the index holds and HEAD does not */
	HISTORY_RANGE,    /* what commits of `include` bring that those of `exclude` lack */
	HISTORY_INCOMING, /* what the store itself holds and its alternates lack: a quarantine */
};

struct history_ask {
	enum history_what what;
	const char *const *include, *const *exclude; /* revisions as git spells them */
	size_t include_count, exclude_count;
	const char *exclude_refs; /* all refs that begin with this are excluded too; NULL: none */
	bool include_refs;        /* all refs are included */
	int64_t since;            /* no commits before this; 0: all */
};

struct input {
	enum input_type type;
	const char *path; /* as given */
	int fd;           /* -1: could not be opened, `why` says so */
	const char *why;
	const char *const *files; /* INPUT_LIST: paths below fd */
	size_t files_count;
	bool is_repository; /* its own .git is scope, and .gitignore decides what is skipped */
	struct history_place *history; /* its objects are read too; NULL: they are not */
	struct history_ask ask;
	bool no_tree;        /* the objects alone */
	bool whole_versions; /* nothing is inherited: the oracle of tests */
	bool check_hashes;   /* each object's content against its id */
	bool facts_only;     /* --previous: gather facts, report nothing */
};

static inline bool
input_is_folder(const struct input *input)
{
	return input->type == INPUT_FOLDER || input->type == INPUT_LIST;
}

/* Open what a person named: a file, a folder, a repository, "-" for stdin (a pipe is fine).  `path`
 * is lent for the life of *out.  FAULT_USAGE when it is not there. */
int input_open(struct input *out, const char *path, struct fault *fault);
/* A repository whose objects shall be read as well (`with_tree`: beside its work tree, where it
 * has one) or instead.  1: it is no repository, and nothing was changed.
 * Follows the few paths that are written in a repository or, where `environment` is not NULL, that
 * git gives a hook there; the last to do so. */
int input_add_history(struct input *input, bool with_tree, char *const *environment,
		      struct fault *fault);
void input_close(struct input *input);

/* What the parent learns of an input beside findings and coverage. */
#define SUMMARY_FILES_MAX 2000

struct summary_file {
	const char *path; /* inside the input */
	uint64_t size_bytes;
	enum blob_kind kind;
};

struct input_summary {
	struct arena arena;
	const char *kind; /* "npm", "wheel", "image", ... or the kind of blob, "folder" */
	uint8_t sha256[32];
	bool has_sha256;
	uint64_t bytes; /* as given, packed */
	uint64_t files; /* leaf blobs that are not derived */
	uint64_t objects,
	    object_bytes; /* of a git store: looked at, as they are when spelled out */
	uint64_t kind_bytes[BLOB_KIND_COUNT], kind_files[BLOB_KIND_COUNT];
	struct summary_file *largest; /* largest first */
	size_t largest_count;
	uint8_t *places; /* one byte for each of intake_options.places: 1 where it was examined */
	size_t places_count;
	const char *difference; /* against --previous: "+2 files, +14 kB, nothing new in kind" */
};

void input_summary_init(struct input_summary *summary);
void input_summary_free(struct input_summary *summary);

/* Blobs that killed an earlier worker, by the order in which the walk meets them. */
struct intake_skip {
	uint64_t blob;
	int signal;
};

struct intake_options {
	const struct detect *detect;
	struct limits limits;
	unsigned jobs; /* threads, >= 1 */
	/* Paths inside the input that somebody asks about: were they there and examined? */
	const char *const *places;
	size_t places_count;
	const atomic_int *cancel;
	const struct intake_skip *skips;
	size_t skips_count;
	/* One slot a thread, in memory shared with the parent: the blob it works on + 1. */
	_Atomic uint64_t *slots;
	void (*progress)(void *to, uint64_t blobs, uint64_t bytes);
	void *progress_to;
};

struct intake;

int intake_new(struct intake **out, const struct intake_options *options, struct fault *fault);
void intake_free(struct intake **in);

/* Nothing was kept: call unpack_tail_load() and run the input again (the jail cannot load). */
#define INTAKE_NEEDS_TAIL 1

/* Walk one input.  *findings and *coverage grow; *facts (initialised by the caller) is filled and
 * sorted.  Takes input->fd over.  A fault is ours (memory, cancel), never the input's: what is
 * wrong with the input is in the coverage. */
int intake_run(struct intake *in, const struct input *input, struct findings *findings,
	       struct coverage *coverage, struct input_facts *facts, struct input_summary *summary,
	       struct fault *fault);

#endif
