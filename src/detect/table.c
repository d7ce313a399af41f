/*
 * table.c - the one table of detectors
 *
 * Knows: which detectors there are, in which order they run.  Does not know: what they look for.
 */
#include "detect/table.h"

/* One line each, so that changes meet less often. */
/* clang-format off */
const struct detector *const detect_table[] = {
    &detect_debris,
    &detect_debug_info,
    &detect_developer_path,
    &detect_codeword,
    &detect_intent,
    &detect_weights,
    &detect_container,
    &detect_source_map,
    &detect_protected,
    &detect_secret,
    &detect_suppression,
    NULL,
};
/* clang-format on */

const size_t detect_table_count = ARRAY_LEN(detect_table) - 1;
