/*
 * secret_personal.c - people's data in bulk
 *
 * Knows: shapes and check digits.  Does not know: tables, files.
 * Sources: ISO 13616 (IBAN), ISO/IEC 7812-1 (cards), Receita Federal (CPF), PESEL act, elfproef (BSN),
 * Interior ministry of Spain (DNI, NIE), Agenzia delle Entrate (codice fiscale), INSEE (NIR),
 * ISO 7064 MOD 11,10 (Steuer-ID).
 */
#include "detect/secret_personal.h"

#include "base/own.h"
#include "base/text.h"
#include "detect/secret_check.h"
#include "seal/hash.h"

/* A list of people, not an example of one. */
#define BULK_MIN       20
#define BULK_IBAN_MIN  10
#define BULK_EMAIL_MIN 100

const char *
secret_personal_rule(enum secret_personal kind)
{
	static const char *const names[PERSONAL_KINDS] = {
	    "personal-iban",  "personal-cards",    "personal-emails", "personal-cpf",
	    "personal-pesel", "personal-bsn",      "personal-dni",    "personal-codice-fiscale",
	    "personal-nir",   "personal-steuer-id"};

	return names[kind];
}

const char *
secret_personal_title(enum secret_personal kind)
{
	static const char *const names[PERSONAL_KINDS] = {"account numbers (IBAN)",
							  "payment card numbers",
							  "e-mail addresses",
							  "Brazilian tax numbers (CPF)",
							  "Polish national numbers (PESEL)",
							  "Dutch service numbers (BSN)",
							  "Spanish national numbers (DNI, NIE)",
							  "Italian tax codes (codice fiscale)",
							  "French social security numbers (NIR)",
							  "German tax numbers (Steuer-ID)"};

	return names[kind];
}

bool
secret_personal_is_bulk(enum secret_personal kind, const struct secret_personal_count *count)
{
	uint64_t min = kind == PERSONAL_EMAIL  ? BULK_EMAIL_MIN
		       : kind == PERSONAL_IBAN ? BULK_IBAN_MIN
					       : BULK_MIN;

	return count->right >= min && count->right * 10 >= count->seen * 9;
}

/* ---- check digits; all of them digits already ---- */

static unsigned
digit(struct bytes in, size_t i)
{
	return (unsigned)(in.at[i] - '0');
}

static bool
is_card(struct bytes in)
{
	struct secret_check_input input = {.secret = in};
	unsigned two = digit(in, 0) * 10 + digit(in, 1);
	bool issuer = in.at[0] == '4' || (two >= 51 && two <= 55) || (two >= 22 && two <= 27) ||
		      two == 34 || two == 37 || two == 60 || two == 65 || two == 35 || two == 36 ||
		      two == 38 || two == 62;

	return issuer && secret_check_luhn(&input) == SECRET_STATE_LIVE;
}

/* A weighted sum of the first `count` digits. */
static unsigned
weigh(struct bytes in, size_t count, const uint8_t *weights)
{
	unsigned sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += digit(in, i) * weights[i];
	return sum;
}

static bool
is_cpf(struct bytes in)
{
	static const uint8_t first[] = {10, 9, 8, 7, 6, 5, 4, 3, 2};
	static const uint8_t second[] = {11, 10, 9, 8, 7, 6, 5, 4, 3, 2};
	unsigned a = weigh(in, 9, first) * 10 % 11 % 10;
	unsigned b = weigh(in, 10, second) * 10 % 11 % 10;

	return a == digit(in, 9) && b == digit(in, 10);
}

static bool
is_pesel(struct bytes in)
{
	static const uint8_t weights[] = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1};
	unsigned month = digit(in, 2) * 10 + digit(in, 3), day = digit(in, 4) * 10 + digit(in, 5);

	return month % 20 >= 1 && month % 20 <= 12 && day >= 1 && day <= 31 &&
	       weigh(in, 11, weights) % 10 == 0;
}

static bool
is_bsn(struct bytes in)
{
	static const uint8_t weights[] = {9, 8, 7, 6, 5, 4, 3, 2};
	unsigned sum = weigh(in, 8, weights);

	return sum > 0 && sum % 11 == digit(in, 8);
}

static bool
is_steuer_id(struct bytes in)
{
	unsigned product = 10;

	if (in.at[0] == '0')
		return false;
	for (size_t i = 0; i < 10; i++) {
		unsigned sum = (digit(in, i) + product) % 10;

		product = (sum == 0 ? 10 : sum) * 2 % 11;
	}
	return (11 - product) % 10 == digit(in, 10);
}

static bool
is_nir(struct bytes in)
{
	uint64_t number = 0;
	unsigned month = digit(in, 3) * 10 + digit(in, 4);

	for (size_t i = 0; i < 13; i++)
		number = number * 10 + digit(in, i);
	return (in.at[0] == '1' || in.at[0] == '2') && month >= 1 && month <= 42 &&
	       97 - number % 97 == digit(in, 13) * 10 + digit(in, 14);
}

static bool
is_dni(struct bytes in)
{
	static const char letters[] = "TRWAGMYFPDXBNJZSQVHLCKE";
	unsigned number = 0;

	for (size_t i = 0; i < 8; i++) {
		uint8_t c = in.at[i];

		if (i == 0 && c >= 'X' && c <= 'Z')
			c = (uint8_t)('0' + c - 'X');
		number = number * 10 + (unsigned)(c - '0');
	}
	return in.at[8] == (uint8_t)letters[number % 23];
}

static bool
is_codice(struct bytes in)
{
	static const uint8_t odd[] = {1, 0, 5, 7, 9, 13, 15, 17, 19, 21};
	static const uint8_t odd_letters[] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
					      20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
	unsigned sum = 0;

	for (size_t i = 0; i < 15; i++) {
		uint8_t c = in.at[i];
		bool number = c >= '0' && c <= '9';

		if (i % 2 == 0)
			sum += number ? odd[c - '0'] : odd_letters[c - 'A'];
		else
			sum += (unsigned)(number ? c - '0' : c - 'A');
	}
	return in.at[15] == 'A' + sum % 26;
}

/* ---- runs ---- */

static void
count(struct secret_personal_count *counts, struct bytes in, uint64_t at_bytes, bool right)
{
	uint64_t hash;

	counts->seen++;
	if (!right)
		return;
	hash = hash_fast(in);
	if (hash == counts->hash) {
		counts->seen--;
		return;
	}
	counts->hash = hash;
	if (counts->right++ == 0)
		counts->at_bytes = at_bytes;
}

/* Does every character of the run fit?  9: a digit, A: an upper-case letter, x: either. */
static bool
has_shape(struct bytes in, const char *shape)
{
	for (size_t i = 0; i < in.left; i++) {
		uint8_t c = in.at[i];
		bool number = c >= '0' && c <= '9', letter = c >= 'A' && c <= 'Z';

		if (shape[i] == '\0' || (shape[i] == '9' && !number) ||
		    (shape[i] == 'A' && !letter) || (!number && !letter))
			return false;
	}
	return shape[in.left] == '\0';
}

static void
count_digits(struct bytes run, uint64_t at, struct secret_personal_count counts[])
{
	switch (run.left) {
	case 9:
		count(&counts[PERSONAL_BSN], run, at, is_bsn(run));
		return;
	case 11:
		count(&counts[PERSONAL_CPF], run, at, is_cpf(run));
		count(&counts[PERSONAL_PESEL], run, at, is_pesel(run));
		count(&counts[PERSONAL_STEUERID], run, at, is_steuer_id(run));
		return;
	default:
		break;
	}
	if (run.left == 15)
		count(&counts[PERSONAL_NIR], run, at, is_nir(run));
	if (run.left >= 13 && run.left <= 19)
		count(&counts[PERSONAL_CARD], run, at, is_card(run));
}

static void
count_mixed(struct bytes run, uint64_t at, struct secret_personal_count counts[])
{
	if (run.left == 9 &&
	    (has_shape(run, "99999999A") ||
	     (run.at[0] >= 'X' && run.at[0] <= 'Z' && has_shape(run, "A9999999A"))))
		count(&counts[PERSONAL_DNI], run, at, is_dni(run));
	else if (run.left == 16 && has_shape(run, "AAAAAAxxAxxAxxxA"))
		count(&counts[PERSONAL_CODICE], run, at, is_codice(run));
	else if (run.left >= 15 && run.left <= 34 && has_shape(bytes_slice(run, 0, 4), "AA99")) {
		struct secret_check_input input = {.secret = run};

		count(&counts[PERSONAL_IBAN], run, at,
		      secret_check_iban(&input) == SECRET_STATE_LIVE);
	}
}

/* What stands around an '@': a mailbox, as far as one can tell. */
static bool
is_mail(struct bytes in, size_t at, size_t *from, size_t *to)
{
	bool dot = false;

	for (*from = at; *from > 0 && at - *from < 64; (*from)--)
		if (!text_is_alnum(in.at[*from - 1]) && strchr("._+-", in.at[*from - 1]) == NULL)
			break;
	for (*to = at + 1; *to < in.left && *to - at < 254; (*to)++) {
		if (!text_is_alnum(in.at[*to]) && in.at[*to] != '.' && in.at[*to] != '-')
			break;
		dot = dot || in.at[*to] == '.';
	}
	return *from < at && dot && *to > at + 4;
}

void
secret_personal_scan(struct bytes in, size_t from, size_t to, uint64_t base_bytes,
		     struct secret_personal_count counts[PERSONAL_KINDS])
{
	size_t i = from;

	while (i > 0 && i < in.left && text_is_alnum(in.at[i]) && text_is_alnum(in.at[i - 1]))
		i++;
	while (i < to) {
		size_t end = i, digits = 0, begin, stop;

		for (; end < in.left && end - i < 4096 && text_is_alnum(in.at[end]); end++)
			digits += in.at[end] <= '9';
		if (end - i >= 9 && end - i <= 34 && digits >= 4) {
			struct bytes run = bytes_slice(in, i, end - i);

			if (digits == run.left)
				count_digits(run, base_bytes + i, counts);
			else
				count_mixed(run, base_bytes + i, counts);
		}
		if (end < to && in.at[end] == '@' && is_mail(in, end, &begin, &stop))
			count(&counts[PERSONAL_EMAIL], bytes_slice(in, begin, stop - begin),
			      base_bytes + begin, true);
		i = end + 1;
	}
}
