/* SPDX-License-Identifier: ISC */
/* diag.c - messages in one write each, and the end of a tool */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/diag.h"
#include "libstream.h"

static const char *tool_name = "streamutils";

void
diag_init(const char *argv0)
{
	const char *slash;

	if (argv0 == NULL || *argv0 == '\0')
		return;
	slash = strrchr(argv0, '/');
	tool_name = slash != NULL && slash[1] != '\0' ? slash + 1 : argv0;
}

void
diag_set_name(const char *name)
{
	tool_name = name;
}

const char *
diag_name(void)
{
	return tool_name;
}

/*
 * A line to standard error, cut off if it is longer than anyone would read.
 * Not by stdio, which may write a line in pieces that others come between.
 */
DIAG_PRINTF(2, 0)
static void
say(const char *name, const char *fmt, va_list ap)
{
	char line[2 * QUOTE_MAX];
	size_t len = 0;
	int n;

	if (name != NULL) {
		n = snprintf(line, QUOTE_MAX, "%s: ", name);
		len = n < 0 ? 0 : n < QUOTE_MAX ? (size_t)n : QUOTE_MAX - 1;
	}
	n = vsnprintf(line + len, sizeof(line) - len, fmt, ap);
	if (n > 0)
		len += (size_t)n;
	if (len > sizeof(line) - 1)
		len = sizeof(line) - 1;
	line[len++] = '\n'; /* over the NUL */
	/* Where would a failure be told? */
	(void)stream_write_all(STDERR_FILENO, line, len);
}

void
warn_msg(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(tool_name, fmt, ap);
	va_end(ap);
}

void
warn_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(NULL, fmt, ap);
	va_end(ap);
}

void
warn_file(const char *subject, int code)
{
	char quoted[QUOTE_MAX];

	warn_msg("%s: %s", quote_if_needed(quoted, subject),
	    strerror(code < 0 ? -code : code));
}

/* What stdio still holds goes out: 0, or an errno value. */
static int
flush_stdout(void)
{
	int failed_before = ferror(stdout);

	if (fflush(stdout) != 0)
		return errno;
	return failed_before ? EIO : 0; /* its reason is gone */
}

int
finish_stdout(void)
{
	int code = flush_stdout();

	/*
	 * After this nothing can be lost unseen: NFS and quotas may tell only
	 * now.  EBADF: it was never open, and nothing needed it.
	 */
	if (close(STDOUT_FILENO) < 0 && code == 0 && errno != EBADF &&
	    errno != EINTR)
		code = errno;
	if (code == 0)
		return 0;
	if (code != EPIPE)
		warn_file("standard output", code);
	return -1;
}

void
die_of_signal(int signo)
{
	sigset_t set;

	signal(signo, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, signo);
	raise(signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + signo); /* a signal that does not kill */
}
