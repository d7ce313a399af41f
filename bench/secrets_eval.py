#!/usr/bin/env python3
"""secrets_eval.py - how truly stopwater and its peers find secrets: recall, precision, false positives

    secrets_eval.py [options] SCANNER...

    SCANNER          [LABEL:]ADAPTER=BINARY [ARGUMENTS]; adapters: stopwater gitleaks betterleaks trufflehog
                     kingfisher.  "low:kingfisher=/opt/kingfisher --confidence low" is a scanner named low.
    --labelled DIR   folder of labelled sets, NAME/tune and NAME/test, made by bench/secrets_corpora.py
    --clean DIR      folder of clean sets, one below another, e.g. DIR/debian
    --only NAME,...  only these sets
    --half HALF      tune (default), test or both
    --cache DIR      keep the reports of peers here and use them again (stopwater is always run anew)
    --misses FILE    what the first scanner misses and falsely reports, with its line; tune half only
    --extra FILE     every finding in the clean sets and on unlabelled lines, all scanners, tune half only
    --markdown       tables for a document

No scanner is asked to test a secret against a service.  Every scanner sees the same folder; paths in
it are the corpus's own.  What counts:

- A row of labels.tsv is hit when a finding touches its lines; where several rows share a line, the one
  whose value overlaps the finding's value.  A whole-file row is hit by any finding in the file.
- recall = T rows hit / T rows.  precision = T rows hit / (T rows hit + F rows hit).  Findings on lines
  that nobody labelled count as neither; their number stands beside (`unlab`).
- The total leaves out `identifier` and `marking` (what a set calls a secret but no gate should block by
  default: see bench/secrets_corpora.py); these have lines of their own.
- Rows N (counts for a file): hit = min(lines reported, lines with secrets), false = lines reported
  beyond all that may be.
- stopwater's findings of severity `info` are notes and count for nothing.
- Clean sets: findings per 100 MB of all bytes below the folder, by class of rule, told by its name:
  generic (generic, password, entropy), private-key, login (in URLs, headers, command lines; hashes of
  passwords) and provider (all others).

Exit 0; 2 for wrong use.
"""
import argparse
import collections
import json
import os
import re
import shlex
import sys
import tempfile

import measure

Finding = collections.namedtuple("Finding", "file first last rule value")
ASIDE = ("identifier", "marking")
CLASSES = ("generic", "private-key", "login", "provider")


# ---- scanners: how each is called, and what its report says ----

def lines_of_json(report):
    with open(report, encoding="utf-8", errors="replace") as file:
        for line in file:
            line = line.strip()
            if line.startswith("{"):
                yield json.loads(line)


def load(report):
    with open(report, encoding="utf-8", errors="replace") as file:
        text = file.read()
    return json.loads(text) if text.strip() else None


class Gitleaks:
    argv = "dir {dir} --no-banner --exit-code 0 --report-format json --report-path {out}"

    @staticmethod
    def findings(report):
        for entry in load(report) or []:
            yield entry["File"], entry["StartLine"], entry["EndLine"], entry["RuleID"], entry["Secret"]


class Betterleaks:
    argv = "fs {dir} --no-banner --silent --exit-code 0 -o {out}"
    suffix = ".jsonl"

    @staticmethod
    def findings(report):
        for entry in lines_of_json(report):
            found = entry.get("finding")
            if found:
                place = found["location"]
                # a finding about the path itself has no lines
                yield (place["path"], place.get("start_line", 0), place.get("end_line", 0), found["rule_id"],
                       found.get("match", {}).get("value", ""))


class Trufflehog:
    argv = ("filesystem {dir} --json --no-verification --no-update --no-color "
            "--results=verified,unknown,unverified")
    stdout = True

    @staticmethod
    def findings(report):
        for entry in lines_of_json(report):
            if "DetectorName" not in entry:
                continue
            place = entry["SourceMetadata"]["Data"]["Filesystem"]
            line = place.get("line", 0)
            value = entry.get("Raw") or ""
            yield place["file"], line, line + value.rstrip("\n").count("\n"), entry["DetectorName"], value


class Kingfisher:
    argv = "scan {dir} --no-validate --no-update-check --no-dedup --git-history none -f jsonl -o {out}"
    suffix = ".jsonl"

    @staticmethod
    def findings(report):
        for entry in lines_of_json(report):
            found = entry.get("finding")
            if "rule" in entry and found:
                value = found["snippet"]
                yield found["path"], found["line"], found["line"] + value.count("\n"), entry["rule"]["id"], value


class Stopwater:
    argv = "scan --only secret --tree --show-secrets --format jsonl -o {out} {dir}"

    @staticmethod
    def findings(report):
        for entry in lines_of_json(report):
            if entry.get("type") != "finding" or entry.get("detector") != "secret" or entry["severity"] == "info":
                continue
            value = entry.get("secret", "")
            # one finding a secret: its places are listed, the report caps how many
            for place in entry.get("places") or [entry]:
                line = place.get("line", 0)
                yield place["path"].split("!/")[0], line, line + value.count("\n"), entry["rule"], value


ADAPTERS = {"gitleaks": Gitleaks, "betterleaks": Betterleaks, "trufflehog": Trufflehog, "kingfisher": Kingfisher,
            "stopwater": Stopwater}


class Scanner:
    def __init__(self, text):
        name, _, command = text.partition("=")
        self.label, _, adapter = name.rpartition(":")
        words = shlex.split(command)
        if adapter not in ADAPTERS or not words:
            raise SystemExit("secrets_eval: '%s': give [LABEL:]ADAPTER=BINARY, adapters %s" % (
                text, " ".join(ADAPTERS)))
        self.label = self.label or adapter
        self.name = adapter
        self.adapter = ADAPTERS[adapter]
        self.binary, self.extra = words[0], words[1:]

    def scan(self, folder, cache, key):
        """All findings in folder, with paths relative to it, and the run's cost (None: from the cache)."""
        suffix = getattr(self.adapter, "suffix", ".json")
        kept = os.path.join(cache, "%s-%s%s" % (self.label, key, suffix)) if cache and self.name != "stopwater" else None
        cost = None
        with tempfile.TemporaryDirectory() as scratch:
            report = kept or os.path.join(scratch, "report" + suffix)
            if not kept or not os.path.exists(kept):
                part = report + ".part" + suffix
                argv = [self.binary] + [word.format(dir=folder, out=part) for word in self.adapter.argv.split()]
                argv += self.extra
                if getattr(self.adapter, "stdout", False):
                    with open(part, "wb") as out:
                        cost = measure.run(argv, stdout=out)
                else:
                    cost = measure.run(argv)
                if not os.path.exists(part):
                    print("secrets_eval: %s left no report on %s (exit %d)" % (self.label, folder, cost.status),
                          file=sys.stderr)
                    return [], cost
                os.rename(part, report)
            found = []
            for path, first, last, rule, value in self.adapter.findings(report):
                path = os.path.relpath(path, folder) if os.path.isabs(path) else path
                found.append(Finding(path, first, max(first, last), rule, value))
            return found, cost


# ---- labels and scores ----

Row = collections.namedtuple("Row", "file first last truth category begin end")


def read_rows(path):
    rows = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            part = line.rstrip("\n").split("\t")
            rows.append(Row(part[0], int(part[1]), int(part[2]), part[3], part[4], int(part[5]), int(part[6])))
    return rows


class Texts:
    """The lines of the files of one tree; a few at a time."""

    def __init__(self, tree):
        self.tree = tree
        self.path = None
        self.lines = []

    def line(self, path, number):
        if path != self.path:
            with open(os.path.join(self.tree, path), "rb") as file:
                self.lines = file.read().decode(errors="replace").split("\n")
            self.path = path
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def value(self, row):
        return self.line(row.file, row.first)[row.begin:row.end] if 0 <= row.begin < row.end else ""


def overlap(one, two):
    """Whether a finding's value and a label's are the same thing: one holds the other, or they share an end
    (quotes and prefixes are cut differently by each scanner)."""
    if not one or not two:
        return False
    one, two = one.strip("\"'` \t\r\n"), two.strip("\"'` \t\r\n")
    return bool(one and two) and (one in two or two in one or one[:8] == two[:8] or one[-8:] == two[-8:])


def attribute(rows, findings, texts):
    """Which rows are hit, and which findings touch none.  rows, findings: of one file."""
    hit, loose = set(), []
    for found in findings:
        near = [row for row in rows if row.first == 0 or (row.first <= found.last and found.first <= row.last)]
        if not near:
            loose.append(found)
            continue
        if len(near) > 1 and found.value:
            same = [row for row in near if overlap(found.value, texts.value(row))]
            near = same or near
        # one place that is labelled both ways: the secret is what was found
        true = [row for row in near if row.truth == "T"]
        hit.update(true or near)
    return hit, loose


class Score:
    def __init__(self):
        self.true = collections.Counter()
        self.false = collections.Counter()
        self.hit = collections.Counter()
        self.wrong = collections.Counter()
        self.findings = 0
        self.loose = []
        self.missed = []
        self.false_rows = []

    def totals(self):
        def total(counter):
            return sum(count for category, count in counter.items() if category not in ASIDE)
        return total(self.true), total(self.hit), total(self.wrong), total(self.false)


def score(rows, findings, tree):
    result = Score()
    texts = Texts(tree)
    by_file = collections.defaultdict(list)
    for found in findings:
        by_file[found.file].append(found)
    rows_of = collections.defaultdict(list)
    for row in rows:
        rows_of[row.file].append(row)
    result.findings = len(findings)
    for path in sorted(set(rows_of) | set(by_file)):
        here = rows_of.get(path, [])
        if here and here[0].truth == "N":
            row = here[0]
            lines = len({found.first for found in by_file[path]})
            result.true[row.category] += row.begin
            result.hit[row.category] += min(lines, row.begin)
            result.wrong[row.category] += max(0, lines - row.begin - row.end)
            if lines < row.begin:
                result.missed.append(row)
            continue
        hit, loose = attribute(here, by_file.get(path, []), texts)
        result.loose += loose
        for row in here:
            if row.truth == "T":
                result.true[row.category] += 1
                result.hit[row.category] += row in hit
                if row not in hit:
                    result.missed.append(row)
            elif row.truth == "F":
                result.false[row.category] += 1
                result.wrong[row.category] += row in hit
                if row in hit:
                    result.false_rows.append(row)
    return result


def share(part, whole):
    return "%.3f" % (part / whole) if whole else "-"


# ---- tables ----

class Table:
    def __init__(self, markdown):
        self.markdown = markdown

    def print(self, head, lines):
        if self.markdown:
            print("| " + " | ".join(head) + " |")
            print("|" + " --- |" * len(head))
            for line in lines:
                print("| " + " | ".join(map(str, line)) + " |")
        else:
            wide = [max(len(str(line[i])) for line in [head] + lines) for i in range(len(head))]
            for line in [head] + lines:
                print("  ".join(str(cell).ljust(wide[i]) if i == 0 else str(cell).rjust(wide[i])
                                for i, cell in enumerate(line)))
        print()


def show_set(name, half, scores, table):
    print("%s, %s half" % (name, half) if not table.markdown else "**%s**, %s half\n" % (name, half))
    lines = []
    for label, result in scores:
        true, hit, wrong, false = result.totals()
        recall, precision = share(hit, true), share(hit, hit + wrong)
        f1 = "%.3f" % (2 * hit / (true + hit + wrong)) if true else "-"
        lines.append([label, recall, precision, f1, "%d/%d" % (hit, true), "%d/%d" % (wrong, false) if false else wrong,
                      len(result.loose), result.findings])
    table.print(["scanner", "recall", "precision", "F1", "found", "false", "unlab", "findings"], lines)
    categories = sorted(set().union(*(set(r.true) | set(r.false) for _, r in scores)), key=lambda c: (c in ASIDE, c))
    if len(categories) > 1:
        lines = []
        for category in categories:
            line = [category]
            for _, result in scores:
                line.append("%d/%d -%d/%d" % (result.hit[category], result.true[category], result.wrong[category],
                                              result.false[category]))
            lines.append(line)
        table.print(["found/true -false hits/false"] + [label for label, _ in scores], lines)


def rule_class(rule):
    rule = rule.lower()
    if re.search(r"private.?key|^key-|\bpem\b|rsa.?key|pkcs12", rule):
        return "private-key"
    if re.search(r"generic.credential.uri|^ur[il]\b|^url-|jdbc|basic|bearer|auth-(user|header)|^hash-|netrc|"
                 r"connection-string|^sql-|user-password|role-password|^ftp$", rule):
        return "login"
    if re.search(r"generic|password|entropy", rule):
        return "generic"
    return "provider"


def folder_bytes(folder):
    total = 0
    for base, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(base, name)
            if not os.path.islink(path):
                total += os.path.getsize(path)
    return total


def show_clean(name, folder, scanners, options, table, extra):
    size = folder_bytes(folder)
    print("%s%s, clean, %.0f MB%s" % ("**" if table.markdown else "", name, size / 1e6, "**\n" if table.markdown else ""))
    lines = []
    for scanner in scanners:
        found, cost = scanner.scan(folder, options.cache, "clean-" + name)
        # the same place under two rules is one thing to look at
        places = {}
        for item in found:
            places.setdefault((item.file, item.first, item.value), item)
        count = collections.Counter(rule_class(item.rule) for item in places.values())
        per = [("%.2f" % (count[kind] * 1e8 / size)) for kind in CLASSES]
        lines.append([scanner.label, len(places)] + per +
                     (["%.1f" % cost.wall_s, "%.1f" % cost.cpu_s, "%.0f" % cost.peak_mib] if cost else ["-"] * 3))
        if extra:
            for item in sorted(places.values()):
                extra.write("\t".join(("clean-" + name, scanner.label, item.rule, "%s:%d" % (item.file, item.first),
                                       item.value[:200].replace("\n", "\\n").replace("\t", "\\t"))) + "\n")
    table.print(["scanner", "places"] + [kind + "/100MB" for kind in CLASSES] + ["wall s", "CPU s", "peak MiB"], lines)


def write_misses(file, name, result, tree):
    texts = Texts(tree)
    for what, rows in (("missed", result.missed), ("false", result.false_rows)):
        for row in sorted(rows, key=lambda r: (r.category, r.file, r.first)):
            if row.category in ASIDE:
                continue
            line = texts.line(row.file, row.first).strip() if row.first else ""
            file.write("\t".join((what, name, row.category, "%s:%d" % (row.file, row.first), texts.value(row)[:200],
                                  line[:300])) + "\n")


def subfolders(folder, only):
    for name in sorted(os.listdir(folder)):
        if os.path.isdir(os.path.join(folder, name)) and (not only or name in only):
            yield name, os.path.join(os.path.abspath(folder), name)


def main(args):
    parser = argparse.ArgumentParser(usage=__doc__, add_help=True)
    parser.add_argument("--labelled")
    parser.add_argument("--clean")
    parser.add_argument("--only", default="")
    parser.add_argument("--half", default="tune", choices=("tune", "test", "both"))
    parser.add_argument("--cache")
    parser.add_argument("--misses")
    parser.add_argument("--extra")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("scanners", nargs="+")
    options = parser.parse_args(args)
    if (options.misses or options.extra) and options.half != "tune":
        parser.error("--misses and --extra show the tune half only")
    only = set(filter(None, options.only.split(",")))
    scanners = [Scanner(text) for text in options.scanners]
    if options.cache:
        os.makedirs(options.cache, exist_ok=True)
    table = Table(options.markdown)
    misses = open(options.misses, "w", encoding="utf-8") if options.misses else None
    extra = open(options.extra, "w", encoding="utf-8") if options.extra else None
    halves = ("tune", "test") if options.half == "both" else (options.half,)
    for name, folder in subfolders(options.labelled, only) if options.labelled else ():
        for half in halves:
            tree = os.path.join(folder, half, "tree")
            rows = read_rows(os.path.join(folder, half, "labels.tsv"))
            scores = []
            for scanner in scanners:
                found, _ = scanner.scan(tree, options.cache, "%s-%s" % (name, half))
                scores.append((scanner.label, score(rows, found, tree)))
                for item in scores[-1][1].loose if extra else ():
                    extra.write("\t".join((name, scanner.label, item.rule, "%s:%d" % (item.file, item.first),
                                           item.value[:200].replace("\n", "\\n").replace("\t", "\\t"))) + "\n")
            show_set(name, half, scores, table)
            if misses:
                write_misses(misses, name, scores[0][1], tree)
    for name, folder in subfolders(options.clean, only) if options.clean else ():
        show_clean(name, folder, scanners, options, table, extra)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
