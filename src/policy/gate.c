/*
 * gate.c - paths -> inputs -> jail
 *
 * Knows: in which order inputs are read, who closes what.  Does not know: what blocks (verdict.c).
 */
#include "policy/gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/own.h"

int
gate_new(struct gate **out, struct fault *fault)
{
	struct gate *gate = calloc(1, sizeof(*gate));

	if (gate == NULL)
		return fault_memory(fault);
	gate->arena = (struct arena)ARENA_INIT((size_t)1 << 30);
	findings_init(&gate->findings);
	coverage_init(&gate->coverage);
	*out = gate;
	return 0;
}

void
gate_free(struct gate **address)
{
	struct gate *gate = *address;

	if (gate == NULL)
		return;
	for (size_t i = 0; i < gate->count; i++) {
		input_close(&gate->inputs[i]);
		input_summary_free(&gate->summaries[i]);
	}
	free(gate->inputs);
	free(gate->summaries);
	findings_free(&gate->findings);
	coverage_free(&gate->coverage);
	arena_free(&gate->arena);
	free(gate);
	*address = NULL;
}

static int
make_room(struct gate *gate, struct fault *fault)
{
	size_t room = gate->room == 0 ? 4 : gate->room * 2;
	struct input *inputs;
	struct input_summary *summaries;

	if (gate->count < gate->room)
		return 0;
	inputs = reallocarray(gate->inputs, room, sizeof(*inputs));
	if (inputs == NULL)
		return fault_memory(fault);
	gate->inputs = inputs;
	summaries = reallocarray(gate->summaries, room, sizeof(*summaries));
	if (summaries == NULL)
		return fault_memory(fault);
	gate->summaries = summaries;
	gate->room = room;
	return 0;
}

static int
add(struct gate *gate, const char *path, struct input **out, struct fault *fault)
{
	const char *kept = arena_text(&gate->arena, path);
	int r = kept == NULL ? fault_memory(fault) : make_room(gate, fault);

	if (r >= 0)
		r = input_open(&gate->inputs[gate->count], kept, fault);
	if (r < 0)
		return r;
	input_summary_init(&gate->summaries[gate->count]);
	*out = &gate->inputs[gate->count++];
	return 0;
}

int
gate_add(struct gate *gate, const char *path, struct fault *fault)
{
	struct input *input;
	int r = add(gate, path, &input, fault);

	if (r < 0 || gate->scope == GATE_TREE)
		return r;
	input->check_hashes = gate->check_hashes;
	r = input_add_history(input, gate->scope == GATE_ALL, NULL, fault);
	if (r > 0 && gate->scope == GATE_HISTORY)
		return fault_set(fault, FAULT_USAGE, "%s: not a git repository", path);
	return r < 0 ? r : 0;
}

int
gate_add_objects(struct gate *gate, const char *path, const struct history_ask *ask,
		 char *const *environment, struct fault *fault)
{
	struct input *input;
	int r = add(gate, path, &input, fault);

	if (r < 0)
		return r;
	input->ask = *ask;
	input->check_hashes = gate->check_hashes;
	r = input_add_history(input, false, environment, fault);
	return r > 0 ? fault_set(fault, FAULT_USAGE, "%s: not a git repository", path) : r;
}

int
gate_add_bytes(struct gate *gate, const char *name, struct bytes content, struct fault *fault)
{
	AUTO(own_close)
	int fd = memfd_create("stopwater", MFD_CLOEXEC);
	int r = make_room(gate, fault);

	name = arena_text(&gate->arena, name);
	if (r < 0 || name == NULL)
		return fault_memory(fault);
	if (fd < 0)
		return fault_errno(fault, "%s", name);
	for (size_t done = 0; done < content.left;) {
		ssize_t wrote = write(fd, content.at + done, content.left - done);

		if (wrote < 0 && errno != EINTR)
			return fault_errno(fault, "%s", name);
		done += wrote > 0 ? (size_t)wrote : 0;
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return fault_errno(fault, "%s", name);
	gate->inputs[gate->count] = (struct input){.type = INPUT_FILE, .path = name, .fd = fd};
	fd = -1;
	input_summary_init(&gate->summaries[gate->count++]);
	return 0;
}

int
gate_add_diff(struct gate *gate, const char *path, struct fault *fault)
{
	struct input *input;
	int r = add(gate, path, &input, fault);

	if (r < 0)
		return r;
	if (input->type != INPUT_FILE)
		return fault_set(fault, FAULT_USAGE, "%s: not a diff", path);
	input->type = INPUT_DIFF;
	return 0;
}

int
gate_add_previous(struct gate *gate, const char *path, struct fault *fault)
{
	struct input *input;
	int r = add(gate, path, &input, fault);

	if (r < 0)
		return r;
	input->facts_only = true;
	gate->first = gate->count;
	return 0;
}

int
gate_add_files(struct gate *gate, const char *folder, const char *const files[], size_t count,
	       struct fault *fault)
{
	const char **names = arena_alloc(&gate->arena, (count + 1) * sizeof(*names));
	struct input *input;
	int r;

	if (names == NULL)
		return fault_memory(fault);
	for (size_t i = 0; i < count; i++)
		if ((names[i] = arena_text(&gate->arena, files[i])) == NULL)
			return fault_memory(fault);
	r = add(gate, folder, &input, fault);
	if (r < 0)
		return r;
	if (input->type != INPUT_FOLDER)
		return fault_set(fault, FAULT_USAGE, "%s: not a folder", folder);
	input->type = INPUT_LIST;
	input->is_repository = false;
	input->files = names;
	input->files_count = count;
	return 0;
}

int
gate_read(struct gate *gate, const struct jail_options *options, struct fault *fault)
{
	int r = jail_run(gate->inputs, gate->count, options, &gate->findings, &gate->coverage,
			 gate->summaries, fault);

	for (size_t i = 0; i < gate->count; i++)
		gate->inputs[i].fd = -1;
	return r;
}
