/*
 * weights_safetensors.c - safetensors: a length, a JSON header, then the tensors
 *
 * Knows: the members dtype, shape and data_offsets of each tensor, and __metadata__.
 * Does not know: the bytes of the tensors; index files, which are JSON of their own.
 */
#include "detect/weights_read.h"

/* The format itself allows 100 MB. */
#define HEADER_BYTES_MAX ((uint64_t)100 << 20)

static uint64_t
number_of(struct bytes digits)
{
	uint64_t value = 0;

	for (size_t i = 0; i < digits.left; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return 0;
		value = weights_plus(weights_times(value, 10), (uint64_t)(digits.at[i] - '0'));
	}
	return value;
}

static void
end_tensor(struct weights_safetensors *s)
{
	struct weights_info *info = s->info;

	if (!s->is_tensor || s->metadata)
		return;
	info->tensors++;
	info->parameters = weights_plus(info->parameters, s->shape);
	if (s->offsets == 2 && s->end_offset >= s->first_offset)
		info->bytes = weights_plus(info->bytes, s->end_offset - s->first_offset);
}

static void
on_number(struct weights_safetensors *s, struct bytes digits)
{
	uint64_t value = number_of(digits);

	if (strcmp(s->key, "shape") == 0)
		s->shape = weights_times(s->shape, value);
	else if (strcmp(s->key, "data_offsets") == 0 && s->offsets++ == 0)
		s->first_offset = value;
	else
		s->end_offset = value;
}

static int
on_event(void *context, const struct json_event *event, struct fault *fault)
{
	struct weights_safetensors *s = context;

	(void)fault;
	if (event->type == JSON_EVENT_KEY && event->begins && event->depth == 1) {
		s->metadata = bytes_equal(event->piece, BYTES_OF("__metadata__"));
		s->is_tensor = false;
		s->shape = 1;
		s->offsets = 0;
		s->info->optimizer |= bytes_find(event->piece, BYTES_OF("exp_avg")) >= 0;
	} else if (event->type == JSON_EVENT_KEY && event->begins && event->depth == 2) {
		weights_name(s->key, sizeof(s->key), event->piece);
	} else if (event->type == JSON_EVENT_STRING && event->begins && event->depth == 2 &&
		   strcmp(s->key, "dtype") == 0) {
		s->is_tensor = true;
		if (s->info->dtype[0] == '\0')
			weights_name(s->info->dtype, sizeof(s->info->dtype), event->piece);
	} else if (event->type == JSON_EVENT_NUMBER && event->depth == 3) {
		on_number(s, event->piece);
	} else if (event->type == JSON_EVENT_OBJECT_END && event->depth == 1) {
		end_tensor(s);
	}
	return 0;
}

int
weights_safetensors_feed(struct weights_safetensors *s, const struct detect_window *window)
{
	struct bytes in;
	uint64_t length;
	int r;

	if (s->done || !weights_at(window, s->at, 1, &in))
		return 0;
	if (!s->started) {
		s->done = true;
		if (bytes_take_le64(&in, &length) < 0 || length < 2 || length > HEADER_BYTES_MAX)
			return 0;
		json_push_init(&s->push, on_event, s, JSON_PUSH_STOP);
		s->header_end = 8 + length;
		s->at = 8;
		s->started = true;
		s->done = false;
	}
	if (in.left > s->header_end - s->at)
		in.left = (size_t)(s->header_end - s->at);
	s->at += in.left;
	r = json_push_feed(&s->push, &in, NULL);
	/* A header that breaks off still names what it named. */
	if (r != 0 || s->at >= s->header_end)
		s->done = true;
	if (s->info->tensors > 0)
		s->info->rule = weights_rule_safetensors;
	return 0;
}
