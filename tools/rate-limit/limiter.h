/* SPDX-License-Identifier: ISC */
/*
 * limiter.h - a run of rate-limit: one input after the other, one bucket
 */
#ifndef RATE_LIMIT_LIMITER_H
#define RATE_LIMIT_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

#include "libstream.h"
#include "rate-limit/bucket.h"

struct limiter {
	struct stream_loop *loop;
	struct bucket bucket;
	bool records; /* tokens are records, not bytes */
	char separator;

	uint64_t began;
	uint64_t bytes; /* that have passed */
	uint64_t count; /* of records that have begun to pass */
	bool inside; /* a record that was let in has not ended yet */
	uint64_t unsent; /* records since the output last had nothing to do */

	const char *name; /* of the input, in messages */
	struct stream *in; /* NULL once closed, as are the others */
	struct stream *filter; /* of records */
	struct stream *out;
	bool failed;
	bool stop; /* the output has failed */
};

/* Nanoseconds of the monotonic clock, as they are now. */
uint64_t limiter_clock(void);

/* Pass one input, NULL or "-" for standard input; what fails is reported. */
void limiter_pass(struct limiter *l, const char *file);

/* One line on standard error: how much, how long, how fast. */
void limiter_report(const struct limiter *l);

/* records.c: the filter that lets a record begin for each token. */
struct stream *records_new(struct limiter *l);

/* How often to look whether an output that is behind has caught up, in ns. */
#define LIMITER_POLL UINT64_C(10000000)

#endif
