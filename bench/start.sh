#!/bin/sh
# start.sh - what it costs to start at all: wall time of `stopwater version`, of 200 in a row
set -u
start=$(date +%s%N)
i=0
while [ $i -lt 200 ]; do
	"$STOPWATER" version >/dev/null || exit 1
	i=$((i + 1))
done
end=$(date +%s%N)
printf 'start, version\t%s\tms\n' "$(awk -v ns=$((end - start)) 'BEGIN { printf "%.2f", ns / 200 / 1e6 }')"
