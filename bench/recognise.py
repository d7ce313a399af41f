#!/usr/bin/env python3
"""recognise.py - how many source files are recognised inside their bundles, and how many falsely

	bench/recognise.py --build BUILD --truth FOLDER [--unrelated FOLDER] [--split tune|test|all]
		[--each] [--public FOLDER] [--list-missed] [--kind src]

FOLDER of truth: truth.tsv (name, version, split, source_dir, published_minified_file), per package
bundles/*.js with the metafile of esbuild in bundles/meta.json.  Unrelated: unpacked packages, a
folder each.  Registers every package of the split (all at once, or with --each one by one), runs
every bundle past the register, and asks the metafile which files are really inside.
"""
import argparse, collections, csv, json, os, shutil, subprocess, sys, tempfile

parser = argparse.ArgumentParser()
parser.add_argument("--build", default="build")
parser.add_argument("--truth", required=True)
parser.add_argument("--unrelated")
parser.add_argument("--split", default="all")
parser.add_argument("--each", action="store_true")
parser.add_argument("--public")
parser.add_argument("--kind")
parser.add_argument("--list-missed", action="store_true")
parser.add_argument("--bytes-min", type=int, default=2048)
options = parser.parse_args()

PROGRAM = os.path.join(options.build, "src/cmd/stopwater")
BENCH = os.path.join(options.build, "bench/bench_recognise")
CODE = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".html", ".css")


def asset_name(name):
    return name.replace("@", "").replace("/", "-")


def run(home, *args):
    env = dict(os.environ, STOPWATER_HOME=home)
    subprocess.run([PROGRAM, "protect", *args, "--quiet"], env=env, check=True)


def recognise(home, paths):
    """path -> list of (asset, file, kind, matched, of, share, odds, near); and bytes, asked, known"""
    out = subprocess.run([BENCH, home + "/register"], input="\n".join(paths) + "\n", text=True,
                         stdout=subprocess.PIPE, errors="surrogateescape", check=True).stdout
    matches, sizes = collections.defaultdict(list), {}
    for line in out.split("\n"):
        f = line.split("\t")
        if len(f) > 2 and f[1] == "match":
            matches[f[0]].append((f[2], f[3], f[4], int(f[5]), int(f[6]), int(f[7]), int(f[8]), f[11]))
        elif len(f) > 2 and f[1] == "size":
            sizes[f[0]] = tuple(map(int, f[2:5]))
    return matches, sizes


def modules(folder, source_dir):
    """source files with code in the bundle: relative to source_dir -> bytes in the bundle"""
    meta = json.load(open(os.path.join(folder, "bundles/meta.json")))
    inside = {}
    for output in meta["outputs"].values():
        for path, row in output.get("inputs", {}).items():
            inside[path] = row["bytesInOutput"]
    if meta.get("note"):
        inside = {path: row["bytes"] for path, row in meta["inputs"].items()}
    root = source_dir.split("/", 1)[1] + "/"
    return {p[len(root):]: n for p, n in inside.items() if p.startswith(root) and n > 0}


packages = []
with open(os.path.join(options.truth, "truth.tsv")) as f:
    kinds = {}
    notes = os.path.join(options.truth, "notes.tsv")
    if os.path.exists(notes):
        for row in csv.DictReader(open(notes), delimiter="\t"):
            kinds[row["name"]] = row["source_kind"]
    for row in csv.DictReader(f, delimiter="\t"):
        if options.split in ("all", row["split"]) and options.kind in (None, kinds.get(row["name"])):
            row["kind"] = kinds.get(row["name"], "src")
            packages.append(row)
cross = set()
path = os.path.join(options.truth, "cross.tsv")
if os.path.exists(path):
    for line in open(path):
        f = line.rstrip("\n").split("\t")
        cross.add(tuple(f[:2]))

BUNDLES = ["plain.js", "esbuild.min.js", "terser.min.js", "swc.min.js", "uglify.min.js",
           "terser-mangleprops.min.js", "published"]
total, found, missed, false = collections.Counter(), collections.Counter(), [], []
by_kind = collections.Counter()
evidence = collections.Counter()


def bundles_of(p):
    folder = os.path.join(options.truth, p["source_dir"].split("/", 1)[0])
    paths = {}
    for b in BUNDLES[:-1]:
        if os.path.exists(os.path.join(folder, "bundles", b)):
            paths[b] = os.path.join(folder, "bundles", b)
    if p["published_minified_file"] != "-":
        paths["published"] = os.path.join(options.truth, p["published_minified_file"])
    return folder, paths


def judge(p, results):
    folder, paths = bundles_of(p)
    inside = modules(folder, p["source_dir"])
    for bundle, path in paths.items():
        mine = {m[1] for m in results[path] if m[0] == asset_name(p["name"])}
        for m in results[path]:
            if m[0] == asset_name(p["name"]):
                evidence[m[2]] += 1
        for name, size in inside.items():
            source = os.path.join(options.truth, p["source_dir"], name)
            if not os.path.exists(source) or os.path.getsize(source) < options.bytes_min:
                continue
            total[bundle] += 1
            by_kind[p["kind"], bundle, "total"] += 1
            if name in mine:
                found[bundle] += 1
                by_kind[p["kind"], bundle, "found"] += 1
            else:
                missed.append((p["name"], bundle, name, os.path.getsize(source), size))


def strangers(p_names, results):
    """matches of assets in bundles of other packages"""
    for q in packages:
        _, paths = bundles_of(q)
        for path in paths.values():
            for m in results[path]:
                if m[0] != asset_name(q["name"]) and m[0] in p_names:
                    false.append((q["name"], os.path.basename(path)) + m)


def unrelated_files():
    paths = []
    for root, folders, files in os.walk(options.unrelated):
        folders.sort()
        paths += [os.path.join(root, f) for f in sorted(files) if f.endswith(CODE) and "\n" not in f]
    return paths


def add_public(home):
    if options.public:
        run(home, "public", "add", "public-code", options.public)


home = tempfile.mkdtemp(prefix="recognise-")
unrelated_false = []
try:
    groups = [[p] for p in packages] if options.each else [packages]
    everything = [path for q in packages for path in bundles_of(q)[1].values()]
    strange = unrelated_files() if options.unrelated else []
    for group in groups:
        shutil.rmtree(home)
        os.mkdir(home)
        os.chmod(home, 0o700)
        add_public(home)
        for p in group:
            run(home, "add", asset_name(p["name"]), os.path.join(options.truth, p["source_dir"]))
        results, _ = recognise(home, everything)
        for p in group:
            judge(p, results)
        strangers({asset_name(p["name"]) for p in group}, results)
        if strange:
            results, sizes = recognise(home, strange)
            for path in results:
                for m in results[path]:
                    unrelated_false.append((os.path.relpath(path, options.unrelated),) + m)
finally:
    shutil.rmtree(home)

print("%d packages (%s), source files of at least %d bytes that are in the bundle" %
      (len(packages), options.split, options.bytes_min))
kinds = sorted({p["kind"] for p in packages})
print("%-28s %14s" % ("bundle", "found") + "".join("%16s" % k for k in kinds))
for b in BUNDLES:
    if total[b]:
        print("%-28s %5d/%5d %5.1f%%" % (b, found[b], total[b], 100 * found[b] / total[b]) +
              "".join("  %5d/%5d %5.1f" % (by_kind[k, b, "found"], by_kind[k, b, "total"],
                                         100 * by_kind[k, b, "found"] / max(1, by_kind[k, b, "total"]))
                      for k in kinds))
print("evidence:", dict(evidence))
print("false, in bundles of other packages: %d matches, %d pairs" %
      (len(false), len({(f[0], f[2]) for f in false})))
for key, n in collections.Counter((f[0], f[2]) for f in false).most_common(30):
    print("   ", *key, n, max((f[2:] for f in false if (f[0], f[2]) == key), key=lambda m: -m[6]))
if options.unrelated:
    print("false, in %d files of %d unrelated packages: %d matches in %d packages" %
          (len(strange), len(os.listdir(options.unrelated)), len(unrelated_false),
           len({f[0].split("/")[0] for f in unrelated_false})))
    for key, n in collections.Counter((f[0].split("/")[0], f[1]) for f in unrelated_false).most_common():
        print("   ", *key, n, *max((f for f in unrelated_false if (f[0].split("/")[0], f[1]) == key),
                                   key=lambda f: (-f[7], f[0])))
if options.list_missed:
    for m in missed:
        print("missed", *m)
