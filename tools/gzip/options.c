/* SPDX-License-Identifier: ISC */
/*
 * options.c - the command line as GNU gzip reads it, and $GZIP before it
 */
#include "config.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/diag.h"
#include "gzip/gzip.h"

struct options opt = { .suffix = ".gz", .level = 6 };

enum { OPTION_INPUT_TTY = CHAR_MAX + 1, OPTION_RSYNCABLE, OPTION_SYNCHRONOUS };

static const char letters[] = "ab:cdfhH?klLmMnNqrS:tvVZ123456789";
static const struct option longs[] = {
	{ "ascii", no_argument, NULL, 'a' },
	{ "to-stdout", no_argument, NULL, 'c' },
	{ "stdout", no_argument, NULL, 'c' },
	{ "decompress", no_argument, NULL, 'd' },
	{ "uncompress", no_argument, NULL, 'd' },
	{ "force", no_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ "keep", no_argument, NULL, 'k' },
	{ "list", no_argument, NULL, 'l' },
	{ "license", no_argument, NULL, 'L' },
	{ "no-name", no_argument, NULL, 'n' },
	{ "name", no_argument, NULL, 'N' },
	/* Of three dashes: for tests. */
	{ "-presume-input-tty", no_argument, NULL, OPTION_INPUT_TTY },
	{ "quiet", no_argument, NULL, 'q' },
	{ "silent", no_argument, NULL, 'q' },
	{ "synchronous", no_argument, NULL, OPTION_SYNCHRONOUS },
	{ "recursive", no_argument, NULL, 'r' },
	{ "suffix", required_argument, NULL, 'S' },
	{ "test", no_argument, NULL, 't' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "fast", no_argument, NULL, '1' },
	{ "best", no_argument, NULL, '9' },
	{ "lzw", no_argument, NULL, 'Z' },
	{ "bits", required_argument, NULL, 'b' },
	{ "rsyncable", no_argument, NULL, OPTION_RSYNCABLE },
	{ NULL, 0, NULL, 0 },
};

/* What was said, before it is known whether to compress or expand. */
static bool ascii;
static int no_name = -1; /* -1: neither -n nor -N */
static int no_time = -1;

/* --- What is printed instead of working --- */

/* As in the manual's SYNOPSIS. */
static const char *
synopsis(void)
{
	switch (opt.called) {
	case CALLED_ZCAT:
		return "[-fhLlNnqrtVv] [-S suffix] [file ...]";
	case CALLED_GUNZIP:
		return "[-acfhkLlMmNnqrtVv] [-S suffix] [--synchronous] "
		       "[file ...]";
	default:
		return "[-acdfhkLlMmNnqrtVv123456789] [-b bits] [-S suffix] "
		       "[--rsyncable] [--synchronous] [file ...]";
	}
}

static const char help[] =
    "\n"
    "  -1, --fast         compress faster\n"
    "  -9, --best         compress better; the levels between are -2 to -8\n"
    "  -a, --ascii        ignored, with a note\n"
    "  -b, --bits=BITS    ignored\n"
    "  -c, --stdout, --to-stdout\n"
    "                     write to standard output, keep the files\n"
    "  -d, --decompress, --uncompress\n"
    "                     expand\n"
    "  -f, --force        replace files, follow links, use terminals;\n"
    "                     with -cd pass on what is not compressed\n"
    "  -h, --help         show this and exit\n"
    "  -k, --keep         keep the input files\n"
    "  -L, --license      show the licence and exit\n"
    "  -l, --list         list what compressed files hold\n"
    "  -M                 store or restore the time\n"
    "  -m                 do not store or restore the time\n"
    "  -N, --name         store or restore name and time\n"
    "  -n, --no-name      do not store or restore name and time\n"
    "  -q, --quiet, --silent\n"
    "                     do not warn\n"
    "  -r, --recursive    do all files in folders\n"
    "      --rsyncable    let small changes of the input change little\n"
    "  -S, --suffix=SUFFIX\n"
    "                     use SUFFIX instead of .gz\n"
    "      --synchronous  wait until the output is on the disk\n"
    "  -t, --test         check compressed files\n"
    "  -V, --version      show the version and exit\n"
    "  -v, --verbose      say what is done\n"
    "\n"
    "Without a file, or where a file is -, standard input goes to standard\n"
    "output.\n";

static const char license[] =
    "Permission to use, copy, modify, and/or distribute this software for\n"
    "any purpose with or without fee is hereby granted, under the terms of\n"
    "the ISC licence: see the file LICENSE of " PACKAGE_NAME ".\n"
    "There is no warranty, to the extent permitted by law.\n";

static _Noreturn void
stop_after_printing(void)
{
	exit(finish_stdout() < 0 ? STATUS_ERROR : STATUS_OK);
}

static _Noreturn void
print_help(void)
{
	printf("usage: %s %s\n%s", opt.name, synopsis(), help);
	stop_after_printing();
}

static _Noreturn void
print_version(const char *more)
{
	printf(
	    "%s (%s) %s\n%s", diag_name(), PACKAGE_NAME, PACKAGE_VERSION, more);
	stop_after_printing();
}

static _Noreturn void
try_help(void)
{
	warn_line("Try `%s --help' for more information.", diag_name());
	exit(STATUS_ERROR);
}

/* --- One option --- */

static void
check_bits(const char *text)
{
	if (text[strspn(text, "0123456789")] == '\0')
		return;
	say("-b operand is not an integer");
	try_help();
}

static void
set_levels_and_names(int c)
{
	switch (c) {
	case 'M':
	case 'm':
		no_time = c == 'm';
		break;
	case 'N':
	case 'n':
		no_name = no_time = c == 'n';
		break;
	case 'q':
		opt.quiet = true;
		opt.verbose = 0;
		break;
	case 'v':
		opt.quiet = false;
		opt.verbose++;
		break;
	case OPTION_RSYNCABLE:
		opt.rsyncable = true;
		break;
	default:
		opt.level = c - '0';
	}
}

static void
set_mode(int c)
{
	switch (c) {
	case 'c':
		opt.to_stdout = true;
		break;
	case 'd':
		opt.decompress = true;
		break;
	case 'f':
		opt.force++;
		break;
	case 'k':
		opt.keep = true;
		break;
	case 'l':
		opt.list = opt.decompress = opt.to_stdout = true;
		break;
	case 'r':
		opt.recursive = true;
		break;
	case 'S':
		opt.suffix = optarg;
		break;
	case 't':
		opt.test = opt.decompress = opt.to_stdout = true;
		break;
	case OPTION_INPUT_TTY:
		opt.input_is_tty = true;
		break;
	case OPTION_SYNCHRONOUS:
		opt.synchronous = true;
		break;
	default:
		set_levels_and_names(c);
	}
}

static void
take(int c)
{
	switch (c) {
	case 'a':
		ascii = true;
		break;
	case 'b':
		check_bits(optarg);
		break;
	case 'H':
	case 'h':
		print_help();
	case 'L':
		print_version(license);
	case 'V':
		print_version("");
	case 'Z':
		say("-Z not supported in this version");
		try_help();
	case '?':
		try_help();
	default:
		set_mode(c);
	}
}

/* --- $GZIP --- */

/* Only what does no harm in scripts that do not know of it. */
static bool
may_be_in_environment(int c)
{
	return (c >= '1' && c <= '9') || c == 'n' || c == 'N' || c == 'q' ||
	    c == 'v' || c == OPTION_RSYNCABLE || c == '?';
}

static _Noreturn void
refuse_in_environment(const char *word, const char *why)
{
	say("%s: %s in GZIP environment variable", word, why);
	try_help();
}

static _Noreturn void
refuse_option(int c, int index)
{
	const char letter[] = { '-', (char)c, '\0' };
	char word[64];

	if (index < 0)
		refuse_in_environment(letter, "option not valid");
	(void)snprintf(word, sizeof(word), "--%s", longs[index].name);
	refuse_in_environment(word, "option not valid");
}

static void
parse_words(int argc, char *argv[])
{
	int index = -1;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, letters, longs, &index)) != -1) {
		if (!may_be_in_environment(c))
			refuse_option(c, index);
		take(c);
		index = -1;
	}
	if (argc > 1 && strcmp(argv[optind - 1], "--") == 0)
		refuse_in_environment("--", "option not valid");
	if (optind < argc)
		refuse_in_environment(argv[optind], "non-option");
}

/* The words of text, cut apart in place; as many as there is room for. */
static int
split(char *text, char *words[], int room)
{
	int n = 0;

	for (char *w = strtok(text, " \t\n"); w != NULL && n < room;
	     w = strtok(NULL, " \t\n"))
		words[n++] = w;
	return n;
}

static void
parse_environment(char *name)
{
	const char *value = getenv("GZIP");
	/* Static, so that they are not lost where a bad word is the end. */
	static char **argv;
	static char *text;
	size_t most;
	int argc;

	if (value == NULL)
		return;
	most = strlen(value) / 2 + 3;
	text = strdup(value);
	argv = calloc(most, sizeof(*argv));
	if (text == NULL || argv == NULL || most > INT_MAX) {
		error("out of memory");
		exit(exit_status);
	}
	argv[0] = name;
	argc = 1 + split(text, argv + 1, (int)most - 2);
	parse_words(argc, argv);
	if (argc > 1 && !opt.quiet)
		say("warning: GZIP environment variable is deprecated; "
		    "use an alias or script");
	free(argv);
	free(text);
}

/* --- The whole --- */

static void
check_suffix(void)
{
	size_t len = strlen(opt.suffix);

	if (len > 0 && len <= SUFFIX_MAX && strchr(opt.suffix, '/') == NULL)
		return;
	error("invalid suffix '%s'", opt.suffix);
	exit(exit_status);
}

int
options_parse(int argc, char *argv[])
{
	int c;

	/* getopt's messages begin with argv[0], which may be a path. */
	argv[0] = (char *)(uintptr_t)diag_name();
	parse_environment(argv[0]);
	optind = 0; /* begin anew, as the C library has it */
	while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1)
		take(c);
	if (ascii && !opt.quiet)
		say("option --ascii ignored on this system");
	check_suffix();
	opt.no_name = no_name < 0 ? opt.decompress : no_name != 0;
	opt.no_time = no_time < 0 ? opt.decompress : no_time != 0;
	return optind;
}
