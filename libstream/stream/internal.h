/* SPDX-License-Identifier: ISC */
/*
 * internal.h - what the files of this folder know of each other
 *
 * A stream is two queues and a pump.  Whatever changes the state of a stream
 * schedules its pump, which runs in the pending phase and moves what can be
 * moved; what a source is asked for is asked in the poll phase, when all that
 * was read before has been passed on as far as it goes.
 */
#ifndef STREAM_INTERNAL_H
#define STREAM_INTERNAL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/chunk.h"
#include "core/loop.h"
#include "libstream.h"

struct io;
struct link;

struct written {
	struct written *next;
	uint64_t at; /* due when so many bytes have been taken */
	void (*fn)(int code, void *arg);
	void *arg;
};

struct stream {
	struct loop_handle handle;
	struct stream_loop *loop;
	struct stream_ops ops;
	void *self;
	char *name;
	char *separator; /* records */
	size_t scanned; /* records: so much of the next has no separator */
	size_t high_water;

	/* what it is */
	bool reads;
	bool writes;
	bool transforms;

	/* the readable side */
	struct queue in;
	bool flowing;
	bool paused; /* by the user: asking for data does not undo it */
	bool asked_to_read; /* stream_read() was called, or readable set */
	bool need_readable;
	bool reading; /* ops.read is at it */
	bool push_ended;
	int end_code; /* not 0: the end is a failure, */
	char *end_text; /* and this is why */
	bool ended;

	/* the writable side */
	struct queue out;
	uint64_t put; /* bytes written to it */
	uint64_t taken; /* bytes it has taken */
	struct written *writtens; /* in order */
	size_t want; /* stream_want() */
	bool partial; /* the first slice of out was taken in part */
	bool need_drain;
	bool blocked; /* -EAGAIN: until stream_ready() */
	bool write_ended;
	bool flushed;
	bool finished;

	/* the end */
	bool destroyed;
	bool failed;
	bool handled; /* somebody was told of the failure */
	struct stream_error error;
	char *error_text;

	struct stream_events on;
	void *on_arg;
	struct task pump; /* pending */
	struct task reader; /* poll */
	struct task closer; /* close */
	int64_t waiting; /* id of the timer of stream_wait() */
	const struct slice *current; /* what transform was given */

	struct link *sinks; /* links from here */
	struct link *sources; /* links to here */
	struct io *io; /* a stream on a descriptor */

	/* Told last, after close: the pipeline it is in, the child it is of. */
	void (*closed)(struct stream *s, void *arg);
	void *closed_arg;
	void (*told)(struct stream *s, void *arg);
	void *told_arg;
};

/* Run the pump in the pending phase. */
void stream_schedule(struct stream *s);

/* A stream that has failed already; all of path is in the text. */
struct stream *stream_failed(struct stream_loop *loop, const char *name,
    bool reads, bool writes, int code);

/* error.c: keep the first error; name and code make the text if fmt is NULL */
void stream_set_error(struct stream *s, int code, const char *fmt, va_list args)
    STREAM_PRINTF(3, 0);
void stream_copy_error(struct stream *s, const struct stream_error *error);

/* Is all that it waits for its own next call?  Then that may block. */
bool stream_may_block_reading(const struct stream *s);
bool stream_may_block_writing(const struct stream *s);

/* One more slice to be written; as stream_write(). */
int stream_write_slice(struct stream *s, const struct slice *slice);
bool stream_is_full(const struct stream *s); /* above high water, writing */
/* Bytes went from source to sink past both queues. */
void stream_count_moved(struct stream *s, size_t len);

/* record.c */
ssize_t record_transform(
    struct stream *s, const void *bytes, size_t len, int last);

/* fd.c: call the reader again when there is input, or room in sink. */
int fd_await_input(struct stream *s);
int fd_await_room(struct stream *sink);
struct stream *fd_stream_new(struct stream_loop *loop, int fd, const char *name,
    int accmode, bool own, bool keep_open);

/* pipe.c: what the pump of a source does with its links. */
bool links_ready(struct stream *src); /* none is waited for */
/* How much of want may pass now; 0: the pump is called again. */
size_t links_allow(struct stream *src, size_t want);
void links_give(struct stream *src, const struct slice *slice);
void links_end(struct stream *src);
void links_drained(struct stream *dst); /* tell the sources */
void links_cut(struct stream *s); /* it is being destroyed */
void links_leave_sources(struct stream *s); /* it takes no more */
/* The source of the one link that leads here, or NULL. */
const struct stream *links_only_source(const struct stream *s);
/* Move without looking: true if that is what was, or is to be, done. */
bool links_move(struct stream *src);

#endif
