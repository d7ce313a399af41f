/*
 * debris.h - what belongs to the making of a package and not into it: rules, names, content tests
 *
 * Three tables and three kinds of question: what is this rule (debris_rules), which rule does a
 * name fall under (debris_by_name), which rule do these bytes fall under (debris_by_head,
 * debris_by_content, debris_find_key).  debris.c asks them; nothing here reports.
 */
#ifndef DETECT_DEBRIS_H
#define DETECT_DEBRIS_H

#include "base/blob.h"
#include "detect/finding.h"

enum debris_rule_id {
	DEBRIS_NONE,
	/* by content: blocking where not under a test folder */
	DEBRIS_PRIVATE_KEY,
	DEBRIS_ENCRYPTED_KEY,
	DEBRIS_KEYSTORE,
	DEBRIS_ENV_SECRET,
	DEBRIS_CREDENTIALS,
	DEBRIS_TERRAFORM_STATE,
	DEBRIS_CORE_DUMP,
	DEBRIS_HEAP_DUMP,
	DEBRIS_PASSWORD_DATABASE,
	DEBRIS_SQL_DATA,
	DEBRIS_CAPTURE,
	/* by content: told, not blocking */
	DEBRIS_ENV_VALUES,
	DEBRIS_ENV_EXAMPLE,
	DEBRIS_CREDENTIAL_FILE,
	DEBRIS_TRUSTSTORE,
	DEBRIS_SQL_SCHEMA,
	DEBRIS_DATABASE,
	DEBRIS_SWAP_FILE,
	/* by name and place */
	DEBRIS_REPOSITORY,
	DEBRIS_BARE_REPOSITORY,
	DEBRIS_VCS_FILE,
	DEBRIS_HISTORY_FILE,
	DEBRIS_HOME_FOLDER,
	DEBRIS_ASSISTANT_CHAT,
	DEBRIS_ASSISTANT,
	DEBRIS_CI,
	DEBRIS_EDITOR,
	DEBRIS_OS_LITTER,
	DEBRIS_BACKUP,
	DEBRIS_COVERAGE,
	DEBRIS_LOG,
	DEBRIS_BYTECODE,
	DEBRIS_BUILD_CACHE,
	DEBRIS_VIRTUALENV,
	DEBRIS_CHECKPOINT,
	DEBRIS_TERRAFORM,
	DEBRIS_TESTS,
	DEBRIS_RULES
};

struct debris_rule {
	enum debris_rule_id id;
	const char *name; /* stable: the `rule` of a finding */
	enum severity severity;
	bool discloses; /* blocks by default */
	bool softens;   /* under a test, example or document folder: low, blocks nothing */
	const char *thing, *things;
	const char *why;
	const char *ignore; /* gitignore pattern for the fix; NULL: the file's own name */
	const char *advice; /* what else to do, before the ignore line; NULL: nothing */
};

extern const struct debris_rule debris_rules[DEBRIS_RULES];

/* The rule that a display path (facts: inner) falls under by its folder and file names, or
 * DEBRIS_NONE.  *folder_bytes: length of the part of `inner` that ends with the folder that
 * decided, 0 when the file's own name did.  The outermost folder wins. */
enum debris_rule_id debris_by_name(struct bytes inner, size_t *folder_bytes);

/* Is the file in a place where keys and dumps are usually made up: test, example, document? */
bool debris_in_test_folder(struct bytes inner);

/* By the first bytes alone; any kind of blob. */
enum debris_rule_id debris_by_head(const struct blob *blob);

/* Must debris_by_content() see this blob?  By name and head. */
bool debris_wants_content(const struct blob *blob);

/* By content, for the blobs that debris_wants_content() chose: all of a small blob, or one window
 * after the other of a large one until the answer is not DEBRIS_NONE or DEBRIS_SQL_SCHEMA. */
enum debris_rule_id debris_by_content(const struct blob *blob, struct bytes content);

/* The first private key in armour (PEM, PGP; also inside a string literal of source code) at or
 * behind `from`, leaving out what could be judged when only [0, seen) was there; needs some base64
 * behind the armour line, so a text that only mentions one is not one.
 * 0 and the place of the armour line, or DEBRIS_MISS. */
#define DEBRIS_MISS 1
int debris_find_key(struct bytes text, size_t from, size_t seen, enum debris_rule_id *rule,
		    size_t *at, size_t *length);

/* Does a value stand for itself ("changeme", "${TOKEN}", "<your key>") and disclose nothing? */
bool debris_is_placeholder(struct bytes value);

/* Is `name` a setting whose value logs in somewhere, and `value` one and no placeholder? */
bool debris_is_secret_setting(struct bytes name, struct bytes value);

/* "://user:password@" with a password that is no placeholder, anywhere. */
bool debris_has_url_password(struct bytes in);

#endif
