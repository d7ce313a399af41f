/*
 * codeword_text.c - confidentiality notices and internal hosts that anybody's text may hold
 *
 * Knows: the sentences that companies put above their files, addresses of private networks.
 * Does not know: an owner's own words (codeword_set.c).
 * The word "confidential" alone says nothing: OAuth has confidential clients, clouds confidential
 * machines, licences define the term.  So either the whole sentence is one that only such notices
 * have, or an upper-case mark stands beside a copyright.
 */
#include "detect/codeword_text.h"

#include "base/own.h"
#include "base/text.h"

#define AROUND_BYTES 400
#define LINE_MAX     400

/* Compared without case, with any run of blanks for a blank. */
static const char *const sentences[] = {
    "proprietary and confidential",   "confidential and proprietary", "company confidential",
    "strictly confidential",          "confidential property of",     "confidential information of",
    "is confidential and may not be", "contains trade secrets",       "contain trade secrets",
    "proprietary trade secret",
};

/* In upper case as they stand, and only beside a copyright. */
static const char *const marks[] = {
    "CONFIDENTIAL",         "INTERNAL USE ONLY", "DO NOT DISTRIBUTE",
    "NOT FOR DISTRIBUTION", "TRADE SECRET",
};

/* Does `text` stand at `at`?  Blanks, line ends and comment stars count as one blank. */
static size_t
match(struct bytes in, size_t at, const char *text, bool nocase)
{
	size_t from = at;

	for (; *text != '\0'; text++) {
		uint8_t c;

		if (*text == ' ') {
			size_t blanks = 0;

			while (at < in.left && blanks < 12 &&
			       (in.at[at] <= ' ' || in.at[at] == '*' || in.at[at] == '#' ||
				in.at[at] == '/')) {
				at++;
				blanks++;
			}
			if (blanks == 0)
				return 0;
			continue;
		}
		if (at >= in.left)
			return 0;
		c = in.at[at++];
		if ((nocase ? text_lower(c) : c) != (uint8_t)*text)
			return 0;
	}
	return at - from;
}

static bool
has_nocase(struct bytes in, const char *word)
{
	size_t length = strlen(word);

	for (size_t i = 0; i + length <= in.left; i++)
		if (text_lower(in.at[i]) == (uint8_t)word[0] &&
		    text_equal_nocase(bytes_slice(in, i, length), bytes_text(word)))
			return true;
	return false;
}

/* Is the line of `at` a comment? */
static bool
in_comment(struct bytes in, size_t at)
{
	static const char *const beginnings[] = {"//", "/*",   "*",      "#",   "--", ";", "<!--",
						 "%",  "REM ", "\"\"\"", "'''", "{-", "(*"};
	size_t from = at;

	while (from > 0 && at - from < LINE_MAX && in.at[from - 1] != '\n')
		from--;
	while (from < at && (in.at[from] == ' ' || in.at[from] == '\t'))
		from++;
	for (size_t i = 0; i < ARRAY_LEN(beginnings); i++)
		if (bytes_begins(bytes_slice(in, from, 8), bytes_text(beginnings[i])))
			return true;
	return false;
}

static bool
beside_copyright(struct bytes in, size_t at)
{
	size_t from = at > AROUND_BYTES ? at - AROUND_BYTES : 0;
	struct bytes around = bytes_slice(in, from, at - from + AROUND_BYTES);

	return has_nocase(around, "copyright") || has_nocase(around, "all rights reserved") ||
	       bytes_find(around, BYTES_OF("\xc2\xa9")) >= 0;
}

static bool
is_word_edge(struct bytes in, size_t from, size_t to)
{
	return (from == 0 || !(text_is_alnum(in.at[from - 1]) || in.at[from - 1] == '_')) &&
	       (to >= in.left || !(text_is_alnum(in.at[to]) || in.at[to] == '_'));
}

/* Only what an anchor stands in, so that each notice is met once or twice. */
static bool
find_around(struct bytes in, size_t at, const char *text, bool nocase, struct codeword_place *out)
{
	size_t reach = strlen(text) + 24, from = at > reach ? at - reach : 0;

	for (; from <= at; from++) {
		size_t length;

		if ((nocase ? text_lower(in.at[from]) : in.at[from]) != (uint8_t)text[0])
			continue;
		length = match(in, from, text, nocase);
		if (length == 0 || from + length <= at || !is_word_edge(in, from, from + length))
			continue;
		*out = (struct codeword_place){from, from + length};
		return true;
	}
	return false;
}

/* A phrase in quotes is talked about, not said. */
static bool
in_quotes(struct bytes in, const struct codeword_place *place)
{
	return place->from > 0 && place->to < in.left &&
	       strchr("\"'`", in.at[place->from - 1]) != NULL && in.at[place->from - 1] != 0;
}

bool
codeword_notice(struct bytes in, size_t at, size_t front, struct codeword_place *out)
{
	bool comment = in_comment(in, at);

	if (!comment && at >= front / 4)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(sentences); i++)
		if (find_around(in, at, sentences[i], true, out))
			return !in_quotes(in, out) && beside_copyright(in, at);
	for (size_t i = 0; comment && i < ARRAY_LEN(marks); i++)
		if (find_around(in, at, marks[i], false, out))
			return !in_quotes(in, out) && beside_copyright(in, at);
	return false;
}

static bool
is_host_byte(uint8_t c)
{
	return text_is_alnum(c) || c == '-' || c == '.';
}

/* 10/8, 172.16/12, 192.168/16; those that manuals use for examples are left out. */
static bool
is_private_address(struct bytes host)
{
	static const char *const examples[] = {
	    "192.168.0.1",    "192.168.1.1",   "192.168.0.0",   "192.168.1.0", "10.0.0.1",
	    "10.0.0.0",       "10.0.0.2",      "172.16.0.1",    "172.17.0.1",  "10.0.2.2",
	    "192.168.1.100",  "192.168.1.2",   "192.168.0.100", "192.168.0.2", "10.0.3.2",
	    "192.168.99.100", "192.168.122.1", "172.20.10.1",   "10.10.10.10", "10.1.1.1",
	};
	unsigned parts[4] = {0}, count = 0;

	for (size_t i = 0; i < host.left; i++) {
		if (host.at[i] == '.') {
			if (++count > 3)
				return false;
		} else if (host.at[i] < '0' || host.at[i] > '9' || parts[count] > 255) {
			return false;
		} else {
			parts[count] = parts[count] * 10 + (host.at[i] - '0');
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(examples); i++)
		if (bytes_equal(host, bytes_text(examples[i])))
			return false;
	if (count != 3 || parts[1] > 255 || parts[2] > 255 || parts[3] > 255)
		return false;
	return parts[0] == 10 || (parts[0] == 192 && parts[1] == 168) ||
	       (parts[0] == 172 && parts[1] >= 16 && parts[1] <= 31);
}

static bool
is_private_name(struct bytes host)
{
	static const char *const endings[] = {".internal", ".corp",  ".lan",
					      ".intranet", ".intra", ".local"};
	/* What clouds, containers and examples call themselves is not a secret of anybody. */
	static const char *const known[] = {
	    "google.internal",
	    "docker.internal",
	    "cluster.local",
	    "compute.internal",
	    "containers.internal",
	    "example",
	    "test",
	    "foo",
	    "bar",
	    "acme",
	    "host.local",
	    "my",
	    "your",
	    "localhost",
	    "metadata",
	    "some",
	    "domain",
	    "ec2.internal",
	    "company",
	};
	bool ends = bytes_begins(host, BYTES_OF("intranet."));

	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		ends |=
		    bytes_ends(host, bytes_text(endings[i])) && host.left > strlen(endings[i]) + 1;
	if (!ends)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (bytes_find(host, bytes_text(known[i])) >= 0)
			return false;
	return true;
}

bool
codeword_private_host(struct bytes in, size_t at, struct codeword_place *out)
{
	struct bytes host;
	size_t from = at + 3, to = from;

	if (at == 0 || !text_is_alnum(in.at[at - 1]))
		return false;
	while (to < in.left && to - from < 254 && is_host_byte(in.at[to]))
		to++;
	/* "user@host" */
	if (to < in.left && in.at[to] == '@')
		for (from = ++to; to < in.left && to - from < 254 && is_host_byte(in.at[to]);)
			to++;
	host = bytes_slice(in, from, to - from);
	while (host.left > 0 && host.at[host.left - 1] == '.')
		host.left--;
	if (host.left < 6 || (!is_private_address(host) && !is_private_name(host)))
		return false;
	*out = (struct codeword_place){from, from + host.left};
	return true;
}
