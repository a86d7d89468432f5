/* SPDX-License-Identifier: ISC */
/*
 * exec.c - a program's whole output, in one callback
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/child.h"

#define MOST ((size_t)1 << 20)

struct output {
	char *bytes;
	size_t len;
	size_t room;
};

struct exec {
	struct stream_child *child;
	stream_exec_fn *fn;
	void *arg;
	size_t most; /* of each output */
	struct output out;
	struct output err;
	int code; /* why it was ended by us, or 0 */
};

/* --- What it writes --- */

/* Room for len more and a NUL. */
static bool
make_room(struct output *o, size_t len)
{
	size_t room = o->room == 0 ? 256 : o->room;
	char *bytes;

	while (room < o->len + len + 1)
		room *= 2;
	if (room == o->room)
		return true;
	bytes = realloc(o->bytes, room);
	if (bytes == NULL)
		return false;
	o->bytes = bytes;
	o->room = room;
	return true;
}

/*
 * The first reason counts.  Its outputs are not waited for any more: children
 * of its own may hold them open for as long as they like.
 */
static void
give_up(struct exec *e, int code)
{
	if (e->code == 0)
		e->code = code;
	stream_destroy(stream_child_stdio(e->child, STDOUT_FILENO), 0);
	stream_destroy(stream_child_stdio(e->child, STDERR_FILENO), 0);
}

static void
end_it(struct exec *e, int code)
{
	give_up(e, code);
	(void)stream_child_kill(e->child, e->child->kill_signal);
}

static void
keep(struct exec *e, struct output *o, const void *bytes, size_t len)
{
	size_t left = e->most - o->len;

	if (!make_room(o, len < left ? len : left)) {
		end_it(e, -ENOMEM);
		return;
	}
	memcpy(o->bytes + o->len, bytes, len < left ? len : left);
	o->len += len < left ? len : left;
	o->bytes[o->len] = '\0';
	if (len > left)
		end_it(e, -ENOBUFS);
}

static void
out_came(struct stream *s, const void *bytes, size_t len, void *arg)
{
	struct exec *e = arg;

	(void)s;
	keep(e, &e->out, bytes, len);
}

static void
err_came(struct stream *s, const void *bytes, size_t len, void *arg)
{
	struct exec *e = arg;

	(void)s;
	keep(e, &e->err, bytes, len);
}

/* That it failed is told by how it ended. */
static void
read_failed(struct stream *s, const struct stream_error *error, void *arg)
{
	struct exec *e = arg;

	(void)s;
	if (error->code != -ECHILD && e->code == 0)
		e->code = error->code;
}

/* --- How it ended --- */

static const char *
reason(const struct exec *e, char *buf, size_t len)
{
	if (e->code == -ENOBUFS)
		return "wrote more than may be kept";
	if (e->code == -ETIMEDOUT)
		return "ran out of time";
	if (e->code != 0)
		return strerror(-e->code);
	return child_fate(buf, len, e->child->status, e->child->signo);
}

static void
tell(struct exec *e)
{
	struct stream_child *c = e->child;
	char fate[128];
	char text[512];
	struct stream_error error = {
		.code = e->code != 0 ? e->code : -ECHILD,
		.stage = c->name,
		.text = text,
		.status = c->status,
		.signo = c->signo,
	};
	bool failed = e->code != 0 || c->status != 0 || c->signo != 0;

	(void)snprintf(text, sizeof(text), "%s: %s", c->name,
	    reason(e, fate, sizeof(fate)));
	e->fn(
	    &(struct stream_output) {
		.error = failed ? &error : NULL,
		.status = c->status,
		.signo = c->signo,
		.out = e->out.bytes != NULL ? e->out.bytes : "",
		.err = e->err.bytes != NULL ? e->err.bytes : "",
		.out_len = e->out.len,
		.err_len = e->err.len,
	    },
	    e->arg);
}

static void
release(struct stream_child *c)
{
	struct exec *e = c->owner;

	free(e->out.bytes);
	free(e->err.bytes);
	free(e);
}

static void
closed(struct stream_child *c)
{
	struct exec *e = c->owner;

	if (!c->started)
		e->code = c->error.code;
	if (e->fn != NULL)
		tell(e);
	release(c);
}

static void
timed_out(struct stream_child *c)
{
	give_up(c->owner, -ETIMEDOUT);
}

/* --- Starting --- */

static void
listen_to(struct exec *e)
{
	static const struct stream_events out = { .data = out_came,
		.error = read_failed };
	static const struct stream_events err = { .data = err_came,
		.error = read_failed };

	(void)stream_on(stream_child_stdio(e->child, STDOUT_FILENO), &out, e);
	(void)stream_on(stream_child_stdio(e->child, STDERR_FILENO), &err, e);
}

/* Both outputs; standard input as the caller has it, else nothing to read. */
static void
choose_fds(struct stream_fdmap fds[3], const struct stream_spawn *spawn)
{
	fds[0] = (struct stream_fdmap) { STDIN_FILENO, STREAM_NULL };
	fds[1] = (struct stream_fdmap) { STDOUT_FILENO, STREAM_PIPE };
	fds[2] = (struct stream_fdmap) { STDERR_FILENO, STREAM_PIPE };
	for (size_t i = 0; i < spawn->nfds; i++)
		if (spawn->fds[i].child == STDIN_FILENO)
			fds[0] = spawn->fds[i];
}

struct stream_child *
stream_exec_file(struct stream_loop *loop, const struct stream_spawn *spawn,
    stream_exec_fn *fn, void *arg)
{
	struct stream_spawn s = *spawn;
	struct stream_fdmap fds[3];
	struct exec *e;

	if (loop == NULL)
		return NULL;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	choose_fds(fds, spawn);
	s.fds = fds;
	s.nfds = 3;
	e->fn = fn;
	e->arg = arg;
	e->most = s.max_buffer > 0 ? s.max_buffer : MOST;
	e->child = child_new(loop, &s, NULL, NULL);
	if (e->child == NULL) {
		free(e);
		return NULL;
	}
	e->child->owner = e;
	e->child->timed_out = timed_out;
	e->child->closed = closed;
	e->child->abandoned = release;
	if (child_start(e->child, &s, NULL, NULL) == 0)
		listen_to(e);
	return e->child;
}

struct stream_child *
stream_exec(struct stream_loop *loop, const char *command,
    const struct stream_spawn *spawn, stream_exec_fn *fn, void *arg)
{
	char shell[] = "sh";
	char option[] = "-c";
	char *argv[] = { shell, option, (char *)(uintptr_t)command, NULL };
	struct stream_spawn s = { .size = sizeof(s) };

	if (spawn != NULL)
		s = *spawn;
	s.file = "/bin/sh";
	s.argv = argv;
	return stream_exec_file(loop, &s, fn, arg);
}
