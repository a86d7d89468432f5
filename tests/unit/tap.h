/* SPDX-License-Identifier: ISC */
/*
 * tap.h - just enough of the Test Anything Protocol for one small program
 *
 *	int
 *	main(void)
 *	{
 *		ok(1 + 1 == 2, "one and one are two");
 *		is_int(read_it(), 5, "all %d bytes came", 5);
 *		return done();
 *	}
 *
 * A title is a claim.  The plan comes last, so that a program which dies half
 * way has none and fails.  Each check returns whether it held.
 */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static unsigned tap_count;
static unsigned tap_failures;

__attribute__((unused, format(printf, 4, 0))) static int
tap_line(int held, const char *file, int line, const char *fmt, va_list ap)
{
	printf("%sok %u - ", held ? "" : "not ", ++tap_count);
	vprintf(fmt, ap);
	printf("\n");
	if (!held) {
		tap_failures++;
		printf("# failed at %s:%d\n", file, line);
	}
	fflush(stdout);
	return held;
}

__attribute__((unused, format(printf, 4, 5))) static int
tap_ok(int held, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_line(held, file, line, fmt, ap);
	va_end(ap);
	return held;
}

__attribute__((unused, format(printf, 5, 6))) static int
tap_is_int(intmax_t got, intmax_t want, const char *file, int line,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_line(got == want, file, line, fmt, ap);
	va_end(ap);
	if (got != want)
		printf("#    got %jd\n# wanted %jd\n", got, want);
	return got == want;
}

/* Two strings, either of which may be NULL. */
__attribute__((unused, format(printf, 5, 6))) static int
tap_is_str(const char *got, const char *want, const char *file, int line,
    const char *fmt, ...)
{
	int same = got == want || (got && want && strcmp(got, want) == 0);
	va_list ap;

	va_start(ap, fmt);
	tap_line(same, file, line, fmt, ap);
	va_end(ap);
	if (!same)
		printf("#    got %s\n# wanted %s\n", got ? got : "(null)",
		    want ? want : "(null)");
	return same;
}

/* Bytes: says where they part, and shows a few from there on. */
__attribute__((unused, format(printf, 7, 8))) static int
tap_is_mem(const void *got, size_t got_len, const void *want, size_t want_len,
    const char *file, int line, const char *fmt, ...)
{
	const unsigned char *g = got;
	const unsigned char *w = want;
	size_t at = 0;
	va_list ap;

	while (at < got_len && at < want_len && g[at] == w[at])
		at++;
	va_start(ap, fmt);
	tap_line(at == got_len && at == want_len, file, line, fmt, ap);
	va_end(ap);
	if (at == got_len && at == want_len)
		return 1;
	printf("# %zu bytes, wanted %zu, part at %zu\n#    got", got_len,
	    want_len, at);
	for (size_t i = at; i < got_len && i < at + 16; i++)
		printf(" %02x", g[i]);
	printf("\n# wanted");
	for (size_t i = at; i < want_len && i < at + 16; i++)
		printf(" %02x", w[i]);
	printf("\n");
	return 0;
}

#define ok(held, ...) tap_ok(!!(held), __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, ...) \
	tap_is_int((got), (want), __FILE__, __LINE__, __VA_ARGS__)
#define is_str(got, want, ...) \
	tap_is_str((got), (want), __FILE__, __LINE__, __VA_ARGS__)
#define is_mem(got, got_len, want, want_len, ...)                            \
	tap_is_mem((got), (got_len), (want), (want_len), __FILE__, __LINE__, \
	    __VA_ARGS__)
#define diag(...) (printf("# " __VA_ARGS__), printf("\n"))

/* A check that cannot be made here: why must be named. */
__attribute__((unused)) static void
skip(const char *title, const char *why)
{
	printf("ok %u - %s # SKIP %s\n", ++tap_count, title, why);
	fflush(stdout);
}

/* The last thing main returns. */
__attribute__((unused)) static int
done(void)
{
	printf("1..%u\n", tap_count);
	if (fflush(stdout) != 0)
		return 1;
	return tap_failures != 0;
}

#endif
