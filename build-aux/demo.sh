#!/bin/sh
# SPDX-License-Identifier: ISC
# demo.sh BINDIR [FILE...] - the four filters in one pipeline, on real data
#
# What went in must come out, byte for byte, and every stage must succeed: a
# shell tells of the last one only, so each writes down its own status.
set -eu

least=52428800
most=134217728

die() {
	printf 'demo: %s\n' "$*" >&2
	exit 1
}

# Files as they are, or expanded.
expand() {
	while read -r file; do
		case $file in
		*.gz) gzip -cdq <"$file" ;;
		*.lz4 | *.xz) /usr/lib/apt/apt-helper cat-file "$file" ;;
		*) cat "$file" ;;
		esac 2>/dev/null || :
	done
}

# Is it text in UTF-8?  Other bytes need not come back when they are reversed
# twice: some that are no character are one from the other end.
is_text() {
	iconv -f UTF-8 -t UTF-8 <"$1" >/dev/null 2>&1
}

# Real text of this machine, the most telling first; what is no text is left out.
collect() {
	{
		find /usr/share/dict -type f || :
		find /usr/share/man -type f -name '*.gz' || :
		find /var/lib/apt/lists -type f -name '*_Packages*' || :
		find /usr/share/doc /usr/share/info -type f || :
		find /usr/include /usr/share /usr/lib -type f \
			\( -name '*.h' -o -name '*.txt' -o -name '*.p[lmy]' \) || :
	} 2>/dev/null | expand | head -c "$most" |
		iconv -c -f UTF-8 -t UTF-8 2>/dev/null || :
}

size_of() {
	wc -c <"$1" | tr -d ' '
}

# The text to run over, collected once, doubled where a machine has too little.
make_text() {
	if [ -s "$cache/text" ] && is_text "$cache/text"; then
		return 0
	fi
	echo "demo: collecting text of this machine into $cache/text"
	collect >"$cache/text.new"
	[ -s "$cache/text.new" ] || die 'found no text on this machine: name files'
	while [ "$(size_of "$cache/text.new")" -lt "$least" ]; do
		echo 'demo: too little text here, taking it twice'
		cat "$cache/text.new" "$cache/text.new" >"$cache/text.twice"
		mv "$cache/text.twice" "$cache/text.new"
	done
	mv "$cache/text.new" "$cache/text"
}

# stage NUMBER COMMAND...: run it, and write down how it ended.
stage() {
	number=$1
	shift
	status=0
	"$@" || status=$?
	echo "$status $*" >"$work/stage.$number"
}

# shellcheck disable=SC2094 # the text is only read
pipeline() {
	stage 1 reverse <"$text" |
		stage 2 gzip -6 |
		stage 3 tee "$copy" |
		stage 4 gunzip |
		stage 5 rate-limit 2G |
		stage 6 reverse |
		stage 7 cmp - "$text"
}

# Nanoseconds, or whole seconds where date knows no better.
now() {
	date +%s%N | sed 's/N$/000000000/'
}

all_succeeded() {
	good=0
	for number in 1 2 3 4 5 6 7; do
		read -r status command <"$work/stage.$number" ||
			status=unknown command="stage $number"
		[ "$status" = 0 ] && continue
		printf 'demo: stage %s, %s: status %s\n' \
			"$number" "$command" "$status" >&2
		good=1
	done
	return "$good"
}

PATH=$1:$PATH
shift
for tool in reverse gzip tee gunzip rate-limit; do
	[ "$(command -v "$tool")" = "${PATH%%:*}/$tool" ] ||
		die "$tool is not built"
done

cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/streamutils
mkdir -p "$cache"
work=$(mktemp -d "${TMPDIR:-/tmp}/streamutils-demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

copy=$cache/copy.gz
case $# in
0)
	make_text
	text=$cache/text
	;;
*)
	text=$work/text
	cat -- "$@" >"$text"
	is_text "$text" || die 'that is no text in UTF-8'
	;;
esac
rm -f "$copy"

echo "demo: reverse < $text | gzip -6 | tee $copy | gunzip |"
echo "demo:     rate-limit 2G | reverse | cmp - $text"
start=$(now)
pipeline || :
end=$(now)
all_succeeded || {
	rm -f "$copy"
	die 'FAILED: what came out is not what went in'
}

awk -v size="$(size_of "$text")" -v gz="$(size_of "$copy")" \
	-v ns="$((end - start))" 'BEGIN {
	s = ns / 1e9
	if (s <= 0)
		s = 1e-9
	printf "demo: %.1f MB went through in %.2f s, %.1f MB/s, ", \
	    size / 1e6, s, size / 1e6 / s
	print "and came out as it went in, byte for byte"
	printf "demo: %.1f MB compressed, %.1f %% of the text\n", \
	    gz / 1e6, size ? 100 * gz / size : 0
}'
echo "demo: look at it: ${PATH%%:*}/zcat < $copy | ${PATH%%:*}/reverse | less"
