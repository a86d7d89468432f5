/* SPDX-License-Identifier: ISC */
/*
 * child.h - what a child is made of
 */
#ifndef PROCESS_CHILD_H
#define PROCESS_CHILD_H

#include "process/spawn.h"
#include "stream/internal.h"

struct child_pipe {
	struct stream_child *child;
	int fd; /* in the child */
	struct stream *stream; /* NULL: closed */
	bool held; /* its end came before the child's */
};

struct stream_child {
	struct loop_handle handle;
	struct stream_loop *loop;
	struct reaper reaper;
	pid_t pid;
	unsigned flags;
	int kill_signal;
	int64_t timer;
	bool started;
	bool ended;
	int status;
	int signo;
	struct stream_child_events on;
	void *arg;
	struct stream_error error; /* that it could not be started */
	char *error_text;
	char *name;
	struct task closer;
	struct stream_channel *channel;
	struct child_pipe *pipes;
	size_t npipes;

	/* exec.c: told instead of the user, and before close. */
	void *owner;
	void (*timed_out)(struct stream_child *c);
	void (*closed)(struct stream_child *c);
	void (*abandoned)(struct stream_child *c); /* with the loop */
};

struct stream_child *child_new(struct stream_loop *loop,
    const struct stream_spawn *spawn, const struct stream_child_events *events,
    void *arg);
/* With one more descriptor, and more of environment, or NULL: for a channel. */
int child_start(struct stream_child *c, const struct stream_spawn *spawn,
    const struct stream_fdmap *more, const char *const *extra);
/* The channel is done with: the child may be, too. */
void child_channel_closed(struct stream_child *c);

/* "exited with status 3" or "killed by signal 9 (Killed)". */
const char *child_fate(char *buf, size_t len, int status, int signo);

#endif
