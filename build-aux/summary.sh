#!/bin/sh
# SPDX-License-Identifier: ISC
# summary.sh FILE.trs... - sum the results that the harness left in files into
# one line, "N passed, M failed[, K skipped]", counting test cases, not files.
# Those that failed or were skipped are named before it.  A file that is not
# there is a failure: what was to run did not.
# Fails if anything failed, or if nothing ran at all.
set -u

for file; do
	if [ -r "$file" ]; then
		grep '^:test-result:' "$file"
		grep -hE '^(FAIL|XPASS|ERROR|SKIP): ' "${file%.trs}.log"
	else
		echo ":test-result: ERROR"
		echo "ERROR: ${file%.trs} did not run"
	fi
done | awk '
	$1 != ":test-result:" { print; next }
	{ count[$2]++ }
	END {
		passed = count["PASS"] + count["XFAIL"]
		failed = count["FAIL"] + count["XPASS"] + count["ERROR"]
		skipped = count["SKIP"]
		line = passed + 0 " passed, " failed + 0 " failed"
		if (skipped)
			line = line ", " skipped " skipped"
		print line
		exit failed > 0 || passed == 0
	}'
