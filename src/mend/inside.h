/*
 * inside.h - what the files of mend share; nobody outside includes it
 */
#ifndef MEND_INSIDE_H
#define MEND_INSIDE_H

#include "base/buf.h"
#include "base/stream.h"
#include "mend/mend.h"

/* One rewriting. */
struct mend_job {
	struct mend_plan *plan;
	struct bytes package;
	const struct limits *limits;
	struct budget budget;
	mend_write_fn *write;
	void *to;
};

/* plan->cannot = the sentence; returns MEND_CANNOT. */
int mend_cannot(struct mend_plan *plan, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* tar.c: `gzip`: decode, and encode again. */
int mend_tar(struct mend_job *job, bool gzip, struct fault *fault);
/* zip.c */
int mend_zip(struct mend_job *job, struct fault *fault);

/* ---- cut.c ---- */

/* Is it a kind of file whose comments name source maps, by its name? */
bool mend_is_script(const char *member);

/* `in` without sourceMappingURL comments: all of them for `all`, else those of maps that the plan
 * drops.  *cuts is how many; 0: `out` was not written. */
int mend_cut_script(const struct mend_plan *plan, const char *member, bool all, struct bytes in,
		    struct buf *out, uint64_t *cuts, struct fault *fault);

/* `in` without sections that name or debug. FAULT_FORMAT: no wasm. */
int mend_cut_wasm(struct bytes in, struct buf *out, uint64_t *cuts, struct fault *fault);

/* mend.c: in a child: does the plan drop one of the `names` that make a package, or what `manifest`
 * (a package.json; -1: there is none) points to?  0 or MEND_CANNOT. */
int mend_check_needed(struct mend_plan *plan, int manifest, const char *const names[], size_t count,
		      const struct limits *limits, struct fault *fault);

/* strip.c: an ELF program or library without its debug sections; what is loaded keeps its place.
 * *cuts is how many; 0: there is nothing to cut, or it is none, and `out` was not written.  Cost: linear
 * in the file, and for programs with data behind them in the square of their debug sections. */
int mend_strip_elf(struct bytes in, struct buf *out, uint64_t *cuts, struct fault *fault);

/* Must the content of this member be held, because something may be cut out of it? */
bool mend_may_cut(const struct mend_plan *plan, const char *member);

/* What the plan wants of a member that stays. 1: it stays as it is, `out` was not written. */
int mend_member(struct mend_plan *plan, const char *member, struct bytes in, struct buf *out,
		struct fault *fault);

/* ---- needed.c: what must stay ---- */

struct needed {
	struct arena arena;
	struct needed_name {
		const char *member,
		    *why; /* "package/cli.js", "is what package.json names as bin" */
	} * names;
	size_t count, room;
	bool npm, image, gem;
};

void needed_init(struct needed *needed);
void needed_free(struct needed *needed);

/* Is the content of this member wanted by needed_manifest()? */
bool needed_wants(const char *member);
/* A member's name is known... */
int needed_member(struct needed *needed, const char *member, struct fault *fault);
/* ...and the content of a manifest. */
int needed_manifest(struct needed *needed, const char *member, struct bytes content,
		    struct fault *fault);

/* MEND_CANNOT when the plan drops one of them. */
int needed_check(const struct needed *needed, struct mend_plan *plan);

/* ---- record.c: a wheel's list of its files ---- */

/* "NAME-VERSION.dist-info/RECORD"? */
bool record_is(const char *member);

struct record_change {
	const char *member;
	uint8_t sha256[32];
	uint64_t bytes;
};

/* The rows of `in` without what the plan drops, and with the new digests. */
int record_rewrite(const struct mend_plan *plan, const struct record_change changes[], size_t count,
		   struct bytes in, struct buf *out, struct fault *fault);

#endif
