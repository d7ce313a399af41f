#!/usr/bin/env python3
"""wordlike.py - the pairs table of src/match/entropy.c, from text

	find ... | bench/wordlike.py >table	(names of files on standard input)

Words are the distinct runs of [A-Za-z0-9_-] of the files, 3 to 60 long, with a letter; noise is drawn
from base62, hexadecimal and lower case with digits.  A pair's weight is 16 times the binary logarithm
of how much more often it occurs in words.  Classes: a-z, digit, edge (ends, punctuation, a capital
behind a small letter)."""
import math
import random
import re
import sys

DIGIT, EDGE, CLASSES = 26, 27, 28


def classes(word):
    out = [EDGE]
    before = ""
    for c in word:
        if c.isascii() and c.isalpha():
            if before.islower() and c.isupper():
                out.append(EDGE)
            out.append(ord(c.lower()) - 97)
        elif c.isascii() and c.isdigit():
            out.append(DIGIT)
        elif out[-1] != EDGE:
            out.append(EDGE)
        before = c
    if out[-1] != EDGE:
        out.append(EDGE)
    return out


def count(words):
    table = [[0.5] * CLASSES for _ in range(CLASSES)]
    for word in words:
        row = classes(word)
        for a, b in zip(row, row[1:]):
            table[a][b] += 1
    return [[v / sum(row) for v in row] for row in table]


def main():
    words = set()
    for name in sys.stdin.read().split("\n")[:-1]:
        text = open(name, encoding="latin-1").read(4 << 20)
        words.update(w for w in re.findall(r"[A-Za-z0-9_-]{3,60}", text)
                     if re.search("[A-Za-z]{2}", w) and not re.search("[0-9].*[A-Za-z].*[0-9]", w))
    draw = random.Random(1)
    base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    noise = ["".join(draw.choice(alphabet) for _ in range(32))
             for alphabet in (base62, base62, base62[:10] + "abcdef", base62[:10] + base62[36:],
                              base62[:36]) for _ in range(20000)]
    p, q = count(sorted(words)), count(noise)
    print(f"/* {len(words)} words */", file=sys.stderr)
    for a in range(CLASSES):
        row = [max(-96, min(96, round(16 * math.log2(p[a][b] / q[a][b])))) for b in range(CLASSES)]
        print("\t{" + ", ".join(map(str, row)) + "},")


main()
