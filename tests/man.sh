#!/bin/sh
# man.sh - every verb has a manual page, and the page knows the same options as --help
#
#	tests/man.sh STOPWATER DOCS-FOLDER
#
# Options of sub-verbs stand in the page of their verb; those that every verb has, in stopwater(1).
# TAP on stdout.
set -u
stopwater=$1 docs=$2
count=0 failures=0

prove() { # SENTENCE, what is wrong
	count=$((count + 1))
	if [ -z "$2" ]; then
		echo "ok $count - $1"
	else
		printf '%s\n' "$2" | sed 's/^/# /'
		echo "not ok $count - $1"
		failures=$((failures + 1))
	fi
}

help_verbs() { "$stopwater" "$@" --help | sed -n '/^verbs:/,/^$/s/^  \([a-z-]*\) .*/\1/p'; }

# The own options of a verb and of all below it.
help_options() {
	"$stopwater" "$@" --help | sed -n '/^options:/,/^$/s/^  \(-., \|    \)\{0,1\}--\([a-z0-9-]*\).*/\2/p'
	for sub in $(help_verbs "$@"); do
		help_options "$@" "$sub"
	done
}

page_options() { grep '^\.It Fl' "$1" | grep -o 'Fl -[a-z0-9-]*' | sed 's/^Fl -//' | sort -u; }

compare() { # PAGE OPTIONS-OF-HELP: what stands in only one of them
	for option in $2; do
		page_options "$1" | grep -qx -e "$option" || echo "--$option is missing in ${1##*/}"
	done
	for option in $(page_options "$1"); do
		printf '%s\n' "$2" | grep -qx -e "$option" || echo "--$option of ${1##*/} is in no --help"
	done
}

verbs=$(help_verbs)
[ -n "$verbs" ] || verbs=nothing

wrong=$(for verb in $verbs; do
	[ -e "$docs/stopwater-$verb.1" ] || echo "no docs/stopwater-$verb.1"
	grep -q "^\.It Xr stopwater-$verb 1" "$docs/stopwater.1" || echo "stopwater(1) does not list $verb"
done)
prove every_verb_has_a_manual_page "$wrong"

wrong=$(for page in "$docs"/stopwater-*.1; do
	verb=${page##*/stopwater-}
	verb=${verb%.1}
	printf '%s\n' "$verbs" | grep -qx "$verb" || echo "${page##*/} is about no verb"
done)
prove every_manual_page_is_about_a_verb "$wrong"

common=$("$stopwater" version --help |
	sed -n '/^common options:/,$s/^  \(-., \|    \)\{0,1\}--\([a-z0-9-]*\).*/\2/p')
prove the_common_options_stand_in_stopwater_1 "$(compare "$docs/stopwater.1" "$common")"

for verb in $verbs; do
	[ -e "$docs/stopwater-$verb.1" ] || continue
	options=$(help_options "$verb" | sort -u)
	prove "options_of_${verb}_are_those_of_its_help" \
		"$(compare "$docs/stopwater-$verb.1" "$options")"
	wrong=$(for sub in $(help_verbs "$verb"); do
		grep -qE "^\.(It|Ss|Nm)? ?(Cm|Ic|Nm)?.*\b$sub\b" "$docs/stopwater-$verb.1" || echo "$sub is not described"
	done)
	prove "sub_verbs_of_${verb}_are_described" "$wrong"
done

if command -v mandoc >/dev/null; then
	prove pages_are_clean_for_mandoc "$(for page in "$docs"/*.1; do mandoc -Tlint -W warning "$page"; done 2>&1)"
else
	count=$((count + 1))
	echo "ok $count - pages_are_clean_for_mandoc # SKIP no mandoc"
fi

echo "1..$count"
[ $failures -eq 0 ]
