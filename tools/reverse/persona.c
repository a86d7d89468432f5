/* SPDX-License-Identifier: ISC */
/*
 * persona.c - reverse, rev and tac: options, manners, messages
 */
#include "config.h"

#include <string.h>

#include "reverse/reverse.h"

/* clang-format off */
#define NULL_HELP \
	"  -0, -z, --null, --zero   records end with NUL, not with a newline\n"
#define LINES_HELP \
	"  -b, --before             separators begin a record, not end it\n" \
	"  -r, --regex              the separator is a regular expression\n" \
	"  -s, --separator=STRING   what separates records, if not a newline\n"

#define NULL_LONGS \
	{ "null", no_argument, NULL, '0' }, \
	{ "zero", no_argument, NULL, '0' }
#define LINES_LONGS \
	{ "before", no_argument, NULL, 'b' }, \
	{ "regex", no_argument, NULL, 'r' }, \
	{ "separator", required_argument, NULL, 's' }

static const struct option reverse_longs[] = {
	{ "lines", no_argument, NULL, 'l' },
	NULL_LONGS,
	LINES_LONGS,
	OPTIONS_COMMON
};
static const struct option tac_longs[] = {
	NULL_LONGS,
	LINES_LONGS,
	OPTIONS_COMMON
};
static const struct option rev_longs[] = {
	NULL_LONGS,
	OPTIONS_COMMON
};
/* clang-format on */

/* As tac of GNU. */
static const struct persona tac = {
	.name = "tac",
	.tool = { .synopsis = "[-0br] [-s separator] [file ...]",
	    .options = NULL_HELP LINES_HELP,
	    .usage_status = 1 },
	.letters = "0bzrs:",
	.longs = tac_longs,
	.lines = true,
	.dash_is_stdin = true,
	.stdin_name = "standard input",
	.open_before = "failed to open ",
	.open_after = " for reading",
	.open_quoted = true,
	.read_after = ": read error",
};

/* As rev of util-linux: a dash is a file of that name. */
static const struct persona rev = {
	.name = "rev",
	.tool = { .synopsis = "[-0hV] [file ...]",
	    .options =
		NULL_HELP "  -h                       the same as --help\n"
			  "  -V                       the same as --version\n",
	    .usage_status = 1 },
	.letters = "0zhV",
	.longs = rev_longs,
	.stdin_name = "stdin",
	.open_before = "cannot open ",
	.open_after = "",
	.read_after = "",
};

static const struct persona reverse = {
	.name = "reverse",
	.tool = { .synopsis = "[-0] [file ...]\n"
			      "-l [-0br] [-s separator] [file ...]",
	    .options = NULL_HELP
	    "  -l, --lines              reverse the order of lines instead\n" LINES_HELP,
	    .usage_status = 2 },
	.letters = "0blrs:z",
	.longs = reverse_longs,
	.dash_is_stdin = true,
	.stdin_name = "standard input",
	.open_before = "",
	.open_after = "",
	.read_after = "",
};

/* The end is enough: the name may have got a prefix. */
static bool
ends_with(const char *name, const char *end)
{
	size_t len = strlen(name);
	size_t n = strlen(end);

	return len >= n && strcmp(name + len - n, end) == 0;
}

const struct persona *
persona_find(const char *program)
{
	if (ends_with(program, tac.name))
		return &tac;
	if (ends_with(program, rev.name))
		return &rev;
	return &reverse;
}
