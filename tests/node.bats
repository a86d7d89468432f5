#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Messages between processes, with node on one side and the library on the
# other: the wire of child_process.fork(), in both roles.  The C program is
# tests/unit/peer.c; that of node is written here.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	command -v node >/dev/null || skip "node is not installed"
	PEER=$SU_BUILDDIR/tests/unit/peer
	[ -x "$PEER" ] || skip "tests/unit/peer was not built"
	export PEER
}

# node_says FILE: run what is on standard input as a node program, into FILE.
node_says() {
	cat >program.js
	timeout 60 node program.js >"$1" 3>&-
}

@test "node: our child is forked by node, and messages of all sizes come back" {
	node_says out <<-'EOF'
		const { fork } = require('child_process');
		const c = fork('echo', [], { execPath: process.env.PEER, execArgv: [] });
		const sizes = [1, 8, 64, 4096, 65536, 1 << 20, 8 << 20];
		let at = 0;
		const send = () => c.send({ n: at, text: 'x'.repeat(sizes[at]) });
		c.on('message', (m) => {
			console.log(m.n, m.text.length, m.text === 'x'.repeat(sizes[at]));
			if (++at < sizes.length) send(); else c.disconnect();
		});
		c.on('disconnect', () => console.log('disconnect'));
		c.on('exit', (code, signal) => console.log('exit', code, signal));
		send();
	EOF
	cat >wanted <<-'EOF'
		0 1 true
		1 8 true
		2 64 true
		3 4096 true
		4 65536 true
		5 1048576 true
		6 8388608 true
		disconnect
		exit 0 null
	EOF
	sort out >out.sorted
	sort wanted >wanted.sorted
	same out.sorted wanted.sorted
}

@test "node: ten thousand messages at once reach our child and come back in order" {
	node_says out <<-'EOF'
		const { spawn } = require('child_process');
		const c = spawn(process.env.PEER, ['echo'],
		    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
		const all = 10000;
		let next = 0, wrong = 0;
		c.on('message', (m) => {
			if (m.i !== next++) wrong++;
			if (next === all) c.disconnect();
		});
		c.on('exit', (code) => console.log(next, wrong, code));
		for (let i = 0; i < all; i++) c.send({ i });
	EOF
	[ "$(<out)" = "10000 0 0" ]
}

@test "node: quotes, newlines and letters of all kinds pass as they are" {
	node_says out <<-'EOF'
		const { fork } = require('child_process');
		const c = fork('echo', [], { execPath: process.env.PEER, execArgv: [] });
		const m = { text: 'a\nb "c" \\ \u0000 \u00e9 \u6570 \ud83d\ude00 \u2028',
		    list: [1, null, true, -0.5] };
		c.on('message', (back) => {
			console.log(JSON.stringify(back) === JSON.stringify(m));
			c.disconnect();
		});
		c.send(m);
	EOF
	[ "$(<out)" = true ]
}

@test "node: our child disconnects, and node hears of it" {
	node_says out <<-'EOF'
		const { fork } = require('child_process');
		const c = fork('leave', [], { execPath: process.env.PEER, execArgv: [] });
		c.on('message', (m) => console.log(JSON.stringify(m)));
		c.on('disconnect', () => console.log('disconnect', c.connected));
		c.on('close', (code, signal) => console.log('close', code, signal));
	EOF
	printf '"first"\n{"last":2}\ndisconnect false\nclose 0 null\n' >wanted
	same out wanted
}

@test "node: our child is killed by node" {
	node_says out <<-'EOF'
		const { fork } = require('child_process');
		const c = fork('echo', [], { execPath: process.env.PEER, execArgv: [] });
		c.on('message', () => c.kill());
		c.on('disconnect', () => console.log('disconnect'));
		c.on('exit', (code, signal) => console.log('exit', code, signal));
		c.send('x');
	EOF
	sort out >sorted
	printf 'disconnect\nexit null SIGTERM\n' >wanted
	same sorted wanted
}

@test "node: a parent in node that dies takes no word with it to our child" {
	cat >parent.js <<-'EOF'
		const { fork } = require('child_process');
		const c = fork('listen', ['heard'], { execPath: process.env.PEER, execArgv: [] });
		c.send('before', () => process.kill(process.pid, 'SIGKILL'));
	EOF
	timeout 20 node parent.js 3>&- || true
	for _ in {1..100}; do
		[ -s heard ] && grep -q gone heard && break
		sleep 0.05
	done
	printf '"before"\ngone\n' >wanted
	same heard wanted
}

# --- The other way round --------------------------------------------------------

@test "node: our child is node, and messages of all sizes come back" {
	cat >child.js <<-'EOF'
		process.on('message', (m) => process.send(m));
	EOF
	timeout 60 "$PEER" sizes node child.js >out 3>&-
	cat >wanted <<-'EOF'
		1 same
		8 same
		64 same
		4096 same
		65536 same
		1048576 same
		8388608 same
		disconnect
		exit 0 0
	EOF
	same out wanted
}

@test "node: ten thousand messages at once reach a child in node and come back in order" {
	cat >child.js <<-'EOF'
		process.on('message', (m) => process.send(m));
	EOF
	timeout 60 "$PEER" many node child.js >out 3>&-
	[ "$(<out)" = "10000 in order" ]
}

@test "node: a child in node that leaves is heard to its last word" {
	cat >child.js <<-'EOF'
		process.send({ hello: process.connected });
		process.send('last');
		process.disconnect();
		process.exitCode = 5;
	EOF
	timeout 60 "$PEER" listen-to node child.js >out 3>&-
	printf '{"hello":true}\n"last"\ndisconnect\nexit 5 0\n' >wanted
	same out wanted
}

@test "node: a child in node leaves when we disconnect" {
	cat >child.js <<-'EOF'
		process.on('disconnect', () => { process.exitCode = 6; });
		process.send('here');
	EOF
	timeout 60 "$PEER" dismiss node child.js >out 3>&-
	printf '"here"\ndisconnect\nexit 6 0\n' >wanted
	same out wanted
}

@test "node: a child in node is killed by us" {
	cat >child.js <<-'EOF'
		process.on('message', () => {});
		process.send('here');
	EOF
	timeout 60 "$PEER" kill node child.js >out 3>&-
	sort out >sorted
	printf '"here"\ndisconnect\nexit 0 15\n' >wanted
	same sorted wanted
}

@test "node: a child in node finds its own wire, whatever wire we were begun with" {
	cat >child.js <<-'EOF'
		process.send(process.env.NODE_CHANNEL_FD === undefined);
		process.disconnect();
	EOF
	NODE_CHANNEL_SERIALIZATION_MODE=advanced \
		timeout 60 "$PEER" listen-to node child.js >out 3>&-
	printf 'true\ndisconnect\nexit 0 0\n' >wanted
	same out wanted
}

# --- Neither --------------------------------------------------------------------

@test "node: a shell script is a child, too, of ours and of node" {
	cat >child.sh <<-'EOF'
		IFS= read -r line <&"$NODE_CHANNEL_FD"
		printf '{"heard":%s}\n' "$line" >&"$NODE_CHANNEL_FD"
		exit 3
	EOF
	timeout 20 "$PEER" say '"hello"' sh child.sh >out 3>&-
	printf '{"heard":"hello"}\ndisconnect\nexit 3 0\n' >wanted
	same out wanted
	node_says out <<-'EOF'
		const { spawn } = require('child_process');
		const c = spawn('sh', ['child.sh'],
		    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
		c.on('message', (m) => console.log(m.heard.a));
		c.on('close', (code) => console.log(code));
		c.send({ a: 'b' });
	EOF
	printf 'b\n3\n' >wanted
	same out wanted
}
