/*
 * codeword_text.h - confidentiality notices and internal hosts that anybody's text may hold
 */
#ifndef DETECT_CODEWORD_TEXT_H
#define DETECT_CODEWORD_TEXT_H

#include "base/bytes.h"

struct codeword_place {
	size_t from, to;
};

/* A notice in a comment or at the front that says the file is confidential.  `at`: where an
 * anchor of CODEWORD_NOTICE_ANCHORS stands; `front`: how many bytes of `in` are the file's front
 * (the first 4 KiB), 0 for later windows. */
#define CODEWORD_NOTICE_ANCHORS       "fidFIDE OietIETT DE Secr"
#define CODEWORD_NOTICE_ANCHORS_COUNT 8
bool codeword_notice(struct bytes in, size_t at, size_t front, struct codeword_place *out);

/* The host of a URL whose "://" stands at `at`, when it is one of a private network. */
#define CODEWORD_URL_ANCHORS       "://"
#define CODEWORD_URL_ANCHORS_COUNT 1
bool codeword_private_host(struct bytes in, size_t at, struct codeword_place *out);

#endif
