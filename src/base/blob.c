/*
 * blob.c - names of blobs, in a form that is safe to print
 *
 * Knows: the display form of CONTRACT A1.  Does not know: how blobs come to be.
 */
#include "base/blob.h"

#include "base/text.h"

static const char *const kind_names[BLOB_KIND_COUNT] = {
    [BLOB_EMPTY] = "empty",
    [BLOB_TEXT] = "text",
    [BLOB_BINARY] = "binary",
    [BLOB_ELF] = "elf",
    [BLOB_PE] = "pe",
    [BLOB_MACHO] = "mach-o",
    [BLOB_WASM] = "wasm",
    [BLOB_CLASS] = "class",
    [BLOB_DEX] = "dex",
    [BLOB_PYC] = "pyc",
    [BLOB_AR_OBJECT_LIB] = "ar-objects",
    [BLOB_SAFETENSORS] = "safetensors",
    [BLOB_GGUF] = "gguf",
    [BLOB_GGML] = "ggml",
    [BLOB_ONNX] = "onnx",
    [BLOB_TFLITE] = "tflite",
    [BLOB_PICKLE] = "pickle",
    [BLOB_NPY] = "npy",
    [BLOB_HDF5] = "hdf5",
    [BLOB_PNG] = "png",
    [BLOB_JPEG] = "jpeg",
    [BLOB_GIF] = "gif",
    [BLOB_PDF] = "pdf",
    [BLOB_FONT] = "font",
    [BLOB_SQLITE] = "sqlite",
    [BLOB_KEYSTORE] = "keystore",
    [BLOB_TAR] = "tar",
    [BLOB_ZIP] = "zip",
    [BLOB_AR] = "ar",
    [BLOB_CPIO] = "cpio",
    [BLOB_RPM] = "rpm",
    [BLOB_7Z] = "7z",
    [BLOB_ASAR] = "asar",
    [BLOB_LONGTAIL] = "archive",
    [BLOB_GZIP] = "gzip",
    [BLOB_ZSTD] = "zstd",
    [BLOB_XZ] = "xz",
    [BLOB_LZMA] = "lzma",
    [BLOB_BZIP2] = "bzip2",
    [BLOB_LZ4] = "lz4",
};

const char *
blob_kind_name(enum blob_kind kind)
{
	return (unsigned)kind < BLOB_KIND_COUNT ? kind_names[kind] : "unknown";
}

int
blob_display(struct buf *to, struct bytes name)
{
	while (name.left > 0) {
		size_t plain = text_utf8_sequence(name);
		uint8_t c = name.at[0];

		if (c == '!' && name.left > 1 && name.at[1] == '/') {
			(void)buf_append_text(to, "\\x21");
			plain = 1;
		} else if (plain == 0 || c < 0x20 || c == 0x7f || c == '\\') {
			(void)buf_printf(to, "\\x%02x", c);
			plain = 1;
		} else {
			(void)buf_append(to, name.at, plain);
		}
		(void)bytes_skip(&name, plain);
	}
	return to->failed;
}

int
blob_path_append(struct buf *to, const char *parent, struct bytes name)
{
	if (parent != NULL) {
		(void)buf_append_text(to, parent);
		(void)buf_append_text(to, "!/");
	}
	return blob_display(to, name);
}

const char *
blob_path(struct arena *arena, const char *parent, struct bytes name)
{
	AUTO(buf_free)
	struct buf path = BUF_INIT(BLOB_PATH_BYTES_MAX);

	if (blob_path_append(&path, parent, name) == FAULT_MEMORY)
		return NULL;
	return arena_copy(arena, path.at, path.used);
}

struct bytes
blob_basename(struct bytes name)
{
	for (size_t i = name.left; i > 0; i--)
		if (name.at[i - 1] == '/')
			return bytes_slice(name, i, name.left - i);
	return name;
}
