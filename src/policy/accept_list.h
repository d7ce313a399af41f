/*
 * accept_list.h - the inside of a list, shared by accept.c and accept_file.c
 */
#ifndef POLICY_ACCEPT_LIST_H
#define POLICY_ACCEPT_LIST_H

#include "base/arena.h"
#include "policy/accept.h"

struct accept_list {
	enum accept_kind kind;
	struct arena arena; /* all texts */
	const char *file;
	struct accept_entry *entries; /* sorted by hash */
	size_t count, room;
	uint8_t keys[ACCEPT_KEYS_MAX][ACCEPT_KEY_BYTES]; /* the first is used for new entries */
	size_t keys_count;
};

/* Add as it is, texts lent; accept_sort() when all are in. */
int accept_append(struct accept_list *list, const struct accept_entry *entry, struct fault *fault);
void accept_sort(struct accept_list *list);

#endif
