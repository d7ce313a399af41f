/*
 * settings_near.c - the nearest known key, for who misspelt one
 *
 * Knows: edit distance.  Does not know: where settings come from.
 */
#include <string.h>

#include "config/settings_inside.h"

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* How many letters differ (Levenshtein), by one row of the usual table. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[KEY_BYTES_MAX + 1];
	size_t length = strlen(b);

	if (length > KEY_BYTES_MAX || strlen(a) > KEY_BYTES_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < length; j++) {
			size_t up = row[j + 1];

			row[j + 1] = least(up + 1, row[j] + 1, corner + (a[i] != b[j]));
			corner = up;
		}
	}
	return row[length];
}

/* The last part of a key: "depth" of "scan.limits.depth". */
static const char *
leaf_of(const char *key)
{
	const char *dot = strrchr(key, '.');

	return dot == NULL ? key : dot + 1;
}

/* NULL when nothing is near.  A right leaf below the wrong table is near as well. */
static const char *
nearest(const char *key)
{
	size_t best = 4; /* up to three letters wrong */
	const char *found = NULL;

	for (size_t i = 0; i < settings_table_count; i++) {
		size_t d = distance(key, settings_table[i].key);

		if (strcmp(leaf_of(key), leaf_of(settings_table[i].key)) == 0 && d > 2)
			d = 2;
		if (d < best) {
			best = d;
			found = settings_table[i].key;
		}
	}
	return found;
}

int
settings_unknown(const char *where, const char *key, struct fault *fault)
{
	const char *near = nearest(key);

	if (near != NULL)
		return fault_set(fault, FAULT_USAGE,
				 "%s: no setting is called '%.100s'; did you mean '%s'?", where,
				 key, near);
	return fault_set(fault, FAULT_USAGE, "%s: no setting is called '%.100s'", where, key);
}
