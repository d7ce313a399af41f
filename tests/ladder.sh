#!/bin/sh
# ladder.sh - the folders of src/ stand on each other as their meson.build files say
#
#	tests/ladder.sh SOURCE-ROOT
#
# Includes reach only the own folder and those whose NAME_dep the own meson.build names; folders
# are named bottom rung first in src/meson.build, so that no cycle can be written; a third-party
# header is included in its one home only (DESIGN, "Layout").  TAP on stdout.
set -u
cd "$1/src" || exit 1

# HOME HEADER-PATTERN.  What is in no row and is not of the C library belongs to nobody yet.
homes='
seal sodium.h
seal sodium/*
seal openssl/*
seal xxhash.h
seal p11-kit/*
store sqlite3.h
config toml++/*
net curl/*
net microhttpd.h
codec libdeflate.h
codec isa-l.h
codec isa-l/*
codec igzip_lib.h
codec crc.h
codec zlib.h
codec zstd.h
codec zstd_errors.h
codec lzma.h
codec bzlib.h
codec lz4.h
codec lz4frame.h
unpack archive.h
unpack archive_entry.h
match hs.h
match hs/*
match hs_runtime.h
match hs_compile.h
match pcre2.h
intake seccomp.h
intake linux/landlock.h
intake linux/seccomp.h
'
# The C library, the compiler, the kernel.
system='assert ctype dirent dlfcn elf endian errno fcntl fenv float fnmatch ftw getopt glob grp
iconv inttypes iso646 langinfo libgen limits link locale malloc math netdb poll pthread pwd regex
sched search semaphore setjmp signal spawn stdalign stdarg stdatomic stdbool stddef stdint stdio
stdlib stdnoreturn string strings sysexits syslog termios threads time uchar unistd utime wchar
wctype immintrin cpuid arm_neon'

count=0 failures=0
prove() { # the name of a function, a sentence, that prints what is wrong
	count=$((count + 1))
	wrong=$("$1")
	if [ -z "$wrong" ]; then
		echo "ok $count - $1"
	else
		printf '%s\n' "$wrong" | sed 's/^/# /'
		echo "not ok $count - $1"
		failures=$((failures + 1))
	fi
}

folders=$(sed -n "s/^subdir('\([a-z_]*\)').*/\1/p" meson.build)

every_folder_of_src_is_on_the_ladder() {
	for folder in */; do
		folder=${folder%/}
		[ -n "$(find "$folder" -name '*.c' -o -name '*.cc')" ] || continue
		printf '%s\n' "$folders" | grep -qx "$folder" || echo "$folder/ is not in src/meson.build"
	done
}
prove every_folder_of_src_is_on_the_ladder

below=
a_folder_names_only_lower_ones() {
	for folder in $folders; do
		# shellcheck disable=SC2013 # words are wanted
		for name in $(grep -v '^[[:space:]]*#' "$folder/meson.build" | grep -o '\b[a-z]*_dep\b' | sort -u); do
			name=${name%_dep}
			# dependency() objects of libraries also end in _dep; only folders matter
			[ "$name" = "$folder" ] || [ ! -d "$name" ] || case " $below " in
			*" $name "*) ;;
			*) echo "$folder/meson.build names $name, which stands no lower in src/meson.build" ;;
			esac
		done
		below="$below $folder"
	done
}
prove a_folder_names_only_lower_ones

includes_reach_only_folders_that_the_meson_build_names() {
	for folder in $folders; do
		allowed=" $folder $(grep -v '^[[:space:]]*#' "$folder/meson.build" | grep -o '\b[a-z]*_dep\b' | sed 's/_dep$//' | tr '\n' ' ') "
		find "$folder" -name '*.[ch]' -o -name '*.cc' | sort | xargs grep -n '^[[:space:]]*#[[:space:]]*include "' /dev/null |
			while IFS= read -r line; do
				header=${line#*\"}
				header=${header%%\"*}
				case $header in
				*/*) case $allowed in *" ${header%%/*} "*) ;; *)
					echo "${line%%:*} includes $header, and $folder/meson.build does not name ${header%%/*}" ;;
				esac ;;
				*) echo "${line%%:*} includes \"$header\" without its folder" ;;
				esac
			done
	done
}
prove includes_reach_only_folders_that_the_meson_build_names

is_system() {
	case $1 in
	sys/* | netinet/* | arpa/* | net/* | asm/*) return 0 ;;
	linux/seccomp.h | linux/landlock.h) return 1 ;;
	linux/*) return 0 ;;
	esac
	for known in $system; do
		[ "$1" != "$known.h" ] || return 0
	done
	return 1
}

each_third_party_header_is_included_in_its_home_only() {
	find . -name '*.[ch]' | sort | xargs grep -n '^[[:space:]]*#[[:space:]]*include <' /dev/null |
		while IFS= read -r line; do
			header=${line#*<}
			header=${header%%>*}
			file=${line%%:*}
			file=${file#./}
			! is_system "$header" || continue
			home=$(printf '%s\n' "$homes" | while read -r folder pattern; do
				# shellcheck disable=SC2254 # a pattern is the purpose
				[ -z "$pattern" ] || case $header in $pattern) echo "$folder" ;; esac
			done)
			[ -n "$home" ] || echo "$file includes <$header>, which has no home in tests/ladder.sh"
			[ -z "$home" ] || [ "$home" = "${file%%/*}" ] ||
				echo "$file includes <$header>, whose home is $home/"
		done
}
prove each_third_party_header_is_included_in_its_home_only

# A public header that names a library's type makes everyone above depend on it.
a_public_header_needs_no_third_party_header() {
	for folder in $folders; do
		for file in "$folder"/*.h; do
			[ -e "$file" ] || continue
			case $file in */*_private.h | */internal*.h) continue ;; esac
			grep -Hn '^[[:space:]]*#[[:space:]]*include <' "$file" | while IFS= read -r line; do
				header=${line#*<}
				header=${header%%>*}
				is_system "$header" || echo "$file includes <$header> into every folder above"
			done
		done
	done
}
prove a_public_header_needs_no_third_party_header

the_readme_maps_every_folder() {
	for folder in $folders; do
		grep -q "^| \`$folder\` |" ../README.md || echo "README.md, code layout: no $folder"
	done
}
prove the_readme_maps_every_folder

echo "1..$count"
[ "$failures" -eq 0 ]
