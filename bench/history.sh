# history.sh - all objects of a repository, beside git's own fastest way to print them
#
# A repository of 3,000 commits is made here; BENCH_HISTORY (folders) adds real ones.
set -eu
git init -q "$TMPDIR/made"
python3 - <<'PY' | git -C "$TMPDIR/made" fast-import --quiet
import random, sys
random.seed(7)
out = sys.stdout.buffer
files = [['static int value_%d_%d = %d;' % (f, l, random.randrange(1 << 30)) for l in range(400)]
         for f in range(12)]
for c in range(1, 3001):
    for _ in range(4):
        f, l = random.randrange(12), random.randrange(400)
        files[f][l] = 'static int changed_%d = %d;' % (c, random.randrange(1 << 30))
    message = b'change %d' % c
    out.write(b'commit refs/heads/main\nmark :%d\ncommitter C <c@example.org> %d +0000\ndata %d\n%s\n'
              % (c, 1700000000 + c, len(message), message))
    for f, lines in enumerate(files):
        text = ('\n'.join(lines) + '\n').encode()
        out.write(b'M 100644 inline src/file%d.c\ndata %d\n%s\n' % (f, len(text), text))
PY
git -C "$TMPDIR/made" repack -qadf --depth=50 --window=10
# shellcheck disable=SC2086 # a list of folders
python3 - "$BENCH/bench_history" "$TMPDIR/made" ${BENCH_HISTORY:-} <<'PY'
import os, re, resource, subprocess, sys
def cpu(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, text
def cpu_dropped(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
bench = sys.argv[1]
for repository in sys.argv[2:]:
    name = repository.rstrip('/').removesuffix('/.git').removesuffix('/repo').split('/')[-1]
    ours, text = cpu([bench, '-a', '-j1', repository])
    objects, megabytes, peak = re.search(
        rb'(\d+) objects, ([\d.]+) MB,.*peak (\d+) MB', text).groups()
    git = cpu_dropped(['git', '-C', repository, 'cat-file', '--batch', '--buffer', '--unordered',
                       '--batch-all-objects'])
    blobs, text = cpu([bench, '-j1', repository])
    blob_megabytes = re.search(rb'objects, ([\d.]+) MB,', text).group(1)
    print(f'{name}: all objects, time\t{ours:.2f}\tCPU s')
    print(f'{name}: all objects, number\t{int(objects) / ours:.0f}\tobjects/s')
    print(f'{name}: all objects, bytes\t{float(megabytes) / ours:.0f}\tMB/s')
    print(f'{name}: git cat-file over ours\t{git / ours:.2f}\ttimes')
    print(f'{name}: blobs, time\t{blobs:.2f}\tCPU s')
    print(f'{name}: blobs, bytes\t{float(blob_megabytes) / blobs:.0f}\tMB/s')
    print(f'{name}: peak memory with its maps\t{int(peak)}\tMB')
PY
