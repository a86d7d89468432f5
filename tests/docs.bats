# SPDX-License-Identifier: ISC
# The manual says what the tools do: their usage, their options, and examples
# that work.
#
# An example that is run is a line ".Dl $ command" in EXAMPLES; it finds the
# files words, in.txt and log in its folder, and has to succeed.  What cannot
# be run everywhere is written as a .Bd block.
load helper

man=$SU_SRCDIR/man

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	command -v mandoc >/dev/null || skip "no mandoc here"
}

# The tools that have a manual page.
tools() {
	local page
	for page in "$man"/*.1; do
		[ ! -e "$page" ] || basename "$page" .1
	done
}

# names_of TOOL: its own, and those of the links to it.
names_of() {
	local link
	echo "$1"
	for link in "$SU_BUILDDIR"/bin/*; do
		if [ -L "$link" ] && [ "$(readlink "$link")" = "$1" ]; then
			basename "$link"
		fi
	done
}

# rendered SECTION PAGE: as text, without blanks that only lay it out.
rendered() {
	LC_ALL=C.UTF-8 mandoc -T utf8 -O width=1000 "$2" |
		LC_ALL=C.UTF-8 sed 's/.\x08//g' |
		awk -v section="$1" '
			/^[A-Z]/ { wanted = $0 == section; next }
			wanted && NF { $1 = $1; print }'
}

# synopsis NAME PAGE: the forms of that name.
synopsis() {
	rendered SYNOPSIS "$2" | awk -v name="$1" '$1 == name'
}

# usage NAME: the same of its --help.
usage() {
	"$1" --help | awk '!NF { exit } { sub(/^usage:/, ""); $1 = $1; print }'
}

# helped NAME: the options in the list of its --help.
helped() {
	"$1" --help | awk '
		!NF { in_list = 1 }
		in_list && /^ *-/ {
			sub(/^ */, "")
			sub(/  .*/, "")
			print
		}' | flags
}

# documented PAGE: the options of a manual page.
documented() {
	awk '
		/^\.It Fl / {
			flag = 0
			for (i = 2; i <= NF; i++) {
				if ($i == "Fl" || $i == ",")
					flag = 1
				else if (flag && $i ~ /^-?[a-z0-9]|^[A-Z]$/) {
					print "-" $i
					flag = 0
				} else
					flag = 0
			}
		}' "$1"
}

flags() {
	grep -oE '(^|[ ,])--?[A-Za-z0-9][A-Za-z0-9-]*' | tr -d ' ,' | sort -u
}

# The names in the NAME sections of section 3.
described() {
	awk '
		/^\.Sh/ { naming = $2 == "NAME" }
		naming && $1 == ".Nm" { print $2 }' "$man"/*.3 | sort -u
}

# What the headers declare.
declared() {
	cat "$SU_SRCDIR"/libstream/libstream.h \
		"$SU_SRCDIR"/libstream/codec/libstream-codec.h |
		awk '
			/^STREAM_API/ { text = ""; reading = 1 }
			/^#define STREAM_PIPELINE/ { print "STREAM_PIPELINE" }
			reading { text = text " " $0 }
			reading && /[(]/ {
				match(text, /stream_[a-z_]+ *\(/)
				print substr(text, RSTART, RLENGTH - 1)
				reading = 0
			}' | sort -u
}

# The lines ".Dl $ command" of EXAMPLES, as a terminal would show them.
examples() {
	{
		printf '.Dd January 1, 1970\n.Dt X 1\n.Os\n'
		printf '.Sh NAME\n.Nm x\n.Nd x\n.Sh EXAMPLES\n'
		awk '
			/^\.Sh/ { wanted = $2 == "EXAMPLES" }
			wanted && /^\.Dl \$ /' "$1"
	} >examples.mdoc
	rendered EXAMPLES examples.mdoc | sed -n 's/^\$ //p'
}

prepare_files() {
	mkdir -p "$1" && (
		cd "$1" || return 1
		seq 1 2000 | sed 's/.*/word&\xc3\xa9/' >words
		seq 1 5000 >in.txt
		seq 1 300 | sed 's/.*0$/& error: something/' >log
	)
}

# run_examples PAGE: each in a folder of its own.  141 is that of a stage whose
# reader has seen enough.
run_examples() {
	local command count=0 status
	while IFS= read -r command; do
		count=$((count + 1))
		prepare_files "run.$count"
		status=0
		(cd "run.$count" && timeout 30 \
			bash -o pipefail -c "$command" </dev/null 3>&- \
			>../out 2>../err) || status=$?
		if [ "$status" -ne 0 ] && [ "$status" -ne 141 ]; then
			echo "$(basename "$1"): status $status: $command"
			cat err
			return 1
		fi
	done < <(examples "$1")
	echo "$count examples"
}

@test "docs: each tool has one source, one manual page and one bats file" {
	local tool
	for tool in "$SU_SRCDIR"/tools/*.c "$SU_SRCDIR"/tools/*/; do
		tool=$(basename "$tool" .c)
		[ "$tool" = common ] || echo "$tool"
	done | sort >sources
	tools | sort >pages
	diff sources pages
	while IFS= read -r tool; do
		[ -f "$SU_SRCDIR/tests/$tool.bats" ]
		[ -x "$SU_BUILDDIR/bin/$tool" ]
	done <pages
}

@test "docs: the usage line of each tool is the SYNOPSIS of its manual" {
	local tool name
	for tool in $(tools); do
		for name in $(names_of "$tool"); do
			synopsis "$name" "$man/$tool.1" >"$name.synopsis"
			if [ "$name" != "$tool" ] && [ ! -s "$name.synopsis" ]; then
				continue
			fi
			usage "$name" >"$name.usage"
			diff "$name.synopsis" "$name.usage"
		done
	done
}

@test "docs: every option in --help is in the manual, and the reverse" {
	local tool name
	for tool in $(tools); do
		for name in $(names_of "$tool"); do
			helped "$name"
		done | grep -vxE -e '--(help|version)' | sort -u >in.help
		documented "$man/$tool.1" |
			grep -vxE -e '--(help|version)' | sort -u >in.manual
		diff in.help in.manual
	done
}

@test "docs: the examples in the manual of each tool work" {
	local tool
	for tool in $(tools); do
		run_examples "$man/$tool.1"
		[ "$(examples "$man/$tool.1" | wc -l)" -gt 0 ]
	done
}

@test "docs: the examples in streamutils(7) work" {
	run_examples "$man/streamutils.7"
	[ "$(examples "$man/streamutils.7" | wc -l)" -gt 0 ]
}

@test "docs: an example that fails would be noticed" {
	printf '.Sh EXAMPLES\n.Dl $ cat in.txt | false\n' >bad.1
	run ! run_examples bad.1
	printf '.Sh EXAMPLES\n.Dl $ cat nowhere | cat\n' >bad.1
	run ! run_examples bad.1
}

@test "docs: every public function has a page, and every page a function" {
	declared >in.header
	described | grep -vx libstream >in.manual
	[ "$(wc -l <in.header)" -gt 50 ]
	diff in.header in.manual
}

@test "docs: streamutils(7) names every tool" {
	local tool
	for tool in $(tools); do
		grep -qx "\.It Xr $tool 1" "$man/streamutils.7"
	done
}

@test "docs: pages refer to pages that exist" {
	{
		described | sed 's/$/ 3/'
		for page in "$man"/*.[137]; do
			page=$(basename "$page")
			echo "${page%.*} ${page##*.}"
		done
	} | sort -u >ours
	sed -nE 's/^\.Xr ((lib)?stream[a-z_-]* [137]).*/\1/p' "$man"/*.[137] |
		sort -u >referred
	[ -s referred ]
	[ -z "$(comm -13 ours referred)" ]
}
