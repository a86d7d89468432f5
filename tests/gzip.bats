# SPDX-License-Identifier: ISC
# gzip: what GNU's does, and what must never happen
#
# Cases are shell commands in single quotes, for another shell to run.
# shellcheck disable=SC2016
load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	printf 'hello hello hello\n' >a
	touch -d 2020-01-02T03:04:05 a
}

# gnu: the GNU gzip of this machine as the oracle, or skip.
gnu() {
	ORACLE=
	local path
	for path in /bin/gzip /usr/bin/gzip; do
		[ ! -x "$path" ] || ORACLE=$path
	done
	[ -n "$ORACLE" ] || skip "no other gzip here"
	[[ $("$ORACLE" --version) == "gzip 1.1"[2-9]* ]] ||
		skip "the other gzip is not GNU's"
	mkdir gnu
	ln -s "$ORACLE" gnu/gzip
	files=$BATS_FILE_TMPDIR/files
	[ -d "$files" ] || prepare
}

# The files that a case may find, all of the same time.
prepare() {
	mkdir -p "$files/d/e"
	(
		cd "$files" || return 1
		for f in a b d/x d/e/z h1 s1 s2 s3; do
			cp "$BATS_TEST_TMPDIR/a" "$f"
		done
		mkfifo p
		ln -s a l
		ln -s d ld
		ln h1 h2
		chmod u+s s1
		chmod g+sx s2
		chmod o+t s3
		touch -d 2020-01-02T03:04:05 a
		"$ORACLE" -k a
		bad_files
		find . -depth -exec touch -h -r a {} +
	)
}

# put FILE OFFSET BYTES: overwrite in a copy of a.gz (printf escapes).
put() {
	cp a.gz "$1"
	printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

bad_files() {
	put crc.gz 23 '\0'
	put len.gz 27 '\0'
	put both.gz 23 '\0\0\0\0\0\0\0'
	put fmt.gz 12 '\07'
	put method.gz 2 '\07'
	put secret.gz 3 '\050'
	put flags.gz 3 '\0110'
	put old.gz 1 '\0236'
	printf xyz >plain.gz
	head -c 20 a.gz >short.gz
	head -c 6 a.gz >shorter.gz
	: >empty.gz
	printf x >one.gz
	{ cat a.gz && printf xx; } >garbage.gz
	{ cat a.gz && printf '\0\0\0'; } >zeros.gz
	{ cat a.gz && printf '\037\213\07'; } >second.gz
	{ cat a.gz && head -c 9 a.gz; } >third.gz
}

# result BIN OUT COMMANDS: all that can be seen of them, by the gzip of BIN.
result() {
	rm -rf work
	cp -a "$files" work
	(
		cd work || return 1
		status=0
		PATH=$1:$PATH timeout 20 bash -c "$3" </dev/null >"../$2" \
			2>"../$2.err" 3>&- || status=$?
		echo "status $status" >>"../$2"
		find . ! -type d -printf '%P %M %s %T+ %l\n' | sort |
			sed "s/$(date +%Y)-[^ ]*/now/" >>"../$2"
	)
}

# agree COMMANDS: the same output, messages, status and files as GNU's.
agree() {
	result "$PWD/gnu" want "$1"
	result "$SU_BUILDDIR/bin" got "$1"
	diff want got
	diff want.err got.err
}

# --- Exactly as GNU gzip --------------------------------------------------------

@test "gzip: one file is replaced, both ways, as by GNU's" {
	gnu
	agree 'gzip b && gzip -d b.gz'
	agree 'gzip -v b; gzip -dv b.gz; gzip -kv b; gzip -dkv a.gz'
	agree 'gzip -c a >x.gz; gzip -cdv x.gz; gzip -vc b >/dev/null'
	agree 'gzip b nope a d'
}

@test "gzip: headers have GNU's bytes" {
	gnu
	local options
	for options in '' -1 -2 -9 -n -m -M -N -mn -nN -nM -Nm --fast --best; do
		agree "gzip $options -c a | od -An -tx1"
		agree "gzip $options <a | od -An -tx1"
		agree "cat a | gzip $options | od -An -tx1"
	done
}

@test "gzip: tiny inputs become GNU's bytes" {
	gnu
	local text
	for text in '' a b c yyy zzzzzzzzzzz; do
		agree "printf %s '$text' | gzip | od -An -tx1"
	done
}

@test "gzip: what is damaged is told in GNU's words, to standard output" {
	gnu
	agree 'for f in *.gz; do gzip -dc $f; echo $?; done'
	agree 'for f in *.gz; do gzip -d <$f; echo $?; done'
	agree 'for f in *.gz; do cat $f | gzip -cdf; echo $?; done'
	agree 'for f in *.gz; do gzip -cdff $f; echo $?; done'
}

@test "gzip: what is damaged is told in GNU's words, to files" {
	gnu
	agree 'rm a; for f in *.gz; do gzip -dk $f; echo $?; done'
	agree 'rm a; for f in *.gz; do gzip -dNk $f; echo $?; done'
	agree 'rm a; for f in *.gz; do gzip -dkff $f; echo $?; done'
	# GNU's removes second.gz, though it could not expand all of it.
	agree 'rm a second.gz; for f in *.gz; do gzip -dq $f; echo $?; done'
}

@test "gzip: -t says what GNU's says, and goes on where it does" {
	gnu
	agree 'for f in *.gz; do gzip -t $f a.gz; echo $?; done'
	agree 'for f in *.gz; do gzip -tv $f a.gz; echo $?; done'
	agree 'for f in *.gz; do gzip -tq $f a.gz; echo $?; done'
	agree 'for f in [!gz]*.gz; do gzip -tv <$f; echo $?; done'
	agree 'gzip -tv a; gzip -t nope a.gz'
}

@test "gzip: -l says what GNU's says" {
	gnu
	local few='a.gz crc.gz plain.gz short.gz old.gz'
	agree "for f in $few; do gzip -l \$f a.gz; echo \$?; done"
	agree "for f in $few; do gzip -lv \$f a.gz; echo \$?; done"
	agree "for f in $few; do gzip -lN \$f; gzip -lq \$f; echo \$?; done"
	agree "for f in $few; do gzip -lv <\$f; echo \$?; done"
	agree 'cat a.gz | gzip -l; gzip -l nope nope; gzip -lv a.gz nope'
	agree 'cp -p a.gz d/q.gz; gzip -l d/q.gz; gzip -lN d/q.gz'
}

@test "gzip: -l adds up the members of a file" {
	"$BASH" -c 'gzip -c a; gzip -c a' >two.gz
	gzip -l two.gz >out
	[ "$(awk 'END { print $1, $2 }' out)" = "62 36" ]
}

@test "gzip: what may not be replaced is refused in GNU's words" {
	gnu
	agree 'for f in d p l ld h1 s1 s2 s3; do gzip $f; echo $?; done'
	agree 'for f in d p l ld h1 s1 s2 s3; do gzip -q $f; echo $?; done'
	agree 'for f in d p s1 s2 s3 h1 l; do gzip -f $f; echo $?; done'
	agree 'for f in d s1 s2 s3 h1 l; do gzip -c $f | wc -c; done'
	agree 'gzip a; gzip -q a; gzip -d a.gz; gzip -k a'
	agree 'ln -s nowhere b.gz; gzip b; gzip -f b; mkdir a.d'
	agree 'mkdir b.gz; gzip b; gzip -f b; echo $?'
}

@test "gzip: one who is asked may say yes" {
	gnu
	local ask='gzip ---presume-input-tty'
	agree "echo y | $ask a"
	agree "echo yes | $ask a"
	agree "echo n | $ask a"
	agree "$ask a; $ask -q a"
	agree "(trap '' INT; echo y | $ask a)"
}

@test "gzip: suffixes are GNU's" {
	gnu
	local s
	for s in a.tgz a.taz a.z a-gz a-z a_z a.GZ a.tZ .gz .z xgz a.gz.gz; do
		agree "mkdir q; cp -p a.gz q/$s; cd q; gzip -d $s"
	done
	for s in a.tgz a.taz a.z a-gz a-z a_z a.GZ a.Z a.tar a.zip x; do
		agree "mkdir q; cp -p a q/$s; cd q; gzip $s; gzip -f $s"
	done
	agree 'gzip -S .foo b; gzip -d b.foo; gzip -S .foo -d b.foo'
	agree 'gzip -S foo b; gzip -S foo -d bfoo; gzip -S z -d b.gz'
	agree 'mkdir q; cp -p a.gz q; cd q; gzip -S z -d a.gz'
	agree 'gzip -d b; gzip -dq b; gzip -d nope; gzip -d nope.gz'
	agree 'gzip -d -S .foo nope; gzip -t b'
	agree 'gzip -S "" a; gzip -S 1234567890123456789012345678901 a'
}

@test "gzip: -S with a slash is refused" {
	run -1 gzip -S x/y a
	[ "$output" = "gzip: invalid suffix 'x/y'" ]
}

@test "gzip: folders are done as by GNU's" {
	gnu
	agree 'gzip -r d; gzip -r d; gzip -rq d; gzip -rd d'
	agree 'gzip -r ld; gzip -rf ld'
	agree 'gzip -rk d; gzip -rt d; gzip -r d/x'
	agree 'ln -s ../a d/lnk; mkfifo d/ff; gzip -r d 2>&1 | sort'
	agree 'gzip -r d/; gzip -rd nope'
	agree 'gzip -rS .foo d; gzip -rdS .foo d'
}

@test "gzip: options are GNU's" {
	gnu
	local o
	for o in --foo -0 --rec=3 '-S' '-Z' '--lzw' '-b x' '-b 9' '--bits=3' \
		-a -qa --n --no --s --f --l --ver=1 --time '--suf=.q' -19 \
		'-? a' --stdou --to-s --uncomp --silent -kc '-c -k -v' '-vq'; do
		agree "gzip $o -c a | od -An -tx1"
	done
	agree 'gzip a -c | wc -c; gzip -t a.gz -v'
	agree 'POSIXLY_CORRECT=1 gzip -t a.gz -v'
	agree 'gzip -- -x; gzip -c - <a | wc -c; gzip -d - a.gz <a.gz'
}

@test "gzip: GZIP in the environment is read as by GNU gzip 1.12" {
	gnu
	[[ $("$ORACLE" --version) == "gzip 1.12"* ]] || skip "it is not 1.12"
	local o
	for o in -9 -c foo '-n -v' --best '' -- '-n -- x' ' ' --foo -q -k -nq \
		-r -h -1v --no-name '-S .x' --synchronous 'b -c' -nk; do
		agree "GZIP='$o' gzip -c a | od -An -tx1"
	done
}

@test "gzip: a terminal gets and gives no compressed data, as GNU's" {
	gnu
	command -v script >/dev/null || skip "no script here"
	agree 'for o in "" -d -t -l -q; do
		script -qec "gzip $o" /dev/null </dev/null; echo $?; done'
}

@test "gzip: times, modes and owners are GNU's" {
	gnu
	agree 'chmod 640 b; gzip b; gzip -dv b.gz'
	agree 'touch -d 2001-02-03T04:05:06.789 b; gzip b; gzip -dkvv b.gz'
	agree 'touch -d 2001-02-03T04:05:06.789 b; gzip b; mv b.gz c.gz
		gzip -Ndkvv c.gz; gzip -lvN c.gz'
	agree 'touch -d 1960-01-01 b; gzip b'
	agree 'touch -d @0 b; gzip -v b'
	agree 'touch -d 2107-01-01 b; gzip b; gzip -d b.gz'
}

@test "gzip: closed standard streams are told as by GNU's" {
	gnu
	agree 'gzip -c a >&-; gzip -c <&-; gzip -t >&- <a.gz; gzip -k b >&-'
	agree 'gzip b <&- >&-; gzip -cd a.gz >&-'
}

@test "gzip: a full disk is told as by GNU's" {
	gnu
	[ -c /dev/full ] || skip "no /dev/full here"
	agree 'gzip -c a >/dev/full; gzip -cd a.gz >/dev/full; gzip <a >/dev/full'
}

# --- There and back -------------------------------------------------------------

@test "gzip: what GNU's makes is expanded, and the reverse" {
	gnu
	local i
	seq 1 50000 >words
	head -c 100000 /dev/urandom >noise
	head -c 3000000 /dev/zero >zeros
	cat words noise zeros words >mixed
	for i in words noise zeros mixed; do
		"$ORACLE" -c "$i" | gzip -d | same - "$i"
		gzip -c "$i" | "$ORACLE" -d | same - "$i"
		gzip -1c "$i" | "$ORACLE" -d | same - "$i"
		gzip -9c --rsyncable "$i" | "$ORACLE" -d | same - "$i"
	done
}

@test "gzip: what pigz makes is expanded, and the reverse" {
	command -v pigz >/dev/null || skip "no pigz here"
	seq 1 100000 >words
	pigz -c words | gzip -d | same - words
	pigz -ic words | gzip -d | same - words
	gzip -c words | pigz -d | same - words
}

@test "gzip: members one after the other are expanded together" {
	seq 1 20000 >words
	{
		gzip -c words
		gzip -c a
		gzip -c </dev/null
		gzip -1c words
	} >all.gz
	cat words a words >want
	gzip -dc all.gz | same - want
	gzip -t all.gz
	gunzip all.gz
	same all want
}

@test "gzip: the compressed bytes do not depend on how the input comes" {
	seq 1 100000 >words
	gzip -n <words >want
	{ cat words; } | gzip >got
	same want got
	{
		head -c 1
		sleep 0.05
		head -c 70000
		sleep 0.05
		cat
	} <words | gzip >got
	same want got
}

@test "gzip: an empty file comes back" {
	: >empty
	gzip empty
	gunzip empty.gz
	[ -f empty ] && [ ! -s empty ]
}

@test "gzip: gunzip, zcat and uncompress go by their names" {
	gzip -k a
	zcat a.gz | same - a
	rm a
	gunzip a.gz
	[ -f a ] && [ ! -e a.gz ]
	gzip a
	uncompress -k a.gz
	[ -f a ] && [ -f a.gz ]
	run -1 gunzip nope
	[ "$output" = "gzip: nope.gz: No such file or directory" ]
}

@test "gzip: zcat -f passes on what is not compressed, and what follows" {
	local size
	for size in 0 1 2 3 64 32831 131071; do
		head -c "$size" /dev/zero | tr '\0' x >raw
		zcat -f raw | same - raw
		{ gzip -c a && cat raw; } >mixed
		cat a raw >want
		zcat -f mixed | same - want
		zcat -f <mixed | same - want
	done
}

# --- What must never happen -----------------------------------------------------

@test "gzip: no truncated file is taken for a whole one" {
	local len size
	gzip -k a
	size=$(stat -c %s a.gz)
	for ((len = 0; len < size; len++)); do
		head -c "$len" a.gz >t.gz
		run -1 gzip -dk t.gz
		[ ! -e t ]
		run -1 gzip -t t.gz
		run -1 bash -c 'gzip -d <t.gz >out'
		cmp -n "$(stat -c %s out)" out a
	done
}

@test "gzip: no flipped bit changes what comes out unseen" {
	local at bit byte size status
	gzip -k a
	size=$(stat -c %s a.gz)
	for ((at = 0; at < size; at++)); do
		byte=$(od -An -tu1 -j "$at" -N 1 a.gz)
		for bit in 1 2 4 8 16 32 64 128; do
			cp a.gz t.gz
			printf '%b' "\\0$(printf %o $((byte ^ bit)))" |
				dd of=t.gz bs=1 seek="$at" conv=notrunc status=none
			status=0
			gzip -d <t.gz >out 2>err || status=$?
			[ "$status" -eq 1 ] || same out a
			[ -n "${SU_LONG:-}" ] || break
		done
	done
}

@test "gzip: a signal leaves the input and no partial file" {
	local signal pid
	head -c 30000000 /dev/urandom >big
	for signal in HUP INT TERM XCPU; do
		# A shell ignores INT in what it runs beside itself, nohup HUP.
		env --default-signal gzip -9 big 3>&- &
		pid=$!
		sleep 0.1
		kill -"$signal" "$pid"
		status=0
		wait "$pid" || status=$?
		[ "$status" -eq $((128 + $(kill -l "$signal"))) ]
		ls -A >names
		printf '%s\n' a big names | sort | diff - names
	done
}

@test "gzip: not even SIGKILL leaves a partial file" {
	local pid
	head -c 30000000 /dev/urandom >big
	gzip -9 big 3>&- &
	pid=$!
	sleep 0.1
	kill -KILL "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 137 ]
	[ -f big ] && [ ! -e big.gz ]
}

@test "gzip: a file too large leaves the input and no partial file" {
	head -c 3000000 /dev/urandom >big
	run bash -c 'ulimit -f 1000; gzip big'
	[ "$status" -ne 0 ]
	[ -f big ] && [ ! -e big.gz ]
}

@test "gzip: a reader that has gone is no news" {
	seq 1 1000000 >words
	gzip words
	default_sigpipe bash -c \
		'gzip -cd words.gz 2>err | head -n 1 >out; exit ${PIPESTATUS[0]}' ||
		[ $? -eq 141 ]
	[ ! -s err ]
	[ "$(cat out)" = 1 ]
}

@test "gzip: if SIGPIPE is ignored a reader that has gone is a warning" {
	seq 1 1000000 >words
	gzip words
	run bash -c "trap '' PIPE
		gzip -cd words.gz 2>err | head -n 1 >out; exit \${PIPESTATUS[0]}"
	[ "$status" -eq 2 ]
	grep -qx 'gzip: stdout: Broken pipe' err
	run bash -c "trap '' PIPE
		gzip -cdq words.gz 2>err | head -n 1 >out; exit \${PIPESTATUS[0]}"
	[ "$status" -eq 2 ]
	[ ! -s err ]
}

@test "gzip: a stored name leads nowhere else" {
	local name
	mkdir in
	for name in ../../evil /tmp/evil ../evil sub/evil; do
		{
			printf '\037\213\010\010\0\0\0\0\0\003%s\0' "$name"
			gzip -cn a | tail -c +11
		} >in/x.gz
		gzip -Ndk in/x.gz
		same in/evil a
		rm in/evil
		[ ! -e evil ] && [ ! -e /tmp/evil ]
	done
	for name in .. . '' sub/; do
		{
			printf '\037\213\010\010\0\0\0\0\0\003%s\0' "$name"
			gzip -cn a | tail -c +11
		} >in/x.gz
		gzip -Ndk in/x.gz
		same in/x a
		rm in/x
	done
}

@test "gzip: a stored name that is the file's own does not lose it" {
	{
		printf '\037\213\010\010\0\0\0\0\0\003x.gz\0'
		gzip -cn a | tail -c +11
	} >x.gz
	run -1 gzip -Nfd x.gz
	gzip -cd x.gz | same - a
}

@test "gzip: other formats are not taken for garbage" {
	printf '\037\235\220abc' >x.Z
	run -1 gzip -d x.Z
	[ "$output" = "gzip: x.Z: compress format -- not supported" ]
	run -1 gzip -cdf x.Z
	[ "$output" = "gzip: x.Z: compress format -- not supported" ]
	[ -f x.Z ]
}

@test "gzip: a folder without room for the output keeps the input" {
	mkdir shut
	cp a shut
	chmod 555 shut
	run -1 mortal gzip shut/a
	[ "$output" = "gzip: shut/a.gz: Permission denied" ]
	[ -f shut/a ]
}

@test "gzip: a pipe that is named is waited for" {
	mkfifo p
	{ sleep 0.1 && cat a; } >p 3>&- &
	gzip -c p | gzip -d | same - a
	wait
}

# --- rsyncable ------------------------------------------------------------------

@test "gzip: --rsyncable: a small change is a small change" {
	seq 1 100000 >words
	sed '5000s/.*/another/' words >other
	gzip -n --rsyncable <words >1.gz
	gzip -n --rsyncable <other >2.gz
	# All but the trailer is the same at the end.
	tail -c 100000 1.gz | head -c -8 >1.tail
	tail -c 100000 2.gz | head -c -8 >2.tail
	same 1.tail 2.tail
	gzip -d <2.gz | same - other
}

# --- The tool itself ------------------------------------------------------------

@test "gzip: --help and --version are told on standard output" {
	gzip --help >out 2>err
	[ -s out ] && [ ! -s err ]
	gzip --version >out 2>err
	[ -s out ] && [ ! -s err ]
	gzip -L | grep -q ISC
}

@test "gzip: the flags of the standard streams are left alone" {
	run bash -c 'gzip <a | gzip -d; grep flags: /proc/self/fdinfo/0'
	[ "$status" -eq 0 ]
}

@test "gzip: -f leaves what it is to replace as it was until all is well" {
	echo old >a
	echo new >b
	gzip -c b >a.gz
	truncate -s -3 a.gz
	run -1 --separate-stderr gzip -df a.gz
	[[ $stderr == *"unexpected end of file" ]]
	echo old | same - a
	[ -f a.gz ]

	ln -s b link
	echo input >link.in
	gzip -c link.in >link.gz
	gzip -df link.gz
	[ ! -L link ]
	echo input | same - link
	echo new | same - b
}
