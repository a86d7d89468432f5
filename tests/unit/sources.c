/* SPDX-License-Identifier: ISC */
/*
 * sources.c - streams that behave as badly as the rules allow
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sources.h"

#define MILLISECOND 1000000u

static void *
must(void *p)
{
	if (p == NULL) {
		perror("tests");
		exit(99);
	}
	return p;
}

uint32_t
pick(uint64_t *state, uint32_t below)
{
	/* xorshift64*, which is good enough and the same everywhere */
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)((*state * 2685821657736338717u) >> 32) % below;
}

unsigned char *
make_bytes(size_t len, uint64_t seed)
{
	unsigned char *bytes = must(malloc(len + 1));

	for (size_t i = 0; i < len; i++)
		bytes[i] = (unsigned char)pick(&seed, 256);
	return bytes;
}

unsigned char *
make_lines(size_t len, size_t longest, uint64_t seed)
{
	unsigned char *bytes = make_bytes(len, seed);
	size_t next = 0;

	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n')
			bytes[i] = ' ';
		if (i == next && i + 1 < len) {
			bytes[i] = '\n';
			next += 1 + pick(&seed, (uint32_t)longest + 1);
		}
	}
	return bytes;
}

/* Room for more bytes behind the len that there are: a power of two in all. */
static unsigned char *
grown(unsigned char *bytes, size_t len, size_t more)
{
	size_t had = 0, room = 256;

	while (len > 0 && (had = had ? 2 * had : 256) < len)
		;
	while (room < len + more)
		room *= 2;
	return room == had ? bytes : must(realloc(bytes, room));
}

unsigned
rounds(unsigned few, unsigned many)
{
	return getenv("SU_LONG") ? many : few;
}

static int
poisoned(int (*give)(struct stream *, const void *, size_t), struct stream *s,
    const void *bytes, size_t len)
{
	unsigned char *copy = must(malloc(len + 1));
	int r;

	if (len > 0)
		memcpy(copy, bytes, len);
	r = give(s, copy, len);
	memset(copy, 0xa5, len + 1);
	free(copy);
	return r;
}

int
push_poisoned(struct stream *s, const void *bytes, size_t len)
{
	return poisoned(stream_push, s, bytes, len);
}

int
write_poisoned(struct stream *s, const void *bytes, size_t len)
{
	return poisoned(stream_write, s, bytes, len);
}

/* --- Sources -------------------------------------------------------------- */

static size_t
piece_of(struct source *src, size_t want)
{
	size_t left = src->len - src->given;
	size_t n = want ? want : 1;

	switch (src->how) {
	case SOURCE_WANTED:
		break;
	case SOURCE_ONE_BYTE:
		n = 1;
		break;
	case SOURCE_HALF:
		n = (want + 1) / 2;
		break;
	case SOURCE_RANDOM:
		/* Mostly short ones, for these fall on every border. */
		n = 1 + pick(&src->seed, pick(&src->seed, 4) ? 9 : 70000);
		break;
	case SOURCE_ALL:
		n = left;
		break;
	}
	if (src->fail_code && n > src->fail_at - src->given)
		n = src->fail_at - src->given;
	return n < left ? n : left;
}

static int
source_end(struct source *src)
{
	src->ended = true;
	return stream_push_end(src->stream);
}

/* One piece: 1 if more may follow at once. */
static int
source_give(struct source *src, size_t want)
{
	const unsigned char *bytes = src->bytes;
	size_t n = piece_of(src, want);
	int more;

	if (src->fail_code && src->given == src->fail_at)
		return src->fail_code;
	if (n == 0)
		return source_end(src);
	src->given += n;
	more = push_poisoned(src->stream, bytes + src->given - n, n);
	if (more < 0)
		return more;
	if (src->endless && src->given == src->len)
		src->given = 0;
	if (src->end_with_data && src->given == src->len)
		return source_end(src);
	return more;
}

static int
source_give_some(struct source *src, size_t want)
{
	int r;

	do {
		r = source_give(src, want);
	} while (r == 1 && !src->ended && src->how == SOURCE_RANDOM &&
	    pick(&src->seed, 2));
	return r < 0 ? r : 0;
}

static void
source_late(void *arg)
{
	struct source *src = arg;
	int r;

	if (src->destroys)
		return;
	r = source_give_some(src, 4096);
	if (r < 0)
		stream_destroy(src->stream, r);
}

static int
source_read(struct stream *s, size_t want)
{
	struct source *src = stream_self(s);
	size_t high = src->high_water ? src->high_water : STREAM_HIGH_WATER;

	src->stream = s;
	src->reads++;
	if (stream_buffered(s, STREAM_READABLE) >= high)
		src->reads_at_high++;
	if (src->ended)
		src->reads_after_end++;
	if (src->late ||
	    (src->how == SOURCE_RANDOM && pick(&src->seed, 8) == 0)) {
		stream_set_immediate(stream_loop_of(s), source_late, src);
		return 0;
	}
	return source_give_some(src, want);
}

static void
source_destroy(struct stream *s, int code)
{
	struct source *src = stream_self(s);

	src->destroys++;
	src->destroy_code = code;
}

struct stream *
source_new(struct stream_loop *loop, struct source *src)
{
	static const struct stream_ops ops = {
		.name = "source",
		.read = source_read,
		.destroy = source_destroy,
	};

	if (src->seed == 0)
		src->seed = 1;
	return src->stream = stream_new(loop, &ops, src, src->high_water);
}

/* --- Sinks ---------------------------------------------------------------- */

static void
sink_ready(void *arg)
{
	struct sink *sink = arg;

	if (sink->destroys)
		return;
	sink->may_take = true;
	stream_ready(sink->stream);
}

void
sink_release(struct sink *sink)
{
	sink->pace = SINK_AT_ONCE;
	sink_ready(sink);
}

/* True if it is to be called later. */
static bool
sink_must_wait(struct sink *sink)
{
	struct stream_loop *loop = stream_loop_of(sink->stream);

	if (sink->pace == SINK_AT_ONCE || sink->may_take) {
		sink->may_take = false;
		return false;
	}
	if (sink->pace == SINK_IMMEDIATE)
		stream_set_immediate(loop, sink_ready, sink);
	if (sink->pace == SINK_TIMEOUT)
		stream_set_timeout(loop, MILLISECOND, 0, sink_ready, sink);
	return true;
}

static size_t
sink_share(struct sink *sink, size_t offered)
{
	size_t n = offered;

	if (sink->how == SINK_ONE_BYTE)
		n = 1;
	if (sink->how == SINK_HALF)
		n = (offered + 1) / 2;
	if (sink->how == SINK_RANDOM)
		n = 1 + pick(&sink->seed, (uint32_t)offered);
	if (sink->fail_code && n > sink->fail_at - sink->len)
		n = sink->fail_at - sink->len;
	return n < offered ? n : offered;
}

static void
sink_keep(struct sink *sink, const struct iovec *iov, size_t n)
{
	for (size_t part; n > 0; n -= part, iov++) {
		part = iov->iov_len < n ? iov->iov_len : n;
		if (!sink->discard && part > 0) {
			sink->bytes = grown(sink->bytes, sink->len, part);
			memcpy(sink->bytes + sink->len, iov->iov_base, part);
		}
		sink->len += part;
	}
}

static ssize_t
sink_write(struct stream *s, const struct iovec *iov, int count)
{
	struct sink *sink = stream_self(s);
	size_t offered = 0;
	size_t n;

	sink->stream = s;
	sink->writes++;
	if (sink->fail_code && sink->len == sink->fail_at)
		return sink->fail_code;
	if (sink_must_wait(sink))
		return -EAGAIN;
	for (int i = 0; i < count; i++)
		offered += iov[i].iov_len;
	if (count > sink->largest_iov)
		sink->largest_iov = count;
	n = sink_share(sink, offered);
	sink_keep(sink, iov, n);
	return (ssize_t)n;
}

static int
sink_final(struct stream *s)
{
	struct sink *sink = stream_self(s);

	sink->stream = s;
	sink->finals++;
	if (sink->final_waits > 0) {
		sink->final_waits--;
		stream_set_immediate(stream_loop_of(s), sink_ready, sink);
		return -EAGAIN;
	}
	return sink->final_code;
}

static void
sink_destroy(struct stream *s, int code)
{
	struct sink *sink = stream_self(s);

	sink->destroys++;
	sink->destroy_code = code;
}

struct stream *
sink_new(struct stream_loop *loop, struct sink *sink)
{
	static const struct stream_ops ops = {
		.name = "sink",
		.write = sink_write,
		.final = sink_final,
		.destroy = sink_destroy,
	};

	if (sink->seed == 0)
		sink->seed = 1;
	return sink->stream = stream_new(loop, &ops, sink, sink->high_water);
}

void
sink_free(struct sink *sink)
{
	free(sink->bytes);
	sink->bytes = NULL;
	sink->len = 0;
}

/* --- Transforms ----------------------------------------------------------- */

static size_t
times(const struct expander *e, unsigned char byte)
{
	if (e->factor)
		return e->factor;
	return byte ? byte : 1;
}

/* Push up to 64 of byte: what stream_push() said. */
static int
expand_some(struct stream *s, struct expander *e, unsigned char byte)
{
	size_t n = e->left < 64 ? e->left : 64;
	unsigned char run[64];

	e->left -= n;
	if (e->reserve) {
		void *room = stream_reserve(s, n);
		if (room == NULL)
			return -ENOMEM;
		memset(room, byte, n);
		return stream_commit(s, n);
	}
	memset(run, byte, n);
	return push_poisoned(s, run, n);
}

static ssize_t
expand(struct stream *s, const void *bytes, size_t len, int last)
{
	struct expander *e = stream_self(s);
	const unsigned char *p = bytes;
	size_t used = 0;
	int more = 1;

	(void)last;
	while (more == 1 && used < len) {
		if (e->left == 0)
			e->left = times(e, p[used]);
		more = expand_some(s, e, p[used]);
		if (e->left == 0)
			used++;
	}
	if (stream_buffered(s, STREAM_READABLE) > e->most_buffered)
		e->most_buffered = stream_buffered(s, STREAM_READABLE);
	return more < 0 ? more : (ssize_t)used;
}

static void
expander_destroy(struct stream *s, int code)
{
	struct expander *e = stream_self(s);

	(void)code;
	e->destroys++;
}

struct stream *
expander_new(struct stream_loop *loop, struct expander *e, size_t high_water)
{
	static const struct stream_ops ops = {
		.name = "expander",
		.transform = expand,
		.destroy = expander_destroy,
	};

	return stream_new(loop, &ops, e, high_water);
}

unsigned char *
expanded(
    const struct expander *e, const void *bytes, size_t len, size_t *out_len)
{
	const unsigned char *p = bytes;
	unsigned char *out;
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += times(e, p[i]);
	out = must(malloc(n + 1));
	*out_len = n;
	n = 0;
	for (size_t i = 0; i < len; n += times(e, p[i]), i++)
		memset(out + n, p[i], times(e, p[i]));
	return out;
}

static ssize_t
shrink(struct stream *s, const void *bytes, size_t len, int last)
{
	struct shrinker *sh = stream_self(s);
	const unsigned char *p = bytes;

	(void)last;
	for (size_t i = 0; i < len; i++) {
		int more = 1;
		if (sh->seen++ % sh->one_in == 0)
			more = push_poisoned(s, p + i, 1);
		if (more != 1)
			return more < 0 ? more : (ssize_t)i + 1;
	}
	return (ssize_t)len;
}

struct stream *
shrinker_new(
    struct stream_loop *loop, struct shrinker *shrinker, size_t high_water)
{
	static const struct stream_ops ops = {
		.name = "shrinker",
		.transform = shrink,
	};

	return stream_new(loop, &ops, shrinker, high_water);
}

static ssize_t
used_or(int r, size_t len)
{
	return r < 0 ? r : (ssize_t)len;
}

static ssize_t
copy_push(struct stream *s, const void *bytes, size_t len, int last)
{
	(void)last;
	return used_or(push_poisoned(s, bytes, len), len);
}

static ssize_t
copy_one(struct stream *s, const void *bytes, size_t len, int last)
{
	return copy_push(s, bytes, len > 0, last);
}

static ssize_t
copy_reserve(struct stream *s, const void *bytes, size_t len, int last)
{
	void *room = stream_reserve(s, len);

	(void)last;
	if (room == NULL)
		return -ENOMEM;
	memcpy(room, bytes, len);
	return used_or(stream_commit(s, len), len);
}

static ssize_t
copy_pass(struct stream *s, const void *bytes, size_t len, int last)
{
	(void)last;
	return used_or(stream_pass(s, bytes, len), len);
}

struct stream *
copier_new(struct stream_loop *loop, enum copier_how how, size_t high_water)
{
	static const struct stream_ops ops[COPY_KINDS] = {
		[COPY_PUSH] = { .name = "push", .transform = copy_push },
		[COPY_RESERVE] = { .name = "reserve",
		    .transform = copy_reserve },
		[COPY_PASS] = { .name = "pass", .transform = copy_pass },
		[COPY_ONE_BYTE] = { .name = "one", .transform = copy_one },
	};

	return stream_new(loop, &ops[how], NULL, high_water);
}

/* --- Witnesses ------------------------------------------------------------ */

bool
same_bytes(const void *a, size_t a_len, const void *b, size_t b_len)
{
	return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

void
witness_log(struct witness *w, const char *word)
{
	size_t len = strlen(w->log);
	size_t n = strlen(word);

	if (len + n + 2 > sizeof(w->log))
		return;
	snprintf(
	    w->log + len, sizeof(w->log) - len, "%s%s", len ? " " : "", word);
}

static void
saw_data(struct stream *s, const void *bytes, size_t len, void *arg)
{
	struct witness *w = arg;
	size_t n = strlen(w->log);

	(void)s;
	w->data++;
	w->bytes = grown(w->bytes, w->len, len);
	memcpy(w->bytes + w->len, bytes, len);
	w->len += len;
	if (!w->quiet_data && (n < 4 || strcmp(w->log + n - 4, "data") != 0))
		witness_log(w, "data");
}

static void
saw_readable(struct stream *s, void *arg)
{
	struct witness *w = arg;
	unsigned char buf[1000];
	ssize_t n;

	w->readable++;
	while ((n = stream_read(s, buf, sizeof(buf))) > 0)
		saw_data(s, buf, (size_t)n, w);
}

static void
saw_end(struct stream *s, void *arg)
{
	struct witness *w = arg;

	(void)s;
	w->ends++;
	witness_log(w, "end");
}

static void
saw_drain(struct stream *s, void *arg)
{
	struct witness *w = arg;

	(void)s;
	w->drains++;
	witness_log(w, "drain");
}

static void
saw_finish(struct stream *s, void *arg)
{
	struct witness *w = arg;

	(void)s;
	w->finishes++;
	witness_log(w, "finish");
}

static void
saw_error(struct stream *s, const struct stream_error *error, void *arg)
{
	struct witness *w = arg;
	char word[32];

	(void)s;
	w->errors++;
	w->error_code = error->code;
	snprintf(w->error_stage, sizeof(w->error_stage), "%s",
	    error->stage ? error->stage : "");
	snprintf(w->error_text, sizeof(w->error_text), "%s",
	    error->text ? error->text : "");
	snprintf(word, sizeof(word), "error(%d)", error->code);
	witness_log(w, word);
}

static void
saw_close(struct stream *s, void *arg)
{
	struct witness *w = arg;

	(void)s;
	w->closes++;
	witness_log(w, "close");
}

int
witness(struct stream *s, struct witness *w, int what)
{
	struct stream_events events = {
		.data = what & WITNESS_DATA ? saw_data : NULL,
		.readable = what & WITNESS_READABLE ? saw_readable : NULL,
		.end = saw_end,
		.drain = saw_drain,
		.finish = saw_finish,
		.error = saw_error,
		.close = saw_close,
	};

	return stream_on(s, &events, w);
}

void
witness_free(struct witness *w)
{
	free(w->bytes);
	*w = (struct witness) { .quiet_data = w->quiet_data };
}

void
outcome_set(const struct stream_error *error, void *arg)
{
	struct outcome *o = arg;

	o->calls++;
	o->code = error ? error->code : 0;
	if (error == NULL)
		return;
	o->index = error->index;
	snprintf(
	    o->stage, sizeof(o->stage), "%s", error->stage ? error->stage : "");
	snprintf(
	    o->text, sizeof(o->text), "%s", error->text ? error->text : "");
}

int
run_loop(struct stream_loop *loop)
{
	int r;

	alarm(60);
	r = stream_loop_run(loop);
	alarm(0);
	return r;
}
