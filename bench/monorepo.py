#!/usr/bin/env python3
"""monorepo.py - make a large git repository out of nothing: many blobs, commits, refs, few bytes on disk

    monorepo.py [options] OUT.git
    --blobs N      distinct blobs (50000)
    --commits N    commits (10000)
    --refs N       branches and tags (3000)
    --bytes N      mean size of a blob (8192)
    --secrets N    tokens planted in single versions of single files (20), listed in OUT.git/planted.txt
    --seed N       the same seed makes the same repository (1)

5 million blobs, 1 million commits and 300 thousand refs of 8 KiB are 40 GB of logical bytes:

    monorepo.py --blobs 5000000 --commits 1000000 --refs 300000 big.git

A file is 64-byte lines; a version changes one line of the version before, so packs stay small the way
those of real histories do.  All versions of a file are handed to `git fast-import` in a row (it makes
deltas against the blob before), then the commits, which change a few files of one folder each; one in
fifty is a merge.  Refs are written as one packed-refs file.  Planted tokens are put together here, with a
right checksum, from random letters: nothing of that shape stands in this repository.
"""
import argparse
import random
import subprocess
import sys
import zlib

LINE = 64
POOL = 8192
FILES_A_FOLDER = 100
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
WORDS = ("buffer count value index offset result length entry node list table state queue lock size flags next "
         "first last parent child update insert remove lookup reset begin end read write open close return if "
         "else while for static const int struct void char unsigned").split()


def make_pool(rng):
    """Lines of code-like text, all of one length."""
    pool = []
    while len(pool) < POOL:
        text = "\t" + " ".join(rng.choice(WORDS) for _ in range(7)) + " = %d;" % rng.randrange(100000)
        pool.append(text[:LINE - 1].ljust(LINE - 1).encode() + b"\n")
    return pool


def base62(number, width):
    text = ""
    for _ in range(width):
        number, digit = divmod(number, 62)
        text = DIGITS[digit] + text
    return text


def make_token(rng):
    """A token of the form that a well-known code host documents: prefix, 30 letters, CRC-32 in base 62."""
    body = "".join(rng.choice(DIGITS) for _ in range(30))
    return "gh" + "p_" + body + base62(zlib.crc32(body.encode()), 6)


class Plan:
    """Which blob is which version of which file, and which commit carries it."""

    def __init__(self, blobs, commits):
        self.a_commit = max(1, blobs // commits)
        self.files = max(FILES_A_FOLDER, int(blobs ** 0.5) * 9 // FILES_A_FOLDER * FILES_A_FOLDER)
        self.files = min(self.files, max(1, blobs // 2 // FILES_A_FOLDER) * FILES_A_FOLDER)
        self.versions = max(1, blobs // self.files)
        self.blobs = self.files * self.versions
        self.folders = self.files // FILES_A_FOLDER
        self.commits = self.blobs // self.a_commit

    def path(self, file):
        folder = file // FILES_A_FOLDER
        return "team%02d/part%04d/file%03d.c" % (folder % 37, folder, file % FILES_A_FOLDER)

    def mark(self, file, version):
        return 1 + file * self.versions + version

    def changes(self, commit):
        """(file, version) of each change of a commit: folders take turns, in them versions rise."""
        folder, turn = commit % self.folders, commit // self.folders
        for number in range(turn * self.a_commit, (turn + 1) * self.a_commit):
            version, file = divmod(number, FILES_A_FOLDER)
            if version < self.versions:
                yield folder * FILES_A_FOLDER + file, version


def write_blobs(out, plan, mean, rng, secrets):
    """All versions of each file; returns the planted tokens as (token, path, version)."""
    pool = make_pool(rng)
    planted = []
    where = set(rng.sample(range(plan.blobs), min(secrets, plan.blobs)))
    for file in range(plan.files):
        count = max(4, min(1024, int(rng.expovariate(LINE / mean))))
        data = b"".join(rng.choice(pool) for _ in range(count))
        for version in range(plan.versions):
            at = rng.randrange(count) * LINE
            line = pool[rng.randrange(POOL)]
            data = data[:at] + line + data[at + LINE:]
            text = data
            if file * plan.versions + version in where:
                token = make_token(rng)
                text = data[:at] + b'\tlogin("' + token.encode() + b'");\n' + data[at:]
                planted.append((token, plan.path(file), version))
            out.write(b"blob\nmark :%d\ndata %d\n" % (plan.mark(file, version), len(text)))
            out.write(text)
            out.write(b"\n")
    return planted


def write_commits(out, plan, rng):
    first = plan.blobs + 1
    for commit in range(plan.commits):
        who = "Dev %d <dev%d@example.org>" % (commit % 211, commit % 211)
        text = "change %d of part %d" % (commit, commit % plan.folders)
        out.write(b"commit refs/heads/main\nmark :%d\ncommitter %s %d +0000\ndata %d\n%s\n" % (
            first + commit, who.encode(), 1200000000 + commit * 300, len(text), text.encode()))
        if commit > 100 and commit % 50 == 0:
            out.write(b"merge :%d\n" % (first + commit - rng.randrange(2, 100)))
        for file, version in plan.changes(commit):
            out.write(b"M 100644 :%d %s\n" % (plan.mark(file, version), plan.path(file).encode()))
        out.write(b"\n")


def write_refs(repo, plan, count, rng):
    """One packed-refs file; a ref is a commit's place in the marks file that fast-import left."""
    ids = {}
    wanted = {plan.blobs + 1 + rng.randrange(plan.commits): None for _ in range(count)}
    with open(repo + "/marks", encoding="ascii") as file:
        for line in file:
            mark, _, name = line[1:].partition(" ")
            if int(mark) in wanted or int(mark) == plan.blobs + plan.commits:
                ids[int(mark)] = name.strip()
    names = sorted(ids)
    refs = [("refs/heads/main", ids[plan.blobs + plan.commits])]
    for number in range(count - 1):
        kind = "tags/v" if number % 3 else "heads/topic/"
        refs.append(("refs/%s%06d" % (kind, number), ids[names[number % len(names)]]))
    with open(repo + "/packed-refs", "w", encoding="ascii") as file:
        file.write("# pack-refs with: peeled fully-peeled sorted \n")
        for name, commit in sorted(refs):
            file.write("%s %s\n" % (commit, name))


def main(args):
    parser = argparse.ArgumentParser(usage=__doc__)
    for name, value in (("blobs", 50000), ("commits", 10000), ("refs", 3000), ("bytes", 8192), ("secrets", 20),
                        ("seed", 1)):
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("out")
    options = parser.parse_args(args)
    rng = random.Random(options.seed)
    plan = Plan(options.blobs, options.commits)
    git = ["git", "-C", options.out]
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", options.out], check=True)
    importer = subprocess.Popen(git + ["-c", "pack.compression=1", "fast-import", "--quiet", "--done", "--force",
                                       "--export-marks=" + options.out + "/marks"],
                                stdin=subprocess.PIPE, bufsize=1 << 20)
    planted = write_blobs(importer.stdin, plan, options.bytes, rng, options.secrets)
    write_commits(importer.stdin, plan, rng)
    importer.stdin.write(b"done\n")
    importer.stdin.close()
    if importer.wait() != 0:
        print("monorepo: git fast-import failed", file=sys.stderr)
        return 1
    write_refs(options.out, plan, options.refs, rng)
    subprocess.run(["rm", "-f", options.out + "/marks", options.out + "/refs/heads/main"], check=True)
    with open(options.out + "/planted.txt", "w", encoding="ascii") as file:
        for token, path, version in sorted(planted):
            file.write("%s\t%s\t%d\n" % (token, path, version))
    print("%d blobs, %d files, %d commits, %d refs, %d planted" % (plan.blobs, plan.files, plan.commits, options.refs,
                                                                  len(planted)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
