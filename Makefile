# Thin: says which builds there are.  What is built stands in the meson.build files.
#
#   make            build/stopwater, optimised
#   make test       unit, CLI and fuzz-corpus tests, plain and under address and undefined
#                   behaviour sanitizers; installs what is missing first (scripts/deps)
#   make demo       a release that would leak is stopped
#   make bench      what bench/run measures
#   make fuzz       every fuzz target for FUZZ_SECONDS (600) on all cores
#   make lint       clang-tidy, cppcheck, clang-format, shellcheck, mandoc
#   make debug      build-debug/stopwater with symbols and sanitizers
#   make install    DESTDIR=, PREFIX=
#   make deps       install what the build and the tests need
#   make dist-clean remove all build directories

MESON      ?= meson
NINJA      ?= ninja
PREFIX     ?= /usr/local
SANITIZE    = -Db_sanitize=address,undefined -Db_lundef=false --buildtype=debugoptimized
FUZZ_SECONDS ?= 600

all: build/build.ninja
	$(NINJA) -C build
	@ln -sf src/cmd/stopwater build/stopwater

build/build.ninja:
	scripts/deps
	$(MESON) setup build --buildtype=release --prefix=$(PREFIX)

# No warnings as errors here: with a sanitizer's checks in its way gcc sees null pointers that
# are none (its manual says so under -fsanitize).
build-asan/build.ninja:
	$(MESON) setup build-asan $(SANITIZE)

build-debug/build.ninja:
	scripts/deps
	$(MESON) setup build-debug $(SANITIZE) -Doptimization=0

build-fuzz/build.ninja:
	scripts/deps --lint
	CC=clang CXX=clang++ $(MESON) setup build-fuzz $(SANITIZE) -Dfuzz=true

# Ours must build without a warning; a packager with a newer compiler need not care.
werror: build/build.ninja
	@$(MESON) configure build | grep -q '^ *werror *true' || $(MESON) configure build -Dwerror=true

test: werror build-asan/build.ninja
	@$(MAKE) --no-print-directory all
	scripts/test-build build build-asan

debug: build-debug/build.ninja
	$(NINJA) -C build-debug
	@ln -sf src/cmd/stopwater build-debug/stopwater

demo: all
	scripts/deps --demo
	scripts/demo build/stopwater

bench: all
	$(NINJA) -C build bench
	bench/run build

fuzz: build-fuzz/build.ninja
	$(NINJA) -C build-fuzz
	scripts/fuzz build-fuzz $(FUZZ_SECONDS)

lint: build/build.ninja
	scripts/deps --lint
	scripts/lint build

install: all
	DESTDIR=$(DESTDIR) $(MESON) install -C build --no-rebuild

deps:
	scripts/deps

dist-clean:
	rm -rf build build-*

.PHONY: all werror test debug demo bench fuzz lint install deps dist-clean
