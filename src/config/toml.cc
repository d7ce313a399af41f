/*
 * toml.cc - the only C++ of the tree: toml++ behind one C call
 *
 * Knows: how to walk what toml++ parsed.  Does not know: what the keys mean.
 * Nothing is thrown past toml_walk(): the parser is built without exceptions, and what the
 * standard library throws (out of memory) is caught there.
 */
/* toml++ asserts what its own grammar does not ensure: "[%]" would abort the program, and with
 * NDEBUG it would be told to the optimiser as a fact.  As nothing at all, the code behind the assertion
 * reports the error as it should.  Found by tests/fuzz/fuzz_toml.c. */
#undef NDEBUG
#define TOML_ASSERT(expr) static_cast<void>(0)
#define TOML_EXCEPTIONS	       0
#define TOML_HEADER_ONLY       1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_UNDEF_MACROS      1
/* Inline arrays and tables in each other; with TOML_LINE_DOTS_MAX it bounds the stack. */
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

#include <cstdio>
#include <cstring>
#include <new>
#include <string>

#include "config/toml_walk.h"

namespace
{

struct walk {
	toml_walk_each *each;
	void *context;
	unsigned depth_max;
};

bool walk_node(const walk &w, const toml::node &node, const toml::key *key, unsigned depth);

std::string
two(unsigned value)
{
	char text[16];

	(void)std::snprintf(text, sizeof(text), "%02u", value);
	return text;
}

std::string
spell(const toml::date &date)
{
	char year[16];

	(void)std::snprintf(year, sizeof(year), "%04u", (unsigned)date.year);
	return year + ("-" + two(date.month)) + "-" + two(date.day);
}

std::string
spell(const toml::time &time)
{
	std::string text = two(time.hour) + ":" + two(time.minute) + ":" + two(time.second);

	if (time.nanosecond != 0) {
		char fraction[16];

		(void)std::snprintf(fraction, sizeof(fraction), ".%09u", (unsigned)time.nanosecond);
		text += fraction;
	}
	return text;
}

std::string
spell(const toml::date_time &both)
{
	std::string text = spell(both.date) + "T" + spell(both.time);

	if (both.offset) {
		int minutes = both.offset->minutes;
		unsigned away = (unsigned)(minutes < 0 ? -minutes : minutes);

		text += minutes == 0 ? "Z"
				     : (minutes < 0 ? "-" : "+") + two(away / 60) + ":" +
					   two(away % 60);
	}
	return text;
}

bool
walk_members(const walk &w, const toml::node &node, unsigned depth)
{
	if (depth >= w.depth_max && !node.is_value())
		return false;
	if (const toml::table *table = node.as_table()) {
		for (const auto &member : *table)
			if (!walk_node(w, member.second, &member.first, depth + 1))
				return false;
	} else if (const toml::array *array = node.as_array()) {
		for (const toml::node &member : *array)
			if (!walk_node(w, member, nullptr, depth + 1))
				return false;
	}
	return true;
}

bool
walk_node(const walk &w, const toml::node &node, const toml::key *key, unsigned depth)
{
	toml_walk_value value = {};
	std::string text;

	value.line = node.source().begin.line;
	value.column = node.source().begin.column;
	/* A table that only dotted keys or sub-tables imply has no place: its name has. */
	if (value.line == 0 && key != nullptr) {
		value.line = key->source().begin.line;
		value.column = key->source().begin.column;
	}
	if (key != nullptr) {
		value.key = key->str().data();
		value.key_bytes = key->str().size();
	}
	if (const toml::table *table = node.as_table()) {
		value.kind = WALK_TABLE;
		value.count = table->size();
	} else if (const toml::array *array = node.as_array()) {
		value.kind = WALK_ARRAY;
		value.count = array->size();
	} else if (const auto *string = node.as_string()) {
		value.kind = WALK_STRING;
		text = string->get();
	} else if (const auto *integer = node.as_integer()) {
		value.kind = WALK_INTEGER;
		value.integer = integer->get();
	} else if (const auto *number = node.as_floating_point()) {
		value.kind = WALK_FLOAT;
		value.number = number->get();
	} else if (const auto *boolean = node.as_boolean()) {
		value.kind = WALK_BOOL;
		value.integer = boolean->get() ? 1 : 0;
	} else {
		value.kind = WALK_TIME;
		if (const auto *date = node.as_date())
			text = spell(date->get());
		else if (const auto *time = node.as_time())
			text = spell(time->get());
		else if (const auto *both = node.as_date_time())
			text = spell(both->get());
	}
	value.text = text.data();
	value.text_bytes = text.size();
	return w.each(w.context, &value) == 0 && walk_members(w, node, depth);
}

} // namespace

extern "C" enum toml_walk_answer
toml_walk(const char *text, size_t bytes, unsigned depth_max, toml_walk_each *each, void *context,
	  uint32_t *line, char *why, size_t why_bytes)
{
	try {
		toml::parse_result result = toml::parse(std::string_view(text, bytes));

		if (!result) {
			const toml::parse_error &error = result.error();

			*line = error.source().begin.line;
			(void)std::snprintf(why, why_bytes, "%.*s",
					    (int)error.description().size(),
					    error.description().data());
			return WALK_WRONG;
		}
		return walk_node({each, context, depth_max}, result.table(), nullptr, 0)
			   ? WALK_DONE
			   : WALK_STOPPED;
	} catch (...) {
		return WALK_MEMORY;
	}
}
