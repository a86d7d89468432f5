/* SPDX-License-Identifier: ISC */
/* options.c - getopt_long, --help, --version and wrong command lines */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/options.h"

/* "usage: tee ..." and one more line for each other form. */
static void
print_synopsis(const char *synopsis)
{
	const char *lead = "usage:";
	size_t len;

	for (;;) {
		len = strcspn(synopsis, "\n");
		printf("%s %s%s%.*s\n", lead, diag_name(), len > 0 ? " " : "",
		    (int)len, synopsis);
		if (synopsis[len] == '\0')
			return;
		synopsis += len + 1;
		lead = "      ";
	}
}

static _Noreturn void
print_help(const struct tool *tool)
{
	print_synopsis(tool->synopsis);
	printf("\n%s"
	       "      --help     show this and exit\n"
	       "      --version  show the version and exit\n",
	    tool->options);
	exit(finish_stdout() < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

static _Noreturn void
print_version(void)
{
	printf("%s (%s) %s\n", diag_name(), PACKAGE_NAME, PACKAGE_VERSION);
	exit(finish_stdout() < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

int
option_next(const struct tool *tool, int argc, char *argv[],
    const char *letters, const struct option *longs)
{
	int c;

	/* getopt's messages begin with argv[0], which may be a path. */
	if (argc > 0)
		argv[0] = (char *)diag_name();
	c = getopt_long(argc, argv, letters, longs, NULL);
	switch (c) {
	case OPTION_HELP:
		print_help(tool);
	case OPTION_VERSION:
		print_version();
	case '?':
		usage_exit(tool, NULL);
	default:
		return c;
	}
}

void
usage_exit(const struct tool *tool, const char *fmt, ...)
{
	char text[QUOTE_MAX];
	va_list ap;

	if (fmt != NULL) {
		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		warn_msg("%s", text);
	}
	warn_line("Try '%s --help' for more information.", diag_name());
	exit(tool->usage_status);
}

uint64_t
option_value(const struct tool *tool, const char *what, const char *text,
    int (*parse)(const char *text, uint64_t *value))
{
	uint64_t value = 0;
	int code = parse(text, &value);

	if (code == -ERANGE)
		usage_exit(tool, "%s out of range: '%s'", what, text);
	if (code < 0)
		usage_exit(tool, "invalid %s: '%s'", what, text);
	return value;
}
