#!/usr/bin/env python3
"""make-bomb-kernel.py - the packed heart of the bombs of test_hostile.c

data/unpack/zeros.deflate: 4 MiB of zeros, deflated as tightly as the format can (1030 : 1);
data/unpack/bomb.gz: 1 GiB of zeros packed by gzip twice, which gzip -dc | gzip -dc unpacks.
"""
import gzip, io, os, zlib

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'unpack')
packer = zlib.compressobj(9, wbits=-15)
with open(os.path.join(here, 'zeros.deflate'), 'wb') as out:
    out.write(packer.compress(bytes(4 << 20)) + packer.flush())
inner = io.BytesIO()
with gzip.GzipFile(fileobj=inner, mode='wb', compresslevel=9, mtime=0) as packer:
    for _ in range(1024):
        packer.write(bytes(1 << 20))
with open(os.path.join(here, 'bomb.gz'), 'wb') as out:
    out.write(gzip.compress(inner.getvalue(), 9, mtime=0))
