/*
 * blob.h - bytes with a name, after unpacking
 *
 * A blob's path is a chain: `acme-1.2.tgz!/dist/app.js.map!/src/a.ts`, always in display form
 * (invalid UTF-8, control bytes and '\' as \xNN, a literal "!/" as "\x21/"), so that it can be
 * printed, compared and sorted as it is.  `name` is the last link with its raw bytes.
 */
#ifndef BASE_BLOB_H
#define BASE_BLOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"

/* What the bytes are by their own structure, never by name. */
enum blob_kind {
	BLOB_EMPTY,
	BLOB_TEXT, /* any text, incl. JSON and UTF-16; see unpack/sniff.h for the test */
	BLOB_BINARY,

	BLOB_ELF,
	BLOB_PE,
	BLOB_MACHO, /* thin or fat */
	BLOB_WASM,
	BLOB_CLASS,
	BLOB_DEX,
	BLOB_PYC,
	BLOB_AR_OBJECT_LIB, /* ar of objects: walked as a container */

	BLOB_SAFETENSORS,
	BLOB_GGUF,
	BLOB_GGML,
	BLOB_ONNX,
	BLOB_TFLITE,
	BLOB_PICKLE,
	BLOB_NPY,
	BLOB_HDF5,

	BLOB_PNG,
	BLOB_JPEG,
	BLOB_GIF,
	BLOB_PDF,
	BLOB_FONT,
	BLOB_SQLITE,
	BLOB_KEYSTORE, /* JKS, PKCS#12 by structure */

	/* Containers: walked, their members become blobs. */
	BLOB_TAR,
	BLOB_ZIP,
	BLOB_AR,
	BLOB_CPIO,
	BLOB_RPM,
	BLOB_7Z,
	BLOB_ASAR,
	BLOB_LONGTAIL, /* what only libarchive reads: iso, cab, rar, lha, xar, ... */

	/* One compressed stream. */
	BLOB_GZIP,
	BLOB_ZSTD,
	BLOB_XZ,
	BLOB_LZMA,
	BLOB_BZIP2,
	BLOB_LZ4,
	BLOB_KIND_COUNT
};

/* Text cut out of the middle of a binary (intake/excerpt.h). */
enum blob_excerpt {
	BLOB_NO_EXCERPT,
	BLOB_EXCERPT_TEXT,  /* its bytes stand in the binary as they are */
	BLOB_EXCERPT_UTF16, /* there in UTF-16, here in UTF-8 */
};

#define BLOB_HEAD_BYTES   4096 /* how much of the front every detector may look at for free */
#define BLOB_OBJECT_BYTES 32   /* an id of git, filled up with zeros */
#define BLOB_HEAD_BYTES   4096 /* how much of the front every detector may look at for free */

struct blob {
	const char *path;   /* display form of the whole chain */
	struct bytes name;  /* raw bytes of the last link, may hold '/' */
	struct bytes head;  /* the first bytes, up to BLOB_HEAD_BYTES */
	int64_t size_bytes; /* -1: not known before the end */
	enum blob_kind kind;
	uint32_t depth; /* 0: the input itself */
	uint32_t mode;  /* permission bits where the container has them, else 0 */
	bool derived;   /* decoded out of another blob (an original of a source map, ...) whose
			    bytes are accounted there */
	enum blob_excerpt excerpt;
	const uint8_t
	    *object;       /* of a git store, also what lies inside: its id, BLOB_OBJECT_BYTES */
	bool pending_name; /* derived: the name is a stand-in until the end of the parent */
};

/* Static, lower case, for people and JSON: "elf", "text", "zip", ... */
const char *blob_kind_name(enum blob_kind kind);

static inline bool
blob_kind_is_container(enum blob_kind kind)
{
	return kind == BLOB_AR_OBJECT_LIB || (kind >= BLOB_TAR && kind <= BLOB_LONGTAIL);
}

static inline bool
blob_kind_is_stream(enum blob_kind kind)
{
	return kind >= BLOB_GZIP && kind <= BLOB_LZ4;
}

#define BLOB_PATH_BYTES_MAX ((size_t)64 * 1024)

/* Append the display form of one link of a chain. */
int blob_display(struct buf *to, struct bytes name);

/* Append parent + "!/" + display(name); parent NULL: display(name). */
int blob_path_append(struct buf *to, const char *parent, struct bytes name);

/* The same in an arena. NULL out of memory. */
const char *blob_path(struct arena *arena, const char *parent, struct bytes name);

/* The part of a display path or raw name behind the last '/' . */
struct bytes blob_basename(struct bytes name);

#endif
