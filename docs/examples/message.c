/* SPDX-License-Identifier: ISC */
/*
 * message.c - a parent and its child send messages to each other
 *
 *	message [PROGRAM [ARGUMENT]...]
 *
 * The child squares the numbers it is sent, and ends when the parent
 * disconnects.  It may be any program that can do that, in any language.
 * Without one it is this program again: who was started with a channel is the
 * child.
 */
#include <libstream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LAST 3

/* The number in {"n":3}: a message is not a string, so copy what is needed. */
static int
number_in(const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len);
	char digits[16] = "";

	if (colon == NULL)
		return 0;
	len -= (size_t)(++colon - text);
	memcpy(digits, colon, len < sizeof digits ? len : sizeof digits - 1);
	return atoi(digits);
}

static void
send_number(struct stream_channel *ch, int n)
{
	char text[32];
	int len = snprintf(text, sizeof text, "{\"n\":%d}", n);

	stream_send(ch, text, (size_t)len, -1);
}

/* --- The child --- */

static void
asked(struct stream_channel *parent, const char *text, size_t len, int fd,
    void *arg)
{
	int n = number_in(text, len);

	(void)arg;
	if (fd >= 0)
		close(fd);
	send_number(parent, n * n);
}

/* --- The parent --- */

static void
answered(struct stream_channel *child, const char *text, size_t len, int fd,
    void *arg)
{
	int *n = arg;

	if (fd >= 0)
		close(fd);
	printf("%d: the child says %.*s\n", *n, (int)len, text);
	if (++*n <= LAST)
		send_number(child, *n);
	else
		stream_disconnect(child);
}

static void
disconnected(
    struct stream_channel *child, const struct stream_error *error, void *arg)
{
	(void)child;
	(void)arg;
	printf("disconnected: %s\n", error == NULL ? "no error" : error->text);
}

static void
ended(struct stream_child *c, int status, int signo, void *arg)
{
	(void)c;
	(void)arg;
	printf("the child ended: status %d, signal %d\n", status, signo);
}

static void
be_the_parent(struct stream_loop *loop, char *argv[], int *n)
{
	struct stream_spawn spawn = {
		.size = sizeof spawn, .file = argv[0], .argv = argv
	};
	struct stream_child_events events = { .exit = ended };
	struct stream_channel_events messages = { .message = answered,
		.disconnect = disconnected };
	struct stream_child *c =
	    stream_fork(loop, &spawn, &events, &messages, n);

	send_number(stream_child_channel(c), *n);
}

int
main(int argc, char *argv[])
{
	struct stream_loop *loop = stream_loop_new();
	struct stream_channel_events events = { .message = asked };
	int n = 1;
	int code;

	if (stream_parent(loop, &events, NULL) == NULL)
		be_the_parent(loop, argc > 1 ? argv + 1 : argv, &n);
	code = stream_loop_run(loop);
	stream_loop_free(loop);
	return code < 0;
}
