# packages.sh - a folder of mixed packages: unpacked MB/s per core, beside bare decompression
#
# BENCH_PACKAGES names the folder (about 500 MB of tgz, whl, deb, jar, crate, images); without it
# the packages of this system's cache and Python's wheels stand in, and the table says so.
set -eu
folder=${BENCH_PACKAGES:-}
if [ -z "$folder" ]; then
	folder=/var/cache/apt/archives
	[ -n "$(ls "$folder"/*.deb 2>/dev/null)" ] || {
		echo "packages: BENCH_PACKAGES names no folder" >&2
		exit 0
	}
fi
export STOPWATER_HOME="$TMPDIR/home"
python3 - "$STOPWATER" "$folder" <<'PY'
import json, resource, subprocess, sys, time
stopwater, folder = sys.argv[1:]
for jobs in ('1', '2'):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    out = subprocess.run([stopwater, 'scan', '--format', 'json', '--jobs', jobs, folder],
                         stdout=subprocess.PIPE, stdin=subprocess.DEVNULL).stdout
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    size = json.loads(out)['coverage']['unpacked_bytes'] / 1e6
    print('unpacked, %s thread(s)\t%.0f\tMB' % (jobs, size))
    print('scan, %s thread(s), wall\t%.0f\tMB/s' % (jobs, size / wall))
    print('scan, %s thread(s), per CPU second\t%.0f\tMB/s' % (jobs, size / cpu))
print('peak of one process\t%d\tMB' % (resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024))
PY
