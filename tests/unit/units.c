/* SPDX-License-Identifier: ISC */
/* units.c - numbers with units: what is read, what is refused, what is shown */
#include "config.h"

#include <errno.h>
#include <inttypes.h>

#include "common/units.h"
#include "tap.h"

typedef int parser(const char *text, uint64_t *value);

#define KEPT UINT64_C(0xfeed)

static void
reads(const char *name, parser *parse, const char *text, uint64_t want)
{
	uint64_t value = KEPT;
	int code = parse(text, &value);

	if (!ok(code == 0 && value == want, "%s '%s' is %" PRIu64, name, text,
		want))
		diag("code %d, value %" PRIu64, code, value);
}

static void
refuses(const char *name, parser *parse, const char *text, int want)
{
	uint64_t value = KEPT;
	int code = parse(text, &value);

	if (!ok(code == want && value == KEPT, "%s '%s' is refused (%s)", name,
		text, strerror(-want)))
		diag("code %d, value %" PRIu64, code, value);
}

static void
sizes(void)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {
		{ "0", 0 },
		{ "1", 1 },
		{ "007", 7 },
		{ "12b", 12 },
		{ "12B", 12 },
		{ "1K", 1024 },
		{ "1k", 1024 },
		{ "1KiB", 1024 },
		{ "1kB", 1000 },
		{ "1KB", 1000 },
		{ "3M", 3 << 20 },
		{ "3MiB", 3 << 20 },
		{ "3miB", 3 << 20 },
		{ "3MB", 3000000 },
		{ "1G", UINT64_C(1) << 30 },
		{ "1GB", 1000000000 },
		{ "1T", UINT64_C(1) << 40 },
		{ "1P", UINT64_C(1) << 50 },
		{ "7E", UINT64_C(7) << 60 },
		{ "9EB", UINT64_C(9000000000000000000) },
		{ "1.5K", 1536 },
		{ ".5K", 512 },
		{ "2.K", 2048 },
		{ "1.3K", 1331 },
		{ "1.9", 1 },
		{ "0.0009765625K", 1 },
		{ "0.1MB", 100000 },
		{ "1.000000000000000000001E", UINT64_C(1) << 60 },
		{ "1.00000000000000000174E", (UINT64_C(1) << 60) + 2 },
		{ "9007199254740993", UINT64_C(9007199254740993) },
		{ "9223372036854775807", INT64_MAX },
		{ "0.9999999999999999999K", 1023 },
		{ "0000000000000000000000000000000000001", 1 },
		{ "7.99999999999999999999999999E", INT64_MAX },
	};
	static const char *const bad[] = { "", " ", "K", ".", ".K", "-1", "+1",
		" 1", "1 ", "1 K", "1m", "1.5m", "1Kb", "1kb", "1Ki", "1KK",
		"1bit", "1kbit", "1/s", "1K/s", "1Z", "1e3", "0x10", "1,5K",
		"1.2.3", "1..2", "nan", "inf", "K1", "1iB", "1BB", "1K B",
		"\xef\xbc\x91" };
	static const char *const large[] = { "9223372036854775808",
		"18446744073709551615", "18446744073709551616",
		"18446744073709551617", "8E", "8.0E", "16E", "17E", "9.3EB",
		"99999999999999999999999999999999", "9007199254740992K",
		"36893488147419103232", "18014398509481985K" };
	static const char *const small[] = { "0.1", "0.0009765624K", ".9",
		"0.00000000000000000000000000000001E" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		reads("size", units_parse_size, good[i].text, good[i].value);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses("size", units_parse_size, bad[i], -EINVAL);
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
		refuses("size", units_parse_size, large[i], -ERANGE);
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		refuses("size", units_parse_size, small[i], -ERANGE);
}

static void
rates(void)
{
	reads("rate", units_parse_rate, "10M", 10 << 20);
	reads("rate", units_parse_rate, "10M/s", 10 << 20);
	reads("rate", units_parse_rate, "10/s", 10);
	reads("rate", units_parse_rate, "10MB/s", 10000000);
	reads("rate", units_parse_rate, "1.5MiB/s", 3 << 19);
	reads("rate", units_parse_rate, "8bit", 1);
	reads("rate", units_parse_rate, "12bit/s", 1);
	reads("rate", units_parse_rate, "1kbit", 125);
	reads("rate", units_parse_rate, "1Mbit/s", 125000);
	reads("rate", units_parse_rate, "2.5Gbit", 312500000);
	reads("rate", units_parse_rate, "0.01kbit", 1);
	reads("rate", units_parse_rate, "1Ebit", UINT64_C(125000000000000000));
	refuses("rate", units_parse_rate, "7bit", -ERANGE);
	refuses("rate", units_parse_rate, "200Ebit", -ERANGE);
	refuses("rate", units_parse_rate, "10M/", -EINVAL);
	refuses("rate", units_parse_rate, "10M/s/s", -EINVAL);
	refuses("rate", units_parse_rate, "10M/m", -EINVAL);
	refuses("rate", units_parse_rate, "10m/s", -EINVAL);
	refuses("rate", units_parse_rate, "10Mb/s", -EINVAL);
	refuses("rate", units_parse_rate, "10Mibit", -EINVAL);
	refuses("rate", units_parse_rate, "10Mbits", -EINVAL);
	refuses("rate", units_parse_rate, "/s", -EINVAL);
	refuses("rate", units_parse_rate, "M/s", -EINVAL);
	refuses("rate", units_parse_rate, "10ps", -EINVAL);
}

static void
counts(void)
{
	reads("count", units_parse_count, "12", 12);
	reads("count", units_parse_count, "2K", 2048);
	reads("count", units_parse_count, "2KB", 2000);
	refuses("count", units_parse_count, "2B", -EINVAL);
	refuses("count", units_parse_count, "2KiB", -EINVAL);
	refuses("count", units_parse_count, "2/s", -EINVAL);
	refuses("count", units_parse_count, "-2", -EINVAL);
	reads("count rate", units_parse_count_rate, "100/s", 100);
	reads("count rate", units_parse_count_rate, "100", 100);
	refuses("count rate", units_parse_count_rate, "100B/s", -EINVAL);
	refuses("count rate", units_parse_count_rate, "1kbit", -EINVAL);
}

static void
durations(void)
{
	reads("time", units_parse_duration, "0", 0);
	reads("time", units_parse_duration, "2", 2000000000);
	reads("time", units_parse_duration, "1.5", 1500000000);
	reads("time", units_parse_duration, "500ms", 500000000);
	reads("time", units_parse_duration, "1.5s", 1500000000);
	reads("time", units_parse_duration, "7ns", 7);
	reads("time", units_parse_duration, "7us", 7000);
	reads("time", units_parse_duration, "2m", UINT64_C(120000000000));
	reads("time", units_parse_duration, "1h", UINT64_C(3600000000000));
	reads("time", units_parse_duration, "1d", UINT64_C(86400000000000));
	reads("time", units_parse_duration, "0.000000001", 1);
	refuses("time", units_parse_duration, "0.1ns", -ERANGE);
	refuses("time", units_parse_duration, "200000d", -ERANGE);
	refuses("time", units_parse_duration, "", -EINVAL);
	refuses("time", units_parse_duration, "s", -EINVAL);
	refuses("time", units_parse_duration, "-1s", -EINVAL);
	refuses("time", units_parse_duration, "1 s", -EINVAL);
	refuses("time", units_parse_duration, "1M", -EINVAL);
	refuses("time", units_parse_duration, "1sec", -EINVAL);
	refuses("time", units_parse_duration, "1h30m", -EINVAL);
}

static void
prints_size(uint64_t bytes, enum units_style style, const char *want)
{
	char buf[UNITS_MAX];

	is_str(units_format_size(buf, sizeof(buf), bytes, style), want,
	    "%" PRIu64 " bytes are printed as %s", bytes, want);
}

static void
prints_time(uint64_t ns, const char *want)
{
	char buf[UNITS_MAX];

	is_str(units_format_duration(buf, sizeof(buf), ns), want,
	    "%" PRIu64 " ns are printed as %s", ns, want);
}

static void
printing(void)
{
	char buf[UNITS_MAX];

	prints_size(0, UNITS_IEC, "0 B");
	prints_size(1023, UNITS_IEC, "1023 B");
	prints_size(1024, UNITS_IEC, "1.00 KiB");
	prints_size(10240, UNITS_IEC, "10.0 KiB");
	prints_size(1047552, UNITS_IEC, "1023 KiB");
	prints_size(1048575, UNITS_IEC, "1.00 MiB");
	prints_size(3 << 19, UNITS_IEC, "1.50 MiB");
	prints_size(UINT64_MAX, UNITS_IEC, "16.0 EiB");
	prints_size(999, UNITS_SI, "999 B");
	prints_size(1000, UNITS_SI, "1.00 kB");
	prints_size(999600, UNITS_SI, "1.00 MB");
	prints_size(UINT64_MAX, UNITS_SI, "18.4 EB");
	prints_size(100, UNITS_BITS, "800 bit");
	prints_size(125000, UNITS_BITS, "1.00 Mbit");
	prints_size(UINT64_MAX, UNITS_BITS, "148 Ebit");
	is_str(units_format_rate(buf, sizeof(buf), 20 << 20, UNITS_IEC),
	    "20.0 MiB/s", "a rate says per second");
	is_str(units_format_rate(buf, 5, 20 << 20, UNITS_IEC), "20.0",
	    "no more than fits is stored");
	prints_time(0, "0 ns");
	prints_time(999, "999 ns");
	prints_time(1500, "1.50 us");
	prints_time(250000000, "250 ms");
	prints_time(2500000000, "2.50 s");
	prints_time(59990000000, "60.0 s");
	prints_time(UINT64_C(125000000000), "2m05s");
	prints_time(UINT64_C(3720000000000), "1h02m");
	prints_time(UINT64_C(273600000000000), "3d04h");
}

int
main(void)
{
	sizes();
	rates();
	counts();
	durations();
	printing();
	return done();
}
