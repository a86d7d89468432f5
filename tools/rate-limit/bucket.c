/* SPDX-License-Identifier: ISC */
/* bucket.c - the arithmetic of a rate */
#include "config.h"

#include "rate-limit/bucket.h"

#define SECOND UINT64_C(1000000000)
#define OWED_MAX SECOND
#define REPAID_IN 20 /* 1/20 of the time that passes is repaid meanwhile */
#define LONGEST UINT64_C(1000000000) /* seconds that are told apart */

static uint64_t
min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void
bucket_init(struct bucket *b, uint64_t rate, uint64_t burst, uint64_t now)
{
	*b = (struct bucket) { .rate = rate, .burst = burst, .time = now };
}

uint64_t
bucket_default_burst(uint64_t rate)
{
	return rate >= 100 ? rate / 100 : 1;
}

/*
 * How long until n more are there: exact, or a nanosecond or two too long.
 * The rest of the division must not overflow when it is made nanoseconds: both
 * lose low bits if need be, the rest upwards and the rate downwards.
 */
static uint64_t
time_for(const struct bucket *b, uint64_t n)
{
	uint64_t seconds = min(n / b->rate, LONGEST);
	uint64_t rest = n % b->rate;
	uint64_t rate = b->rate;

	if (n == 0)
		return 0;
	for (; rate > UINT32_MAX; rate /= 2)
		rest = rest / 2 + rest % 2;
	return seconds * SECOND + (rest * SECOND + rate - 1) / rate -
	    b->part / b->rate;
}

/*
 * What comes in within ns, which is not more than there is room for.  rate is
 * below 2^63, hence so is every product.
 */
static void
let_in(struct bucket *b, uint64_t ns)
{
	uint64_t low = b->rate % SECOND * (ns % SECOND) + b->part;

	b->tokens += ns / SECOND * b->rate;
	b->tokens += b->rate / SECOND * (ns % SECOND) + low / SECOND;
	b->tokens = min(b->tokens, b->burst);
	b->part = low % SECOND;
}

/* The time that counts: more than has passed while something is owed. */
static uint64_t
pass_time(struct bucket *b, uint64_t now)
{
	uint64_t passed = now > b->time ? now - b->time : 0;
	uint64_t repaid = min(b->owed, passed / REPAID_IN);

	b->time += passed;
	b->owed -= repaid;
	return passed + repaid;
}

static void
fill(struct bucket *b, uint64_t now)
{
	uint64_t ns = pass_time(b, now);
	uint64_t until_full = time_for(b, b->burst - b->tokens);

	if (ns < until_full) {
		let_in(b, ns);
		return;
	}
	b->tokens = b->burst;
	b->part = 0;
	if (b->awaited)
		b->owed = min(b->owed + (ns - until_full), OWED_MAX);
}

/* How long, by the clock, until the bucket has seen ns. */
static uint64_t
clock_time(const struct bucket *b, uint64_t ns)
{
	return ns - min(b->owed, ns / (REPAID_IN + 1));
}

uint64_t
bucket_ask(struct bucket *b, uint64_t now, uint64_t want, uint64_t *retry_ns)
{
	uint64_t step = b->burst / 2 + b->burst % 2;
	uint64_t target;

	fill(b, now);
	b->awaited = b->tokens < min(want, step);
	if (!b->awaited)
		return min(b->tokens, want);
	/* Not more than a thousand times a second, if the burst permits. */
	target = want > b->rate / 1000 ? want : b->rate / 1000;
	*retry_ns = clock_time(b, time_for(b, min(target, step) - b->tokens));
	return 0;
}

void
bucket_take(struct bucket *b, uint64_t n)
{
	b->tokens -= min(n, b->tokens);
}
