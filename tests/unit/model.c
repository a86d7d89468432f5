/* SPDX-License-Identifier: ISC */
/*
 * model.c - random calls on random streams, against the promises
 *
 * A chain of one to four streams (transforms, pairs, spools) has bytes written
 * to its front and taken from its back.  At random it is written to, read,
 * paused, resumed, unpiped and piped again, turned, ended and destroyed.  The
 * reference is the list of bytes that went in; at every moment
 *
 *	1. what came out is a prefix of what went in
 *	2. no queue holds more than its high water and what was written at once
 *	3. end, finish, error and close come once, in order, nothing after close
 *	4. end only if the writer ended, and then all has come out
 *	5. a destroyed chain never shows an end
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sources.h"
#include "tap.h"

#define MOST_STAGES 4
#define MOST_BYTES 60000
#define LARGEST 5000

struct seen {
	unsigned data_after, ends, finishes, errors, closes, late, drains;
};

struct chain {
	struct stream_loop *loop;
	struct stream *stages[MOST_STAGES + 1];
	struct seen seen[MOST_STAGES + 1];
	size_t high[MOST_STAGES + 1];
	unsigned count;
	uint64_t seed;
	unsigned char *in;
	size_t written, read;
	bool ended, destroyed, joined[MOST_STAGES];
	const char *broken;
	char calls[2000];
	size_t calls_len;
};

static void
broken(struct chain *c, const char *promise)
{
	if (c->broken == NULL)
		c->broken = promise;
}

static void
note(struct chain *c, char letter)
{
	if (c->calls_len + 1 < sizeof(c->calls))
		c->calls[c->calls_len++] = letter;
}

/* --- Events --------------------------------------------------------------- */

static struct chain *now;

static struct seen *
seen_of(const struct stream *s)
{
	for (unsigned i = 0; i < now->count; i++)
		if (now->stages[i] == s)
			return &now->seen[i];
	broken(now, "an event of a stream that is gone");
	return &now->seen[MOST_STAGES];
}

static void
took(struct chain *c, const void *bytes, size_t len)
{
	if (c->read + len > c->written ||
	    memcmp(bytes, c->in + c->read, len) != 0)
		broken(c, "what comes out went in");
	c->read += len;
}

static void
on_data(struct stream *s, const void *bytes, size_t len, void *arg)
{
	if (seen_of(s)->ends || seen_of(s)->closes)
		broken(now, "no data after the end");
	if (!(stream_state(s) & STREAM_FLOWING))
		broken(now, "no data while paused");
	took(arg, bytes, len);
}

static void
on_end(struct stream *s, void *arg)
{
	(void)arg;
	if (seen_of(s)->ends++ || seen_of(s)->closes)
		broken(now, "one end, before close");
	if (!now->ended)
		broken(now, "no end unless the writer ended");
	if (s == now->stages[now->count - 1] && now->read != now->written)
		broken(now, "all has come out at the end");
}

static void
on_finish(struct stream *s, void *arg)
{
	(void)arg;
	if (seen_of(s)->finishes++ || seen_of(s)->closes)
		broken(now, "one finish, before close");
	if (!now->ended)
		broken(now, "no finish unless the writer ended");
}

static void
on_drain(struct stream *s, void *arg)
{
	(void)arg;
	seen_of(s)->drains++;
	if (seen_of(s)->closes)
		broken(now, "nothing after close");
}

static void
on_error(struct stream *s, const struct stream_error *error, void *arg)
{
	(void)arg, (void)error;
	if (seen_of(s)->errors++ || seen_of(s)->closes)
		broken(now, "one error, before close");
	if (!now->destroyed)
		broken(now, "no error unless one was made");
}

static void
on_close(struct stream *s, void *arg)
{
	struct seen *seen = seen_of(s);

	(void)arg;
	if (seen->closes++)
		broken(now, "one close");
	for (unsigned i = 0; i < now->count; i++)
		if (now->stages[i] == s)
			now->stages[i] = NULL;
}

static const struct stream_events flowing = { .data = on_data,
	.end = on_end,
	.finish = on_finish,
	.drain = on_drain,
	.error = on_error,
	.close = on_close };
static const struct stream_events middle = { .end = on_end,
	.finish = on_finish,
	.drain = on_drain,
	.error = on_error,
	.close = on_close };

/* --- Building ------------------------------------------------------------- */

static size_t
some_high_water(struct chain *c)
{
	static const size_t high[] = { 1, 50, 3000, 65536 };

	return high[pick(&c->seed, 4)];
}

static void
add_stage(struct chain *c)
{
	unsigned i = c->count++;
	uint32_t kind = pick(&c->seed, COPY_KINDS + 1);

	c->high[i] = some_high_water(c);
	if (kind < COPY_KINDS)
		c->stages[i] =
		    copier_new(c->loop, (enum copier_how)kind, c->high[i]);
	else {
		c->high[i] = STREAM_HIGH_WATER;
		c->stages[i] =
		    stream_spool(c->loop, 1 + pick(&c->seed, 9000), UINT64_MAX);
	}
	stream_on(c->stages[i], &middle, c);
}

static void
join(struct chain *c, unsigned i)
{
	struct stream_pipe_opts opts = { .size = sizeof(opts),
		.on_error = STREAM_ERROR_STOP };

	if (c->stages[i] == NULL || c->stages[i + 1] == NULL || c->joined[i])
		return;
	if (stream_pipe(c->stages[i], c->stages[i + 1], &opts) == 0)
		c->joined[i] = true;
}

static void
chain_new(struct chain *c, uint64_t seed)
{
	unsigned stages;

	*c = (struct chain) { .seed = seed };
	now = c;
	c->loop = stream_loop_new();
	c->in = make_bytes(MOST_BYTES + LARGEST, seed);
	stages = 1 + pick(&c->seed, MOST_STAGES);
	for (unsigned i = 0; i < stages; i++)
		add_stage(c);
	for (unsigned i = 0; i + 1 < c->count; i++)
		join(c, i);
}

/* --- Calls ---------------------------------------------------------------- */

static void
write_some(struct chain *c)
{
	size_t n = pick(&c->seed, pick(&c->seed, 4) ? 100 : LARGEST);
	struct stream *s = c->stages[0];
	int r;

	if (s == NULL || c->written >= MOST_BYTES ||
	    (stream_state(s) & STREAM_NEED_DRAIN))
		return;
	r = write_poisoned(s, c->in + c->written, n);
	if (c->ended && r >= 0)
		broken(c, "nothing is taken after the end");
	if (c->ended || c->destroyed)
		return;
	if (r < 0)
		broken(c, "a live stream takes bytes");
	c->written += n;
}

static void
read_some(struct chain *c)
{
	struct stream *s = c->stages[c->count - 1];
	unsigned char buf[700];
	ssize_t n;

	if (s == NULL || (stream_state(s) & STREAM_FLOWING))
		return;
	n = stream_read(s, buf, 1 + pick(&c->seed, sizeof(buf)));
	if (n > 0)
		took(c, buf, (size_t)n);
	if (n == 0 && !c->ended && !c->destroyed)
		broken(c, "no end unless the writer ended");
	if (n == 0 && !c->destroyed && c->read != c->written)
		broken(c, "all has come out at the end");
}

static void
set_flow(struct chain *c)
{
	struct stream *s = c->stages[c->count - 1];

	if (s == NULL)
		return;
	switch (pick(&c->seed, 3)) {
	case 0:
		stream_on(s, &flowing, c);
		stream_resume(s);
		break;
	case 1:
		/* Without a listener it would be discarded. */
		stream_pause(s);
		break;
	default:
		stream_pause(s);
		stream_on(s, &middle, c);
		break;
	}
}

static void
rejoin(struct chain *c)
{
	unsigned i = pick(&c->seed, MOST_STAGES);

	if (i + 1 >= c->count)
		return;
	if (!c->joined[i]) {
		join(c, i);
		return;
	}
	if (c->stages[i] == NULL || c->stages[i + 1] == NULL)
		return;
	stream_unpipe(c->stages[i], c->stages[i + 1]);
	c->joined[i] = false;
}

static void
turn(struct chain *c)
{
	for (uint32_t n = pick(&c->seed, 5); n > 0; n--)
		stream_loop_turn(c->loop, 0);
}

static void
check_queues(struct chain *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		struct stream *s = c->stages[i];
		size_t most = c->high[i] + LARGEST + STREAM_HIGH_WATER;
		if (s == NULL)
			continue;
		if (stream_buffered(s, STREAM_WRITABLE) > most ||
		    stream_buffered(s, STREAM_READABLE) > most)
			broken(c, "a queue holds its high water and a chunk");
	}
}

static void
end_or_destroy(struct chain *c)
{
	unsigned i = pick(&c->seed, c->count);

	if (pick(&c->seed, 3) > 0) {
		stream_end(c->stages[0]);
		c->ended = true;
		return;
	}
	if (c->stages[i] == NULL)
		return;
	c->destroyed = true;
	stream_destroy(c->stages[i], -EIO);
}

static void
step(struct chain *c)
{
	uint32_t what = pick(&c->seed, 200);

	if (what < 60) {
		note(c, 'w');
		write_some(c);
	} else if (what < 100) {
		note(c, 'r');
		read_some(c);
	} else if (what < 120) {
		note(c, 'f');
		set_flow(c);
	} else if (what < 130) {
		note(c, 'j');
		rejoin(c);
	} else if (what < 199) {
		note(c, 't');
		turn(c);
	} else {
		note(c, 'e');
		end_or_destroy(c);
	}
	check_queues(c);
}

/* Let it come to its end: whole, unless it was destroyed. */
static void
conclude(struct chain *c)
{
	struct stream *last;

	for (unsigned i = 0; i + 1 < c->count; i++)
		join(c, i);
	last = c->stages[c->count - 1];
	if (last) {
		stream_on(last, &flowing, c);
		stream_resume(last);
	}
	if (c->stages[0])
		stream_end(c->stages[0]);
	c->ended = true;
	run_loop(c->loop);
	if (!c->destroyed && c->read != c->written)
		broken(c, "all comes out in the end");
	for (unsigned i = 0; i < c->count; i++)
		if (!c->destroyed && c->seen[i].closes != 1)
			broken(c, "all close in the end");
}

static bool
holds(uint64_t seed)
{
	static struct chain c;

	chain_new(&c, seed);
	for (unsigned i = 0; i < 400 && !c.broken; i++)
		step(&c);
	if (!c.broken)
		conclude(&c);
	if (c.broken)
		diag("seed %ju breaks: %s (%zu in, %zu out) %.*s",
		    (uintmax_t)seed, c.broken, c.written, c.read,
		    (int)c.calls_len, c.calls);
	stream_loop_free(c.loop);
	free(c.in);
	return !c.broken;
}

int
main(int argc, char *argv[])
{
	unsigned n = rounds(300, 20000);
	unsigned good = 0;

	if (argc > 1) {
		ok(holds(strtoull(argv[1], NULL, 10)), "seed %s", argv[1]);
		return done();
	}
	for (unsigned i = 1; i <= n; i++)
		good += holds(i);
	is_int(good, n, "%u random sequences of calls keep the promises", n);
	return done();
}
