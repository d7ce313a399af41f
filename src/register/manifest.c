/*
 * manifest.c - which assets there are and which segments hold them
 *
 * Knows: its own few lines and their checksum.  Does not know: what segments hold.
 */
#include "register/manifest.h"

#include <dirent.h>
#include <string.h>

#include "base/file.h"
#include "base/own.h"
#include "base/text.h"
#include "seal/hash.h"

#define MANIFEST_TITLE "stopwater-register 1"

void
manifest_init(struct manifest *m)
{
	*m = (struct manifest){.arena = ARENA_INIT((size_t)1 << 30), .next = 1};
}

void
manifest_free(struct manifest *m)
{
	arena_free(&m->arena);
	manifest_init(m);
}

struct manifest_asset *
manifest_find(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->assets_count; i++)
		if (strcmp(m->assets[i].name, name) == 0)
			return &m->assets[i];
	return NULL;
}

/* ---- writing ---- */

/* Tab, newline and '\' inside a path as \xNN. */
static void
put_path(struct buf *to, const char *path)
{
	for (const char *p = path; *p != '\0'; p++)
		if ((uint8_t)*p < 0x20 || *p == '\\' || *p == 0x7f)
			(void)buf_printf(to, "\\x%02x", (uint8_t)*p);
		else
			(void)buf_append(to, p, 1);
}

int
manifest_format(const struct manifest *m, struct buf *text, struct fault *fault)
{
	char hex[2 * SEGMENT_DIGEST_BYTES + 1];

	(void)buf_printf(text, "%s\nnext\t%llu\n", MANIFEST_TITLE, (unsigned long long)m->next);
	if (m->date > 0)
		(void)buf_printf(text, "date\t%lld\n", (long long)m->date);
	for (size_t i = 0; i < m->segments_count; i++)
		(void)buf_printf(text, "segment\t%s\t%s\n", m->segments[i].file,
				 text_hex(m->segments[i].digest, SEGMENT_DIGEST_BYTES, hex));
	for (size_t i = 0; i < m->assets_count; i++) {
		const struct manifest_asset *a = &m->assets[i];

		(void)buf_printf(text, "asset\t%s\t%u\t%u\t%u\t%u", a->name, a->kind, a->tree,
				 a->segment, a->index);
		for (size_t p = 0; p < a->paths_count; p++) {
			(void)buf_append_text(text, "\t");
			put_path(text, a->paths[p]);
		}
		(void)buf_append_text(text, "\n");
	}
	(void)buf_printf(text, "sum\t%016llx\n", (unsigned long long)hash_fast(buf_bytes(text)));
	return text->failed != 0 ? fault_memory(fault) : 0;
}

int
manifest_save(const struct manifest *m, const char *folder, struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(MANIFEST_BYTES_MAX);
	AUTO(buf_free)
	struct buf path = BUF_INIT(65536);
	int r = manifest_format(m, &text, fault);

	(void)buf_printf(&path, "%s/%s", folder, MANIFEST_FILE);
	if (r < 0 || path.failed != 0)
		return fault_memory(fault);
	return file_write_all(buf_text(&path), buf_bytes(&text), 0600, fault);
}

/* ---- reading ---- */

/* The next field of a line, without its tab. */
static struct bytes
take_field(struct bytes *line)
{
	const uint8_t *tab = line->left == 0 ? NULL : memchr(line->at, '\t', line->left);
	size_t length = tab == NULL ? line->left : (size_t)(tab - line->at);
	struct bytes field = bytes_slice(*line, 0, length);

	(void)bytes_skip(line, tab == NULL ? length : length + 1);
	return field;
}

static bool
take_number(struct bytes *line, uint64_t most, uint64_t *out)
{
	struct bytes field = take_field(line);

	*out = 0;
	if (field.left == 0 || field.left > 18)
		return false;
	for (size_t i = 0; i < field.left; i++) {
		if (field.at[i] < '0' || field.at[i] > '9')
			return false;
		*out = *out * 10 + (uint64_t)(field.at[i] - '0');
	}
	return *out <= most;
}

static int
nibble(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *
take_path(struct arena *arena, struct bytes field)
{
	char *out = arena_alloc(arena, field.left + 1);
	size_t used = 0;

	for (size_t i = 0; out != NULL && i < field.left; i++) {
		if (field.at[i] == '\\' && i + 3 < field.left && field.at[i + 1] == 'x' &&
		    nibble(field.at[i + 2]) >= 0 && nibble(field.at[i + 3]) >= 0) {
			out[used++] =
			    (char)(nibble(field.at[i + 2]) << 4 | nibble(field.at[i + 3]));
			i += 3;
		} else {
			out[used++] = (char)field.at[i];
		}
	}
	return out;
}

static bool
parse_segment(struct manifest *m, struct bytes line)
{
	struct manifest_segment *s = &m->segments[m->segments_count];
	struct bytes file = take_field(&line), digest = take_field(&line);

	if (file.left == 0 || file.left >= sizeof(s->file) || memchr(file.at, '/', file.left) ||
	    digest.left != (size_t)2 * SEGMENT_DIGEST_BYTES)
		return false;
	memset(s, 0, sizeof(*s));
	memcpy(s->file, file.at, file.left);
	for (size_t i = 0; i < SEGMENT_DIGEST_BYTES; i++) {
		int high = nibble(digest.at[2 * i]), low = nibble(digest.at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		s->digest[i] = (uint8_t)(high << 4 | low);
	}
	m->segments_count++;
	return true;
}

static bool
parse_asset(struct manifest *m, struct bytes line)
{
	struct manifest_asset *a = &m->assets[m->assets_count];
	struct bytes name = take_field(&line);
	uint64_t kind, tree, segment, index;

	if (!take_number(&line, ASSET_PUBLIC, &kind) || !take_number(&line, 1, &tree) ||
	    !take_number(&line, UINT32_MAX, &segment) || !take_number(&line, UINT32_MAX, &index))
		return false;
	*a = (struct manifest_asset){.name = arena_copy(&m->arena, name.at, name.left),
				     .kind = (uint8_t)kind,
				     .tree = tree == 1,
				     .segment = (uint32_t)segment,
				     .index = (uint32_t)index};
	if (a->name == NULL || !text_is_name(a->name) || manifest_find(m, a->name) != NULL ||
	    segment >= m->segments_count)
		return false;
	a->paths = arena_alloc(&m->arena, (line.left + 1) * sizeof(*a->paths));
	while (a->paths != NULL && line.left > 0) {
		const char *path = take_path(&m->arena, take_field(&line));

		if (path == NULL)
			return false;
		a->paths[a->paths_count++] = path;
	}
	m->assets_count++;
	return a->paths != NULL;
}

static bool
take_date(struct manifest *m, struct bytes *line)
{
	uint64_t date = 0;

	if (!take_number(line, UINT32_MAX * UINT64_C(64), &date)) /* the year 9999 and more */
		return false;
	m->date = (int64_t)date;
	return true;
}

static bool
parse_line(struct manifest *m, struct bytes line)
{
	struct bytes word = take_field(&line);

	if (bytes_equal(word, BYTES_OF("next")))
		return take_number(&line, UINT32_MAX, &m->next);
	if (bytes_equal(word, BYTES_OF("date")))
		return take_date(m, &line);
	if (bytes_equal(word, BYTES_OF("segment")))
		return parse_segment(m, line);
	if (bytes_equal(word, BYTES_OF("asset")))
		return parse_asset(m, line);
	return false;
}

static int
parse(struct manifest *m, struct bytes text, const char *path, struct fault *fault)
{
	struct bytes title = BYTES_OF(MANIFEST_TITLE "\n"), whole = text;
	char sum[32];
	size_t lines = 0, length;
	int written;

	for (size_t i = 0; i < text.left; i++)
		lines += text.at[i] == '\n';
	if (!bytes_begins(text, title))
		return fault_set(fault, FAULT_FORMAT, "%s: not a register of this version", path);
	/* "sum" TAB 16 digits NL */
	if (text.left < title.left + 21)
		return fault_set(fault, FAULT_TAMPER, "%s: cut short", path);
	whole.left -= 21;
	written =
	    snprintf(sum, sizeof(sum), "sum\t%016llx\n", (unsigned long long)hash_fast(whole));
	if (written != 21 || memcmp(whole.at + whole.left, sum, 21) != 0)
		return fault_set(fault, FAULT_TAMPER, "%s: damaged (its checksum differs)", path);
	m->segments = arena_alloc(&m->arena, (lines + 1) * sizeof(*m->segments));
	m->assets = arena_alloc(&m->arena, (lines + 1) * sizeof(*m->assets));
	if (m->segments == NULL || m->assets == NULL)
		return fault_memory(fault);
	(void)bytes_skip(&whole, title.left);
	while (whole.left > 0) {
		const uint8_t *end = memchr(whole.at, '\n', whole.left);

		length = end == NULL ? whole.left : (size_t)(end - whole.at);
		if (!parse_line(m, bytes_slice(whole, 0, length)))
			return fault_set(fault, FAULT_FORMAT, "%s: a line makes no sense", path);
		(void)bytes_skip(&whole, end == NULL ? length : length + 1);
	}
	return 0;
}

/* A register that lost its manifest must not look like one that never was: nothing of ours would be
 * recognised, and everything would pass.  Writers save a manifest before their first segment. */
static bool
has_segments(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	bool found = false;

	while (dir != NULL && !found && (entry = readdir(dir)) != NULL)
		found = strncmp(entry->d_name, "seg-", 4) == 0;
	if (dir != NULL)
		(void)closedir(dir);
	return found;
}

int
manifest_load(struct manifest *m, const char *folder, struct fault *fault)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(MANIFEST_BYTES_MAX);
	AUTO(buf_free)
	struct buf path = BUF_INIT(65536);
	int r;

	(void)buf_printf(&path, "%s/%s", folder, MANIFEST_FILE);
	if (path.failed != 0)
		return fault_memory(fault);
	r = file_exists(buf_text(&path), fault);
	if (r == 0 && has_segments(folder))
		return fault_set(fault, FAULT_TAMPER,
				 "%s is gone but its segments are there: restore it, or remove the "
				 "folder and register again",
				 buf_text(&path));
	if (r <= 0)
		return r;
	r = file_read_all(buf_text(&path), &text, fault);
	return r < 0 ? r : parse(m, buf_bytes(&text), buf_text(&path), fault);
}
