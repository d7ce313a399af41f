/*
 * table.h - the rows of the table of detectors; one file a detector
 */
#ifndef DETECT_TABLE_H
#define DETECT_TABLE_H

#include "detect/detect.h"

/* One line each, in the order of table.c. */
extern const struct detector detect_debris;
extern const struct detector detect_debug_info;
extern const struct detector detect_intent;
extern const struct detector detect_developer_path;
extern const struct detector detect_codeword;
extern const struct detector detect_weights;
extern const struct detector detect_container;
extern const struct detector detect_source_map;
extern const struct detector detect_protected;
extern const struct detector detect_secret;
extern const struct detector detect_suppression;

#endif
