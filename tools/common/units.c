/* SPDX-License-Identifier: ISC */
/* units.c - numbers with units, read exactly and printed shortly */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/units.h"

enum { /* what may follow a number */
	IN_BYTES = 1 << 0,
	IN_BITS = 1 << 1,
	PER_SECOND = 1 << 2
};

/* How much one of a unit is; a bit is 1/8. */
struct unit {
	uint64_t multiplier;
	uint64_t divisor;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static uint64_t
power(uint64_t base, size_t n)
{
	uint64_t value = 1;

	while (n-- > 0)
		value *= base;
	return value;
}

/* --- Reading ----------------------------------------------------------------
 */

/* The length of the number that text begins with, or 0: there is none. */
static size_t
number_length(const char *text)
{
	size_t digits = 0;
	size_t len = 0;
	bool point = false;

	for (;; len++) {
		if (is_digit(text[len]))
			digits++;
		else if (text[len] == '.' && !point)
			point = true;
		else
			return digits > 0 ? len : 0;
	}
}

/*
 * The part after the point, times multiplier (at most 2^60), rounded down.
 * From the last digit to the first: to round down at each tenth comes to the
 * same as to round down once.
 */
static uint64_t
multiply_fraction(const char *digits, size_t len, uint64_t multiplier)
{
	uint64_t value = 0;

	while (len-- > 0)
		value =
		    ((uint64_t)(digits[len] - '0') * multiplier + value) / 10;
	return value;
}

/* The number of len characters in text, in units, rounded down. */
static int
multiply(
    const char *text, size_t len, const struct unit *unit, uint64_t *result)
{
	const char *end = text + len;
	const char *p = text;
	uint64_t value = 0;
	uint64_t part = 0;

	for (; p < end && *p != '.'; p++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *p - '0', &value))
			return -ERANGE;
	if (p < end)
		part = multiply_fraction(
		    p + 1, (size_t)(end - p) - 1, unit->multiplier);
	if (__builtin_mul_overflow(value, unit->multiplier, &value) ||
	    __builtin_add_overflow(value, part, &value))
		return -ERANGE;
	value /= unit->divisor;
	if (value > INT64_MAX)
		return -ERANGE;
	/* What is more than nothing must not become nothing. */
	if (value == 0 && strcspn(text, "123456789") < len)
		return -ERANGE;
	*result = value;
	return 0;
}

static bool
is_text(const char *text, size_t len, const char *want)
{
	return strlen(want) == len && memcmp(text, want, len) == 0;
}

/* The power of a thousand that a letter stands for, or 0. */
static size_t
power_of_letter(char c)
{
	static const char letters[] = "kKmMgGtTpPeE";
	const char *at = memchr(letters, c, sizeof(letters) - 1);

	return at != NULL ? (size_t)(at - letters) / 2 + 1 : 0;
}

static int
unit_of_data(const char *text, size_t len, unsigned allowed, struct unit *unit)
{
	size_t n;

	*unit = (struct unit) { 1, 1 };
	if (len == 0)
		return 0;
	if (allowed & IN_BYTES && len == 1 && (*text == 'B' || *text == 'b'))
		return 0;
	if (allowed & IN_BITS && is_text(text, len, "bit")) {
		unit->divisor = 8;
		return 0;
	}
	n = power_of_letter(*text);
	if (n == 0 || is_text(text, len, "m"))
		return -EINVAL;
	text++;
	len--;
	if (len == 0 || (allowed & IN_BYTES && is_text(text, len, "iB")))
		unit->multiplier = power(1024, n);
	else if (is_text(text, len, "B"))
		unit->multiplier = power(1000, n);
	else if (allowed & IN_BITS && is_text(text, len, "bit"))
		unit->multiplier = power(1000, n) / 8;
	else
		return -EINVAL;
	return 0;
}

static int
parse_data(const char *text, unsigned allowed, uint64_t *value)
{
	size_t number = number_length(text);
	size_t len = strlen(text + number);
	struct unit unit;

	if (number == 0)
		return -EINVAL;
	if (allowed & PER_SECOND && len >= 2 &&
	    memcmp(text + number + len - 2, "/s", 2) == 0)
		len -= 2;
	if (unit_of_data(text + number, len, allowed, &unit) < 0)
		return -EINVAL;
	return multiply(text, number, &unit, value);
}

int
units_parse_count(const char *text, uint64_t *count)
{
	return parse_data(text, 0, count);
}

int
units_parse_size(const char *text, uint64_t *bytes)
{
	return parse_data(text, IN_BYTES, bytes);
}

int
units_parse_rate(const char *text, uint64_t *bytes_per_second)
{
	return parse_data(
	    text, IN_BYTES | IN_BITS | PER_SECOND, bytes_per_second);
}

int
units_parse_count_rate(const char *text, uint64_t *per_second)
{
	return parse_data(text, PER_SECOND, per_second);
}

int
units_parse_duration(const char *text, uint64_t *ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "", 1000000000 },
		{ "ns", 1 },
		{ "us", 1000 },
		{ "ms", 1000000 },
		{ "s", 1000000000 },
		{ "m", 60 * UINT64_C(1000000000) },
		{ "h", 3600 * UINT64_C(1000000000) },
		{ "d", 86400 * UINT64_C(1000000000) },
	};
	size_t number = number_length(text);

	if (number == 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(text + number, units[i].name) == 0) {
			struct unit unit = { units[i].ns, 1 };

			return multiply(text, number, &unit, ns);
		}
	return -EINVAL;
}

/* --- Printing ---------------------------------------------------------------
 */

/* So that three digits are shown. */
static int
decimals(double value)
{
	if (value >= 99.95)
		return 0;
	return value >= 9.995 ? 1 : 2;
}

/* value, whole or as three digits of the first of the names that suits. */
static char *
print_scaled(char *buf, size_t n, double value, double step,
    const char *const *names, const char *after)
{
	bool scaled = false;

	/* 999.7 would be printed as 1000. */
	while (value >= step - 0.5 && names[1] != NULL) {
		value /= step;
		names++;
		scaled = true;
	}
	snprintf(buf, n, "%.*f %s%s", scaled ? decimals(value) : 0, value,
	    *names, after);
	return buf;
}

static char *
print_data(char *buf, size_t n, uint64_t bytes, enum units_style style,
    const char *after)
{
	static const char *const iec[] = { "B", "KiB", "MiB", "GiB", "TiB",
		"PiB", "EiB", NULL };
	static const char *const si[] = { "B", "kB", "MB", "GB", "TB", "PB",
		"EB", NULL };
	static const char *const bits[] = { "bit", "kbit", "Mbit", "Gbit",
		"Tbit", "Pbit", "Ebit", NULL };

	switch (style) {
	case UNITS_SI:
		return print_scaled(buf, n, (double)bytes, 1000, si, after);
	case UNITS_BITS:
		return print_scaled(
		    buf, n, (double)bytes * 8, 1000, bits, after);
	default:
		return print_scaled(buf, n, (double)bytes, 1024, iec, after);
	}
}

char *
units_format_size(char *buf, size_t n, uint64_t bytes, enum units_style style)
{
	return print_data(buf, n, bytes, style, "");
}

char *
units_format_rate(
    char *buf, size_t n, uint64_t bytes_per_second, enum units_style style)
{
	return print_data(buf, n, bytes_per_second, style, "/s");
}

char *
units_format_duration(char *buf, size_t n, uint64_t ns)
{
	static const char *const names[] = { "ns", "us", "ms", "s", NULL };
	uint64_t s = ns / 1000000000;

	if (s < 60)
		return print_scaled(buf, n, (double)ns, 1000, names, "");
	if (s < 3600)
		snprintf(buf, n, "%" PRIu64 "m%02us", s / 60, (unsigned)s % 60);
	else if (s < 86400)
		snprintf(buf, n, "%" PRIu64 "h%02um", s / 3600,
		    (unsigned)s % 3600 / 60);
	else
		snprintf(buf, n, "%" PRIu64 "d%02uh", s / 86400,
		    (unsigned)(s % 86400 / 3600));
	return buf;
}
