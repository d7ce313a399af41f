/*
 * test_sniff.c - what bytes are taken for
 */
#include "unpack/sniff.h"

#include "base/own.h"
#include "tap.h"

static void
is(struct bytes head, enum blob_kind kind)
{
	EQ_STR(blob_kind_name(sniff(head, true)), blob_kind_name(kind));
}

TEST(plain_text_in_any_usual_encoding_is_text)
{
	is(BYTES_OF("hello\n"), BLOB_TEXT);
	is(BYTES_OF("\xef\xbb\xbf{\"a\":1}"), BLOB_TEXT);
	is(BYTES_OF("caf\xe9 latin-1 \x1b[31mred\x1b[0m\t\r\n"), BLOB_TEXT);
	is(BYTES_OF("\xff\xfeh\0e\0l\0l\0o\0"), BLOB_TEXT);
	is(BYTES_OF("h\0e\0l\0l\0o\0,\0 \0w\0o\0r\0l\0d\0"), BLOB_TEXT);
	is(BYTES_OF("\0h\0e\0l\0l\0o\0,\0 \0w\0o\0r\0l\0d"), BLOB_TEXT);
}

TEST(bytes_with_nul_or_many_controls_are_binary)
{
	is(BYTES_OF("abc\0def"), BLOB_BINARY);
	is(BYTES_OF("\1\2\3\4abc"), BLOB_BINARY);
	is(BYTES_OF(""), BLOB_EMPTY);
}

TEST(a_stray_nul_leaves_a_script_a_script)
{
	uint8_t script[2000];

	for (size_t i = 0; i < sizeof(script); i++)
		script[i] = (uint8_t) "var a=1;\n"[i % 9];
	script[900] = 0;
	is(bytes_make(script, sizeof(script)), BLOB_TEXT);
	for (size_t i = 0; i < sizeof(script); i += 100)
		script[i] = 0;
	is(bytes_make(script, sizeof(script)), BLOB_BINARY);
}

TEST(strong_magic_is_enough)
{
	is(BYTES_OF("PK\3\4aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), BLOB_ZIP);
	is(BYTES_OF("\x1f\x8b\x08\0\0\0\0\0\0\3"), BLOB_GZIP);
	is(BYTES_OF("\x7f\x45LF\2\1\1"), BLOB_ELF);
	is(BYTES_OF("\xfd"
		    "7zXZ\0\0\4"),
	   BLOB_XZ);
	is(BYTES_OF("BZh91AY&SY\0\0"), BLOB_BZIP2);
	is(BYTES_OF("\x28\xb5\x2f\xfd\0"), BLOB_ZSTD);
	is(BYTES_OF("\x04\x22\x4d\x18\x64"), BLOB_LZ4);
	is(BYTES_OF("7z\xbc\xaf\x27\x1c\0\4"), BLOB_7Z);
	is(BYTES_OF("\xed\xab\xee\xdb\3\0"), BLOB_RPM);
	is(BYTES_OF("\0asm\1\0\0\0"), BLOB_WASM);
	is(BYTES_OF("GGUF\3\0\0\0"), BLOB_GGUF);
	is(BYTES_OF("\x93NUMPY\1\0"), BLOB_NPY);
	is(BYTES_OF("%PDF-1.7\n"), BLOB_PDF);
	is(BYTES_OF("\xfe\xed\xfe\xed\0\0\0\2"), BLOB_KEYSTORE);
}

TEST(weak_magic_needs_a_second_witness)
{
	is(BYTES_OF("MZ is how this text begins, and it is long enough to hold a DOS header "
		    "of sixty-four bytes"),
	   BLOB_TEXT);
	is(BYTES_OF("BZh is three letters of text"), BLOB_TEXT);
	is(BYTES_OF("070701 is a number in a text that is long enough to be the header of a cpio "
		    "archive, which would hold digits only"),
	   BLOB_TEXT);
	is(BYTES_OF("GIF89 is text too"), BLOB_TEXT);
	is(BYTES_OF("true is not a font, though fonts may begin with it"), BLOB_TEXT);
	is(BYTES_OF("0\1not a keystore at all, only bytes"), BLOB_TEXT);
}

TEST(java_classes_and_fat_mach_o_share_a_magic)
{
	is(BYTES_OF("\xca\xfe\xba\xbe\0\0\0\x34"), BLOB_CLASS);
	is(BYTES_OF("\xca\xfe\xba\xbe\0\0\0\2"), BLOB_MACHO);
}

TEST(ar_of_objects_and_ar_of_files_differ_by_their_first_member)
{
	is(BYTES_OF("!<arch>\ndebian-binary   0           0     0     100644  4         `\n2.0\n"),
	   BLOB_AR);
	is(BYTES_OF(
	       "!<arch>\n/               0           0     0     0       4         `\n\0\0\0\0"),
	   BLOB_AR_OBJECT_LIB);
}

TEST(models_are_known_by_their_first_fields)
{
	is(BYTES_OF("\x10\0\0\0\0\0\0\0{\"a\":{}}        "), BLOB_SAFETENSORS);
	is(BYTES_OF("\x08\x07\x12\x07pytorch\x1a\x03"
		    "1.9\x3a\x80\x02\x0a\x10..."),
	   BLOB_ONNX);
	is(BYTES_OF("\x1c\0\0\0TFL3\0\0"), BLOB_TFLITE);
	is(BYTES_OF("\x80\2}q\0(X\1\0\0\0a"), BLOB_PICKLE);
	is(BYTES_OF("\x80\4\x95\x10\0\0\0\0\0\0\0}\x94."), BLOB_PICKLE);
}

TEST(an_archive_behind_something_else_is_found)
{
	static const char sfx[] = "MZ program 7z\xbc\xaf\x27\x1c\0\4"
				  "0123456789012345678901234567890";
	size_t at = 0;

	EQ_INT(sniff_embedded(BYTES_OF(sfx), &at), BLOB_7Z);
	EQ_U64(at, 11);
	EQ_INT(sniff_embedded(bytes_slice(BYTES_OF(sfx), 11, 100), &at), BLOB_BINARY);
	EQ_INT(sniff_embedded(BYTES_OF("nothing at all, but more than twenty-two bytes"), &at),
	       BLOB_BINARY);
}

TEST(any_cut_of_any_head_is_answered)
{
	uint8_t head[SNIFF_BYTES];
	uint32_t state = 1;

	for (unsigned round = 0; round < 2000; round++) {
		static const char first[] = "PM\x1f\x80\x08\x30\xca\x7f\x5d\x71\xc7"
					    "0!BgG-t\4";
		size_t size = round % 700;

		for (size_t i = 0; i < size; i++) {
			state = state * 1664525u + 1013904223u;
			head[i] = (uint8_t)(state >> 24);
		}
		head[0] = (uint8_t)first[round % (sizeof(first) - 1)];
		OK(sniff(bytes_make(head, size), true) < BLOB_KIND_COUNT);
	}
}
