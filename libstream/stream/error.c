/* SPDX-License-Identifier: ISC */
/*
 * error.c - the one error of a stream: the first
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream/internal.h"

static void
keep(struct stream *s, int code, char *text)
{
	s->failed = true;
	s->error_text = text;
	s->error = (struct stream_error) {
		.code = code,
		.stage = s->name,
		.text = text != NULL ? text : strerror(-code),
		.status = s->error.status, /* set before, if at all */
		.signo = s->error.signo,
	};
}

__attribute__((format(printf, 2, 0))) static char *
compose(const char *name, const char *fmt, va_list args)
{
	char reason[512];
	char *text;
	size_t len;

	(void)vsnprintf(reason, sizeof(reason), fmt, args);
	len = strlen(name) + strlen(reason) + sizeof(": ");
	text = malloc(len);
	if (text != NULL)
		(void)snprintf(text, len, "%s: %s", name, reason);
	return text;
}

__attribute__((format(printf, 2, 3))) static char *
compose_plain(const char *name, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = compose(name, fmt, args);
	va_end(args);
	return text;
}

void
stream_set_error(struct stream *s, int code, const char *fmt, va_list args)
{
	char *text;

	if (s->failed)
		return;
	if (fmt == NULL)
		text = compose_plain(s->name, "%s", strerror(-code));
	else
		text = compose(s->name, fmt, args);
	keep(s, code, text);
}

void
stream_copy_error(struct stream *s, const struct stream_error *error)
{
	if (s->failed)
		return;
	s->error.status = error->status;
	s->error.signo = error->signo;
	keep(s, error->code, strdup(error->text));
}

const struct stream_error *
stream_errored(const struct stream *s)
{
	static const struct stream_error no_memory = {
		.code = -ENOMEM,
		.stage = "stream",
		.text = "out of memory",
	};

	if (s == NULL)
		return &no_memory;
	return s->failed ? &s->error : NULL;
}
