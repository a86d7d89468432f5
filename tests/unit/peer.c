/* SPDX-License-Identifier: ISC */
/*
 * peer.c - the other side of node: what tests/node.bats starts, or lets node
 * start.  Not a test by itself.
 *
 *	peer echo			child: send back what comes
 *	peer leave			child: two messages, then disconnect
 *	peer listen FILE		child: write what comes to FILE
 *	peer sizes|many|listen-to|dismiss|kill PROGRAM ARG	parent
 *	peer say TEXT PROGRAM ARG	parent: send TEXT first
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libstream.h"

#define MANY 10000

static struct stream_loop *loop;
static struct stream_child *child;
static const char *part;
static int out = STDOUT_FILENO; /* where a child listens to */

static int
usage(void)
{
	(void)fprintf(stderr, "usage: peer part [argument ...]\n");
	return 2;
}

/* --- As a child ----------------------------------------------------------- */

static void
child_message(
    struct stream_channel *ch, const char *text, size_t len, int fd, void *arg)
{
	(void)arg;
	if (fd >= 0)
		close(fd);
	if (strcmp(part, "echo") == 0)
		(void)stream_send(ch, text, len, -1);
	else if (stream_write_all(out, text, len) < 0 ||
	    stream_write_all(out, "\n", 1) < 0)
		exit(1);
}

static void
child_disconnected(
    struct stream_channel *ch, const struct stream_error *error, void *arg)
{
	(void)ch, (void)arg;
	if (strcmp(part, "listen") != 0)
		return;
	if (stream_write_all(out, error ? "error\n" : "gone\n", error ? 6 : 5) <
	    0)
		exit(1);
}

static int
be_child(const char *file)
{
	struct stream_channel_events events = {
		.message = child_message,
		.disconnect = child_disconnected,
	};
	struct stream_channel *parent = stream_parent(loop, &events, NULL);

	if (parent == NULL)
		return 3;
	if (file != NULL)
		out =
		    open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (strcmp(part, "leave") == 0) {
		(void)stream_send(parent, "\"first\"", 7, -1);
		(void)stream_send(parent, "{\"last\":2}", 10, -1);
		stream_disconnect(parent);
	}
	return stream_loop_run(loop) != 0;
}

/* --- As a parent ---------------------------------------------------------- */

static const size_t sizes[] = { 1, 8, 64, 4096, 65536, 1 << 20, 8 << 20 };
static size_t at; /* in sizes */
static unsigned sent, came, wrong;

/* A JSON string of so many letters, and how long that is. */
static char *
word_of(size_t letters, size_t *len)
{
	char *word = malloc(letters + 3);

	if (word == NULL)
		exit(99);
	memset(word, 'x', letters + 2);
	word[0] = word[letters + 1] = '"';
	word[letters + 2] = '\0';
	*len = letters + 2;
	return word;
}

static void
send_size(struct stream_channel *ch)
{
	size_t len;
	char *word = word_of(sizes[at], &len);

	(void)stream_send(ch, word, len, -1);
	free(word);
}

static void
compare_size(struct stream_channel *ch, const char *text, size_t len)
{
	size_t want;
	char *word = word_of(sizes[at], &want);

	printf("%zu %s\n", sizes[at],
	    len == want && memcmp(text, word, len) == 0 ? "same" : "different");
	free(word);
	if (++at < sizeof(sizes) / sizeof(*sizes))
		send_size(ch);
	else
		stream_disconnect(ch);
}

/* As many as there is room for. */
static void
send_many(struct stream_channel *ch, void *arg)
{
	char text[40];
	int r = 1;

	(void)arg;
	while (r == 1 && sent < MANY && strcmp(part, "many") == 0) {
		int n = snprintf(text, sizeof(text), "{\"i\":%u}", sent++);
		r = stream_send(ch, text, (size_t)n, -1);
	}
}

static void
count_many(struct stream_channel *ch, const char *text)
{
	char want[40];

	(void)snprintf(want, sizeof(want), "{\"i\":%u}", came++);
	wrong += strncmp(text, want, strlen(want)) != 0;
	if (came < MANY)
		return;
	printf("%u %s\n", came, wrong ? "in disorder" : "in order");
	stream_disconnect(ch);
}

static void
parent_message(
    struct stream_channel *ch, const char *text, size_t len, int fd, void *arg)
{
	(void)arg;
	if (fd >= 0)
		close(fd);
	if (strcmp(part, "sizes") == 0) {
		compare_size(ch, text, len);
		return;
	}
	if (strcmp(part, "many") == 0) {
		count_many(ch, text);
		return;
	}
	printf("%.*s\n", (int)len, text);
	if (strcmp(part, "dismiss") == 0)
		stream_disconnect(ch);
	if (strcmp(part, "kill") == 0)
		(void)stream_child_kill(child, SIGTERM);
}

static void
parent_disconnected(
    struct stream_channel *ch, const struct stream_error *error, void *arg)
{
	(void)ch, (void)arg;
	if (error != NULL)
		printf("error: %s\n", error->text);
	else if (strcmp(part, "many") != 0)
		printf("disconnect\n");
}

static int ended_with, ended_by;

static void
child_ended(struct stream_child *c, int status, int signo, void *arg)
{
	(void)c, (void)arg;
	ended_with = status;
	ended_by = signo;
}

/* After the end of the channel, whichever was heard of first. */
static void
child_closed(struct stream_child *c, void *arg)
{
	(void)c, (void)arg;
	if (strcmp(part, "many") != 0)
		printf("exit %d %d\n", ended_with, ended_by);
}

static int
be_parent(char *const *argv, const char *text)
{
	struct stream_channel_events messages = {
		.message = parent_message,
		.drain = send_many,
		.disconnect = parent_disconnected,
	};
	struct stream_child_events ends = { .exit = child_ended,
		.close = child_closed };
	struct stream_spawn s = {
		.size = sizeof(s), .file = argv[0], .argv = argv
	};
	struct stream_channel *ch;

	child = stream_fork(loop, &s, &ends, &messages, NULL);
	ch = stream_child_channel(child);
	if (text != NULL)
		(void)stream_send(ch, text, strlen(text), -1);
	if (strcmp(part, "sizes") == 0)
		send_size(ch);
	send_many(ch, NULL);
	return stream_loop_run(loop) != 0;
}

int
main(int argc, char *argv[])
{
	static const char *const children[] = { "echo", "leave", "listen" };
	int r;

	if (argc < 2)
		return usage();
	part = argv[1];
	loop = stream_loop_new();
	for (size_t i = 0; i < sizeof(children) / sizeof(*children); i++)
		if (strcmp(part, children[i]) == 0)
			return be_child(argv[2]);
	if (strcmp(part, "say") == 0 && argc > 3)
		r = be_parent(argv + 3, argv[2]);
	else
		r = argc > 2 ? be_parent(argv + 2, NULL) : usage();
	stream_loop_free(loop);
	return fflush(stdout) == 0 ? r : 1;
}
