# SPDX-License-Identifier: ISC
# The programs of docs/examples, built as one would who has the library
# installed, and what they print.
load helper

examples=$SU_SRCDIR/docs/examples
golden=$SU_SRCDIR/tests/golden

# The library alone is installed, for the tools would take long.
setup_file() {
	command -v pkg-config >/dev/null || skip "no pkg-config here"
	local root=$BATS_FILE_TMPDIR/root
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$SU_BUILDDIR" \
		install-libLTLIBRARIES install-includeHEADERS \
		install-pkgconfigDATA DESTDIR="$root" >"$root.log" 2>&1 ||
		{ cat "$root.log"; return 1; }
	PKG_CONFIG_PATH=$(dirname "$(find "$root" -name libstream.pc)")
	export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR=$root
	LD_LIBRARY_PATH=$root$(PKG_CONFIG_SYSROOT_DIR='' \
		pkg-config --variable=libdir libstream)
	export LD_LIBRARY_PATH
	build_all "$BATS_FILE_TMPDIR"
}

# Both libraries are asked for, although all but one example need just the one.
build_all() {
	local source name flags
	flags=$(pkg-config --cflags --libs libstream-codec libstream) ||
		return 1
	program_of "$SU_SRCDIR/man/libstream.3" >"$1/man-count.c"
	program_of "$SU_SRCDIR/man/stream_filter.3" >"$1/man-rot13.c"
	for source in "$examples"/*.c "$1"/*.c; do
		name=$(basename "$source" .c)
		# shellcheck disable=SC2086 # flags are words
		${CC:-cc} -Wall -Wextra -Werror $SU_SANITIZE \
			-o "$1/$name" "$source" $flags || return 1
	done
}

# program_of PAGE: the example in a manual page that is a whole program.
program_of() {
	awk '
		/^\.Bd/ { text = ""; inside = 1; next }
		/^\.Ed/ && text ~ /\nmain\(/ { printf "%s", text }
		/^\.Ed/ { inside = 0 }
		inside { gsub(/\\e/, "\\"); text = text $0 "\n" }' "$1"
}

# example NAME [ARGUMENT]...
example() {
	local name=$1
	shift
	"$BATS_FILE_TMPDIR/$name" "$@"
}

@test "examples: rot13 turns letters, and twice is nothing" {
	echo 'Hello, Mn 1 @[`{' | example rot13 >out
	[ "$(<out)" = 'Uryyb, Za 1 @[`{' ]
	head -c 300000 /dev/urandom >in
	example rot13 in | example rot13 >out
	same in out
}

@test "examples: rot13 reports a bad input and goes on" {
	echo abc >in
	run -1 --separate-stderr example rot13 nowhere in
	[ "$output" = nop ]
	[ "$stderr" = "rot13: nowhere: No such file or directory" ]
}

@test "examples: order prints ticks, immediate, tick, timeout" {
	echo some text >in
	example order in >out
	same "$golden/order.txt" out
}

@test "examples: ticks run after every timer and every immediate" {
	example ticks >out
	same "$golden/ticks.txt" out
}

@test "examples: of a million writes all arrive" {
	example million >out
	same "$golden/million.txt" out
}

@test "examples: the sides of a duplex are independent" {
	example duplex >out
	same "$golden/duplex.txt" out
}

@test "examples: a transform reverses a text that comes in pieces" {
	example reverse-transform >out
	same "$golden/reverse-transform.txt" out
}

@test "examples: a pipe made by hand loses nothing and ends" {
	head -c 3000000 /dev/urandom >in
	# shellcheck disable=SC2002 # a pipe is wanted
	cat in | example hand-pipe | (sleep 0.1; cat) >out
	same in out
	example hand-pipe <in >out
	same in out
}

@test "examples: gzip-file makes a file that gunzip reads" {
	seq 100000 >in
	run -0 example gzip-file in out.gz
	[ "$output" = "Pipeline succeeded" ]
	gzip -dc <out.gz >out
	same in out
}

@test "examples: gzip-file leaves nothing behind when it fails" {
	run -1 example gzip-file nowhere out.gz
	[ "$output" = "Pipeline failed: nowhere: No such file or directory" ]
	[ -z "$(ls -A)" ]
	mkdir directory
	run -1 example gzip-file directory out.gz
	[[ $output == "Pipeline failed: directory:"*"Is a directory" ]]
	[ "$(ls -A)" = directory ]
}

@test "examples: parent and child send messages to each other" {
	example message >out
	same "$golden/message.txt" out
}

@test "examples: the script in stream-ipc(7) is a child like any other" {
	awk '
		/^\.Ed/ { inside = 0 }
		/^#!/ { inside = 1 }
		inside { gsub(/\\e/, "\\"); print }' \
		"$SU_SRCDIR/man/stream-ipc.7" >child.sh
	example message sh child.sh >out
	same "$golden/message.txt" out
}

@test "examples: so is a node program" {
	command -v node >/dev/null || skip "no node here"
	example message node "$examples/node/message.js" >out
	same "$golden/message.txt" out
}

@test "examples: a server answers while a child computes" {
	example compute >out
	same "$golden/compute.txt" out
}

@test "examples: four workers share a port, by turns" {
	example cluster >out
	same "$golden/cluster.txt" out
}

@test "examples: the whole programs in the manual work" {
	printf 'Hello' | example man-rot13 >out
	[ "$(<out)" = Uryyb ]
	[ "$(head -c 200000 /dev/zero | example man-count)" = 200000 ]
}

@test "examples: node prints the same" {
	command -v node >/dev/null || skip "no node here"
	local twin name
	for twin in "$examples"/node/*.js; do
		name=$(basename "$twin" .js)
		node "$twin" >out
		same "$golden/$name.txt" out
	done
}
