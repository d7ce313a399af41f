#!/usr/bin/env python3
"""rarity.py - make src/fingerprint/common.txt and stop.txt from folders of installed packages

	bench/rarity.py list [--npm NODE_MODULES]... [--pypi SITE_PACKAGES]... --packages OUT >LIST
	bench/rarity.py common --build BUILD <LIST >src/fingerprint/common.txt
	ninja -C BUILD bench/bench_rarity_keys
	bench/rarity.py stop --build BUILD <LIST >src/fingerprint/stop.txt

list     one line a file: project, tab, path.  A project is a scope (@x/y) or what stands before the
         first - . _ of a name, so that a family counts once; at most 200 files of one, code only, at
         most 1 MB each.  OUT names the packages and their versions: what the tables were made from.
common   parts by the share of projects that have them: 0 from 14.6 %, 1 from 2.9 %, 2 from 0.9 % (100,
         20 and 6 of 685, at which the thresholds of match.c were measured); words that standards
         list (--standard bench/standard.txt) are 1 at least.
stop     keys that 3 (text), 4 (token) or 5 (atom) projects share; docs/fingerprints.md, "Rarity".
"""
import argparse, glob, json, os, re, subprocess, sys

CODE = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".py", ".css")
SHARES = (0.146, 0.029, 0.0088)

parser = argparse.ArgumentParser()
parser.add_argument("step", choices=("list", "common", "stop"))
parser.add_argument("--npm", action="append", default=[])
parser.add_argument("--pypi", action="append", default=[])
parser.add_argument("--without", help="file of package names (first field of a line) to leave out")
parser.add_argument("--standard", help="file of words that standards list, one a line")
parser.add_argument("--packages")
parser.add_argument("--build", default="build")
options = parser.parse_args()
here = os.path.dirname(os.path.abspath(__file__))


def family(name):
    return name.split("/")[0] if name.startswith("@") else re.split(r"[-._]", name)[0].lower()


def files(folder):
    found = []
    for top, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if f != "node_modules")
        found += [os.path.join(top, n) for n in sorted(names) if n.endswith(CODE) and "\n" not in n + top]
    return [f for f in found if os.path.getsize(f) <= 1 << 20]


def make_list():
    out = set()
    if options.without:
        out = {line.split("\t")[0].strip() for line in open(options.without)}
    packages, projects = [], {}
    for root in map(os.path.abspath, options.npm):
        for path in sorted(glob.glob(root + "/*") + glob.glob(root + "/@*/*")):
            name = os.path.relpath(path, root)
            try:
                version = json.load(open(path + "/package.json"))["version"]
            except (OSError, KeyError, ValueError):
                continue
            if name not in out:
                packages.append("npm\t%s\t%s" % (name, version))
                projects.setdefault("npm:" + family(name), []).extend(files(path))
    for root in map(os.path.abspath, options.pypi):
        for info in sorted(glob.glob(root + "/*.dist-info")):
            name, version = os.path.basename(info)[:-10].rsplit("-", 1)
            try:
                tops = sorted({line.split(",")[0].split("/")[0] for line in open(info + "/RECORD")})
            except OSError:
                continue
            packages.append("pypi\t%s\t%s" % (name, version))
            for top in tops:
                path = os.path.join(root, top)
                if not top.endswith(".dist-info") and top not in ("..", "bin", "__pycache__") and os.path.isdir(path):
                    projects.setdefault("pypi:" + family(name), []).extend(files(path))
    with open(options.packages, "w") as f:
        f.write("\n".join(packages) + "\n")
    for project in sorted(projects):
        paths = projects[project][:200]
        if sum(map(os.path.getsize, paths)) >= 32768:
            for path in paths:
                print(project, path, sep="\t")


def run(program, lines, *args):
    return subprocess.run([os.path.join(options.build, "bench", program), *args], input=lines,
                          stdout=subprocess.PIPE, check=True).stdout.decode("utf-8", "surrogateescape")


def common(lines, projects):
    classes = {}
    for row in run("bench_rarity_parts", lines, str(int(SHARES[2] * projects + 0.5))).split("\n"):
        count, _, part = row.partition("\t")
        if part:
            classes[part] = next(i for i, s in enumerate(SHARES) if int(count) >= int(s * projects + 0.5))
    for line in open(options.standard, encoding="utf-8") if options.standard else ():
        part = line.rstrip("\n")
        if part and not part.startswith("# "):
            classes[part] = min(classes.get(part, 1), 1)
    print("# common.txt - parts of programs that many projects share; made by bench/rarity.py from the\n"
          "# %d projects of docs/fingerprints.md.  0: in %.1f %% of them or more, 1: in %.1f %%, or listed\n"
          "# by a standard, 2: in %.1f %%.  docs/fingerprints.md says why." %
          ((projects,) + tuple(100 * s for s in SHARES)))
    sys.stdout.flush()
    for part in sorted(classes, key=lambda p: (classes[p], p)):
        sys.stdout.buffer.write(("%d %s\n" % (classes[part], part)).encode("utf-8", "surrogateescape"))


def stop(lines, projects):
    rows = [row.split("\t") for row in run("bench_rarity_keys", lines).split("\n") if row]
    rows.sort(key=lambda r: (-int(r[0]), r[1]))
    tags = sorted({tag for _, tag in rows[:32000]})  # half of the table's slots
    print("# stop.txt - keys that unrelated projects share, the first 8 of 16 hex digits; made by\n"
          "# bench/rarity.py from the %d projects of docs/fingerprints.md: helpers of compilers and\n"
          "# bundlers, UMD wrappers, licence headers, polyfills.  They are never registered." % projects)
    for i in range(0, len(tags), 11):
        print(" ".join(tags[i:i + 11]))


if options.step == "list":
    make_list()
else:
    text = sys.stdin.buffer.read()
    count = len({line.split(b"\t")[0] for line in text.split(b"\n") if line})
    (common if options.step == "common" else stop)(text, count)
