#!/bin/sh
# SPDX-License-Identifier: ISC
# check-fault.sh - run every tool over a kernel that does its worst (see
# fault/fault.c), many times, and look at what comes out.  Prints TAP.
#
# Short counts, EINTR, EAGAIN where it is legal and calls that are refused are
# the daily life of a program: it must give the same bytes and succeed.  A full
# disk and lack of memory may fail it, but then it says so, fails, and leaves no
# half of a file.  A hang or a silent loss is never right.
#
#	FAULT_SEEDS=50	how many seeds for each case (3; with SU_LONG 50)
#	FAULT_FIRST=7	the first of them, to repeat one
#
# The functions of cases are called by name (SC2317), and a pipe is what some of
# them are about (SC2002).
# shellcheck disable=SC2317,SC2002
set -u

seeds=${FAULT_SEEDS:-${SU_LONG:+50}}
seeds=${seeds:-3}
first=${FAULT_FIRST:-1}
shim=${SU_BUILDDIR:-.}/tests/fault/.libs/libfault.so
# A relative name would not be found from the folder that we work in.
case $shim in /*) ;; *) shim=$PWD/$shim ;; esac

if [ ! -e "$shim" ]; then
	echo "1..0 # SKIP libfault.so was not built"
	exit 0
fi
if [ -n "${SU_SANITIZE:-}" ]; then
	echo "1..0 # SKIP a sanitizer must be the first library"
	exit 0
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/check-fault.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
cd "$work" || exit 99

count=0
failed=0
claim() { # STATUS TITLE
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		failed=1
		echo "not ok $count - $2"
	fi
}

# --- Inputs -------------------------------------------------------------------
inputs='empty byte lines long binary'
make_inputs() {
	: >empty
	printf x >byte
	seq 1 30000 >lines
	{
		head -c 150000 /dev/zero | tr '\0' x
		printf '\nlast, without a newline'
	} >long
	awk 'BEGIN { srand(7); for (i = 0; i < 200000; i++)
		printf "%c", int(rand() * 256) }' >binary
}

# --- Cases --------------------------------------------------------------------
# Each reads the input $1 and leaves what it made in the file out, and what it
# must be (made where nothing is troubled) in want.

# Run a command that is to be troubled: how it ended is looked at later, for in
# a pipe it would be lost.
with() {
	SU_FAULT_PROG=$1 SU_FAULT_SEED=$seed timeout 60 \
		env LD_PRELOAD="$shim" "$@"
	echo $? >status
}

tee_files() {
	cp "$1" want
	with tee second <"$1" >out
	cmp second want
}
tee_pipes() {
	cp "$1" want
	cat "$1" | with tee second third | cat >out
	cmp second want && cmp third want
}
reverse_pipe() {
	reverse <"$1" >want
	cat "$1" | with reverse | cat >out
}
reverse_file() {
	reverse "$1" >want
	with reverse "$1" >out
}
tac_file() {
	tac "$1" >want
	with tac "$1" >out
}
tac_pipe() {
	tac "$1" >want
	cat "$1" | with tac | cat >out
}
gzip_pipe() {
	cp "$1" want
	cat "$1" | with gzip -1 | gunzip >out
}
gunzip_pipe() {
	cp "$1" want
	gzip -1 <"$1" | with gunzip | cat >out
}
gzip_in_place() {
	cp "$1" want
	cp "$1" copy
	rm -f copy.gz
	with gzip -1 copy
	[ ! -e copy ] && gunzip <copy.gz >out
}
gunzip_in_place() {
	cp "$1" want
	gzip -1 <"$1" >out.gz
	rm -f out
	with gunzip out.gz
	[ ! -e out.gz ]
}
rate_limit_pipe() {
	cp "$1" want
	cat "$1" | with rate-limit 1G | cat >out
}
rate_limit_file() {
	cp "$1" want
	with rate-limit 1G "$1" >out
}

cases_of() {
	case $1 in
	tee) echo tee_files tee_pipes ;;
	reverse) echo reverse_pipe reverse_file ;;
	tac) echo tac_file tac_pipe ;;
	gzip) echo gzip_pipe gzip_in_place ;;
	gunzip) echo gunzip_pipe gunzip_in_place ;;
	rate-limit) echo rate_limit_pipe rate_limit_file ;;
	esac
}

# Ours, not those of the system.
is_built() {
	[ -x "${SU_BUILDDIR:-.}/bin/$1" ]
}

# --- Faults that must not show ------------------------------------------------
transient() { # CASE
	bad=
	for input in $inputs; do
		seed=$first
		while [ "$seed" -lt $((first + seeds)) ]; do
			if ! "$1" "$input" 2>said || ! cmp out want 2>>said ||
				[ "$(cat status)" != 0 ] || [ -s said ]; then
				bad="$bad $input:$seed"
				sed 's/^/# /' said
			fi
			seed=$((seed + 1))
		done
	done
	[ -z "$bad" ] || echo "# fails for input:seed$bad"
	test -z "$bad"
}

# --- Faults that may ----------------------------------------------------------
# What is left must be whole or not there, and the reason must be told.
told() { # STATUS
	[ "$1" -gt 0 ] && [ "$1" -lt 124 ] && [ -s said ]
}

# A disk that is full after N bytes, which is before the end of what comes.
full_disk() { # COMMAND OUTPUT
	bad=
	for n in 0 1 4095 20000; do
		seed=0
		while [ "$seed" -le "$seeds" ]; do
			rm -f out made made.gz
			cp binary made
			SU_FAULT_ENOSPC=$n SU_FAULT_SEED=$seed \
				SU_FAULT_KINDS=si \
				timeout 60 env LD_PRELOAD="$shim" \
				sh -c "exec $1" <binary >out 2>said
			status=$?
			if ! told "$status" || ! grep -q 'No space left' said ||
				[ -e made.gz ] || ! cmp -s made binary; then
				bad="$bad $n:$seed"
				sed 's/^/# /' said
			fi
			seed=$((seed + 1))
		done
	done
	[ -z "$bad" ] || echo "# wrong for bytes:seed$bad"
	test -z "$bad"
}

# The n-th allocation fails: from the first on, until none does.
no_memory() { # COMMAND
	bad=
	n=1
	sh -c "$1" <lines >want
	while [ "$n" -lt 3000 ]; do
		SU_FAULT_MALLOC=$n SU_FAULT_PROG=$2 timeout 60 \
			env LD_PRELOAD="$shim" sh -c "exec $1" \
			<lines >out 2>said
		status=$?
		if [ "$status" -eq 0 ]; then
			cmp -s out want || bad="$bad $n"
			[ -s said ] || fine=$((fine + 1))
		else
			fine=0
			told "$status" || bad="$bad $n(status $status)"
		fi
		# Beyond the last allocation there is nothing to fail.
		[ "$fine" -lt 20 ] || break
		[ -z "${SU_LONG:-}" ] && [ "$n" -gt 40 ] && n=$((n + 2))
		n=$((n + 1))
	done
	[ -z "$bad" ] || echo "# wrong at allocation$bad"
	test -z "$bad"
}

# The shim must trouble, or all of this says nothing.
troubles() {
	cuts=0
	for seed in 1 2 3 4 5 6 7 8 9 10; do
		SU_FAULT_SEED=$seed SU_FAULT_KINDS=s env LD_PRELOAD="$shim" \
			dd bs=1000 count=1 <lines 2>&1 >out |
			grep -q '^0+1' && cuts=$((cuts + 1))
	done
	SU_FAULT_SEED=1 SU_FAULT_PROG=other,dd2 env LD_PRELOAD="$shim" \
		dd bs=1000 count=20 <lines 2>&1 >out | grep -q '^20+0' &&
		[ "$cuts" -gt 2 ]
}

# --- All of it ----------------------------------------------------------------
make_inputs
troubles
claim $? "the shim cuts reads short, and of none but the programs that are named"
for mode in ${SU_IO_MODES:-linux plain}; do
	export STREAM_IO="$mode"
	for program in tee reverse tac gzip gunzip rate-limit; do
		is_built "$program" || continue
		for case in $(cases_of "$program"); do
			transient "$case"
			claim $? "[$mode] $case: $seeds seeds of short counts, \
EINTR, EAGAIN, refusals: the same bytes"
		done
	done
	for command in 'tee' 'reverse' 'tac' 'gzip -c' 'rate-limit 1G' \
		'gzip -1 made'; do
		is_built "${command%% *}" || continue
		full_disk "$command"
		claim $? "[$mode] $command: a full disk is told, and leaves \
nothing behind"
	done
	for command in 'tee' 'reverse' 'tac' 'gzip -c' 'rate-limit 1G'; do
		is_built "${command%% *}" || continue
		fine=0
		no_memory "$command" "${command%% *}"
		claim $? "[$mode] $command: without memory it fails and says so"
	done
done
# --- The bats files again -----------------------------------------------------
# Only what must not show, and only our own names: what bats itself runs, and
# GNU's tools that ours are compared with, are left in peace.  Those that trace
# are left out, for they count calls.
again() { # FILE
	SU_LONG="" SU_FAULT_SEED=$seed SU_FAULT_KINDS=si LD_PRELOAD="$shim" \
		SU_FAULT_PROG=tee,reverse,gunzip,zcat,rate-limit \
		timeout 600 "${BATS:-bats}" --formatter tap \
		--filter-tags '!trace' "$1" >said 2>&1 </dev/null
	status=$?
	[ "$status" -eq 0 ] || grep -v '^ok' said | sed 's/^/# /'
	return "$status"
}
if [ -n "${SU_LONG:-}" ] && command -v "${BATS:-bats}" >/dev/null; then
	for seed in $(seq "$first" $((first + 2))); do
		for name in tee reverse gzip rate-limit; do
			file=${SU_SRCDIR:-.}/tests/$name.bats
			[ -e "$file" ] || continue
			again "$file"
			claim $? "$name.bats under short counts and EINTR, \
seed $seed"
		done
	done
fi
echo "1..$count"
exit "$failed"
