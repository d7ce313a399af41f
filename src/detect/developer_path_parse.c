/*
 * developer_path_parse.c - is this the absolute path of a person's or a build machine's folder?
 *
 * Knows: how such paths begin, which names name nobody, where a project's folder ends.
 * Does not know: blobs, windows, findings.
 * The lists were grown on popular packages of npm and PyPI until what was left named somebody.
 */
#include "detect/developer_path_parse.h"

#include "base/text.h"

#define PARTS_MAX      12
#define PART_BYTES_MAX 128
#define ESCAPES_MAX    4 /* "C:\\\\Users" is a string inside a string */

struct part {
	size_t from, to;
};

/* A path cut into its parts, beginning at the separator `from`. */
struct cut_path {
	struct part parts[PARTS_MAX];
	size_t count;
	size_t to;
	bool open;   /* ran into the end of the bytes */
	bool closed; /* the last part has a separator behind it */
};

/* Accounts of machines, images and documentation: they name nobody. */
static const char nobody[] =
    "work pwuser myusername asdf tsuser node_modules httpd user username users you me "
    "myself name yourname your_name your-name youruser yourusername your-username "
    "your_username user1 user2 usr test tester testuser test-user example default public "
    "all guest admin administrator root runner runneradmin vsts vagrant node ubuntu "
    "debian travis circleci ec2-user centos fedora opc pi jovyan app appuser deploy www "
    "www-data nobody docker builder build buildbot jenkins gitpod codespace vscode coder "
    "builduser conda linuxbrew hadoop airflow sandbox containeradministrator "
    "containeruser ci git web kali shared appveyor gitlab-runner gitlab cloudtest "
    "azureuser somebody someone myname my_name myuser xxx xxxx xyz foo bar baz nixbld nix "
    "homebrew static index home html assets dynabook current_user project owner developer "
    "dev rustbuild ghrunner semaphore buildkite-agent bitrise distiller expo sbuild "
    "abuild mambauser packer cirrus worker agent teamcity bamboo system service data "
    "buildozer go rust python postgres mysql oracle hdfs spark mock anaconda condabuild "
    "conda_builder conda-builder bld task_ feedstock_root application appuser1 local demo "
    "lib src tmp www1 linux mac win";

/* Names that stand in texts for anybody, yet are real accounts where a compiler wrote them. */
static const char anybody[] =
    "alice bob carol dave eve john jane joe jdoe johndoe janedoe john.doe jane.doe "
    "johnsmith mary peter fred jim tom jack joeuser jsmith max sam mike steve person "
    "student jill foobar site account fish blah abc a b c u x n toto tux";

/* Folders that a project does not own: what lies below says nothing more. */
static const char tools[] =
    "go anaconda3 miniconda3 miniconda anaconda miniforge3 mambaforge node_modules "
    "site-packages Library AppData Downloads Desktop Documents rpmbuild conan vcpkg";

/* Is `name` one of the words, which stand with one blank between them? */
static bool
one_of(struct bytes name, const char *words, bool nocase)
{
	while (*words != '\0') {
		struct bytes word = bytes_make(words, strcspn(words, " "));

		if (nocase ? text_equal_nocase(name, word) : bytes_equal(name, word))
			return true;
		words += word.left;
		words += *words == ' ';
	}
	return false;
}

static bool
is_part_byte(uint8_t c)
{
	return text_is_alnum(c) || c >= 0x80 || c == '-' || c == '_' || c == '.' || c == '+' ||
	       c == '@' || c == '~';
}

/* Length of the separator at `at`: '/', "\/", '\', "\\" ...; 0: none. */
static size_t
separator(struct bytes in, size_t at)
{
	size_t escapes = 0;

	while (escapes < ESCAPES_MAX && at + escapes < in.left && in.at[at + escapes] == '\\')
		escapes++;
	if (at + escapes < in.left && in.at[at + escapes] == '/')
		return escapes + 1;
	return escapes;
}

/* "C:\Users\Jane Roe\x": a blank belongs to the name when a separator follows soon. */
static bool
blank_inside(struct bytes in, size_t at)
{
	for (size_t i = at + 1; i < in.left && i < at + 24; i++) {
		if (in.at[i] == '\\' || in.at[i] == '/')
			return in.at[i - 1] != ' ';
		if (!is_part_byte(in.at[i]) && in.at[i] != ' ')
			return false;
	}
	return false;
}

/* Cut the path whose first separator is at `from`.  Backslashes separate only where `windows`. */
static void
cut_parts(struct bytes in, size_t from, bool windows, struct cut_path *out)
{
	size_t at = from, end = in.left;

	*out = (struct cut_path){.to = from};
	if (end - from > DEVELOPER_PATH_BYTES_MAX)
		end = from + DEVELOPER_PATH_BYTES_MAX;
	while (out->count < PARTS_MAX) {
		size_t step = separator(in, at), begin;

		if (step == 0 || (!windows && in.at[at + step - 1] != '/'))
			break;
		begin = at + step;
		if (begin > end)
			break;
		for (at = begin; at < end && at - begin < PART_BYTES_MAX; at++)
			if (!is_part_byte(in.at[at]) &&
			    !(windows && out->count == 1 && in.at[at] == ' ' && at > begin &&
			      blank_inside(in, at)))
				break;
		out->closed = at == begin;
		out->to = at;
		if (at == begin)
			break;
		out->parts[out->count++] = (struct part){begin, at};
	}
	out->open = out->to == in.left;
}

static struct bytes
part(struct bytes in, const struct cut_path *path, size_t index)
{
	if (index >= path->count)
		return bytes_make(in.at, 0);
	return bytes_slice(in, path->parts[index].from,
			   path->parts[index].to - path->parts[index].from);
}

static bool
part_is(struct bytes in, const struct cut_path *path, size_t index, const char *word)
{
	return text_equal_nocase(part(in, path, index), bytes_text(word));
}

/* In "https://host/home/x" the path is a route.  Walk back over what a host may hold. */
static bool
behind_a_host(struct bytes in, size_t at)
{
	size_t least = at > 128 ? at - 128 : 0;

	for (size_t i = at; i > least; i--) {
		uint8_t c = in.at[i - 1];

		if (c == '/')
			return i >= 2 && in.at[i - 2] == '/' && i != at;
		if (!text_is_alnum(c) && c != '.' && c != '-' && c != ':' && c != '@' && c != '_')
			return false;
	}
	return false;
}

/* May an absolute path begin at `at`?  `parts`: how many it has. */
static bool
begins_here(struct bytes in, size_t at, bool text, size_t parts)
{
	uint8_t before;

	if (at == 0)
		return true;
	before = in.at[at - 1];
	if (before == '/' && at >= 7 && memcmp(in.at + at - 7, "file://", 7) == 0)
		return true;
	if (before < 0x21 || strchr("\"'`=:,;([{<>|!", before) != NULL)
		return !(before == ':' && behind_a_host(in, at));
	if (text)
		return false;
	/* Compilers of Rust and Go put strings end to end. */
	return before != '/' && before != '.' && parts >= 3 && !behind_a_host(in, at);
}

/* "C:" or "/c", "/mnt/c" in front of "\Users": where the path begins, or `at` itself. */
static size_t
drive_before(struct bytes in, size_t at)
{
	if (at >= 2 && in.at[at - 1] == ':' && text_is_alnum(in.at[at - 2]) &&
	    (at == 2 || !text_is_alnum(in.at[at - 3])))
		return at - 2;
	if (at >= 2 && in.at[at - 2] == '/' && (in.at[at - 1] == 'c' || in.at[at - 1] == 'd'))
		return at >= 6 && memcmp(in.at + at - 6, "/mnt", 4) == 0 ? at - 6 : at - 2;
	return at;
}

static bool
copy_who(struct bytes who, struct developer_path *out)
{
	if (who.left == 0 || who.left > DEVELOPER_PATH_WHO_MAX || !text_is_utf8(who))
		return false;
	memcpy(out->who, who.at, who.left);
	out->who[who.left] = '\0';
	return true;
}

/* Write in[from, to) as the root, separators as '/'. */
static bool
copy_root(struct bytes in, size_t from, size_t to, struct developer_path *out)
{
	size_t used = 0;

	while (from < to && used < DEVELOPER_PATH_ROOT_MAX) {
		size_t step = separator(in, from);

		out->root[used++] = step > 0 ? '/' : (char)in.at[from];
		from += step > 0 ? step : 1;
	}
	out->root[used] = '\0';
	return text_is_utf8(bytes_make(out->root, used));
}

/* "main.c", "libx.so.1": a part that ends the folder. */
static bool
looks_like_file(struct bytes name)
{
	for (size_t i = 1; i < name.left; i++)
		if (name.at[i] == '.' && i + 1 < name.left)
			return true;
	return false;
}

/* The project: what a person keeps it in, and it.  `index` is the part that names the person. */
static size_t
root_end(struct bytes in, const struct cut_path *path, size_t index)
{
	size_t last = index;

	while (last + 1 < path->count && last < index + 2) {
		struct bytes next = part(in, path, last + 1);
		bool ends = last + 2 == path->count && !path->closed && looks_like_file(next);

		if (ends)
			break;
		last++;
		if (next.at[0] == '.' || one_of(next, tools, false))
			break;
	}
	return path->parts[last].to;
}

static bool
is_person(struct bytes who, bool text)
{
	bool letter = false;

	if (who.left < 1 || one_of(who, nobody, true))
		return false;
	if (text && one_of(who, anybody, true))
		return false;
	for (size_t i = 0; i < who.left; i++)
		letter |= text_lower(who.at[i]) >= 'a' || who.at[i] >= 0x80;
	return letter && who.at[0] != '.' && who.at[0] != '-' && who.at[0] != '+';
}

static const char home_folders[] =
    "src work projects project code dev git repo repos github gitlab workspace Desktop "
    "Documents go source Projects bin tmp build Downloads";

/* A folder that people make at home; what makes "/home/x/src" a path and not a route. */
static bool
is_home_folder(struct bytes name)
{

	return name.left > 0 && (name.at[0] == '.' || one_of(name, home_folders, false));
}

static int
fill(struct bytes in, const struct cut_path *path, size_t from, size_t who, size_t root_to,
     enum developer_path_kind kind, struct developer_path *out)
{
	out->kind = kind;
	out->from = from;
	out->to = path->to;
	if (!copy_who(part(in, path, who), out) || !copy_root(in, from, root_to, out))
		return DEVELOPER_PATH_NONE;
	return path->open ? DEVELOPER_PATH_OPEN : 0;
}

/* A build machine's folder of project `index`. */
static int
machine(struct bytes in, const struct cut_path *path, size_t from, size_t index,
	struct developer_path *out)
{
	if (path->count <= index)
		return DEVELOPER_PATH_NONE;
	return fill(in, path, from, index, path->parts[index].to, DEVELOPER_PATH_MACHINE, out);
}

static int
parse_home(struct bytes in, size_t at, bool text, struct developer_path *out)
{
	struct cut_path path;
	size_t from = at;

	while (from > 0 && at - from < ESCAPES_MAX && in.at[from - 1] == '\\')
		from--;
	cut_parts(in, from, false, &path);
	if (!part_is(in, &path, 0, "home") || path.count < 2 ||
	    !begins_here(in, from, text, path.count))
		return DEVELOPER_PATH_NONE;
	if (part_is(in, &path, 1, "runner") && part_is(in, &path, 2, "work"))
		return machine(in, &path, from, 3, out);
	if (part_is(in, &path, 1, "travis") && part_is(in, &path, 2, "build"))
		return machine(in, &path, from, 4, out);
	if (part_is(in, &path, 1, "jenkins") && part_is(in, &path, 2, "workspace"))
		return machine(in, &path, from, 3, out);
	if (path.count < 3 || (text && path.count < 4 && !is_home_folder(part(in, &path, 2))))
		return DEVELOPER_PATH_NONE;
	if (!is_person(part(in, &path, 1), text))
		return DEVELOPER_PATH_NONE;
	return fill(in, &path, from, 1, root_end(in, &path, 1), DEVELOPER_PATH_PERSON, out);
}

static int
parse_users(struct bytes in, size_t at, bool text, struct developer_path *out)
{
	struct cut_path path;
	size_t first = at, from;
	bool windows;

	while (first > 0 && at - first < ESCAPES_MAX && in.at[first - 1] == '\\')
		first--;
	from = drive_before(in, first);
	windows = from < first && in.at[from] != '/';
	if (!windows && in.at[at] != '/')
		return DEVELOPER_PATH_NONE;
	cut_parts(in, first, windows, &path);
	if (!part_is(in, &path, 0, "users") || path.count < 3 ||
	    (!windows && !begins_here(in, from, text, path.count)))
		return DEVELOPER_PATH_NONE;
	if (part_is(in, &path, 1, "runner") && part_is(in, &path, 2, "work"))
		return machine(in, &path, from, 3, out);
	/* A route or an API has no drive: "/Users/getAll" wants more of a path. */
	if (text && from == first && path.count < 4 && !is_home_folder(part(in, &path, 2)) &&
	    !part_is(in, &path, 2, "Library"))
		return DEVELOPER_PATH_NONE;
	if (!is_person(part(in, &path, 1), text))
		return DEVELOPER_PATH_NONE;
	return fill(in, &path, from, 1, root_end(in, &path, 1), DEVELOPER_PATH_PERSON, out);
}

/* "D:\a\PROJECT\PROJECT": the project stands twice. */
static int
parse_drive_a(struct bytes in, size_t at, struct developer_path *out)
{
	struct cut_path path;
	size_t first = at, from;

	while (first > 0 && at - first < ESCAPES_MAX && in.at[first - 1] == '\\')
		first--;
	from = drive_before(in, first);
	if (from == first || in.at[from] == '/' || text_lower(in.at[from]) < 'c')
		return DEVELOPER_PATH_NONE;
	cut_parts(in, first, true, &path);
	if (path.count < 3 || !part_is(in, &path, 0, "a") ||
	    !bytes_equal(part(in, &path, 1), part(in, &path, 2)))
		return DEVELOPER_PATH_NONE;
	return machine(in, &path, from, 2, out);
}

static bool
is_project_of_root(struct bytes name)
{
	return name.at[0] != '.' && !one_of(name, tools, false);
}

/* /builds/GROUP/PROJECT/, /__w/PROJECT/PROJECT/, .../jenkins/workspace/JOB/, /root/... */
static int
parse_machine(struct bytes in, size_t at, bool text, struct developer_path *out)
{
	struct cut_path path;

	cut_parts(in, at, false, &path);
	if (part_is(in, &path, 0, "jenkins") && part_is(in, &path, 1, "workspace"))
		return machine(in, &path, at, 2, out);
	/* ".../toolset/root/usr" and ".../builds/x" go on in the middle of a path: be strict. */
	if (!begins_here(in, at, true, path.count))
		return DEVELOPER_PATH_NONE;
	if (part_is(in, &path, 0, "__w") && path.count >= 3 &&
	    bytes_equal(part(in, &path, 1), part(in, &path, 2)))
		return machine(in, &path, at, 2, out);
	/* "builds" is an ordinary word: in text it needs more of a path behind it. */
	if (part_is(in, &path, 0, "builds") && path.count >= (text ? 5u : 4u))
		return machine(in, &path, at, 2, out);
	/* /root/.cargo is where images keep tools: it says nothing of what was built. */
	if (part_is(in, &path, 0, "root") && path.count >= 3 && !text &&
	    is_project_of_root(part(in, &path, 1)))
		return fill(in, &path, at, 0, path.parts[1].to, DEVELOPER_PATH_ROOT, out);
	return DEVELOPER_PATH_NONE;
}

int
developer_path_parse(struct bytes in, size_t at, bool text, struct developer_path *out)
{
	if (in.left - at < 4)
		return DEVELOPER_PATH_NONE;
	switch (in.at[at + 1]) {
	case 'h':
		return parse_home(in, at, text, out);
	case 'U':
		return parse_users(in, at, text, out);
	case 'a':
		return parse_drive_a(in, at, out);
	case 'r':
	case 'b':
	case 'j':
	case '_':
		return parse_machine(in, at, text, out);
	default:
		return DEVELOPER_PATH_NONE;
	}
}

bool
developer_path_names_person(struct bytes path)
{
	struct developer_path parsed;

	for (size_t at = 0; at + 4 < path.left && at < 8; at++)
		if ((path.at[at] == '/' || path.at[at] == '\\') &&
		    developer_path_parse(path, at, false, &parsed) != DEVELOPER_PATH_NONE &&
		    parsed.kind == DEVELOPER_PATH_PERSON)
			return true;
	return false;
}
