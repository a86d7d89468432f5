#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2154,SC2016,SC2002 # bats sets stderr; sh -c text; a pipe

load helper

# A stream with NULs, no final newline, and more than any pipe holds.
stream() {
	seq "$(full 60000 600000)" | tr 7 '\0' >in
	printf 'no newline' >>in
}

@test "tee: standard output and every file get the input, byte for byte" {
	stream
	tee a b c <in >out
	same out in
	same a in
	same b in
	same c in
}

@test "tee: from a pipe to a pipe, a file, a FIFO and a device" {
	stream
	mkfifo fifo
	cat fifo >from-fifo 3>&- &
	cat in | tee fifo file /dev/null | cat >out
	wait $!
	same out in
	same file in
	same from-fifo in
}

@test "tee: an empty input makes empty files" {
	echo old >a
	tee a b </dev/null >out
	[ ! -s a ] && [ -e b ] && [ ! -s b ] && [ ! -s out ]
}

@test "tee: more than thirteen files" {
	stream
	# shellcheck disable=SC2046
	tee $(seq -f 'file%g' 40) <in >out
	same out in
	for i in $(seq 40); do
		same "file$i" in
	done
}

@test "tee: no operands: a plain copy" {
	stream
	tee <in | cat >out
	same out in
}

@test "tee: -a appends, without it a file is emptied first" {
	echo one >a
	echo two | tee -a a >out
	printf 'one\ntwo\n' | same - a
	echo three | tee a >out
	echo three | same - a
	echo four | tee --append a >out
	printf 'three\nfour\n' | same - a
}

@test "tee: options after operands count, after -- they do not" {
	echo one >a
	echo two | tee a -a >/dev/null
	printf 'one\ntwo\n' | same - a
	echo x | tee -- -a >/dev/null
	echo x | same - -a
}

@test "tee: an operand - is a file of that name" {
	echo x | tee - >out
	echo x | same - ./-
	echo x | same - out
}

@test "tee: the same file twice is written twice" {
	printf abc | tee a a >out
	printf abc | same - a
	printf abc | same - out
}

@test "tee: files are made with the mode that umask leaves" {
	umask 027
	tee a </dev/null
	[ "$(stat -c %a a)" = 640 ]
}

@test "tee: what is read is written at once, be it one byte" {
	mkfifo in out
	tee a <in >out 3>&- &
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
	printf xyz | same - a
}

@test "tee: a file that cannot be opened is told of, the others are written" {
	stream
	run -1 --separate-stderr bash -c 'tee nowhere/x a . <in >out'
	[ "$stderr" = "tee: nowhere/x: No such file or directory
tee: .: Is a directory" ]
	same out in
	same a in
}

@test "tee: in the modes that exit, a file that cannot be opened is the end" {
	for mode in exit exit-nopipe; do
		rm -f a
		run -1 --separate-stderr bash -c \
			"echo x | tee --output-error=$mode . a >out"
		[ "$stderr" = "tee: .: Is a directory" ]
		[ ! -e a ]
		[ ! -s out ]
	done
}

@test "tee: a full disk is told once, fails, and the files are whole" {
	stream
	run -1 --separate-stderr bash -c 'tee a <in >/dev/full'
	[ "$stderr" = "tee: 'standard output': No space left on device" ]
	same a in
	run -1 --separate-stderr bash -c 'tee /dev/full b <in >out'
	[ "$stderr" = "tee: /dev/full: No space left on device" ]
	same out in
	same b in
}

@test "tee: a full disk ends the modes that exit" {
	for mode in exit exit-nopipe; do
		run -1 --separate-stderr timeout 10 bash -c \
			"yes | tee --output-error=$mode /dev/full >/dev/null"
		[ "$stderr" = "tee: /dev/full: No space left on device" ]
	done
}

@test "tee: without any output left it stops reading" {
	run -1 --separate-stderr timeout 10 bash -c \
		'yes | tee /dev/full >/dev/full'
	[ "${#stderr_lines[@]}" -eq 2 ]
}

@test "tee: a closed standard output is an error only if there is data" {
	run -1 --separate-stderr bash -c 'echo x | tee a >&-'
	[ "$stderr" = "tee: 'standard output': Bad file descriptor" ]
	echo x | same - a
	run -0 --separate-stderr bash -c 'tee a </dev/null >&-'
	[ -z "$stderr" ]
}

@test "tee: a closed standard input is a read error" {
	run -1 --separate-stderr bash -c 'tee a <&-'
	[ "$stderr" = "tee: read error: Bad file descriptor" ]
}

@test "tee: files never take the place of closed descriptors" {
	stream
	run -1 bash -c 'tee a b c <in >&- 2>&-'
	same a in
	same b in
	same c in
}

@test "tee: a directory as input is a read error" {
	run -1 --separate-stderr bash -c 'tee a <.'
	[ "$stderr" = "tee: read error: Is a directory" ]
}

# leaves MODE: the status of tee when the reader of its output leaves.
leaves() {
	# shellcheck disable=SC2016
	timeout 20 bash -c 'yes | env --default-signal=PIPE \
		"$@" file | head -n 1 >/dev/null
		echo "${PIPESTATUS[1]}"' - tee "$@" 2>err
}

@test "tee: a reader that leaves kills it by SIGPIPE, in silence" {
	[ "$(leaves)" = 141 ]
	[ ! -s err ]
}

@test "tee: in mode warn a reader that leaves is told, in mode exit the end" {
	yes | head -n 100000 >in
	run -1 --separate-stderr bash -c \
		'tee --output-error=warn a <in | head -n 1; exit "${PIPESTATUS[0]}"'
	[ "$stderr" = "tee: 'standard output': Broken pipe" ]
	same a in
	[ "$(leaves --output-error=exit)" = 1 ]
	[ "$(<err)" = "tee: 'standard output': Broken pipe" ]
}

@test "tee: with -p a reader that leaves is passed over, files are whole" {
	yes | head -n 100000 >in
	for option in -p --output-error --output-error=warn-nopipe \
		--output-error=exit-nopipe; do
		run -0 --separate-stderr bash -c \
			"tee $option a <in | head -n 1; exit \"\${PIPESTATUS[0]}\""
		[ "$output" = y ]
		[ -z "$stderr" ]
		same a in
	done
}

@test "tee: SIGPIPE ignored from the start: left out, in silence, status 0" {
	yes | head -n 100000 >in
	run -0 --separate-stderr bash -c \
		'trap "" PIPE; tee a <in | head -n 1; exit "${PIPESTATUS[0]}"'
	[ -z "$stderr" ]
	same a in
}

@test "tee: with -p it leaves when all readers have, without new input" {
	mkfifo in
	# The writer stays and never writes.
	sleep 60 >in 3>&- &
	sleeper=$!
	run -0 timeout 10 bash -c 'tee -p <in | :; exit "${PIPESTATUS[0]}"'
	kill "$sleeper"
}

@test "tee: with -p it stays while a file is still there to be written" {
	mkfifo in
	(sleep 1; echo late) >in 3>&- &
	bash -c 'tee -p a <in | :; exit "${PIPESTATUS[0]}"'
	echo late | same - a
}

@test "tee: a later mode wins, and a mode may be shortened" {
	yes | head -n 100000 >in
	run -0 --separate-stderr bash -c 'tee --output-error=exit -p <in |
		head -n 1; exit "${PIPESTATUS[0]}"'
	[ -z "$stderr" ]
	run -1 --separate-stderr bash -c 'tee -p --output=exit <in |
		head -n 1; exit "${PIPESTATUS[0]}"'
	[ -n "$stderr" ]
	tee --output-error=exit-n </dev/null
	tee --output-error=warn-n </dev/null
}

@test "tee: a mode that is none, or fits two, is refused" {
	run -1 --separate-stderr tee --output-error=e
	[ "${stderr_lines[0]}" = \
		"tee: ambiguous argument 'e' for '--output-error'" ]
	run -1 --separate-stderr tee --output-error=never
	[ "${stderr_lines[0]}" = \
		"tee: invalid argument 'never' for '--output-error'" ]
	[ "${stderr_lines[6]}" = "Try 'tee --help' for more information." ]
}

@test "tee: an option that is none is refused with status 1" {
	run -1 --separate-stderr tee --no-such-option
	[ "${stderr_lines[1]}" = "Try 'tee --help' for more information." ]
	run -1 tee -x
}

# One line has gone through tee into the file a: it is up and running.
up_and_running() {
	echo one >&7
	for _ in $(seq 100); do
		[ ! -s a ] || return 0
		sleep 0.1
	done
	return 1
}

@test "tee: -i ignores SIGINT and no other signal" {
	mkfifo in
	# A shell starts what is in the background with SIGINT ignored.
	env --default-signal=INT tee -i a <in 3>&- &
	pid=$!
	exec 7>in
	up_and_running
	kill -INT "$pid"
	echo two >&7
	exec 7>&-
	wait "$pid"
	printf 'one\ntwo\n' | same - a

	rm a
	env --default-signal=INT tee a <in 3>&- &
	pid=$!
	exec 7>in
	up_and_running
	kill -INT "$pid"
	job_ends 130 "$pid"
	exec 7>&-

	rm a
	env --default-signal=INT tee -i a <in 3>&- &
	pid=$!
	exec 7>in
	up_and_running
	kill -TERM "$pid"
	job_ends 143 "$pid"
	exec 7>&-
}

@test "tee: O_NONBLOCK that a neighbour has set is survived" {
	stream
	# shellcheck disable=SC2016
	bash -c '
		dd count=0 oflag=nonblock status=none
		tee a <in
		exit $?
	' | { sleep 0.3; cat >out; }
	same out in
	same a in
}

@test "tee: the order of what several outputs get is the input's, 1 MiB pipes" {
	seq "$(full 200000 2000000)" >in
	mkfifo f1 f2
	cat f1 >o1 3>&- &
	{ sleep 0.2; cat f2; } >o2 3>&- &
	tee f1 f2 <in >o3
	wait
	same o1 in
	same o2 in
	same o3 in
}

@test "tee: through a socket both ways" {
	command -v python3 >/dev/null || skip "no python3"
	stream
	python3 - <<-'EOF' 3>&-
	import socket, subprocess, threading
	a, b = socket.socketpair()
	data = open("in", "rb").read()
	p = subprocess.Popen(["tee", "file"], stdin=b, stdout=b)
	b.close()
	def send():
	    a.sendall(data)
	    a.shutdown(socket.SHUT_WR)
	t = threading.Thread(target=send)
	t.start()
	got = b"".join(iter(lambda: a.recv(65536), b""))
	t.join()
	assert p.wait() == 0
	assert got == data
	EOF
	same file in
}

@test "tee: --help and --version, and a full disk under them" {
	run -0 tee --help
	[ "${lines[0]}" = "usage: tee [-aip] [--output-error[=mode]] [file ...]" ]
	run -0 tee --version
	[[ $output == "tee (streamutils) "* ]]
	run -1 --separate-stderr bash -c 'tee --help >/dev/full'
	[ "$stderr" = "tee: 'standard output': No space left on device" ]
}
