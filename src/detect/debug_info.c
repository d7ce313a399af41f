/*
 * debug_info.c - detector: debug information and other give-aways of compilers
 *
 * Knows: which reader reads which file, what each answer is worth, and how to tell it once for all
 * files of an input.
 * Does not know: formats (debug_*.c), paths in plain bytes (developer_path.c).
 */
#include "base/own.h"
#include "base/text.h"
#include "detect/debug_read.h"
#include "detect/developer_path_parse.h"
#include "detect/table.h"
#include "detect/tally.h"

typedef int reader(struct bytes in, struct debug_info *info, struct fault *fault);

struct state {
	struct debug_info info;
	bool read;
};

static const char rule_source[] = "embedded-source";
static const char rule_debug[] = "debug-info";
static const char rule_file[] = "debug-file";
static const char rule_symbols[] = "symbol-table";
static const char rule_reference[] = "debug-reference";
static const char rule_go[] = "go-build-info";
static const char rule_class[] = "class-debug";
static const char rule_pyc[] = "pyc-path";

/* By their first bytes, whatever the file is called. */
static reader *
reader_of(struct bytes head)
{
	static const struct {
		const char *magic;
		size_t length;
		reader *read;
	} magics[] = {
	    {"\177ELF", 4, debug_elf},
	    {"MZ", 2, debug_pe},
	    {"\0asm", 4, debug_wasm},
	    {"\xfe\xed\xfa\xce", 4, debug_macho},
	    {"\xfe\xed\xfa\xcf", 4, debug_macho},
	    {"\xce\xfa\xed\xfe", 4, debug_macho},
	    {"\xcf\xfa\xed\xfe", 4, debug_macho},
	    {"\xca\xfe\xba\xbf", 4, debug_macho},
	    {"Microsoft C/C++ MSF 7.00", 24, debug_pdb},
	    {"Microsoft C/C++ program database", 32, debug_pdb},
	    {"BSJB", 4, debug_pdb},
	};

	for (size_t i = 0; i < ARRAY_LEN(magics); i++)
		if (bytes_begins(head, bytes_make(magics[i].magic, magics[i].length)))
			return magics[i].read;
	/* Fat Mach-O and Java share a magic; 45 was the first version of Java. */
	if (head.left >= 8 && memcmp(head.at, "\xca\xfe\xba\xbe", 4) == 0)
		return head.at[4] == 0 && head.at[5] == 0 && head.at[6] == 0 && head.at[7] < 45
			   ? debug_macho
			   : debug_class;
	if (head.left >= 16 && head.at[2] == '\r' && head.at[3] == '\n')
		return debug_pyc;
	return NULL;
}

/* Objects for Windows begin with their machine. */
static bool
may_be_coff(struct bytes head)
{
	static const char machines[][2] = {"\x64\x86", "\x4c\x01", "\x64\xaa", "\xc4\x01",
					   "\x41\xa6"};

	for (size_t i = 0; head.left >= 60 && i < ARRAY_LEN(machines); i++)
		if (memcmp(head.at, machines[i], 2) == 0 && head.at[16] == 0 && head.at[17] == 0 &&
		    head.at[20] == '.')
			return true;
	return false;
}

static enum detect_need
wants(const struct detect *detect, const struct blob *blob)
{
	(void)detect;
	if (blob->kind == BLOB_TEXT || blob->kind == BLOB_EMPTY)
		return DETECT_NOTHING;
	return reader_of(blob->head) != NULL || may_be_coff(blob->head) ? DETECT_WHOLE
									: DETECT_NOTHING;
}

static int
window(struct detect_run *run, void *memory, const struct detect_window *window,
       struct fault *fault)
{
	struct bytes in = bytes_make(window->at, window->length);
	struct state *state = memory;
	reader *read = reader_of(run->blob->head);
	int r;

	if (!window->first || !window->last)
		return 0;
	debug_begin(&state->info, run, in.left);
	r = read == NULL ? debug_coff(in, &state->info, fault) : read(in, &state->info, fault);
	state->read = r == 0;
	return r < 0 ? r : 0;
}

/* Add a row; its examples are the names that tell most. */
static int
tell(struct detect_run *run, const struct debug_info *info, const char *rule,
     enum severity severity, uint64_t count, uint64_t value, struct fault *fault)
{
	struct tally_row row = {
	    .detector = &detect_debug_info,
	    .rule = rule,
	    .key = info->format == NULL ? "" : info->format,
	    .severity = severity,
	    .discloses = rule == rule_source,
	    .count = count,
	    .value = value,
	};
	size_t used = 0;

	for (size_t i = 0; i < DEBUG_NAMES_MAX; i++)
		if (info->names[i].worth > 1)
			row.examples[used++] = info->names[i].text;
	return tally_add(run, &row, fault);
}

static int
tell_one(struct detect_run *run, const char *rule, enum severity severity, const char *key,
	 const char *example, uint64_t value, struct fault *fault)
{
	struct tally_row row = {
	    .detector = &detect_debug_info,
	    .rule = rule,
	    .key = key,
	    .severity = severity,
	    .count = 1,
	    .value = value,
	    .examples = {example},
	};

	return tally_add(run, &row, fault);
}

/* A path that says where it was built and that nobody else reports: a developer's folder is
 * developer-path's to tell, /usr/lib/python3 is everybody's. */
static bool
is_telling_path(const char *path)
{
	static const char *const common[] = {"/usr/",   "/opt/",      "/lib/",
					     "/nix/",   "/build/",    "/tmp/",
					     "/root/.", "C:\\hosted", "/builddir/"};
	struct bytes text = bytes_text(path);

	if (!(text.left > 3 && (text.at[0] == '/' || (text.at[1] == ':' && text.at[2] == '\\'))))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		if (bytes_begins(text, bytes_text(common[i])))
			return false;
	return !developer_path_names_person(text) && strstr(path, "site-packages") == NULL;
}

static int
tell_go(struct detect_run *run, const struct debug_info *info, struct fault *fault)
{
	const char *key =
	    arena_printf(run->arena, "%s%s%s%s", info->go_module == NULL ? "?" : info->go_module,
			 info->go_revision == NULL ? "" : " at ",
			 info->go_revision == NULL ? "" : info->go_revision,
			 info->go_modified ? " with local changes" : "");

	if (key == NULL)
		return fault_memory(fault);
	return tell_one(run, rule_go, SEVERITY_INFO, key, NULL, 0, fault);
}

static int
end(struct detect_run *run, void *memory, struct fault *fault)
{
	const struct state *state = memory;
	const struct debug_info *info = &state->info;
	int r = 0;

	if (!state->read)
		return 0;
	if (info->sources > 0)
		r = tell(run, info, rule_source, SEVERITY_CRITICAL, info->sources,
			 info->source_bytes, fault);
	if (r == 0 && info->bytes > 0)
		r = tell(run, info, info->separate ? rule_file : rule_debug, SEVERITY_MEDIUM, 1,
			 info->bytes, fault);
	/* Debug information includes the names. */
	if (r == 0 && info->bytes == 0 && info->symbols > 0)
		r = tell_one(run, rule_symbols, SEVERITY_LOW, "", NULL, info->symbols, fault);
	if (r == 0 && info->has_reference && info->reference.text != NULL &&
	    is_telling_path(info->reference.text))
		r = tell_one(run, rule_reference, SEVERITY_INFO, "", info->reference.text, 0,
			     fault);
	if (r == 0 && (info->go_module != NULL || info->go_revision != NULL))
		r = tell_go(run, info, fault);
	if (r == 0 && info->java_locals > 0)
		r = tell_one(run, rule_class, SEVERITY_INFO, "", NULL, info->java_locals, fault);
	if (r == 0 && info->python_path != NULL && is_telling_path(info->python_path))
		r = tell_one(run, rule_pyc, SEVERITY_LOW, "", info->python_path, 0, fault);
	return r;
}

/* "; for example A, B, C" or "". */
static const char *
examples(struct detect_run *run, const struct tally_row *row, const char *before)
{
	AUTO(buf_free)
	struct buf text = BUF_INIT(4096);

	for (size_t i = 0; i < TALLY_EXAMPLES_MAX && row->examples[i] != NULL; i++)
		(void)buf_printf(&text, "%s%s", i == 0 ? before : ", ", row->examples[i]);
	return text.failed != 0 ? NULL : arena_text(run->arena, buf_text(&text));
}

/* What the sentences about a row are made of. */
struct words {
	struct arena *arena;
	const struct tally_row *row;
	const char *names; /* ": A, B", or "" */
	const char *files; /* "file" or "files" */
	char blobs[32], count[32], value[32], size[32];
};

/* Debug information itself. */
static bool
word_debug(const struct words *w, struct finding *finding)
{
	if (w->row->rule == rule_source) {
		finding->title =
		    arena_printf(w->arena, "%s source file%s inside %s of %s %s", w->count,
				 w->row->count == 1 ? "" : "s", w->row->key, w->blobs, w->files);
		finding->why =
		    arena_printf(w->arena, "anyone can read the original source text%s", w->names);
		finding->fix =
		    "build without -gembed-source (.NET: EmbedAllSources=false), or strip: "
		    "llvm-strip --strip-debug FILE";
	} else if (w->row->rule == rule_debug) {
		finding->title = arena_printf(w->arena, "debug information (%s, %s) in %s %s",
					      w->row->key, w->size, w->blobs, w->files);
		finding->why = arena_printf(
		    w->arena, "names source files, types, functions and variables%s", w->names);
		finding->fix =
		    "strip --strip-debug FILE (Go: -ldflags '-s -w', Rust: strip = true), "
		    "and keep the debug files to yourself";
	} else if (w->row->rule == rule_file) {
		finding->title = arena_printf(w->arena, "%s %s of debug information (%s, %s)",
					      w->blobs, w->files, w->row->key, w->size);
		finding->why = arena_printf(
		    w->arena, "it is of use only to read the program back to its source%s",
		    w->names);
		finding->fix = "leave it out of the package; serve it from your own symbol server";
	}
	return finding->fix != NULL;
}

/* Names and places. */
static bool
word_names(const struct words *w, struct finding *finding)
{
	if (w->row->rule == rule_symbols) {
		finding->title = arena_printf(w->arena, "%s names in the symbol tables of %s %s",
					      w->value, w->blobs, w->files);
		finding->why =
		    "private functions and variables by name, which running it does not need";
		finding->fix = "strip FILE (macOS: strip -x; wasm: wasm-strip)";
	} else if (w->row->rule == rule_reference) {
		finding->title =
		    arena_printf(w->arena, "%s %s point%s to debug information elsewhere%s",
				 w->blobs, w->files, w->row->blobs == 1 ? "s" : "", w->names);
		finding->why = "shows how the build machine is laid out";
		finding->fix = "link with /PDBALTPATH:%_PDB% (macOS: strip -S)";
	} else if (w->row->rule == rule_pyc) {
		finding->title =
		    arena_printf(w->arena, "%s compiled Python %s with the path of the source%s",
				 w->blobs, w->files, w->names);
		finding->why = "shows how the build machine is laid out";
		finding->fix =
		    "python -m compileall -s PREFIX -p /usr/lib/APP, or ship the .py alone";
	}
	return finding->fix != NULL;
}

/* What a language adds. */
static void
word_build(const struct words *w, struct finding *finding)
{
	if (w->row->rule == rule_go) {
		finding->title = arena_printf(w->arena, "Go build of %s", w->row->key);
		finding->why = "the program names its module and the commit that it was built from";
		finding->fix = "go build -trimpath -buildvcs=false, where that should not be known";
	} else {
		finding->title =
		    arena_printf(w->arena, "%s names of local variables in %s %s", w->value,
				 w->blobs, w->row->blobs == 1 ? "class" : "classes");
		finding->why = "makes decompiled classes read like the source";
		finding->fix = "javac -g:none (or -g:source,lines to keep stack traces)";
	}
}

static int
report(struct detect_run *run, const struct tally_row *row, struct fault *fault)
{
	struct words w = {
	    .arena = run->arena,
	    .row = row,
	    .names = examples(run, row, ": "),
	    .files = row->blobs == 1 ? "file" : "files",
	};
	struct finding finding = {0};

	if (w.names == NULL)
		return fault_memory(fault);
	(void)text_count(row->blobs, w.blobs);
	(void)text_count(row->count, w.count);
	(void)text_count(row->value, w.value);
	(void)text_size(row->value, w.size);
	tally_to_finding(row, &finding);
	if (!word_debug(&w, &finding) && !word_names(&w, &finding))
		word_build(&w, &finding);
	if (finding.title == NULL || finding.why == NULL)
		return fault_memory(fault);
	return detect_report(run, &detect_debug_info, &finding, fault);
}

static int
input_end(struct detect_run *run, struct fault *fault)
{
	const struct tally_row **rows;
	size_t count;
	int r = tally_rows(run, &detect_debug_info, &rows, &count, fault);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = report(run, rows[i], fault);
	return r;
}

const struct detector detect_debug_info = {
    .name = "debug-info",
    .finds = "debug information, embedded sources and symbols in compiled files",
    .docs = "docs/detectors/debug-info.md",
    .state_bytes = sizeof(struct state),
    .wants = wants,
    .window = window,
    .end = end,
    .input_end = input_end,
};
