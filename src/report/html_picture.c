/*
 * html_picture.c - what is in a package, by size and kind, and what is wrong where
 *
 * Knows: how to cut a rectangle so that areas are sizes.  Does not know: the page around it.
 * Integers only (tenths of a unit), so the picture is the same on every machine.  The list of
 * files, largest first, is halved by weight, the rectangle along its longer side; that keeps
 * pieces near square, with less code than Bruls, Huizing, van Wijk, "Squarified Treemaps", 2000.
 */
#include "report/html_picture.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "report/escape.h"

#define MAP_WIDTH  10000 /* tenths */
#define MAP_HEIGHT 3600
/* Smaller ones could not be told apart. */
#define TILES_MAX 150
/* A character of the label, in tenths. */
#define LETTER_WIDTH 66

enum worry {
	WORRY_NONE,
	WORRY_ANSWERED,
	WORRY_NOTE,
	WORRY_BLOCKS,
};

struct tile {
	const char *path; /* NULL: all the small ones */
	uint64_t bytes;
	enum blob_kind kind;
	enum worry worry;
	const char *title; /* of the worst finding */
	uint64_t files;
};

struct box {
	int64_t x, y, width, height;
};

static const char *
family(enum blob_kind kind)
{
	if (kind == BLOB_TEXT || kind == BLOB_EMPTY)
		return "text";
	if (kind >= BLOB_ELF && kind <= BLOB_AR_OBJECT_LIB)
		return "program";
	if (kind >= BLOB_SAFETENSORS && kind <= BLOB_HDF5)
		return "weights";
	if (kind >= BLOB_PNG && kind <= BLOB_FONT)
		return "picture";
	return "other";
}

static enum worry
worry_of(const struct finding *f)
{
	if (f->blocks)
		return WORRY_BLOCKS;
	if (f->suppressed_by != NULL)
		return WORRY_ANSWERED;
	return f->severity > SEVERITY_INFO ? WORRY_NOTE : WORRY_NONE;
}

/* Is the finding about this file, or about something inside it? */
static bool
is_about(const char *place, const char *path)
{
	size_t length = strlen(path);

	return strncmp(place, path, length) == 0 &&
	       (place[length] == '\0' || strncmp(place + length, "!/", 2) == 0);
}

static void
worry_tiles(const struct scan_report *report, size_t input, struct tile *tiles, size_t count)
{
	for (size_t i = 0; i < report->findings->count; i++) {
		const struct finding *f = &report->findings->list[i];
		enum worry worry = worry_of(f);
		const char *place;

		if (worry == WORRY_NONE || policy_input(&report->inputs, f->path) != input)
			continue;
		place = policy_place(&report->inputs, f->path);
		for (size_t k = 0; k < count; k++)
			if (tiles[k].path != NULL && is_about(place, tiles[k].path) &&
			    worry > tiles[k].worry) {
				tiles[k].worry = worry;
				tiles[k].title = f->title;
			}
	}
}

static void
put_tenths(FILE *to, const char *name, int64_t value)
{
	(void)fprintf(to, " %s=\"%lld.%lld\"", name, (long long)(value / 10),
		      (long long)(value % 10));
}

static void
put_label(FILE *to, const struct tile *tile, const struct box *box)
{
	const char *name = tile->path == NULL ? "small files" : tile->path;
	const char *slash = strrchr(name, '/');
	size_t length;

	name = slash == NULL || slash[1] == '\0' ? name : slash + 1;
	length = strlen(name);
	if (box->height < 160 || (int64_t)length * LETTER_WIDTH > box->width - 60)
		return;
	(void)fputs("<text", to);
	put_tenths(to, "x", box->x + 40);
	put_tenths(to, "y", box->y + 130);
	(void)fputc('>', to);
	escape_markup(to, name);
	(void)fputs("</text>", to);
}

static void
put_tile(FILE *to, const struct tile *tile, const struct box *box)
{
	static const char *const worries[] = {"", " answered", " note", " blocks"};
	char size[32], count[32];

	(void)fprintf(to, "<g class=\"tile %s%s\"><rect", family(tile->kind), worries[tile->worry]);
	put_tenths(to, "x", box->x);
	put_tenths(to, "y", box->y);
	put_tenths(to, "width", box->width);
	put_tenths(to, "height", box->height);
	(void)fputs("><title>", to);
	if (tile->path == NULL)
		(void)fprintf(to, "%s small files", text_count(tile->files, count));
	else
		escape_markup(to, tile->path);
	(void)fprintf(to, " - %s, %s", text_size(tile->bytes, size),
		      tile->path == NULL ? "together" : blob_kind_name(tile->kind));
	if (tile->title != NULL) {
		(void)fputs(" - ", to);
		escape_markup(to, tile->title);
	}
	(void)fputs("</title></rect>", to);
	put_label(to, tile, box);
	(void)fputs("</g>\n", to);
}

static uint64_t
weigh(const struct tile *tiles, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += tiles[i].bytes;
	return sum;
}

/* How many from the front make about half of the weight; at least one, and one is left. */
static size_t
half(const struct tile *tiles, size_t count, uint64_t weight)
{
	uint64_t sum = tiles[0].bytes;
	size_t n = 1;

	while (n + 1 < count && sum + tiles[n].bytes / 2 < weight / 2)
		sum += tiles[n++].bytes;
	return n;
}

/* side * front / weight; sizes are clamped, so that front <= weight. */
static int64_t
part(int64_t side, uint64_t front, uint64_t weight)
{
	return (int64_t)((unsigned __int128)side * front / weight);
}

/* The recursion is as deep as the list is long at worst: TILES_MAX. */
static void
put_tiles(FILE *to, const struct tile *tiles, size_t count, struct box box)
{
	uint64_t weight = weigh(tiles, count), front;
	struct box first = box, rest = box;
	size_t n;

	if (count == 0 || weight == 0 || box.width < 10 || box.height < 10)
		return;
	if (count == 1) {
		put_tile(to, tiles, &box);
		return;
	}
	n = half(tiles, count, weight);
	front = weigh(tiles, n);
	if (box.width >= box.height) {
		first.width = part(box.width, front, weight);
		rest.x += first.width;
		rest.width -= first.width;
	} else {
		first.height = part(box.height, front, weight);
		rest.y += first.height;
		rest.height -= first.height;
	}
	put_tiles(to, tiles, n, first);
	put_tiles(to, tiles + n, count - n, rest);
}

/* The reader of hostile bytes said how large they are; no sum of these overflows. */
static uint64_t
clamp(uint64_t bytes)
{
	return bytes < (uint64_t)1 << 50 ? bytes : (uint64_t)1 << 50;
}

/* At most TILES_MAX files, the rest as one. */
static size_t
make_tiles(const struct input_summary *summary, struct tile *tiles)
{
	uint64_t shown = 0, all = 0;
	size_t count = 0;

	for (size_t k = 0; k < BLOB_KIND_COUNT; k++)
		all += summary->kind_bytes[k];
	for (; count < summary->largest_count && count < TILES_MAX; count++) {
		const struct summary_file *file = &summary->largest[count];

		if (file->size_bytes == 0)
			break;
		tiles[count] = (struct tile){
		    .path = file->path, .bytes = clamp(file->size_bytes), .kind = file->kind};
		shown += clamp(file->size_bytes);
	}
	if (all > shown && summary->files > count) {
		tiles[count] = (struct tile){
		    .bytes = all - shown, .kind = BLOB_BINARY, .files = summary->files - count};
		count++;
	}
	return count;
}

int
picture_map(FILE *to, const struct scan_report *report, size_t input, struct fault *fault)
{
	const struct input_summary *summary = &report->inputs.summaries[input];
	AUTO(own_free)
	struct tile *tiles = calloc(TILES_MAX + 1, sizeof(*tiles));
	const struct box whole = {0, 0, MAP_WIDTH, MAP_HEIGHT};
	size_t count;

	if (tiles == NULL)
		return fault_memory(fault);
	count = make_tiles(summary, tiles);
	if (count == 0)
		return 0;
	worry_tiles(report, input, tiles, count);
	(void)fprintf(to,
		      "<svg viewBox=\"0 0 %d %d\" role=\"img\" "
		      "aria-label=\"files by size\">\n",
		      MAP_WIDTH / 10, MAP_HEIGHT / 10);
	put_tiles(to, tiles, count, whole);
	(void)fputs("</svg>\n", to);
	return 0;
}

struct kind_row {
	size_t kind;
	uint64_t bytes, files;
};

static int
by_bytes(const void *left, const void *right)
{
	const struct kind_row *a = left, *b = right;
	int r = (a->bytes < b->bytes) - (a->bytes > b->bytes);

	return r != 0 ? r : (a->kind > b->kind) - (a->kind < b->kind);
}

void
picture_kinds(FILE *to, const struct input_summary *summary)
{
	struct kind_row rows[BLOB_KIND_COUNT];
	uint64_t most = 1;
	size_t count = 0;

	for (size_t k = 0; k < BLOB_KIND_COUNT; k++)
		if (summary->kind_files[k] > 0)
			rows[count++] =
			    (struct kind_row){k, summary->kind_bytes[k], summary->kind_files[k]};
	if (count == 0)
		return;
	qsort(rows, count, sizeof(rows[0]), by_bytes);
	most = rows[0].bytes > 0 ? rows[0].bytes : 1;
	(void)fputs("<table class=\"kinds\"><thead><tr><th>kind</th><th>files</th><th>size</th>"
		    "<th></th></tr></thead><tbody>\n",
		    to);
	for (size_t i = 0; i < count; i++) {
		char files[32], size[32];
		/* Hundredths of a percent would not show. */
		unsigned percent = (unsigned)(rows[i].bytes / (most / 100 + 1));

		(void)fprintf(to,
			      "<tr><td>%s</td><td>%s</td><td>%s</td><td class=\"bar\">"
			      "<svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\">"
			      "<rect class=\"%s\" width=\"%u\" height=\"8\"/></svg></td></tr>\n",
			      blob_kind_name((enum blob_kind)rows[i].kind),
			      text_count(rows[i].files, files), text_size(rows[i].bytes, size),
			      family((enum blob_kind)rows[i].kind),
			      percent < 1     ? 1
			      : percent > 100 ? 100
					      : percent);
	}
	(void)fputs("</tbody></table>\n", to);
}
