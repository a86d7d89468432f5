/* SPDX-License-Identifier: ISC */
/*
 * cut.c - find the next cut
 */
#include "config.h"

#include "cut.h"

/* No cut before the window is new: of zeros each byte would be one. */
static bool
take(struct cutter *c, unsigned char byte)
{
	c->sum += byte;
	c->sum -= c->window[c->at];
	c->window[c->at] = byte;
	c->at = (c->at + 1) % CUT_WINDOW;
	c->since++;
	return c->since >= CUT_WINDOW && c->sum % CUT_EVERY == 0;
}

size_t
cut_next(struct cutter *c, const unsigned char *bytes, size_t len, bool *cut)
{
	*cut = false;
	for (size_t i = 0; i < len; i++) {
		if (!take(c, bytes[i]))
			continue;
		*cut = true;
		c->since = 0;
		return i + 1;
	}
	return len;
}
