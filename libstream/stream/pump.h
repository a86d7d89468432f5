/* SPDX-License-Identifier: ISC */
/*
 * pump.h - the machine of a stream, and the ends that stream.c gives it
 */
#ifndef STREAM_PUMP_H
#define STREAM_PUMP_H

#include "stream/internal.h"

void pump_init(struct stream *s);
struct stream *pump_of_closer(struct task *task);

/* stream.c */
void stream_close_now(struct task *task);
void stream_abandon(struct loop_handle *handle);

#endif
