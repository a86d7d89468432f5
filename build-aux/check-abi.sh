#!/bin/sh
# SPDX-License-Identifier: ISC
# check-abi.sh LIBRARY.so SYMBOLS HEADER [LIBRARY.so SYMBOLS HEADER]...
# A shared library exports what its list of symbols says, its header declares
# the same, and every name begins with stream_.
set -u
. "$(dirname "$0")/tap.sh"

exported() {
	nm -D --defined-only "$1" | awk '{ print $3 }' | LC_ALL=C sort
}

# The word before the first parenthesis of each prototype.
declared() {
	grep -v '^#' "$1" | tr '\n' ' ' | grep -o 'STREAM_API [^;(]*(' |
		sed 's/ *($//; s/.*[ *]//' | LC_ALL=C sort
}

work=$(mktemp -d "${TMPDIR:-/tmp}/check-abi.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT

while [ $# -ge 3 ]; do
	name=${1##*/}
	if [ ! -e "$1" ]; then
		skip "$name exports what is listed" "built without it"
	else
		exported "$1" >"$work/exported"
		claim "$name exports what is listed, no more and no less" \
			"$(diff -u "$2" "$work/exported" 2>&1)"
		claim "$name exports only names that begin with stream_" \
			"$(grep -v '^stream_' "$work/exported")"
	fi
	declared "$3" >"$work/declared"
	claim "${3##*/} declares what is listed, no more and no less" \
		"$(diff -u "$2" "$work/declared" 2>&1)"
	shift 3
done
plan
