/* SPDX-License-Identifier: ISC */
/*
 * report.c - messages as GNU gzip words and lays them out, and what they mean
 * for the exit status: an error is 1 for good, a warning 2 if there was none.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/diag.h"
#include "gzip/gzip.h"

int exit_status = STATUS_OK;

#define LONGEST 8192

STREAM_PRINTF(2, 0)
static void
print(const char *before, const char *fmt, va_list args)
{
	char text[LONGEST];

	(void)vsnprintf(text, sizeof(text), fmt, args);
	warn_line("%s%s: %s", before, diag_name(), text);
}

void
say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print("", fmt, args);
	va_end(args);
}

STREAM_PRINTF(2, 0)
static void
warn(const char *before, const char *fmt, va_list args)
{
	if (!opt.quiet)
		print(before, fmt, args);
	if (exit_status == STATUS_OK)
		exit_status = STATUS_WARNING;
}

void
warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	warn("", fmt, args);
	va_end(args);
}

void
warning_apart(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	warn("\n", fmt, args);
	va_end(args);
}

void
error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print("", fmt, args);
	va_end(args);
	exit_status = STATUS_ERROR;
}

void
error_apart(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print("\n", fmt, args);
	va_end(args);
	exit_status = STATUS_ERROR;
}

void
verbose(const char *fmt, ...)
{
	va_list args;

	if (opt.verbose == 0)
		return;
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
}

void
error_code(const char *name, int code)
{
	error("%s: %s", name, strerror(code < 0 ? -code : code));
}

void
error_write(const char *name, int code)
{
	const char *reason = strerror(code < 0 ? -code : code);

	if (code == EPIPE || code == -EPIPE)
		warning_apart("%s: %s", name, reason);
	else
		error_apart("%s: %s", name, reason);
}

const char *
ratio(char buf[RATIO_MAX], int64_t saved, uint64_t of)
{
	double percent = of == 0 ? 0 : 100.0 * (double)saved / (double)of;

	(void)snprintf(buf, RATIO_MAX, "%5.1f%%", percent);
	return buf;
}
