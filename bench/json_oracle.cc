/*
 * json_oracle.cc - simdjson beside our reader
 *
 * Memory is allocated before the clock starts, for both.
 */
#ifdef HAVE_SIMDJSON
#include <simdjson.h>
#endif

#include <cstddef>

extern "C" {
#include "bench/json_oracle.h"
}

#ifdef HAVE_SIMDJSON
double
json_oracle_seconds(const void *at, size_t count, double (*now)(void))
{
	static simdjson::dom::parser parser;
	static simdjson::padded_string text(static_cast<const char *>(at), count);
	double start = now();
	auto error = parser.parse(text).error();

	return error == simdjson::SUCCESS ? now() - start : -1;
}
#else
double
json_oracle_seconds(const void *, size_t, double (*)(void))
{
	return 0;
}
#endif
