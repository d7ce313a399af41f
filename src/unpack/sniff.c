/*
 * sniff.c - what bytes are, by their own structure and never by name
 *
 * Knows: magic numbers and, where those are weak, the fields behind them.
 * Does not know: whether the rest of the file keeps the promise.
 * A wrong answer for a container costs a message "not examined"; so weak magics need a second
 * witness (a checksum, a size that fits, a field with few legal values).
 */
#include "unpack/sniff.h"

#include "base/utf16.h"
#include "unpack/sniff_kinds.h"

#define TEXT_TEST_BYTES ((size_t)8 * 1024)

struct magic {
	enum blob_kind kind;
	uint16_t at;
	uint8_t length;
	const char *bytes;
	bool (*also)(struct bytes head); /* NULL: the magic is enough */
};

/* Sorted by how much a wrong answer would hurt, strongest magic first; all at offset 0 unless said. */
static const struct magic magics[] = {
    {BLOB_ZIP, 0, 4, "PK\3\4", NULL},
    {BLOB_ZIP, 0, 4, "PK\5\6", NULL},
    {BLOB_ZIP, 0, 8, "PK\7\10PK\3\4", NULL},
    {BLOB_ZIP, 0, 8, "PK00PK\3\4", NULL},
    {BLOB_GZIP, 0, 3, "\x1f\x8b\x08", sniff_is_gzip},
    {BLOB_ELF, 0, 4, "\x7f\x45LF", NULL},
    {BLOB_PNG, 0, 8, "\x89PNG\r\n\x1a\n", NULL},
    {BLOB_JPEG, 0, 3, "\xff\xd8\xff", NULL},
    {BLOB_GIF, 0, 4, "GIF8", sniff_is_gif},
    {BLOB_PE, 0, 2, "MZ", sniff_is_pe},
    {BLOB_MACHO, 0, 4, "\xfe\xed\xfa\xce", NULL},
    {BLOB_MACHO, 0, 4, "\xfe\xed\xfa\xcf", NULL},
    {BLOB_MACHO, 0, 4, "\xce\xfa\xed\xfe", NULL},
    {BLOB_MACHO, 0, 4, "\xcf\xfa\xed\xfe", NULL},
    {BLOB_MACHO, 0, 4, "\xca\xfe\xba\xbe", sniff_is_fat_macho},
    {BLOB_MACHO, 0, 4, "\xca\xfe\xba\xbf", sniff_is_fat_macho},
    {BLOB_CLASS, 0, 4, "\xca\xfe\xba\xbe", sniff_is_class},
    {BLOB_WASM, 0, 4, "\0asm", NULL},
    {BLOB_DEX, 0, 4, "dex\n", sniff_is_dex},
    {BLOB_PYC, 2, 2, "\r\n", sniff_is_pyc},
    {BLOB_ZSTD, 0, 4, "\x28\xb5\x2f\xfd", NULL},
    {BLOB_ZSTD, 1, 3, "\x2a\x4d\x18", sniff_is_zstd_skippable},
    {BLOB_XZ, 0, 6,
     "\xfd"
     "7zXZ\0",
     NULL},
    {BLOB_BZIP2, 0, 3, "BZh", sniff_is_bzip2},
    {BLOB_LZ4, 0, 4, "\x04\x22\x4d\x18", NULL},
    {BLOB_LZ4, 0, 4, "\x02\x21\x4c\x18", NULL},
    {BLOB_7Z, 0, 6, "7z\xbc\xaf\x27\x1c", NULL},
    {BLOB_RPM, 0, 4, "\xed\xab\xee\xdb", NULL},
    {BLOB_AR, 0, 8, "!<arch>\n", sniff_is_plain_ar},
    {BLOB_AR_OBJECT_LIB, 0, 8, "!<arch>\n", NULL},
    {BLOB_AR_OBJECT_LIB, 0, 8, "!<thin>\n", NULL},
    {BLOB_CPIO, 0, 5, "07070", sniff_is_cpio_text},
    {BLOB_CPIO, 0, 2, "\xc7\x71", sniff_is_cpio_binary},
    {BLOB_CPIO, 0, 2, "\x71\xc7", sniff_is_cpio_binary},
    {BLOB_ASAR, 0, 4, "\4\0\0\0", sniff_is_asar},
    {BLOB_LONGTAIL, 0, 8, "MSCF\0\0\0\0", NULL},
    {BLOB_LONGTAIL, 0, 6, "Rar!\x1a\x07", NULL},
    {BLOB_LONGTAIL, 0, 4, "xar!", sniff_is_xar},
    {BLOB_LONGTAIL, 2, 3, "-lh", sniff_is_lha},
    {BLOB_LONGTAIL, 2, 3, "-lz", sniff_is_lha},
    {BLOB_LONGTAIL, 0x8001, 5, "CD001", NULL},
    {BLOB_SAFETENSORS, 8, 1, "{", sniff_is_safetensors},
    {BLOB_GGUF, 0, 4, "GGUF", sniff_is_gguf},
    {BLOB_GGUF, 0, 4, "FUGG", sniff_is_gguf},
    {BLOB_GGML, 0, 4, "lmgg", NULL},
    {BLOB_GGML, 0, 4, "fmgg", NULL},
    {BLOB_GGML, 0, 4, "tjgg", NULL},
    {BLOB_GGML, 0, 4, "algg", NULL},
    {BLOB_TFLITE, 4, 4, "TFL3", NULL},
    {BLOB_NPY, 0, 6, "\x93NUMPY", NULL},
    {BLOB_HDF5, 0, 8, "\x89HDF\r\n\x1a\n", NULL},
    {BLOB_PICKLE, 0, 1, "\x80", sniff_is_pickle},
    {BLOB_PDF, 0, 5, "%PDF-", NULL},
    {BLOB_FONT, 0, 4, "wOFF", NULL},
    {BLOB_FONT, 0, 4, "wOF2", NULL},
    {BLOB_FONT, 0, 4, "OTTO", sniff_is_sfnt},
    {BLOB_FONT, 0, 4, "true", sniff_is_sfnt},
    {BLOB_FONT, 0, 4, "ttcf", sniff_is_ttc},
    {BLOB_FONT, 0, 4, "\0\1\0\0", sniff_is_sfnt},
    {BLOB_SQLITE, 0, 16, "SQLite format 3", NULL},
    {BLOB_KEYSTORE, 0, 4, "\xfe\xed\xfe\xed", NULL},
    {BLOB_KEYSTORE, 0, 4, "\xce\xce\xce\xce", NULL},
    {BLOB_KEYSTORE, 0, 1, "\x30", sniff_is_pkcs12},
    {BLOB_ONNX, 0, 1, "\x08", sniff_is_onnx},
    {BLOB_TAR, 0, 0, "", sniff_is_tar},
    {BLOB_LZMA, 0, 0, "", sniff_is_lzma},
};

#define TEXT_PER_NUL 512

#define COUNT_BLOCK ((size_t)128)

static bool
is_text(struct bytes head)
{
	size_t controls = 0, zeros = 0;

	head = bytes_slice(head, 0, TEXT_TEST_BYTES);
	for (size_t from = 0; from < head.left; from += COUNT_BLOCK) {
		size_t to = head.left - from < COUNT_BLOCK ? head.left : from + COUNT_BLOCK;
		uint8_t some_controls = 0, some_zeros = 0; /* as wide as a byte, for 32 at a time */

		for (size_t i = from; i < to; i++) {
			uint8_t c = head.at[i];

			/* tab, newline, form feed, return, escape (terminal logs) are text's own */
			some_controls += (c < 0x20) & (c != '\t') & (c != '\n') & (c != '\r') &
					 (c != '\f') & (c != 0x1b);
			some_controls += c == 0x7f;
			some_zeros += c == 0;
		}
		controls += some_controls;
		zeros += some_zeros;
	}
	/* A raw NUL in a literal leaves a script a script. */
	if (zeros * TEXT_PER_NUL > head.left)
		return utf16_order_of(head) != UTF16_NONE;
	return controls * 32 <= head.left;
}

enum blob_kind
sniff(struct bytes head, bool complete)
{
	if (head.left == 0)
		return BLOB_EMPTY;
	for (size_t i = 0; i < ARRAY_LEN(magics); i++) {
		const struct magic *m = &magics[i];

		if (m->length > 0 && (head.left < (size_t)m->at + m->length ||
				      head.at[m->at] != (uint8_t)m->bytes[0] ||
				      memcmp(head.at + m->at, m->bytes, m->length) != 0))
			continue;
		if (m->also == NULL || m->also(head))
			return m->kind;
	}
	(void)complete;
	return is_text(head) ? BLOB_TEXT : BLOB_BINARY;
}
