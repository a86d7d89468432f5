#!/bin/sh
# SPDX-License-Identifier: ISC
# check-man.sh PAGE... - every manual page passes mandoc's lint.
# Warnings, not style: that one minds references to pages not yet installed.
set -u
. "$(dirname "$0")/tap.sh"

for page; do
	title="mandoc finds nothing in ${page##*/}"
	if [ -z "${MANDOC:-}" ]; then
		skip "$title" "no mandoc"
	else
		claim "$title" "$("$MANDOC" -T lint -W warning "$page" 2>&1)"
	fi
done
plan
