/* SPDX-License-Identifier: ISC */
/* bucket.c - the bucket of rate-limit, by a clock that the test turns */
#include "config.h"

#include <inttypes.h>

#include "rate-limit/bucket.h"
#include "tap.h"

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)

/* floor(rate * ns / 10^9) by another road than the bucket's: long division. */
static uint64_t
due(uint64_t rate, uint64_t ns)
{
	uint64_t value = ns / SECOND * rate;
	uint64_t rest = 0;
	uint64_t whole = 0;

	ns %= SECOND;
	for (int bit = 29; bit >= 0; bit--) { /* ns < 2^30 */
		whole *= 2;
		rest *= 2;
		if (ns >> bit & 1) {
			whole += rate / SECOND;
			rest += rate % SECOND;
		}
		whole += rest / SECOND;
		rest %= SECOND;
	}
	return value + whole;
}

/* Take all that there is until the answer is to come back; when is stored. */
static uint64_t
drain(struct bucket *b, uint64_t now, uint64_t want, uint64_t *retry)
{
	uint64_t total = 0;
	uint64_t n;

	while ((n = bucket_ask(b, now, want, retry)) > 0) {
		bucket_take(b, n);
		total += n;
	}
	return total;
}

static void
starts_empty(void)
{
	struct bucket b;
	uint64_t retry = 0;

	bucket_init(&b, 1000, 10, 5 * SECOND);
	is_int(bucket_ask(&b, 5 * SECOND, 100, &retry), 0,
	    "a bucket is empty at the start");
	is_int(retry, 5 * MS, "half a burst is waited for");
	is_int(bucket_ask(&b, 5 * SECOND + retry, 100, &retry), 5,
	    "which is there then");
	bucket_take(&b, 5);
	is_int(bucket_ask(&b, 5 * SECOND + 6 * MS, 1, &retry), 1,
	    "one that is wanted alone is not kept waiting");
	bucket_init(&b, 1, 1, 0);
	(void)bucket_ask(&b, 0, 1, &retry);
	is_int(retry, SECOND, "one a second comes after a second");
	is_int(bucket_ask(&b, SECOND - 1, 1, &retry), 0, "not before");
	is_int(retry, 1, "not by a nanosecond");
	is_int(bucket_ask(&b, SECOND, 1, &retry), 1, "but then");
}

/* Punctual, greedy: what has passed is what is due, to the token. */
static void
keeps_the_schedule(uint64_t rate)
{
	struct bucket b;
	uint64_t now = 12345;
	uint64_t retry = 0;
	uint64_t total = 0;
	uint64_t wrong = 0;
	uint64_t refused = 0;

	bucket_init(&b, rate, bucket_default_burst(rate), now);
	for (int i = 0; i < 1000; i++) {
		uint64_t n = drain(&b, now, 1 + rate / 2000, &retry);

		refused += n == 0 && i > 0;
		total += n;
		wrong += total + b.tokens != due(rate, now - 12345);
		now += retry;
	}
	is_int(
	    wrong, 0, "at %" PRIu64 "/s the sum is what is due, always", rate);
	is_int(refused, 0, "at %" PRIu64 "/s who comes back in time is served",
	    rate);
	is_int(b.owed, 0, "at %" PRIu64 "/s nothing is owed then", rate);
}

/* A little too early or too late each time, by less than half a burst. */
static void
does_not_drift(uint64_t rate)
{
	struct bucket b;
	uint64_t now = 0;
	uint64_t retry = 0;
	uint64_t total = 0;
	uint64_t worst = 0;
	unsigned seed = 1;

	bucket_init(&b, rate, bucket_default_burst(rate), 0);
	for (int i = 0; i < 10000; i++) {
		uint64_t left;

		total += drain(&b, now, UINT64_MAX, &retry);
		left = due(rate, now) - total;
		worst = left > worst ? left : worst;
		seed = seed * 1103515245 + 12345;
		now += retry + seed / 65536 % (4 * MS) - retry / 10;
	}
	ok(worst <= b.burst, "at %" PRIu64 "/s 10000 late calls leave no drift",
	    rate);
	is_int(total + b.tokens, due(rate, b.time),
	    "at %" PRIu64 "/s and nothing is lost", rate);
}

static void
does_not_save(void)
{
	struct bucket b;
	uint64_t retry;

	bucket_init(&b, 1000000, 10000, 0);
	is_int(drain(&b, 3600 * SECOND, UINT64_MAX, &retry), 10000,
	    "an hour in which nobody asked is worth a burst");
	is_int(b.owed, 0, "and nothing is owed");

	/* Served in part, then the output was blocked for an hour. */
	bucket_take(&b, bucket_ask(&b, 3601 * SECOND, 5000, &retry));
	is_int(drain(&b, 7201 * SECOND, UINT64_MAX, &retry), 10000,
	    "so is an hour in which the output took nothing");
	is_int(b.owed, 0, "and nothing is owed either");
}

/*
 * 300 ms late when told to come back.  In the time after that, no more than
 * 1.05 of the rate, until the sum is what is due again.
 */
static void
repays_slowly(uint64_t rate)
{
	struct bucket b;
	uint64_t now = 0;
	uint64_t retry = 0;
	uint64_t total = 0;
	uint64_t from;
	uint64_t paid = 0;
	uint64_t hasty = 0;

	bucket_init(&b, rate, bucket_default_burst(rate), 0);
	(void)drain(&b, now, UINT64_MAX, &retry);
	now += 300 * MS;
	from = now;
	total += drain(&b, now, UINT64_MAX, &retry);
	is_int(total, b.burst, "after 300 ms a burst, at %" PRIu64 "/s", rate);
	ok(b.owed > 280 * MS && b.owed <= 300 * MS, "the rest is owed");
	while (now < 20 * SECOND) {
		uint64_t limit;

		now += retry;
		total += drain(&b, now, UINT64_MAX, &retry);
		limit = due(rate, (now - from) + (now - from) / 20);
		hasty += total > limit + 2 * b.burst;
		if (paid == 0 && b.owed == 0)
			paid = now;
	}
	is_int(hasty, 0, "never faster than 1.05 of the rate");
	/* 290 ms at a twentieth are 5.8 s. */
	ok(paid > from + 5 * SECOND && paid < from + 7 * SECOND,
	    "the debt is paid in 5.8 s or so");
	ok(due(rate, now) - total <= b.burst + 1, "and all of it");
}

static void
owes_a_second_at_most(void)
{
	struct bucket b;
	uint64_t retry;

	bucket_init(&b, 1000, 10, 0);
	(void)bucket_ask(&b, 0, 1, &retry);
	is_int(drain(&b, 3600 * SECOND, UINT64_MAX, &retry), 10,
	    "who was stopped for an hour gets a burst");
	is_int(b.owed, SECOND, "and is owed a second");
	(void)drain(&b, 3600 * SECOND - 5, UINT64_MAX, &retry);
	is_int(b.time, 3600 * SECOND, "a clock that goes back is not followed");
}

/* In any order of asking: no window sees more than its share and a burst. */
static void
is_never_exceeded(uint64_t rate)
{
	struct bucket b;
	uint64_t now = 0;
	uint64_t retry = 0;
	uint64_t total = 0;
	uint64_t broken = 0;
	uint64_t most = 0; /* that was ever due and not taken */
	unsigned seed = 7;

	bucket_init(&b, rate, bucket_default_burst(rate), 0);
	for (int i = 0; i < 20000; i++) {
		uint64_t n;
		uint64_t left;

		seed = seed * 1103515245 + 12345;
		now += seed / 65536 % (2 * MS);
		n = bucket_ask(&b, now, 1 + seed % 10000, &retry);
		b.awaited = false; /* nobody is to blame for a delay */
		left = due(rate, now) - total;
		most = left > most ? left : most;
		bucket_take(&b, n);
		total += n;
		/* The window that began when most was left, and ends now. */
		broken += most - (left - n) > b.burst + 1;
	}
	is_int(broken, 0,
	    "at %" PRIu64 "/s any window has its share and a burst", rate);
}

int
main(void)
{
	static const uint64_t rates[] = { 1, 3, 99, 100, 101, 1000, 12347,
		1000003, 20 << 20, 999999999, 1000000007, UINT64_C(100) << 30,
		(UINT64_C(1) << 60) - 1 };

	starts_empty();
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		keeps_the_schedule(rates[i]);
	does_not_drift(1000);
	does_not_drift(20 << 20);
	does_not_drift(UINT64_C(100) << 30);
	does_not_save();
	repays_slowly(1000);
	repays_slowly(20 << 20);
	repays_slowly(UINT64_C(100) << 30);
	owes_a_second_at_most();
	is_never_exceeded(5000);
	is_never_exceeded(UINT64_C(3) << 20);
	return done();
}
