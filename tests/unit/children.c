/* SPDX-License-Identifier: ISC */
/*
 * children.c - processes for tests, and what is left when they have gone
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "children.h"

#define LISTS 4
#define LONGEST_LIST 16

static char **
new_list(void)
{
	static char *lists[LISTS][LONGEST_LIST];
	static unsigned next;

	return lists[next++ % LISTS];
}

char **
args(const char *first, ...)
{
	char **list = new_list();
	size_t n = 0;
	va_list ap;

	va_start(ap, first);
	for (const char *arg = first; arg != NULL && n + 1 < LONGEST_LIST;
	     arg = va_arg(ap, const char *))
		list[n++] = (char *)(uintptr_t)arg;
	va_end(ap);
	list[n] = NULL;
	return list;
}

struct stream_spawn
shell(const char *command)
{
	return (struct stream_spawn) {
		.size = sizeof(struct stream_spawn),
		.file = "/bin/sh",
		.argv = args("sh", "-c", command, NULL),
	};
}

struct stream_spawn
player(const char *part, const char *a, const char *b)
{
	return (struct stream_spawn) {
		.size = sizeof(struct stream_spawn),
		.file = "/proc/self/exe",
		.argv = args("player", part, a, b, NULL),
	};
}

/* --- What a child told ---------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void
told_word(struct told *t, const char *fmt, ...)
{
	size_t len = strlen(t->log);
	va_list ap;

	if (len > 0 && len + 1 < sizeof(t->log))
		t->log[len++] = ' ';
	va_start(ap, fmt);
	(void)vsnprintf(t->log + len, sizeof(t->log) - len, fmt, ap);
	va_end(ap);
}

static void
told_exit(struct stream_child *c, int status, int signo, void *arg)
{
	struct told *t = arg;

	(void)c;
	t->exits++;
	t->status = status;
	t->signo = signo;
	t->exit_at = clock_now();
	if (signo != 0)
		told_word(t, "signal(%d)", signo);
	else
		told_word(t, "exit(%d)", status);
}

static void
told_close(struct stream_child *c, void *arg)
{
	struct told *t = arg;

	(void)c;
	t->closes++;
	t->close_at = clock_now();
	told_word(t, "close");
}

static void
told_error(struct stream_child *c, const struct stream_error *error, void *arg)
{
	struct told *t = arg;

	(void)c;
	t->errors++;
	t->code = error->code;
	(void)snprintf(
	    t->stage, sizeof(t->stage), "%s", error->stage ? error->stage : "");
	(void)snprintf(
	    t->text, sizeof(t->text), "%s", error->text ? error->text : "");
	told_word(t, "error(%d)", error->code);
}

const struct stream_child_events tell_all = {
	.exit = told_exit,
	.close = told_close,
	.error = told_error,
};

/* --- What is left --------------------------------------------------------- */

unsigned
open_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

bool
has_children(void)
{
	siginfo_t info;

	/* Alive or dead: only ECHILD says that there is none. */
	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

uint64_t
clock_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECONDS + (uint64_t)now.tv_nsec;
}

void
sleep_for(uint64_t ns)
{
	struct timespec left = { .tv_sec = (time_t)(ns / SECONDS),
		.tv_nsec = (long)(ns % SECONDS) };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}
