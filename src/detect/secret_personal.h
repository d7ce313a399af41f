/*
 * secret_personal.h - people's data in bulk: account and card numbers, addresses, national numbers
 *
 * One number says nothing: many programs have numbers of eleven digits.  What is told is a file in
 * which nearly all numbers of a kind have right check digits, and many of them: a column of a table.
 * Asked of dumps alone (CSV, SQL, JSON lines, LDIF); never of programs.
 */
#ifndef DETECT_SECRET_PERSONAL_H
#define DETECT_SECRET_PERSONAL_H

#include "base/bytes.h"

enum secret_personal {
	PERSONAL_IBAN,
	PERSONAL_CARD,
	PERSONAL_EMAIL,
	PERSONAL_CPF,      /* Brazil */
	PERSONAL_PESEL,    /* Poland */
	PERSONAL_BSN,      /* Netherlands */
	PERSONAL_DNI,      /* Spain, NIE too */
	PERSONAL_CODICE,   /* Italy */
	PERSONAL_NIR,      /* France */
	PERSONAL_STEUERID, /* Germany */
	PERSONAL_KINDS,
};

struct secret_personal_count {
	uint64_t seen;     /* have the shape */
	uint64_t right;    /* and right check digits */
	uint64_t at_bytes; /* of the first right one */
	uint64_t hash;     /* of the last right one: the same again in the next row counts once */
};

/* Count what begins in [from, to) of `in`; `base_bytes` is the offset of in.at[0]. */
void secret_personal_scan(struct bytes in, size_t from, size_t to, uint64_t base_bytes,
			  struct secret_personal_count counts[PERSONAL_KINDS]);

/* Enough of them, and nearly all right? */
bool secret_personal_is_bulk(enum secret_personal kind, const struct secret_personal_count *count);

/* "personal-iban" and "account numbers (IBAN)". */
const char *secret_personal_rule(enum secret_personal kind);
const char *secret_personal_title(enum secret_personal kind);

#endif
