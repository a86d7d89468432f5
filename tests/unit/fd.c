/* SPDX-License-Identifier: ISC */
/*
 * fd.c - streams on descriptors of every kind, which are left as they were
 *
 * A child copies its 0 to its 1 through the library, as a filter would; we
 * feed it and take what comes, and look at the flags that we share with it.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "modes.h"
#include "sources.h"
#include "tap.h"

#define LEN 300000

static unsigned char *bytes;

enum kind { KIND_FILE, KIND_PIPE, KIND_FIFO, KIND_SOCKET, KIND_TTY, KINDS };
static const char *const kind_names[KINDS] = { "a file", "a pipe", "a FIFO",
	"a socket", "a terminal" };

static int
must(int r)
{
	if (r < 0) {
		perror("fd");
		exit(99);
	}
	return r;
}

/* --- Channels: an end for the child, and one for us ----------------------- */

struct channel {
	enum kind kind;
	int theirs;
	int ours; /* of a file the same description: see collect */
};

static void
open_tty(struct channel *c, bool theirs_reads)
{
	struct termios t;

	must(openpty(&c->ours, &c->theirs, NULL, NULL, NULL));
	must(tcgetattr(c->theirs, &t));
	cfmakeraw(&t);
	if (theirs_reads) {
		/* Lines, so that the end can be typed. */
		t.c_lflag |= ICANON;
		t.c_cc[VEOF] = 4;
	}
	must(tcsetattr(c->theirs, TCSANOW, &t));
}

static void
open_fifo(struct channel *c, bool theirs_reads)
{
	char path[] = "/tmp/su-fd-XXXXXX";
	char fifo[sizeof(path) + 8];
	int both, r, w;

	if (mkdtemp(path) == NULL)
		exit(99);
	snprintf(fifo, sizeof(fifo), "%s/fifo", path);
	must(mkfifo(fifo, 0600));
	both = must(open(fifo, O_RDWR | O_CLOEXEC));
	r = must(open(fifo, O_RDONLY | O_CLOEXEC));
	w = must(open(fifo, O_WRONLY | O_CLOEXEC));
	close(both);
	unlink(fifo);
	rmdir(path);
	c->theirs = theirs_reads ? r : w;
	c->ours = theirs_reads ? w : r;
}

static void
open_file(struct channel *c, bool theirs_reads)
{
	char path[] = "/tmp/su-fd-XXXXXX";

	c->theirs = must(mkstemp(path));
	c->ours = must(open(path, O_RDWR | O_CLOEXEC));
	unlink(path);
	if (theirs_reads && stream_write_all(c->ours, bytes, LEN) < 0)
		exit(99);
}

static struct channel
channel_open(enum kind kind, bool theirs_reads)
{
	struct channel c = { .kind = kind };
	int ends[2];

	switch (kind) {
	case KIND_FILE:
		open_file(&c, theirs_reads);
		return c;
	case KIND_FIFO:
		open_fifo(&c, theirs_reads);
		return c;
	case KIND_TTY:
		open_tty(&c, theirs_reads);
		return c;
	case KIND_SOCKET:
		must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
		break;
	default:
		must(pipe(ends));
		break;
	}
	c.theirs = ends[!theirs_reads];
	c.ours = ends[theirs_reads];
	return c;
}

/* Write all there is, in pieces, then the end. */
static void *
feed(void *arg)
{
	struct channel *c = arg;
	uint64_t seed = 11;

	for (size_t at = 0, n; at < LEN && c->kind != KIND_FILE; at += n) {
		n = 1 + pick(&seed, 3000);
		n = n < LEN - at ? n : LEN - at;
		if (stream_write_all(c->ours, bytes + at, n) < 0)
			break;
	}
	if (c->kind == KIND_TTY) {
		/* A last line without its newline, then the end itself. */
		stream_write_all(c->ours, "\4\4", 2);
		return NULL;
	}
	close(c->ours);
	c->ours = -1;
	return NULL;
}

struct collector {
	struct channel *c;
	unsigned char *got;
	size_t len;
};

static void *
collect(void *arg)
{
	struct collector *col = arg;
	ssize_t n;

	col->got = malloc(2 * LEN);
	while (col->len < 2 * LEN) {
		n = read(col->c->ours, col->got + col->len, 2 * LEN - col->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		col->len += (size_t)n;
	}
	return NULL;
}

/* --- The child ------------------------------------------------------------ */

static unsigned
open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

/* What the child runs; its exit status is what it returns. */
static int
copy(bool look)
{
	struct stream_loop *loop = stream_loop_new();
	struct outcome o = { .code = 1 };
	unsigned before = open_descriptors();
	int r;

	if (look)
		STREAM_PIPELINE(outcome_set, &o, stream_stdio(loop, 0),
		    copier_new(loop, COPY_PASS, 0), stream_stdio(loop, 1));
	else
		STREAM_PIPELINE(outcome_set, &o, stream_stdio(loop, 0),
		    stream_stdio(loop, 1));
	r = run_loop(loop);
	stream_loop_free(loop);
	if (r != 0 || o.calls != 1)
		return 100;
	if (open_descriptors() != before)
		return 101;
	return -o.code;
}

static pid_t
spawn(int in, int out, bool look)
{
	pid_t pid = must(fork());

	if (pid > 0)
		return pid;
	signal(SIGPIPE, SIG_DFL);
	if (in < 0)
		close(0);
	else
		dup2(in, 0);
	if (out < 0)
		close(1);
	else
		dup2(out, 1);
	closefrom(3);
	_exit(copy(look));
}

static int
status_of(pid_t pid)
{
	int status;

	alarm(60);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	alarm(0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/* --- Every kind to every kind --------------------------------------------- */

static bool
passes(enum kind in_kind, enum kind out_kind, bool look, bool nonblock)
{
	struct channel in = channel_open(in_kind, true);
	struct channel out = channel_open(out_kind, false);
	struct collector col = { .c = &out };
	int flags[2] = { fcntl(in.theirs, F_GETFL),
		fcntl(out.theirs, F_GETFL) };
	pthread_t feeder, taker;
	int status, same;
	pid_t pid;

	if (nonblock)
		for (int i = 0; i < 2; i++) {
			flags[i] |= O_NONBLOCK;
			must(fcntl(
			    i ? out.theirs : in.theirs, F_SETFL, flags[i]));
		}
	pid = spawn(in.theirs, out.theirs, look);
	pthread_create(&feeder, NULL, feed, &in);
	if (out_kind != KIND_FILE)
		pthread_create(&taker, NULL, collect, &col);
	status = status_of(pid);
	pthread_join(feeder, NULL);
	same = fcntl(in.theirs, F_GETFL) == flags[0] &&
	    fcntl(out.theirs, F_GETFL) == flags[1];
	close(out.theirs);
	if (out_kind != KIND_FILE)
		pthread_join(taker, NULL);
	else
		collect(&col);
	if (status || !same || !same_bytes(col.got, col.len, bytes, LEN))
		diag("%s to %s: status %d, %zu of %d bytes, flags %s",
		    kind_names[in_kind], kind_names[out_kind], status, col.len,
		    LEN, same ? "same" : "changed");
	same = same && !status && same_bytes(col.got, col.len, bytes, LEN);
	close(in.theirs);
	close(in.ours);
	close(out.ours);
	free(col.got);
	return same;
}

static void
every_kind(void)
{
	for (int i = 0; i < KINDS; i++)
		for (int o = 0; o < KINDS; o++) {
			int good = 0;
			for (int j = 0; j < 4; j++)
				good += passes(
				    (enum kind)i, (enum kind)o, j & 1, j & 2);
			is_int(good, 4,
			    "%s to %s: all bytes, flags as they were, nothing "
			    "left open",
			    kind_names[i], kind_names[o]);
		}
}

/* --- Killed in the middle ------------------------------------------------- */

static void
killed(enum kind kind)
{
	struct channel in = channel_open(kind, true);
	struct channel out = channel_open(kind, false);
	int flags[2] = { fcntl(in.theirs, F_GETFL),
		fcntl(out.theirs, F_GETFL) };
	pid_t pid = spawn(in.theirs, out.theirs, false);
	char buf[100];

	stream_write_all(in.ours, bytes, 4000);
	/* Something came, so it is in the middle of it now. */
	ok(read(out.ours, buf, sizeof(buf)) > 0, "%s: it is running",
	    kind_names[kind]);
	kill(pid, SIGKILL);
	is_int(status_of(pid), 256 + SIGKILL, "%s: it is killed",
	    kind_names[kind]);
	ok(fcntl(in.theirs, F_GETFL) == flags[0] &&
		fcntl(out.theirs, F_GETFL) == flags[1],
	    "%s: the flags of a filter that is killed are as they were",
	    kind_names[kind]);
	close(in.theirs);
	close(in.ours);
	close(out.theirs);
	close(out.ours);
}

/* --- Ends that are missing ------------------------------------------------ */

static void
missing(void)
{
	int null = must(open("/dev/null", O_RDWR | O_CLOEXEC));
	int full = must(open("/dev/full", O_RDWR | O_CLOEXEC));
	int wronly = must(open("/dev/null", O_WRONLY | O_CLOEXEC));
	int dir = must(open("/", O_RDONLY | O_CLOEXEC));
	struct channel in = channel_open(KIND_FILE, true);
	int ends[2];

	is_int(status_of(spawn(-1, null, false)), EBADF,
	    "a closed standard input is EBADF");
	is_int(status_of(spawn(-1, null, true)), EBADF, "looked at or not");
	is_int(status_of(spawn(in.theirs, -1, false)), EBADF,
	    "so is a closed standard output");
	is_int(status_of(spawn(null, null, false)), 0, "/dev/null is empty");
	is_int(status_of(spawn(wronly, null, false)), EBADF,
	    "one that cannot be read is EBADF");
	is_int(status_of(spawn(dir, null, false)), EISDIR,
	    "a directory is EISDIR");
	for (int look = 0; look < 2; look++) {
		lseek(in.theirs, 0, SEEK_SET);
		is_int(status_of(spawn(in.theirs, full, look)), ENOSPC,
		    "a full device is ENOSPC");
		must(pipe(ends));
		close(ends[0]);
		lseek(in.theirs, 0, SEEK_SET);
		is_int(status_of(spawn(in.theirs, ends[1], look)),
		    256 + SIGPIPE, "without a reader it dies of SIGPIPE");
		close(ends[1]);
	}
	close(in.theirs);
	close(in.ours);
	close(null);
	close(full);
	close(wronly);
	close(dir);
}

/* --- In this process ------------------------------------------------------ */

static void
own_descriptors(void)
{
	struct stream_loop *loop = stream_loop_new();
	struct witness w[2] = { { .log = "" } };
	unsigned before = open_descriptors();
	struct stream *in, *out;
	int ends[2];

	must(pipe(ends));
	in = stream_fd(loop, ends[0], "in");
	out = stream_fd(loop, ends[1], "out");
	is_int(stream_fileno(in), ends[0], "a stream tells its descriptor");
	is_str(stream_name(in), "in", "and its name");
	ok((stream_state(in) & STREAM_READABLE) &&
		!(stream_state(in) & STREAM_WRITABLE),
	    "the read end of a pipe is readable only");
	ok((stream_state(out) & STREAM_WRITABLE) &&
		!(stream_state(out) & STREAM_READABLE),
	    "the write end is writable only");
	witness(in, &w[0], WITNESS_DATA);
	witness(out, &w[1], 0);
	write_poisoned(out, bytes, LEN);
	stream_end(out);
	is_int(run_loop(loop), 0, "both ends of a pipe in one loop");
	is_mem(w[0].bytes, w[0].len, bytes, LEN, "carry 300 kB");
	is_str(w[0].log, "data end close", "the one ends");
	ok(w[1].finishes == 1 && w[1].closes == 1, "the other finishes");
	is_int(open_descriptors(), before, "and both are closed");
	witness_free(&w[0]);
	stream_loop_free(loop);
}

static void
paths(void)
{
	struct stream_loop *loop = stream_loop_new();
	struct channel c = channel_open(KIND_FILE, true);
	struct witness w = { 0 };
	struct stream *s;
	int stdin_copy = dup(0);
	char path[32];

	snprintf(path, sizeof(path), "/dev/fd/%d", c.theirs);
	s = stream_open(loop, path, O_RDONLY);
	ok(fcntl(stream_fileno(s), F_GETFD) & FD_CLOEXEC,
	    "what is opened is closed on exec");
	is_str(stream_name(s), path, "and has its path for a name");
	witness(s, &w, WITNESS_DATA);
	close(0);
	s = stream_open(loop, "/dev/null", O_RDONLY);
	ok(stream_fileno(s) > 2, "and is never 0, 1 or 2");
	stream_destroy(s, 0);
	run_loop(loop);
	is_mem(w.bytes, w.len, bytes, LEN, "/dev/fd/N can be read");
	witness_free(&w);
	stream_loop_free(loop);
	if (stdin_copy >= 0) {
		dup2(stdin_copy, 0);
		close(stdin_copy);
	}
	close(c.theirs);
	close(c.ours);
}

/* Standard input can be had again, and keeps its place. */
static void
stdio_again(void)
{
	struct channel c = channel_open(KIND_FILE, true);
	int stdin_copy = dup(0);
	unsigned good = 0;

	dup2(c.theirs, 0);
	for (int i = 0; i < 2; i++) {
		struct stream_loop *loop = stream_loop_new();
		struct witness w = { 0 };
		lseek(0, 1000, SEEK_SET);
		witness(stream_stdio(loop, 0), &w, WITNESS_DATA);
		run_loop(loop);
		good += same_bytes(w.bytes, w.len, bytes + 1000, LEN - 1000);
		witness_free(&w);
		stream_loop_free(loop);
		good += fcntl(0, F_GETFD) != -1;
	}
	is_int(good, 4, "standard input is not closed and can be had again");
	dup2(stdin_copy, 0);
	close(stdin_copy);
	close(c.theirs);
	close(c.ours);
}

/* What was not asked for is not read. */
static void
not_read_ahead(void)
{
	struct stream_loop *loop = stream_loop_new();
	struct channel c = channel_open(KIND_FILE, true);
	struct stream *s = stream_fd(loop, dup(c.theirs), "file");

	run_loop(loop);
	is_int(lseek(c.theirs, 0, SEEK_CUR), 0,
	    "a stream that nobody reads reads nothing");
	stream_destroy(s, 0);
	run_loop(loop);
	stream_loop_free(loop);
	close(c.theirs);
	close(c.ours);
}

/* The far end of a pipe is held up by one who does not read. */
static void
holds_the_writer(void)
{
	struct stream_loop *loop = stream_loop_new();
	struct witness w = { 0 };
	struct stream *s;
	size_t given = 0;
	ssize_t n;
	int ends[2];

	must(pipe(ends));
	must(fcntl(ends[1], F_SETFL, O_NONBLOCK));
	s = stream_fd(loop, ends[0], "in");
	witness(s, &w, WITNESS_DATA);
	stream_pause(s);
	for (int i = 0; i < 50; i++) {
		while ((n = write(ends[1], bytes, 4096)) > 0)
			given += (size_t)n;
		stream_loop_turn(loop, 0);
	}
	ok(given <= 65536 + 3 * STREAM_HIGH_WATER,
	    "a writer gets no further than pipe and high water (%zu)", given);
	stream_destroy(s, 0);
	run_loop(loop);
	stream_loop_free(loop);
	close(ends[1]);
}

int
main(void)
{
	modes_begin();
	signal(SIGPIPE, SIG_IGN);
	bytes = make_lines(LEN, 900, 3);
	for (size_t i = 0; i < LEN; i++)
		if (bytes[i] != '\n')
			bytes[i] = (unsigned char)('a' + bytes[i] % 26);
	every_kind();
	killed(KIND_PIPE);
	killed(KIND_FIFO);
	killed(KIND_SOCKET);
	killed(KIND_TTY);
	missing();
	own_descriptors();
	paths();
	stdio_again();
	not_read_ahead();
	holds_the_writer();
	free(bytes);
	return modes_done();
}
