#!/usr/bin/env python3
"""truth.py - what recognise.py measures on: packages, bundled and minified by real tools

	npm pack NAME@VERSION ...			in a folder of tarballs (bench/recognise-packages.tsv)
	npm install esbuild terser uglify-js @swc/core	in a folder of tools
	bench/truth.py --packs FOLDER --tools FOLDER --out FOLDER [--list FILE]

Of every package that ships its sources beside a minified build: its source folder (src, lib, source,
js), an entry (what package.json names inside that folder, else index, main or the package's name),
esbuild's bundle of it with the metafile, that bundle minified by four tools, once with properties
mangled, and the minified file that was published.  A package without one of these is left out and
named.  Writes OUT/truth.tsv; --list writes name, version, source folder, entry and published file, to
be kept with the figures.
"""
import argparse, glob, json, os, re, subprocess, sys, tarfile

parser = argparse.ArgumentParser()
parser.add_argument("--packs", required=True)
parser.add_argument("--tools", required=True)
parser.add_argument("--out", required=True)
parser.add_argument("--list")
options = parser.parse_args()
tools = os.path.join(os.path.abspath(options.tools), "node_modules/.bin")
CODE = (".js", ".mjs", ".ts", ".tsx", ".jsx", ".cjs")

HOW = ("terser", "uglify", "swc", "terser-mangleprops")


def run(*args, cwd=None):
    return subprocess.run(args, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          timeout=300).returncode == 0


def entry_of(package, source, facts):
    """the file a bundler is given, relative to the package"""
    named = [facts.get(k) for k in ("source", "module", "main", "browser") if isinstance(facts.get(k), str)]
    for name in named:
        name = os.path.normpath(name)
        for path in (name, name + ".js", name + "/index.js"):
            if path.startswith(source + "/") and os.path.isfile(os.path.join(package, path)):
                return path
    short = re.sub(r"\.js$", "", facts["name"].split("/")[-1])
    for stem in ("index", "main", short, short.capitalize(), "js/index", "scripts/" + short):
        for end in CODE:
            if os.path.isfile(os.path.join(package, source, stem + end)):
                return source + "/" + stem + end
    return None


def published_of(package, short):
    """the minified file a page would load: the shortest path among the likely"""
    found = [os.path.relpath(p, package) for p in glob.glob(package + "/**/*.min.js", recursive=True)
             if "/node_modules/" not in p]
    named = [p for p in found if os.path.basename(p).lower().startswith(short.lower()[:5])]
    return min(named or found, key=lambda p: (len(p), p), default=None)


def make(pack):
    with tarfile.open(pack) as tar:
        base = os.path.basename(pack)[:-4]
        folder = os.path.join(options.out, base)
        if not os.path.isdir(folder):
            tar.extractall(folder, filter="data")
    roots = [d for d in os.listdir(folder) if os.path.isfile(os.path.join(folder, d, "package.json"))]
    if not roots:
        return base, "no package.json"
    root = roots[0]
    package = os.path.join(folder, root)
    facts = json.load(open(os.path.join(package, "package.json")))
    for source in ("src", "lib", "source", "js"):
        if os.path.isdir(os.path.join(package, source)):
            entry = entry_of(package, source, facts)
            if entry:
                break
    else:
        return base, "no source folder with an entry"
    published = published_of(package, re.sub(r"\.js$", "", facts["name"].split("/")[-1]))
    bundles = os.path.join(folder, "bundles")
    os.makedirs(bundles, exist_ok=True)
    plain = os.path.join(bundles, "plain.js")
    empty = ["--loader:%s=empty" % e for e in (".css", ".scss", ".less", ".svg", ".png", ".html", ".woff", ".glsl")]
    if not os.path.exists(os.path.join(bundles, "esbuild.min.js")) and not run(tools + "/esbuild", root + "/" + entry, "--bundle", "--packages=external", "--format=iife",
               "--global-name=G", "--platform=browser", "--outfile=bundles/plain.js",
               "--metafile=bundles/meta.json", "--loader:.js=jsx", *empty, cwd=folder):
        return base, "esbuild cannot bundle " + entry
    if not os.path.exists(os.path.join(bundles, "esbuild.min.js")):
        run(tools + "/esbuild", plain, "--minify", "--outfile=" + os.path.join(bundles, "esbuild.min.js"))
    return (facts["name"], facts["version"], "all", "%s/%s/%s" % (base, root, source),
            "%s/%s/%s" % (base, root, published) if published else "-", entry)


os.makedirs(options.out, exist_ok=True)
rows, left = [], []
for pack in sorted(glob.glob(options.packs + "/*.tgz")):
    row = make(pack)
    (rows if len(row) > 2 else left).append(row)
with open(os.path.join(options.out, "truth.tsv"), "w") as f:
    print("name", "version", "split", "source_dir", "published_minified_file", sep="\t", file=f)
    for row in rows:
        print(*row[:5], sep="\t", file=f)
if options.list:
    with open(options.list, "w") as f:
        for row in rows:
            print(row[0], row[1], row[3].split("/", 2)[2], row[5], os.path.basename(row[4]), sep="\t", file=f)
for row in left:
    print("left out: %s: %s" % row)
print("%d packages" % len(rows))

minifiers = []
for how in HOW:
    jobs = ["%s/plain.js\t%s/%s.min.js\t%s" % (b, b, how, how) for b in
            (os.path.join(os.path.abspath(options.out), row[3].split("/")[0], "bundles") for row in rows)
            if not os.path.exists("%s/%s.min.js" % (b, how))]
    minifiers.append(subprocess.Popen(["node", os.path.join(os.path.dirname(os.path.abspath(__file__)), "minify.js"),
                                       os.path.abspath(options.tools)], stdin=subprocess.PIPE, text=True))
    minifiers[-1].stdin.write("\n".join(jobs))
    minifiers[-1].stdin.close()
for minifier in minifiers:
    minifier.wait()
