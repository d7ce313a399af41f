/*
 * publish-list.c - print what publishing a folder would ship, for comparison with the real tools
 *
 *	publish-list FOLDER [notes]
 */
#include <stdio.h>

#include "base/own.h"
#include "publish/publish.h"

int
main(int argc, char **argv)
{
	AUTO(publish_free)
	struct publish_list *list = NULL;
	struct fault fault = FAULT_INIT;

	if (argc < 2 || publish_detect(&list, argv[1], &fault) < 0) {
		(void)fprintf(stderr, "publish-list: %s\n", fault.text);
		return 1;
	}
	for (size_t i = 0; i < list->count && argc == 2; i++)
		(void)printf("%s\n", list->files[i].path);
	for (size_t i = 0; i < list->notes_count && argc > 2; i++)
		(void)printf("%s: %s\n", list->notes[i].rule, list->notes[i].text);
	return 0;
}
