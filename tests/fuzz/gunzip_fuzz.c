/* SPDX-License-Identifier: ISC */
/*
 * gunzip_fuzz.c - whatever is expanded, and in whatever pieces: the same bytes
 * and the same problem, and not more than deflate can make of it
 *
 * The first byte of the input chooses the flags, the second the pieces.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "libstream-codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t fuzz_seed(unsigned n, uint8_t *buf, size_t room);

struct trial {
	const uint8_t *data;
	size_t size;
	size_t at;
	size_t most; /* of a piece */
	struct stream_gunzip_info info;
	uint64_t len; /* what came out */
	uint32_t sum; /* of that */
	int done;
	int code;
};

static void
expect(int truth)
{
	if (!truth)
		abort();
}

static int
give_piece(struct stream *s, size_t want)
{
	struct trial *t = stream_self(s);
	size_t n = 1 + (t->at * 7 + t->most) % t->most;

	(void)want;
	n = n < t->size - t->at ? n : t->size - t->at;
	if (n == 0)
		return stream_push_end(s);
	t->at += n;
	(void)stream_push(s, t->data + t->at - n, n);
	return 0;
}

static ssize_t
take(struct stream *s, const struct iovec *iov, int count)
{
	struct trial *t = stream_self(s);
	const unsigned char *p = iov[0].iov_base;

	(void)count;
	for (size_t i = 0; i < iov[0].iov_len; i++)
		t->sum = t->sum * 31 + p[i];
	t->len += iov[0].iov_len;
	return (ssize_t)iov[0].iov_len;
}

static void
done(const struct stream_error *error, void *arg)
{
	struct trial *t = arg;

	t->done++;
	t->code = error == NULL ? 0 : error->code;
}

static void
try(struct trial *t, unsigned flags)
{
	static const struct stream_ops source = { .name = "in",
		.read = give_piece };
	static const struct stream_ops sink = { .name = "out", .write = take };
	struct stream_loop *loop = stream_loop_new();
	struct stream_gunzip_opts opts = {
		.size = sizeof(opts), .flags = flags, .info = &t->info
	};

	t->info.size = sizeof(t->info);
	expect(STREAM_PIPELINE(done, t, stream_new(loop, &source, t, 0),
		   stream_gunzip(loop, &opts),
		   stream_new(loop, &sink, t, 0)) == 0);
	expect(stream_loop_run(loop) == 0);
	expect(t->done == 1);
	expect((t->info.problem == STREAM_GUNZIP_OK) == (t->code == 0) ||
	    flags & STREAM_GUNZIP_SALVAGE);
	expect(t->len <= t->info.out);
	expect(t->info.out <= 1040 * ((uint64_t)t->size + 1));
	stream_loop_free(loop);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trial whole = { .most = 1 << 20 };
	struct trial parts;
	struct stream_gunzip_info info = { .size = sizeof(info) };
	unsigned flags;

	if (size < 2)
		return 0;
	flags = data[0] % 8;
	whole.data = data + 2;
	whole.size = size - 2;
	parts = whole;
	parts.most = 1 + data[1] % 16;
	try(&whole, flags | STREAM_GUNZIP_SALVAGE);
	try(&parts, flags | STREAM_GUNZIP_SALVAGE);
	expect(whole.len == parts.len && whole.sum == parts.sum);
	expect(whole.info.problem == parts.info.problem);
	expect(whole.info.notes == parts.info.notes);
	(void)stream_gunzip_header(data + 2, size - 2, flags, 1, &info);
	parts = (struct trial) {
		.data = data + 2, .size = size - 2, .most = 1 + data[1] % 16
	};
	try(&parts, flags & ~(unsigned)STREAM_GUNZIP_SALVAGE);
	expect(parts.info.problem == whole.info.problem);
	return 0;
}

/* Small files, written out: "hello" stored, fixed codes, and with all fields.
 */
size_t
fuzz_seed(unsigned n, uint8_t *buf, size_t room)
{
	static const char *const seeds[] = {
		/* gzip -n of nothing */
		"0003"
		"1f8b08000000000000030300"
		"0000000000000000",
		/* gzip -n of "hello hello hello" and a newline, twice */
		"0001"
		"1f8b0800000000000003cb48cdc9c957c840905c003b7c8adf12000000"
		"1f8b0800000000000003cb48cdc9c957c840905c003b7c8adf12000000",
		/* a stored block of one byte, a name, and zeros behind */
		"0100"
		"1f8b08080000000000036e00010100feff61"
		"43beb7e8010000000000",
		/* extra field, name, comment, header checksum to be refused */
		"0207"
		"1f8b081e0000000000030200616278007900ffff0300",
		/* not gzip */
		"0105"
		"68656c6c6f",
	};
	size_t len = 0;
	const char *p;

	if (n >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	for (p = seeds[n]; *p != '\0' && len < room; p += 2) {
		char digits[3] = { p[0], p[1], '\0' };

		buf[len++] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return len;
}
