#!/bin/sh
# make.sh - make the small compiled files that tests of detector debug-info read
#
# Needs gcc, clang 14, binutils, javac and python3.6 to 3.13 (PYTHONS names their executables).
# The sources lie below /home/hannah/work/acme while they are compiled, as a developer's would;
# -fdebug-prefix-map gives them that place wherever this runs.
# shellcheck disable=SC2086 # options word by word
set -eu
out=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
home=/home/hannah/work/acme
map="-fdebug-prefix-map=$work=$home"

mkdir -p src
cat > src/rocket.c <<'C'
struct rocket { int fuel; };
static int secret_thrust(struct rocket *r) { return r->fuel * 42; }
int rocket_start(struct rocket *r) { return secret_thrust(r) + 1; }
void _start(void) { struct rocket r = { 7 }; volatile int x = rocket_start(&r); (void)x; for (;;); }
C
link="-static -nostdlib -Wl,--build-id=sha1 -Wl,-z,noseparate-code -O0 -fno-asynchronous-unwind-tables"
gcc -g $map $link -o "$out/elf64-dwarf5" src/rocket.c
gcc -g -gdwarf-4 $map $link -o "$out/elf64-dwarf4" src/rocket.c
gcc -g -gz=zlib $map $link -o "$out/elf64-compressed" src/rocket.c
gcc -g -gz=zlib-gnu $map $link -o "$out/elf64-zdebug" src/rocket.c
gcc -g3 $map $link -o elf-g3 src/rocket.c
objcopy --only-keep-debug "$out/elf64-dwarf5" "$out/elf64-keepdebug"
strip -o "$out/elf64-stripped" "$out/elf64-dwarf5"
strip --strip-debug -o "$out/elf64-symtab" "$out/elf64-dwarf5"
gcc -g -gsplit-dwarf $map -c -O0 -o split.o src/rocket.c
cp split.dwo "$out/elf64-split-dwo"
cc="clang -O0 $map -fdebug-compilation-dir=$home"
$cc -g -gdwarf-5 -gembed-source -c -o "$out/elf64-embedded-object" src/rocket.c
gcc -g -gdwarf-5 $link -O0 -o "$out/elf64-embedded" "$out/elf64-embedded-object"
$cc --target=mips-linux-gnu -g -gdwarf-4 -c -o "$out/elf32-mips-big-object" src/rocket.c
$cc --target=powerpc64-linux-gnu -g -gdwarf-5 -c -o "$out/elf64-ppc-big-object" src/rocket.c
$cc --target=arm64-apple-macos11 -g -gdwarf-4 -c -o "$out/macho-object" src/rocket.c
$cc --target=x86_64-pc-windows-msvc -g -gcodeview -c -o "$out/coff-codeview" src/rocket.c
$cc --target=x86_64-w64-mingw32 -g -gdwarf-4 -c -o "$out/coff-dwarf" src/rocket.c
$cc --target=wasm32 -g -gdwarf-4 -c -o "$out/wasm-object" src/rocket.c

cat > Rocket.java <<'J'
class Rocket { int fuel; int start(int thrust) { int total = fuel * thrust; return total; } }
J
javac -g -d g Rocket.java && cp g/Rocket.class "$out/class-g"
javac -g:none -d n Rocket.java && cp n/Rocket.class "$out/class-none"

cat > rocket.py <<'P'
import math
class Rocket:
    """Flies."""
    def start(self, thrust=2.5, n=123456789012345678901234567890):
        return {'a': [math.pi * x for x in range(3)], 'b': (None, True, b'x', 1j)}
P
for python in ${PYTHONS:-}; do
	version=$("$python" -c 'import sys; print("%d%d" % sys.version_info[:2])')
	"$python" -c 'import py_compile, sys
py_compile.compile("rocket.py", cfile=sys.argv[1], dfile="/srv/acme/next/rocket.py")' "$out/pyc-$version"
done
ls -l "$out"
