/*
 * about.h - is a file documentation or a test?  They show paths, hosts and headers of their
 * authors' invention, which name nobody.
 */
#ifndef DETECT_ABOUT_H
#define DETECT_ABOUT_H

#include "base/bytes.h"

/* By the name inside its container: folders test, docs, examples, ...; README, CHANGELOG, .md. */
bool about_nobody(struct bytes name);

/* LICENSE, COPYING, NOTICE, EULA and their like. */
bool about_licences(struct bytes name);

#endif
