/*
 * banned.h - calls that hostile input turns into holes; forced in by the build
 *
 * Each names what to use instead, because a ban without a way out gets worked around.
 */
#ifndef STOPWATER_BANNED_H
#define STOPWATER_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat gets strtok
/* instead: buf_printf(), snprintf() with its answer checked, bytes_take() */
#pragma GCC poison system popen
/* instead: posix_spawn() with an argument vector; nothing goes through a shell */
#pragma GCC poison tmpnam tempnam mktemp
/* instead: file_write_begin(), which makes its temporary beside the target */
#pragma GCC poison gmtime localtime ctime asctime
/* instead: clock_format(), which is UTC and has no static buffer */
#pragma GCC poison atoi atol atoll atof
/* instead: text_parse_u64(), which tells wrong from zero */

#endif
