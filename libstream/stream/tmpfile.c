/* SPDX-License-Identifier: ISC */
/*
 * tmpfile.c - files that have no name yet, or one that says so
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/io.h"
#include "libstream.h"
#include "stream/tmpfile.h"

#define TRIES 100

int
tmpfile_nameless(int dir, mode_t mode)
{
#ifdef O_TMPFILE
	return io_openat(dir, ".", O_TMPFILE | O_RDWR, mode);
#else
	(void)dir, (void)mode;
	return -EOPNOTSUPP;
#endif
}

/* Not secret, only different: O_EXCL guards against what is there. */
static uint64_t
differ(void)
{
	static atomic_uint count;
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return ((uint64_t)getpid() << 40) ^ ((uint64_t)ts.tv_nsec << 10) ^
	    (uint64_t)ts.tv_sec ^ atomic_fetch_add(&count, 1);
}

int
tmpfile_name(char *name, size_t len, const char *base)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	uint64_t n = differ();
	char suffix[13];

	for (size_t i = 0; i < sizeof(suffix) - 1; i++, n >>= 5)
		suffix[i] = digits[n & 31];
	suffix[sizeof(suffix) - 1] = '\0';
	/* A name as long as can be leaves room for the suffix. */
	if (snprintf(name, len, ".%.200s.%s", base, suffix) >= (int)len)
		return -ENAMETOOLONG;
	return 0;
}

int
tmpfile_named(int dir, char *name, size_t len, const char *base, mode_t mode)
{
	int r = -EEXIST;

	for (int i = 0; i < TRIES && r == -EEXIST; i++) {
		r = tmpfile_name(name, len, base);
		if (r < 0)
			return r;
		r = io_openat(dir, name, O_RDWR | O_CREAT | O_EXCL, mode);
	}
	return r;
}

static int
in_folder(const char *path)
{
	int dir = io_open(path, O_RDONLY | O_DIRECTORY, 0);
	char name[TMPFILE_NAME];
	int fd;

	if (dir < 0)
		return dir;
	fd = tmpfile_nameless(dir, 0600);
	if (fd < 0) {
		fd = tmpfile_named(dir, name, sizeof(name), "stream", 0600);
		if (fd >= 0 && unlinkat(dir, name, 0) < 0) {
			int error = errno;
			(void)io_close(fd);
			fd = -error;
		}
	}
	(void)io_close(dir);
	return fd;
}

int
stream_tmpfile(const char *dir)
{
	const char *set = getenv("TMPDIR");
	int fd = -ENOENT;

	if (dir != NULL)
		return in_folder(dir);
	if (set != NULL && set[0] != '\0')
		fd = in_folder(set);
	return fd < 0 ? in_folder("/tmp") : fd;
}
