#!/bin/sh
# publish-npm.sh - does publish-list name the files that `npm pack --dry-run` names?
#
#	tests/publish-npm.sh BUILD-DIR FOLDER...
#
# Each FOLDER holds a package.json.  Scripts are not run on either side.  Prints what differs, then
# the count; exit 1 when anything differs.  Needs npm.
set -u
list=$1/tests/publish-list
shift
same=0 differ=0
work=$(mktemp -d) || exit 3
trap 'rm -rf "$work"' EXIT
for folder; do
	(cd "$folder" && npm pack --dry-run --json --ignore-scripts 2>/dev/null) | node -e '
		let text = "";
		process.stdin.on("data", d => text += d).on("end", () => {
			const all = JSON.parse(text), one = Array.isArray(all) ? all[0] : Object.values(all)[0];
			console.log(one.files.map(f => f.path).join("\n"));
		});' 2>/dev/null | LC_ALL=C sort >"$work/npm"
	"$list" "$folder" 2>&1 | LC_ALL=C sort >"$work/ours"
	if cmp -s "$work/npm" "$work/ours"; then
		same=$((same + 1))
	else
		differ=$((differ + 1))
		echo "$folder: < only npm, > only publish-list"
		diff "$work/npm" "$work/ours" | grep '^[<>]'
	fi
done
echo "same: $same, differ: $differ"
[ "$differ" -eq 0 ]
