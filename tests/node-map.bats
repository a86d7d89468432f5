#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# node-map.bats - the table of docs/node-map.md is whole, and its tests exist
load helper

rows() {
	grep -E '^\| [0-9]+ \|' "$SU_SRCDIR/docs/node-map.md"
}

@test "node-map: rows 1 to 71, each once" {
	rows | awk -F'|' '{ print $2 + 0 }' >got
	seq 1 71 >want
	same want got
}

# Those that have a test, or should have.
tested() {
	rows | grep -v '| not done: '
}

@test "node-map: every row names a test that is there" {
	tested | while IFS='|' read -r _ row _ _ test _; do
		test=${test# }
		test=${test% }
		file=$SU_SRCDIR/tests/${test%%: *}
		[ -e "$file" ] || file=$SU_SRCDIR/tests/unit/${test%%: *}.c
		[ -e "$file" ] || {
			echo "row $row: no such file: ${test%%: *}"
			return 1
		}
		# A title may be broken into several literals.
		tr -d '\n\t' <"$file" | sed 's/" *"//g' |
			grep -qF -- "${test#*: }" || {
			echo "row $row: no such title: ${test#*: }"
			return 1
		}
	done
}

@test "node-map: every unit program that it names is run" {
	tested | sed 's/.*| \([^|]*\): .*/\1/; s/:.*//' | grep -v bats | sort -u |
		while read -r program; do
			grep -qE "%D%/unit/$program( |\$)" \
				"$SU_SRCDIR/tests/local.mk" || {
				echo "$program is not in the list"
				return 1
			}
		done
}
