/*
 * literals.c - many literals over one buffer, by libhs
 *
 * Knows: how to load libhs, and its block mode for literals.  Does not know: what a literal means.
 * Nothing version-specific is called, so that vectorscan and hyperscan both do.
 */
#include "match/literals.h"

#include <dlfcn.h>
#include <hs/hs.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/own.h"

/* One call takes 32 bits of length. */
#define SCAN_BYTES_MAX ((size_t)1 << 30)

/* Of the runtime, which is loaded in a tenth of the time. */
#define RUNTIME(X)                                                                                 \
	X(hs_alloc_scratch)                                                                        \
	X(hs_deserialize_database)                                                                 \
	X(hs_free_database)                                                                        \
	X(hs_free_scratch)                                                                         \
	X(hs_scan)                                                                                 \
	X(hs_serialize_database)                                                                   \
	X(hs_valid_platform)                                                                       \
	X(hs_version)

/* Of the compiler. */
#define COMPILER(X)                                                                                \
	X(hs_compile_lit_multi)                                                                    \
	X(hs_free_compile_error)

static struct {
	void *runtime, *compiler;
#define X(name) __typeof__(&name) name;
	RUNTIME(X)
	COMPILER(X)
#undef X
} hs;

static pthread_mutex_t hs_mutex = PTHREAD_MUTEX_INITIALIZER;

struct match_literals {
	hs_database_t *database;
};

struct match_scratch {
	hs_scratch_t *scratch;
};

#define X(name)                                                                                    \
	hs.name = (__typeof__(hs.name))dlsym(library, #name);                                      \
	if (hs.name == NULL)                                                                       \
		return fault_set(fault, FAULT_LIMIT, "libhs lacks " #name);

static int
find_runtime(void *library, struct fault *fault)
{
	RUNTIME(X)
	if (hs.hs_valid_platform() != HS_SUCCESS)
		return fault_set(fault, FAULT_LIMIT, "libhs does not run on this CPU");
	return 0;
}

static int
find_compiler(void *library, struct fault *fault)
{
	COMPILER(X)
	return 0;
}
#undef X

/* The first of two names that can be loaded, once. */
static int
load(void **where, const char *name, const char *other, int (*find)(void *, struct fault *),
     struct fault *fault)
{
	int r = 0;

	(void)pthread_mutex_lock(&hs_mutex);
	if (*where == NULL) {
		void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);

		if (library == NULL)
			library = dlopen(other, RTLD_NOW | RTLD_LOCAL);
		if (library == NULL)
			r = fault_set(fault, FAULT_LIMIT, "libhs cannot be loaded: %s", dlerror());
		else
			r = find(library, fault);
		if (r == 0)
			*where = library;
		else if (library != NULL)
			(void)dlclose(library);
	}
	(void)pthread_mutex_unlock(&hs_mutex);
	return r;
}

static int
load_runtime(struct fault *fault)
{
	return load(&hs.runtime, "libhs_runtime.so.5", "libhs.so.5", find_runtime, fault);
}

static int
load_compiler(struct fault *fault)
{
	return load(&hs.compiler, "libhs.so.5", "libhs.so.5", find_compiler, fault);
}

const char *
match_literals_version(void)
{
	return load_runtime(NULL) < 0 ? NULL : hs.hs_version();
}

void
match_literals_free(struct match_literals **literals)
{
	if (*literals != NULL && (*literals)->database != NULL)
		(void)hs.hs_free_database((*literals)->database);
	free(*literals);
	*literals = NULL;
}

/* The columns that the compiler wants. */
struct columns {
	const char **texts;
	unsigned *flags, *ids;
	size_t *lengths;
};

static void
columns_free(struct columns *c)
{
	free(c->texts);
	free(c->flags);
	free(c->ids);
	free(c->lengths);
}

static int
columns_fill(struct columns *c, const struct match_literal list[], size_t count,
	     struct fault *fault)
{
	c->texts = calloc(count, sizeof(*c->texts));
	c->flags = calloc(count, sizeof(*c->flags));
	c->ids = calloc(count, sizeof(*c->ids));
	c->lengths = calloc(count, sizeof(*c->lengths));
	if (c->texts == NULL || c->flags == NULL || c->ids == NULL || c->lengths == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < count; i++) {
		if (list[i].length < MATCH_LITERAL_BYTES_MIN ||
		    list[i].length > MATCH_LITERAL_BYTES_MAX)
			return fault_set(fault, FAULT_USAGE,
					 "'%.40s': a literal has %d to %d bytes", list[i].text,
					 MATCH_LITERAL_BYTES_MIN, MATCH_LITERAL_BYTES_MAX);
		c->texts[i] = list[i].text;
		c->lengths[i] = list[i].length;
		c->flags[i] = list[i].caseless ? HS_FLAG_CASELESS : 0;
		c->ids[i] = (unsigned)i;
	}
	return 0;
}

int
match_literals_build(struct match_literals **out, const struct match_literal list[], size_t count,
		     struct fault *fault)
{
	AUTO(match_literals_free)
	struct match_literals *literals = NULL;
	AUTO(columns_free)
	struct columns c = {0};
	/* No feature of this CPU, so that the saved set loads on any; for literals it costs nothing. */
	const hs_platform_info_t platform = {0};
	hs_compile_error_t *error = NULL;
	int r;

	if (count == 0 || count > MATCH_LITERALS_MAX)
		return fault_set(fault, FAULT_LIMIT, "%zu literals, 1 to %d can be", count,
				 MATCH_LITERALS_MAX);
	r = load_runtime(fault);
	if (r == 0)
		r = load_compiler(fault);
	if (r == 0)
		r = columns_fill(&c, list, count, fault);
	if (r < 0)
		return r;
	literals = calloc(1, sizeof(*literals));
	if (literals == NULL)
		return fault_memory(fault);
	if (hs.hs_compile_lit_multi(c.texts, c.flags, c.ids, c.lengths, (unsigned)count,
				    HS_MODE_BLOCK, &platform, &literals->database,
				    &error) != HS_SUCCESS) {
		r = fault_set(fault, FAULT_LIMIT, "libhs refuses the literals: %s",
			      error != NULL ? error->message : "no reason given");
		(void)hs.hs_free_compile_error(error);
		return r;
	}
	*out = TAKE(literals);
	return 0;
}

int
match_literals_load(struct match_literals **out, struct bytes serialised, struct fault *fault)
{
	AUTO(match_literals_free)
	struct match_literals *literals = NULL;
	int r = load_runtime(fault);

	if (r < 0)
		return r;
	literals = calloc(1, sizeof(*literals));
	if (literals == NULL)
		return fault_memory(fault);
	switch (hs.hs_deserialize_database((const char *)serialised.at, serialised.left,
					   &literals->database)) {
	case HS_SUCCESS:
		*out = TAKE(literals);
		return 0;
	case HS_NOMEM:
		return fault_memory(fault);
	default:
		literals->database = NULL;
		return MATCH_STALE;
	}
}

int
match_literals_save(const struct match_literals *literals, struct buf *to, struct fault *fault)
{
	char *bytes = NULL;
	size_t length = 0;
	int r;

	if (hs.hs_serialize_database(literals->database, &bytes, &length) != HS_SUCCESS)
		return fault_memory(fault);
	r = buf_append(to, bytes, length);
	free(bytes); /* the library's default allocator is malloc */
	return r < 0 ? fault_set(fault, r, "the saved literals are too large") : 0;
}

void
match_scratch_free(struct match_scratch **scratch)
{
	if (*scratch != NULL && (*scratch)->scratch != NULL)
		(void)hs.hs_free_scratch((*scratch)->scratch);
	free(*scratch);
	*scratch = NULL;
}

int
match_scratch_new(struct match_scratch **out, const struct match_literals *literals,
		  struct fault *fault)
{
	AUTO(match_scratch_free)
	struct match_scratch *scratch = calloc(1, sizeof(*scratch));

	if (scratch == NULL ||
	    hs.hs_alloc_scratch(literals->database, &scratch->scratch) != HS_SUCCESS)
		return fault_memory(fault);
	*out = TAKE(scratch);
	return 0;
}

struct scan {
	int (*hit)(void *to, uint32_t id, size_t end);
	void *to;
	int stopped;
};

static int
on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	struct scan *scan = context;

	(void)from;
	(void)flags;
	scan->stopped = scan->hit(scan->to, id, (size_t)to);
	return scan->stopped;
}

int
match_literals_scan(const struct match_literals *literals, struct match_scratch *scratch,
		    struct bytes in, int (*hit)(void *to, uint32_t id, size_t end), void *to,
		    struct fault *fault)
{
	struct scan scan = {hit, to, 0};
	hs_error_t r;

	if (in.left == 0)
		return 0;
	if (in.left > SCAN_BYTES_MAX)
		return fault_set(fault, FAULT_LIMIT, "a scan takes at most %zu bytes at once",
				 SCAN_BYTES_MAX);
	r = hs.hs_scan(literals->database, (const char *)in.at, (unsigned)in.left, 0,
		       scratch->scratch, on_match, &scan);
	if (r == HS_SCAN_TERMINATED)
		return scan.stopped;
	if (r != HS_SUCCESS)
		return fault_set(fault, FAULT_LIMIT, "libhs: error %d while scanning", r);
	return 0;
}
