/* SPDX-License-Identifier: ISC */
/*
 * replace.c - a file that appears whole when the stream finishes, or not at all
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"
#include "stream/fd.h"
#include "stream/tmpfile.h"

#define MOST_LINKS 40 /* as the kernel's own limit */

struct replacement {
	struct stream_replace_opts opts;
	int dir; /* where the target lies */
	char base[NAME_MAX + 1]; /* its name there */
	char temp[TMPFILE_NAME]; /* ours; empty: none, so far */
	bool existed; /* and was like this: */
	struct stat was;
};

/* --- Where it is to be --- */

/* One step along a symbolic link, in place: 1; 0: it is none. */
static int
follow(char path[PATH_MAX])
{
	char to[PATH_MAX];
	char *slash = strrchr(path, '/');
	size_t dir_len = slash == NULL ? 0 : (size_t)(slash - path) + 1;
	ssize_t n = readlink(path, to, sizeof(to) - 1);

	if (n < 0)
		return errno == EINVAL || errno == ENOENT ? 0 : -errno;
	if (to[0] == '/')
		dir_len = 0;
	if (dir_len + (size_t)n >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(path + dir_len, to, (size_t)n);
	path[dir_len + (size_t)n] = '\0';
	return 1;
}

/* The path with the symbolic links at its end followed, even to nothing. */
static int
resolve(char out[PATH_MAX], const char *path)
{
	int r = 1;

	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	strcpy(out, path);
	for (int i = 0; i < MOST_LINKS && r > 0; i++)
		r = follow(out);
	return r > 0 ? -ELOOP : r;
}

/* Open the folder and keep the name, so that a later chdir changes nothing. */
static int
find_place(struct replacement *r, char *path)
{
	char *slash = strrchr(path, '/');
	const char *base = slash == NULL ? path : slash + 1;
	const char *dir = ".";

	if (base[0] == '\0')
		return -EISDIR;
	if (strlen(base) > NAME_MAX)
		return -ENAMETOOLONG;
	strcpy(r->base, base);
	if (slash == path)
		dir = "/";
	else if (slash != NULL) {
		*slash = '\0';
		dir = path;
	}
	r->dir = io_open(dir, O_RDONLY | O_DIRECTORY, 0);
	return r->dir < 0 ? r->dir : 0;
}

/* --- Making it appear --- */

static int
take_over_mode(const struct replacement *r, int fd)
{
	mode_t mode = r->was.st_mode & 07777;

	if (!r->existed)
		return 0;
	/* The group first: who may not give the owner away may that. */
	if (fchown(fd, (uid_t)-1, r->was.st_gid) < 0 ||
	    fchown(fd, r->was.st_uid, (gid_t)-1) < 0)
		mode &= ~(mode_t)(S_ISUID | S_ISGID);
	return fchmod(fd, mode) < 0 ? -errno : 0;
}

static int
link_nameless(const struct replacement *r, int fd, const char *name)
{
	char self[64];

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, self, r->dir, name, AT_SYMLINK_FOLLOW) < 0)
		return -errno;
	return 0;
}

/* To take the place of what is there, a file must have a name of its own. */
static int
give_name(struct replacement *r, int fd)
{
	int n = -EEXIST;

	while (n == -EEXIST) {
		n = tmpfile_name(r->temp, sizeof(r->temp), r->base);
		if (n == 0)
			n = link_nameless(r, fd, r->temp);
	}
	if (n < 0)
		r->temp[0] = '\0';
	return n;
}

static int
put_in_place(struct replacement *r)
{
	if (renameat(r->dir, r->temp, r->dir, r->base) < 0)
		return -errno;
	r->temp[0] = '\0';
	return 0;
}

/* A link is refused if the name is taken; our own is removed at the end. */
static int
put_if_free(const struct replacement *r)
{
	if (linkat(r->dir, r->temp, r->dir, r->base, 0) < 0)
		return -errno;
	return 0;
}

/* Under its name, by way of fd if it has none: -1 if it has. */
static int
appear(struct replacement *r, int fd)
{
	bool exclusive = (r->opts.flags & STREAM_EXCLUSIVE) != 0;
	int n = 0;

	if (fd >= 0 && exclusive)
		return link_nameless(r, fd, r->base);
	if (fd >= 0)
		n = give_name(r, fd);
	if (n < 0)
		return n;
	return exclusive ? put_if_free(r) : put_in_place(r);
}

static int
prepare(struct replacement *r, int fd)
{
	int n = take_over_mode(r, fd);

	if (n == 0 && r->opts.before != NULL)
		n = r->opts.before(fd, r->opts.arg);
	if (n == 0 && r->opts.flags & STREAM_SYNC && fsync(fd) < 0)
		n = -errno;
	return n;
}

/* What keeps a file without a name in being while it is closed. */
static int
hold(const struct replacement *r, int fd)
{
	int copy;

	if (r->temp[0] != '\0')
		return -1;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return copy < 0 ? -errno : copy;
}

/* In this order: nothing has the target's name before close was checked. */
static int
commit(struct fd_stream *f)
{
	struct replacement *r = f->extra;
	bool nameless = r->temp[0] == '\0';
	int n = prepare(r, f->io.fd);
	int held = n < 0 ? -1 : hold(r, f->io.fd);

	if (n == 0 && nameless && held < 0)
		n = held;
	if (n == 0)
		n = fd_stream_close(f);
	if (n == 0)
		n = appear(r, held);
	if (held >= 0)
		(void)io_close(held);
	if (n == 0 && r->opts.flags & STREAM_SYNC && fsync(r->dir) < 0)
		n = -errno;
	return n;
}

/* Whatever name of ours is left goes; a nameless file goes by itself. */
static void
discard(struct fd_stream *f)
{
	struct replacement *r = f->extra;

	if (r->temp[0] != '\0')
		(void)unlinkat(r->dir, r->temp, 0);
	(void)io_close(r->dir);
	free(r);
}

/* --- Making it --- */

static int
open_temporary(struct replacement *r)
{
	mode_t mode = r->existed ? r->was.st_mode & 0777 : r->opts.mode;
	int fd = -EOPNOTSUPP;

	/* A name can only be given by way of /proc. */
	if (access("/proc/self/fd", X_OK) == 0)
		fd = tmpfile_nameless(r->dir, mode);
	if (fd >= 0 || fd == -ENOSPC || fd == -EROFS || fd == -EACCES)
		return fd;
	return tmpfile_named(r->dir, r->temp, sizeof(r->temp), r->base, mode);
}

static struct replacement *
replacement_new(const struct stream_replace_opts *opts)
{
	struct replacement *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->dir = -1;
	if (opts != NULL)
		r->opts = *opts;
	if (r->opts.mode == 0)
		r->opts.mode = 0666;
	return r;
}

/*
 * Of the path itself, be it a link: for O_EXCL whatever has the name is in the
 * way, else only what cannot be replaced by a file.
 */
static int
look_no_further(
    const struct replacement *r, char place[PATH_MAX], const char *path)
{
	struct stat st;

	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	strcpy(place, path);
	if (lstat(path, &st) < 0)
		return 0;
	if (r->opts.flags & STREAM_EXCLUSIVE)
		return -EEXIST;
	return S_ISDIR(st.st_mode) ? -EISDIR : 0;
}

static int
look(struct replacement *r, char place[PATH_MAX], const char *path)
{
	int n;

	if (r->opts.flags & (STREAM_EXCLUSIVE | STREAM_NO_FOLLOW))
		return look_no_further(r, place, path);
	n = resolve(place, path);
	if (n < 0)
		return n;
	r->existed = stat(place, &r->was) == 0;
	if (r->existed && S_ISDIR(r->was.st_mode))
		return -EISDIR;
	return 0;
}

/* The descriptor to write to; 0: the path is not a regular file. */
static int
open_beside(struct replacement *r, const char *path)
{
	char place[PATH_MAX];
	int n = look(r, place, path);

	if (n < 0)
		return n;
	if (r->existed && !S_ISREG(r->was.st_mode))
		return 0;
	/* A file that may not be written is not to be replaced either. */
	if (r->existed && access(place, W_OK) < 0)
		return -errno;
	n = find_place(r, place);
	return n < 0 ? n : open_temporary(r);
}

static struct stream *
without(struct replacement *r, struct stream *s)
{
	if (r->dir >= 0)
		(void)io_close(r->dir);
	free(r);
	return s;
}

struct stream *
stream_replace(struct stream_loop *loop, const char *path,
    const struct stream_replace_opts *opts)
{
	struct replacement *r;
	struct stream *s;
	struct fd_stream *f;
	int fd;

	if (loop == NULL)
		return NULL;
	r = replacement_new(opts);
	if (r == NULL)
		return stream_failed(loop, path, false, true, -ENOMEM);
	fd = open_beside(r, path);
	if (fd == 0)
		return without(r, stream_open(loop, path, O_WRONLY));
	s = fd_stream_new(loop, fd, path, O_WRONLY, true, false);
	if (s == NULL || s->failed)
		return without(r, s);
	f = s->self;
	f->commit = commit;
	f->discard = discard;
	f->extra = r;
	return s;
}
