/* SPDX-License-Identifier: ISC */
/*
 * fault.c - libfault.so: a kernel that does the worst that it may
 *
 * Preloaded, it stands before the system calls that move data and before
 * malloc, and does by a seed what a kernel under load, an old kernel or a full
 * disk would do.  Nothing that it does is illegal: a program that fails, hangs
 * or loses bytes under it has a bug.
 *
 *	SU_FAULT_PROG=tee,gzip	the programs to be troubled, by name (all)
 *	SU_FAULT_SEED=7		short counts, EINTR, EAGAIN where the call may
 *				not wait, and refusals (0 or none: nothing)
 *	SU_FAULT_KINDS=sieu	which of them: short, intr, again, unsupported
 *	SU_FAULT_ENOSPC=1000	so many bytes fit on regular files and devices
 *				that are written to, then it is full
 *	SU_FAULT_MALLOC=12	the 12th allocation fails
 *
 * A refusal is for ever, as a kernel without the call would do it; but for
 * RWF_NOWAIT, that a neighbour can take away at any time.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* --- What was asked for --------------------------------------------------- */

enum { SHORT = 1, INTR = 2, AGAIN = 4, UNSUPPORTED = 8 };

static struct {
	unsigned kinds;
	_Atomic uint64_t state;
	atomic_long space; /* -1: without end */
	atomic_long until_malloc_fails; /* 0: never */
	bool no_splice, no_preadv2, no_pwritev2, no_copy_range;
} fault = { .space = -1 };

static uint64_t
mixed(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9u;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* A number from 0 to below; threads get what is next. */
static uint32_t
pick(uint32_t below)
{
	uint64_t x = atomic_fetch_add(&fault.state, 0x9e3779b97f4a7c15u);

	return (uint32_t)(mixed(x) >> 32) % below;
}

static bool
is_meant(const char *names)
{
	const char *own = program_invocation_short_name;
	size_t n = strlen(own);

	for (; names != NULL; names = strchr(names, ',')) {
		names += *names == ',';
		if (strncmp(names, own, n) == 0 &&
		    (names[n] == ',' || names[n] == '\0'))
			return true;
	}
	return false;
}

static long
number_in(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? atol(text) : otherwise;
}

static unsigned
kinds_in(const char *letters)
{
	unsigned kinds = 0;

	kinds |= strchr(letters, 's') ? SHORT : 0;
	kinds |= strchr(letters, 'i') ? INTR : 0;
	kinds |= strchr(letters, 'e') ? AGAIN : 0;
	kinds |= strchr(letters, 'u') ? UNSUPPORTED : 0;
	return kinds;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *names = getenv("SU_FAULT_PROG");
	const char *letters = getenv("SU_FAULT_KINDS");
	long seed = number_in("SU_FAULT_SEED", 0);

	if (names && *names && !is_meant(names))
		return;
	atomic_store(&fault.state, mixed((uint64_t)seed + 1));
	fault.space = number_in("SU_FAULT_ENOSPC", -1);
	fault.until_malloc_fails = number_in("SU_FAULT_MALLOC", 0);
	if (seed == 0)
		return;
	fault.kinds = kinds_in(letters ? letters : "sieu");
	if (fault.kinds & UNSUPPORTED) {
		fault.no_splice = pick(2);
		fault.no_preadv2 = pick(3) == 0;
		fault.no_pwritev2 = pick(3) == 0;
		fault.no_copy_range = pick(2);
	}
}

/* The real one. */
#define REAL(name)                     \
	static __typeof__(name) *real; \
	if (real == NULL)              \
	real = (__typeof__(name) *)(uintptr_t)dlsym(RTLD_NEXT, #name)

static bool
fails_with(int error)
{
	errno = error;
	return true;
}

static bool
interrupted(void)
{
	return (fault.kinds & INTR) && pick(4) == 0 && fails_with(EINTR);
}

/* may: such a call may say so at any time. */
static bool
must_wait(bool may)
{
	return may && (fault.kinds & AGAIN) && pick(4) == 0 &&
	    fails_with(EAGAIN);
}

static bool
may_say_again(int fd)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || !(flags & O_NONBLOCK) || fstat(fd, &st) < 0)
		return false;
	return !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode);
}

/* A file is only cut short where a signal may: in whole; pipes anywhere. */
static size_t
shortened(size_t len)
{
	if (!(fault.kinds & SHORT) || len < 2 || pick(2))
		return len;
	return 1 +
	    pick(pick(4) ? 16 : (uint32_t)(len < 65536 ? len : 65536)) % len;
}

/* How much of len still fits, for what can be full. */
static bool
is_full(int fd, size_t *len)
{
	struct stat st;
	long had;

	if (atomic_load(&fault.space) < 0 || *len == 0)
		return false;
	if (fd <= 2 && fd != 1)
		return false;
	if (fstat(fd, &st) < 0 || S_ISSOCK(st.st_mode))
		return false;
	had = atomic_load(&fault.space);
	if (had == 0)
		return fails_with(ENOSPC);
	if (*len > (size_t)had)
		*len = (size_t)had;
	return false;
}

static ssize_t
filled(ssize_t n)
{
	if (n > 0 && atomic_load(&fault.space) > 0)
		atomic_fetch_sub(&fault.space, n);
	return n;
}

/* --- Reading -------------------------------------------------------------- */

EXPORT ssize_t
read(int fd, void *buf, size_t len)
{
	REAL(read);

	if (interrupted() || must_wait(may_say_again(fd)))
		return -1;
	return real(fd, buf, shortened(len));
}

/* The first iov, cut short, or all of them. */
static int
shorten_iov(const struct iovec *iov, int count, struct iovec *one)
{
	if (count < 1 || iov->iov_len == 0)
		return count;
	*one = *iov;
	one->iov_len = shortened(iov->iov_len);
	return one->iov_len < iov->iov_len ? 1 : count;
}

EXPORT ssize_t
readv(int fd, const struct iovec *iov, int count)
{
	struct iovec one;
	REAL(readv);

	if (interrupted() || must_wait(may_say_again(fd)))
		return -1;
	if (shorten_iov(iov, count, &one) == 1 && count >= 1)
		return real(fd, &one, 1);
	return real(fd, iov, count);
}

static bool
refused(bool always, bool nowait)
{
	if (always)
		return fails_with(pick(2) ? ENOSYS : EOPNOTSUPP);
	return nowait && (fault.kinds & UNSUPPORTED) && pick(500) == 0 &&
	    fails_with(EOPNOTSUPP);
}

EXPORT ssize_t
preadv2(int fd, const struct iovec *iov, int count, off_t offset, int flags)
{
	bool nowait = (flags & RWF_NOWAIT) != 0;
	struct iovec one;
	REAL(preadv2);

	if (refused(fault.no_preadv2, nowait) || interrupted() ||
	    must_wait(nowait))
		return -1;
	if (shorten_iov(iov, count, &one) == 1 && count >= 1)
		return real(fd, &one, 1, offset, flags);
	return real(fd, iov, count, offset, flags);
}

EXPORT ssize_t
pread(int fd, void *buf, size_t len, off_t offset)
{
	REAL(pread);

	if (interrupted())
		return -1;
	return real(fd, buf, shortened(len), offset);
}

#undef pread64
EXPORT ssize_t pread64(int fd, void *buf, size_t len, off_t offset);
EXPORT ssize_t
pread64(int fd, void *buf, size_t len, off_t offset)
{
	return pread(fd, buf, len, offset);
}

EXPORT ssize_t
recv(int fd, void *buf, size_t len, int flags)
{
	REAL(recv);

	if (interrupted() ||
	    must_wait((flags & MSG_DONTWAIT) || may_say_again(fd)))
		return -1;
	return real(fd, buf, shortened(len), flags);
}

/* --- Writing -------------------------------------------------------------- */

EXPORT ssize_t
write(int fd, const void *buf, size_t len)
{
	REAL(write);

	/* A single byte is let in: a pipe with room may not refuse it. */
	if (interrupted() || must_wait(len > 1 && may_say_again(fd)) ||
	    is_full(fd, &len))
		return -1;
	return filled(real(fd, buf, shortened(len)));
}

EXPORT ssize_t
writev(int fd, const struct iovec *iov, int count)
{
	struct iovec one;
	size_t room = count > 0 ? iov->iov_len : 0;
	REAL(writev);

	if (interrupted() || must_wait(may_say_again(fd)) || is_full(fd, &room))
		return -1;
	count = shorten_iov(iov, count, &one) == 1 && count >= 1 ? 1 : count;
	if (atomic_load(&fault.space) < 0 && count != 1)
		return real(fd, iov, count);
	if (atomic_load(&fault.space) >= 0)
		one = (struct iovec) { iov->iov_base, shortened(room) };
	return filled(real(fd, &one, 1));
}

EXPORT ssize_t
pwritev2(int fd, const struct iovec *iov, int count, off_t offset, int flags)
{
	bool nowait = (flags & RWF_NOWAIT) != 0;
	struct iovec one;
	size_t room = count > 0 ? iov->iov_len : 0;
	REAL(pwritev2);

	if (refused(fault.no_pwritev2, nowait) || interrupted() ||
	    must_wait(nowait) || is_full(fd, &room))
		return -1;
	if (atomic_load(&fault.space) >= 0) {
		one = (struct iovec) { iov->iov_base, shortened(room) };
		return filled(real(fd, &one, 1, offset, flags));
	}
	if (shorten_iov(iov, count, &one) == 1 && count >= 1)
		return real(fd, &one, 1, offset, flags);
	return real(fd, iov, count, offset, flags);
}

EXPORT ssize_t
pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	REAL(pwrite);

	if (interrupted() || is_full(fd, &len))
		return -1;
	return filled(real(fd, buf, shortened(len), offset));
}

#undef pwrite64
EXPORT ssize_t pwrite64(int fd, const void *buf, size_t len, off_t offset);
EXPORT ssize_t
pwrite64(int fd, const void *buf, size_t len, off_t offset)
{
	return pwrite(fd, buf, len, offset);
}

EXPORT ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct msghdr less = *msg;
	struct iovec one;
	REAL(sendmsg);

	if (interrupted() ||
	    must_wait((flags & MSG_DONTWAIT) || may_say_again(fd)))
		return -1;
	if (shorten_iov(msg->msg_iov, (int)msg->msg_iovlen, &one) == 1 &&
	    msg->msg_iovlen >= 1) {
		less.msg_iov = &one;
		less.msg_iovlen = 1;
	}
	return real(fd, &less, flags);
}

/* --- Moving --------------------------------------------------------------- */

EXPORT ssize_t
splice(
    int in, off_t *in_off, int out, off_t *out_off, size_t len, unsigned flags)
{
	REAL(splice);

	if (fault.no_splice && fails_with(pick(2) ? EINVAL : ENOSYS))
		return -1;
	if (interrupted() || must_wait(flags & SPLICE_F_NONBLOCK) ||
	    is_full(out, &len))
		return -1;
	return filled(real(in, in_off, out, out_off, shortened(len), flags));
}

EXPORT ssize_t
tee(int in, int out, size_t len, unsigned flags)
{
	REAL(tee);

	if (fault.no_splice && fails_with(pick(2) ? EINVAL : ENOSYS))
		return -1;
	if (interrupted() || must_wait(flags & SPLICE_F_NONBLOCK))
		return -1;
	return real(in, out, shortened(len), flags);
}

EXPORT ssize_t
copy_file_range(
    int in, off_t *in_off, int out, off_t *out_off, size_t len, unsigned flags)
{
	REAL(copy_file_range);

	if (fault.no_copy_range && fails_with(pick(2) ? EXDEV : ENOSYS))
		return -1;
	if (interrupted() || is_full(out, &len))
		return -1;
	return filled(real(in, in_off, out, out_off, shortened(len), flags));
}

/* --- Waiting -------------------------------------------------------------- */

EXPORT int
poll(struct pollfd *fds, nfds_t count, int timeout)
{
	REAL(poll);

	if (timeout != 0 && interrupted())
		return -1;
	return real(fds, count, timeout);
}

EXPORT int
ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
    const sigset_t *mask)
{
	REAL(ppoll);

	if (interrupted())
		return -1;
	return real(fds, count, timeout, mask);
}

/* --- Memory --------------------------------------------------------------- */

static bool
no_memory(void)
{
	return atomic_load(&fault.until_malloc_fails) > 0 &&
	    atomic_fetch_sub(&fault.until_malloc_fails, 1) == 1 &&
	    fails_with(ENOMEM);
}

/* glibc's own names: dlsym() itself may allocate. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);

EXPORT void *
malloc(size_t size)
{
	return no_memory() ? NULL : __libc_malloc(size);
}

EXPORT void *
calloc(size_t n, size_t size)
{
	return no_memory() ? NULL : __libc_calloc(n, size);
}

EXPORT void *
realloc(void *old, size_t size)
{
	return no_memory() ? NULL : __libc_realloc(old, size);
}
