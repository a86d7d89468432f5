/* SPDX-License-Identifier: ISC */
/*
 * spawn.c - starting a process: posix_spawn where it suffices, else fork
 *
 * After fork only calls that are safe in a signal handler are made, in a fixed
 * order; what they need is made ready before.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif

#include "core/io.h"
#include "process/spawn.h"

extern char **environ;

#define LISTEN_PID "LISTEN_PID="
#define PID_ROOM (sizeof(LISTEN_PID) + 20)

struct start {
	const struct stream_spawn *spawn;
	char *path; /* of the program */
	struct stream_fdmap *fds; /* ours all above what they become */
	size_t nfds;
	char **envp;
	char listen_pid[PID_ROOM]; /* the child fills in the number */
	pid_t parent;
	int report; /* the writing end of a pipe that exec closes */
};

/* --- What is made ready before --- */

static size_t
count_strings(const char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

/* Do two of "NAME=value" have the same name? */
static bool
same_name(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return strncmp(a, b, len) == 0 && b[len] == '=';
}

static bool
is_among(const char *string, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (same_name(list[i], string))
			return true;
	return false;
}

/* A copy of the list with what is ours in it; the strings are not copied. */
static int
make_environment(struct start *st, const char *const *extra)
{
	const char *const *from =
	    (const char *const *)(st->spawn->envp != NULL ? st->spawn->envp
							  : environ);
	const char **to =
	    calloc(count_strings(from) + count_strings(extra) + 2, sizeof(*to));
	size_t ours = 0;
	size_t n;

	if (to == NULL)
		return -ENOMEM;
	st->envp = (char **)(uintptr_t)to;
	if (st->spawn->flags & STREAM_LISTEN_PID)
		to[ours++] = st->listen_pid;
	for (; extra != NULL && *extra != NULL; extra++)
		to[ours++] = *extra;
	/* Not twice: some take the first of a name, some the last. */
	for (n = ours; *from != NULL; from++)
		if (!is_among(*from, to, ours))
			to[n++] = *from;
	return 0;
}

static const char *
variable(char *const *envp, const char *name)
{
	size_t len = strlen(name);

	for (; *envp != NULL; envp++)
		if (strncmp(*envp, name, len) == 0 && (*envp)[len] == '=')
			return *envp + len + 1;
	return NULL;
}

static bool
is_program(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0 || access(path, X_OK) < 0)
		return false;
	if (S_ISREG(st.st_mode))
		return true;
	errno = EACCES;
	return false;
}

/* The program in the folder of len bytes at dir, in path. */
static bool
is_in(const char *dir, size_t len, const char *file, char *path, size_t room)
{
	int n = snprintf(
	    path, room, "%.*s%s%s", (int)len, dir, len > 0 ? "/" : "", file);

	if (n < 0 || (size_t)n >= room) {
		errno = ENAMETOOLONG;
		return false;
	}
	return is_program(path);
}

/*
 * Looked up before, and in the PATH that the child will have, so that it is
 * the same program however it is started.
 */
static int
find_program(struct start *st)
{
	const char *file = st->spawn->file;
	const char *dirs = variable(st->envp, "PATH");
	char path[PATH_MAX];
	int error = ENOENT;

	if (strchr(file, '/') != NULL || file[0] == '\0') {
		st->path = strdup(file);
		return st->path == NULL ? -ENOMEM : 0;
	}
	for (dirs = dirs != NULL ? dirs : "/usr/bin:/bin"; dirs != NULL;) {
		size_t len = strcspn(dirs, ":");

		if (is_in(dirs, len, file, path, sizeof(path))) {
			st->path = strdup(path);
			return st->path == NULL ? -ENOMEM : 0;
		}
		if (errno == EACCES) /* if nothing better comes */
			error = EACCES;
		dirs = dirs[len] == ':' ? dirs + len + 1 : NULL;
	}
	return -error;
}

static int
above(const struct stream_fdmap *fds, size_t nfds)
{
	int most = STDERR_FILENO;

	for (size_t i = 0; i < nfds; i++)
		most = fds[i].child > most ? fds[i].child : most;
	return most + 1;
}

/* Copies above all numbers that are to be set, so that none is in the way. */
static int
lift_fds(struct start *st, const struct stream_fdmap *fds, size_t nfds)
{
	int from = above(fds, nfds);

	st->fds = calloc(nfds + 1, sizeof(*fds));
	if (st->fds == NULL)
		return -ENOMEM;
	for (; st->nfds < nfds; st->nfds++) {
		int fd = fcntl(fds[st->nfds].parent, F_DUPFD_CLOEXEC, from);

		if (fd < 0)
			return -errno;
		st->fds[st->nfds].child = fds[st->nfds].child;
		st->fds[st->nfds].parent = fd;
	}
	return 0;
}

static void
start_done(struct start *st)
{
	for (size_t i = 0; i < st->nfds; i++)
		(void)io_close(st->fds[i].parent);
	free(st->fds);
	free(st->path);
	free(st->envp);
}

/* --- By posix_spawn --- */

static bool
posix_spawn_suffices(const struct stream_spawn *s)
{
#ifndef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCHDIR_NP
	if (s->cwd != NULL)
		return false;
#endif
#ifndef POSIX_SPAWN_SETSID
	if (s->flags & STREAM_DETACHED)
		return false;
#endif
	return s->ids == NULL && s->nlimits == 0 && s->death_signal == 0 &&
	    !(s->flags & (STREAM_FOREGROUND | STREAM_LISTEN_PID));
}

static int
set_attributes(posix_spawnattr_t *attr, const struct stream_spawn *s)
{
	short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
	sigset_t sigs;
	int r;

	(void)sigemptyset(&sigs);
	r = posix_spawnattr_setsigmask(attr, &sigs);
	(void)sigaddset(&sigs, SIGPIPE);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(attr, &sigs);
#ifdef POSIX_SPAWN_SETSID
	if (s->flags & STREAM_DETACHED)
		flags |= POSIX_SPAWN_SETSID;
#endif
	if (s->group != 0 || s->flags & STREAM_NEW_GROUP)
		flags |= POSIX_SPAWN_SETPGROUP;
	if (r == 0)
		r = posix_spawnattr_setpgroup(attr, s->group);
	return r != 0 ? r : posix_spawnattr_setflags(attr, flags);
}

static int
set_actions(posix_spawn_file_actions_t *actions, const struct start *st)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < st->nfds; i++)
		r = posix_spawn_file_actions_adddup2(
		    actions, st->fds[i].parent, st->fds[i].child);
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCHDIR_NP
	if (r == 0 && st->spawn->cwd != NULL)
		r = posix_spawn_file_actions_addchdir_np(
		    actions, st->spawn->cwd);
#endif
	return r;
}

static int
by_posix_spawn(struct start *st, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int r = posix_spawnattr_init(&attr);

	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_init(&actions);
	if (r != 0) {
		(void)posix_spawnattr_destroy(&attr);
		return -r;
	}
	r = set_attributes(&attr, st->spawn);
	if (r == 0)
		r = set_actions(&actions, st);
	if (r == 0)
		r = posix_spawn(
		    pid, st->path, &actions, &attr, st->spawn->argv, st->envp);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attr);
	return -r;
}

/* --- By fork: each step returns 0 or -1 with errno --- */

static int
set_group(const struct stream_spawn *s)
{
	sigset_t ttou;

	if (s->flags & STREAM_DETACHED)
		return setsid() < 0 ? -1 : 0;
	if (s->group == 0 && !(s->flags & STREAM_NEW_GROUP))
		return 0;
	if (setpgid(0, s->group) < 0)
		return -1;
	if (!(s->flags & STREAM_FOREGROUND))
		return 0;
	/* Who is in the background may not, unless it blocks the signal. */
	(void)sigemptyset(&ttou);
	(void)sigaddset(&ttou, SIGTTOU);
	(void)sigprocmask(SIG_BLOCK, &ttou, NULL);
	return tcsetpgrp(STDERR_FILENO, getpgrp());
}

static int
set_fds(const struct start *st)
{
	for (size_t i = 0; i < st->nfds; i++)
		if (dup2(st->fds[i].parent, st->fds[i].child) < 0)
			return -1;
	return 0;
}

static int
set_limits(const struct stream_spawn *s)
{
	for (size_t i = 0; i < s->nlimits; i++) {
		struct rlimit limit = { s->limits[i].soft, s->limits[i].hard };

		if (setrlimit(s->limits[i].resource, &limit) < 0)
			return -1;
	}
	return 0;
}

/* Groups first: who has given up the user may not set them any more. */
static int
set_ids(const struct stream_ids *ids)
{
	if (ids == NULL)
		return 0;
	if (setgroups(ids->ngroups, ids->groups) < 0 || setgid(ids->gid) < 0)
		return -1;
	return setuid(ids->uid);
}

/* Last of these: a change of user forgets it.  We may have died meanwhile. */
static int
set_death_signal(const struct start *st)
{
	if (st->spawn->death_signal == 0)
		return 0;
#ifdef PR_SET_PDEATHSIG
	if (prctl(PR_SET_PDEATHSIG, st->spawn->death_signal) < 0)
		return -1;
	if (getppid() != st->parent)
		(void)raise(st->spawn->death_signal);
	return 0;
#else
	errno = ENOSYS;
	return -1;
#endif
}

static void
set_listen_pid(struct start *st)
{
	char digits[20];
	char *to = st->listen_pid + strlen(LISTEN_PID);
	size_t n = 0;

	for (long pid = getpid(); pid > 0; pid /= 10)
		digits[n++] = (char)('0' + pid % 10);
	while (n > 0)
		*to++ = digits[--n];
	*to = '\0';
}

static int
set_signals(void)
{
	sigset_t none;

	(void)sigemptyset(&none);
	if (signal(SIGPIPE, SIG_DFL) == SIG_ERR)
		return -1;
	return sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void
be_the_child(struct start *st)
{
	const struct stream_spawn *s = st->spawn;
	int error;

	set_listen_pid(st);
	if (set_group(s) == 0 && (s->cwd == NULL || chdir(s->cwd) == 0) &&
	    set_fds(st) == 0 && set_limits(s) == 0 && set_ids(s->ids) == 0 &&
	    set_death_signal(st) == 0 && set_signals() == 0) {
		(void)execve(st->path, s->argv, st->envp);
	}
	error = errno;
	(void)io_write_all(st->report, &error, sizeof(error));
	_exit(127);
}

/* What the child says before it becomes the program: nothing is success. */
static int
hear(int fd, pid_t pid)
{
	struct io io = { .fd = fd, .kind = IO_FILE };
	int error = 0;
	ssize_t n = io_read(&io, &error, sizeof(error), true);

	if (n == 0)
		return 0;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (n < 0)
		return (int)n;
	return n == sizeof(error) ? -error : -EIO;
}

static int
by_fork(struct start *st, pid_t *pid)
{
	int ends[2];
	int r = io_pipe(ends);
	sigset_t all;
	sigset_t before;

	if (r < 0)
		return r;
	st->report = ends[1];
	st->parent = getpid();
	/* No handler of ours is to run in the child. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	*pid = fork();
	if (*pid == 0)
		be_the_child(st);
	r = *pid < 0 ? -errno : 0;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)io_close(ends[1]);
	if (r == 0)
		r = hear(ends[0], *pid);
	(void)io_close(ends[0]);
	return r;
}

int
spawn_process(const struct stream_spawn *spawn, const struct stream_fdmap *fds,
    size_t nfds, const char *const *extra, pid_t *pid)
{
	struct start st = { .spawn = spawn, .listen_pid = LISTEN_PID };
	int r = make_environment(&st, extra);

	if (r == 0)
		r = find_program(&st);
	if (r == 0)
		r = lift_fds(&st, fds, nfds);
	if (r == 0)
		r = posix_spawn_suffices(spawn) ? by_posix_spawn(&st, pid)
						: by_fork(&st, pid);
	start_done(&st);
	return r;
}
