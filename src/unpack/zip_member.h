/*
 * zip_member.h - the content of one member of a zip, decoded and checked
 */
#ifndef UNPACK_ZIP_MEMBER_H
#define UNPACK_ZIP_MEMBER_H

#include "unpack/checked.h"
#include "unpack/unpack.h"
#include "unpack/zip_record.h"

struct zip_member {
	struct stream raw;       /* the packed bytes */
	struct stream *inflater; /* kept from member to member: nearly all are deflated */
	struct stream *other;    /* decoder of this member alone; NULL: none */
	struct stream *decoder;  /* one of both, NULL: stored */
	struct checked checked;
	uint64_t packed_at, packed_bytes; /* in the file */
	bool out;
};

void zip_member_free(struct zip_member *member);

/* Set entry->content (or entry->unreadable) for the packed bytes, which are there.
 * `promised`: size and CRC of `reading` are to be compared. */
int zip_member_begin(struct zip_member *member, struct unpack_entry *entry,
		     const struct zip_entry *reading, bool promised, struct bytes packed,
		     struct fault *fault);

/* Packed bytes that the decoder left over once it has ended; 0 while it has not, or stored. */
uint64_t zip_member_left_over(const struct zip_member *member);

#endif
