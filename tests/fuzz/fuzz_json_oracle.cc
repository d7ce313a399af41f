/*
 * fuzz_json_oracle.cc - the streaming reader against simdjson: the same verdict, the same tree
 *
 * Bytes 0 and 1: where windows are cut; the rest is the document.  We accept more in two places:
 * numbers of any size, and lone surrogates (which become U+FFFD).
 */
#include <simdjson.h>

#include <cstdint>
#include <cstdlib>

extern "C" {
#include "base/json_push.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
}

namespace
{

struct digest {
	uint64_t value = 0xcbf29ce484222325u;
	bool lossy = false;

	void byte(uint8_t b)
	{
		value = (value ^ b) * 0x100000001b3u;
	}
	void text(const void *at, size_t count)
	{
		for (size_t i = 0; i < count; i++)
			byte(static_cast<const uint8_t *>(at)[i]);
	}
};

int
on_event(void *context, const struct json_event *e, struct fault *)
{
	digest *d = static_cast<digest *>(context);

	if (e->begins)
		d->byte(static_cast<uint8_t>(e->type));
	if (e->type != JSON_EVENT_NUMBER)
		d->text(e->piece.at, e->piece.left);
	d->lossy = d->lossy || e->lossy;
	return 0;
}

void
walk(digest *d, simdjson::dom::element e)
{
	switch (e.type()) {
	case simdjson::dom::element_type::OBJECT:
		d->byte(JSON_EVENT_OBJECT_BEGIN);
		for (auto member : simdjson::dom::object(e)) {
			d->byte(JSON_EVENT_KEY);
			d->text(member.key.data(), member.key.size());
			walk(d, member.value);
		}
		d->byte(JSON_EVENT_OBJECT_END);
		break;
	case simdjson::dom::element_type::ARRAY:
		d->byte(JSON_EVENT_ARRAY_BEGIN);
		for (auto element : simdjson::dom::array(e))
			walk(d, element);
		d->byte(JSON_EVENT_ARRAY_END);
		break;
	case simdjson::dom::element_type::STRING: {
		std::string_view text = e.get_string();

		d->byte(JSON_EVENT_STRING);
		d->text(text.data(), text.size());
		break;
	}
	case simdjson::dom::element_type::BOOL:
		d->byte(bool(e) ? JSON_EVENT_TRUE : JSON_EVENT_FALSE);
		break;
	case simdjson::dom::element_type::NULL_VALUE:
		d->byte(JSON_EVENT_NULL);
		break;
	default:
		d->byte(JSON_EVENT_NUMBER);
		break;
	}
}

int
read_ours(digest *d, const uint8_t *data, size_t size, uint32_t seed)
{
	static struct json_push p;
	int r = 0;

	json_push_init(&p, on_event, d, 0);
	while (r == 0 && size > 0) {
		seed = seed * 1664525 + 1013904223;
		size_t step = 1 + (seed >> 16) % 400;
		struct bytes window = {data, step < size ? step : size};

		data += window.left;
		size -= window.left;
		r = json_push_feed(&p, &window, nullptr);
	}
	return r < 0 ? r : json_push_finish(&p, nullptr);
}

} // namespace

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static simdjson::dom::parser parser;
	simdjson::dom::element root;
	digest ours, theirs;

	if (size < 2)
		return 0;
	simdjson::padded_string text(reinterpret_cast<const char *>(data + 2), size - 2);
	auto error = parser.parse(text).get(root);
	int r = read_ours(&ours, data + 2, size - 2, data[0] + 256u * data[1]);

	if (size >= 5 && data[2] == 0xef && data[3] == 0xbb && data[4] == 0xbf)
		return 0; /* newer versions pass over a byte order mark */
	if (r == 0 && error != simdjson::SUCCESS) {
		if (error != simdjson::NUMBER_ERROR && error != simdjson::DEPTH_ERROR && !ours.lossy)
			std::abort();
		return 0;
	}
	if (r != 0 && error == simdjson::SUCCESS)
		std::abort();
	if (r == 0) {
		walk(&theirs, root);
		if (ours.value != theirs.value && !ours.lossy)
			std::abort();
	}
	return 0;
}
