/* SPDX-License-Identifier: ISC */
/*
 * gzip - compress or expand files
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/diag.h"
#include "gzip/gzip.h"

/* What it is called decides what it does; whatever that is, gzip speaks. */
static void
go_by_name(void)
{
	static const struct {
		const char *end;
		enum called called;
	} aliases[] = {
		{ "gunzip", CALLED_GUNZIP },
		{ "uncompress", CALLED_GUNZIP },
		{ "zcat", CALLED_ZCAT },
	};

	opt.name = diag_name();
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		size_t len = strlen(aliases[i].end);
		size_t name_len = strlen(opt.name);

		if (name_len >= len &&
		    strcmp(opt.name + name_len - len, aliases[i].end) == 0)
			opt.called = aliases[i].called;
	}
	opt.decompress = opt.called != CALLED_GZIP;
	opt.to_stdout = opt.called == CALLED_ZCAT;
	if (opt.decompress)
		diag_set_name("gzip");
}

/* False: not all were done. */
static bool
do_all(struct stream_loop *loop, char *const *names)
{
	bool go_on = true;

	if (*names == NULL)
		go_on = file_stdin(loop);
	for (; *names != NULL && go_on; names++)
		go_on = strcmp(*names, "-") == 0 ? file_stdin(loop)
						 : file_named(loop, *names);
	return go_on;
}

/* Only now may a file system tell that it has no room after all. */
static void
close_stdout(void)
{
	int code = fflush(stdout) != 0 ? errno : 0;

	if (close(STDOUT_FILENO) < 0 && code == 0 && errno != EBADF)
		code = errno;
	if (code != 0)
		error_write("stdout", code);
}

int
main(int argc, char *argv[])
{
	struct stream_loop *loop;
	int first;

	diag_init(argv[0]);
	go_by_name();
	first = options_parse(argc, argv);
	loop = stream_loop_new();
	if (loop == NULL) {
		error("out of memory");
		return exit_status;
	}
	if (do_all(loop, argv + first) && opt.list && argc - first > 1)
		list_totals();
	stream_loop_free(loop);
	close_stdout();
	return exit_status;
}
