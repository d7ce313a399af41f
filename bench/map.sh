# map.sh - a 62 MB source map in a 14 MB package: the mistake of March 2026
#
# Beside it in the same run: gzip -dc of the same file, which only unpacks, and the bare decoder.
# BENCH_MAP names another package to measure on.
set -eu
package=${BENCH_MAP:-}
if [ -z "$package" ]; then
	package=/tmp/stopwater-bench-map.tgz
	[ -f "$package" ] || {
		python3 "$(dirname "$0")/make_map.py" "$package.new" && mv "$package.new" "$package"
	}
fi
home=$TMPDIR/home
export STOPWATER_HOME="$home"

# seconds and peak kB of a command
measure() {
	python3 - "$@" <<'PY'
import os, resource, subprocess, sys, time
start = time.monotonic()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
took = time.monotonic() - start
print('%.4f %d' % (took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
PY
}

set -- $(measure gzip -dc "$package")
gzip=$1
printf 'gzip -dc\t%s\ts\n' "$gzip"
set -- $(measure "$STOPWATER" scan --quiet "$package")
printf 'scan, empty register\t%s\ts\n' "$1"
printf 'scan, empty register, peak of one process\t%s\tMB\n' "$(($2 / 1024))"
awk -v a="$1" -v b="$gzip" 'BEGIN { printf "ratio to gzip -dc\t%.2f\tx\n", a / b }'
set -- $(measure "$STOPWATER" scan --quiet --jobs 1 "$package")
printf 'scan, one thread\t%s\ts\n' "$1"
if [ -n "${BENCH_REGISTER:-}" ]; then
	set -- $(measure "$STOPWATER" scan --quiet --register "$BENCH_REGISTER" "$package")
	printf 'scan, with a register\t%s\ts\n' "$1"
	printf 'scan, with a register, peak of one process\t%s\tMB\n' "$(($2 / 1024))"
	awk -v a="$1" -v b="$gzip" 'BEGIN { printf "with a register, ratio to gzip -dc\t%.2f\tx\n", a / b }'
fi
