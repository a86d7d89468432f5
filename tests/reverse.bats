#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2154,SC2016,SC2002 # bats sets stderr; sh -c text; a pipe

load helper

# gives WANT IN COMMAND...: the command makes WANT of IN (both as printf takes
# them), be IN a file, standard input, or a pipe.
gives() {
	# shellcheck disable=SC2059
	printf "$1" >want
	# shellcheck disable=SC2059
	printf "$2" >in
	shift 2
	"$@" in >out && same want out || return 1
	"$@" <in >out && same want out || return 1
	cat in | "$@" | cat >out && same want out || return 1
}

# rejects STATUS STDERR COMMAND...: what it ends with, and says.
rejects() {
	local want_status=$1 want=$2
	shift 2
	run --separate-stderr "$@"
	# shellcheck disable=SC2154
	if [ "$status" -ne "$want_status" ] || [ "$stderr" != "$want" ]; then
		echo "status $status: $stderr"
		return 1
	fi
}

# Lines, some of them longer than any block.
text() {
	seq "$(full 30000 300000)"
	printf 'x%.0s' $(seq 300000)
	printf '\n\nlast line'
}

# --- The characters of each line ----------------------------------------------

@test "reverse: the characters of each line" {
	gives 'cba\n\n321\n' 'abc\n\n123\n' reverse
	gives '' '' reverse
	gives '\n' '\n' reverse
	gives 'dlrow olleh .9876543210 gnol si ti\n' \
		'it is long 0123456789. hello world\n' rev
}

@test "reverse: a last line without a newline is reversed and gets none" {
	gives 'cba\n321' 'abc\n123' reverse
	gives 'cba\n321' 'abc\n123' rev
}

@test "reverse: characters are those of UTF-8, in any locale" {
	for locale in C C.UTF-8 nowhere; do
		LC_ALL=$locale gives '\xe6\x8d\xae\xe6\x95\xb0\xe8\xbd\xac\xe5\x8f\x8d \xf0\x9f\x98\x80\xc3\xa9\n' '\xc3\xa9\xf0\x9f\x98\x80 \xe5\x8f\x8d\xe8\xbd\xac\xe6\x95\xb0\xe6\x8d\xae\n' reverse
	done
}

@test "reverse: a carriage return is a character" {
	gives '\rcba\n' 'abc\r\n' rev
}

@test "reverse: a NUL is a character" {
	gives 'c\0ba\n\0\n' 'ab\0c\n\0\n' rev
}

@test "reverse: -0, -z, --null and --zero: records end with NUL" {
	for option in -0 -z --null --zero; do
		gives 'b\na\0c\0d' 'a\nb\0c\0d' reverse $option
		gives 'b\na\0c\0d' 'a\nb\0c\0d' rev $option
	done
}

@test "reverse: invalid bytes are characters that pass unchanged" {
	gives 'b\xffa\n' 'a\xffb\n' reverse
	gives '\xffba\n' 'ab\xff\n' rev
	gives 'ba\x80' '\x80ab' rev
	# A sequence that the line cuts, and one that the end of the input does.
	gives '\x82\xe2a\n\xac\n' 'a\xe2\x82\n\xac\n' rev
	gives '\x9f\xf0\xc3\xa9' '\xc3\xa9\xf0\x9f' rev
	# Overlong, a surrogate, above U+10FFFF.
	gives '\x80\xc0\n' '\xc0\x80\n' rev
	gives '\x80\xa0\xed\n' '\xed\xa0\x80\n' rev
	gives '\x80\x80\x90\xf4\n' '\xf4\x90\x80\x80\n' rev
	# The manual says why this one does not come back.
	gives '\xc3\xa9\n' '\xa9\xc3\n' rev
	gives '\xc3\xa9\n' '\xc3\xa9\n' rev
}

@test "reverse: twice is not at all" {
	{
		text
		printf '\n\xe5\x8f\x8d\xe8\xbd\xac\xe6\x95\xb0\xe6\x8d\xae \xc3\xa9 \xff\xfe a\0b\n'
	} >in
	reverse in | reverse >out
	same in out
	cat in | reverse --lines | reverse | reverse | cat >out
	reverse --lines <in >want
	same want out
}

@test "reverse: a long line, in small pieces and at once" {
	{
		printf '\xc3\xa9\xe6\xbc\xa2%.0s' $(seq 50000)
		printf 'end'
	} >in
	{
		printf 'dne'
		printf '\xe6\xbc\xa2\xc3\xa9%.0s' $(seq 50000)
	} >want
	reverse in >out
	same want out
	# dd writes what it reads at once: pieces that cut characters.
	dd if=in bs=997 2>/dev/null | reverse >out
	same want out
}

# bats test_tags=long
@test "reverse: a line of 100 MiB" {
	{
		printf 'a\n<'
		head -c 104857600 /dev/zero | tr '\0' x
		printf '\xc3\xa9>\nb'
	} >in
	reverse in >out
	[ "$(head -c 6 out)" = 'a
>'$'\xc3\xa9x' ]
	reverse <out >again
	same in again
	reverse --lines in >out
	cat in | reverse --lines | same out -
	[ "$(head -c 3 out)" = 'b<x' ]
	[ "$(tail -c 4 out)" = '>
a' ]
	[ "$(wc -c <out)" -eq "$(wc -c <in)" ]
}

@test "reverse: lines come out as they come in" {
	mkfifo in out
	reverse <in >out 3>&- &
	pid=$!
	exec 7>in 8<out
	for word in abc def; do
		echo "$word" >&7
		IFS= read -r -t 10 got <&8
		[ "$got" = "$(echo "$word" | rev)" ]
	done
	exec 7>&-
	wait "$pid"
	exec 8<&-
}

# bats test_tags=memory
@test "reverse: memory does not grow with the stream" {
	# 64 MiB of address space is the whole program, its libraries and all.
	yes 'a line of text' | head -c "$(full 100000000 4000000000)" |
		bash -c 'ulimit -v 65536; exec reverse' | tail -n 1 >out
	[ -s out ]
}

# --- The order of lines ----------------------------------------------------------

@test "tac: the order of lines" {
	gives '' '' tac
	gives 'a' 'a' tac
	gives '\n' '\n' tac
	gives 'b\na\n' 'a\nb\n' tac
	gives 'ba\n' 'a\nb' tac
	gives 'c\nb\na\n' 'a\nb\nc\n' reverse --lines
	gives 'c\nb\na\n' 'a\nb\nc\n' reverse -l
	gives 'b\r\na\r\n' 'a\r\nb\r\n' tac
}

@test "tac: -b: a separator belongs to what comes after it" {
	gives '\nc\nb\na' '\na\nb\nc' tac -b
	gives '\n\nba' 'a\nb\n' tac --before
	gives ':c:b:a' ':a:b:c' tac -b -s :
}

@test "tac: -s: any bytes, from the right and without overlap" {
	gives 'c:b:a:' 'a:b:c:' tac -s :
	gives 'c:b:a:' 'a:b:c:' tac --separator=:
	gives 'aaa' 'aaa' tac -s aa
	gives 'aaxa' 'xaaa' tac -b -s aa
	gives '32aaa1aa' '1aa2aaa3' tac -s aa
	gives 'b\xffa\xff' 'a\xffb\xff' tac -s "$(printf '\xff')"
	gives 'b\xc3\xa9' '\xc3\xa9b' tac -s "$(printf '\xa9')"
	gives 'b\0a\n\0' 'a\n\0b\0' tac -s "$(printf 'x')" -0
}

@test "tac: -s with an empty separator, and -0: NUL" {
	gives 'ba\0' 'a\0b' tac -s ''
	gives 'ba\0' 'a\0b' tac -0
	gives 'b\0a\n\0' 'a\n\0b\0' reverse -l --null
	gives 'b:a\0:' 'a\0:b:' tac -0 -s :
}

@test "tac: -r: a regular expression, the one that starts last" {
	gives '4._3.___2.__1._' '1._2.__3.___4._' tac -r -s '\._+'
	gives '.___4.__3._2._1' '._1._2.__3.___4' tac -b -r -s '\._+'
	gives 'c\nb\na\n' 'a\nb\nc\n' tac -r -s '^'
	gives '\n\nc\nba' 'a\nb\nc\n' tac --regex -s '$'
	gives 'a\nb\nc\n' 'a\nb\nc\n' tac -r -s '^$'
	gives 'bxax' 'axxb' tac -r -s 'x+'
	gives 'bxx\na' 'a\nxxb' tac -r -s 'x\|[^x]'
	gives '\ncba' 'ab\nc' tac -r -s '.'
	gives 'yxa{2}' 'xa{2}y' tac -r -s 'a{2}'
}

@test "tac: -r: characters are those of the locale" {
	LC_ALL=C gives 'b\xa9\xc3a' 'a\xc3\xa9b' tac -r -s '.'
	[ "$(LC_ALL=C.UTF-8 locale charmap 2>/dev/null)" = UTF-8 ] ||
		skip "no locale C.UTF-8"
	LC_ALL=C.UTF-8 gives 'b\xc3\xa9a' 'a\xc3\xa9b' tac -r -s '.'
}

@test "tac: records longer than a block, across the blocks of a file" {
	text >in
	text | awk '{ line[NR] = $0 }
		END {
			printf "%s", line[NR]
			for (i = NR - 1; i > 0; i--)
				print line[i]
		}' >want
	tac in >out
	same want out
	cat in | tac | cat >out
	same want out
	# The separator itself lies across the blocks.
	tac -s xxxxxxxxxxxxxxxx in >out
	cat in | tac -s xxxxxxxxxxxxxxxx | same out -
	[ "$(wc -c <in)" -eq "$(wc -c <out)" ]
}

@test "tac: more than memory shall hold goes through a temporary file" {
	mkdir tmp
	yes 0123456789abcdef0123456789abcde | head -c 70000000 | tail -c +7 >in
	tac in >want
	cat in | TMPDIR=$PWD/tmp tac >out
	same want out
	cat in | TMPDIR=/nonexistent tac >out
	same want out
	[ -z "$(ls -A tmp)" ]
	[ "$(head -c 33 want | wc -l)" -eq 1 ]
}

@test "tac: no room for a temporary file is told of, the next operand taken" {
	mkfifo fifo
	yes 0123456789 2>err | head -c 70000000 >fifo 3>&- &
	printf '1\n2\n' >in
	# A limit of the size of files: all that can be full without being root.
	run -1 --separate-stderr bash -c "trap '' XFSZ
		ulimit -f 1000
		tac fifo in | cat >out
		exit \${PIPESTATUS[0]}"
	[ "$stderr" = "tac: temporary file: write error: File too large" ]
	printf '2\n1\n' | same - out
}

@test "tac: each operand is reversed by itself, a dash is standard input" {
	printf '1\n2\n' >a
	printf '3\n4\n' >b
	printf '5\n6\n' | tac a - b >out
	printf '2\n1\n6\n5\n4\n3\n' | same - out
	printf '5\n6\n' | tac - - >out
	printf '6\n5\n' | same - out
	tac - - <a >out
	printf '2\n1\n2\n1\n' | same - out
}

@test "tac: a file is reversed from its beginning, wherever its offset is" {
	printf '1\n2\n3\n' >in
	{
		read -r line
		tac
	} <in >out
	[ "$line" = 1 ]
	printf '3\n2\n1\n' | same - out
}

@test "tac: files that claim to be empty, and sizes that are estimates" {
	[ -r /proc/self/status ] || skip "no /proc here"
	cat /proc/filesystems >in
	tac in >want
	tac /proc/filesystems >out
	same want out
	file=/sys/kernel/mm/transparent_hugepage/enabled
	[ -r "$file" ] || return 0
	tac "$file" >out
	same "$file" out
}

@test "tac: from a FIFO" {
	mkfifo fifo
	printf '1\n2\n' >fifo 3>&- &
	tac fifo >out
	printf '2\n1\n' | same - out
}

@test "tac: a file that grows meanwhile is no harm" {
	seq 200000 >in
	seq 200000 | tac >want
	tac in | {
		head -c 100 >first
		seq 1000 >>in
		cat first -
	} >out
	same want out
}

@test "tac: a file that is truncated meanwhile is told of" {
	seq 2000000 >in
	tac in >want
	run -1 --separate-stderr bash -c 'tac in | {
		head -c 100 >out
		: >in
		cat >>out
	}; exit "${PIPESTATUS[0]}"'
	[ "$stderr" = "tac: in: read error: file became shorter" ]
	# What was read of it was written.
	[ "$(wc -c <out)" -gt 60000 ]
	head -c "$(wc -c <out)" want | same - out
}

# --- Against the originals ----------------------------------------------------------

# random N ALPHABET: so many bytes of it; NUL is written as @.
random() {
	awk -v n="$1" -v alphabet="$2" -v seed="$RANDOM" 'BEGIN {
		srand(seed)
		size = length(alphabet)
		for (i = 0; i < n; i++)
			printf "%s", substr(alphabet, int(rand() * size) + 1, 1)
	}'
}

@test "tac: as GNU tac, for random input and separators" {
	gnu=/usr/bin/tac
	"$gnu" --version 2>/dev/null | grep -q GNU || skip "no GNU tac here"
	separators=(a ab aba aa '
' '')
	for ((i = 0; i < $(full 60 2000); i++)); do
		# GNU tac finds what overlaps differently from block to block.
		random "$((RANDOM % (i % 4 ? 300 : 8000)))" 'aabb
@' | tr @ '\0' >in
		options=(-s "${separators[RANDOM % 6]}")
		[ $((RANDOM % 2)) -eq 0 ] || options+=(-b)
		"$gnu" "${options[@]}" in >want
		tac "${options[@]}" in >out
		same want out
		cat in | tac "${options[@]}" | same want -
	done
}

@test "tac: as GNU tac, for random input and regular expressions" {
	gnu=/usr/bin/tac
	"$gnu" --version 2>/dev/null | grep -q GNU || skip "no GNU tac here"
	regexes=('a+' '^' '$' 'a\|b' '[^a]' '\(ab\)+' '.' '\<a' 'a?b' 'b.*a')
	for ((i = 0; i < $(full 40 1000); i++)); do
		random "$((RANDOM % 300))" 'aabb c
' >in
		options=(-r -s "${regexes[RANDOM % 10]}")
		[ $((RANDOM % 2)) -eq 0 ] || options+=(-b)
		"$gnu" "${options[@]}" in >want
		tac "${options[@]}" in >out
		same want out
	done
}

@test "tac: as GNU tac, for text of many blocks" {
	gnu=/usr/bin/tac
	"$gnu" --version 2>/dev/null | grep -q GNU || skip "no GNU tac here"
	text >in
	for options in '' '-b' '-s 9' '-b -s 12' '-r -s 3[0-4]'; do
		# shellcheck disable=SC2086
		"$gnu" $options in >want
		# shellcheck disable=SC2086
		tac $options in >out
		same want out
		# shellcheck disable=SC2086
		cat in | tac $options | same want -
	done
}

@test "rev: as rev of util-linux, for random text" {
	original=/usr/bin/rev
	"$original" --version 2>/dev/null | grep -q util-linux ||
		skip "no rev of util-linux here"
	[ "$(LC_ALL=C.UTF-8 locale charmap 2>/dev/null)" = UTF-8 ] ||
		skip "no locale C.UTF-8"
	for ((i = 0; i < $(full 60 2000); i++)); do
		random "$((RANDOM % (i % 4 ? 300 : 20000)))" 'abcdef
@#' | sed $'s/@/\xc3\xa9\xe6\xbc\xa2/g; s/#/\xf0\x9f\x98\x80/g' >in
		LC_ALL=C.UTF-8 "$original" in >want
		rev in >out
		same want out
		cat in | rev | same want -
	done
}

# --- What goes wrong ------------------------------------------------------------------

@test "reverse: a file that is missing is told of, the next one taken" {
	printf 'ab\ncd\n' >a
	rejects 1 "reverse: nowhere: No such file or directory" \
		reverse nowhere a
	[ "$output" = 'ba
dc' ]
	rejects 1 "rev: cannot open nowhere: No such file or directory" \
		rev nowhere a
	[ "$output" = 'ba
dc' ]
	rejects 1 \
		"tac: failed to open 'nowhere' for reading: No such file or directory" \
		tac nowhere a
	[ "$output" = 'cd
ab' ]
	rejects 1 "reverse: nowhere: No such file or directory" \
		reverse -l a nowhere
}

@test "reverse: a directory is told of, the next one taken" {
	printf 'ab\ncd\n' >a
	rejects 1 "reverse: .: Is a directory" reverse . a
	[ "$output" = 'ba
dc' ]
	rejects 1 "rev: .: Is a directory" rev . a
	[ "$output" = 'ba
dc' ]
	rejects 1 "tac: .: read error: Is a directory" tac . a
	[ "$output" = 'cd
ab' ]
}

# bats test_tags=trace
@test "reverse: what was read before an error is written" {
	strace -o trace true 2>/dev/null || skip "nothing can be traced here"
	text >in
	reverse in >want
	strace -qq -o trace -P "$PWD/in" -e trace=read,readv,preadv2 \
		-e inject=read,readv,preadv2:error=EIO:when=2+ \
		reverse in >out 2>err && return 1
	[ "$(<err)" = "reverse: in: Input/output error" ]
	[ "$(wc -l <out)" -gt 100 ]
	head -n "$(wc -l <out)" want | same - <(head -n "$(wc -l <out)" out)
}

@test "reverse: a dash is standard input, but for rev a file" {
	printf 'ab\n' >in
	[ "$(reverse - <in)" = ba ]
	rejects 1 "rev: cannot open -: No such file or directory" rev - <in
	printf 'cd\n' >-
	[ "$(rev - <in)" = dc ]
	[ "$(reverse -- - <in)" = ba ]
}

@test "reverse: a closed standard input is an error" {
	rejects 1 "reverse: 'standard input': Bad file descriptor" \
		bash -c 'reverse <&-'
	rejects 1 "rev: stdin: Bad file descriptor" bash -c 'rev <&-'
	rejects 1 "tac: 'standard input': read error: Bad file descriptor
tac: 'standard input': read error: Bad file descriptor" \
		bash -c 'tac - - <&-'
	# A file that is opened must not become standard input.
	printf 'ab\n' >in
	[ "$(reverse in <&-)" = ba ]
	[ "$(tac in in <&-)" = 'ab
ab' ]
}

@test "reverse: a closed standard output is an error if there is data" {
	echo ab >in
	for tool in reverse rev tac; do
		rejects 1 "$tool: write error: Bad file descriptor" \
			bash -c "$tool in >&-"
		rejects 0 "" bash -c "$tool </dev/null >&-"
	done
}

@test "reverse: a full disk is told of once, and is the end" {
	[ -c /dev/full ] || skip "no /dev/full here"
	text >in
	for tool in reverse rev tac; do
		rejects 1 "$tool: write error: No space left on device" \
			bash -c "$tool in in in >/dev/full"
		rejects 1 "$tool: write error: No space left on device" \
			bash -c "cat in | $tool >/dev/full"
	done
	rejects 1 "reverse: write error: No space left on device" \
		timeout 10 bash -c 'yes | reverse >/dev/full'
}

@test "reverse: a reader that leaves kills it by SIGPIPE, in silence" {
	text >in
	for tool in reverse rev tac; do
		rejects 141 "" default_sigpipe bash -c \
			"$tool in in in in | head -n 1 >/dev/null
			exit \${PIPESTATUS[0]}"
	done
	rejects 141 "" default_sigpipe timeout 10 bash -c \
		'yes | reverse | head -n 1 >/dev/null; exit "${PIPESTATUS[1]}"'
}

@test "reverse: with SIGPIPE ignored it ends as soon, and in silence" {
	text >in
	for tool in reverse rev tac; do
		rejects 1 "" timeout 10 bash -c "trap '' PIPE
			$tool in in in in | head -n 1 >/dev/null
			exit \${PIPESTATUS[0]}"
	done
}

@test "reverse: a wrong command line has status 2, that of rev and tac 1" {
	rejects 2 "reverse: invalid option -- 'q'
Try 'reverse --help' for more information." reverse -q
	rejects 1 "rev: invalid option -- 'l'
Try 'rev --help' for more information." rev -l
	rejects 1 "tac: invalid option -- 'q'
Try 'tac --help' for more information." tac -q
	for option in -b -r -sx; do
		rejects 2 "reverse: -b, -r and -s are for --lines only
Try 'reverse --help' for more information." reverse $option
	done
	rejects 1 "tac: separator cannot be empty" tac -r -s ''
	rejects 2 "reverse: separator cannot be empty" reverse -l -r -0
	rejects 1 "tac: Invalid regular expression" tac -r -s '['
}

@test "rev: -h and -V are --help and --version" {
	rev -h >short
	rev --help >long
	same short long
	rev -V | grep -q '^rev '
	for tool in reverse rev tac; do
		run -1 bash -c "$tool --help >/dev/full"
	done
}

@test "reverse: descriptors are left as they were found" {
	echo ab >in
	mkfifo fifo
	cat fifo >/dev/null 3>&- &
	exec 7>fifo
	grep flags /proc/self/fdinfo/7 >before || skip "no /proc here"
	cat in | tac >&7
	reverse <in >&7
	grep flags /proc/self/fdinfo/7 >after
	same before after
	exec 7>&-
}
