/*
 * secret_value.c - what a value looks like
 *
 * Knows: characters, pairs of them, and the ways in which people write that a secret goes here.
 * Does not know: names, languages, files.
 */
#include "detect/secret_value.h"

#include "base/fixed.h"
#include "base/own.h"
#include "base/text.h"

/* Columns of the table. */
#define BIGRAM_START 63

static unsigned
class_of(uint8_t c)
{
	if (c >= 'a' && c <= 'z')
		return VALUE_LOWER;
	if (c >= 'A' && c <= 'Z')
		return VALUE_UPPER;
	if (c >= '0' && c <= '9')
		return VALUE_DIGIT;
	if (c == '+' || c == '/' || c == '=')
		return VALUE_BASE64;
	if (c == '-' || c == '_')
		return VALUE_URL;
	if (c == '.')
		return VALUE_DOT;
	if (c == ' ' || c == '\t')
		return VALUE_BLANK;
	if (c >= 0x80)
		return VALUE_HIGH;
	if (c < 0x20 || c == 0x7f)
		return VALUE_CTRL;
	return strchr("!@#$%^&*~", c) != NULL ? VALUE_SYMBOL : VALUE_MARK;
}

static unsigned
column_of(uint8_t c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= 'A' && c <= 'Z')
		return 26u + c - 'A';
	if (c >= '0' && c <= '9')
		return 52u + c - '0';
	return c == '_' ? 62 : BIGRAM_START;
}

static bool
is_uuid(struct bytes in)
{
	if (in.left != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		uint8_t c = text_lower(in.at[i]);
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return true;
}

static bool
is_hex(struct bytes in)
{
	bool lower = false, upper = false;

	for (size_t i = 0; i < in.left; i++) {
		uint8_t c = in.at[i];

		if (c >= '0' && c <= '9')
			continue;
		lower = lower || (c >= 'a' && c <= 'f');
		upper = upper || (c >= 'A' && c <= 'F');
		if (text_lower(c) < 'a' || text_lower(c) > 'f')
			return false;
	}
	return in.left > 0 && !(lower && upper);
}

/* Uses `counts` up. */
static uint32_t
entropy_of(struct bytes in, uint16_t counts[256])
{
	uint64_t sum = 0;

	if (in.left < 2)
		return 0;
	for (size_t i = 0; i < in.left; i++) {
		uint16_t count = counts[in.at[i]];

		if (count > 1)
			sum += (uint64_t)count * fixed_log2(count);
		counts[in.at[i]] = 0;
	}
	return (uint32_t)((fixed_log2(in.left) - sum / in.left) * 1000 / FIXED_ONE);
}

/* 1000 * log2(62 / letters of the alphabet): the table compares with noise of all 62. */
static int32_t
alphabet_milli(unsigned classes)
{
	static const int16_t milli[8] = {0, 1254, 1254, 254, 2632, 784, 784, 0};

	return milli[classes & (VALUE_LOWER | VALUE_UPPER | VALUE_DIGIT)];
}

void
secret_value_look(struct bytes value, struct secret_value *out)
{
	uint16_t counts[256];
	unsigned before = BIGRAM_START, class_before = 0;
	int32_t eighths = 0;
	size_t known = 0;

	if (value.left > SECRET_VALUE_MAX)
		value.left = SECRET_VALUE_MAX;
	*out = (struct secret_value){.length = value.left};
	memset(counts, 0, sizeof(counts));
	for (size_t i = 0; i < value.left; i++) {
		uint8_t c = value.at[i];
		unsigned class = class_of(c), column = column_of(c);

		out->classes |= class;
		out->distinct += counts[c]++ == 0;
		out->switches += i > 0 && class != class_before;
		out->letters += (class & (VALUE_LOWER | VALUE_UPPER)) != 0;
		out->digits += class == VALUE_DIGIT;
		if (column != BIGRAM_START) {
			eighths += secret_bigram[before][column];
			known++;
		}
		before = column;
		class_before = class;
	}
	out->kinds = ((out->classes & VALUE_LOWER) != 0) + ((out->classes & VALUE_UPPER) != 0) +
		     ((out->classes & VALUE_DIGIT) != 0) +
		     ((out->classes &
		       (VALUE_SYMBOL | VALUE_MARK | VALUE_BASE64 | VALUE_URL | VALUE_DOT)) != 0);
	out->entropy_milli = entropy_of(value, counts);
	out->words_milli = known == 0 ? 0 : eighths * 125 / (int32_t)known;
	out->noise_milli = out->words_milli - alphabet_milli(out->classes);
	out->hex = is_hex(value);
	out->uuid = is_uuid(value);
}

bool
secret_value_is_noise(const struct secret_value *v)
{
	if ((v->classes & (VALUE_BLANK | VALUE_HIGH | VALUE_CTRL)) != 0 || v->uuid)
		return false;
	if (v->digits == v->length || v->distinct < 6)
		return false;
	if (v->hex)
		return v->length >= 16 && v->digits >= 2 && v->letters >= 2 && v->distinct >= 7;
	if (v->length < 10)
		return false;
	/* In 20 characters of base62 the pairs are worth -2.6 bits each, 99 % are below -1.2; of
	 * identifiers of 10 and more characters 1 % are below -0.8. */
	if (v->length < 16)
		return v->noise_milli <= -1300 && v->kinds >= 2;
	if (v->length < 32)
		return v->noise_milli <= -850 && v->entropy_milli >= 2900;
	return v->noise_milli <= -600 && v->entropy_milli >= 3200;
}

bool
secret_value_is_password(const struct secret_value *v)
{
	if (v->length < 5 || v->length > 64 || v->distinct < 4 ||
	    (v->classes & (VALUE_BLANK | VALUE_HIGH | VALUE_CTRL)) != 0 || v->letters == 0)
		return false;
	/* a-b, a_b, a.b and a/b are how names are written: unlike words it must be. */
	if (v->digits == 0 && (v->classes & VALUE_SYMBOL) == 0)
		return v->noise_milli < (v->length < 7 ? -300 : -50);
	if (v->length < 6)
		return v->noise_milli < -300;
	/* file2, sha256, user_1: a word with a number behind. */
	if ((v->classes & VALUE_SYMBOL) == 0 && v->words_milli > 300 && v->switches <= 1)
		return v->digits >= 3 && v->length >= 8;
	return v->words_milli <= 900 || (v->classes & VALUE_SYMBOL) != 0;
}

/* An id of a scheme between marks, then what it made: $2y$10$..., sha1$..., {SSHA}... */
bool
secret_value_is_hash(struct bytes in)
{
	static const char *const fronts[] = {
	    "$1$",     "$2a$",    "$2b$",    "$2y$",    "$2x$",     "$5$",        "$6$",
	    "$7$",     "$y$",     "$gy$",    "$apr1$",  "$argon2",  "$pbkdf2",    "$scrypt$",
	    "$p5k2$",  "$md5",    "$sha1$",  "{ssha",   "{sha",     "{crypt}",    "{md5}",
	    "{smd5}",  "sha1$",   "md5$",    "pbkdf2_", "pbkdf2:",  "bcrypt$",    "bcrypt_",
	    "argon2$", "scrypt:", "sha256$", "sha512$", "{bcrypt}", "scram-sha-", "{pbkdf2",
	    "{argon2", "$h$",     "$p$",     "crypt$",  "$8$",      "$9$",
	};

	/* PostgreSQL's own: md5 and 32 digits. */
	if (in.left == 35 && text_equal_nocase(bytes_slice(in, 0, 3), BYTES_OF("md5")) &&
	    is_hex(bytes_slice(in, 3, 32)))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(fronts); i++) {
		size_t length;

		if (in.left == 0 || text_lower(in.at[0]) != (uint8_t)fronts[i][0])
			continue;
		length = strlen(fronts[i]);
		if (in.left >= length + 8 &&
		    text_equal_nocase(bytes_slice(in, 0, length), bytes_text(fronts[i])))
			return true;
	}
	return false;
}

bool
secret_has_word(struct bytes in, const char *needle)
{
	size_t length = strlen(needle);

	for (size_t i = 0; i + length <= in.left; i++)
		if (text_lower(in.at[i]) == (uint8_t)needle[0] &&
		    text_equal_nocase(bytes_slice(in, i, length), bytes_make(needle, length)))
			return true;
	return false;
}

/* 12345678, abcdefgh, 0123456789abcdef, qwertyuiop, and their like, most of the value. */
static bool
is_sequence(struct bytes in)
{
	size_t steps = 0, same = 0;

	for (size_t i = 1; i < in.left; i++) {
		int step = in.at[i] - in.at[i - 1];

		steps += step == 1 || step == -1 || (in.at[i - 1] == '9' && in.at[i] == '0') ||
			 (in.at[i - 1] == '9' && text_lower(in.at[i]) == 'a');
		same += step == 0;
	}
	return in.left >= 4 && (steps * 4 >= (in.left - 1) * 3 || same * 3 >= (in.left - 1) * 2);
}

/* abcabcabcabc: a short piece again and again. */
static bool
is_repeated(struct bytes in)
{
	for (size_t period = 1; period <= 8 && period * 3 <= in.left; period++)
		if (memcmp(in.at, in.at + period, in.left - period) == 0)
			return true;
	return false;
}

static bool
is_letter(uint8_t c)
{
	return text_lower(c) >= 'a' && text_lower(c) <= 'z';
}

static bool
is_interpolated(struct bytes in)
{
	static const char *const marks[] = {"${", "#{", "{{", "}}", "$(", "%(",  "<%",  "%>", "@{",
					    "{%", "$[", "%{", "[[", "]]", "\\(", "{0}", "{1}"};

	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (bytes_find(in, bytes_text(marks[i])) >= 0)
			return true;
	if (in.left >= 2 && in.at[0] == '{' && in.at[in.left - 1] == '}')
		return true;
	if (in.left >= 3 && in.at[0] == '%' && in.at[in.left - 1] == '%')
		return true;
	if (in.left >= 3 && in.at[0] == '<' && in.at[in.left - 1] == '>')
		return true;
	if (in.left >= 3 && in.at[0] == '_' && in.at[1] == '_' && in.at[in.left - 1] == '_')
		return true;
	if (in.left >= 3 && in.at[0] == '[' && in.at[in.left - 1] == ']')
		return true;
	/* $NAME at the front, or behind what is no letter: a variable; $1$ and $2y$ are hashes. */
	for (size_t i = 0; i + 2 < in.left; i++)
		if (in.at[i] == '$' && (i == 0 || !text_is_alnum(in.at[i - 1])) &&
		    (is_letter(in.at[i + 1]) || in.at[i + 1] == '_') &&
		    (is_letter(in.at[i + 2]) || in.at[i + 2] == '_') && !secret_value_is_hash(in))
			return true;
	return false;
}

/* "%s", "%d:%s": more format than text. */
static bool
is_format(struct bytes in)
{
	size_t marks = 0;

	for (size_t i = 0; i + 1 < in.left; i++)
		if (in.at[i] == '%' && strchr("sdxuvqi@", in.at[i + 1]) != NULL &&
		    (i + 2 == in.left || !text_is_alnum(in.at[i + 2])))
			marks++;
	return marks > 0;
}

static bool
holds_any(const uint64_t there[4], const char *characters)
{
	for (; *characters != '\0'; characters++)
		if ((there[(uint8_t)*characters / 64] >> (uint8_t)*characters % 64 & 1) != 0)
			return true;
	return false;
}

/* Are the first three letters of the word somewhere?  Most words end here. */
static bool
may_hold(const uint64_t there[4], const char *word)
{
	for (size_t i = 0; i < 3 && word[i] != '\0'; i++) {
		uint8_t c = (uint8_t)word[i];

		if ((there[c / 64] >> c % 64 & 1) == 0)
			return false;
	}
	return true;
}

bool
secret_is_placeholder(struct bytes in)
{
	static const char *const words[] = {
	    "example",      "your",         "xxxx",        "changeme",  "change_me", "change-me",
	    "change.me",    "changeit",     "placeholder", "redacted",  "removed",   "insert",
	    "replace",      "dummy",        "****",        "....",      "<your",     "todo",
	    "fixme",        "enter_",       "enter-",      "some_",     "some-",     "my_",
	    "mypass",       "my-",          "mysecret",    "mytoken",   "mykey",     "supersecret",
	    "undefined",    "not_set",      "notset",      "not-set",   "____",      "----",
	    "yyyy",         "zzzz",         "foobar",      "foo-bar",   "foo_bar",   "lorem",
	    "fakepass",     "fake_",        "fake-",       "sample",    "specify",   "provide",
	    "secret_here",  "_here",        "-here",       "goes_here", "hunter2xx", "default_",
	    "thisis",       "this_is",      "this-is",     "deadbeef",  "{token}",   "base64",
	    "abcdef123456", "1234567890ab",
	};
	static const char *const whole[] = {
	    "none",     "utf-8",    "utf8",     "utf-16", "utf-16le", "utf-16-le", "ascii",
	    "latin1",   "sha256",   "bcrypt",   "plain",  "null",     "nil",       "true",
	    "false",    "password", "passwd",   "secret", "token",    "string",    "hidden",
	    "empty",    "unset",    "value",    "test",   "foo",      "bar",       "baz",
	    "text",     "xxx",      "...",      "***",    "key",      "required",  "random",
	    "generate", "user",     "username", "number", "object",   "boolean",   "optional",
	};

	uint64_t there[4] = {0};

	if (in.left == 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		if (text_lower(in.at[0]) == (uint8_t)whole[i][0] &&
		    text_equal_nocase(in, bytes_text(whole[i])))
			return true;
	for (size_t i = 0; i < in.left; i++) {
		uint8_t c = text_lower(in.at[i]);

		there[c / 64] |= (uint64_t)1 << c % 64;
	}
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (may_hold(there, words[i]) && secret_has_word(in, words[i]))
			return true;
	return is_sequence(in) || is_repeated(in) ||
	       (holds_any(there, "${}%<>[]_@#\\") && (is_interpolated(in) || is_format(in)));
}

bool
secret_says_example(struct bytes in)
{
	/* RFC 6749, 6750, 7617, 6455; jQuery and Go show the same. */
	static const char *const published[] = {
	    "mF_9.B5f-4.1JqM",
	    "2YotnFZFEjr1zCsicMWpAA",
	    "tGzv3JOkF0XG5Qx2TlKWIA",
	    "SplxlOBeZQQYbYS6WxSbIA",
	    "gX1fBat3bV",
	    "7Fjfp0ZBr1KtDRbnfVdmIw",
	    "QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
	    "dGhlIHNhbXBsZSBub25jZQ==",
	    "dXNlcjpwYXNz",
	    "dXNlcjpwYXNzd29yZA==",
	    "YWxhZGRpbjpvcGVuc2VzYW1l",
	};

	for (size_t i = 0; i < ARRAY_LEN(published); i++)
		if (in.left > 0 && in.at[0] == (uint8_t)published[i][0] &&
		    bytes_equal(in, bytes_text(published[i])))
			return true;
	/* The storage emulator of Azure has one key for everybody. */
	if (bytes_begins(in, BYTES_OF("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2U")))
		return true;
	return secret_has_word(in, "example") || secret_has_word(in, "sample") ||
	       secret_has_word(in, "dummy") || secret_has_word(in, "fake") ||
	       secret_has_word(in, "xxxxxx");
}
