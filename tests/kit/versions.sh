#!/bin/sh
# versions.sh - many versions of one file: lines moved, cut and doubled, with passwords that come,
# change and go, packed as deltas of each other
#
# Makes ./r; for scripts of tests/kit/git_kit.h.
set -eu
mkdir r
cd r
git init -q -b main .
awk 'BEGIN {
	srand(7)
	for (v = 0; v < 120; v++) {
		file = sprintf("v%03d", v)
		n = 60 + int(rand() * 60)
		for (i = 0; i < n; i++) {
			k = int((i + v / 3) % 90)
			if (k % 11 == 3)
				printf "db_password = \"Qx7vK2%dmZ4wR9\"\n", k * 7919 + int(v / 20) > file
			else if (k % 13 == 5)
				printf "url: https://joe:h%dKw93LxQ@db%d.corp.net/x\n", k * 104729, k > file
			else if (k % 17 == 2 && v % 5 == 0)
				printf "api_token=" > file
			else
				printf "line %d of a file that says nothing, and says it at length\n", k > file
		}
		close(file)
	}
}'
for file in v*; do
	cp "$file" settings.ini
	git add settings.ini
	git commit -q --allow-empty -m "$file"
done
rm v*
git repack -q -a -d -f --depth=40 --window=20 2>/dev/null
