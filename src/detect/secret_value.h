/*
 * secret_value.h - what a value looks like: noise or words, a placeholder, an id, code
 *
 * Pure functions of the bytes they are given, linear in them, without memory of their own; values
 * longer than SECRET_VALUE_MAX are judged by their front.
 */
#ifndef DETECT_SECRET_VALUE_H
#define DETECT_SECRET_VALUE_H

#include "base/bytes.h"

#define SECRET_VALUE_MAX ((size_t)512)

/* Which characters a value holds. */
#define VALUE_LOWER  0x01u
#define VALUE_UPPER  0x02u
#define VALUE_DIGIT  0x04u
#define VALUE_BASE64 0x08u /* + / = */
#define VALUE_URL    0x10u /* - _ */
#define VALUE_DOT    0x20u
#define VALUE_SYMBOL 0x40u  /* ! @ # $ % ^ & * ~: what people make passwords hard with */
#define VALUE_MARK   0x400u /* other printable ASCII */
#define VALUE_BLANK  0x80u
#define VALUE_HIGH   0x100u /* UTF-8, or worse */
#define VALUE_CTRL   0x200u

struct secret_value {
	size_t length;
	unsigned classes;
	unsigned kinds;         /* how many of lower, upper, digit, symbol */
	unsigned letters;       /* how many letters */
	unsigned digits;        /* how many digits */
	unsigned distinct;      /* different bytes */
	unsigned switches;      /* places where letter, digit or case class changes */
	uint32_t entropy_milli; /* Shannon bits a byte, in thousandths */
	int32_t words_milli; /* > 0: pairs as in code; < 0: as in noise; bits a byte, thousandths */
	int32_t noise_milli; /* the same against noise of its own alphabet: < 0 is noise */
	bool hex;            /* all hexadecimal digits of one case */
	bool uuid;
};

void secret_value_look(struct bytes value, struct secret_value *out);

/* As drawn at random from an alphabet: long enough, unlike words, of enough different characters. */
bool secret_value_is_noise(const struct secret_value *value);

/* Made up by a person to be hard to guess: letters with digits or symbols, or unlike words. */
bool secret_value_is_password(const struct secret_value *value);

/* What is stored in place of a password: crypt(3) and its many children. */
bool secret_value_is_hash(struct bytes value);

/* Stands for a secret and is none: xxxx, <...>, ${...}, your_key_here, changeme, 0123456789,
 * all the same, an environment look-up, a format string. */
bool secret_is_placeholder(struct bytes value);

/* Says of itself that it is an example. */
bool secret_says_example(struct bytes value);

/* Caseless search for a lower-case needle. */
bool secret_has_word(struct bytes in, const char *needle);

/* 8 * log2 of how much likelier a pair is in code than in noise; secret_bigram.c. */
extern const int8_t secret_bigram[64][64];

#endif
