/*
 * sniff_kinds.c - the second witness of weak magic numbers
 *
 * Knows: the first fields of each format.  Does not know: how to read any of them.
 */
#include "unpack/sniff_kinds.h"

#include "base/text.h"
#include "unpack/tar_header.h"

static uint16_t
le16(struct bytes head, size_t at)
{
	uint16_t value = 0;

	head = bytes_slice(head, at, 2);
	(void)bytes_take_le16(&head, &value);
	return value;
}

static uint32_t
le32(struct bytes head, size_t at)
{
	uint32_t value = 0;

	head = bytes_slice(head, at, 4);
	(void)bytes_take_le32(&head, &value);
	return value;
}

static uint64_t
le64(struct bytes head, size_t at)
{
	uint64_t value = 0;

	head = bytes_slice(head, at, 8);
	(void)bytes_take_le64(&head, &value);
	return value;
}

static uint32_t
be32(struct bytes head, size_t at)
{
	return __builtin_bswap32(le32(head, at));
}

static bool
has(struct bytes head, size_t at, struct bytes what)
{
	return bytes_equal(bytes_slice(head, at, what.left), what);
}

bool
sniff_is_gzip(struct bytes head)
{
	return head.left >= 4 && (head.at[3] & 0xe0) == 0;
}

bool
sniff_is_gif(struct bytes head)
{
	return head.left >= 6 && (head.at[4] == '7' || head.at[4] == '9') && head.at[5] == 'a';
}

/* The new header usually lies in the first KiB; where it lies behind the head, a plausible DOS
 * header is believed. */
bool
sniff_is_pe(struct bytes head)
{
	uint32_t at = le32(head, 0x3c);

	if (head.left < 0x40)
		return false;
	if (at <= head.left && head.left - at >= 4)
		return has(head, at, BYTES_OF("PE\0\0"));
	return le16(head, 2) < 512 && le16(head, 8) >= 2 && le16(head, 8) < 0x400 &&
	       at < 0x10000000;
}

/* A class file keeps its version where a fat Mach-O counts its parts: 45 is Java 1.0. */
bool
sniff_is_fat_macho(struct bytes head)
{
	uint32_t count = be32(head, 4);

	return head.left >= 8 && count > 0 && count < 45;
}

bool
sniff_is_class(struct bytes head)
{
	uint32_t version = be32(head, 4) & 0xffff;

	return head.left >= 8 && version >= 45 && version < 1000;
}

bool
sniff_is_dex(struct bytes head)
{
	return head.left >= 8 && head.at[4] == '0' && head.at[7] == 0;
}

/* Magic, flags, then (3.7 on) time and size or hash, then a marshalled code object. */
bool
sniff_is_pyc(struct bytes head)
{
	static const uint8_t code_at[] = {8, 12, 16};
	uint16_t magic = le16(head, 0);

	if (!((magic >= 3000 && magic < 4000) || (magic >= 20121 && magic < 62300)))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(code_at); i++)
		if (head.left > code_at[i] &&
		    (head.at[code_at[i]] == 0xe3 || head.at[code_at[i]] == 0x63))
			return true;
	return false;
}

bool
sniff_is_zstd_skippable(struct bytes head)
{
	uint64_t behind = 8 + (uint64_t)le32(head, 4);

	/* Only a skippable frame with another zstd frame behind it is known to be zstd. */
	return head.left >= 8 && (head.at[0] & 0xf0) == 0x50 && behind < head.left &&
	       (has(head, (size_t)behind, BYTES_OF("\x28\xb5\x2f\xfd")) ||
		has(head, (size_t)behind + 1, BYTES_OF("\x2a\x4d\x18")));
}

bool
sniff_is_bzip2(struct bytes head)
{
	return head.left >= 10 && head.at[3] >= '1' && head.at[3] <= '9' &&
	       (has(head, 4, BYTES_OF("1AY&SY")) ||
		has(head, 4, BYTES_OF("\x17\x72\x45\x38\x50\x90")));
}

/* Archives of objects begin with a symbol table or hold objects; all others are packages. */
bool
sniff_is_plain_ar(struct bytes head)
{
	if (has(head, 8, BYTES_OF("/ ")) || has(head, 8, BYTES_OF("// ")) ||
	    has(head, 8, BYTES_OF("/SYM64/")) || has(head, 8, BYTES_OF("__.SYMDEF")) ||
	    has(head, 8, BYTES_OF("#1/")))
		return false;
	return !has(head, 68, BYTES_OF("\x7f\x45LF")) &&
	       !has(head, 68, BYTES_OF("\xcf\xfa\xed\xfe")) &&
	       !has(head, 68, BYTES_OF("BC\xc0\xde"));
}

static bool
digits(struct bytes head, size_t at, size_t count, bool hex)
{
	struct bytes field = bytes_slice(head, at, count);

	for (size_t i = 0; i < field.left; i++) {
		uint8_t c = text_lower(field.at[i]);

		if (!(hex ? (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')
			  : c >= '0' && c <= '7'))
			return false;
	}
	return field.left == count;
}

bool
sniff_is_cpio_text(struct bytes head)
{
	if (head.left >= 110 && (head.at[5] == '1' || head.at[5] == '2'))
		return digits(head, 6, 104, true);
	return head.left >= 76 && head.at[5] == '7' && digits(head, 6, 70, false);
}

/* Old binary: 13 words; the name's length is small and its last byte is NUL. */
bool
sniff_is_cpio_binary(struct bytes head)
{
	uint16_t name = le16(head, 20);

	if (head.left < 26)
		return false;
	if (head.at[0] == 0x71)
		name = __builtin_bswap16(name);
	return name >= 2 && name < 4096 && head.left >= 26u + name && head.at[25 + name] == 0 &&
	       head.at[26] != 0 && memchr(head.at + 26, 0, name - 1u) == NULL;
}

/* Chromium pickle: 4, size of the header pickle, its payload, length of the JSON, the JSON. */
bool
sniff_is_asar(struct bytes head)
{
	uint32_t pickle = le32(head, 4), payload = le32(head, 8), json = le32(head, 12);

	return head.left >= 18 && pickle >= 8 && payload == pickle - 4 && json <= payload - 4 &&
	       json >= 2 && head.at[16] == '{' && (head.at[17] == '"' || head.at[17] == '}');
}

bool
sniff_is_xar(struct bytes head)
{
	return head.left >= 8 && head.at[4] == 0 && head.at[5] >= 28 && head.at[5] <= 64 &&
	       head.at[6] == 0;
}

bool
sniff_is_lha(struct bytes head)
{
	return head.left >= 22 && head.at[6] == '-' && text_is_alnum(head.at[5]) &&
	       head.at[20] <= 3;
}

bool
sniff_is_safetensors(struct bytes head)
{
	uint64_t json = le64(head, 0);

	return head.left >= 10 && json >= 2 && json <= (uint64_t)100 * 1024 * 1024 &&
	       (head.at[9] == '"' || head.at[9] == '}' || head.at[9] == ' ' || head.at[9] == '\n');
}

bool
sniff_is_gguf(struct bytes head)
{
	uint32_t version = head.left >= 4 && head.at[0] == 'F' ? be32(head, 4) : le32(head, 4);

	return head.left >= 8 && version >= 1 && version < 100;
}

/* PROTO n, then an opcode that can begin a pickle. */
bool
sniff_is_pickle(struct bytes head)
{
	if (head.left < 3 || head.at[1] < 2 || head.at[1] > 5)
		return false;
	if (head.at[1] >= 4)
		return head.at[2] == 0x95
			   ? head.left < 11 || le64(head, 3) < (uint64_t)1 << 40
			   : memchr("}])(NKJXcM\x8c\x8a\x88\x89.C", head.at[2], 16) != NULL;
	return memchr("}])(NKJXcMUGTC\x8a\x88\x89", head.at[2], 17) != NULL &&
	       (head.left < 5 || head.at[3] == '(' || head.at[3] == 'q' || head.at[3] == '.' ||
		head.at[2] != '}');
}

bool
sniff_is_sfnt(struct bytes head)
{
	uint32_t tables = be32(head, 4) >> 16;

	/* The first table's tag is four printable letters. */
	if (head.left < 16 || tables < 4 || tables > 64)
		return false;
	for (size_t i = 12; i < 16; i++)
		if (head.at[i] < 0x20 || head.at[i] > 0x7e)
			return false;
	return true;
}

bool
sniff_is_ttc(struct bytes head)
{
	return head.left >= 12 && be32(head, 4) >> 16 <= 2 && be32(head, 8) > 0 &&
	       be32(head, 8) < 1024;
}

/* PFX ::= SEQUENCE { INTEGER 3, SEQUENCE { OBJECT IDENTIFIER pkcs7... */
bool
sniff_is_pkcs12(struct bytes head)
{
	size_t at = 2;

	if (head.left < 24)
		return false;
	if (head.at[1] & 0x80)
		at += head.at[1] & 0x7f;
	if (at > 8 || !has(head, at, BYTES_OF("\2\1\3\x30")))
		return false;
	at += 4;
	if (head.at[at] & 0x80)
		at += head.at[at] & 0x7f;
	return has(head, at + 1, BYTES_OF("\6\x09\x2a\x86\x48\x86\xf7\x0d\1\7"));
}

static int
take_varint(struct bytes *in, uint64_t *out)
{
	uint64_t value = 0;
	uint8_t byte;

	for (unsigned shift = 0; shift < 63; shift += 7) {
		if (bytes_take_u8(in, &byte) < 0)
			return -1;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0) {
			*out = value;
			return 0;
		}
	}
	return -1;
}

/* ModelProto: ir_version (1), then producer and domain texts (2..6), a graph (7) that begins with
 * a node (1), its name (2) or a tensor (5), or the operator sets (8). */
bool
sniff_is_onnx(struct bytes head)
{
	uint64_t value, tag;
	struct bytes field;

	if (bytes_skip(&head, 1) < 0 || take_varint(&head, &value) < 0 || value < 1 || value > 64)
		return false;
	for (unsigned fields = 0; fields < 8; fields++) {
		if (take_varint(&head, &tag) < 0)
			return false;
		if (tag == 0x28) {
			if (take_varint(&head, &value) < 0)
				return false;
			continue;
		}
		if (tag != 0x12 && tag != 0x1a && tag != 0x22 && tag != 0x32 && tag != 0x3a &&
		    tag != 0x42)
			return false;
		if (take_varint(&head, &value) < 0)
			return false;
		if (tag == 0x3a)
			return head.left > 2 &&
			       (head.at[0] == 0x0a || head.at[0] == 0x12 || head.at[0] == 0x2a);
		field = bytes_slice(head, 0, value > head.left ? head.left : (size_t)value);
		if (tag != 0x42 && (value > 4096 || !text_is_utf8(field)))
			return false;
		if (tag == 0x42 &&
		    (value < 2 || (field.left > 0 && field.at[0] != 0x0a && field.at[0] != 0x10)))
			return false;
		if (bytes_skip(&head, field.left) < 0 || field.left < value)
			return false;
	}
	return false;
}

/* v7 has no magic: the checksum is the witness, with a name that begins and a known type. */
bool
sniff_is_tar(struct bytes head)
{
	return head.left >= TAR_BLOCK && head.at[0] != 0 && tar_block_is_header(head.at) &&
	       (memcmp(head.at + 257, "ustar", 5) == 0 || head.at[156] == 0 ||
		(head.at[156] >= '0' && head.at[156] <= '7'));
}

/* No magic.  Properties of `lzma` and `xz --format=lzma` (lc 3, lp 0, pb 2), a window that is a
 * power of two or one and a half of it, and a size that is unknown or below 256 GiB; the range
 * coder's first byte is 0. */
bool
sniff_is_lzma(struct bytes head)
{
	uint32_t window = le32(head, 1), low = window & (0u - window);
	uint64_t size = le64(head, 5);

	return head.left >= 18 && head.at[0] == 0x5d && window >= 4096 &&
	       (window == low || window == low * 3) && head.at[13] == 0 &&
	       (size == UINT64_MAX || (size > 0 && size >> 38 == 0));
}
