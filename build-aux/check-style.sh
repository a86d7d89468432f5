#!/bin/sh
# SPDX-License-Identifier: ISC
# check-style.sh SRCDIR - the rules of the house that a script can check.
# $CLANG_FORMAT and $SHELLCHECK name the tools; each rule is one test, and what
# breaks it is shown.  Files are those that git has or would take.
set -u
# shellcheck source=build-aux/tap.sh
. "$(dirname "$0")/tap.sh"
cd "$1" || exit 99
export LC_ALL=C

if ! git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
	echo '1..0 # SKIP not a git checkout'
	exit 0
fi

files=$(git ls-files --cached --others --exclude-standard | sort -u |
	while read -r f; do [ -f "$f" ] && printf '%s\n' "$f"; done)

# named PATTERN: the files whose path matches an extended regular expression.
named() {
	printf '%s\n' "$files" | grep -E "$1"
}

scripts() {
	{
		named '\.(sh|bats|bash)$'
		named . | while read -r f; do
			head -n 1 "$f" | grep -qE '^#!.*(sh|bash|bats)$' &&
				printf '%s\n' "$f"
		done
	} | sort -u
}

sources() {
	{
		named '\.([chm]|m4|ac|am|mk|in|awk|[137])$'
		scripts
	} | sort -u
}

# code FILE...: "file:line:text" without comments and strings.
code() {
	awk '
		FNR == 1 { inside = 0 }
		{
			line = $0
			gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
			out = ""
			while (line != "") {
				if (inside) {
					end = index(line, "*/")
					if (!end)
						break
					line = substr(line, end + 2)
					inside = 0
				}
				start = index(line, "/*")
				if (!start) {
					out = out line
					break
				}
				out = out substr(line, 1, start - 1)
				line = substr(line, start + 2)
				inside = 1
			}
			if (out != "")
				print FILENAME ":" FNR ":" out
		}' "$@" /dev/null
}

# includes FILES ALLOWED: quoted includes in files that are not allowed there.
includes() {
	named "$1" |
		xargs -r grep -nE '^#[[:space:]]*include[[:space:]]+"' /dev/null |
		grep -vE "include[[:space:]]+\"($2)\""
}

# --- Tools -------------------------------------------------------------------

if [ -n "${CLANG_FORMAT:-}" ]; then
	claim 'clang-format would change nothing' \
		"$(named '\.[ch]$' | xargs -r "$CLANG_FORMAT" --dry-run -Werror 2>&1)"
else
	skip 'clang-format would change nothing' 'no clang-format'
fi

if [ -n "${SHELLCHECK:-}" ]; then
	claim 'shellcheck has nothing to say' \
		"$(scripts | xargs -r "$SHELLCHECK" -x -f gcc 2>&1)"
else
	skip 'shellcheck has nothing to say' 'no shellcheck'
fi

# --- Files -------------------------------------------------------------------

claim 'every source says its licence in its first five lines' "$(
	sources | while read -r f; do
		head -n 5 "$f" | grep -q 'SPDX-License-Identifier: ISC' ||
			printf '%s\n' "$f"
	done)"

claim 'sources are ASCII' "$(sources | xargs -r grep -nP '[^\x00-\x7F]')"

claim 'no file is binary' "$(
	named . | while read -r f; do
		[ "$(tr -cd '\000' <"$f" | wc -c)" -eq 0 ] || printf '%s\n' "$f"
	done)"

claim 'no generated file is kept' "$(
	git ls-files --cached --ignored --exclude-standard)"

claim 'no line ends in white space' "$(
	named '\.([chm]|m4|ac|am|mk|in|sh|bash|bats|md|[137])$' |
		xargs -r grep -nE '[[:space:]]$')"

claim 'prose keeps within 100 columns, but for tables' "$(
	named '\.md$' | xargs -r awk \
		'length > 100 && !/^\|/ { print FILENAME ":" FNR ": " length }')"

# --- C -----------------------------------------------------------------------

claim 'config.h is the first include of every .c, and of no header' "$(
	named '^(libstream|tools|tests|bench)/.*\.c$' | while read -r f; do
		grep -m 1 '^#[[:space:]]*include' "$f" | grep -q '"config.h"' ||
			printf '%s: first include\n' "$f"
	done
	named '\.h$' | xargs -r grep -n 'include "config.h"')"

calls='p?readv?2?|p?writev?2?|v?m?splice|tee|sendfile|copy_file_range'
calls="$calls|send|sendto|sendmsg|recv|recvfrom|recvmsg"
claim 'data system calls are made in libstream/core/io.c only' "$(
	# shellcheck disable=SC2046
	code $(named '^(libstream|tools)/.*\.[ch]$' |
		grep -vx 'libstream/core/io\.c') |
		grep -E "(^|[^A-Za-z0-9_>.*])($calls) ?\(")"

claim 'libstream does not print or exit, but for stream_filter' "$(
	# In spawn.c it is the child that exits, when exec has failed.
	# shellcheck disable=SC2046
	code $(named '^libstream/.*\.[ch]$' | grep -vx \
		-e 'libstream/stream/filter\.c' -e 'libstream/process/spawn\.c') |
		grep -E '(^|[^A-Za-z0-9_>.])(v?f?d?printf|f?puts|f?putc|putchar|perror|_?exit|abort|errx?|warnx?) ?\(')"

# --- Layers: arrows run one way ----------------------------------------------

public='config\.h|libstream\.h|libstream-codec\.h'
h='[a-z0-9_-]+\.h'
folders=$(named '^tools/[^/]+/' | cut -d / -f 2 | sort -u | paste -sd '|')
claim 'core knows no stream' "$(
	includes '^libstream/core/' "config\.h|libstream\.h|core/$h")"
claim 'stream knows no process, no codec and no tool' "$(
	includes '^libstream/stream/' \
		"config\.h|libstream\.h|core/$h|stream/$h")"
claim 'process knows no codec and no tool' "$(
	includes '^libstream/process/' \
		"config\.h|libstream\.h|core/$h|stream/$h|process/$h")"
claim 'codec uses the public interface of libstream, and itself' "$(
	includes '^libstream/codec/' "$public|codec/$h|$h")"
claim 'tools use public interfaces, tools/common and themselves' "$(
	includes '^tools/' "$public|$h|(${folders:-common})/$h")"
claim 'examples use what is installed' "$(
	includes '^docs/examples/' 'libstream\.h|libstream-codec\.h')"

plan
