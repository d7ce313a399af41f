#!/bin/sh
# why.sh - docs/why.md names only commands that exist and tests that exist
#
#	tests/why.sh SOURCE-ROOT STOPWATER
#
# One TAP line per row of its tables.
set -u
root=$1 stopwater=$2
count=0 failures=0

sentences=$(sed -n 's/^TEST(\(.*\))$/\1/p' "$root"/tests/unit/*.c | tr '\n' ' ')

exists() { # PROOF
	case $1 in
	cli/*) [ -e "$root/tests/$1/cmd" ] ;;
	*.sh) [ -x "$root/tests/$1" ] ;;
	fuzz_*) [ -e "$root/tests/fuzz/$1.c" ] ;;
	bench/*) [ -e "$root/$1" ] ;;
	*) case " $sentences " in *" $1 "*) ;; *) return 1 ;; esac ;;
	esac
}

# What stands between backquotes, one a line.
# shellcheck disable=SC2016 # backquotes as such
quoted() { printf '%s\n' "$1" | grep -o '`[^`]*`' | tr -d '`'; }

# A row names a verb that --help knows and options that the help of the verb knows.
command_wrong() {
	# shellcheck disable=SC2086 # words
	set -- $1
	[ "${1:-}" = stopwater ] || return 0
	verb=${2:-}
	case $verb in
	-* | frobnicate | '') return 0 ;;
	esac
	"$stopwater" "$verb" --help >/dev/null 2>&1 || {
		echo "no verb '$verb'"
		return 0
	}
	help=$("$stopwater" "$verb" --help
		case ${3:-} in [a-z]*) "$stopwater" "$verb" "$3" --help 2>/dev/null ;; esac)
	shift 2
	for word; do
		case $word in
		--) break ;;
		--*)
			printf '%s\n' "$help" | grep -qE -e "${word%%=*}( |\$)" || echo "$verb has no $word"
			;;
		esac
	done
}

rows=$(grep '^|' "$root/docs/why.md" | grep -v '^|[- |]*$' | grep -v '^| need ')
while IFS= read -r row; do
	need=$(printf '%s\n' "$row" | cut -d '|' -f 2 | sed 's/^ *//; s/ *$//')
	command=$(quoted "$(printf '%s\n' "$row" | cut -d '|' -f 3)" | head -1)
	proofs=$(quoted "$(printf '%s\n' "$row" | cut -d '|' -f 4-)")
	wrong=$(
		command_wrong "$command"
		[ -n "$proofs" ] || echo "no proof"
		for proof in $proofs; do
			exists "$proof" || echo "no test '$proof'"
		done
	)
	count=$((count + 1))
	if [ -z "$wrong" ]; then
		echo "ok $count - $need"
	else
		printf '%s\n' "$wrong" | sed 's/^/# /'
		echo "not ok $count - $need"
		failures=$((failures + 1))
	fi
done <<END
$rows
END
echo "1..$count"
[ $failures -eq 0 ] && [ $count -gt 0 ]
