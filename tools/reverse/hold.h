/* SPDX-License-Identifier: ISC */
/*
 * hold.h - keep a whole stream, where it can be read from its end
 */
#ifndef REVERSE_HOLD_H
#define REVERSE_HOLD_H

#include "libstream.h"

/* More than this goes to a temporary file. */
#define HOLD_MEMORY ((size_t)64 * 1024 * 1024)

struct hold {
	unsigned char *bytes; /* all of it, if fd is -1 */
	size_t len, room;
	int fd; /* of the temporary file that has it, or -1 */
	off_t size;
};

/* A Writable that stores in h what is written.  hold_free() when done. */
struct stream *hold_new(struct stream_loop *loop, struct hold *h);
void hold_free(struct hold *h);

#endif
