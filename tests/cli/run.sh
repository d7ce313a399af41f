#!/bin/sh
# run.sh - golden tests of the command line, TAP on stdout
#
#	tests/cli/run.sh STOPWATER [CASE...]
#	UPDATE=1 tests/cli/run.sh STOPWATER CASE...	rewrite the `stdout` files that are there
#
# A case is a folder tests/cli/VERB-WHAT/ with
#	cmd		run by sh -eu in a fresh copy of the folder (without the files named here), with
#			$STOPWATER, an empty STOPWATER_HOME and HOME, $TESTS_DIR, LC_ALL=C.UTF-8, TZ=UTC
#	exit		the exit code, where it is not 0
#	stdout		what it prints, byte for byte
#	stdout.glob	or: what it prints, line by line, each a shell pattern
#	stdout.re	or: extended regular expressions, each found in some line; "!RE": in none
#	stderr, stderr.glob, stderr.re	the same for standard error
set -u
here=$(cd "$(dirname "$0")" && pwd)
case ${1:-} in --one) ;; *)
	STOPWATER=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
	[ -x "$STOPWATER" ] || {
		echo "Bail out! no binary at $1"
		exit 1
	}
	;;
esac

# Is each expected line a pattern that its line matches, and are there as many?
glob_lines() { # EXPECTED GOT
	exec 3<"$1" 4<"$2"
	n=0
	while :; do
		n=$((n + 1))
		want_more=1 got_more=1
		IFS= read -r want <&3 || [ -n "$want" ] || want_more=0
		IFS= read -r got <&4 || [ -n "$got" ] || got_more=0
		[ $want_more$got_more != 00 ] || break
		if [ $want_more = 0 ]; then
			echo "line $n: nothing more expected, got: $got"
			return 1
		elif [ $got_more = 0 ]; then
			echo "line $n: ends here, expected: $want"
			return 1
		fi
		# shellcheck disable=SC2254 # a pattern is the purpose
		case $got in
		$want) ;;
		*)
			printf 'line %d\n got: %s\nwant: %s\n' "$n" "$got" "$want"
			return 1
			;;
		esac
	done
}

re_lines() { # EXPECTED GOT
	while IFS= read -r want || [ -n "$want" ]; do
		case $want in
		'') ;;
		!*) ! grep -En -e "${want#!}" "$2" | sed 's/^/must not be there: /' | grep . || return 1 ;;
		*) grep -Eq -e "$want" "$2" || {
			echo "no line matches: $want"
			echo "got:"
			head -c 4000 "$2"
			return 1
		} ;;
		esac
	done <"$1"
}

check() { # NAME GOT
	if [ -e "$case/$1" ]; then
		if [ "${UPDATE:-}" = 1 ] && [ "$1" = stdout ]; then
			cp "$2" "$case/$1"
		fi
		diff -u "$case/$1" "$2" || return 1
	fi
	[ ! -e "$case/$1.glob" ] || glob_lines "$case/$1.glob" "$2" || return 1
	[ ! -e "$case/$1.re" ] || re_lines "$case/$1.re" "$2"
}

run_one() { # CASE, writes $RESULTS/CASE.tap
	case=$here/$1
	tmp=$RESULTS/$1.work
	mkdir -p "$tmp/in" "$tmp/home"
	cp -R "$case/." "$tmp/in/"
	for file in cmd exit stdout stderr; do
		rm -f "$tmp/in/$file" "$tmp/in/$file.glob" "$tmp/in/$file.re"
	done
	want=0
	[ ! -e "$case/exit" ] || read -r want <"$case/exit"
	(
		cd "$tmp/in" || exit 99
		HOME=$tmp/home STOPWATER_HOME=$tmp/home/.stopwater TESTS_DIR=${here%/cli} \
			LC_ALL=C.UTF-8 TZ=UTC timeout 120 sh -eu "$case/cmd"
	) </dev/null >"$tmp/stdout" 2>"$tmp/stderr"
	got=$?
	{
		if [ "$got" != "$want" ]; then
			echo "exit $got, expected $want; standard error:"
			tail -n 30 "$tmp/stderr"
			echo "standard output:"
			tail -n 30 "$tmp/stdout"
		else
			check stdout "$tmp/stdout" && check stderr "$tmp/stderr" && : >"$tmp/good"
		fi
	} >"$tmp/why" 2>&1
	if [ -e "$tmp/good" ]; then
		echo "ok - $1" >"$RESULTS/$1.tap"
	else
		{
			sed 's/^/# /' "$tmp/why"
			echo "not ok - $1"
		} >"$RESULTS/$1.tap"
	fi
	rm -rf "$tmp"
}

if [ "$1" = --one ]; then
	run_one "$2"
	exit 0
fi

shift
if [ $# -eq 0 ]; then
	cd "$here" && for cmd in */cmd; do
		set -- "$@" "${cmd%/cmd}"
	done
fi
RESULTS=$(mktemp -d)
trap 'rm -rf "$RESULTS"' EXIT
export STOPWATER RESULTS
unset STOPWATER_CONFIG NO_COLOR 2>/dev/null || :
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 sh "$here/run.sh" --one
echo "1..$#"
status=0
for name; do
	cat "$RESULTS/$name.tap" 2>/dev/null || echo "not ok - $name # no result"
	grep -q '^ok' "$RESULTS/$name.tap" 2>/dev/null || status=1
done
exit $status
