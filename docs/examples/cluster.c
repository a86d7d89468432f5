/* SPDX-License-Identifier: ISC */
/*
 * cluster.c - four workers behind one port
 *
 * Workers and primary are the same program: who has a worker's id is one.
 * Each worker answers with its id.  The primary is the client too: it connects
 * eight times, one after the other, and counts who has answered.
 */
#include <arpa/inet.h>
#include <libstream.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORKERS 4
#define CLIENTS 8

/* --- A worker --- */

static void
greet(struct stream_channel *primary, int fd, void *loop)
{
	struct stream *client = stream_fd(loop, fd, "client");
	char text[32];

	(void)primary;
	snprintf(text, sizeof text, "worker %u\n", stream_worker_id());
	stream_write(client, text, strlen(text));
	stream_end(client);
	stream_resume(client); /* what it says is not of interest */
}

/* --- The primary, and its clients --- */

struct state {
	struct stream_loop *loop;
	struct stream_cluster *cluster;
	struct sockaddr_in address;
	int online;
	int clients;
	int answers[WORKERS + 1]; /* of each worker */
};

static void connect_one(struct state *st);

static void
answered(struct stream *s, const void *bytes, size_t len, void *arg)
{
	struct state *st = arg;

	(void)s;
	for (const char *c = bytes; len > 0; c++, len--)
		if (*c > '0' && *c <= '0' + WORKERS)
			st->answers[*c - '0']++;
}

static void
closed(struct stream *s, void *arg)
{
	struct state *st = arg;

	(void)s;
	if (++st->clients < CLIENTS)
		connect_one(st);
	else
		stream_cluster_close(st->cluster, 0);
}

static void
connect_one(struct state *st)
{
	struct stream_events events = { .data = answered, .close = closed };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct stream *s;

	if (connect(fd, (struct sockaddr *)&st->address, sizeof st->address) <
	    0)
		perror("connect");
	s = stream_fd(st->loop, fd, "server");
	stream_on(s, &events, st);
	stream_end(s);
}

static void
online(struct stream_cluster *cl, unsigned id, void *arg)
{
	struct state *st = arg;

	(void)cl;
	(void)id;
	if (++st->online == WORKERS)
		connect_one(st);
}

static void
all_ended(struct stream_cluster *cl, void *arg)
{
	struct state *st = arg;

	(void)cl;
	for (int i = 1; i <= WORKERS; i++)
		printf("worker %d answered %d\n", i, st->answers[i]);
	puts("all have ended");
}

/* On a port that the system chooses. */
static int
listen_somewhere(struct sockaddr_in *address)
{
	socklen_t len = sizeof *address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)address, len) < 0 ||
	    listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *)address, &len) < 0)
		perror("listen");
	return fd;
}

static void
be_the_primary(struct state *st, char *argv[])
{
	struct stream_cluster_events events = { .online = online,
		.close = all_ended };
	struct stream_cluster_opts opts = {
		.size = sizeof opts,
		.worker = { .size = sizeof opts.worker,
		    .file = argv[0],
		    .argv = argv },
		.workers = WORKERS,
		.listen_fd = listen_somewhere(&st->address),
	};

	st->cluster = stream_cluster_new(st->loop, &opts, &events, st);
}

int
main(int argc, char *argv[])
{
	struct stream_worker_events events = { .connection = greet };
	struct state st = { .loop = stream_loop_new() };
	int code;

	(void)argc;
	if (stream_worker_id() > 0)
		stream_worker(st.loop, &events, st.loop);
	else
		be_the_primary(&st, argv);
	code = stream_loop_run(st.loop);
	stream_loop_free(st.loop);
	return code < 0;
}
