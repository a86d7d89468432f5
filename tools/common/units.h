/* SPDX-License-Identifier: ISC */
/*
 * units.h - sizes, rates, durations and counts: one parser, one printer
 *
 *	number	digits, with a decimal point if wanted: 10, 1.5, .5
 *	count	number [K M G T P E, or KB MB ...]
 *	size	number [B, K M G T P E, KiB MiB ..., or KB MB ...]
 *	rate	size or number [bit kbit Mbit Gbit ...], then "/s" if wanted
 *	time	number [ns us ms s m h d], seconds if there is none
 *
 * K and KiB are 1024, KB and kbit 1000.  The case of the multiplier does not
 * matter, but for a lone m, which is mega to some and milli to others, and is
 * refused.  So are "b" after a multiplier (bits or bytes?), signs, blanks,
 * exponents and the empty string.
 *
 * The arithmetic is exact and rounds down.  Each parser returns 0, -EINVAL for
 * what is not in the grammar, or -ERANGE for what is above INT64_MAX (so that
 * an off_t can hold it) or above 0 but less than one; *value is set only if it
 * returns 0.
 */
#ifndef COMMON_UNITS_H
#define COMMON_UNITS_H

#include <stddef.h>
#include <stdint.h>

int units_parse_count(const char *text, uint64_t *count);
int units_parse_size(const char *text, uint64_t *bytes);
int units_parse_rate(const char *text, uint64_t *bytes_per_second);
int units_parse_count_rate(const char *text, uint64_t *per_second);
int units_parse_duration(const char *text, uint64_t *ns);

enum units_style {
	UNITS_IEC, /* 1.50 MiB */
	UNITS_SI, /* 1.57 MB */
	UNITS_BITS /* 12.6 Mbit */
};

/*
 * Three digits and a unit, for a person to read: "1.50 MiB", "1.50 MiB/s",
 * "2.50 s", "2m05s".  They store at most n bytes (UNITS_MAX is enough) and
 * return buf.
 */
#define UNITS_MAX 32
char *units_format_size(
    char *buf, size_t n, uint64_t bytes, enum units_style style);
char *units_format_rate(
    char *buf, size_t n, uint64_t bytes_per_second, enum units_style style);
char *units_format_duration(char *buf, size_t n, uint64_t ns);

#endif
