/* SPDX-License-Identifier: ISC */
/*
 * tee - copy standard input to standard output and to files
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/options.h"
#include "libstream.h"

/* What is done about an output that fails; those of GNU's tee. */
enum mode {
	MODE_DEFAULT, /* a broken pipe is not told of, but kills */
	MODE_WARN,
	MODE_WARN_NOPIPE,
	MODE_EXIT,
	MODE_EXIT_NOPIPE
};

static const struct {
	const char *name;
	enum mode mode;
} modes[] = {
	{ "warn", MODE_WARN },
	{ "warn-nopipe", MODE_WARN_NOPIPE },
	{ "exit", MODE_EXIT },
	{ "exit-nopipe", MODE_EXIT_NOPIPE },
};
#define MODES (sizeof(modes) / sizeof(modes[0]))

static const struct tool tool = {
	.synopsis = "[-aip] [--output-error[=mode]] [file ...]",
	.options =
	    "  -a, --append             append to the files, do not overwrite\n"
	    "  -i, --ignore-interrupts  ignore the interrupt signal\n"
	    "  -p                       the same as "
	    "--output-error=warn-nopipe\n"
	    "      --output-error[=MODE]\n"
	    "                           what to do when an output fails: warn,\n"
	    "                           warn-nopipe (the default), exit or\n"
	    "                           exit-nopipe\n",
	.usage_status = EXIT_FAILURE,
};

struct tee {
	struct stream_loop *loop;
	struct stream *source; /* NULL: closed */
	enum mode mode;
	bool append;
	bool failed;
	bool stdout_failed;
	size_t open; /* sinks that have not failed */
	size_t count;
	struct sink *sinks; /* standard output first */
};

struct sink {
	struct tee *tee;
	const char *name;
	struct stream *stream; /* NULL: closed */
	int watched; /* descriptor, or -1 */
};

/* --- When an output fails --- */

static bool
pipes_may_break(enum mode mode)
{
	return mode != MODE_WARN && mode != MODE_EXIT;
}

static void
report(struct tee *tee, const struct sink *sink, int code)
{
	if (code == -EPIPE && pipes_may_break(tee->mode))
		return;
	warn_file(sink->name, code);
	tee->failed = true;
	if (tee->mode == MODE_EXIT || tee->mode == MODE_EXIT_NOPIPE)
		exit(EXIT_FAILURE);
}

static void
unwatch(struct sink *sink)
{
	if (sink->watched >= 0)
		stream_unwatch(sink->tee->loop, sink->watched);
	sink->watched = -1;
}

/* The others go on; without any left there is nothing to read for. */
static void
sink_failed(struct stream *s, const struct stream_error *error, void *arg)
{
	struct sink *sink = arg;
	struct tee *tee = sink->tee;

	(void)s;
	unwatch(sink);
	if (sink == tee->sinks)
		tee->stdout_failed = true;
	report(tee, sink, error->code);
	if (--tee->open == 0)
		stream_destroy(tee->source, 0);
}

static void
sink_finished(struct stream *s, void *arg)
{
	(void)s;
	unwatch(arg);
}

static void
sink_closed(struct stream *s, void *arg)
{
	struct sink *sink = arg;

	(void)s;
	unwatch(sink);
	sink->stream = NULL;
}

static const struct stream_events sink_events = {
	.finish = sink_finished,
	.error = sink_failed,
	.close = sink_closed,
};

/* The reader of a pipe has left: told even if no input ever comes. */
static void
reader_left(int fd, short revents, void *arg)
{
	struct sink *sink = arg;

	(void)fd, (void)revents;
	unwatch(sink);
	stream_destroy(sink->stream, -EPIPE);
}

static bool
is_pipe(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

static void
watch_reader(struct sink *sink)
{
	int fd = stream_fileno(sink->stream);

	if (fd >= 0 && is_pipe(fd) &&
	    stream_watch(sink->tee->loop, fd, 0, reader_left, sink) == 0)
		sink->watched = fd;
}

/* --- The input --- */

/* What has been read so far is kept: the sinks come to their end. */
static void
source_failed(struct stream *s, const struct stream_error *error, void *arg)
{
	struct tee *tee = arg;

	(void)s;
	warn_msg("read error: %s", strerror(-error->code));
	tee->failed = true;
	for (size_t i = 0; i < tee->count; i++)
		if (tee->sinks[i].stream != NULL)
			(void)stream_end(tee->sinks[i].stream);
}

static void
source_closed(struct stream *s, void *arg)
{
	struct tee *tee = arg;

	(void)s;
	tee->source = NULL;
}

/* A standard output that is closed is an error once there is data for it. */
static void
data_for_closed_stdout(
    struct stream *s, const void *bytes, size_t len, void *arg)
{
	struct tee *tee = arg;
	struct stream_events events = { .error = source_failed,
		.close = source_closed };

	(void)bytes, (void)len;
	(void)stream_on(s, &events, tee);
	report(tee, &tee->sinks[0], -EBADF);
	if (tee->open == 0)
		stream_destroy(s, 0);
}

static bool
input_may_be_late(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 && !S_ISREG(st.st_mode) &&
	    !S_ISBLK(st.st_mode);
}

/* --- Putting it together --- */

static void
told_already(struct stream *s, const struct stream_error *error, void *arg)
{
	(void)s, (void)error, (void)arg;
}

/* One that could not be opened is told of, and the others go on. */
static void
add_sink(struct tee *tee, const char *name, struct stream *stream)
{
	static const struct stream_events failed = { .error = told_already };
	struct sink *sink = &tee->sinks[tee->count++];
	const struct stream_error *error = stream_errored(stream);

	*sink = (struct sink) { tee, name, NULL, -1 };
	if (error != NULL) {
		(void)stream_on(stream, &failed, NULL);
		report(tee, sink, error->code);
		return;
	}
	sink->stream = stream;
	tee->open++;
	(void)stream_on(stream, &sink_events, sink);
}

static void
add_files(struct tee *tee, char *const *files)
{
	int oflags = O_WRONLY | O_CREAT | (tee->append ? O_APPEND : O_TRUNC);

	for (; *files != NULL; files++)
		add_sink(tee, *files, stream_open(tee->loop, *files, oflags));
}

static bool
stdout_is_closed(void)
{
	return fcntl(STDOUT_FILENO, F_GETFD) == -1;
}

static void
add_stdout(struct tee *tee)
{
	if (!stdout_is_closed()) {
		add_sink(tee, "standard output",
		    stream_stdio(tee->loop, STDOUT_FILENO));
		return;
	}
	tee->sinks[tee->count++] =
	    (struct sink) { tee, "standard output", NULL, -1 };
	tee->stdout_failed = true;
}

static void
out_of_memory(struct tee *tee)
{
	warn_msg("%s", strerror(ENOMEM));
	tee->failed = true;
	stream_destroy(tee->source, 0);
}

static void
connect_sink(struct tee *tee, struct sink *sink)
{
	bool knows_pipes =
	    tee->mode == MODE_WARN_NOPIPE || tee->mode == MODE_EXIT_NOPIPE;

	if (sink->stream == NULL)
		return;
	/* An input that has failed already is told of in its own way. */
	if (stream_pipe(tee->source, sink->stream, NULL) == -ENOMEM)
		out_of_memory(tee);
	else if (knows_pipes && input_may_be_late())
		watch_reader(sink);
}

static void
connect(struct tee *tee)
{
	struct stream_events events = {
		.data = tee->stdout_failed ? data_for_closed_stdout : NULL,
		.error = source_failed,
		.close = source_closed,
	};

	tee->source = stream_stdio(tee->loop, STDIN_FILENO);
	if (tee->source == NULL)
		out_of_memory(tee);
	else
		(void)stream_on(tee->source, &events, tee);
	for (size_t i = 0; i < tee->count && tee->source != NULL; i++)
		connect_sink(tee, &tee->sinks[i]);
}

static int
run(struct tee *tee, size_t files, char *const *names)
{
	int r;

	tee->loop = stream_loop_new();
	tee->sinks = calloc(files + 1, sizeof(*tee->sinks));
	if (tee->loop == NULL || tee->sinks == NULL) {
		warn_msg("%s", strerror(ENOMEM));
		return EXIT_FAILURE;
	}
	add_stdout(tee);
	add_files(tee, names);
	connect(tee);
	r = stream_loop_run(tee->loop);
	if (r < 0) {
		warn_msg("%s", strerror(-r));
		tee->failed = true;
	}
	stream_loop_free(tee->loop);
	free(tee->sinks);
	if (!tee->stdout_failed && finish_stdout() < 0)
		tee->failed = true;
	return tee->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* --- Options --- */

static _Noreturn void
wrong_mode(const char *how, const char *text)
{
	warn_msg("%s argument '%s' for '--output-error'", how, text);
	warn_line("Valid arguments are:");
	for (size_t i = 0; i < MODES; i++)
		warn_line("  - '%s'", modes[i].name);
	usage_exit(&tool, NULL);
}

/* As GNU's: any beginning that fits only one, or the whole word. */
static enum mode
parse_mode(const char *text)
{
	size_t found = MODES;
	size_t fitting = 0;

	if (text == NULL)
		return MODE_WARN_NOPIPE;
	for (size_t i = 0; i < MODES; i++) {
		if (strcmp(modes[i].name, text) == 0)
			return modes[i].mode;
		if (strncmp(modes[i].name, text, strlen(text)) == 0) {
			found = i;
			fitting++;
		}
	}
	if (fitting != 1)
		wrong_mode(fitting == 0 ? "invalid" : "ambiguous", text);
	return modes[found].mode;
}

static void
parse_options(struct tee *tee, int argc, char *argv[])
{
	enum { OPTION_OUTPUT_ERROR = OPTION_FIRST };
	static const struct option longs[] = { { "append", no_argument, NULL,
						   'a' },
		{ "ignore-interrupts", no_argument, NULL, 'i' },
		{ "output-error", optional_argument, NULL,
		    OPTION_OUTPUT_ERROR },
		OPTIONS_COMMON };
	int c;

	while ((c = option_next(&tool, argc, argv, "aip", longs)) != -1) {
		switch (c) {
		case 'a':
			tee->append = true;
			break;
		case 'i':
			(void)signal(SIGINT, SIG_IGN);
			break;
		case 'p':
			tee->mode = MODE_WARN_NOPIPE;
			break;
		default:
			tee->mode = parse_mode(optarg);
			break;
		}
	}
}

int
main(int argc, char *argv[])
{
	struct tee tee = { .mode = MODE_DEFAULT };

	diag_init(argv[0]);
	parse_options(&tee, argc, argv);
	if (tee.mode != MODE_DEFAULT)
		(void)signal(SIGPIPE, SIG_IGN);
	return run(&tee, (size_t)(argc - optind), argv + optind);
}
