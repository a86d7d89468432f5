/* SPDX-License-Identifier: ISC */
/*
 * cluster.c - workers behind one socket
 *
 * A worker here says its number and what it is to every connection, or does
 * what its name says; the test is its own client, on the loopback.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "children.h"
#include "modes.h"
#include "sources.h"
#include "tap.h"

#define MOST 900

static struct stream_loop *loop;

/* --- Workers -------------------------------------------------------------- */

static const char *part;
static struct stream_channel *primary;
static unsigned served;
static int held[MOST];
static unsigned nheld;

/* "3 7\n": who, and how many it has served. */
static void
answer(int fd)
{
	char text[40];
	int n = snprintf(
	    text, sizeof(text), "%u %u\n", stream_worker_id(), ++served);

	(void)stream_write_all(fd, text, (size_t)n);
}

static void
answer_late(void *arg)
{
	int fd = (int)(intptr_t)arg;

	answer(fd);
	close(fd);
}

static void
on_connection(struct stream_channel *ch, int fd, void *arg)
{
	(void)ch, (void)arg;
	if (strcmp(part, "late") == 0) {
		stream_set_timeout(loop, 200 * MILLISECONDS, 0, answer_late,
		    (void *)(intptr_t)fd);
		return;
	}
	answer(fd);
	if (strcmp(part, "hold") == 0) {
		held[nheld++] = fd;
		return;
	}
	close(fd);
	if (strcmp(part, "once") == 0)
		_exit(0);
}

/* Messages go back with the number of who got them. */
static void
on_message(
    struct stream_channel *ch, const char *text, size_t len, int fd, void *arg)
{
	char reply[100];
	int n = snprintf(reply, sizeof(reply), "%u:%.*s", stream_worker_id(),
	    (int)len, text);

	(void)arg;
	stream_send(ch, reply, (size_t)n, fd);
	if (fd >= 0)
		close(fd);
}

static void
on_disconnect(struct stream_channel *ch, void *arg)
{
	(void)ch, (void)arg;
	while (nheld > 0)
		close(held[--nheld]);
}

static int
play(char **argv)
{
	struct stream_worker_events events = {
		.connection = on_connection,
		.message = on_message,
		.disconnect = on_disconnect,
	};

	part = argv[1];
	if (strcmp(part, "die") == 0)
		return 7;
	loop = stream_loop_new();
	primary = stream_worker(loop, &events, NULL);
	if (primary == NULL)
		return 8;
	if (strcmp(part, "stuck") == 0 && stream_worker_id() == 1) {
		/* It has said that it is there, and takes nothing. */
		for (;;)
			pause();
	}
	return run_loop(loop) != 0;
}

/* --- The primary ---------------------------------------------------------- */

static struct {
	struct stream_cluster *cluster;
	unsigned workers;
	unsigned online, exits, errors, closes, messages;
	unsigned seen; /* ids, a bit each */
	unsigned stop_at; /* so many online stop the loop */
	int status, signo, code;
	char text[200];
	char log[400];
	struct sockaddr_in address;
} now;

static void
word(const char *fmt, unsigned id, const char *text)
{
	size_t n = strlen(now.log);

	snprintf(now.log + n, sizeof(now.log) - n, "%s%s%u%s", n ? " " : "",
	    fmt, id, text);
}

static void
saw_online(struct stream_cluster *cl, unsigned id, void *arg)
{
	(void)cl, (void)arg;
	now.online++;
	now.seen |= 1u << id;
	if (now.online == now.stop_at)
		stream_loop_stop(loop);
}

static void
saw_message(struct stream_cluster *cl, unsigned id, const char *text,
    size_t len, int fd, void *arg)
{
	char came[100], seen[10] = "";

	(void)cl, (void)arg;
	now.messages++;
	if (fd >= 0) {
		(void)stream_pread(fd, seen, sizeof(seen) - 1, 0);
		close(fd);
	}
	snprintf(came, sizeof(came), "(%.*s)%s", (int)len, text, seen);
	word("", id, came);
}

static void
saw_exit(
    struct stream_cluster *cl, unsigned id, int status, int signo, void *arg)
{
	(void)cl, (void)id, (void)arg;
	now.exits++;
	now.status = status;
	now.signo = signo;
}

static void
saw_error(
    struct stream_cluster *cl, const struct stream_error *error, void *arg)
{
	(void)cl, (void)arg;
	now.errors++;
	now.code = error->code;
	snprintf(now.text, sizeof(now.text), "%s", error->text);
}

static void
saw_close(struct stream_cluster *cl, void *arg)
{
	(void)cl, (void)arg;
	now.closes++;
	stream_loop_stop(loop);
}

static const struct stream_cluster_events events = {
	.online = saw_online,
	.message = saw_message,
	.exit = saw_exit,
	.error = saw_error,
	.close = saw_close,
};

static int
listen_somewhere(void)
{
	socklen_t len = sizeof(now.address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	now.address = (struct sockaddr_in) { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&now.address, sizeof(now.address)) <
		0 ||
	    listen(fd, 1000) < 0 ||
	    getsockname(fd, (struct sockaddr *)&now.address, &len) < 0)
		_exit(99);
	return fd;
}

static struct stream_cluster_opts
opts_of(const char *name, unsigned workers)
{
	memset(&now, 0, sizeof(now));
	now.workers = workers;
	return (struct stream_cluster_opts) {
		.size = sizeof(struct stream_cluster_opts),
		.worker = player(name, NULL, NULL),
		.workers = workers,
		.listen_fd = listen_somewhere(),
	};
}

static void
begin(const struct stream_cluster_opts *opts)
{
	loop = stream_loop_new();
	now.cluster = stream_cluster_new(loop, opts, &events, NULL);
}

static void
stop_loop(void *arg)
{
	(void)arg;
	stream_loop_stop(loop);
}

/* Let the loop run for so long. */
static void
run_for(uint64_t ns)
{
	int64_t id = stream_set_timeout(loop, ns, 0, stop_loop, NULL);

	run_loop(loop);
	stream_clear(loop, id);
}

/* Until so many in all have come online; ten seconds at most. */
static void
until_online(unsigned all)
{
	now.stop_at = all;
	if (now.online < all)
		run_for(10 * SECONDS);
	now.stop_at = 0;
}

static void
end(uint64_t grace)
{
	if (now.closes == 0)
		stream_cluster_close(now.cluster, grace);
	is_int(run_loop(loop), 0, "the loop ends well");
	is_int(now.closes, 1, "the cluster closes, once");
	stream_loop_free(loop);
}

/* --- Clients -------------------------------------------------------------- */

static int
client(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&now.address, sizeof(now.address)) <
		0)
		_exit(97);
	return fd;
}

struct answers {
	int fds[MOST];
	unsigned n; /* clients */
	unsigned answered; /* with a whole line */
	unsigned twice; /* with more than one */
	unsigned of[33]; /* by worker */
	unsigned most_served; /* the largest second number */
};

static void
connect_all(struct answers *a, unsigned n)
{
	memset(a, 0, sizeof(*a));
	for (a->n = 0; a->n < n; a->n++)
		a->fds[a->n] = client();
}

static bool
is_answered(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) > 0;
}

/* What one has been told so far: true if that is a line or more. */
static bool
read_answer(struct answers *a, int fd)
{
	char text[100];
	unsigned id, count;
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_PEEK);

	if (n <= 0 || memchr(text, '\n', (size_t)n) == NULL)
		return false;
	text[n] = '\0';
	if (sscanf(text, "%u %u", &id, &count) != 2 || id > 32)
		return false;
	a->answered++;
	a->of[id]++;
	a->twice += strchr(text, '\n') != strrchr(text, '\n');
	a->most_served = count > a->most_served ? count : a->most_served;
	return true;
}

static bool
all_answered(struct answers *a)
{
	a->answered = a->twice = a->most_served = 0;
	memset(a->of, 0, sizeof(a->of));
	for (unsigned i = 0; i < a->n; i++)
		read_answer(a, a->fds[i]);
	return a->answered == a->n;
}

/* Serve until all clients have their answer; ten seconds at most. */
static void
serve(struct answers *a)
{
	uint64_t until = clock_now() + 10 * SECONDS;

	while (!all_answered(a) && clock_now() < until)
		run_for(10 * MILLISECONDS);
}

static void
hang_up(struct answers *a)
{
	for (unsigned i = 0; i < a->n; i++)
		close(a->fds[i]);
}

static unsigned
workers_that_answered(const struct answers *a)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 33; i++)
		n += a->of[i] > 0;
	return n;
}

/* --- Who is who ----------------------------------------------------------- */

static void
numbers(void)
{
	struct stream_cluster_opts opts = opts_of("answer", 4);

	is_int(stream_worker_id(), 0, "the primary is no worker");
	loop = stream_loop_new();
	ok(stream_worker(loop, NULL, NULL) == NULL, "and cannot be one");
	stream_loop_free(loop);
	begin(&opts);
	is_int(now.online, 0, "nothing is told before the loop runs");
	until_online(4);
	is_int(now.seen, 2 + 4 + 8 + 16, "workers are 1 to 4");
	for (unsigned id = 1; id <= 4; id++)
		ok(stream_cluster_pid(now.cluster, id) > 0,
		    "worker %u is a process", id);
	is_int(stream_cluster_pid(now.cluster, 0), -1, "there is no worker 0");
	is_int(stream_cluster_pid(now.cluster, 5), -1, "nor a worker 5");
	end(0);
	is_int(now.exits, 4, "all have ended");
	is_int(now.status, 0, "well");
	ok(!has_children(), "none is left");
}

static void
one_per_cpu(void)
{
	struct stream_cluster_opts opts = opts_of("answer", 0);

	begin(&opts);
	until_online(stream_cpus());
	run_for(50 * MILLISECONDS);
	is_int(now.online, stream_cpus(), "a worker for each CPU is the rule");
	end(0);
}

static void
messages(void)
{
	struct stream_cluster_opts opts = opts_of("answer", 2);
	int file = stream_tmpfile(NULL);

	if (stream_write_all(file, "F", 1) < 0)
		_exit(99);
	begin(&opts);
	until_online(2);
	stream_cluster_send(now.cluster, 2, "to two", 6, -1);
	while (now.messages < 1)
		run_for(10 * MILLISECONDS);
	stream_cluster_send(now.cluster, 1, "to one", 6, file);
	while (now.messages < 2)
		run_for(10 * MILLISECONDS);
	is_str(now.log, "2(2:to two) 1(1:to one)F",
	    "a worker gets what is sent to it, and can answer");
	is_int(stream_cluster_send(now.cluster, 3, "x", 1, -1), -ESRCH,
	    "there is nobody else");
	close(file);
	end(0);
}

/* --- Who gets what -------------------------------------------------------- */

static void
spread(const struct answers *a, unsigned *least, unsigned *most)
{
	*least = MOST;
	*most = 0;
	for (unsigned id = 1; id <= 8; id++) {
		*least = a->of[id] < *least ? a->of[id] : *least;
		*most = a->of[id] > *most ? a->of[id] : *most;
	}
}

/* Connections that stay, each made when the one before had its answer. */
static void
round_robin(void)
{
	unsigned each = rounds(10, 100);
	struct stream_cluster_opts opts = opts_of("hold", 8);
	struct answers a = { .n = 0 };
	unsigned least, most;

	begin(&opts);
	until_online(8);
	for (unsigned i = 0; i < 8 * each; i++) {
		a.fds[a.n++] = client();
		while (!is_answered(a.fds[i]))
			run_for(MILLISECONDS / 4);
	}
	all_answered(&a);
	spread(&a, &least, &most);
	ok(least + 1 >= each && most <= each + 1,
	    "each of 8 workers has its share of %u (%u to %u)", each, least,
	    most);
	is_int(a.most_served, most, "each has counted its own only");
	hang_up(&a);
	end(0);
}

/* The same number at once: who is quicker may have more, but all are served. */
static void
burst(void)
{
	unsigned each = rounds(10, 100);
	struct stream_cluster_opts opts = opts_of("hold", 8);
	struct answers a;
	unsigned least, most;

	begin(&opts);
	until_online(8);
	connect_all(&a, 8 * each);
	serve(&a);
	spread(&a, &least, &most);
	diag("all at once: %u to %u of %u", least, most, each);
	is_int(a.answered, 8 * each, "%u connections at once are answered",
	    8 * each);
	is_int(a.twice, 0, "none twice");
	ok(least > 0, "by all workers");
	hang_up(&a);
	end(0);
}

static void
shared(void)
{
	struct stream_cluster_opts opts = opts_of("answer", 4);
	struct answers a;

	opts.schedule = STREAM_SHARED;
	begin(&opts);
	until_online(4);
	connect_all(&a, 100);
	serve(&a);
	is_int(a.answered, 100, "workers can accept themselves");
	is_int(a.twice, 0, "nobody is answered twice");
	diag("shared: %u %u %u %u", a.of[1], a.of[2], a.of[3], a.of[4]);
	hang_up(&a);
	connect_all(&a, 5);
	end(0);
	all_answered(&a);
	is_int(a.answered, 5, "who was let in before the end is served");
	hang_up(&a);
}

static void
spreads(void)
{
	struct stream_cluster_opts opts = opts_of("answer", 2);
	struct answers a;

	begin(&opts);
	connect_all(&a, 40);
	serve(&a);
	is_int(a.answered, 40, "who came before there was a worker is served");
	hang_up(&a);
	until_online(2);
	connect_all(&a, 40);
	serve(&a);
	is_int(a.answered, 40, "who comes later too");
	is_int(workers_that_answered(&a), 2, "by more than one");
	hang_up(&a);
	end(0);
}

/* --- Ends ----------------------------------------------------------------- */

static void
killed(void)
{
	struct stream_cluster_opts opts = opts_of("answer", 3);
	struct answers a;

	begin(&opts);
	until_online(3);
	kill(stream_cluster_pid(now.cluster, 2), SIGKILL);
	while (now.exits < 1)
		run_for(10 * MILLISECONDS);
	is_int(now.signo, SIGKILL, "a worker that is killed is told");
	run_for(50 * MILLISECONDS);
	is_int(now.exits, 1, "once");
	is_int(now.online, 3, "nobody takes its place if that was not asked");
	is_int(stream_cluster_pid(now.cluster, 2), -1, "it is not there");
	is_int(stream_cluster_send(now.cluster, 2, "x", 1, -1), -ESRCH,
	    "and hears nothing");
	connect_all(&a, 20);
	serve(&a);
	is_int(a.answered, 20, "the others go on");
	is_int(a.of[2], 0, "without it");
	hang_up(&a);
	end(0);
}

static void
respawned(void)
{
	struct stream_cluster_opts opts = opts_of("answer", 2);
	pid_t was;

	opts.respawn = 1;
	begin(&opts);
	until_online(2);
	was = stream_cluster_pid(now.cluster, 1);
	kill(was, SIGKILL);
	until_online(3);
	is_int(now.online, 3, "a worker that ended is replaced");
	ok(stream_cluster_pid(now.cluster, 1) > 0 &&
		stream_cluster_pid(now.cluster, 1) != was,
	    "by another of the same number");
	end(0);
	is_int(now.errors, 0, "without an error");
}

static void
given_up(void)
{
	struct stream_cluster_opts opts = opts_of("die", 1);
	uint64_t begun = clock_now();

	opts.respawn = 1;
	begin(&opts);
	run_for(10 * SECONDS);
	is_int(now.exits, 5, "one that cannot live is started five times");
	is_int(now.status, 7, "and its status told");
	is_int(now.errors, 1, "then there is an error");
	ok(now.code < 0 && now.text[0] != '\0', "with a text (%s)", now.text);
	is_int(now.closes, 1, "and the cluster, which has nobody, closes");
	ok(clock_now() - begun > 500 * MILLISECONDS,
	    "it was not started over and over without a pause (%u ms)",
	    (unsigned)((clock_now() - begun) / MILLISECONDS));
	stream_loop_free(loop);
}

static void
not_started(void)
{
	struct stream_cluster_opts opts = opts_of("answer", 2);

	opts.worker.file = "/nonexistent/worker";
	begin(&opts);
	run_for(10 * SECONDS);
	is_int(now.errors, 2, "workers that cannot be started are errors");
	is_int(now.code, -ENOENT, "of the right kind");
	is_int(now.closes, 1, "and the cluster closes");
	stream_loop_free(loop);
}

/* The first takes nothing of what it is given, and is killed then. */
static void
not_taken(void)
{
	struct stream_cluster_opts opts = opts_of("stuck", 2);
	struct answers a;

	begin(&opts);
	until_online(2);
	connect_all(&a, 10);
	run_for(100 * MILLISECONDS);
	all_answered(&a);
	is_int(a.answered, 9, "one waits for a worker that does not answer");
	kill(stream_cluster_pid(now.cluster, 1), SIGKILL);
	serve(&a);
	is_int(a.answered, 10, "when that has died another takes it");
	is_int(a.of[2], 10, "so that all are served");
	is_int(a.twice, 0, "once");
	hang_up(&a);
	end(0);
}

/* Each takes one, answers and leaves at once: what was taken is not given
 * away again. */
static void
taken(void)
{
	struct stream_cluster_opts opts = opts_of("once", 8);
	struct answers a;

	begin(&opts);
	until_online(8);
	connect_all(&a, 8);
	serve(&a);
	run_for(50 * MILLISECONDS);
	all_answered(&a);
	is_int(a.answered, 8, "workers that leave after an answer");
	is_int(a.twice, 0, "leave no connection that they took to another");
	is_int(workers_that_answered(&a), 8, "each has its own");
	hang_up(&a);
	end(0);
}

static void
graceful(void)
{
	struct stream_cluster_opts opts = opts_of("late", 2);
	struct answers a;
	uint64_t begun;
	int fd;

	begin(&opts);
	until_online(2);
	connect_all(&a, 6);
	run_for(20 * MILLISECONDS);
	begun = clock_now();
	end(10 * SECONDS);
	all_answered(&a);
	is_int(a.answered, 6, "who closes lets what was begun be finished");
	is_int(now.status, 0, "and the workers leave by themselves");
	is_int(now.signo, 0, "without a signal");
	ok(clock_now() - begun < 5 * SECONDS, "as soon as they can");
	hang_up(&a);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ok(connect(fd, (struct sockaddr *)&now.address, sizeof(now.address)) <
		0,
	    "nobody listens any more");
	close(fd);
}

static void
grace(void)
{
	struct stream_cluster_opts opts = opts_of("stuck", 1);
	uint64_t begun;

	begin(&opts);
	until_online(1);
	begun = clock_now();
	end(200 * MILLISECONDS);
	is_int(now.signo, SIGKILL, "who does not leave in time is killed");
	ok(clock_now() - begun < 5 * SECONDS, "then (%u ms)",
	    (unsigned)((clock_now() - begun) / MILLISECONDS));
}

static void
loop_freed(void)
{
	struct stream_cluster_opts opts = opts_of("answer", 2);

	begin(&opts);
	until_online(2);
	stream_loop_free(loop);
	is_int(now.closes, 0, "who frees the loop is told nothing more");
	while (waitpid(-1, NULL, 0) > 0)
		;
	ok(!has_children(), "the workers notice, and leave");
}

int
main(int argc, char *argv[])
{
	unsigned before;

	if (argc > 1)
		return play(argv);
	before = open_fds();
	modes_begin();
	numbers();
	one_per_cpu();
	messages();
	round_robin();
	burst();
	shared();
	spreads();
	killed();
	respawned();
	if (getenv("TAP_FROM") == NULL)
		given_up(); /* once: it is a second and a half of pauses */
	not_started();
	not_taken();
	taken();
	graceful();
	grace();
	loop_freed();
	is_int(open_fds(), before, "no descriptor is left");
	ok(!has_children(), "nor any child");
	return modes_done();
}
