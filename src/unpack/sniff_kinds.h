/*
 * sniff_kinds.h - the second witness of weak magic numbers
 *
 * Each is asked with a head whose magic already agrees and says whether the fields behind it make
 * sense.  Any length of head is allowed.
 */
#ifndef UNPACK_SNIFF_KINDS_H
#define UNPACK_SNIFF_KINDS_H

#include "base/bytes.h"
#include "base/own.h"

bool sniff_is_gzip(struct bytes head);
bool sniff_is_gif(struct bytes head);
bool sniff_is_pe(struct bytes head);
bool sniff_is_fat_macho(struct bytes head);
bool sniff_is_class(struct bytes head);
bool sniff_is_dex(struct bytes head);
bool sniff_is_pyc(struct bytes head);
bool sniff_is_zstd_skippable(struct bytes head);
bool sniff_is_bzip2(struct bytes head);
bool sniff_is_plain_ar(struct bytes head);
bool sniff_is_cpio_text(struct bytes head);
bool sniff_is_cpio_binary(struct bytes head);
bool sniff_is_asar(struct bytes head);
bool sniff_is_xar(struct bytes head);
bool sniff_is_lha(struct bytes head);
bool sniff_is_safetensors(struct bytes head);
bool sniff_is_gguf(struct bytes head);
bool sniff_is_pickle(struct bytes head);
bool sniff_is_sfnt(struct bytes head);
bool sniff_is_ttc(struct bytes head);
bool sniff_is_pkcs12(struct bytes head);
bool sniff_is_onnx(struct bytes head);
bool sniff_is_tar(struct bytes head);
bool sniff_is_lzma(struct bytes head);

#endif
