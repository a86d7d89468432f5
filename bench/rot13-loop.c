/* SPDX-License-Identifier: ISC */
/*
 * rot13-loop.c - what docs/examples/rot13.c is measured against: read,
 * translate, write, by hand, with a buffer of the same size
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned char
turn(unsigned char c)
{
	unsigned char letter = (unsigned char)((c | 0x20) - 'a');

	return letter > 25 ? c : (unsigned char)(letter < 13 ? c + 13 : c - 13);
}

static int
put(const unsigned char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

int
main(void)
{
	static unsigned char in[65536];
	static unsigned char out[65536];
	ssize_t n;

	while ((n = read(STDIN_FILENO, in, sizeof(in))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		for (ssize_t i = 0; i < n; i++)
			out[i] = turn(in[i]);
		if (put(out, (size_t)n) < 0) {
			n = -1;
			break;
		}
	}
	if (n < 0)
		fprintf(stderr, "rot13-loop: %s\n", strerror(errno));
	return n < 0;
}
