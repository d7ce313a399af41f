/*
 * config.c - the few settings of a repository that say how its bytes are to be read
 *
 * Knows: [extensions] objectformat, refstorage, partialclone, and [core] repositoryformatversion.
 * Does not know: any other setting, includes, values on several lines.  Nothing is obeyed.
 */
#include <strings.h>

#include "history/inside.h"

#define CONFIG_BYTES_MAX ((size_t)1 << 20)

static struct bytes
trim(struct bytes in)
{
	while (in.left > 0 && (in.at[0] == ' ' || in.at[0] == '\t'))
		(void)bytes_skip(&in, 1);
	while (in.left > 0 && strchr(" \t\r", in.at[in.left - 1]) != NULL)
		in.left--;
	return in;
}

static bool
is_word(struct bytes in, const char *word)
{
	return in.left == strlen(word) && strncasecmp((const char *)in.at, word, in.left) == 0;
}

static void
take_setting(struct history_config *config, struct bytes key, struct bytes value)
{
	if (value.left >= 2 && value.at[0] == '"' && value.at[value.left - 1] == '"')
		value = bytes_make(value.at + 1, value.left - 2);
	if (is_word(key, "objectformat"))
		config->object_format = is_word(value, "sha256") ? 32
					: is_word(value, "sha1") ? 20
								 : 0;
	else if (is_word(key, "refstorage"))
		config->other_refs = !is_word(value, "files");
	else if (is_word(key, "partialclone"))
		config->partial = true;
}

void
config_parse(struct history_config *config, struct bytes in)
{
	bool inside = false;

	*config = (struct history_config){.object_format = 20};
	while (in.left > 0) {
		const uint8_t *newline = memchr(in.at, '\n', in.left);
		size_t length = newline == NULL ? in.left : (size_t)(newline - in.at);
		struct bytes line = trim(bytes_make(in.at, length));
		const uint8_t *equals;

		(void)bytes_skip(&in, newline == NULL ? length : length + 1);
		if (line.left > 0 && line.at[0] == '[') {
			const uint8_t *close = memchr(line.at, ']', line.left);

			if (close == NULL)
				continue;
			inside = is_word(bytes_make(line.at + 1, (size_t)(close - line.at) - 1),
					 "extensions");
			line =
			    trim(bytes_make(close + 1, line.left - (size_t)(close + 1 - line.at)));
		}
		equals = line.left > 0 ? memchr(line.at, '=', line.left) : NULL;
		if (!inside || equals == NULL)
			continue;
		take_setting(
		    config, trim(bytes_make(line.at, (size_t)(equals - line.at))),
		    trim(bytes_make(equals + 1, line.left - (size_t)(equals + 1 - line.at))));
	}
}

void
config_read(struct history *h, struct history_config *config)
{
	struct map map = {0};
	int r = map_open(&map, h->common_dir, "config", NULL);

	if (r < 0)
		gap_add(h, "config", "cannot be read", NULL, 1, false);
	if (map.bytes > CONFIG_BYTES_MAX) {
		gap_add(h, "config", "too large to be a configuration", NULL, 1, false);
		map_close(&map);
	}
	config_parse(config, bytes_make(map.at, map.bytes));
	map_close(&map);
	if (config->object_format == 0) {
		gap_add(h, "config", "extensions.objectFormat names no hash that is known here",
			NULL, 1, false);
		config->object_format = 20;
	}
	if (config->other_refs)
		gap_add(h, "config",
			"extensions.refStorage: refs are kept in a form that is not read", NULL, 1,
			false);
}
