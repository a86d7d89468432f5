/* SPDX-License-Identifier: ISC */
/*
 * fd.h - what a stream on a descriptor is made of
 */
#ifndef STREAM_FD_H
#define STREAM_FD_H

#include "core/io.h"
#include "stream/internal.h"

struct fd_stream {
	struct stream *stream;
	struct io io; /* fd -1: closed */
	struct watch in;
	struct watch out;
	bool keep_open; /* it is not ours to close */

	/* In place of closing, when all is written; and at the very end. */
	int (*commit)(struct fd_stream *f);
	void (*discard)(struct fd_stream *f);
	/* In place of the end, when the input has ended; may push it later. */
	int (*at_eof)(struct fd_stream *f);
	void *extra;
};

/* Close now, checked; a descriptor that is closed or kept is fine. */
int fd_stream_close(struct fd_stream *f);

#endif
