/* SPDX-License-Identifier: ISC */
/*
 * record.c - records: any separator, any length, any split
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "sources.h"
#include "tap.h"

static struct stream_loop *loop;

/* Writes each record as <...>, or as <...| if it had no separator. */
struct marked {
	unsigned records;
	unsigned after_open; /* records after one that was not terminated */
	bool open;
	size_t fail_at; /* not 0: at this record */
};

static int
mark(struct stream *s, const void *record, size_t len, int terminated)
{
	struct marked *m = stream_self(s);

	m->after_open += m->open;
	m->open = !terminated;
	if (++m->records == m->fail_at)
		return -EILSEQ;
	stream_push(s, "<", 1);
	if (len > 0)
		push_poisoned(s, record, len);
	stream_push(s, terminated ? ">" : "|", 1);
	return 0;
}

static struct stream *
marker_new(struct marked *m, const char *separator, size_t len, size_t high)
{
	struct stream_ops ops = {
		.name = "marker",
		.record = mark,
		.separator = separator,
		.separator_len = len,
	};

	return stream_new(loop, &ops, m, high);
}

/* One source through a marker: true if want came out. */
static bool
marks(struct source *src, const char *sep, size_t sep_len, size_t high,
    const void *want, size_t want_len)
{
	struct marked m = { 0 };
	struct sink sink = { 0 };
	struct outcome o = { .code = 1 };
	bool good;

	loop = stream_loop_new();
	STREAM_PIPELINE(outcome_set, &o, source_new(loop, src),
	    marker_new(&m, sep, sep_len, high), sink_new(loop, &sink));
	run_loop(loop);
	good = o.code == 0 && m.after_open == 0 &&
	    same_bytes(sink.bytes, sink.len, want, want_len);
	if (!good)
		diag("%d, got %.*s", o.code,
		    (int)(sink.len < 200 ? sink.len : 200),
		    sink.bytes ? (char *)sink.bytes : "");
	stream_loop_free(loop);
	sink_free(&sink);
	return good;
}

/* Cut in two at every place, and into single bytes. */
static void
every_split(const char *in, size_t len, const char *sep, size_t sep_len,
    const char *want, const char *claim)
{
	struct source bytewise = {
		.bytes = in, .len = len, .how = SOURCE_ONE_BYTE
	};
	unsigned good = marks(&bytewise, sep, sep_len, 0, want, strlen(want));

	for (size_t cut = 0; cut <= len; cut++) {
		struct marked m = { 0 };
		struct sink sink = { 0 };
		struct stream *s;
		loop = stream_loop_new();
		s = marker_new(&m, sep, sep_len, 3);
		stream_pipe(s, sink_new(loop, &sink), NULL);
		write_poisoned(s, in, cut);
		run_loop(loop);
		write_poisoned(s, in + cut, len - cut);
		stream_end(s);
		run_loop(loop);
		good += same_bytes(sink.bytes, sink.len, want, strlen(want));
		stream_loop_free(loop);
		sink_free(&sink);
	}
	is_int(good, (intmax_t)len + 2, "%s, at every split", claim);
}

#define SPLIT(in, sep, want, claim) \
	every_split(in, sizeof(in) - 1, sep, sizeof(sep) - 1, want, claim)

static void
separators(void)
{
	every_split("one\ntwo\n\nfour", 13, NULL, 0, "<one><two><><four|",
	    "lines by default, the last one open");
	SPLIT("a\nb\n", "\n", "<a><b>", "the last newline ends a line");
	SPLIT("\n", "\n", "<>", "an empty line is a record");
	SPLIT("\n\n\n", "\n", "<><><>", "so are several");
	SPLIT("x", "\n", "<x|", "a lone byte is an open record");
	SPLIT("", "\n", "", "nothing has no records");
	SPLIT("a\0bb\0\0c", "\0", "<a><bb><><c|", "NUL is a separator");
	SPLIT("a\r\nb\rc\nd\r\n\r\n", "\r\n", "<a><b\rc\nd><>",
	    "two bytes are a separator");
	SPLIT("a--b---c----", "--", "<a><b><-c><>",
	    "the leftmost of overlapping ones counts");
	SPLIT("aabaaab", "aab", "<><a>", "one that begins with itself");
	SPLIT("abababx", "abab", "<><abx|", "is found after a false start");
	SPLIT("x<end", "<end>", "<x<end|", "half a separator is data");
}

/* --- Against a reference -------------------------------------------------- */

static unsigned char *
reference(const unsigned char *in, size_t len, const char *sep, size_t sep_len,
    size_t *out_len)
{
	unsigned char *out = malloc(3 * len + 10);
	size_t n = 0, at = 0;

	while (at < len) {
		const unsigned char *hit =
		    memmem(in + at, len - at, sep, sep_len);
		size_t size = (hit ? hit : in + len) - (in + at);
		out[n++] = '<';
		memcpy(out + n, in + at, size);
		n += size;
		out[n++] = hit ? '>' : '|';
		at += size + (hit ? sep_len : 0);
	}
	*out_len = n;
	return out;
}

static void
random_ones(void)
{
	static const struct {
		const char *sep;
		size_t len;
	} seps[] = { { "a", 1 }, { "ab", 2 }, { "aab", 3 }, { "abaab", 5 } };
	unsigned n = rounds(200, 10000);
	unsigned good = 0;

	for (unsigned i = 0; i < n; i++) {
		size_t len = 2000, want_len;
		unsigned char *in = make_bytes(len, i + 1);
		unsigned char *want;
		struct source src = { .bytes = in,
			.len = len,
			.how = (enum source_how)(i % 5),
			.seed = i + 1 };

		for (size_t j = 0; j < len; j++)
			in[j] = (unsigned char)('a' + in[j] % 2);
		want = reference(in, len, seps[i / 5 % 4].sep,
		    seps[i / 5 % 4].len, &want_len);
		good += marks(&src, seps[i / 5 % 4].sep, seps[i / 5 % 4].len,
		    i % 3 ? 0 : 10, want, want_len);
		free(in);
		free(want);
	}
	is_int(good, n, "records are those of a plain search, %u times", n);
}

/* --- Long ----------------------------------------------------------------- */

static void
long_record(void)
{
	size_t len = 8u << 20;
	unsigned char *in = malloc(len + 2);
	struct source src = { .bytes = in + 1, .len = len, .how = SOURCE_HALF };

	memset(in, 'x', len + 2);
	in[0] = '<';
	in[len + 1] = '|';
	ok(marks(&src, NULL, 0, 0, in, len + 2),
	    "a record of 8 MiB is held whole");
	in[len] = '\n';
	in[len + 1] = '\0';
	{
		unsigned char *want = malloc(len + 2);
		memcpy(want, in, len);
		want[len] = '>';
		src = (struct source) { .bytes = in + 1, .len = len };
		ok(marks(&src, NULL, 0, 100, want, len + 1),
		    "also when terminated");
		free(want);
	}
	free(in);
}

static void
fails(void)
{
	struct marked m = { .fail_at = 2 };
	struct sink sink = { 0 };
	struct source src = { .bytes = "a\nb\nc\n", .len = 6 };
	struct outcome o = { .code = 1 };

	loop = stream_loop_new();
	STREAM_PIPELINE(outcome_set, &o, source_new(loop, &src),
	    marker_new(&m, NULL, 0, 0), sink_new(loop, &sink));
	run_loop(loop);
	is_int(o.code, -EILSEQ, "a record may fail the stream");
	is_int(m.records, 2, "and no other is tried");
	stream_loop_free(loop);
	sink_free(&sink);
}

/* What a record becomes must not be piled up for all records of a chunk. */
static void
bounded(void)
{
	size_t len = 60000;
	unsigned char *in = malloc(len);
	struct marked m = { 0 };
	struct stream *s;

	memset(in, '\n', len);
	loop = stream_loop_new();
	s = marker_new(&m, NULL, 0, 1000);
	stream_write(s, in, len);
	stream_end(s);
	run_loop(loop);
	ok(stream_buffered(s, STREAM_READABLE) <= 1100,
	    "records stop when the output is full (%zu)",
	    stream_buffered(s, STREAM_READABLE));
	stream_resume(s);
	run_loop(loop);
	is_int(m.records, (intmax_t)len, "and go on when it is not");
	stream_loop_free(loop);
	free(in);
}

int
main(void)
{
	separators();
	random_ones();
	long_record();
	fails();
	bounded();
	return done();
}
