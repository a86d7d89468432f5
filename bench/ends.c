/* SPDX-License-Identifier: ISC */
/*
 * ends.c - the two ends of a pipeline that is measured, as cheap as can be
 *
 *	ends give <FILE	what the file holds, into a pipe
 *	ends take	whatever comes, and forget it
 *
 * With splice(2) where there is one: no byte is copied, so that what is
 * measured is what stands between.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define AT_ONCE ((size_t)1 << 20)

static int
put(const char *bytes, size_t len, int fd)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
copy(int from, int to)
{
	static char buf[65536];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (put(buf, (size_t)n, to) < 0)
			return -1;
	return (int)n;
}

/* 1: refused at once, so nothing has been moved. */
static int
move(int from, int to)
{
#ifdef SPLICE_F_MOVE
	ssize_t n = splice(from, NULL, to, NULL, AT_ONCE, 0);

	if (n < 0 && errno == EINVAL)
		return 1;
	while (n > 0)
		n = splice(from, NULL, to, NULL, AT_ONCE, 0);
	return (int)n;
#else
	(void)from, (void)to;
	return 1;
#endif
}

int
main(int argc, char *argv[])
{
	int from = STDIN_FILENO;
	int to = STDOUT_FILENO;
	int r;

	if (argc != 2) {
		fprintf(stderr, "usage: ends give|take\n");
		return 2;
	}
	if (strcmp(argv[1], "take") == 0)
		to = open("/dev/null", O_WRONLY);
	r = move(from, to);
	if (r > 0)
		r = copy(from, to);
	if (r < 0)
		fprintf(stderr, "ends: %s\n", strerror(errno));
	return r < 0;
}
