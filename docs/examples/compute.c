/* SPDX-License-Identifier: ISC */
/*
 * compute.c - a server that answers while a child computes
 *
 * A client that says "compute" wants a sum that takes long.  If the server
 * did it itself, all others would have to wait; so it starts a child (the same
 * program), gets the sum in a message, and has no further use for the child.
 *
 * The two clients are in here too, on pairs of sockets.
 */
#include <libstream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- The child --- */

static void
compute(
    struct stream_channel *ch, const char *text, size_t len, int fd, void *arg)
{
	volatile long long sum = 0; /* each addition is made */
	char answer[32];

	(void)text, (void)len, (void)fd, (void)arg;
	for (long long i = 0; i < 100000000; i++)
		sum += i;
	snprintf(answer, sizeof answer, "%lld", sum);
	stream_send(ch, answer, strlen(answer), -1);
}

/* --- The server --- */

static char *program;

static void
answer(struct stream *client, const char *text, size_t len)
{
	stream_write(client, text, len);
	stream_write(client, "\n", 1);
	stream_end(client);
}

static void
computed(struct stream_channel *ch, const char *text, size_t len, int fd,
    void *client)
{
	(void)fd;
	answer(client, text, len);
	/* It would end by itself, too: */
	stream_disconnect(ch);
}

static void
start_computing(struct stream *client)
{
	char *argv[] = { program, NULL };
	struct stream_spawn spawn = {
		.size = sizeof spawn, .file = program, .argv = argv
	};
	struct stream_channel_events events = { .message = computed };
	struct stream_child *c =
	    stream_fork(stream_loop_of(client), &spawn, NULL, &events, client);

	stream_send(stream_child_channel(c), "\"compute\"", 9, -1);
}

/* A request is so short that it comes in one piece. */
static void
asked(struct stream *client, const void *bytes, size_t len, void *arg)
{
	(void)arg;
	if (len == 7 && memcmp(bytes, "compute", 7) == 0)
		start_computing(client);
	else
		answer(client, "hello", 5);
}

/* --- The clients --- */

static void
answered(struct stream *s, const void *bytes, size_t len, void *name)
{
	(void)s;
	printf("%s: %.*s", (char *)name, (int)len, (const char *)bytes);
}

static void
ask(struct stream_loop *loop, char *request)
{
	struct stream_events server = { .data = asked };
	struct stream_events client = { .data = answered };
	struct stream *s;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		exit(1);
	stream_on(stream_fd(loop, ends[0], "client"), &server, NULL);
	s = stream_fd(loop, ends[1], "server");
	stream_on(s, &client, request);
	stream_write(s, request, strlen(request));
	stream_end(s);
}

int
main(int argc, char *argv[])
{
	static char first[] = "compute", second[] = "anyone there?";
	struct stream_channel_events events = { .message = compute };
	struct stream_loop *loop = stream_loop_new();
	int code;

	(void)argc;
	program = argv[0];
	if (stream_parent(loop, &events, NULL) == NULL) {
		ask(loop, first);
		ask(loop, second);
	}
	code = stream_loop_run(loop);
	stream_loop_free(loop);
	return code < 0;
}
