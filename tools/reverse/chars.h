/* SPDX-License-Identifier: ISC */
/*
 * chars.h - a stream that reverses the characters of each record
 */
#ifndef REVERSE_CHARS_H
#define REVERSE_CHARS_H

#include "libstream.h"

/*
 * A Transform.  Records end with the byte separator, which stays where it is;
 * a last record without one gets none.
 */
struct stream *chars_new(struct stream_loop *loop, char separator);

#endif
