/* SPDX-License-Identifier: ISC */
/*
 * channel.c - messages between processes
 *
 * Where the bytes on the wire matter, the test itself is the other side, on a
 * socket that stream_parent() takes for that of a process that started us.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "children.h"
#include "modes.h"
#include "sources.h"
#include "tap.h"

#define LARGEST ((size_t)8 << 20)

static struct stream_loop *loop;
static struct told told;

/* What one side of a channel has heard. */
struct heard {
	char log[256];
	unsigned messages, drains, disconnects;
	int code; /* of the last disconnect */
	char text[256];
};
static struct heard heard;

static void
hear(const char *word)
{
	size_t n = strlen(heard.log);

	snprintf(
	    heard.log + n, sizeof(heard.log) - n, "%s%s", n ? " " : "", word);
}

/* --- Parts that this program plays as a child ----------------------------- */

static struct stream_channel *parent;

static void
send_back(struct stream_channel *ch, const char *message, size_t len, int fd,
    void *arg)
{
	(void)arg;
	stream_send(ch, message, len, fd);
	if (fd >= 0)
		close(fd);
}

static int
be_echo(void)
{
	struct stream_channel_events events = { .message = send_back };

	parent = stream_parent(loop, &events, NULL);
	return run_loop(loop) != 0;
}

/* Send three, and leave without a look at what has come. */
static int
be_hasty(void)
{
	struct stream_channel_events events = { .message = NULL };

	parent = stream_parent(loop, &events, NULL);
	stream_send(parent, "1", 1, -1);
	stream_send(parent, "22", 2, -1);
	stream_send(parent, "333", 3, -1);
	_exit(0);
}

/* Count what comes, and send as many. */
static unsigned to_send, sent, received;

static void
send_more(struct stream_channel *ch, void *arg)
{
	char number[16];
	int r = 1;

	(void)arg;
	while (r == 1 && sent < to_send) {
		int n = snprintf(number, sizeof(number), "%u", sent++);
		r = stream_send(ch, number, (size_t)n, -1);
	}
}

static void
receive_number(struct stream_channel *ch, const char *message, size_t len,
    int fd, void *arg)
{
	unsigned *in_order = arg;

	(void)len, (void)fd;
	*in_order += (unsigned)atoi(message) == received++;
	if (received == to_send && sent == to_send)
		stream_disconnect(ch);
}

static const struct stream_channel_events numbers = {
	.message = receive_number,
	.drain = send_more,
};

static int
be_counter(const char *many)
{
	unsigned in_order = 0;

	to_send = (unsigned)atoi(many);
	parent = stream_parent(loop, &numbers, &in_order);
	send_more(parent, NULL);
	if (run_loop(loop) != 0)
		return 1;
	return in_order == to_send ? 0 : 2;
}

/* Say what there is, and whether a child of ours would think it had one. */
static int
be_curious(void)
{
	struct stream_channel_events events = { .message = NULL };
	int fd = atoi(getenv("NODE_CHANNEL_FD"));
	struct sockaddr_storage self;
	socklen_t len = sizeof(self);
	char text[100];
	int n;

	if (getsockname(fd, (struct sockaddr *)&self, &len) < 0)
		return 1;
	parent = stream_parent(loop, &events, NULL);
	n = snprintf(text, sizeof(text), "%s %s %s %s",
	    self.ss_family == AF_UNIX ? "unix" : "other",
	    getenv("NODE_CHANNEL_FD") ? "set" : "gone",
	    fcntl(fd, F_GETFD) & FD_CLOEXEC ? "private" : "inherited",
	    stream_parent(loop, &events, NULL) ? "twice" : "once");
	stream_send(parent, text, (size_t)n, -1);
	stream_disconnect(parent);
	return run_loop(loop) != 0;
}

static int
play(char **argv)
{
	loop = stream_loop_new();
	if (strcmp(argv[1], "echo") == 0)
		return be_echo();
	if (strcmp(argv[1], "hasty") == 0)
		return be_hasty();
	if (strcmp(argv[1], "counter") == 0)
		return be_counter(argv[2]);
	if (strcmp(argv[1], "curious") == 0)
		return be_curious();
	return 99;
}

/* --- Listening ------------------------------------------------------------ */

/* What a descriptor that came along says: its first letters. */
static void
note_message(struct stream_channel *ch, const char *message, size_t len, int fd,
    void *arg)
{
	char word[100], seen[20] = "";

	(void)ch, (void)arg;
	heard.messages++;
	if (fd >= 0) {
		if (stream_pread(fd, seen, sizeof(seen) - 1, 0) < 0)
			strcpy(seen, "?");
		close(fd);
	}
	snprintf(word, sizeof(word), "%.*s%s%s", len > 40 ? 40 : (int)len,
	    message, fd >= 0 ? "+" : "", seen);
	hear(word);
}

static void
note_drain(struct stream_channel *ch, void *arg)
{
	(void)ch, (void)arg;
	heard.drains++;
}

static void
note_disconnect(
    struct stream_channel *ch, const struct stream_error *error, void *arg)
{
	char word[30];

	(void)ch, (void)arg;
	heard.disconnects++;
	heard.code = error ? error->code : 0;
	snprintf(heard.text, sizeof(heard.text), "%s",
	    error && error->text ? error->text : "");
	snprintf(word, sizeof(word), "gone(%d)", heard.code);
	hear(word);
}

static const struct stream_channel_events notes = {
	.message = note_message,
	.drain = note_drain,
	.disconnect = note_disconnect,
};

static struct stream_child *
start(struct stream_spawn s, const struct stream_channel_events *events,
    void *arg)
{
	told = (struct told) { 0 };
	memset(&heard, 0, sizeof(heard));
	loop = stream_loop_new();
	/* One argument for all events: the child's are told to none here. */
	return stream_fork(loop, &s, NULL, events, arg);
}

/* A file that says text. */
static int
file_of(const char *text)
{
	int fd = stream_tmpfile(NULL);

	if (fd < 0 || stream_write_all(fd, text, strlen(text)) < 0)
		_exit(99);
	return fd;
}

/* --- Echoes --------------------------------------------------------------- */

struct echo {
	unsigned char *bytes;
	size_t len;
	unsigned same;
	unsigned left;
};

static void
send_next(struct stream_channel *ch, struct echo *e)
{
	if (e->left-- == 0) {
		stream_disconnect(ch);
		return;
	}
	e->len = e->len == 0 ? 1 : e->len * 8;
	if (e->len > LARGEST)
		e->len = LARGEST;
	stream_send(ch, (char *)e->bytes, e->len, -1);
}

static void
compare(struct stream_channel *ch, const char *message, size_t len, int fd,
    void *arg)
{
	struct echo *e = arg;

	(void)fd;
	e->same += same_bytes(message, len, e->bytes, e->len);
	send_next(ch, e);
}

static void
of_all_sizes(void)
{
	struct stream_channel_events events = { .message = compare };
	struct echo e = { .left = 9, .bytes = make_bytes(LARGEST, 5) };
	struct stream_child *c;

	for (size_t i = 0; i < LARGEST; i++)
		if (e.bytes[i] == '\n')
			e.bytes[i] = '\0';
	c = start(player("echo", NULL, NULL), &events, &e);
	send_next(stream_child_channel(c), &e);
	is_int(run_loop(loop), 0, "messages go to a child and come back");
	is_int(e.same, 9, "from 1 byte to 8 MiB, NUL and all");
	stream_loop_free(loop);
	free(e.bytes);
}

static void
in_order(void)
{
	struct stream_child *c =
	    start(player("echo", NULL, NULL), &notes, NULL);
	struct stream_channel *ch = stream_child_channel(c);

	is_int(stream_send(ch, "one", 3, -1), 1, "a message is taken");
	stream_send(ch, "", 0, -1);
	stream_send(ch, "three", 5, -1);
	is_int(stream_send(ch, "a\nb", 3, -1), -EINVAL,
	    "one with a newline is refused");
	is_int(stream_send(NULL, "x", 1, -1), -ENOMEM, "nor is there none");
	stream_set_timeout(
	    loop, 100 * MILLISECONDS, 0, (stream_fn *)stream_disconnect, ch);
	run_loop(loop);
	is_str(heard.log, "one  three gone(0)",
	    "they come in order, an empty one too, and then the end");
	stream_loop_free(loop);
}

/* Both sides send without a pause, and read only when they are told to. */
static void
both_ways_at_once(void)
{
	unsigned good = 0;
	struct stream_child *c;
	struct stream_channel *ch;

	to_send = 10000;
	sent = received = 0;
	c = start(player("counter", "10000", NULL), &numbers, &good);
	ch = stream_child_channel(c);
	send_more(ch, NULL);
	is_int(run_loop(loop), 0, "ten thousand each way, all at once");
	is_int(sent, 10000, "all were sent");
	is_int(received, 10000, "as many came");
	is_int(good, 10000, "in order");
	stream_loop_free(loop);
}

/* --- Drain and the end ---------------------------------------------------- */

static void
drain(void)
{
	char *much = calloc(1, LARGEST);
	struct stream_child *c =
	    start(player("echo", NULL, NULL), &notes, NULL);
	struct stream_channel *ch = stream_child_channel(c);

	memset(much, 'x', LARGEST);
	is_int(stream_send(ch, much, LARGEST, -1), 0,
	    "a large message is taken, but asks to wait");
	is_int(stream_send(ch, "after", 5, -1), 0, "so does the next");
	is_int(heard.drains, 0, "nothing is told before the loop runs");
	while (heard.messages < 2)
		stream_loop_turn(loop, 1);
	is_int(heard.drains, 1, "drain is told once");
	is_int(stream_send(ch, "x", 1, -1), 1, "and then there is room");
	stream_disconnect(ch);
	is_int(stream_send(ch, "x", 1, -1), -EPIPE,
	    "after disconnect nothing is taken");
	run_loop(loop);
	is_int(heard.disconnects, 1, "the end is told once");
	is_int(heard.code, 0, "without an error");
	stream_loop_free(loop);
	free(much);
}

static void
disconnect_sends_all(void)
{
	char *much = calloc(1, LARGEST);
	struct stream_spawn s = shell("cat <&$NODE_CHANNEL_FD | wc -c >&2");
	int fd = stream_tmpfile(NULL);
	struct stream_fdmap map[] = { { 2, 0 } };
	char text[20] = "";
	struct stream_child *c;

	map[0].parent = fd;
	s.fds = map;
	s.nfds = 1;
	memset(much, 'x', LARGEST);
	c = start(s, &notes, NULL);
	stream_send(stream_child_channel(c), much, LARGEST, -1);
	stream_disconnect(stream_child_channel(c));
	stream_disconnect(stream_child_channel(c));
	run_loop(loop);
	is_int(heard.disconnects, 1, "disconnect twice is once");
	(void)stream_pread(fd, text, sizeof(text) - 1, 0);
	is_int(
	    atoi(text), (int)LARGEST + 1, "all that was sent goes out first");
	stream_loop_free(loop);
	close(fd);
	free(much);
}

/* The child has gone, with messages of ours unread and its own unread here. */
static void
hasty_child(void)
{
	struct stream_child *c =
	    start(player("hasty", NULL, NULL), &notes, NULL);
	struct stream_channel *ch = stream_child_channel(c);

	stream_send(ch, "never read", 10, -1);
	sleep_for(150 * MILLISECONDS);
	stream_send(ch, "nobody there", 12, -1);
	run_loop(loop);
	is_int(heard.messages, 3,
	    "what a child sent before it left is heard (%s)", heard.log);
	is_int(heard.disconnects, 1, "then it has gone");
	is_int(strncmp(heard.log, "1 22 333 gone", 13), 0, "in order");
	stream_loop_free(loop);
}

static void
environment(void)
{
	struct stream_fdmap map[] = { { 3, 0 }, { 5, 0 } };
	struct stream_spawn s = player("curious", NULL, NULL);

	start(s, &notes, NULL);
	run_loop(loop);
	is_str(heard.log, "unix gone private once gone(0)",
	    "a UNIX socket, a secret between parent and child");
	stream_loop_free(loop);
	setenv("NODE_CHANNEL_FD", "77", 1);
	s = shell("echo \\\"$NODE_CHANNEL_FD\\\" >&4");
	s.fds = map;
	s.nfds = 2;
	start(s, &notes, NULL);
	run_loop(loop);
	is_str(heard.log, "\"4\" gone(0)",
	    "its number is free, and the only one in the environment");
	stream_loop_free(loop);
	unsetenv("NODE_CHANNEL_FD");
	loop = stream_loop_new();
	ok(stream_parent(loop, &notes, NULL) == NULL, "who has none has none");
	setenv("NODE_CHANNEL_FD", "rubbish", 1);
	ok(stream_parent(loop, &notes, NULL) == NULL, "nor by rubbish");
	setenv("NODE_CHANNEL_FD", "999", 1);
	ok(stream_parent(loop, &notes, NULL) == NULL, "nor what is not open");
	unsetenv("NODE_CHANNEL_FD");
	stream_loop_free(loop);
}

/* --- The wire ------------------------------------------------------------- */

static int wire; /* the other end */
static int near; /* the library's: not for a process that is to write */

static struct stream_channel *
open_wire(void)
{
	char number[16];
	int ends[2];

	memset(&heard, 0, sizeof(heard));
	loop = stream_loop_new();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		_exit(99);
	wire = ends[0];
	near = ends[1];
	(void)fcntl(wire, F_SETFD, FD_CLOEXEC);
	snprintf(number, sizeof(number), "%d", ends[1]);
	setenv("NODE_CHANNEL_FD", number, 1);
	return stream_parent(loop, &notes, NULL);
}

static void
close_wire(void)
{
	if (wire >= 0)
		close(wire);
	wire = -1;
	run_loop(loop);
	stream_loop_free(loop);
}

static void
put(const char *bytes, size_t len, const int *fds, size_t nfds)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes,
		.iov_len = len };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(8 * sizeof(int))];
	} space = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (nfds > 0) {
		msg.msg_control = space.room;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		space.head.cmsg_level = SOL_SOCKET;
		space.head.cmsg_type = SCM_RIGHTS;
		space.head.cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(&space.head), fds, nfds * sizeof(int));
	}
	if (sendmsg(wire, &msg, MSG_NOSIGNAL) != (ssize_t)len)
		_exit(98);
}

static void
in_pieces(void)
{
	static const char lines[] = "one\ntwo\n\nfour\n";

	open_wire();
	for (size_t i = 0; i < sizeof(lines) - 1; i++) {
		put(lines + i, 1, NULL, 0);
		stream_loop_turn(loop, 0);
	}
	close_wire();
	is_str(heard.log, "one two  four gone(0)", "a byte at a time");
	open_wire();
	put(lines, sizeof(lines) - 1, NULL, 0);
	close_wire();
	is_str(heard.log, "one two  four gone(0)", "or all at once");
}

static void
truncated(void)
{
	open_wire();
	put("whole\nhal", 9, NULL, 0);
	close_wire();
	ok(strncmp(heard.log, "whole gone(-", 12) == 0,
	    "a message without an end is an error, not a message (%s)",
	    heard.log);
	ok(heard.text[0] != '\0', "in words (%s)", heard.text);
}

static void
garbage(void)
{
	unsigned char *bytes = make_bytes(1 << 20, 11);
	unsigned lines = 0;
	pid_t pid;

	for (size_t i = 0; i < 1 << 20; i++)
		lines += bytes[i] == '\n';
	open_wire();
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(stream_write_all(wire, bytes, 1 << 20) != 0);
	close_wire();
	ok(heard.messages == lines, "a mebibyte of garbage is %u lines, got %u",
	    lines, heard.messages);
	waitpid(pid, NULL, 0);
	free(bytes);
}

/* Another process, for it must be able to write while we read. */
static void
endless(void)
{
	static char block[1 << 16];
	uint64_t begun = clock_now();
	pid_t pid;

	memset(block, 'x', sizeof(block));
	open_wire();
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		close(near);
	while (pid == 0)
		if (send(wire, block, sizeof(block), MSG_NOSIGNAL) < 0)
			_exit(errno == EPIPE || errno == ECONNRESET ? 0 : 1);
	close_wire();
	is_str(heard.log, "gone(-90)", "a line without an end is given up");
	ok(clock_now() - begun < 20 * SECONDS, "and soon (%u ms)",
	    (unsigned)((clock_now() - begun) / MILLISECONDS));
	waitpid(pid, NULL, 0);
}

static void
hung_up_while_sending(void)
{
	struct stream_channel *ch = open_wire();

	put("last words\n", 11, NULL, 0);
	close(wire);
	wire = -1;
	ok(stream_send(ch, "x", 1, -1) <= 1, "who sends to nobody lives");
	close_wire();
	ok(strncmp(heard.log, "last words gone", 15) == 0,
	    "and hears what was said before (%s)", heard.log);
}

/* --- Descriptors ---------------------------------------------------------- */

static void
passengers(void)
{
	int a = file_of("A"), b = file_of("B"), c = file_of("C");

	open_wire();
	put("one\n", 4, NULL, 0);
	put("two\n", 4, NULL, 0);
	put("three\n", 6, &a, 1);
	put("four\n", 5, NULL, 0);
	put("five\n", 5, &b, 1);
	put("six\n", 4, &c, 1);
	put("seven\n", 6, NULL, 0);
	close_wire();
	is_str(heard.log, "one two three+A four five+B six+C seven gone(0)",
	    "a descriptor comes with the message that it was sent with");
	close(a);
	close(b);
	close(c);
}

/* To a child and back again, with others before and behind. */
static void
passengers_there_and_back(void)
{
	struct stream_child *child =
	    start(player("echo", NULL, NULL), &notes, NULL);
	struct stream_channel *ch = stream_child_channel(child);
	int a = file_of("A"), b = file_of("B");

	stream_send(ch, "one", 3, -1);
	stream_send(ch, "two", 3, a);
	stream_send(ch, "three", 5, -1);
	stream_send(ch, "four", 4, b);
	stream_send(ch, "five", 4, a);
	stream_send(ch, "six", 3, -1);
	ok(fcntl(a, F_GETFD) >= 0, "a descriptor that was sent stays ours");
	close(a);
	close(b);
	while (heard.messages < 6)
		stream_loop_turn(loop, 1);
	is_str(heard.log, "one two+A three four+B five+A six",
	    "there and back again");
	stream_disconnect(ch);
	run_loop(loop);
	stream_loop_free(loop);
}

/* With a message of 1 MiB, which takes many calls; random company. */
static void
passengers_in_traffic(void)
{
	struct stream_child *child =
	    start(player("echo", NULL, NULL), &notes, NULL);
	struct stream_channel *ch = stream_child_channel(child);
	char *large = malloc(1 << 20);
	int a = file_of("A");
	unsigned before = open_fds();

	memset(large, 'x', 1 << 20);
	stream_send(ch, large, 1 << 20, -1);
	stream_send(ch, "one", 3, a);
	stream_send(ch, large, 1 << 20, a);
	stream_send(ch, "two", 3, -1);
	while (heard.messages < 4)
		stream_loop_turn(loop, 1);
	is_str(heard.log,
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx one+A "
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx+A two",
	    "large messages have them too");
	is_int(open_fds(), before, "our copies are closed");
	stream_disconnect(ch);
	run_loop(loop);
	stream_loop_free(loop);
	close(a);
	free(large);
}

static void
too_many(void)
{
	int two[2] = { file_of("A"), file_of("B") };
	unsigned before;

	open_wire();
	before = open_fds();
	put("one\n", 4, NULL, 0);
	put("two\n", 4, two, 2);
	put("three\n", 6, NULL, 0);
	run_loop(loop);
	ok(heard.code < 0, "two descriptors with a message are an error (%s)",
	    heard.log);
	ok(heard.text[0] != '\0', "in words (%s)", heard.text);
	is_int(open_fds(), before - 1, "they are closed, and the channel");
	close_wire();
	close(two[0]);
	close(two[1]);
}

/* None can be had: the message may not come as if there had been none. */
static void
no_room_for_one(void)
{
	int a = file_of("A"), wanted;
	struct rlimit is, less;

	open_wire();
	put("one\n", 4, NULL, 0);
	put("two\n", 4, &a, 1);
	getrlimit(RLIMIT_NOFILE, &is);
	less = is;
	wanted = dup(0);
	close(wanted);
	less.rlim_cur = (rlim_t)wanted;
	setrlimit(RLIMIT_NOFILE, &less);
	for (int i = 0; i < 10 && heard.disconnects == 0; i++)
		stream_loop_turn(loop, 0);
	setrlimit(RLIMIT_NOFILE, &is);
	close_wire();
	ok(strstr(heard.log, "two") == NULL && heard.code < 0,
	    "a descriptor that got lost on the way is an error (%s)",
	    heard.log);
	close(a);
}

static void
unwanted(void)
{
	struct stream_channel_events events = { .disconnect = note_disconnect };
	int a = file_of("A");
	unsigned before = open_fds();
	char number[16];
	int ends[2];

	memset(&heard, 0, sizeof(heard));
	loop = stream_loop_new();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		_exit(99);
	wire = ends[0];
	snprintf(number, sizeof(number), "%d", ends[1]);
	setenv("NODE_CHANNEL_FD", number, 1);
	stream_parent(loop, &events, NULL);
	put("one\n", 4, &a, 1);
	close_wire();
	is_str(heard.log, "gone(0)", "messages need no listener");
	is_int(open_fds(), before, "and leave nothing open");
	close(a);
}

static void
loop_freed(void)
{
	unsigned before = open_fds();
	int a = file_of("A");
	char *large = calloc(1, 1 << 20);
	struct stream_channel *ch = open_wire();

	memset(large, 'x', 1 << 20);
	put("one\n", 4, &a, 1);
	stream_send(ch, large, 1 << 20, -1);
	stream_send(ch, "two", 3, a);
	stream_loop_free(loop);
	close(wire);
	close(a);
	is_str(heard.log, "", "who frees the loop is told nothing more");
	is_int(open_fds(), before, "and nothing stays open");
	free(large);
}

int
main(int argc, char *argv[])
{
	unsigned before;

	if (argc > 1)
		return play(argv);
	before = open_fds();
	modes_begin();
	of_all_sizes();
	in_order();
	both_ways_at_once();
	drain();
	disconnect_sends_all();
	hasty_child();
	environment();
	in_pieces();
	truncated();
	garbage();
	endless();
	hung_up_while_sending();
	passengers();
	passengers_there_and_back();
	passengers_in_traffic();
	too_many();
	no_room_for_one();
	unwanted();
	loop_freed();
	is_int(open_fds(), before, "no descriptor is left");
	ok(!has_children(), "nor any child");
	return modes_done();
}
