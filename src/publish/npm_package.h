/*
 * npm_package.h - what a package.json says about which files ship
 */
#ifndef PUBLISH_NPM_PACKAGE_H
#define PUBLISH_NPM_PACKAGE_H

#include "base/json.h"
#include "publish/npm_glob.h"
#include "publish/publish.h"

/* Rules of one source, in order; the last that matches decides. */
struct npm_rules {
	struct npm_glob *list;
	size_t count, room;
	bool set; /* the source is there, be it empty */
};

int npm_rules_add(struct npm_rules *rules, struct bytes line, struct arena *arena,
		  struct fault *fault);
/* Every line that is neither blank nor a comment, trimmed. */
int npm_rules_add_lines(struct npm_rules *rules, struct bytes content, struct arena *arena,
			struct fault *fault);

struct npm_package {
	const struct json_value *json;
	struct npm_rules files;  /* of "files"; not set without */
	struct npm_rules strict; /* what always and what never ships */
	const char **required;   /* entries of "files" that are files: paths below the package */
	size_t required_count;
	struct npm_glob *workspaces; /* patterns of "workspaces" */
	size_t workspaces_count;
};

/* Read package.json in the open folder. FOLDER_NONE: there is none. */
int npm_package_read(struct npm_package *package, int fd, struct arena *arena, struct fault *fault);

/* Names of bundled packages: "bundleDependencies" of the project that are real dependencies, or,
 * for a package that is bundled itself, all it depends on.  An array in `arena`. */
int npm_package_bundles(const struct npm_package *package, bool is_root, const char ***out,
			size_t *count, struct arena *arena, struct fault *fault);

/* Is the folder at `path` (below the package) one of its workspaces? */
bool npm_package_is_workspace(const struct npm_package *package, struct bytes path);

/* Is there any workspace below? Looks at folders, four deep at most. */
int npm_package_has_workspaces(const struct npm_package *package, int fd, bool *out,
			       struct fault *fault);

#endif
