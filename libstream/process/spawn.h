/* SPDX-License-Identifier: ISC */
/*
 * spawn.h - starting a process, and hearing of its end
 */
#ifndef PROCESS_SPAWN_H
#define PROCESS_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/loop.h"
#include "libstream.h"

/*
 * Start spawn->file with the descriptors of fds, in which parent is always one
 * of ours.  extra is a list of more "NAME=value" of its environment, or NULL.
 * 0 with *pid, or a negated errno value: then no process is left.
 */
int spawn_process(const struct stream_spawn *spawn,
    const struct stream_fdmap *fds, size_t nfds, const char *const *extra,
    pid_t *pid);

/* Watches one process, until it has ended. */
struct reaper {
	struct stream_loop *loop;
	pid_t pid; /* 0: it has ended */
	int pidfd; /* -1: SIGCHLD tells */
	struct watch watch;
	struct reaper *next; /* of those that SIGCHLD is for */
	/* Once: how it ended, as in stream_child_events. */
	void (*ended)(struct reaper *r, int status, int signo);
};

/* weak: the loop does not live on for it. */
int reaper_start(
    struct reaper *r, struct stream_loop *loop, pid_t pid, bool weak);
/* Stop watching; the process goes on. */
void reaper_stop(struct reaper *r);
int reaper_kill(const struct reaper *r, int signo);

#endif
