/* SPDX-License-Identifier: ISC */
/*
 * lines.h - a stream of the records of a file, the last one first
 */
#ifndef REVERSE_LINES_H
#define REVERSE_LINES_H

#include "libstream.h"
#include "reverse/backward.h"

/*
 * A Readable.  It takes over what b holds.  If the file cannot be read it ends
 * where that is, and leaves the reason in *code.
 */
struct stream *lines_new(
    struct stream_loop *loop, const struct backward *b, int *code);

#endif
