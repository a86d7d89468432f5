/* SPDX-License-Identifier: ISC */
/*
 * reverse.c - the characters of a line, and the records of a file read from
 * its end in blocks of every size
 */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libstream.h"
#include "reverse/backward.h"
#include "reverse/utf8.h"
#include "tap.h"

#define TEXT_MAX 256

static unsigned
draw(unsigned below)
{
	static uint64_t state = 42;

	state = state * UINT64_C(6364136223846793005) + 1;
	return (unsigned)(state >> 33) % below;
}

/* --- Characters --- */

struct len_case {
	const char *bytes;
	size_t len;
	const char *title;
};

static const struct len_case len_cases[] = {
	{ "a", 1, "ASCII" },
	{ "", 1, "NUL" },
	{ "\x7f", 1, "the last of one byte" },
	{ "\xc2\x80", 2, "the first of two bytes" },
	{ "\xdf\xbf", 2, "the last of two bytes" },
	{ "\xe0\xa0\x80", 3, "the first of three bytes" },
	{ "\xed\x9f\xbf", 3, "the last before the surrogates" },
	{ "\xee\x80\x80", 3, "the first after the surrogates" },
	{ "\xef\xbf\xbf", 3, "the last of three bytes" },
	{ "\xf0\x90\x80\x80", 4, "the first of four bytes" },
	{ "\xf4\x8f\xbf\xbf", 4, "U+10FFFF" },
	{ "\x80", 1, "a lone continuation" },
	{ "\xc0\x80", 1, "an overlong NUL" },
	{ "\xc1\xbf", 1, "an overlong form of two" },
	{ "\xe0\x9f\xbf", 1, "an overlong form of three" },
	{ "\xf0\x8f\xbf\xbf", 1, "an overlong form of four" },
	{ "\xed\xa0\x80", 1, "the first surrogate" },
	{ "\xed\xbf\xbf", 1, "the last surrogate" },
	{ "\xf4\x90\x80\x80", 1, "U+110000" },
	{ "\xf5\x80\x80\x80", 1, "a byte that begins nothing" },
	{ "\xff\xbf\xbf\xbf", 1, "0xff" },
	{ "\xc3", 1, "two bytes, cut after one" },
	{ "\xe2\x82", 1, "three bytes, cut after two" },
	{ "\xf0\x9f\x98", 1, "four bytes, cut after three" },
	{ "\xc3"
	  "a",
	    1, "a first byte without its second" },
	{ "\xe2\x82"
	  "a",
	    1, "three bytes, the last one wrong" },
	{ "\xf0\x9f\x98"
	  "a",
	    1, "four bytes, the last one wrong" },
};

static void
test_len(void)
{
	for (size_t i = 0; i < sizeof(len_cases) / sizeof(*len_cases); i++) {
		const struct len_case *c = &len_cases[i];
		size_t n = strlen(c->bytes) + (*c->bytes == '\0');

		is_int((intmax_t)utf8_len((const void *)c->bytes, n),
		    (intmax_t)c->len, "%s: %zu", c->title, c->len);
	}
}

/* Whether U+code is one character of len bytes, and not if it is cut. */
static int
one_character(unsigned code)
{
	unsigned char p[4];
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	unsigned rest = code;

	for (size_t i = n; i-- > 1; rest >>= 6)
		p[i] = (unsigned char)(0x80 | (rest & 0x3f));
	p[0] = (unsigned char)(n == 1 ? rest : (0xf00 >> n & 0xff) | rest);
	return utf8_len(p, n) == n && (n == 1 || utf8_len(p, n - 1) == 1);
}

static void
test_every_character(void)
{
	unsigned good = 0;
	unsigned bad = 0;

	for (unsigned code = 0; code <= 0x10ffff; code++) {
		if (code >= 0xd800 && code <= 0xdfff)
			bad += (unsigned)one_character(code);
		else
			good += (unsigned)one_character(code);
	}
	is_int(good, 0x110000 - 0x800, "every character is one");
	is_int(bad, 0, "no surrogate is");
}

/* Bytes of which sequences, whole and broken, are made often. */
static size_t
random_bytes(unsigned char *p, size_t max, int valid)
{
	static const char *const parts[] = { "a", "xyz", "0123456789abcdef",
		"\xc3\xa9", "\xe6\xbc\xa2", "\xf0\x9f\x98\x80", "\n", "\x80",
		"\xe2\x82", "\xf0\x9f", "\xff", "\xc3", "\xac" };
	size_t n = 0;

	for (unsigned i = draw(24); i > 0; i--) {
		const char *part = parts[draw(valid ? 7 : 13)];

		if (n + strlen(part) > max)
			break;
		memcpy(p + n, part, strlen(part));
		n += strlen(part);
	}
	return n;
}

/* As utf8_reverse(), a character at a time. */
static void
plain_reverse(unsigned char *out, const unsigned char *in, size_t n)
{
	size_t len;

	for (size_t i = 0; i < n; i += len) {
		len = utf8_len(in + i, n - i);
		memcpy(out + n - i - len, in + i, len);
	}
}

static void
test_reverse(void)
{
	unsigned char in[TEXT_MAX], out[TEXT_MAX], want[TEXT_MAX];
	unsigned wrong = 0;
	unsigned changed = 0;

	for (unsigned i = 0; i < 20000; i++) {
		int valid = i % 2 == 0;
		size_t n = random_bytes(in, sizeof(in), valid);

		utf8_reverse(out, in, n);
		plain_reverse(want, in, n);
		wrong += memcmp(out, want, n) != 0;
		utf8_reverse(want, out, n);
		changed += valid && memcmp(want, in, n) != 0;
	}
	is_int(wrong, 0, "words and bytes reverse alike");
	is_int(changed, 0, "twice is not at all");
}

/* Wherever one starts to look, characters begin at the same places. */
static void
test_boundary(void)
{
	unsigned char in[TEXT_MAX];
	unsigned wrong = 0;

	for (unsigned i = 0; i < 5000; i++) {
		size_t n = random_bytes(in, sizeof(in), 0);
		size_t start = 0;

		for (size_t at = 0; at <= n; at++) {
			while (start < n &&
			    start + utf8_len(in + start, n - start) <= at)
				start += utf8_len(in + start, n - start);
			wrong += utf8_boundary(in, n, at) != start;
		}
	}
	is_int(wrong, 0, "a boundary found from behind is one from the front");
}

/* --- Records --- */

struct tac_case {
	const char *options; /* of b and r */
	const char *separator;
	const char *in, *want;
};

static const struct tac_case tac_cases[] = {
	{ "", "\n", "", "" },
	{ "", "\n", "\n", "\n" },
	{ "", "\n", "a", "a" },
	{ "", "\n", "a\n", "a\n" },
	{ "", "\n", "a\nb", "ba\n" },
	{ "", "\n", "a\nb\n", "b\na\n" },
	{ "", "\n", "\n\na\n", "a\n\n\n" },
	{ "", "\n", "one\r\ntwo\r\n", "two\r\none\r\n" },
	{ "b", "\n", "\na\nb\nc", "\nc\nb\na" },
	{ "b", "\n", "a\nb\n", "\n\nba" },
	{ "b", "\n", "\n", "\n" },
	{ "", ":", "a:b:c:", "c:b:a:" },
	{ "b", ":", ":a:b:c", ":c:b:a" },
	{ "", "aa", "aaa", "aaa" },
	{ "b", "aa", "aaa", "aaa" },
	{ "b", "aa", "xaaa", "aaxa" },
	{ "", "aa", "1aa2aaa3", "32aaa1aa" },
	{ "", "\xff",
	    "a\xff"
	    "b\xff",
	    "b\xff"
	    "a\xff" },
	{ "", "\xa9",
	    "\xc3\xa9"
	    "b",
	    "b\xc3\xa9" },
	{ "", "--8<--", "a--8<--b--8<--", "b--8<--a--8<--" },
	{ "", "longer than the file", "a\nb\n", "a\nb\n" },
	{ "r", "\\._+", "1._2.__3.___4._", "4._3.___2.__1._" },
	{ "br", "\\._+", "._1._2.__3.___4", ".___4.__3._2._1" },
	{ "r", "^", "a\nb\nc\n", "c\nb\na\n" },
	{ "r", "$", "a\nb\nc\n", "\n\nc\nba" },
	{ "r", "^$", "a\nb\nc\n", "a\nb\nc\n" },
	{ "br", "^", "a\nb\nc\n", "c\nb\na\n" },
	{ "r", "x\\|[^x]", "a\nxxb", "bxx\na" },
	{ "r", "x+", "axxb", "bxax" },
	{ "br", "x+", "axxb", "xbxa" },
	{ "r", ".", "ab\nc", "\ncba" },
	{ "r", "[^x]", "ax\nx", "xx\na" },
	{ "r", "\\(ab\\)\\1", "1abab2ababab3", "32ababab1abab" },
	{ "r", "\\<", "one two", "twoone " },
	{ "r", "\\bt", "at it to t", "o tat it t" },
	{ "r", "\\`a", "aaba", "abaa" },
	{ "r", "a{2}", "xa{2}y", "yxa{2}" },
	{ "r", "none", "a\nb\n", "a\nb\n" },
	{ "r", "[0-9]+:", "a10:b2:c", "cb2:a10:" },
};

static size_t
join(struct backward *b, unsigned char *out)
{
	struct record record;
	size_t n = 0;

	while (backward_next(b, &record) > 0) {
		memcpy(out + n, record.bytes, record.len);
		n += record.len;
	}
	return n;
}

static size_t
from_file(const struct separator *s, int fd, size_t size, size_t block,
    unsigned char *out)
{
	struct backward b;
	size_t n = 0;

	if (backward_fd(&b, s, fd, (off_t)size, block) == 0)
		n = join(&b, out);
	backward_done(&b);
	return n;
}

static size_t
from_memory(
    const struct separator *s, const void *in, size_t size, unsigned char *out)
{
	unsigned char copy[TEXT_MAX];
	struct backward b;

	memcpy(copy, in, size);
	backward_memory(&b, s, copy, size);
	return join(&b, out);
}

static int
file_of(const void *bytes, size_t n)
{
	int fd = stream_tmpfile(NULL);

	if (fd < 0 || stream_write_all(fd, bytes, n) < 0) {
		printf("Bail out! no temporary file\n");
		exit(1);
	}
	return fd;
}

/* The largest block that gives something else than want, or 0. */
static size_t
wrong_block(const struct separator *s, const void *in, size_t n,
    const void *want, size_t len)
{
	unsigned char out[TEXT_MAX];
	int fd = file_of(in, n);
	size_t block = n + 2;

	while (block > 0 && from_file(s, fd, n, block, out) == len &&
	    memcmp(out, want, len) == 0)
		block--;
	close(fd);
	return block;
}

static struct separator
separator_of(const char *options, const char *bytes, size_t len)
{
	struct separator s = { .bytes = bytes,
		.len = len,
		.before = strchr(options, 'b') != NULL };

	if (strchr(options, 'r') != NULL && separator_compile(&s) != NULL) {
		printf("Bail out! %s is not a regular expression\n", bytes);
		exit(1);
	}
	return s;
}

static void
test_tac(void)
{
	unsigned char out[TEXT_MAX];

	for (size_t i = 0; i < sizeof(tac_cases) / sizeof(*tac_cases); i++) {
		const struct tac_case *c = &tac_cases[i];
		struct separator s = separator_of(
		    c->options, c->separator, strlen(c->separator));
		size_t n = from_memory(&s, c->in, strlen(c->in), out);

		is_mem(out, n, c->want, strlen(c->want), "case %zu -%s", i,
		    c->options);
		is_int((intmax_t)wrong_block(
			   &s, c->in, strlen(c->in), c->want, strlen(c->want)),
		    0, "case %zu -%s, in blocks of every size", i, c->options);
		separator_free(&s);
	}
}

/* As tac does it, in memory and without a thought for speed. */
static size_t
plain_tac(const struct separator *s, const unsigned char *in, size_t n,
    unsigned char *out)
{
	size_t past = n;
	size_t limit = n;
	size_t used = 0;

	for (size_t at = n; at-- > 0;) {
		size_t cut = s->before ? at : at + s->len;

		if (at + s->len > limit || memcmp(in + at, s->bytes, s->len))
			continue;
		memcpy(out + used, in + cut, past - cut);
		used += past - cut;
		past = cut;
		limit = at;
	}
	memcpy(out + used, in, past);
	return used + past;
}

static void
test_random(void)
{
	static const char *const separators[] = { "\n", "a", "aa", "aba", "" };
	unsigned char in[64], want[64];
	unsigned wrong = 0;

	for (unsigned i = 0; i < 400; i++) {
		const char *bytes = separators[draw(5)];
		struct separator s = { .bytes = bytes,
			.len = *bytes != '\0' ? strlen(bytes) : 1,
			.before = draw(2) };
		size_t n = draw(sizeof(in));

		for (size_t j = 0; j < n; j++)
			in[j] = (unsigned char)"aab\n\0"[draw(5)];
		plain_tac(&s, in, n, want);
		wrong += wrong_block(&s, in, n, want, n) != 0;
	}
	is_int(wrong, 0, "random bytes, in blocks of every size");
}

/* What is looked for may depend on what is before it, never on the blocks. */
static void
test_random_regex(void)
{
	static const char *const regexes[] = { "^", "$", "^a+", "a*b", "\\ba",
		"\\(a\\|ab\\)\\(c\\|bcd\\)*", "a.b", "[^a]+", "\\Bb",
		"\\w\\W" };
	unsigned char in[64], want[64];
	unsigned wrong = 0;

	for (unsigned i = 0; i < 200; i++) {
		const char *bytes = regexes[draw(10)];
		struct separator s =
		    separator_of(draw(2) ? "br" : "r", bytes, strlen(bytes));
		size_t n = draw(sizeof(in));

		for (size_t j = 0; j < n; j++)
			in[j] = (unsigned char)"aabc d\n"[draw(7)];
		if (from_memory(&s, in, n, want) != n)
			wrong++;
		wrong += wrong_block(&s, in, n, want, n) != 0;
		separator_free(&s);
	}
	is_int(wrong, 0, "random regular expressions, in blocks of every size");
}

static void
test_utf8_regex(void)
{
	static const char in[] = "\xc3\xa9\xe6\xbc\xa2"
				 "a\xff\xf0\x9f\x98\x80";
	static const char want[] = "\xff\xf0\x9f\x98\x80"
				   "a\xe6\xbc\xa2\xc3\xa9";
	struct separator s;

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
		skip("a dot is a character", "no locale C.UTF-8");
		return;
	}
	s = separator_of("r", "[^\n]", 4);
	is_int((intmax_t)wrong_block(
		   &s, in, sizeof(in) - 1, want, sizeof(want) - 1),
	    0, "in a locale of UTF-8 a dot is a character");
	separator_free(&s);
	setlocale(LC_CTYPE, "C");
}

/* --- Files that are not what they were --- */

static void
test_sizes(void)
{
	static const struct separator newline = { .bytes = "\n", .len = 1 };
	unsigned char out[TEXT_MAX];
	struct record record;
	struct backward b;
	int fd = file_of("a\nb\nc\n", 6);
	size_t n = from_file(&newline, fd, 4096, 4, out);

	is_mem(out, n, "c\nb\na\n", 6, "a size that is too large is no harm");
	n = from_file(&newline, fd, 4, 3, out);
	is_mem(out, n, "b\na\n", 4, "what was added later is left alone");
	is_int(backward_fd(&b, &newline, fd, 6, 2), 0, "a file is opened");
	is_int(backward_next(&b, &record), 1, "and its last line read");
	if (ftruncate(fd, 1) < 0)
		printf("Bail out! cannot truncate\n");
	is_int(backward_next(&b, &record), -ENODATA, "the loss is noticed");
	backward_done(&b);
	close(fd);
	is_int(backward_fd(&b, &newline, -1, 6, 2), -EBADF, "errors are told");
	backward_done(&b);
}

int
main(void)
{
	test_len();
	test_every_character();
	test_reverse();
	test_boundary();
	test_tac();
	test_random();
	test_random_regex();
	test_utf8_regex();
	test_sizes();
	return done();
}
