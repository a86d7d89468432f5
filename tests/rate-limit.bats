#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2154,SC2002 # bats sets stderr; a pipe is the point
#
# Of time only the lower bound is claimed, never faster than the rate: the upper
# one would depend on the machine.  unit/bucket.c has the arithmetic.

load helper

# A stream with NULs, no final newline, and more than any pipe holds.
stream() {
	seq "$(full 60000 600000)" | tr 7 '\0' >in
	printf 'no newline' >>in
}

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}

# at_least MS COMMAND...
at_least() {
	local began took
	began=$(now_ms)
	"${@:2}"
	took=$(($(now_ms) - began))
	echo "took $took ms, and not less than $1 ms is right" >&2
	[ "$took" -ge "$1" ]
}

# Until the file is so long.
until_size() {
	local i
	for ((i = 0; i < 1000; i++)); do
		[ "$(stat -c %s "$2" 2>/dev/null || echo 0)" -lt "$1" ] ||
			return 0
		sleep 0.01
	done
	return 1
}

@test "rate-limit: a file, a pipe and standard input come out byte for byte" {
	stream
	rate-limit 100M in | cat >out
	same out in
	cat in | rate-limit 100M | cat >out
	same out in
	rate-limit 100M <in >out
	same out in
	cat in | rate-limit 100M >out
	same out in
}

@test "rate-limit: files in a row, and - for standard input" {
	echo one >a
	echo three >c
	echo two | rate-limit 1M a - c >out
	printf 'one\ntwo\nthree\n' | same - out
	echo two | rate-limit 1M -- - >out
	echo two | same - out
}

@test "rate-limit: an empty input is an empty output" {
	rate-limit 1 </dev/null >out
	[ ! -s out ]
	rate-limit -l 1 </dev/null >out
	[ ! -s out ]
}

@test "rate-limit: bytes: never faster than the rate" {
	head -c 200000 /dev/zero >in
	at_least 480 rate-limit 400kB/s in >out
	same out in
	cat in | at_least 480 rate-limit 400kB/s | cat >out
	same out in
}

@test "rate-limit: the bucket is empty at the start" {
	head -c 10 /dev/zero >in
	at_least 490 rate-limit -b 1M 20 in >out
	same out in
}

@test "rate-limit: bits, and all ways to say a rate" {
	head -c 1000 /dev/zero >in
	at_least 240 rate-limit 32kbit in >out
	for rate in 1G 1g/s 1GiB 1GB/s 1.5Gbit/s 1000000000; do
		rate-limit "$rate" in >out
		same out in
	done
}

@test "rate-limit: --lines: never faster, byte for byte, the last without newline" {
	seq 50 >in
	printf end >>in
	at_least 490 rate-limit -l 100 in >out
	same out in
	cat in | at_least 490 rate-limit --lines 100/s | cat >out
	same out in
}

@test "rate-limit: --lines: long lines and many lines are the same bytes" {
	head -c 3000000 /dev/zero | tr '\0' x >in
	printf '\n\n\nend' >>in
	seq 100000 >>in
	rate-limit -l 1G in | cat >out
	same out in
	cat in | rate-limit -l 1G >out
	same out in
}

@test "rate-limit: --lines: a line that goes on in the next file is one line" {
	seq 10 | head -c 20 >a
	echo more >b
	at_least 90 rate-limit -l 100 a b >out
	cat a b | same - out
}

@test "rate-limit: --null: records that end in NUL" {
	seq 50 | tr '\n' '\0' >in
	at_least 490 rate-limit -0 100 in >out
	same out in
	seq 1000 >in # one record
	rate-limit --null 2 in >out
	same out in
}

@test "rate-limit: a slow producer's bytes come out at once" {
	local c got pid
	for option in --burst=1K --lines; do
		rm -f in out
		mkfifo in out
		rate-limit "$option" 1M <in >out 3>&- &
		pid=$!
		exec 7>in 8<out
		for c in x y z; do
			printf %s "$c" >&7
			IFS= read -r -N 1 -t 10 got <&8
			[ "$got" = "$c" ]
		done
		exec 7>&-
		wait "$pid"
		exec 8<&-
	done
}

@test "rate-limit: an input that fails is reported, and the others go on" {
	echo one >a
	echo two >b
	mkdir dir
	run -1 --separate-stderr bash -c 'rate-limit 1M a missing dir b >out'
	printf 'one\ntwo\n' | same - out
	[ "$stderr" = "rate-limit: missing: No such file or directory
rate-limit: dir: Is a directory" ]
	run -1 --separate-stderr bash -c 'rate-limit -l 1M a missing dir b >out'
	printf 'one\ntwo\n' | same - out
	[ "${#stderr_lines[@]}" -eq 2 ]
}

@test "rate-limit: a name is quoted if a shell would need it" {
	run -1 --separate-stderr rate-limit 1M 'no such'
	[ "$stderr" = "rate-limit: 'no such': No such file or directory" ]
}

@test "rate-limit: a full disk is reported once, and is the end" {
	[ -c /dev/full ] || skip "no /dev/full here"
	seq 100000 >in
	for option in '' -l; do
		run -1 --separate-stderr bash -c \
			"rate-limit $option 1G in in missing >/dev/full"
		[ "$stderr" = \
			"rate-limit: 'standard output': No space left on device" ]
		run -1 --separate-stderr bash -c \
			"cat in | rate-limit $option 1G >/dev/full"
		[ "$stderr" = \
			"rate-limit: 'standard output': No space left on device" ]
	done
}

@test "rate-limit: closed standard descriptors" {
	echo text >in
	run -1 --separate-stderr bash -c 'rate-limit 1M <&-'
	[ "$stderr" = "rate-limit: 'standard input': Bad file descriptor" ]
	run -1 --separate-stderr bash -c 'rate-limit 1M in >&-'
	[ "$stderr" = "rate-limit: 'standard output': Bad file descriptor" ]
	run -1 --separate-stderr bash -c 'rate-limit -l 1M in >&-'
	[ "$stderr" = "rate-limit: 'standard output': Bad file descriptor" ]
	rate-limit 1M in <&- >out
	same out in
	rate-limit 1M in >out 2>&-
	same out in
	run -1 bash -c 'rate-limit 1M missing 2>&-'
}

@test "rate-limit: the reader is gone: it dies of SIGPIPE, without a word" {
	for option in '' -l; do
		run -0 --separate-stderr default_sigpipe bash -c "
			yes | timeout 20 rate-limit $option 1G | head -n 1
			[ \"\${PIPESTATUS[*]}\" = '141 141 0' ]"
		[ "$output" = y ]
		[ "$stderr" = "" ]
	done
}

@test "rate-limit: SIGPIPE ignored by the parent: as quiet an end" {
	for option in '' -l; do
		run -0 --separate-stderr bash -c "
			trap '' PIPE
			yes 2>/dev/null | timeout 20 rate-limit $option 1G |
				head -n 1
			[ \"\${PIPESTATUS[1]}\" = 1 ]"
		[ "$output" = y ]
		[ "$stderr" = "" ]
	done
}

@test "rate-limit: O_NONBLOCK that a neighbour has set is survived" {
	stream
	for option in '' -l; do
		bash -c "
			dd count=0 oflag=nonblock status=none
			rate-limit $option 1G <in
		" | { sleep 0.3; cat >out; }
		same out in
		{
			head -c 100000 in
			sleep 0.3
			tail -c +100001 in
		} | bash -c "
			dd count=0 iflag=nonblock status=none
			rate-limit $option 1G
		" >out
		same out in
	done
}

@test "rate-limit: the flags of its descriptors are left as they were" {
	mkfifo in out
	rate-limit 1M <in >out 2>err 3>&- &
	pid=$!
	exec 7>in 8<out
	flags() {
		for fd in 0 1 2; do
			sed -n 's/^flags:[^0-9]*//p' "/proc/$pid/fdinfo/$fd"
		done
	}
	flags >before
	echo x >&7
	IFS= read -r -t 10 <&8
	flags >after
	kill -KILL "$pid"
	wait "$pid" || true
	exec 7>&- 8<&-
	[ "$(wc -l <after)" -eq 3 ]
	same before after
}

@test "rate-limit: a FIFO as FILE" {
	mkfifo fifo
	seq 1000 >fifo 3>&- &
	rate-limit 1M fifo >out
	seq 1000 | same - out
}

@test "rate-limit: SIGUSR1 prints one line, and does no harm" {
	mkfifo in
	rate-limit 1M <in >out 2>err 3>&- &
	pid=$!
	exec 7>in
	printf hello >&7
	until_size 5 out
	kill -USR1 "$pid"
	until_size 1 err
	printf ' again' >&7
	exec 7>&-
	wait "$pid"
	printf 'hello again' | same - out
	grep -xE 'rate-limit: 5 bytes \(5 B\) in [0-9.]+ [mu]?s, [0-9.]+ [KM]?i?B/s' \
		err
	[ "$(wc -l <err)" -eq 1 ]
}

@test "rate-limit: SIGUSR1 with --lines counts lines" {
	mkfifo in
	rate-limit -l 1M <in >out 2>err 3>&- &
	pid=$!
	exec 7>in
	printf 'one\ntwo\n' >&7
	until_size 8 out
	kill -USR1 "$pid"
	until_size 1 err
	exec 7>&-
	wait "$pid"
	grep -q '^rate-limit: 2 records, 8 bytes' err
}

@test "rate-limit: wrong command lines are told, with status 2" {
	run -2 --separate-stderr rate-limit
	[ "${stderr_lines[0]}" = "rate-limit: no rate given" ]
	[ "${stderr_lines[1]}" = \
		"Try 'rate-limit --help' for more information." ]
	for rate in 0 -0 '' x 1m 1Mb 1e3 '1 M' 1M/m 7bit; do
		run -2 --separate-stderr rate-limit -- "$rate"
		[ "$output" = "" ]
	done
	run -2 --separate-stderr rate-limit 1m
	[ "${stderr_lines[0]}" = "rate-limit: invalid rate: '1m'" ]
	run -2 --separate-stderr rate-limit 99E
	[ "${stderr_lines[0]}" = "rate-limit: rate out of range: '99E'" ]
	run -2 --separate-stderr rate-limit -l 1kbit
	[ "${stderr_lines[0]}" = "rate-limit: invalid rate: '1kbit'" ]
	run -2 --separate-stderr rate-limit -b 0 1M
	[ "${stderr_lines[0]}" = "rate-limit: invalid burst: '0'" ]
	run -2 --separate-stderr rate-limit -q 1M
	[ "${stderr_lines[0]}" = "rate-limit: invalid option -- 'q'" ]
	run -2 --separate-stderr rate-limit --burst
	[ "${#stderr_lines[@]}" -eq 2 ]
}

@test "rate-limit: --help and --version, and their last write is checked" {
	run -0 --separate-stderr rate-limit --help
	[ "${lines[0]}" = "usage: rate-limit [-0l] [-b burst] rate [file ...]" ]
	[ "$stderr" = "" ]
	run -0 --separate-stderr rate-limit --version
	[[ "$output" =~ ^rate-limit\ \(streamutils\)\ [0-9] ]]
	[ -c /dev/full ] || skip "no /dev/full here"
	run -1 --separate-stderr bash -c 'rate-limit --help >/dev/full'
	[ "$stderr" = "rate-limit: 'standard output': No space left on device" ]
	run -1 --separate-stderr bash -c 'rate-limit --version >&-'
	[ "$stderr" = "rate-limit: 'standard output': Bad file descriptor" ]
}
