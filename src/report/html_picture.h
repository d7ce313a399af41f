/*
 * html_picture.h - what is in a package, by size and kind, and what is wrong where
 */
#ifndef REPORT_HTML_PICTURE_H
#define REPORT_HTML_PICTURE_H

#include "report/group.h"

/* An inline SVG: one rectangle a file, as large as the file, red where something blocks, amber
 * where there is a note; the smallest files share one rectangle. */
int picture_map(FILE *to, const struct scan_report *report, size_t input, struct fault *fault);

/* Bars: bytes and files of each kind, largest first. */
void picture_kinds(FILE *to, const struct input_summary *summary);

#endif
