/* SPDX-License-Identifier: ISC */
/*
 * utf8.c - find characters, and put them in the opposite order
 */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "reverse/utf8.h"

#define WORD sizeof(uint64_t)
#define HIGH_BITS UINT64_C(0x8080808080808080)

size_t
utf8_len(const unsigned char *p, size_t n)
{
	unsigned char lead = p[0];
	unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
	size_t len;

	if (lead < 0xc2 || lead > 0xf4)
		return 1;
	len = 2 + (size_t)(lead >= 0xe0) + (size_t)(lead >= 0xf0);
	if (n < len || p[1] < low || p[1] > high)
		return 1;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 1;
	return len;
}

size_t
utf8_boundary(const unsigned char *p, size_t n, size_t at)
{
	for (size_t back = 1; back <= 3 && back <= at; back++)
		if (utf8_len(p + at - back, n - (at - back)) > back)
			return at - back;
	return at;
}

/* Compilers know this for what it is: one instruction. */
static uint64_t
swap_bytes(uint64_t w)
{
	w = (w & UINT64_C(0x00ff00ff00ff00ff)) << 8 |
	    (w >> 8 & UINT64_C(0x00ff00ff00ff00ff));
	w = (w & UINT64_C(0x0000ffff0000ffff)) << 16 |
	    (w >> 16 & UINT64_C(0x0000ffff0000ffff));
	return w << 32 | w >> 32;
}

/*
 * Reverse the ASCII that n bytes begin with, so that it ends at end, by whole
 * words as long as there are any.  Returns how many bytes that was.
 */
static size_t
reverse_ascii(unsigned char *end, const unsigned char *in, size_t n)
{
	size_t i = 0;
	uint64_t w;

	while (n - i >= WORD) {
		memcpy(&w, in + i, WORD);
		if (w & HIGH_BITS)
			break;
		w = swap_bytes(w);
		i += WORD;
		memcpy(end - i, &w, WORD);
	}
	for (; i < n && in[i] < 0x80; i++)
		*(end - i - 1) = in[i];
	return i;
}

void
utf8_reverse(unsigned char *out, const unsigned char *in, size_t n)
{
	unsigned char *end = out + n;
	size_t len;

	while (n > 0) {
		if (*in < 0x80) {
			len = reverse_ascii(end, in, n);
			end -= len;
		} else {
			len = utf8_len(in, n);
			end -= len;
			for (size_t i = 0; i < len; i++)
				end[i] = in[i];
		}
		in += len;
		n -= len;
	}
}
