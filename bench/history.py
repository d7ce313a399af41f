#!/usr/bin/env python3
"""history.py - what it costs to read whole git histories, or trees, for stopwater and its peers

    history.py [options] SCANNER... -- REPOSITORY...

    SCANNER     [LABEL:]ADAPTER=BINARY [ARGUMENTS]; adapters: stopwater gitleaks betterleaks trufflehog
                kingfisher, and floors: git-log (git log -p), git-cat (git cat-file of all objects), rg
                (ripgrep, one literal; trees only)
    --tree      the folders' files, not their history
    --runs N    rounds (3); a round runs every scanner once, one after the other
    --limit S   seconds after which a run is ended and counts as failed (1800)
    --markdown  tables for a document

The first SCANNER is the base: `ratio` is the median over rounds of a scanner's time by the base's time of
the same round, so a machine that grows busier between rounds harms both.  Wall and CPU seconds are
medians.  peak: the largest process, mapped files and all; own: all processes together without mapped
files; see measure.py.  `exit` is the last run's; `found` counts the report's findings, which are not the
same things for each scanner (lines, places or secrets).

One run of each before the first round warms the page cache and the peers' caches of compiled rules; it is
not counted.  No scanner is asked to test a secret against a service.
"""
import argparse
import json
import os
import shlex
import sys
import tempfile

import measure

HISTORY = {
    "stopwater": "scan --only secret --history --format jsonl -o {out} {dir}",
    "gitleaks": "git {dir} --no-banner --exit-code 0 --report-format json --report-path {out}",
    "betterleaks": "git {dir} --no-banner --silent --exit-code 0 -o {out}",
    "trufflehog": "git file://{dir} --json --no-verification --no-update --no-color "
                  "--results=verified,unknown,unverified",
    "kingfisher": "scan {dir} --no-validate --no-update-check -f jsonl -o {out}",
    "git-log": "-C {dir} log -p -U0 --full-history --all",
    "git-cat": "-C {dir} cat-file --batch-all-objects --batch --buffer --unordered",
}
TREE = {
    "stopwater": "scan --only secret --tree --format jsonl -o {out} {dir}",
    "gitleaks": "dir {dir} --no-banner --exit-code 0 --report-format json --report-path {out}",
    "betterleaks": "fs {dir} --no-banner --silent --exit-code 0 -o {out}",
    "trufflehog": "filesystem {dir} --json --no-verification --no-update --no-color "
                  "--results=verified,unknown,unverified",
    "kingfisher": "scan {dir} --no-validate --no-update-check --git-history none -f jsonl -o {out}",
    "rg": "-uuu -c -F stopwater-finds-nothing {dir}",
}
STDOUT = ("trufflehog", "rg", "git-log", "git-cat")
KEEPS_STDOUT = ("trufflehog",)


class Scanner:
    def __init__(self, text, commands):
        name, _, command = text.partition("=")
        self.label, _, self.adapter = name.rpartition(":")
        self.label = self.label or self.adapter
        words = shlex.split(command)
        if self.adapter not in commands or not words:
            raise SystemExit("history: '%s': give [LABEL:]ADAPTER=BINARY, adapters %s" % (text, " ".join(commands)))
        self.argv = [words[0]] + commands[self.adapter].split() + words[1:]

    def run(self, folder, limit):
        """The run's cost and the number of findings in its report (-1: no report)."""
        with tempfile.TemporaryDirectory() as scratch:
            out = os.path.join(scratch, "report.json" if self.adapter == "gitleaks" else "report.jsonl")
            argv = [word.format(dir=folder, out=out) for word in self.argv]
            if self.adapter in KEEPS_STDOUT:
                with open(out, "wb") as file:
                    cost = measure.run(argv, stdout=file, limit_s=limit)
            elif self.adapter in STDOUT:
                with open(os.devnull, "wb") as file:
                    cost = measure.run(argv, stdout=file, limit_s=limit)
            else:
                cost = measure.run(argv, limit_s=limit)
            return cost, self.count(out)

    def count(self, out):
        if not os.path.exists(out):
            return -1
        with open(out, encoding="utf-8", errors="replace") as file:
            if self.adapter == "gitleaks":
                text = file.read()
                return len(json.loads(text)) if text.strip() else -1
            words = {"stopwater": '"type":"finding"', "betterleaks": '"finding":{', "kingfisher": '"rule":{',
                     "trufflehog": '"DetectorName":'}
            return sum(words[self.adapter] in line for line in file)


def rounds(scanners, folder, options):
    costs = {scanner.label: [] for scanner in scanners}
    found = {}
    for number in range(options.runs + 1):
        for scanner in scanners:
            cost, found[scanner.label] = scanner.run(folder, options.limit)
            if number or options.runs == 0:
                costs[scanner.label].append(cost)
            print("%s %s: %.2f s wall, %.2f s CPU, %.0f MiB, exit %d%s" % (
                os.path.basename(folder), scanner.label, cost.wall_s, cost.cpu_s, cost.peak_mib, cost.status,
                "" if number else " (not counted)"), file=sys.stderr)
    return costs, found


def show(folder, scanners, costs, found, markdown):
    base = costs[scanners[0].label]
    head = ["scanner", "wall s", "CPU s", "ratio wall", "ratio CPU", "peak MiB", "own MiB", "found", "exit"]
    lines = []
    for scanner in scanners:
        runs = costs[scanner.label]
        pairs = list(zip(runs, base))
        lines.append([scanner.label] + ["%.2f" % measure.median([getattr(run, what) for run in runs])
                                        for what in ("wall_s", "cpu_s")] +
                     ["%.1f" % measure.median([getattr(run, what) / max(0.001, getattr(other, what))
                                               for run, other in pairs]) for what in ("wall_s", "cpu_s")] +
                     ["%.0f" % measure.median([getattr(run, what) for run in runs])
                      for what in ("peak_mib", "own_mib")] +
                     ["-" if found[scanner.label] < 0 else found[scanner.label], runs[-1].status])
    print("%s%s, %d runs" % ("\n**" if markdown else "", os.path.basename(folder.rstrip("/")), len(base)) +
          ("**\n" if markdown else ""))
    if markdown:
        print("| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
        for line in lines:
            print("| " + " | ".join(map(str, line)) + " |")
    else:
        for line in [head] + lines:
            print(str(line[0]).ljust(14) + "".join(str(cell).rjust(12) for cell in line[1:]))
    with open("/proc/loadavg", encoding="ascii") as file:
        print("\nload at the end %s, %d cores" % (" ".join(file.read().split()[:3]), os.cpu_count()))


def main(args):
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--tree", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=float, default=1800)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("scanners", nargs="*")
    if "--" not in args:
        parser.error("give SCANNER... -- REPOSITORY...")
    cut = args.index("--")
    options = parser.parse_args(args[:cut])
    if not options.scanners or not args[cut + 1:]:
        parser.error("give SCANNER... -- REPOSITORY...")
    scanners = [Scanner(text, TREE if options.tree else HISTORY) for text in options.scanners]
    for folder in args[cut + 1:]:
        folder = os.path.abspath(folder)
        costs, found = rounds(scanners, folder, options)
        show(folder, scanners, costs, found, options.markdown)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
