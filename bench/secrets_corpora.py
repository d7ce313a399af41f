#!/usr/bin/env python3
"""secrets_corpora.py - turn public sets of labelled secrets into one form that bench/secrets_eval.py reads

    secrets_corpora.py fake-leaks  CHECKOUT OUT          leaktk/fake-leaks
    secrets_corpora.py leaky-repo  CHECKOUT OUT          Plazmaz/leaky-repo
    secrets_corpora.py credsweeper CHECKOUT OUT          Samsung/CredSweeper, tests/samples
    secrets_corpora.py creddata    CHECKOUT OUT REPOS    Samsung/CredData; REPOS holds OWNER+NAME, git repositories
    secrets_corpora.py secretlint  CHECKOUT OUT          secretlint/secretlint, the snapshots of its rules
    secrets_corpora.py examples    LIST.jsonl OUT        lines {"rule", "truth": "T" or "F", "text"}

Nothing of these sets is in this repository.  OUT becomes

    OUT/tune/tree/...  OUT/tune/labels.tsv      the half that rules may be tuned on
    OUT/test/tree/...  OUT/test/labels.tsv      the half that is only measured

A file's half is the lowest bit of the SHA-256 of its path, so it is the same on every machine.
labels.tsv has one row for each labelled place, fields parted by tabs:

    file  first_line  last_line  truth  category  first_column  last_column

Lines count from 1; 0 means the whole file.  Columns count characters from 0, the last one is not
included; -1: unknown.  truth: T a secret, F not one, X nobody can say (ignored), N: the file has at
least first_column lines with secrets and at most last_column more that may be reported.

Categories are ours (see CATEGORIES).  `identifier` holds what the sets call a credential but what no
gate should block by default: UUIDs, nonces, salts, names of buckets, ids of applications.
"""
import collections
import csv
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import types
import zlib

CATEGORIES = ("private-key", "provider-token", "jwt", "url-credentials", "authorization", "password",
              "secret", "token", "key", "identifier", "marking")

# CredData's and CredSweeper's names for what is not blocking, or is generic.  Any other name of
# theirs is that of a provider.
IDENTIFIER = {"UUID", "Nonce", "Salt", "AWS S3 Bucket", "Firebase Domain", "Tencent WeChat API App ID",
              "Twilio Credentials", "Other"}
GENERIC = {"Password": "password", "SQL Password": "password", "CMD Password": "password",
           "CMD ConvertTo-SecureString": "password", "CURL User Password": "password", "CURL Options": "password",
           "Secret": "secret", "CMD Secret": "secret", "OTP / 2FA Secret": "secret", "Credential": "secret",
           "Token": "token", "CMD Token": "token", "API": "token", "Auth": "token", "Key": "key",
           "CMD Key": "key", "PEM Private Key": "private-key", "BASE64 Private Key": "private-key",
           "BASE64 encoded PEM Private Key": "private-key", "JWK": "private-key", "NKEY Seed": "private-key",
           "JSON Web Token": "jwt", "URL Credentials": "url-credentials",
           "Basic Authorization": "authorization", "Bearer Authorization": "authorization"}
# a shape of 15 letters or digits: any lower-case password has it, so another name beside it decides
WEAK = {"Dropbox App secret"}
# of several names the surest decides
ORDER = ("private-key", "provider-token", "jwt", "url-credentials", "authorization", "password", "secret",
         "token", "key")
UUID = [8, 4, 4, 4, 12]


def category_of(names, value=""):
    """Our category for names parted by ':'; a value of UUID shape is an identifier whatever it is called."""
    if [len(part) for part in value.split("-")] == UUID:
        return "identifier"
    # the cloud's ids of roles, users and groups; only AKIA and ASIA name access keys
    if "AWS Client ID" in names and value[:4] not in ("AKIA", "ASIA", ""):
        return "identifier"
    names = names.split(":")
    found = set()
    for name in names:
        if name not in IDENTIFIER and not (name in WEAK and len(names) > 1):
            found.add(GENERIC.get(name, "provider-token"))
    for category in ORDER:
        if category in found:
            return category
    return "identifier"


class Corpus:
    """Files and labels, written to the two halves."""

    def __init__(self, out):
        self.out = out
        self.rows = {"tune": [], "test": []}
        self.files = 0

    @staticmethod
    def half(path):
        return ("tune", "test")[hashlib.sha256(path.encode()).digest()[-1] & 1]

    def add(self, path, data, labels):
        """labels: (first_line, last_line, truth, category, first_column, last_column)"""
        half = self.half(path)
        place = os.path.join(self.out, half, "tree", path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(data)
        self.files += 1
        self.rows[half] += [(path,) + tuple(label) for label in labels]

    def close(self):
        for half, rows in self.rows.items():
            os.makedirs(os.path.join(self.out, half), exist_ok=True)
            with open(os.path.join(self.out, half, "labels.tsv"), "w", encoding="utf-8") as file:
                for row in sorted(rows):
                    file.write("\t".join(map(str, row)) + "\n")
            count = collections.Counter((row[3], row[4]) for row in rows)
            print(half, len(rows), "rows,", " ".join("%s/%s=%d" % (t, c, n) for (t, c), n in sorted(count.items())))
        print(self.files, "files")


def walk(folder):
    for base, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(files):
            path = os.path.join(base, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield os.path.relpath(path, folder), path


def read(path):
    with open(path, "rb") as file:
        return file.read()


def fake_leaks(corpus, checkout):
    """Whole files: KIND/valid/... are secrets, KIND/invalid/... and KIND/benign/... are not."""
    kinds = {"pki": "private-key", "basic-auth": "url-credentials", "ftp": "url-credentials", "cui": "marking",
             "htpasswd": "password", "password-hash": "password", "generic": "secret", "k8s": "secret",
             "gradle": "password", "maven": "password", "containers": "authorization", "auth0": "jwt"}
    for path, place in walk(checkout):
        part = path.split(os.sep)
        if len(part) < 3 or part[1] not in ("valid", "invalid", "benign"):
            continue
        truth = "T" if part[1] == "valid" else "F"
        # the folder's name says the answer and some scanners leave out folders by name
        corpus.add(os.path.join(part[0], *part[2:]) if not os.path.exists(
            os.path.join(checkout, part[0], "invalid" if truth == "T" else "valid", *part[2:]))
            else os.path.join(part[0], "b" if truth == "F" else "a", *part[2:]), read(place),
            [(0, 0, truth, kinds.get(part[0], "provider-token"), -1, -1)])


def leaky_repo(corpus, checkout):
    """Counts of lines for each file, no places."""
    for line in read(os.path.join(checkout, ".leaky-meta/secrets.csv")).decode().splitlines():
        part = line.strip().split(",")
        if line.startswith("#") or len(part) != 3:
            continue
        path = os.path.join(checkout, part[0])
        corpus.add(part[0], read(path), [(0, 0, "N", "secret", int(part[1]), int(part[2]))])


def credsweeper(corpus, checkout):
    """Places.  T: what CredSweeper reports by default; F: candidates that its trained filter drops (a weak
    label: some are only unlikely)."""
    tests = os.path.join(checkout, "tests")
    labels = collections.defaultdict(set)
    truth = {}
    for name, value in (("no_ml", "F"), ("output", "T")):
        for entry in json.loads(read(os.path.join(tests, "data", name + ".json"))):
            lines = entry["line_data_list"]
            path = lines[0]["path"].removeprefix("./tests/samples/")
            first, last = lines[0], lines[-1]
            one = first["line_num"] == last["line_num"]
            key = (first["line_num"], last["line_num"], category_of(entry["rule"], first["value"] or ""),
                   first["value_start"] if one else -1, first["value_end"] if one else -1)
            labels[path].add(key)
            truth[(path,) + key] = value
    for path, keys in labels.items():
        # paths inside archives, or made by its decoders, have no file
        if "|" in path or not os.path.isfile(os.path.join(tests, "samples", path)):
            continue
        corpus.add(path, read(os.path.join(tests, "samples", path)),
                   [(a, b, truth[(path, a, b, c, d, e)], c, d, e) for a, b, c, d, e in keys])


def load_obfuscation(checkout):
    """CredData's own obfuscation; its only foreign import is a few lines of base 62."""
    def encodebytes(data):
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        number, text = int.from_bytes(data, "big"), ""
        while number:
            number, digit = divmod(number, 62)
            text = digits[digit] + text
        return text.rjust(6, "0")

    sys.modules["base62"] = types.SimpleNamespace(encodebytes=encodebytes)
    sys.path.insert(0, checkout)
    spec = importlib.util.spec_from_file_location("obfuscate_creds", os.path.join(checkout, "obfuscate_creds.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.logger.disabled = True
    return module


def creddata_lines(module, rows, data):
    """The file's lines with every true value replaced by a random one of its shape, as CredData does."""
    lines = data.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for row in sorted(rows, key=lambda r: (r.LineStart, r.LineEnd, r.ValueStart, r.ValueEnd)):
        if row.GroundTruth != "T" or row.Category in module.MULTI_PATTERN_RULES:
            continue
        if row.Category == module.PRIVATE_KEY_CATEGORY and row.LineStart < row.LineEnd:
            module.process_pem_key(row, lines, 0)
        elif row.LineStart == row.LineEnd and 0 <= row.ValueStart < row.ValueEnd:
            module.process_single_value(row, lines, 0)
    return lines


def creddata(corpus, checkout, repos):
    """Places, for the repositories that REPOS holds; files keep their true names (CredData hashes them),
    since scanners look at names."""
    module = load_obfuscation(checkout)
    had = 0
    for commit, url in json.loads(read(os.path.join(checkout, "snapshot.json"))).items():
        short = "%08x" % zlib.crc32(bytes.fromhex(commit))
        git = os.path.join(repos, "+".join(url.split("/")[-2:]))
        for below in ("repo/.git", "repo", ".git", ""):
            if os.path.isdir(os.path.join(git, below, "objects")):
                git = os.path.join(git, below)
                break
        listing = subprocess.run(["git", "-C", git, "ls-tree", "-r", "-z", commit[:40]], capture_output=True,
                                 check=False) if os.path.isdir(git) else None
        if listing is None or listing.returncode != 0:
            continue
        had += 1
        names = {}
        for entry in listing.stdout.split(b"\0"):
            if b" blob " in entry:
                name = entry.split(b"\t", 1)[1]
                names[hashlib.sha256(name).hexdigest()[:8]] = (entry.split()[2].decode(), name.decode())
        files = collections.defaultdict(list)
        for row in module.read_meta(os.path.join(checkout, "meta", short + ".csv")):
            files[row.FileID].append(row)
        for file_id, rows in files.items():
            if file_id not in names:
                continue
            blob = subprocess.run(["git", "-C", git, "cat-file", "blob", names[file_id][0]], capture_output=True,
                                  check=False)
            if blob.returncode != 0:
                continue
            lines = creddata_lines(module, rows, blob.stdout)
            labels = []
            for row in rows:
                one = row.LineStart == row.LineEnd and 0 <= row.ValueStart < row.ValueEnd
                value = lines[row.LineStart - 1][row.ValueStart:row.ValueEnd] if one else ""
                labels.append((row.LineStart, row.LineEnd, row.GroundTruth, category_of(row.Category, value),
                               row.ValueStart if one else -1, row.ValueEnd if one else -1))
            corpus.add(os.path.join(short, names[file_id][1]), "\n".join(lines).encode(), labels)
    print(had, "repositories")


def secretlint(corpus, checkout):
    """Whole files: ng.* are secrets, ok.* are not; what needs options of secretlint's is left out."""
    skip = ("pattern", "filter-comments", "no-", "example", "preset", "secp256k1")
    for path, place in walk(os.path.join(checkout, "packages/@secretlint")):
        part = path.split(os.sep)
        if len(part) < 5 or part[1:3] != ["test", "snapshots"] or not part[0].startswith("secretlint-rule-"):
            continue
        rule = part[0].removeprefix("secretlint-rule-")
        case = part[3]
        folder = os.path.dirname(place)
        if rule.startswith(skip) or case[:3] not in ("ng.", "ok.") or part[-1] in ("output.json", ".secretlintrc.json") \
                or os.path.exists(os.path.join(folder, ".secretlintrc.json")):
            continue
        kind = {"privatekey": "private-key", "basicauth": "url-credentials"}.get(rule, "provider-token")
        corpus.add(os.path.join(rule, hashlib.sha256(case.encode()).hexdigest()[:6], *part[4:]), read(place),
                   [(0, 0, "T" if case[:2] == "ng" else "F", kind, -1, -1)])


def examples(corpus, listing):
    """One file for each example of a rule; category provider-token, unless the line names another."""
    for number, line in enumerate(read(listing).decode().splitlines()):
        entry = json.loads(line)
        corpus.add("%s/%05d.txt" % (entry["rule"].replace("/", "_"), number), entry["text"].encode() + b"\n",
                   [(0, 0, entry["truth"], entry.get("category", "provider-token"), -1, -1)])


def main(args):
    kinds = {"fake-leaks": fake_leaks, "leaky-repo": leaky_repo, "credsweeper": credsweeper, "creddata": creddata,
             "secretlint": secretlint, "examples": examples}
    if len(args) < 3 or args[0] not in kinds or len(args) != (4 if args[0] == "creddata" else 3):
        print(__doc__, file=sys.stderr)
        return 2
    corpus = Corpus(args[2])
    kinds[args[0]](corpus, args[1], *args[3:])
    corpus.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
