/*
 * source_map_names.c - what the names and URLs of a source map tell
 *
 * Knows: how bundlers spell names, which words and hosts are telling.  Does not know: maps, files.
 */
#include "detect/source_map_names.h"

#include "base/blob.h"
#include "base/own.h"
#include "base/text.h"
#include "seal/hash.h"

static bool
has(struct bytes in, const char *part)
{
	return bytes_find(in, bytes_text(part)) >= 0;
}

/* Length of "scheme:" in front (two letters at least: C: is a drive), 0: none. */
static size_t
scheme_length(struct bytes url)
{
	size_t i = 0;

	while (i < url.left && (text_is_alnum(url.at[i]) || url.at[i] == '-' || url.at[i] == '+'))
		i++;
	return i >= 2 && i < url.left && url.at[i] == ':' ? i + 1 : 0;
}

int
source_map_join(struct buf *to, struct bytes root, struct bytes source)
{
	bool alone = source.left > 0 && (source.at[0] == '/' || scheme_length(source) > 0);

	if (root.left > 0 && !alone) {
		(void)buf_append(to, root.at, root.left);
		if (root.at[root.left - 1] != '/' && source.left > 0)
			(void)buf_append_u8(to, '/');
	}
	return buf_append(to, source.at, source.left);
}

bool
source_map_is_own(struct bytes name)
{
	static const char *const foreign[] = {
	    "node_modules/",
	    "node_modules\\",
	    "/.pnpm/",
	    "/.yarn/",
	    "bower_components/",
	    "webpack/runtime/",
	    "webpack/bootstrap",
	    "webpack/universalModuleDefinition",
	    "webpack/before-startup",
	    "webpack/startup",
	    "webpack/after-startup",
	    "(webpack)",
	    "webpack-internal:",
	    "commonjsHelpers",
	    "vite/preload-helper",
	    "vite/modulepreload-polyfill",
	    "/regenerator-runtime/",
	    "/core-js/",
	    "/tslib/",
	    "@babel/runtime",
	    "/site-packages/",
	    "/.cargo/registry/",
	    "/rustc/",
	    "/emsdk/",
	};

	if (name.left > 0 && name.at[0] == '\0') /* rollup marks what it made up by a NUL */
		return false;
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		if (has(name, foreign[i]))
			return false;
	if (bytes_ends(name, BYTES_OF("\"")) && has(name, "external "))
		return false; /* webpack://app/external commonjs "fs" */
	return !bytes_begins(name, BYTES_OF("<"));
}

/* Words, as they stand between other letters: "auth" is not in "author.ts". */
static bool
is_telling_word(struct bytes word)
{
	static const char *const words[] = {
	    "auth",     "authz",   "oauth",    "secret",      "secrets",     "internal",
	    "license",  "licence", "licenses", "licensing",   "entitlement", "entitlements",
	    "crypto",   "prompt",  "prompts",  "billing",     "payment",     "payments",
	    "pricing",  "admin",   "token",    "tokens",      "credential",  "credentials",
	    "password", "private", "fraud",    "proprietary", "confidential"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (text_equal_nocase(word, bytes_text(words[i])))
			return true;
	return false;
}

static bool
is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

bool
source_map_is_telling(struct bytes name)
{
	size_t from = 0;

	for (size_t i = 0; i <= name.left; i++) {
		bool inside = i < name.left && text_is_alnum(name.at[i]);
		/* camelCase: a word also ends where a capital follows a small letter. */
		bool hump = inside && i > from && is_upper(name.at[i]) && !is_upper(name.at[i - 1]);

		if (inside && !hump)
			continue;
		if (i > from && is_telling_word(bytes_slice(name, from, i - from)))
			return true;
		from = hump ? i : i + 1;
	}
	return false;
}

/* A copy of other people's code inside one's own tree: disclosed, but it tells nothing. */
static bool
is_vendored(struct bytes name)
{
	return has(name, "/vendor/") || has(name, "/vendored/") || has(name, "/third_party/") ||
	       has(name, "/third-party/") || has(name, "/thirdparty/");
}

uint32_t
source_map_rank(struct bytes name)
{
	uint32_t depth = 0;

	for (size_t i = 0; i + 1 < name.left; i++)
		if (name.at[i] == '/' && name.at[i + 1] != '/' && name.at[i + 1] != '.')
			depth++;
	if (depth > 255)
		depth = 255;
	return (uint32_t)source_map_is_own(name) << 10 | (uint32_t)!is_vendored(name) << 9 |
	       (uint32_t)source_map_is_telling(name) << 8 | depth;
}

bool
source_map_better(uint32_t rank_a, struct bytes a, uint32_t rank_b, struct bytes b)
{
	size_t least = a.left < b.left ? a.left : b.left;
	int order;

	if (rank_a != rank_b)
		return rank_a > rank_b;
	order = least == 0 ? 0 : memcmp(a.at, b.at, least);
	return order != 0 ? order < 0 : a.left < b.left;
}

/* Four decimal parts: is it an address that only answers inside? *is_address tells if it is one. */
static bool
is_private_ipv4(struct bytes host, bool *is_address)
{
	uint32_t part[4] = {0};
	size_t at = 0;

	*is_address = false;
	for (size_t i = 0; i < host.left; i++) {
		if (host.at[i] == '.' && at < 3)
			at++;
		else if (host.at[i] >= '0' && host.at[i] <= '9' && part[at] < 256)
			part[at] = part[at] * 10 + (host.at[i] - '0');
		else
			return false;
	}
	*is_address = at == 3;
	return at == 3 &&
	       (part[0] == 10 || part[0] == 127 || part[0] == 0 ||
		(part[0] == 172 && part[1] >= 16 && part[1] < 32) ||
		(part[0] == 192 && part[1] == 168) || (part[0] == 169 && part[1] == 254) ||
		(part[0] == 100 && part[1] >= 64 && part[1] < 128));
}

static bool
is_internal_label(struct bytes label)
{
	static const char *const labels[] = {"internal", "intranet", "intra", "corp", "lan"};

	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		if (text_equal_nocase(label, bytes_text(labels[i])))
			return true;
	return false;
}

/* RFC 6762 appendix G and what companies use; .example, .test and .invalid are documentation. */
static bool
is_internal_ending(struct bytes label)
{
	static const char *const endings[] = {"local", "localhost", "localdomain", "home",
					      "priv",  "private",   "intern",      "arpa"};

	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (text_equal_nocase(label, bytes_text(endings[i])))
			return true;
	return false;
}

static bool
is_internal_host(struct bytes host)
{
	size_t from = 0, labels = 0;
	bool is_address;

	if (host.left > 0 && host.at[0] == '[') /* loopback, unique local, link local */
		return has(host, "[::1]") || bytes_begins(host, BYTES_OF("[f"));
	if (is_private_ipv4(host, &is_address))
		return true;
	if (is_address || host.left == 0)
		return false;
	for (size_t i = 0; i <= host.left; i++) {
		struct bytes label = bytes_slice(host, from, i - from);

		if (i < host.left && host.at[i] != '.')
			continue;
		labels++;
		if (is_internal_label(label) || (i == host.left && is_internal_ending(label)))
			return true;
		from = i + 1;
	}
	return labels == 1; /* a bare name means something only at home */
}

/* The host of what follows "http://": user and port taken off. */
static struct bytes
host_of(struct bytes rest)
{
	size_t end = 0, from = 0;

	while (end < rest.left && rest.at[end] != '/' && rest.at[end] != '?' && rest.at[end] != '#')
		end++;
	rest = bytes_slice(rest, 0, end);
	for (size_t i = 0; i < rest.left; i++)
		if (rest.at[i] == '@')
			from = i + 1;
	rest = bytes_slice(rest, from, rest.left);
	if (rest.left > 0 && rest.at[0] == '[')
		return rest;
	for (size_t i = 0; i < rest.left; i++)
		if (rest.at[i] == ':')
			return bytes_slice(rest, 0, i);
	return rest;
}

/* Bytes that stand in URLs and not in code that builds them. */
static bool
is_url_text(struct bytes url)
{
	static const char odd[] = "\"'`\\<>{}()|^$*,;!";

	for (size_t i = 0; i < url.left; i++)
		if (url.at[i] <= ' ' || url.at[i] == 0x7f || strchr(odd, url.at[i]) != NULL)
			return false;
	return url.left > 0;
}

enum source_map_url
source_map_url(struct bytes url)
{
	size_t scheme = scheme_length(url);
	struct bytes rest = bytes_slice(url, scheme, url.left);
	struct bytes name = bytes_slice(url, 0, scheme);

	if (!is_url_text(url))
		return SOURCE_MAP_URL_NONE;
	if (scheme == 0 && !bytes_begins(url, BYTES_OF("//")))
		return has(url, ".") ? SOURCE_MAP_URL_PATH : SOURCE_MAP_URL_NONE;
	if (text_equal_nocase(name, BYTES_OF("file:")))
		return rest.left > 3 ? SOURCE_MAP_URL_INTERNAL : SOURCE_MAP_URL_NONE;
	if (scheme != 0 && !text_equal_nocase(name, BYTES_OF("http:")) &&
	    !text_equal_nocase(name, BYTES_OF("https:")))
		return SOURCE_MAP_URL_NONE;
	if (bytes_skip(&rest, 2) < 0 || host_of(rest).left == 0)
		return SOURCE_MAP_URL_NONE;
	return is_internal_host(host_of(rest)) ? SOURCE_MAP_URL_INTERNAL : SOURCE_MAP_URL_PUBLIC;
}

static int
hex_digit(uint8_t c)
{
	c = text_lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Take off ?query and #fragment and resolve %XX. */
static void
plain_path(struct buf *to, struct bytes url)
{
	for (size_t i = 0; i < url.left && url.at[i] != '?' && url.at[i] != '#'; i++) {
		if (url.at[i] == '%' && i + 2 < url.left && hex_digit(url.at[i + 1]) >= 0 &&
		    hex_digit(url.at[i + 2]) >= 0) {
			(void)buf_append_u8(to, (uint8_t)(hex_digit(url.at[i + 1]) << 4 |
							  hex_digit(url.at[i + 2])));
			i += 2;
		} else {
			(void)buf_append_u8(to, url.at[i]);
		}
	}
}

/* Where the last link of a chain begins: behind the last "!/". */
static size_t
link_begins(const char *path)
{
	size_t from = 0;

	for (size_t i = 0; path[i] != '\0'; i++)
		if (path[i] == '!' && path[i + 1] == '/')
			from = i + 2;
	return from;
}

/* `to` holds a folder ("" or ending in '/') from `from` on; walk the relative `path` from there. */
static bool
walk(struct buf *to, size_t from, struct bytes path)
{
	while (path.left > 0) {
		const uint8_t *slash = memchr(path.at, '/', path.left);
		size_t length = slash == NULL ? path.left : (size_t)(slash - path.at);
		struct bytes name = bytes_slice(path, 0, length);

		(void)bytes_skip(&path, slash == NULL ? length : length + 1);
		if (name.left == 0 || bytes_equal(name, BYTES_OF(".")))
			continue;
		if (!bytes_equal(name, BYTES_OF(".."))) {
			(void)blob_display(to, name);
			if (slash != NULL)
				(void)buf_append_u8(to, '/');
			continue;
		}
		if (to->used == from)
			return false;
		to->used--;
		while (to->used > from && to->at[to->used - 1] != '/')
			to->used--;
	}
	return true;
}

uint64_t
source_map_resolve(const char *path, struct bytes url)
{
	AUTO(buf_free)
	struct buf to = BUF_INIT((size_t)1 << 17), plain = BUF_INIT((size_t)1 << 16);
	size_t from = link_begins(path), folder = from;
	uint64_t hash;

	if (url.left == 0 || url.at[0] == '/' || scheme_length(url) > 0)
		return 0;
	for (size_t i = from; path[i] != '\0'; i++)
		if (path[i] == '/')
			folder = i + 1;
	plain_path(&plain, url);
	(void)buf_append(&to, path, folder);
	if (!walk(&to, from, buf_bytes(&plain)) || to.failed != 0 || plain.failed != 0)
		return 0;
	hash = hash_fast(buf_bytes(&to));
	return hash == 0 ? 1 : hash;
}
