/*
 * escape.h - text from outside, made harmless for where it is shown
 */
#ifndef REPORT_ESCAPE_H
#define REPORT_ESCAPE_H

#include <stdio.h>

/* For a terminal: control bytes, what is not UTF-8, and the characters that reverse or hide text
 * (bidirectional overrides, zero width) as \xNN. */
void escape_terminal(FILE *to, const char *text);

/* For XML and HTML, in text and in quoted attributes: the same, and & < > " ' as entities. */
void escape_markup(FILE *to, const char *text);

/* A path as a relative URI reference (RFC 3986): what is not unreserved or '/' as %NN. */
int escape_uri(char *to, size_t room, const char *path);

#endif
