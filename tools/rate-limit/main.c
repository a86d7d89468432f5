/* SPDX-License-Identifier: ISC */
/*
 * rate-limit - hold a stream to a rate
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "common/diag.h"
#include "common/options.h"
#include "common/units.h"
#include "rate-limit/limiter.h"

static const struct tool tool = {
	.synopsis = "[-0l] [-b burst] rate [file ...]",
	.options =
	    "  -0, --null         count records that end in NUL, not bytes\n"
	    "  -b, --burst=BURST  let so much through at once (10 ms of rate)\n"
	    "  -l, --lines        count lines, not bytes\n",
	.usage_status = 2,
};

static const struct option longs[] = {
	{ "null", no_argument, NULL, '0' },
	{ "burst", required_argument, NULL, 'b' },
	{ "lines", no_argument, NULL, 'l' },
	OPTIONS_COMMON,
};

/* A rate or a burst: 0 would be to wait for ever. */
static uint64_t
amount(const char *what, const char *text,
    int (*parse)(const char *text, uint64_t *value))
{
	uint64_t value = option_value(&tool, what, text, parse);

	if (value == 0)
		usage_exit(&tool, "invalid %s: '%s'", what, text);
	return value;
}

/* Returns the operands after the rate. */
static char **
parse(struct limiter *l, int argc, char *argv[])
{
	const char *burst_text = NULL;
	uint64_t rate;
	uint64_t burst;
	int c;

	while ((c = option_next(&tool, argc, argv, "0b:l", longs)) != -1) {
		switch (c) {
		case '0':
			l->records = true;
			l->separator = '\0';
			break;
		case 'b':
			burst_text = optarg;
			break;
		case 'l':
			l->records = true;
			break;
		}
	}
	if (optind == argc)
		usage_exit(&tool, "no rate given");
	rate = amount("rate", argv[optind],
	    l->records ? units_parse_count_rate : units_parse_rate);
	burst = burst_text == NULL
	    ? bucket_default_burst(rate)
	    : amount("burst", burst_text,
		  l->records ? units_parse_count : units_parse_size);
	bucket_init(&l->bucket, rate, burst, limiter_clock());
	return argv + optind + 1;
}

static void
asked(int signo, void *arg)
{
	(void)signo;
	limiter_report(arg);
}

static void
pass_all(struct limiter *l, char *const *files)
{
	int r = stream_on_signal(l->loop, SIGUSR1, asked, l);

	if (r < 0) {
		warn_file("SIGUSR1", r);
		l->failed = l->stop = true;
		return;
	}
	if (*files == NULL)
		limiter_pass(l, NULL);
	for (; *files != NULL && !l->stop; files++)
		limiter_pass(l, *files);
}

int
main(int argc, char *argv[])
{
	struct limiter l = { .separator = '\n' };
	char **files;

	diag_init(argv[0]);
	files = parse(&l, argc, argv);
	l.began = limiter_clock();
	l.loop = stream_loop_new();
	if (l.loop == NULL) {
		warn_msg("out of memory");
		return EXIT_FAILURE;
	}
	pass_all(&l, files);
	stream_loop_free(l.loop);
	if (!l.stop && finish_stdout() < 0)
		l.failed = true;
	return l.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
