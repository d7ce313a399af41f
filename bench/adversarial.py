#!/usr/bin/env python3
"""adversarial.py - write inputs that make a careless secret scanner slow: one folder each

    adversarial.py [--mib N] [--only NAME,...] OUT      N MiB each (32); one-line is always 200 MiB

Time them with  history.py --tree SCANNER -- OUT/*  and compare each with OUT/ordinary: MB/s of all
should stay within a factor of five of it.  Everything is made from a fixed seed, and nothing in it is a
secret, but for the one line at the end of each file, `planted`, which a scanner should still find.
"""
import argparse
import base64
import os
import random
import sys

MIB = 1 << 20


def fill(piece, size):
    return (piece * (size // len(piece) + 1))[:size]


def letters(rng, alphabet, size):
    """Random bytes of an alphabet of at most 256, without a loop over bytes."""
    table = bytes(alphabet[i % len(alphabet)] for i in range(256))
    return rng.randbytes(size).translate(table)


def in_lines(data, width):
    return b"\n".join(data[i:i + width] for i in range(0, len(data), width)) + b"\n"


BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
HEX = b"0123456789abcdef"


def ordinary(rng, size):
    words = ("the buffer of this list holds what was read and written by each user in order int char for while if "
             "return value token of keys secret 12 0x7f { } ( ) ; = , count index static const").split()
    line = [" ".join(rng.choice(words) for _ in range(9)).encode() for _ in range(4096)]
    return fill(b"\n".join(line) + b"\n", size)


def nested_base64(rng, size):
    data = letters(rng, HEX, 4096)
    while len(data) * 4 // 3 < size:
        data = base64.b64encode(data)
    return fill(data + b"\n", size)


def many_base64(rng, size):
    parts = []
    for _ in range(512):
        data = rng.randbytes(24)
        for _ in range(8):
            data = base64.b64encode(data)
        parts.append(b'"' + data + b'"\n')
    return fill(b"".join(parts), size)


def assignments(rng, size):
    return fill(b"".join(b"password = \"" + letters(rng, BASE64, rng.randrange(1, 7)) + b"\"\nsecret: ${TOKEN}\n"
                         for _ in range(4096)), size)


def prefixes(rng, size):
    heads = [b"AK" + b"IA", b"gh" + b"p_", b"xo" + b"xb-", b"ey" + b"J", b"sk" + b"_live_", b"AI" + b"za", b"SG" + b"."]
    return fill(b"".join(rng.choice(heads) + letters(rng, BASE64[:62], rng.randrange(3)) for _ in range(8192)), size)


KINDS = {
    "ordinary": ordinary,
    "key-equals": lambda rng, size: fill(b"key=", size),
    "key-lines": lambda rng, size: fill(b"api_key = \n", size),
    "assignments": assignments,
    "prefixes": prefixes,
    "base64-dense": lambda rng, size: in_lines(letters(rng, BASE64, size), 76),
    "base64-one-run": lambda rng, size: letters(rng, BASE64, size),
    "base64-nested": nested_base64,
    "base64-many": many_base64,
    "hex-dense": lambda rng, size: in_lines(letters(rng, HEX, size), 64),
    "hex-one-run": lambda rng, size: letters(rng, HEX, size),
    "percent": lambda rng, size: fill(b"%25" * 4 + b"32%35", size),
    "escapes": lambda rng, size: fill(b"\\u005c\\x5c\\\\", size),
    "pem-begin": lambda rng, size: fill(b"-----BEGIN RSA PRIV" + b"ATE KEY-----\nMII\n", size),
    "quotes": lambda rng, size: fill(b"\"'`", size),
    "utf16": lambda rng, size: ordinary(rng, size // 2).decode().encode("utf-16"),
    "uuid": lambda rng, size: fill(b"".join(b"token=%08x-%04x-4%03x-a%03x-%012x\n" % (
        rng.getrandbits(32), rng.getrandbits(16), rng.getrandbits(12), rng.getrandbits(12), rng.getrandbits(48))
        for _ in range(8192)), size),
    "one-line": lambda rng, size: ordinary(rng, 200 * MIB).replace(b"\n", b" "),
}


def main(args):
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--mib", type=int, default=32)
    parser.add_argument("--only", default="")
    parser.add_argument("out")
    options = parser.parse_args(args)
    for name, make in KINDS.items():
        if options.only and name not in options.only.split(","):
            continue
        os.makedirs(os.path.join(options.out, name), exist_ok=True)
        rng = random.Random(name)
        planted = b"\n\nplanted = \"AK" + b"IA" + letters(rng, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16) + b"\"\n"
        with open(os.path.join(options.out, name, name + ".txt"), "wb") as file:
            file.write(make(rng, options.mib * MIB))
            file.write(planted.decode().encode("utf-16-le") if name == "utf16" else planted)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
