/* SPDX-License-Identifier: ISC */
/*
 * codec.c - what is compressed comes back, however it is cut into pieces, and
 * what is damaged never comes back as if it were whole
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libstream-codec.h"
#include "sources.h"
#include "tap.h"

#define LEN ((size_t)200000)

static unsigned char *bytes;

struct result {
	struct outcome o;
	struct stream_gunzip_info info;
	struct sink sink; /* bytes, len */
};

static void
result_free(struct result *r)
{
	sink_free(&r->sink);
}

/* Through the codec that make gives, in such pieces, to such a sink. */
static void
convey(struct stream_loop *loop, struct source *src, struct stream *codec,
    struct result *r)
{
	r->o = (struct outcome) { .code = 1 };
	STREAM_PIPELINE(outcome_set, &r->o, source_new(loop, src), codec,
	    sink_new(loop, &r->sink));
	if (run_loop(loop) != 0)
		r->o.code = 2;
	stream_loop_free(loop);
}

/* Sinks that take a little now and then: the codec is stopped anywhere. */
static bool slow;

static void
slow_down(struct result *r)
{
	if (slow)
		r->sink = (struct sink) { .how = SINK_RANDOM,
			.seed = 5,
			.pace = SINK_IMMEDIATE,
			.high_water = 1 };
}

static struct result
compress(struct source src, struct stream_gzip_opts opts)
{
	struct stream_loop *loop = stream_loop_new();
	struct result r = { 0 };

	opts.size = sizeof(opts);
	slow_down(&r);
	convey(loop, &src, stream_gzip(loop, &opts), &r);
	return r;
}

static struct result
expand(struct source src, unsigned flags)
{
	struct stream_loop *loop = stream_loop_new();
	struct result r = { .info = { .size = sizeof(r.info) } };
	struct stream_gunzip_opts opts = {
		.size = sizeof(opts),
		.flags = flags,
		.info = &r.info,
	};

	slow_down(&r);
	convey(loop, &src, stream_gunzip(loop, &opts), &r);
	return r;
}

static struct result
expand_bytes(const void *data, size_t len, unsigned flags)
{
	return expand((struct source) { .bytes = data, .len = len }, flags);
}

static bool
same(const struct result *r, const void *want, size_t len)
{
	return r->sink.len == len &&
	    (len == 0 || memcmp(r->sink.bytes, want, len) == 0);
}

static bool
whole(const struct result *r, const void *want, size_t len)
{
	return r->o.code == 0 && r->info.problem == STREAM_GUNZIP_OK &&
	    same(r, want, len);
}

static struct source
source_of(size_t len, enum source_how how)
{
	return (struct source) {
		.bytes = bytes, .len = len, .how = how, .seed = len + 1
	};
}

/* --- There and back --- */

static void
round_trips(int level, unsigned flags)
{
	static const size_t lens[] = { 0, 1, 2, 32768, 65535, 65536, 65537,
		131072, LEN };
	unsigned bad = 0;

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct result gz = compress(source_of(lens[i], SOURCE_WANTED),
		    (struct stream_gzip_opts) {
			.level = level, .flags = flags });
		struct result back =
		    expand_bytes(gz.sink.bytes, gz.sink.len, 0);

		if (gz.o.code != 0 || !whole(&back, bytes, lens[i]))
			bad++;
		result_free(&gz);
		result_free(&back);
	}
	is_int(bad, 0, "level %d, flags %u: every length comes back", level,
	    flags);
}

/* The compressed bytes do not tell in what pieces the others came. */
static void
pieces_of_gzip(int level, unsigned flags, bool slowly)
{
	struct stream_gzip_opts opts = { .level = level, .flags = flags };
	struct result want = compress(source_of(LEN, SOURCE_ALL), opts);

	slow = slowly;
	for (int how = SOURCE_WANTED; how < SOURCE_ALL; how++) {
		struct result got =
		    compress(source_of(LEN, (enum source_how)how), opts);

		ok(got.o.code == 0 &&
			same(&got, want.sink.bytes, want.sink.len),
		    "level %d, flags %u, pieces %d: the same file", level,
		    flags, how);
		result_free(&got);
	}
	slow = false;
	result_free(&want);
}

/* Of bytes that do not get fewer, so that the output is full now and then. */
static void
pieces_slowly(void)
{
	unsigned char *lines = bytes;

	bytes = make_bytes(LEN, 7);
	pieces_of_gzip(STREAM_GZIP_STORE, 0, true);
	pieces_of_gzip(1, 0, true);
	pieces_of_gzip(6, STREAM_GZIP_RSYNCABLE, true);
	free(bytes);
	bytes = lines;
}

static void
pieces_of_gunzip(void)
{
	struct result gz = compress(source_of(LEN, SOURCE_ALL),
	    (struct stream_gzip_opts) { .name = "some name", .mtime = 77 });

	for (int how = SOURCE_WANTED; how <= SOURCE_ALL; how++) {
		struct source src = {
			.bytes = gz.sink.bytes,
			.len = gz.sink.len,
			.how = (enum source_how)how,
			.seed = 9,
		};
		struct result back = expand(src, 0);

		ok(whole(&back, bytes, LEN), "pieces %d: all comes back", how);
		is_str(back.info.name, "some name", "so does the name");
		is_int(back.info.mtime, 77, "and the time");
		is_int((intmax_t)back.info.in, (intmax_t)gz.sink.len,
		    "bytes in are counted");
		is_int((intmax_t)back.info.out, LEN, "and bytes out");
		result_free(&back);
	}
	result_free(&gz);
}

/* Where a member ends and the next begins, for every cut in two. */
static void
members(void)
{
	struct result gz = compress(
	    source_of(50, SOURCE_ALL), (struct stream_gzip_opts) { 0 });
	size_t len = gz.sink.len;
	unsigned char *two = malloc(2 * len);
	unsigned char want[100];
	unsigned bad = 0;

	memcpy(two, gz.sink.bytes, len);
	memcpy(two + len, gz.sink.bytes, len);
	memcpy(want, bytes, 50);
	memcpy(want + 50, bytes, 50);
	for (size_t cut = 0; cut <= 2 * len; cut++) {
		struct stream_loop *loop = stream_loop_new();
		struct stream *s = stream_gunzip(loop, NULL);
		struct witness w = { .quiet_data = true };

		witness(s, &w, WITNESS_DATA);
		stream_write(s, two, cut);
		while (stream_loop_turn(loop, 0) && cut > 0 &&
		    stream_buffered(s, STREAM_WRITABLE) > 0)
			;
		stream_write(s, two + cut, 2 * len - cut);
		stream_end(s);
		if (run_loop(loop) != 0 || w.errors != 0 || w.len != 100 ||
		    memcmp(w.bytes, want, 100) != 0)
			bad++;
		stream_loop_free(loop);
		witness_free(&w);
	}
	is_int(bad, 0, "two members cut anywhere are both expanded");
	free(two);
	result_free(&gz);
}

/* --- Damage --- */

static void
truncations(void)
{
	struct result gz = compress(source_of(300, SOURCE_ALL),
	    (struct stream_gzip_opts) { .name = "n" });
	unsigned whole_ones = 0;
	unsigned not_told = 0;
	unsigned not_begun = 0;

	for (size_t len = 0; len < gz.sink.len; len++) {
		struct result r = expand_bytes(gz.sink.bytes, len, 0);
		struct result s =
		    expand_bytes(gz.sink.bytes, len, STREAM_GUNZIP_SALVAGE);

		whole_ones += r.o.code == 0;
		not_told += r.o.code != -EBADMSG || s.o.code != 0 ||
		    s.info.problem != STREAM_GUNZIP_TRUNCATED;
		not_begun += s.sink.len > 300 ||
		    memcmp(s.sink.bytes == NULL ? bytes : s.sink.bytes, bytes,
			s.sink.len) != 0;
		result_free(&r);
		result_free(&s);
	}
	is_int(whole_ones, 0, "no truncated file is taken for a whole one");
	is_int(not_told, 0, "each is told to be truncated");
	is_int(not_begun, 0, "what is salvaged is the beginning");
	result_free(&gz);
}

/* What little is left in inflate when the input ends is not lost either. */
static void
truncations_slowly(void)
{
	unsigned char *lines = bytes;
	struct result gz;
	unsigned bad = 0;

	bytes = calloc(1, LEN);
	gz = compress(
	    source_of(LEN, SOURCE_ALL), (struct stream_gzip_opts) { 0 });
	for (size_t len = 0; len < gz.sink.len; len++) {
		struct result fast =
		    expand_bytes(gz.sink.bytes, len, STREAM_GUNZIP_SALVAGE);
		struct result r;

		slow = true;
		r = expand_bytes(gz.sink.bytes, len, STREAM_GUNZIP_SALVAGE);
		slow = false;
		bad += !same(&r, fast.sink.bytes, fast.sink.len);
		result_free(&fast);
		result_free(&r);
	}
	is_int(bad, 0, "a slow reader is given as much of a truncated file");
	free(bytes);
	bytes = lines;
	result_free(&gz);
}

/* A bit of the header may mean little; what comes out is right or refused. */
static void
flipped_bits(void)
{
	struct result gz = compress(source_of(200, SOURCE_ALL),
	    (struct stream_gzip_opts) { .name = "n" });
	unsigned wrong = 0;
	unsigned refused = 0;

	for (size_t bit = 0; bit < gz.sink.len * 8; bit++) {
		struct result r;

		gz.sink.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		r = expand_bytes(gz.sink.bytes, gz.sink.len, 0);
		refused += r.o.code == -EBADMSG;
		wrong += r.o.code == 0 && !same(&r, bytes, 200);
		wrong += r.o.code != 0 && r.o.code != -EBADMSG;
		gz.sink.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		result_free(&r);
	}
	is_int(wrong, 0, "no flipped bit changes what comes out unseen");
	ok(refused > gz.sink.len * 6, "most of them are refused");
	result_free(&gz);
}

/* --- After the last member --- */

static struct result
with_tail(const char *tail, size_t tail_len, unsigned flags)
{
	struct result gz = compress(
	    source_of(10, SOURCE_ALL), (struct stream_gzip_opts) { 0 });
	unsigned char buf[200];
	struct result r;

	memcpy(buf, gz.sink.bytes, gz.sink.len);
	memcpy(buf + gz.sink.len, tail, tail_len);
	r = expand((struct source) { .bytes = buf,
		       .len = gz.sink.len + tail_len,
		       .how = SOURCE_ONE_BYTE },
	    flags);
	result_free(&gz);
	return r;
}

static void
tails(void)
{
	static const struct {
		const char *tail;
		size_t len;
		enum stream_gunzip_problem problem;
		unsigned notes;
	} rows[] = {
		{ "", 0, STREAM_GUNZIP_OK, 0 },
		{ "\0", 1, STREAM_GUNZIP_OK, STREAM_GUNZIP_ZEROS },
		{ "\0\0\0", 3, STREAM_GUNZIP_OK, STREAM_GUNZIP_ZEROS },
		{ "\0\0x", 3, STREAM_GUNZIP_OK, STREAM_GUNZIP_GARBAGE },
		{ "\0x", 2, STREAM_GUNZIP_OK, STREAM_GUNZIP_GARBAGE },
		{ "xy", 2, STREAM_GUNZIP_OK, STREAM_GUNZIP_GARBAGE },
		{ "PK\003\004", 4, STREAM_GUNZIP_OK, STREAM_GUNZIP_GARBAGE },
		{ "x", 1, STREAM_GUNZIP_TRUNCATED, 0 },
		{ "\037\213", 2, STREAM_GUNZIP_TRUNCATED, 0 },
		{ "\037\213\007", 3, STREAM_GUNZIP_METHOD, 0 },
		{ "\037\235", 2, STREAM_GUNZIP_FORMAT, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct result r =
		    with_tail(rows[i].tail, rows[i].len, STREAM_GUNZIP_SALVAGE);

		is_int(r.info.problem, rows[i].problem,
		    "tail %zu: the problem is right", i);
		is_int(r.info.notes, rows[i].notes, "the notes are right");
		ok(same(&r, bytes, 10), "the data are right");
		result_free(&r);
	}
}

static void
passed_on(void)
{
	static const char *const inputs[] = { "", "x", "xy", "no gzip file",
		"\037" };
	struct result r;

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		r = expand_bytes(
		    inputs[i], strlen(inputs[i]), STREAM_GUNZIP_PASS);
		ok(whole(&r, inputs[i], strlen(inputs[i])),
		    "what is no gzip file is passed on");
		result_free(&r);
	}
	r = with_tail("raw", 3, STREAM_GUNZIP_PASS);
	ok(r.o.code == 0 && r.sink.len == 13 &&
		memcmp(r.sink.bytes + 10, "raw", 3) == 0,
	    "so is what comes after a member");
	result_free(&r);
	r = expand_bytes("PK\003\004", 4, STREAM_GUNZIP_PASS);
	is_int(r.o.code, -EBADMSG, "but not another compressed format");
	is_str(r.info.format, "zip", "which is named");
	result_free(&r);
}

/* --- The header --- */

static void
header_bytes(void)
{
	static const unsigned char plain[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0,
		3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	static const unsigned char named[] = { 0x1f, 0x8b, 8, 8, 1, 2, 3, 4, 2,
		3, 'a', 0 };
	struct result r =
	    compress(source_of(0, SOURCE_ALL), (struct stream_gzip_opts) { 0 });

	is_mem(r.sink.bytes, r.sink.len, plain, sizeof(plain),
	    "nothing compressed is what gzip(1) makes of it");
	result_free(&r);
	r = compress(source_of(0, SOURCE_ALL),
	    (struct stream_gzip_opts) {
		.level = 9, .name = "a", .mtime = 0x04030201 });
	is_mem(r.sink.bytes, sizeof(named), named, sizeof(named),
	    "level, name and time stand in the header");
	result_free(&r);
}

static void
header_query(void)
{
	static const char gz[] = "\037\213\010\036\1\0\0\0\0\3"
				 "\2\0ab"
				 "name\0"
				 "comment\0";
	struct stream_gunzip_info info = { .size = sizeof(info) };
	ssize_t want = sizeof(gz) - 1 + 2;
	char whole_one[sizeof(gz) + 2];
	unsigned bad = 0;

	memcpy(whole_one, gz, sizeof(gz) - 1);
	for (size_t len = 0; len < sizeof(gz) - 1; len++)
		bad += stream_gunzip_header(gz, len, 0, 0, &info) != 0;
	is_int(bad, 0, "a part of a header is not enough");
	is_int(stream_gunzip_header(gz, 12, 0, 1, &info), -EBADMSG,
	    "and truncated, if there is no more");
	is_int(info.problem, STREAM_GUNZIP_TRUNCATED, "which is told");
	memcpy(whole_one + sizeof(gz) - 1, "\0\0", 2);
	is_int(stream_gunzip_header(whole_one, (size_t)want, 0, 0, &info),
	    -EBADMSG, "a wrong checksum of the header is refused");
	is_int(info.problem, STREAM_GUNZIP_HEADER_CRC, "and told");
	whole_one[want - 2] = (char)(info.header_crc_wanted & 0xff);
	whole_one[want - 1] = (char)(info.header_crc_wanted >> 8);
	is_int(stream_gunzip_header(whole_one, (size_t)want, 0, 0, &info), want,
	    "the right one is taken");
	is_str(info.name, "name", "the name is found");
	is_int(info.extra, 2, "and the extra field");
	is_int((intmax_t)info.overhead, want + 8, "the overhead is counted");
}

static void
long_name(void)
{
	char header[3000] = "\037\213\010\010";
	struct stream_gunzip_info info = { .size = sizeof(info) };

	memset(header + 10, 'n', 2000);
	is_int(stream_gunzip_header(header, sizeof(header), 0, 0, &info), 2011,
	    "a name of any length is read");
	ok(info.notes & STREAM_GUNZIP_NAME_CUT, "that it is cut is told");
	is_int((intmax_t)strlen(info.name), STREAM_GUNZIP_NAME_MAX - 1,
	    "and as much as there is room for is kept");
}

/* A caller of an older version has a shorter struct. */
static void
short_structs(void)
{
	struct {
		struct stream_gunzip_info info;
		char guard;
	} u = { .guard = 'g' };
	unsigned char *after = (unsigned char *)&u.info + 32;

	u.info.size = 32;
	*after = 0xaa;
	(void)stream_gunzip_header("\037\213\007", 3, 0, 0, &u.info);
	is_int(*after, 0xaa, "nothing is written behind a short struct");
	is_int((intmax_t)u.info.size, 32, "its size stays");
}

/* --- Rsyncable --- */

static size_t
common_tail(const struct sink *a, const struct sink *b)
{
	size_t n = 0;

	while (n < a->len && n < b->len &&
	    a->bytes[a->len - 1 - n] == b->bytes[b->len - 1 - n])
		n++;
	return n;
}

/* Behind the change all is the same but for the trailer. */
static void
small_change(void)
{
	struct stream_gzip_opts opts = { .flags = STREAM_GZIP_RSYNCABLE };
	struct result a = compress(source_of(LEN, SOURCE_ALL), opts);
	struct result b;
	size_t same_bytes;

	bytes[1000] ^= 1;
	b = compress(source_of(LEN, SOURCE_ALL), opts);
	bytes[1000] ^= 1;
	a.sink.len -= 8;
	b.sink.len -= 8;
	same_bytes = common_tail(&a.sink, &b.sink);
	ok(same_bytes > a.sink.len / 2 && same_bytes < a.sink.len,
	    "rsyncable: after a change the rest is the same (%zu of %zu)",
	    same_bytes, a.sink.len);
	result_free(&a);
	result_free(&b);
}

/* --- A slow reader --- */

/* What was expanded is read before the failure is told, also late. */
static void
late_failure(void)
{
	struct result gz = compress(
	    source_of(LEN, SOURCE_ALL), (struct stream_gzip_opts) { 0 });
	struct stream_loop *loop = stream_loop_new();
	struct stream *s = stream_gunzip(loop, NULL);
	struct witness w = { .quiet_data = true };
	struct source src = { .bytes = gz.sink.bytes, .len = gz.sink.len };

	gz.sink.bytes[gz.sink.len - 1] ^= 1;
	stream_pipe(source_new(loop, &src), s, NULL);
	for (int i = 0; i < 20; i++)
		(void)stream_loop_turn(loop, 0);
	witness(s, &w, WITNESS_DATA);
	(void)run_loop(loop);
	is_mem(w.bytes, w.len, bytes, LEN,
	    "all is read, though the length is wrong");
	is_int(w.error_code, -EBADMSG, "and then it fails");
	is_int(w.ends, 0, "without an end");
	ok(strstr(w.error_text, "length error") != NULL, "and says why");
	stream_loop_free(loop);
	witness_free(&w);
	result_free(&gz);
}

int
main(void)
{
	bytes = make_lines(LEN, 60, 4);
	for (int level = STREAM_GZIP_STORE; level <= 9; level++)
		round_trips(level, 0);
	round_trips(6, STREAM_GZIP_RSYNCABLE);
	pieces_of_gzip(STREAM_GZIP_STORE, 0, false);
	pieces_of_gzip(1, 0, false);
	pieces_of_gzip(6, 0, false);
	pieces_of_gzip(6, STREAM_GZIP_RSYNCABLE, false);
	pieces_slowly();
	pieces_of_gunzip();
	members();
	truncations();
	truncations_slowly();
	flipped_bits();
	tails();
	passed_on();
	header_bytes();
	header_query();
	long_name();
	short_structs();
	small_change();
	late_failure();
	free(bytes);
	return done();
}
