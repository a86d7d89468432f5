/* SPDX-License-Identifier: ISC */
/*
 * bucket.h - a token bucket, in exact integers and without a clock of its own
 *
 * Tokens come in at a rate, to an absolute schedule: none is lost by rounding,
 * and to be late once does not delay what comes after.  At most a burst of
 * them is kept, so that time in which nobody wanted any is not made up for.
 *
 * It is different with time that was lost though tokens were wanted: whoever
 * was told to come back, and was kept from it by the scheduler, is owed what
 * did not fit.  The bucket's time then runs at 21/20 of the clock's until the
 * debt is paid.  A debt is at most a second: a longer absence is no delay of
 * the scheduler's but somebody's wish.
 *
 * Times are nanoseconds of any clock that does not go back.
 */
#ifndef RATE_LIMIT_BUCKET_H
#define RATE_LIMIT_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	uint64_t rate; /* tokens a second */
	uint64_t burst;
	uint64_t tokens; /* there now */
	uint64_t part; /* of the next, in 1e-9 */
	uint64_t owed; /* ns */
	uint64_t time; /* when it was last looked at */
	bool awaited; /* the last answer was to come back */
};

/* Empty.  rate and burst from 1 to INT64_MAX. */
void bucket_init(struct bucket *b, uint64_t rate, uint64_t burst, uint64_t now);

/* What comes in within 10 ms, but at least one. */
uint64_t bucket_default_burst(uint64_t rate);

/*
 * How many tokens, of the want > 0 there is use for, may be taken; or 0, with
 * the time after which to ask again.  It makes one wait for more than a few,
 * so that a stream moves in steps of half a burst, not in single bytes.
 */
uint64_t bucket_ask(
    struct bucket *b, uint64_t now, uint64_t want, uint64_t *retry_ns);

/* Take n, which are there. */
void bucket_take(struct bucket *b, uint64_t n);

#endif
