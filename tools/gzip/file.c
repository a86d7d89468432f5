/* SPDX-License-Identifier: ISC */
/*
 * file.c - a file that was named: find it, see whether it may be done, and
 * decide what its output is to be called
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/diag.h"
#include "gzip/gzip.h"

/* --- Opening --- */

/* Standard input, output and error stay what they are, also when closed. */
static int
above_stdio(int fd)
{
	int above;
	int code;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	code = errno;
	(void)close(fd);
	errno = code;
	return above;
}

/* A link that is not to be followed is not followed even in a race. */
static int
open_path(const char *path, int more)
{
	int flags = O_RDONLY | O_NOCTTY | O_CLOEXEC | more;

	if (!opt.to_stdout && opt.force == 0)
		flags |= O_NOFOLLOW;
	return above_stdio(open(path, flags));
}

static char *
with_suffix(const char *name, const char *suffix)
{
	char *path = malloc(strlen(name) + strlen(suffix) + 1);

	if (path == NULL)
		return NULL;
	strcpy(path, name);
	return strcat(path, suffix);
}

static int
open_as(struct file *f, char *path)
{
	free(f->path);
	f->path = path;
	return path == NULL ? -1 : open_path(path, O_NONBLOCK);
}

/*
 * -d finds a.gz when there is no a; when there is neither, it is the former
 * that is missed.
 */
static int
open_file(struct file *f, const char *name)
{
	int fd = open_as(f, strdup(name));

	if (fd >= 0 || errno != ENOENT || !opt.decompress ||
	    suffix_len(name) > 0)
		return fd;
	for (size_t i = 0; suffix_to_try(i) != NULL; i++) {
		fd = open_as(f, with_suffix(name, suffix_to_try(i)));
		if (fd >= 0 || errno != ENOENT)
			return fd;
	}
	return open_as(f, with_suffix(name, opt.suffix));
}

/*
 * O_NONBLOCK was for looking only: what has to be waited for is waited for, but
 * not for someone to write into a pipe that lies in a folder.
 */
static int
wait_for_writer(struct file *f)
{
	int fd;

	if (!S_ISFIFO(f->st.st_mode) || opt.recursive)
		return fcntl(f->fd, F_SETFL, 0);
	fd = open_path(f->path, 0);
	if (fd < 0)
		return -1;
	(void)close(f->fd);
	f->fd = fd;
	return fstat(fd, &f->st);
}

static bool
find(struct file *f, const char *name)
{
	f->fd = open_file(f, name);
	if (f->path != NULL)
		f->name = f->path;
	if (f->fd >= 0 && fstat(f->fd, &f->st) == 0)
		return true;
	error_code(f->name, errno);
	return false;
}

/* --- Refusing --- */

/* What replacing the file by another would take from it. */
static bool
may_be_replaced(const struct file *f)
{
	mode_t mode = f->st.st_mode;
	unsigned long others = (unsigned long)f->st.st_nlink - 1;

	if (!S_ISREG(mode))
		warning("%s is not a directory or a regular file - ignored",
		    f->name);
	else if (mode & S_ISUID)
		warning("%s is set-user-ID on execution - ignored", f->name);
	else if (mode & S_ISGID)
		warning("%s is set-group-ID on execution - ignored", f->name);
	else if (opt.force == 0 && mode & S_ISVTX)
		warning("%s has the sticky bit set - file ignored", f->name);
	else if (opt.force == 0 && f->st.st_nlink >= 2)
		warning("%s has %lu other link%s -- file ignored", f->name,
		    others, others == 1 ? "" : "s");
	else
		return true;
	return false;
}

/* --- Naming --- */

/* In a folder files of other kinds are no news. */
static bool
is_news(void)
{
	return opt.verbose > 0 || (!opt.recursive && !opt.quiet);
}

static bool
name_to_compress(struct file *f)
{
	size_t len = suffix_len(f->name);

	if (len == 0 || opt.force > 0) {
		f->out = name_compressed(f->name);
		return true;
	}
	if (is_news())
		say("%s already has %s suffix -- unchanged", f->name,
		    f->name + strlen(f->name) - len);
	return false;
}

static bool
name_to_expand(struct file *f)
{
	bool any_name = !opt.recursive && (opt.list || opt.test);

	if (suffix_len(f->name) > 0 || any_name) {
		f->out = name_expanded(f->name);
		return true;
	}
	if (is_news())
		warning("%s: unknown suffix -- ignored", f->name);
	return false;
}

/* False: it is not to be done. */
static bool
name_output(struct file *f)
{
	f->out_name = "stdout";
	if (opt.to_stdout && !opt.list && !opt.test)
		return true;
	if (!(opt.decompress ? name_to_expand(f) : name_to_compress(f)))
		return false;
	if (f->out == NULL)
		error_code(f->name, ENOMEM);
	else
		f->out_name = f->out;
	return f->out != NULL;
}

/* --- Doing --- */

static void
note_time(struct file *f)
{
	f->has_mtime = S_ISREG(f->st.st_mode) && (!opt.no_time || opt.list);
	if (f->has_mtime)
		f->mtime = f->st.st_mtim;
}

static bool
do_file(struct file *f)
{
	if (!opt.to_stdout && !may_be_replaced(f))
		return true;
	note_time(f);
	if (!name_output(f))
		return true;
	if (!S_ISREG(f->st.st_mode) && wait_for_writer(f) < 0) {
		error_code(f->name, errno);
		return true;
	}
	return opt.decompress ? expand_file(f) : compress_file(f);
}

static bool
do_folder(struct file *f)
{
	int fd = f->fd;

	if (!opt.recursive) {
		warning("%s is a directory -- ignored", f->name);
		return true;
	}
	f->fd = -1;
	return folder(f->loop, fd, f->name);
}

bool
file_named(struct stream_loop *loop, const char *name)
{
	struct file f = {
		.name = name,
		.fd = -1,
		.loop = loop,
		.to_stdout = opt.to_stdout,
	};
	bool go_on = true;

	if (find(&f, name))
		go_on = S_ISDIR(f.st.st_mode) ? do_folder(&f) : do_file(&f);
	if (f.fd >= 0)
		(void)close(f.fd); /* it was only read */
	free(f.path);
	free(f.out);
	return go_on;
}

/* --- Standard input --- */

static bool
is_terminal(void)
{
	int fd = opt.decompress ? STDIN_FILENO : STDOUT_FILENO;

	return opt.input_is_tty || isatty(fd);
}

static bool
refuse_terminal(void)
{
	if (!opt.quiet) {
		say("compressed data not %s a terminal. "
		    "Use -f to force %scompression.",
		    opt.decompress ? "read from" : "written to",
		    opt.decompress ? "de" : "");
		warn_line("For help, type: %s -h", diag_name());
	}
	exit_status = STATUS_ERROR;
	return false;
}

bool
file_stdin(struct stream_loop *loop)
{
	struct file f = {
		.name = "stdin",
		.out_name = "stdout",
		.fd = -1,
		.loop = loop,
		.to_stdout = true,
	};
	bool go_on;

	if (opt.force == 0 && !opt.list && is_terminal())
		return refuse_terminal();
	if (fstat(STDIN_FILENO, &f.st) < 0) {
		error_code("standard input", errno);
		return false;
	}
	note_time(&f);
	go_on = opt.decompress ? expand_file(&f) : compress_file(&f);
	free(f.out);
	return go_on;
}
