/* SPDX-License-Identifier: ISC */
/*
 * channel.h - messages over a socket, as the child of it sees them
 */
#ifndef PROCESS_CHANNEL_H
#define PROCESS_CHANNEL_H

#include "libstream.h"

/* Takes the socket fd over; child, if not NULL, is told when it closes. */
struct stream_channel *channel_new(struct stream_loop *loop, int fd,
    const struct stream_channel_events *events, void *arg,
    struct stream_child *child);

/* The lowest number above 2 that the map leaves free. */
int channel_free_number(const struct stream_fdmap *fds, size_t nfds);

/* stream_fork() with more of environment: a list of at most two, or NULL. */
struct stream_child *channel_fork(struct stream_loop *loop,
    const struct stream_spawn *spawn, const struct stream_child_events *events,
    const struct stream_channel_events *messages, void *arg,
    const char *const *more);

#endif
