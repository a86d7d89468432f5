/* SPDX-License-Identifier: ISC */
/* limiter.c - from an input to standard output, no faster than the bucket */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/units.h"
#include "rate-limit/limiter.h"

/* The loop's own is of when it last waited; a blocking call may lie between. */
uint64_t
limiter_clock(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* --- The limit on a pipe of bytes ---
 *
 * What waits to be written is let grow to a burst, no more: else an output
 * that takes nothing for a minute would get the minute all at once.
 */

static size_t
allow(void *arg, size_t want, uint64_t *retry_ns)
{
	struct limiter *l = arg;
	uint64_t n;

	*retry_ns = LIMITER_POLL;
	n = bucket_ask(&l->bucket, limiter_clock(), want, retry_ns);
	if (stream_buffered(l->out, STREAM_WRITABLE) >= l->bucket.burst)
		return 0;
	return (size_t)n;
}

static void
moved(void *arg, size_t len)
{
	struct limiter *l = arg;

	bucket_take(&l->bucket, len);
	l->bytes += len;
}

/* --- Failures --- */

/* Nothing more can be done; code 0 if that was said, or is not to be. */
static void
give_up(struct limiter *l, const char *subject, int code)
{
	l->failed = l->stop = true;
	if (code != 0)
		warn_file(subject, code);
	stream_destroy(l->in, 0);
	stream_destroy(l->filter, 0);
	stream_destroy(l->out, 0);
}

static void
failed(struct stream *s, const struct stream_error *error, void *arg)
{
	struct limiter *l = arg;

	if (l->stop)
		return;
	if (s == l->in) {
		warn_file(l->name, error->code);
		l->failed = true;
		/* What came before still gets out. */
		stream_end(l->filter != NULL ? l->filter : l->out);
	} else if (s == l->out && error->code == -EPIPE) {
		give_up(l, NULL, 0); /* no one is there to be told */
	} else {
		give_up(
		    l, s == l->out ? "standard output" : l->name, error->code);
	}
}

static void
closed(struct stream *s, void *arg)
{
	struct limiter *l = arg;

	if (s == l->in)
		l->in = NULL;
	else if (s == l->filter)
		l->filter = NULL;
	else
		l->out = NULL;
}

/* --- An input --- */

/* A stream that failed when it was made tells of that in the loop. */
static int
connect_to(
    struct stream *src, struct stream *dst, const struct stream_pipe_opts *opts)
{
	int r = stream_pipe(src, dst, opts);

	if (stream_errored(src) != NULL || stream_errored(dst) != NULL)
		return 0;
	return r;
}

static int
connect_all(struct limiter *l)
{
	struct stream_pipe_opts limit = {
		.size = sizeof(limit), .allow = allow, .moved = moved, .arg = l
	};
	int r;

	if (!l->records)
		return connect_to(l->in, l->out, &limit);
	r = connect_to(l->filter, l->out, NULL);
	return r < 0 ? r : connect_to(l->in, l->filter, NULL);
}

static int
open_all(struct limiter *l, const char *file)
{
	static const struct stream_events events = { .error = failed,
		.close = closed };

	l->in = file == NULL ? stream_stdio(l->loop, STDIN_FILENO)
			     : stream_open(l->loop, file, O_RDONLY);
	l->filter = l->records ? records_new(l) : NULL;
	l->out = stream_stdio(l->loop, STDOUT_FILENO);
	if (l->in == NULL || l->out == NULL ||
	    (l->records && l->filter == NULL))
		return -ENOMEM;
	(void)stream_on(l->in, &events, l);
	(void)stream_on(l->out, &events, l);
	if (l->records)
		(void)stream_on(l->filter, &events, l);
	return 0;
}

void
limiter_pass(struct limiter *l, const char *file)
{
	int r;

	if (file != NULL && strcmp(file, "-") == 0)
		file = NULL;
	l->name = file == NULL ? "standard input" : file;
	r = open_all(l, file);
	if (r == 0)
		r = connect_all(l);
	if (r == 0)
		r = stream_loop_run(l->loop);
	if (r < 0)
		give_up(l, l->name, r);
}

/* --- How it goes --- */

void
limiter_report(const struct limiter *l)
{
	uint64_t ns = limiter_clock() - l->began;
	double per_second = ns == 0 ? 0 : 1e9 / (double)ns;
	char size[UNITS_MAX];
	char time[UNITS_MAX];
	char rate[UNITS_MAX];

	units_format_size(size, sizeof(size), l->bytes, UNITS_IEC);
	units_format_duration(time, sizeof(time), ns);
	units_format_rate(rate, sizeof(rate),
	    (uint64_t)((double)l->bytes * per_second), UNITS_IEC);
	if (l->records)
		warn_msg("%" PRIu64 " records, %" PRIu64
			 " bytes (%s) in %s, %.3g records/s, %s",
		    l->count, l->bytes, size, time,
		    (double)l->count * per_second, rate);
	else
		warn_msg("%" PRIu64 " bytes (%s) in %s, %s", l->bytes, size,
		    time, rate);
}
