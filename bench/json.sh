#!/bin/sh
# json.sh - the streaming JSON reader and the source map detector, beside memcpy and simdjson
#
# BENCH_MAP_FILE names an unpacked map to measure on; without it one of 62 MB is made up.
set -eu
"$BENCH/bench_json" ${BENCH_MAP_FILE:+"$BENCH_MAP_FILE"}
