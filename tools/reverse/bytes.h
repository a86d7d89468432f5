/* SPDX-License-Identifier: ISC */
/* bytes.h - what some C libraries lack of string.h */
#ifndef REVERSE_BYTES_H
#define REVERSE_BYTES_H

#include <string.h>

/* The last byte c of the n at p, or NULL. */
static inline const unsigned char *
last_byte(const unsigned char *p, int c, size_t n)
{
#ifdef HAVE_MEMRCHR
	return memrchr(p, c, n);
#else
	while (n > 0)
		if (p[--n] == c)
			return p + n;
	return NULL;
#endif
}

#endif
