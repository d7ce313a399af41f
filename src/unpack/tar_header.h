/*
 * tar_header.h - one 512-byte block of a tar, and the PAX records that amend it
 */
#ifndef UNPACK_TAR_HEADER_H
#define UNPACK_TAR_HEADER_H

#include "base/buf.h"
#include "base/bytes.h"

#define TAR_BLOCK ((size_t)512)

/*
 * OFFSET SIZE MEANING (POSIX ustar; GNU differs from 345 on)
 *      0  100 name                   257    6 "ustar\0" or GNU "ustar "
 *    100    8 mode                   263    2 version "00" or GNU " \0"
 *    108    8 uid                    265   32 user name
 *    116    8 gid                    297   32 group name
 *    124   12 size                   329    8 device major
 *    136   12 mtime                  337    8 device minor
 *    148    8 checksum               345  155 prefix of name
 *    156    1 type                   386   96 GNU: four sparse pieces
 *    157  100 link target            482    1 GNU: more pieces follow
 *                                    483   12 GNU: real size
 */
struct tar_header {
	struct bytes name, prefix, target; /* in the block, without the NULs behind */
	uint8_t type;
	uint32_t mode;
	int64_t size_bytes; /* -1: not a number */
	bool gnu;
};

/* Is it all zeros? */
bool tar_block_is_zero(const uint8_t *block);

/* Is its checksum right (summed as signed or unsigned bytes: old writers did both)? */
bool tar_block_is_header(const uint8_t *block);

void tar_header_parse(const uint8_t *block, struct tar_header *header);

/* Octal with spaces or zeros around, or base 256 when the top bit is set. -1: neither, or negative. */
int64_t tar_number(const uint8_t *at, size_t count);

/* What PAX records say of the next entry. */
#define PAX_BYTES_MAX ((size_t)1024 * 1024)

struct pax {
	struct buf path, target; /* used > 0: said */
	int64_t size_bytes;      /* -1: not said */

	/* GNU.sparse.* */
	bool sparse;
	int64_t real_size_bytes; /* -1: not said */
	uint32_t sparse_major, sparse_minor;
	struct buf map; /* 0.0 and 0.1: "offset,count,offset,count..." */
};

void pax_init(struct pax *pax);
void pax_free(struct pax *pax);
void pax_reset(struct pax *pax);

/* Take the records of one header in.  -1: some of it was not understood (the rest was taken). */
int pax_parse(struct pax *pax, struct bytes records);

#endif
