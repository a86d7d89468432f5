# SPDX-License-Identifier: ISC
# tap.sh - for check scripts: each claim is a line of TAP.  To be sourced.
# shellcheck shell=sh
tap_count=0

# claim TITLE FINDINGS: holds if there are no findings; they are shown if not.
claim() {
	tap_count=$((tap_count + 1))
	if [ -z "$2" ]; then
		echo "ok $tap_count - $1"
	else
		echo "not ok $tap_count - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

# skip TITLE REASON
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

plan() {
	echo "1..$tap_count"
}
