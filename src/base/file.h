/*
 * file.h - files that appear whole or not at all, reads that are bounded, locks
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/fault.h"

/* A file being written beside its target; renamed over it by commit.  Until then the target is
 * untouched, and an abort, a crash or a signal leaves no name behind where the file system has
 * unnamed files.  A symbolic link is followed; a target that exists and is no regular file (a
 * terminal, /dev/null) is written in place. */
struct file_write;

int file_write_begin(struct file_write **out, const char *path, mode_t mode, struct fault *fault);
FILE *file_write_stream(struct file_write *w);
int file_write_fd(struct file_write *w);

/* Flush, fdatasync, rename, fsync of the folder; frees *w and leaves NULL, also when it fails. */
int file_write_commit(struct file_write **w, struct fault *fault);

/* As commit, but FAULT_USAGE when the name is taken: the system decides, not a look beforehand. */
int file_write_commit_new(struct file_write **w, struct fault *fault);

/* As commit, but nothing waits for the disk: for what can be made again. */
int file_write_commit_quick(struct file_write **w, struct fault *fault);

/* Remove the temporary.  For AUTO(file_write_abort). */
void file_write_abort(struct file_write **w);

/* All in one: begin, write, commit. */
int file_write_all(const char *path, struct bytes content, mode_t mode, struct fault *fault);

/* Append the whole file to `to`; FAULT_LIMIT past to->bytes_max.  Regular files only. */
int file_read_all(const char *path, struct buf *to, struct fault *fault);

/* Is there a file of that name?  1 yes, 0 no, < 0 fault. */
int file_exists(const char *path, struct fault *fault);

/* mkdir -p with `mode` for what is missing. */
int file_make_folders(const char *path, mode_t mode, struct fault *fault);

#define FILE_LOCK_BUSY 1
/* flock(2) on PATH (made when missing). Waits unless `nowait`, then FILE_LOCK_BUSY. Unlock: close. */
int file_lock(int *out_fd, const char *path, bool nowait, struct fault *fault);

/* PATH, below the folder `base` unless it is absolute, appended to `to`.  Text only. */
int file_join(struct buf *to, const char *base, const char *path);

#endif
