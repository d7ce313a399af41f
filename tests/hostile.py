#!/usr/bin/env python3
"""hostile.py STOPWATER - inputs made by an enemy: a clear message, bounded memory, nothing written

Each case is made here, scanned by the real program, and must give its exit code, name what was not
examined, stay below its memory and leave no file behind.  No case asserts a time; one that hangs is
stopped after two minutes and fails.
"""
import base64, bz2, gzip, hashlib, io, json, lzma, os, resource, subprocess, sys, tarfile, tempfile, zipfile, zlib

STOPWATER = os.path.abspath(sys.argv[1])
SANITIZED = b'__asan_init' in open(STOPWATER, 'rb').read()
MEMORY_MB = 2000 if SANITIZED else 200
cases = []


# Not a key: random bytes in the clothes of one.
KEY = ('-----BEGIN RSA PRIVATE KEY-----\n' +
       ''.join(base64.b64encode(hashlib.sha384(b'%d' % i).digest()).decode() + '\n' for i in range(25)) +
       '-----END RSA PRIVATE KEY-----\n')


def case(exit_code, memory_mb=MEMORY_MB, **wants):
    """wants: reason= a part of a not_examined reason, rule= a finding's rule, options=[...]"""
    def add(make):
        cases.append((make.__name__.replace('_', ' '), make, exit_code, memory_mb, wants))
        return make
    return add


def tar_of(members, fmt=tarfile.USTAR_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=fmt) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def raw_header(name, size, typeflag=b'0', linkname=b''):
    h = bytearray(512)
    h[0:len(name)] = name
    h[100:108] = b'0000644\0'
    h[124:136] = b'%011o\0' % size if size < 8 ** 11 else b'\x80' + size.to_bytes(11, 'big')
    h[136:148] = b'00000000000\0'
    h[156:157] = typeflag
    h[157:157 + len(linkname)] = linkname
    h[257:265] = b'ustar\x0000'
    h[148:156] = b' ' * 8
    h[148:156] = b'%06o\0 ' % sum(h)
    return bytes(h)


def zip_of(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', method) as z:
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return out.getvalue()


@case(3, reason='end')
def a_truncated_tgz(folder):
    return gzip.compress(tar_of([('a.txt', os.urandom(50000))]), mtime=0)[:20000]


@case(3)
def a_tgz_with_one_byte_flipped_in_the_middle(folder):
    data = bytearray(gzip.compress(tar_of([('a.txt', b'hello ' * 100000)]), mtime=0))
    data[len(data) // 2] ^= 0x55
    return bytes(data)


@case(3)
def a_tgz_with_a_wrong_checksum(folder):
    data = bytearray(gzip.compress(tar_of([('a.txt', b'hello')]), mtime=0))
    data[-6] ^= 1
    return bytes(data)


@case(3)
def a_tar_entry_that_claims_more_than_there_is(folder):
    return raw_header(b'big', 1 << 40) + b'x' * 4096


@case(3)
def a_zip_cut_in_its_directory(folder):
    return zip_of([('a', b'x' * 1000), ('b', b'y' * 1000)])[:-30]


@case(3, reason='ratio')
def a_flat_bzip2_bomb(folder):
    return bz2.compress(b'\0' * (900 * 1000)) * 400


@case(3, reason='ratio')
def a_flat_xz_bomb(folder):
    one = lzma.compress(b'\0' * (64 << 20), preset=1)
    return one * 8


@case(3)
def a_nested_zip_bomb(folder):
    data = zip_of([('0', b'\0' * (10 << 20))])
    for level in range(5):
        data = zip_of([('%d.zip' % i, data) for i in range(16)])
    return data


@case(3, reason='deep')
def gzip_in_gzip_forty_times(folder):
    data = b'a secret plan'
    for _ in range(40):
        data = gzip.compress(data, mtime=0)
    return data


@case(1, rule='overlap')
def zip_entries_that_share_their_bytes(folder):
    """Fifield's construction, small: many directory records that name one local record."""
    body = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = body.compress(b'\0' * (20 << 20)) + body.flush()
    crc = zlib.crc32(b'\0' * (20 << 20))
    import struct
    local = struct.pack('<IHHHHHIIIHH', 0x04034b50, 20, 0, 8, 0, 0x21, crc, len(packed), 20 << 20, 1, 0) + b'a' + packed
    directory = b''
    count = 2000
    for i in range(count):
        name = b'f%d' % i
        directory += struct.pack('<IHHHHHHIIIHHHHHII', 0x02014b50, 20, 20, 0, 8, 0, 0x21, crc,
                                 len(packed), 20 << 20, len(name), 0, 0, 0, 0, 0, 0) + name
    end = struct.pack('<IHHHHIIH', 0x06054b50, 0, 0, count, count, len(directory), len(local), 0)
    return local + directory + end


@case(0)
def a_million_empty_entries(folder):
    chunk = b''.join(raw_header(b'd/%06d' % i, 0) for i in range(10000))
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode='wb', compresslevel=1, mtime=0) as z:
        for _ in range(100):
            z.write(chunk)
        z.write(bytes(1024))
    return out.getvalue()


@case(3, options=['--limit', 'entries=1000'], reason='entries')
def more_entries_than_allowed(folder):
    return tar_of([('f%d' % i, b'') for i in range(2000)])


@case(None, rule='path-escapes')
def names_that_leave_the_folder(folder):
    return tar_of([('../../etc/cron.d/x', b'* * * * * root id'), ('/absolute', b'x')])


@case(None)
def names_with_control_bytes(folder):
    return b''.join(raw_header(n, 1) + b'x' + bytes(511) for n in
                    (b'new\nline', b'esc\x1b[31m', b'\xff\xfe', b'a\\b', b'x!/y')) + bytes(1024)


@case(None)
def links_that_point_out(folder):
    return raw_header(b'link', 0, b'2', b'../../../etc/passwd') + raw_header(b'hard', 0, b'1', b'/etc/shadow') + bytes(1024)


@case(None)
def a_sparse_tar_of_ten_gigabytes(folder):
    def pax(records):
        body = b''
        for key, value in records:
            line = b' %s=%s\n' % (key, value)
            length = len(line) + len(str(len(line)))
            length = len(line) + len(str(length))
            body += b'%d' % length + line
        return raw_header(b'PaxHeader', len(body), b'x') + body + bytes(-len(body) % 512)
    size = 10 << 30
    smap = b'1\n0\n512\n'
    block = smap + bytes(-len(smap) % 512) + b'x' * 512
    return pax([(b'GNU.sparse.major', b'1'), (b'GNU.sparse.minor', b'0'),
                (b'GNU.sparse.name', b'big'), (b'GNU.sparse.realsize', b'%d' % size)]) + \
        raw_header(b'GNUSparseFile.0/big', len(block)) + block + bytes(1024)


@case(None)
def json_ten_million_deep(folder):
    return b'[' * 10000000


@case(3)
def a_source_map_that_is_deep(folder):
    return b'{"version":3,"sources":["a"],"mappings":"A","sourcesContent":' + b'[' * 1000000


@case(1, memory_mb=2000 if SANITIZED else 400, rule='source-map-embedded')
def a_source_map_with_a_million_sources(folder):
    n = 1000000
    return (b'{"version":3,"sources":[' + b','.join(b'"s/%d.ts"' % i for i in range(n)) +
            b'],"sourcesContent":[' + b','.join(b'"let a%d=1"' % i for i in range(n)) + b'],"mappings":"A"}')


MAP = (b'{"version":3,"sources":["a.ts"],"mappings":"AAAA","sourcesContent":["' +
       b'export const secret = 1; ' * 10 + b'"]}')


@case(1, rule='source-map-buried')
def a_source_map_as_a_member_of_other_data(folder):
    return b'{"src/a.js":{"path":"a.js","inputSourceMap":' + MAP + b'}}'


@case(1, rule='source-map-buried')
def a_source_map_that_is_javascript(folder):
    return b'// generated\nmodule.exports = ' + MAP + b';\n'


@case(1, rule='source-map-buried')
def a_source_map_quoted_as_a_string(folder):
    return json.dumps({'map': MAP.decode()}).encode()


@case(1, rule='source-map-buried')
def a_source_map_behind_a_megabyte(folder):
    return b'[' + b'"filling",' * 104855 + MAP + b',' + MAP + b']'


@case(3)
def a_source_map_cut_short(folder):
    return b'{"version":3,"sources":["a.ts"],"mappings":"AAAA","sourcesContent":["export const secret'


@case(None)
def one_line_of_a_hundred_megabytes(folder):
    return b'key="value"; ' * (8 << 20)


@case(0)
def a_folder_with_a_loop_of_links(folder):
    os.mkdir(os.path.join(folder, 'in'))
    os.symlink('..', os.path.join(folder, 'in', 'up'))
    os.symlink('self', os.path.join(folder, 'in', 'self'))
    with open(os.path.join(folder, 'in', 'a'), 'w') as f:
        f.write('x\n')
    return None


@case(3)
def an_unreadable_thing_in_a_folder(folder):
    os.mkdir(os.path.join(folder, 'in'))
    with open(os.path.join(folder, 'in', 'a.tgz'), 'wb') as f:
        f.write(gzip.compress(b'x' * 100000, mtime=0)[:60])
    return None


@case(1, rule='private-key', reason='ratio')
def a_bomb_in_a_folder_does_not_hide_what_comes_behind_it(folder):
    os.mkdir(os.path.join(folder, 'in'))
    with open(os.path.join(folder, 'in', 'a.bz2'), 'wb') as f:
        f.write(bz2.compress(b'\0' * (900 * 1000)) * 400)
    with open(os.path.join(folder, 'in', 'b.pem'), 'w') as f:
        f.write(KEY)
    return None


@case(1, rule='private-key')
def a_folder_whose_reader_must_begin_again(folder):
    """A 7z makes the parent load libarchive and start a new child on the same open folder."""
    os.mkdir(os.path.join(folder, 'in'))
    data = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data', 'unpack', 'sample.7z')
    with open(data, 'rb') as f, open(os.path.join(folder, 'in', 'a.7z'), 'wb') as to:
        to.write(f.read())
    with open(os.path.join(folder, 'in', 'b.pem'), 'w') as f:
        f.write(KEY)
    return None


@case(0)
def a_fifo_in_a_folder_does_not_hang(folder):
    os.mkdir(os.path.join(folder, 'in'))
    os.mkfifo(os.path.join(folder, 'in', 'pipe'))
    with open(os.path.join(folder, 'in', 'a'), 'w') as f:
        f.write('x\n')
    return None


@case(3)
def an_empty_folder_is_nothing_examined(folder):
    os.mkdir(os.path.join(folder, 'in'))
    return None


@case(2)
def an_input_that_is_not_there(folder):
    return None


def snapshot(folder):
    return sorted(os.path.join(d, f) for d, _, fs in os.walk(folder) for f in fs)


# Runs the program and prints its own peak memory behind its output: RUSAGE_CHILDREN here would be
# the highest of all cases so far.
RUNNER = '''
import resource, subprocess, sys
p = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, timeout=120)
sys.stderr.write("\\npeak %d" % resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(p.returncode if p.returncode >= 0 else 128 - p.returncode)
'''


def run(name, make, exit_code, memory_mb, wants):
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'in')
        data = make(folder)
        if data is not None:
            with open(path, 'wb') as f:
                f.write(data)
        before = snapshot(folder)
        with tempfile.TemporaryDirectory() as home:
            env = dict(os.environ, STOPWATER_HOME=os.path.join(home, 'state'))
            p = subprocess.run([sys.executable, '-c', RUNNER, STOPWATER, 'scan', '--format', 'json',
                                '--profile', 'public-release'] + wants.get('options', []) + [path],
                               env=env, capture_output=True, cwd=home)
        errors = p.stderr.decode(errors='replace')
        peak = int(errors.rsplit('peak ', 1)[-1]) // 1024 if 'peak ' in errors else -1
        if exit_code is not None and p.returncode != exit_code or p.returncode > 3 or p.returncode < 0:
            problems.append('exit %d, not %s: %s' % (p.returncode, exit_code, errors[:300]))
        if peak < 0 or peak > memory_mb:
            problems.append('took %d MB, more than %d' % (peak, memory_mb))
        if snapshot(folder) != before:
            problems.append('left files behind: %s' % snapshot(folder))
        if p.returncode != 2:
            try:
                report = json.loads(p.stdout)
                cover = report['coverage']
                if cover['unpacked_bytes'] != cover['examined_bytes'] + cover['skipped_bytes'] + cover['not_examined_bytes']:
                    problems.append('coverage does not add up: %s' % cover)
                reasons = [row['reason'] for row in cover.get('not_examined', [])]
                if 'reason' in wants and not any(wants['reason'] in r for r in reasons):
                    problems.append('no reason says "%s": %s' % (wants['reason'], reasons[:3]))
                rules = [f['rule'] for f in report['findings']]
                if 'rule' in wants and wants['rule'] not in rules:
                    problems.append('no finding of rule %s: %s' % (wants['rule'], rules[:5]))
                if p.returncode == 3 and not reasons and cover['blobs'] > 0:
                    problems.append('exit 3 without a reason')
            except ValueError as e:
                problems.append('no JSON: %s: %r' % (e, p.stdout[:200]))
        elif not errors.strip():
            problems.append('exit 2 without a word')
    return problems


def main():
    only = sys.argv[2:]
    chosen = [c for c in cases if not only or any(o in c[0] for o in only)]
    print('1..%d' % len(chosen))
    failed = 0
    for n, (name, *rest) in enumerate(chosen, 1):
        try:
            problems = run(name, *rest)
        except subprocess.TimeoutExpired:
            problems = ['did not end in two minutes']
        for problem in problems:
            print('# ' + problem)
        failed += bool(problems)
        print('%sok %d - %s' % ('not ' if problems else '', n, name), flush=True)
    sys.exit(1 if failed else 0)


main()
