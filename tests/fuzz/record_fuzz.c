/* SPDX-License-Identifier: ISC */
/*
 * record_fuzz.c - records are the same however the input is split, and with
 * their separators they are the input
 *
 * The first bytes of the input choose the separator and the splits; separator
 * and records are made of few letters, so that they meet.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "libstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t fuzz_seed(unsigned n, uint8_t *buf, size_t room);

struct trial {
	char separator[4];
	size_t separator_len;
	const char *input;
	size_t len;
	size_t at; /* so much of the input has come out */
	int unterminated;
};

static void
expect(int truth)
{
	if (!truth)
		abort();
}

/* Each record stands where the one before it ended, and holds no separator. */
static int
check(struct stream *s, const void *record, size_t len, int terminated)
{
	struct trial *t = stream_self(s);

	expect(!t->unterminated);
	expect(t->at + len <= t->len);
	expect(memcmp(t->input + t->at, record, len) == 0);
	expect(memmem(record, len, t->separator, t->separator_len) == NULL);
	t->at += len;
	if (!terminated) {
		t->unterminated = 1;
		expect(len > 0 && t->at == t->len);
		return 0;
	}
	expect(t->at + t->separator_len <= t->len);
	expect(memcmp(t->input + t->at, t->separator, t->separator_len) == 0);
	t->at += t->separator_len;
	return 0;
}

static void
write_in_pieces(struct stream_loop *loop, struct stream *s,
    const struct trial *t, unsigned most)
{
	for (size_t at = 0; at < t->len;) {
		size_t n = 1 + (at * 7 + most) % most;

		n = n < t->len - at ? n : t->len - at;
		expect(stream_write(s, t->input + at, n) >= 0);
		at += n;
		if (n % 2 == 0)
			(void)stream_loop_turn(loop, 0);
	}
	expect(stream_end(s) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trial t = { .input = (const char *)data + 5 };
	struct stream_loop *loop = stream_loop_new();
	struct stream_ops ops = { .name = "records", .record = check };
	struct stream *s;

	if (size < 5 || loop == NULL) {
		stream_loop_free(loop);
		return 0;
	}
	t.len = size - 5;
	t.separator_len = 1 + data[0] % sizeof(t.separator);
	memcpy(t.separator, data + 1, sizeof(t.separator));
	ops.separator = t.separator;
	ops.separator_len = t.separator_len;
	s = stream_new(loop, &ops, &t, 1 + data[0] / 4);
	expect(s != NULL);
	stream_resume(s);
	write_in_pieces(loop, s, &t, 1 + data[0] / 8);
	expect(stream_loop_run(loop) == 0);
	expect(t.at == t.len);
	stream_loop_free(loop);
	return 0;
}

size_t
fuzz_seed(unsigned n, uint8_t *buf, size_t room)
{
	static const char *const seeds[] = {
		"\004\n...one\ntwo\n\nthree",
		"\011abababababaabbababab",
		"\376aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"\043\n\n\n\n\n\n\na\n\n\nb\n",
	};
	size_t len;

	if (n >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	len = strlen(seeds[n]);
	len = len < room ? len : room;
	memcpy(buf, seeds[n], len);
	return len;
}
