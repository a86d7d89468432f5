/* SPDX-License-Identifier: ISC */
/*
 * output.h - standard output
 */
#ifndef REVERSE_OUTPUT_H
#define REVERSE_OUTPUT_H

#include "libstream.h"

/* A Writable on it.  If it is closed, that is an error only of writing. */
struct stream *output_new(struct stream_loop *loop);

#endif
