/* SPDX-License-Identifier: ISC */
/*
 * output.c - what a file becomes: whether it may be made, and how it looks
 *
 * The output appears under its name when it is whole and has the times, the
 * owner and the mode of the input; only then is the input removed.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/diag.h"
#include "gzip/gzip.h"

/* --- What is in the way --- */

/* The first letter of a line from standard input says yes. */
static bool
said_yes(void)
{
	int first = getchar();
	int c = first;

	while (c != EOF && c != '\n')
		c = getchar();
	return first == 'y' || first == 'Y';
}

static void
not_overwritten(void)
{
	if (exit_status == STATUS_OK)
		exit_status = STATUS_WARNING;
}

static bool
may_overwrite(const struct file *f)
{
	bool ask =
	    signals_foreground() && (opt.input_is_tty || isatty(STDIN_FILENO));

	if (opt.force > 0)
		return true;
	if (!ask) {
		say("%s already exists;\tnot overwritten", f->out);
		not_overwritten();
		return false;
	}
	(void)fprintf(stderr,
	    "%s: %s already exists; do you wish to overwrite (y or n)? ",
	    diag_name(), f->out);
	if (said_yes())
		return true;
	warn_line("\tnot overwritten");
	not_overwritten();
	return false;
}

/* With a stored name it could be the input itself. */
static bool
is_input(const struct file *f)
{
	return strcmp(f->out, f->path) == 0;
}

/* What is there stays there until the new file is whole. */
bool
output_make_way(struct file *f)
{
	struct stat st;

	if (f->to_stdout)
		return true;
	if (lstat(f->out, &st) < 0)
		return true; /* what else is wrong is told on making it */
	if (!may_overwrite(f))
		return false;
	if (is_input(f)) {
		error("%s: output would be the input -- unchanged", f->name);
		return false;
	}
	f->replaces = true;
	return true;
}

/* --- How it looks --- */

static void
warn_of(const struct file *f)
{
	warning("%s: %s", f->out, strerror(errno));
}

/* -N takes the time that was stored, to the second. */
static void
set_times(const struct file *f, int fd)
{
	struct timespec times[2] = { f->st.st_atim, f->st.st_mtim };
	bool restored = opt.decompress && !opt.no_time && f->has_mtime &&
	    (f->mtime.tv_sec != times[1].tv_sec ||
		f->mtime.tv_nsec != times[1].tv_nsec);

	if (restored)
		times[1] = f->mtime;
	if (futimens(fd, times) < 0)
		warn_of(f);
	else if (restored && opt.verbose > 1)
		verbose("%s: timestamp restored\n", f->out);
}

/*
 * The group, then the mode, then the owner: at no time does the file let in
 * anyone whom the input kept out.  Not all may give files away, which is no
 * news to them.
 */
static void
set_owner(const struct file *f, int fd)
{
	int ignored = fchown(fd, (uid_t)-1, f->st.st_gid);

	if (fchmod(fd, f->st.st_mode & 0777) < 0)
		warn_of(f);
	ignored = fchown(fd, f->st.st_uid, (gid_t)-1);
	(void)ignored;
}

/* What is damaged does not appear. */
static int
before(int fd, void *arg)
{
	const struct file *f = arg;

	if (f->found != NULL && f->found->problem != STREAM_GUNZIP_OK)
		return -EBADMSG;
	set_times(f, fd);
	set_owner(f, fd);
	return 0;
}

/* --- The stream --- */

static ssize_t
discard(struct stream *s, const struct iovec *iov, int count)
{
	ssize_t n = 0;

	(void)s;
	for (int i = 0; i < count; i++)
		n += (ssize_t)iov[i].iov_len;
	return n;
}

struct stream *
output_new(struct file *f)
{
	struct stream_replace_opts opts = {
		.size = sizeof(opts),
		.flags = (f->replaces ? STREAM_NO_FOLLOW : STREAM_EXCLUSIVE) |
		    (opt.synchronous ? STREAM_SYNC : 0),
		.mode = 0600,
		.before = before,
		.arg = f,
	};
	struct stream_ops nothing = { .name = "nothing", .write = discard };

	if (opt.test || opt.list)
		return stream_new(f->loop, &nothing, NULL, 0);
	if (f->to_stdout)
		return stream_stdio(f->loop, STDOUT_FILENO);
	return stream_replace(f->loop, f->out, &opts);
}

void
output_is_done(const struct file *f)
{
	if (!opt.keep && unlink(f->path) < 0)
		error_code(f->path, errno);
}
