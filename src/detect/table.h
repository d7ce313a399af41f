/*
 * table.h - the rows of the table of detectors; one file a detector
 */
#ifndef DETECT_TABLE_H
#define DETECT_TABLE_H

#include "detect/detect.h"

/* extern const struct detector detect_NAME; one line each, in the order of table.c */
extern const struct detector detect_debris;

#endif
