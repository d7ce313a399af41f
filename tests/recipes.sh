#!/bin/sh
# recipes.sh - the commands of docs/hooks.md do what they say
#
#	tests/recipes.sh STOPWATER SOURCE-ROOT
#
# Each command is taken out of the page, run in a clean repository, where it must pass, and in one
# with a private key in it, where it must not.  TAP on stdout.
set -u
stopwater=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
page=$(cd "$2" && pwd)/docs/hooks.md
TESTS_DIR=$(cd "$2" && pwd)/tests
# shellcheck disable=SC1091 # beside this file
. "$TESTS_DIR/kit/repository.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/home"
ln -s "$stopwater" "$work/bin/stopwater"
PATH="$work/bin:$PATH"
export PATH STOPWATER_HOME="$work/state" HOME="$work/home" GITHUB_BASE_REF=main
cd "$work" || exit 1

# A clone with a branch of its own: what it brings beyond origin/main is what a recipe may see.
make_clone() { # NAME
	git clone -q server.git "$1" 2>/dev/null
	(cd "$1" && git checkout -q -b work)
}
git init -q seed
(cd seed && echo one >readme && commit 2026-01-01 start)
git clone -q --bare seed server.git
make_clone good
(cd good && echo two >readme && commit 2026-01-02 good && echo three >staged && git add staged)
make_clone bad
(cd bad && private_key id_rsa && commit 2026-01-02 bad && private_key staged.pem && git add staged.pem)

# Lines that call the program: `entry: X`, `run: X`, `- X`, or indented shell.
commands=$(sed -n -e 's/^ *entry: \(stopwater .*\)/\1/p' -e 's/^ *- run: \(stopwater .*\)/\1/p' \
	-e 's/^ *- \(stopwater .*\)/\1/p' -e 's/^    \(git diff .*| stopwater .*\)/\1/p' "$page")
count=0 failures=0
check() { # SENTENCE STATUS
	count=$((count + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		failures=$((failures + 1))
	fi
}
old=$IFS
IFS='
'
for command in $commands; do
	IFS=$old
	(cd good && sh -c "$command" >../out 2>&1)
	check "passes: $command" $?
	# shellcheck disable=SC2015 # that is meant
	(cd bad && sh -c "$command" >../out 2>&1)
	[ $? -eq 1 ]
	check "stops: $command" $?
done
[ "$count" -ge 10 ]
check "the page has at least five commands" $?
echo "1..$count"
[ "$failures" -eq 0 ]
