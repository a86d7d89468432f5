/* SPDX-License-Identifier: ISC */
/*
 * backward.h - the records of a file, the last one first
 *
 * The file is read in blocks from its end.  What is held is a block and the
 * record that is being looked for.
 */
#ifndef REVERSE_BACKWARD_H
#define REVERSE_BACKWARD_H

#include <stddef.h>
#include <sys/types.h>

#include "reverse/separator.h"

#define BACKWARD_BLOCK ((size_t)128 * 1024)

struct backward {
	const struct separator *separator;
	int fd; /* of the file, or -1: all of it is in buf */
	size_t block; /* to read at once */
	off_t before; /* how much of the file comes before the text */
	unsigned char *buf;
	size_t room; /* of buf, if it is ours */
	struct text text; /* where in buf separators are looked for */
	size_t past; /* text->bytes that were not given out end here */
};

/* A record, with its separator; good until the next is asked for. */
struct record {
	const unsigned char *bytes;
	size_t len;
};

/*
 * The records of fd, which has size bytes or fewer, by blocks of block bytes;
 * or of bytes that are in memory.  Both stay the caller's.  Return 0, or a
 * negated errno value; backward_done() in any case.
 */
int backward_fd(struct backward *b, const struct separator *separator, int fd,
    off_t size, size_t block);
void backward_memory(struct backward *b, const struct separator *separator,
    unsigned char *bytes, size_t len);
void backward_done(struct backward *b);

/*
 * Returns 1, 0 after the first record, or a negated errno value: -ENODATA if
 * the file became shorter meanwhile.
 */
int backward_next(struct backward *b, struct record *record);

#endif
