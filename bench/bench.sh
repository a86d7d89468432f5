#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# bench.sh BUILDDIR - measure the tools against their peers, in pairs and by
# turns, and write bench/bench.md and bench/bench.svg in the build folder.
#
#	BENCH_SIZE	bytes that pass (67108864); gzip gets a quarter
#	BENCH_RUNS	measurements of each of a pair (5); the median counts
#	BENCH_STARTS	starts that make one measurement of start-up (200)
#	BENCH_DATA	a file to pass instead of made-up text
set -euo pipefail

src=$(cd "$(dirname "$0")" && pwd)
cd "${1:?usage: bench.sh builddir}"
here=$PWD/bench
bin=$PWD/bin
work=$here/work
size=${BENCH_SIZE:-67108864}
runs=${BENCH_RUNS:-5}
starts=${BENCH_STARTS:-200}
data=$work/data
input=$data
export LC_ALL=C.UTF-8

rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- What passes ----------------------------------------------------------------

# One block of text, again and again: gzip looks back no further than 32 KiB.
make_data() {
	local block=4194304 n
	if [ -n "${BENCH_DATA:-}" ]; then
		cat "$BENCH_DATA" >"$data"
		size=$(stat -c %s "$data")
	else
		LC_ALL=C awk -v size="$block" -f "$src/words.awk" >"$work/block"
		for ((n = 0; n < size; n += block)); do
			cat "$work/block"
		done >"$data"
	fi
	head -c $((size / 4)) "$data" >"$work/part"
	gzip -6 -c "$work/part" >"$work/part.gz"
}

# --- One measurement -------------------------------------------------------------

# through HOW COMMAND...: the command, with its ends as HOW says.  What it does
# with what comes out is $sink: forget it, or keep it to be compared.
through() {
	local how=$1
	shift
	case $how in
	pipe-pipe) "$here/ends" give <"$input" | "$@" | $sink ;;
	file-pipe) "$@" <"$input" | $sink ;;
	pipe-file) "$here/ends" give <"$input" | "$@" >"$work/out" ;;
	pipe-pipes)
		$sink <"$work/fifo" >"$work/second" &
		"$here/ends" give <"$input" | "$@" "$work/fifo" | $sink
		wait $!
		;;
	start) "$@" </dev/null >/dev/null ;;
	esac
}

measure() {
	local how=$1 log=$2 n=1
	shift 2
	[ "$how" != start ] || n=$starts
	sink="$here/ends take" through "$how" "$here/stopwatch" "$log" "$n" "$@"
}

# --- Is it right? -----------------------------------------------------------------

# output HOW TO COMMAND...: what comes out, in a file.
output() {
	local how=$1 to=$2
	shift 2
	rm -f "$work/out" "$work/second"
	if [ "$how" = pipe-file ]; then
		sink="cat" through "$how" "$@"
		mv "$work/out" "$to"
	else
		sink="cat" through "$how" "$@" >"$to"
	fi
	[ "$how" != pipe-pipes ] || cmp "$work/second" "$input"
}

# check CHECK HOW OURS PEER: once, what comes out of both.
check() {
	local check=$1 how=$2 ours peer
	[ "$how" != start ] || return 0
	read -ra ours <<<"$3"
	read -ra peer <<<"$4"
	output "$how" "$work/ours" "${ours[@]}"
	case $check in
	same) cmp "$work/ours" "$input" ;;
	gunzip) gzip -dc <"$work/ours" | cmp - "$input" ;;
	equal)
		output "$how" "$work/peer" "${peer[@]}"
		cmp "$work/ours" "$work/peer"
		;;
	esac
	rm -f "$work/ours" "$work/peer"
}

# --- A row ----------------------------------------------------------------------

# installed COMMAND...: is the program of it there?
installed() {
	while [[ $1 == env || $1 == *=* ]]; do
		shift
	done
	command -v "$1" >/dev/null
}

# median LOG COLUMN
median() {
	awk -v column="$2" '{ print $column }' "$1" | sort -n |
		awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# shown COMMAND: without the folders of the build.
shown() {
	local text=${1//"$bin/"/}
	text=${text//"$here/"/}
	echo "${text//"$work/"/}"
}

# compare TITLE HOW CHECK OURS PEER: one row, if both are there.
compare() {
	local title=$1 how=$2 check=$3 ours peer i
	read -ra ours <<<"$4"
	read -ra peer <<<"$5"
	if ! installed "${ours[@]}" || ! installed "${peer[@]}"; then
		echo "not measured: $title: $(shown "$4") against $(shown "$5")"
		return
	fi
	check "$check" "$how" "$4" "$5" || {
		echo "bench: $title: $(shown "$4"): the output is wrong" >&2
		exit 1
	}
	rm -f "$work/a" "$work/b"
	for ((i = 0; i < runs; i++)); do
		measure "$how" "$work/a" "${ours[@]}"
		measure "$how" "$work/b" "${peer[@]}"
	done
	{
		printf '%s\t%s\t%s\t%s' "$title" "$how" "$(shown "$4")" \
			"$(shown "$5")"
		for i in 1 2 3; do
			printf '\t%s\t%s' "$(median "$work/a" "$i")" \
				"$(median "$work/b" "$i")"
		done
		echo
	} >>"$work/results"
	tail -n 1 "$work/results" | awk -F '\t' '{
		printf "%-36s %-11s %5.2f  %s against %s\n", $1, $2, $6 / $5,
		    $3, $4 }'
}

# --- The rows ----------------------------------------------------------------------

pass_through() {
	local how ours
	for ours in "$here/link" "env STREAM_IO=plain $here/link"; do
		for how in pipe-pipe file-pipe pipe-file; do
			compare "pass through" "$how" same "$ours" cat
		done
	done
}

transforms() {
	local how
	for how in pipe-pipe file-pipe; do
		compare "rot13" "$how" equal "$here/rot13" "$here/rot13-loop"
		compare "reverse characters" "$how" equal "$bin/reverse" rev
		compare "reverse lines" "$how" equal "$bin/reverse --lines" tac
	done
}

tees() {
	compare "tee to one" pipe-pipe same "$bin/tee" /usr/bin/tee
	compare "tee to two pipes" pipe-pipes same "$bin/tee" /usr/bin/tee
	compare "tee to a pipe and a file" pipe-pipe same \
		"$bin/tee $work/copy" "/usr/bin/tee $work/copy"
}

rates() {
	compare "no limit that is felt" pipe-pipe same \
		"$bin/rate-limit 100G" "pv -q -L 100G"
	compare "no limit that is felt" pipe-pipe same \
		"$bin/rate-limit 100G" cat
}

codecs() {
	local level peer
	input=$work/part
	for level in 1 6 9; do
		for peer in /bin/gzip pigz; do
			compare "compress, level $level" file-pipe gunzip \
				"$bin/gzip -c -$level" "$peer -c -$level"
		done
	done
	input=$work/part.gz
	for peer in /bin/gzip pigz; do
		compare "expand" file-pipe equal "$bin/gzip -dc" "$peer -dc"
	done
	input=$data
}

start_up() {
	local tool
	for tool in tee reverse "rate-limit 1G" "gzip -c"; do
		compare "start" start none "$bin/$tool" /bin/true
	done
	compare "start" start none "$bin/tee" /usr/bin/tee
	compare "start" start none "$bin/gzip -c" "/bin/gzip -c"
}

# --- All ---------------------------------------------------------------------------

machine() {
	local cpu
	cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null |
		head -n 1)
	echo "$(uname -sr), $(nproc) x ${cpu:-$(uname -m)}"
}

make_data
mkfifo "$work/fifo"
: >"$work/results"
pass_through
transforms
tees
rates
codecs
start_up
about="$(machine); $size bytes, median of $runs, $starts starts"
awk -F '\t' -v about="$about" -f "$src/table.awk" "$work/results" \
	>"$here/bench.md"
awk -F '\t' -v about="$about" -f "$src/plot.awk" "$work/results" \
	>"$here/bench.svg"
echo "written: $here/bench.md $here/bench.svg"
