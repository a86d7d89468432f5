#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# common.bats - what holds for every tool: it tells of its troubles once, leaves
# its descriptors as it found them, and holds no more than it must.
load helper

# Each filter that is built, as a command that reads standard input.
filters() {
	local command
	for command in "tee" "reverse" "rev" "tac" "gzip -cn" "gunzip -c" \
		"rate-limit 10G"; do
		if [ -x "$SU_BUILDDIR/bin/${command%% *}" ]; then
			echo "$command"
		fi
	done
}

# What a command can read: plain text, or compressed.
input_of() {
	case $1 in
	gunzip*) echo in.gz ;;
	*) echo in ;;
	esac
}

make_inputs() {
	seq 1 200000 >in
	gzip -c <in >in.gz
}

# each FUNCTION: call it with the command and its input for every filter, and
# name the one that it fails for.
each() {
	local command
	while read -r command <&9; do
		"$1" "$command" "$(input_of "$command")" || {
			echo "# $1 fails for: $command; it said:"
			cat err
			return 1
		}
	done 9< <(filters)
}

# ends COMMAND...: how a command ended that must not hang: in $status.
ends() {
	status=0
	timeout 30 "$@" 9<&- || status=$?
	[ "$status" -ne 124 ]
}

# GNU gzip, and so ours, puts an empty line before what it says of a stream.
fails_once() { # REASON: in err
	[ "$status" -gt 0 ] && [ "$status" -lt 124 ] &&
		[ "$(grep -c . err)" -eq 1 ] && grep -q "$1" err
}

@test "all: a full disk is told of once, and fails" {
	[ -c /dev/full ] || skip "no /dev/full here"
	make_inputs
	full() {
		ends sh -c "exec $1" <"$2" >/dev/full 2>err &&
			fails_once 'No space left on device'
	}
	each full
}

@test "all: a closed standard input is told of once, and fails" {
	make_inputs
	no_input() {
		ends sh -c "exec $1 <&-" >out 2>err &&
			fails_once 'Bad file descriptor'
	}
	each no_input
}

@test "all: a closed standard output is told of once, and fails" {
	make_inputs
	no_output() {
		ends sh -c "exec $1 >&-" <"$2" 2>err &&
			fails_once 'Bad file descriptor'
	}
	each no_output
}

@test "all: a closed standard error changes nothing" {
	make_inputs
	: >err
	no_errors() {
		ends sh -c "exec $1" <"$2" >want &&
			ends sh -c "exec $1 2>&-" <"$2" >out &&
			[ "$status" -eq 0 ] && same want out
	}
	each no_errors
}

@test "all: with everything closed they fail, and do not crash" {
	: >err
	nothing_open() {
		ends sh -c "exec $1 <&- >&- 2>&-" &&
			[ "$status" -gt 0 ] && [ "$status" -lt 124 ]
	}
	each nothing_open
}

# Only with a directory is the failure of a read certain everywhere.
@test "all: an input that cannot be read is told of once, and fails" {
	directory() {
		ends sh -c "exec $1" </ >out 2>err &&
			fails_once 'directory'
	}
	each directory
}

@test "all: when the reader has gone they die of SIGPIPE, in silence" {
	make_inputs
	reader_gone() {
		# A pipe that nobody reads any more.
		ends env --default-signal=PIPE bash -c "
			exec 8> >(:); sleep 0.05
			exec $1 >&8" <"$2" 2>err
		[ "$status" -eq 141 ] && [ ! -s err ]
	}
	each reader_gone
}

@test "all: with SIGPIPE ignored they end as soon, in silence but for gzip" {
	make_inputs
	ignored() {
		ends env --ignore-signal=PIPE bash -c "
			exec 8> >(:); sleep 0.05
			exec $1 >&8" <"$2" 2>err || return 1
		case $1 in
		g*) ;;
		*) [ ! -s err ] ;;
		esac
	}
	each ignored
}

@test "all: -- ends the options" {
	make_inputs
	dashes() {
		local with="$1 --"
		case $1 in
		rate*) with="rate-limit -- 10G" ;;
		esac
		ends sh -c "exec $1" <"$2" >want 2>err &&
			ends sh -c "exec $with" <"$2" >out 2>err &&
			[ "$status" -eq 0 ] && same want out
	}
	each dashes
}

@test "all: an unknown option is refused, on standard error alone" {
	refused() {
		local want=1
		case $1 in
		reverse | rate*) want=2 ;;
		esac
		ends "${1%% *}" --no-such-option </dev/null >out 2>err || :
		[ "$status" -eq "$want" ] && [ ! -s out ] && [ -s err ]
	}
	each refused
}

@test "all: --help and --version answer on standard output" {
	answers() {
		local option
		for option in --help --version; do
			ends "${1%% *}" $option </dev/null >out 2>err || :
			[ "$status" -eq 0 ] && [ -s out ] && [ ! -s err ] ||
				return 1
			ends "${1%% *}" $option </dev/null >/dev/full \
				2>err || :
			[ "$status" -ne 0 ] && [ -s err ] || return 1
		done
	}
	each answers
}

@test "all: no input makes no output, or an empty file" {
	: >in
	gzip -c <in >in.gz
	nothing() {
		ends sh -c "exec $1" <"$2" >out 2>err || return 1
		[ "$status" -eq 0 ] && [ ! -s err ] || return 1
		case $1 in
		gzip*) gunzip <out >back && [ ! -s back ] ;;
		*) [ ! -s out ] ;;
		esac
	}
	each nothing
}

# --- Descriptors --------------------------------------------------------------

# The flags of open file descriptions that we share with a tool.
flags() {
	local fd
	for fd in "$@"; do
		grep flags "/proc/$BASHPID/fdinfo/$fd"
	done
}

@test "all: the flags of descriptors are left as they were" {
	make_inputs
	kept() {
		local before after
		exec 4< <(cat "$2") 5> >(cat >out) 6> >(cat >err)
		before=$(flags 4 5 6)
		# shellcheck disable=SC2086 # a command and its arguments
		$1 <&4 >&5 2>&6 || return 1
		after=$(flags 4 5 6)
		exec 4<&- 5>&- 6>&-
		[ "$before" = "$after" ]
	}
	each kept
}

@test "all: also when they are killed" {
	make_inputs
	: >err
	mkfifo hold
	kept_then() {
		local before after pid
		exec 4< <(head -c 3000 "$2"; exec cat hold) 5> >(cat >out)
		before=$(flags 4 5)
		# shellcheck disable=SC2086 # a command and its arguments
		$1 <&4 >&5 2>err 3>&- 9<&- &
		pid=$!
		sleep 0.1
		kill -KILL "$pid"
		wait "$pid" 2>/dev/null || :
		after=$(flags 4 5)
		: >hold
		exec 4<&- 5>&-
		[ "$before" = "$after" ]
	}
	each kept_then
}

@test "all: O_NONBLOCK that a neighbour has set is survived, and left" {
	make_inputs
	survived() {
		local before after
		sh -c "exec $1" <"$2" >want
		mkfifo "out.fifo" "in.fifo"
		(sleep 0.1; cat out.fifo >out) 3>&- &
		local reader=$!
		(cat "$2"; sleep 0.1) >in.fifo 3>&- &
		exec 4<in.fifo 5>out.fifo
		# dd sets it on what it shares with us.
		dd count=0 iflag=nonblock oflag=nonblock <&4 >&5 2>/dev/null
		before=$(flags 4 5)
		ends sh -c "exec $1" <&4 >&5 2>err || return 1
		[ "$status" -eq 0 ] || return 1
		after=$(flags 4 5)
		exec 4<&- 5>&-
		wait "$reader"
		rm out.fifo in.fifo
		[ "$before" = "$after" ] && same want out
	}
	each survived
}

# --- Time and memory ----------------------------------------------------------

# Those that hold nothing but what they are at.
flowing() {
	filters | grep -E '^(tee|reverse|rate-limit)'
}

@test "all that flow: what a slow producer writes comes out at once" {
	mkfifo in.fifo out.fifo
	while read -r command <&9; do
		# shellcheck disable=SC2086 # a command and its arguments
		timeout 30 $command <in.fifo >out.fifo 3>&- 9<&- &
		exec 4>in.fifo 5<out.fifo
		for byte in a b c; do
			case $command in
			reverse) printf '%s\n' "$byte" >&4 ;;
			*) printf '%s' "$byte" >&4 ;;
			esac
			got=
			read -r -N 1 -t 10 -u 5 got || :
			[ "$got" = "$byte" ] || {
				echo "# $command does not give $byte"
				return 1
			}
			case $command in
			reverse) read -r -N 1 -t 10 -u 5 || : ;;
			esac
		done
		exec 4>&- 5<&-
		wait
	done 9< <(flowing)
}

# stream COMMAND MIB: so much text through it, then its greatest size and the
# number of its threads, in KiB, while it waits for more.
stream() {
	local pid
	rm -f in.fifo out.fifo
	mkfifo in.fifo out.fifo
	cat out.fifo >/dev/null 3>&- 9<&- &
	# shellcheck disable=SC2086 # a command and its arguments
	$1 <in.fifo >out.fifo 3>&- 9<&- &
	pid=$!
	exec 4>in.fifo
	yes 'a line of text, neither long nor short' 2>/dev/null |
		head -c "$2M" >&4
	awk '/^VmHWM/ { print $2 }' "/proc/$pid/status" >size
	find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l >threads
	exec 4>&-
	wait "$pid"
	wait
}

# bats test_tags=memory
@test "all that flow: a large stream needs less than 8 MiB, and one thread" {
	while read -r command <&9; do
		stream "$command" "$(full 256 4096)"
		echo "# $command: $(<size) KiB, $(<threads) threads"
		[ "$(<size)" -lt 8192 ]
		[ "$(<threads)" -eq 1 ]
	done 9< <(flowing)
}

@test "all: a short input starts no thread" {
	command -v strace >/dev/null || skip "strace is not installed"
	strace -o /dev/null true 2>/dev/null || skip "ptrace is refused"
	printf 'some\nlines\n' >in
	gzip -c <in >in.gz
	no_thread() {
		strace -f -qqq -e trace=clone,clone3 -o calls sh -c "exec $1" \
			<"$2" >out 2>err
		! grep -q CLONE_THREAD calls
	}
	each no_thread
}

# --- Faults, by strace --------------------------------------------------------

# injected WHAT: every filter gives the same bytes though this is injected.
injected() {
	local what=$1
	command -v strace >/dev/null || skip "strace is not installed"
	strace -o /dev/null true 2>/dev/null || skip "ptrace is refused"
	make_inputs
	unharmed() {
		sh -c "exec $1" <"$2" >want
		# shellcheck disable=SC2086 # a command and its arguments
		ends strace -qqq -o /dev/null -e inject="$what" $1 <"$2" \
			2>err >out
		[ "$status" -eq 0 ] && [ ! -s err ] && same want out
	}
	each unharmed
}

# bats test_tags=trace
@test "all: interrupted reads are repeated" {
	injected 'read,preadv2,pread64:error=EINTR:when=4+3'
}

# bats test_tags=trace
@test "all: interrupted writes are repeated" {
	injected 'write,writev,pwritev2:error=EINTR:when=1+2'
}

# bats test_tags=trace
@test "all: a call that the kernel does not have is done without" {
	injected 'splice,tee,preadv2,pwritev2,copy_file_range:error=ENOSYS'
}
