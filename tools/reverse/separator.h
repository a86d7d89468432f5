/* SPDX-License-Identifier: ISC */
/*
 * separator.h - what parts one record from the next, looked for from the end
 */
#ifndef REVERSE_SEPARATOR_H
#define REVERSE_SEPARATOR_H

#include <stdbool.h>
#include <stddef.h>

struct separator {
	const char *bytes;
	size_t len; /* not 0 */
	bool before; /* it belongs to the record that comes after it */
	void *regex; /* compiled; NULL: the bytes are meant literally */
};

/*
 * Bytes that begin at offset first of a file.  Separators that start at below
 * or later, or end after limit, are not looked for (any more).
 */
struct text {
	const unsigned char *bytes;
	size_t limit;
	size_t below;
	bool first; /* nothing comes before these bytes */
};

struct match {
	size_t start, end;
};

/*
 * Find the separator that starts last.  Returns 1; 0 if there is none, with
 * text->below lowered to the places that have to be tried again when more
 * bytes were put before these; or a negated errno value: -EFBIG if the text is
 * too long for a regular expression.
 */
int separator_find(
    const struct separator *s, struct text *text, struct match *match);

/*
 * Take s->bytes as a regular expression, in the syntax of Emacs and the
 * characters of the locale.  Returns NULL, or what is wrong with it.
 */
const char *separator_compile(struct separator *s);
void separator_free(struct separator *s);

#endif
