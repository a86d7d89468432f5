/* SPDX-License-Identifier: ISC */
/*
 * utf8.h - bytes as characters of UTF-8, whatever the locale
 *
 * A character is a sequence that RFC 3629 allows (no overlong form, no
 * surrogate, nothing above U+10FFFF), or else one byte.  A byte that begins a
 * sequence is never inside another, so where characters begin depends on no
 * more than the three bytes before and after, and not on where one starts to
 * look.
 */
#ifndef REVERSE_UTF8_H
#define REVERSE_UTF8_H

#include <stddef.h>

/* How many bytes the character at p has, of which n > 0 are there: 1 to 4. */
size_t utf8_len(const unsigned char *p, size_t n);

/* The last place at or before at where a character of p begins; at <= n. */
size_t utf8_boundary(const unsigned char *p, size_t n, size_t at);

/* Store the characters of the n bytes at in, last first; no overlap. */
void utf8_reverse(unsigned char *out, const unsigned char *in, size_t n);

#endif
