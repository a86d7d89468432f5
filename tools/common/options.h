/* SPDX-License-Identifier: ISC */
/*
 * options.h - getopt_long as every tool uses it
 *
 *	static const struct tool tool = {
 *		.synopsis = "[-l] [-b burst] rate [file ...]",
 *		.options = "  -b, --burst=SIZE  let so much through at once\n",
 *		.usage_status = 2,
 *	};
 *	static const struct option longs[] = {
 *		{ "burst", required_argument, NULL, 'b' },
 *		OPTIONS_COMMON
 *	};
 *	while ((c = option_next(&tool, argc, argv, "b:l", longs)) != -1)
 *		switch (c) { ... }
 */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <getopt.h>
#include <limits.h>
#include <stdint.h>

#include "common/diag.h"

struct tool {
	/*
	 * What follows the name in the manual's SYNOPSIS, to the letter; one
	 * form a line, without a newline at the end.
	 */
	const char *synopsis;
	/* The list for --help, without --help and --version themselves. */
	const char *options;
	int usage_status; /* 1 in drop-ins, 2 in tools of our own */
};

/* Values for long options that have no letter begin at OPTION_FIRST. */
enum { OPTION_HELP = CHAR_MAX + 1, OPTION_VERSION, OPTION_FIRST };

/* The end of every table of long options. */
/* clang-format off */
#define OPTIONS_COMMON \
	{ "help", no_argument, NULL, OPTION_HELP }, \
	{ "version", no_argument, NULL, OPTION_VERSION }, \
	{ NULL, 0, NULL, 0 }
/* clang-format on */

/*
 * The next option, or -1, as getopt_long(3).  Those in OPTIONS_COMMON are
 * answered here, and after an option that is wrong this exits as usage_exit().
 */
int option_next(const struct tool *tool, int argc, char *argv[],
    const char *letters, const struct option *longs);

/*
 * Say "tool: " and the text (unless fmt is NULL: something was said already),
 * then where help is found, and exit with the tool's usage status.
 */
_Noreturn void usage_exit(const struct tool *tool, const char *fmt, ...)
    DIAG_PRINTF(2, 3);

/*
 * The value of text, as parse (of units.h) reads it, or usage_exit() with a
 * sentence that says what it was to be: "invalid burst: '5x'".
 */
uint64_t option_value(const struct tool *tool, const char *what,
    const char *text, int (*parse)(const char *text, uint64_t *value));

#endif
