/* SPDX-License-Identifier: ISC */
/*
 * feed.h - an input whose failure is not that of the pipeline it feeds
 */
#ifndef REVERSE_FEED_H
#define REVERSE_FEED_H

#include "libstream.h"

struct feed {
	struct stream *from, *to; /* NULL once closed */
	int code; /* why from failed, or 0 */
};

/*
 * Pipe from to to.  If from fails, to is ended all the same, so that what was
 * read before is not lost; if to goes, from is destroyed.  f has to last until
 * the loop is over.
 */
void feed_start(struct feed *f, struct stream *from, struct stream *to);

#endif
