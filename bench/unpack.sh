# unpack.sh - reading containers, beside bare decoders and libarchive on the same bytes
#
# 30,000 tiny entries as tgz and zip are made here; BENCH_MAP and BENCH_UNPACK (files) add real ones.
set -eu
python3 - "$TMPDIR" <<'PY'
import gzip, io, sys, tarfile, zipfile
folder = sys.argv[1]
raw = io.BytesIO()
with tarfile.open(fileobj=raw, mode='w', format=tarfile.USTAR_FORMAT) as tar, \
     zipfile.ZipFile(folder + '/tiny.zip', 'w', zipfile.ZIP_DEFLATED) as zip:
    for i in range(30000):
        name = 'package/esm/icons/Icon%05d.js' % i
        text = ('export default createSvgIcon("path", { d: "M%d %dh%dv%dz" }, "Icon%05d");\n'
                % (i % 97, i % 89, i % 83, i % 79, i) * 8).encode()
        info = tarfile.TarInfo(name)
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
        zip.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
with open(folder + '/tiny.tgz', 'wb') as out:
    out.write(gzip.compress(raw.getvalue(), 6, mtime=0))
PY
"$BENCH/bench_unpack" 'tgz of 30,000 tiny files' "$TMPDIR/tiny.tgz"
"$BENCH/bench_unpack" 'zip of 30,000 tiny files' "$TMPDIR/tiny.zip"
[ -z "${BENCH_MAP:-}" ] || "$BENCH/bench_unpack" 'map of 62 MB' "$BENCH_MAP"
# shellcheck disable=SC2086 # a list of files
[ -z "${BENCH_UNPACK:-}" ] || "$BENCH/bench_unpack" 'given files' $BENCH_UNPACK
