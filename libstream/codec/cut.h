/* SPDX-License-Identifier: ISC */
/*
 * cut.h - where to cut a stream so that a change in it moves few cuts
 *
 * A cut is made where the sum of the bytes before it has a certain remainder.
 * That depends on these few bytes only: after a change, however long, the cuts
 * fall where they fell before.
 */
#ifndef CODEC_CUT_H
#define CODEC_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CUT_WINDOW = 4096, CUT_EVERY = 16384 };

struct cutter {
	unsigned char window[CUT_WINDOW]; /* the last bytes, as a ring */
	size_t at;
	uint32_t sum; /* of the window */
	size_t since; /* bytes since the last cut */
};

/* How many bytes there are to the next cut, or len and *cut is false. */
size_t cut_next(
    struct cutter *c, const unsigned char *bytes, size_t len, bool *cut);

#endif
