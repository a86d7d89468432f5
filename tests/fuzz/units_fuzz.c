/* SPDX-License-Identifier: ISC */
/*
 * units_fuzz.c - any text is a number with a unit or is refused cleanly, a bare
 * number is the same to every reader, and every value can be printed
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef int parser(const char *text, uint64_t *value);

static void
check(parser *parse, const char *text)
{
	static parser *const all[] = { units_parse_count, units_parse_size };
	uint64_t value = 42;
	uint64_t again;
	char buf[UNITS_MAX];
	int code = parse(text, &value);

	if (code != 0) {
		if ((code != -EINVAL && code != -ERANGE) || value != 42)
			abort();
		return;
	}
	if (value > INT64_MAX)
		abort();
	/* A number alone means the same to all that count. */
	if (text[strspn(text, "0123456789.")] == '\0')
		for (size_t i = 0; i < 2; i++)
			if (parse != units_parse_duration &&
			    (all[i](text, &again) != 0 || again != value))
				abort();
	units_format_size(buf, sizeof(buf), value, UNITS_IEC);
	units_format_rate(buf, sizeof(buf), value, UNITS_BITS);
	units_format_duration(buf, sizeof(buf), value);
	if (strlen(buf) + 1 >= sizeof(buf))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static parser *const parsers[] = { units_parse_count, units_parse_size,
		units_parse_rate, units_parse_count_rate,
		units_parse_duration };
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < sizeof(parsers) / sizeof(parsers[0]); i++)
		check(parsers[i], text);
	free(text);
	return 0;
}
