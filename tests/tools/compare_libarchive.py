#!/usr/bin/env python3
"""compare_libarchive.py UNPACK_LIST FILE... - our readers beside libarchive

Same names, kinds, sizes and CRC-32 of contents?  One line for each file that differs, a sum at
the end; exit 1 when any does.  Entries that only we give out ("(appended data)" and the like)
are counted apart.
"""
import collections, ctypes, re, subprocess, sys, zlib

lib = ctypes.CDLL('libarchive.so.13')
for name in ('archive_read_new', 'archive_entry_pathname', 'archive_entry_hardlink',
             'archive_entry_symlink'):
    getattr(lib, name).restype = ctypes.c_void_p
TYPES = {0o040000: 'd', 0o120000: 'l', 0o100000: 'f', 0: 'f'}


def text(address):
    return ctypes.string_at(address) if address else None


def theirs(path):
    archive = ctypes.c_void_p(lib.archive_read_new())
    lib.archive_read_support_format_all(archive)
    lib.archive_read_support_filter_all(archive)
    if lib.archive_read_open_filename(archive, path.encode(), 1 << 20) != 0:
        return None
    entry, rows = ctypes.c_void_p(), []
    at, size, offset = ctypes.c_void_p(), ctypes.c_size_t(), ctypes.c_int64()
    while True:
        code = lib.archive_read_next_header(archive, ctypes.byref(entry))
        if code == 1:
            break
        if code < -20:
            rows.append((b'FAULT', '', 0, ''))
            break
        name = text(lib.archive_entry_pathname(entry)) or b'?'
        link = lib.archive_entry_hardlink(entry) or lib.archive_entry_symlink(entry)
        kind = 'l' if link else TYPES.get(lib.archive_entry_filetype(entry), 'o')
        crc = total = 0
        while kind == 'f':
            code = lib.archive_read_data_block(archive, ctypes.byref(at), ctypes.byref(size),
                                               ctypes.byref(offset))
            if code != 0:
                break
            crc = zlib.crc32(bytes(max(0, offset.value - total)), crc)
            crc = zlib.crc32(ctypes.string_at(at, size.value), crc)
            total = offset.value + size.value
        rows.append((name.rstrip(b'/'), kind, total, '%08x' % crc if kind == 'f' else ''))
    lib.archive_read_free(archive)
    return rows


def ours(tool, path):
    rows, extra = [], []
    out = subprocess.run([tool, '-n', path], stdout=subprocess.PIPE, check=False).stdout
    for line in out.split(b'\n'):
        m = re.match(rb'([0-9a-f]{8}) +(\d+) ([fdlo]) (.*)$', line)
        if not m:
            if line.startswith((b'note', b'FAULT')):
                extra.append(line.decode('utf-8', 'replace'))
            continue
        name = re.sub(rb'\\x([0-9a-f]{2})', lambda h: bytes([int(h.group(1), 16)]), m.group(4))
        kind = m.group(3).decode()
        if name.startswith(b'('):
            extra.append(name.decode())
            continue
        if kind == 'l':
            name = name.split(b' -> ')[0]
        size = int(m.group(2)) if kind == 'f' else 0
        rows.append((name.rstrip(b'/'), kind, size, m.group(1).decode() if kind == 'f' else ''))
    return rows, extra


def main():
    tool, same, entries, size, differ = sys.argv[1], 0, 0, 0, 0
    notes = collections.Counter()
    for path in sys.argv[2:]:
        want = theirs(path)
        got, extra = ours(tool, path)
        for line in extra:
            notes[line.split()[1] if line.startswith('note') else line[:60]] += 1
        if want is not None and sorted(want) == sorted(got):
            same += 1
            entries += len(got)
            size += sum(row[2] for row in got)
            continue
        differ += 1
        only_ours = collections.Counter(got) - collections.Counter(want or [])
        only_theirs = collections.Counter(want or []) - collections.Counter(got)
        print(path, 'only ours:', list(only_ours)[:3], 'only theirs:', list(only_theirs)[:3],
              extra[:3])
    print('%d files the same (%d entries, %d bytes), %d differ; notes %s'
          % (same, entries, size, differ, dict(notes)))
    return 1 if differ else 0


sys.exit(main())
