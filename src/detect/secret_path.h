/*
 * secret_path.h - what a file's name says about the values in it
 */
#ifndef DETECT_SECRET_PATH_H
#define DETECT_SECRET_PATH_H

#include "base/bytes.h"

#define SECRET_PATH_SETTINGS 0x01u  /* .env, .ini, .yml, Dockerfile, ...: values stand bare */
#define SECRET_PATH_TEST     0x02u  /* tests, fixtures, examples, mocks */
#define SECRET_PATH_DOC      0x04u  /* READMEs, manuals, change logs */
#define SECRET_PATH_LOCK     0x08u  /* lists of packages and their checksums */
#define SECRET_PATH_TEXTS    0x10u  /* texts in many languages: "password" is a label there */
#define SECRET_PATH_MADE     0x20u  /* minified or generated: names say nothing */
#define SECRET_PATH_DATA     0x40u  /* CSV, SQL, JSON lines */
#define SECRET_PATH_HASHES   0x100u /* shadow, .htpasswd: kept for the hashes in them */
#define SECRET_PATH_SAMPLE   0x80u  /* .env.example and its like */

unsigned secret_path_look(struct bytes name);

#endif
