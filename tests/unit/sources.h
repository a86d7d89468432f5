/* SPDX-License-Identifier: ISC */
/*
 * sources.h - streams that behave as badly as the rules allow
 *
 * A source gives known bytes in awkward pieces, a sink takes them slowly and
 * keeps them, transforms grow and shrink what goes through them, and a witness
 * writes down every event of a stream.  All state lies in a struct of the
 * test, which can look at it before, during and after.
 *
 * Whatever a source hands to the library lies in memory of its own, which is
 * overwritten and freed as soon as the call returns: bytes that were kept
 * rather than copied come out as 0xA5, or as a report of the sanitizer.
 */
#ifndef TEST_SOURCES_H
#define TEST_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libstream.h"

/* A number from 0 to below; the state is any seed but 0. */
uint32_t pick(uint64_t *state, uint32_t below);
/* Bytes that repeat themselves seldom, the same for the same seed. */
unsigned char *make_bytes(size_t len, uint64_t seed);
/* Lines of random length, at most longest; the last has no newline. */
unsigned char *make_lines(size_t len, size_t longest, uint64_t seed);

/* Equal, where NULL is no bytes. */
bool same_bytes(const void *a, size_t a_len, const void *b, size_t b_len);

/* A string literal as the argument of a callback that only reads it. */
#define WORD(literal) ((void *)(uintptr_t)(literal))

/* How many times full tests run: few, or many where SU_LONG is set. */
unsigned rounds(unsigned few, unsigned many);

/* stream_push() and stream_write() of bytes that are gone afterwards. */
int push_poisoned(struct stream *s, const void *bytes, size_t len);
int write_poisoned(struct stream *s, const void *bytes, size_t len);

/* --- Sources -------------------------------------------------------------- */

enum source_how {
	SOURCE_WANTED, /* as many as were asked for */
	SOURCE_ONE_BYTE,
	SOURCE_HALF, /* of what was asked for */
	SOURCE_RANDOM, /* pieces of any length, several at once, or later */
	SOURCE_ALL /* everything at the first call, whatever was asked for */
};

struct source {
	const void *bytes;
	size_t len;
	enum source_how how;
	uint64_t seed; /* of SOURCE_RANDOM */
	bool late; /* push from an immediate, never inside read */
	bool end_with_data; /* push the end together with the last bytes */
	bool endless; /* begin again instead of ending */
	int fail_code; /* not 0: fail so at byte fail_at */
	size_t fail_at;
	size_t high_water;

	size_t given; /* so far */
	unsigned reads; /* calls of read */
	unsigned reads_at_high; /* made although the queue was full */
	unsigned reads_after_end;
	unsigned destroys;
	int destroy_code;
	struct stream *stream;
	bool ended;
};
struct stream *source_new(struct stream_loop *loop, struct source *source);

/* --- Sinks ---------------------------------------------------------------- */

enum sink_how {
	SINK_ALL, /* of what is offered */
	SINK_ONE_BYTE,
	SINK_HALF,
	SINK_RANDOM
};
enum sink_pace {
	SINK_AT_ONCE,
	SINK_IMMEDIATE, /* -EAGAIN, and ready in the check phase */
	SINK_TIMEOUT, /* -EAGAIN, and ready after a millisecond */
	SINK_STUCK /* -EAGAIN until sink_release() */
};

struct sink {
	enum sink_how how;
	enum sink_pace pace;
	uint64_t seed; /* of SINK_RANDOM */
	size_t high_water;
	int fail_code; /* not 0: fail so at byte fail_at */
	size_t fail_at;
	int final_code; /* what final returns */
	unsigned final_waits; /* how often final says -EAGAIN before */
	bool discard; /* count, but do not keep */

	unsigned char *bytes; /* taken; sink_free() */
	size_t len;
	unsigned writes;
	unsigned finals;
	unsigned destroys;
	int destroy_code;
	bool may_take; /* of a slow one */
	int largest_iov;
	struct stream *stream;
};
struct stream *sink_new(struct stream_loop *loop, struct sink *sink);
void sink_release(struct sink *sink); /* from stuck to at once */
void sink_free(struct sink *sink);

/* --- Transforms ----------------------------------------------------------- */

/* Each byte becomes as many of itself as its value says, 0 becomes one. */
struct expander {
	size_t factor; /* not 0: so many instead */
	bool reserve; /* produce in place with stream_reserve() */
	size_t left; /* still to come of the byte at hand */
	size_t most_buffered;
	unsigned destroys;
};
struct stream *expander_new(
    struct stream_loop *loop, struct expander *expander, size_t high_water);
/* What becomes of bytes: to be freed; *out_len is stored. */
unsigned char *expanded(
    const struct expander *e, const void *bytes, size_t len, size_t *out_len);

/* Keeps one byte in so many. */
struct shrinker {
	size_t one_in;
	size_t seen;
};
struct stream *shrinker_new(
    struct stream_loop *loop, struct shrinker *shrinker, size_t high_water);

/* Passes bytes on unchanged, in one of the ways there are. */
enum copier_how {
	COPY_PUSH,
	COPY_RESERVE,
	COPY_PASS,
	COPY_ONE_BYTE, /* used and pushed per call */
	COPY_KINDS
};
struct stream *copier_new(
    struct stream_loop *loop, enum copier_how how, size_t high_water);

/* --- Witnesses ------------------------------------------------------------ */

/* What a stream told, in order: "data end finish error(-5) close". */
struct witness {
	char log[512]; /* one data for any number in a row */
	bool quiet_data; /* listen to data, but do not log it */
	unsigned char *bytes; /* of data; witness_free() */
	size_t len;
	unsigned data, readable, ends, drains, finishes, errors, closes;
	int error_code;
	char error_stage[64];
	char error_text[256];
};
enum { WITNESS_DATA = 1, WITNESS_READABLE = 2 };
/* Listen to all events, and to data or readable as what says. */
int witness(struct stream *s, struct witness *w, int what);
void witness_free(struct witness *w);
void witness_log(struct witness *w, const char *word);

/* The error of a pipeline or an unhandled one. */
struct outcome {
	unsigned calls;
	int code; /* 0: it was NULL */
	unsigned index;
	char stage[64];
	char text[256];
};
void outcome_set(const struct stream_error *error, void *outcome);

/* stream_loop_run(), but what hangs is killed after a minute. */
int run_loop(struct stream_loop *loop);

#endif
