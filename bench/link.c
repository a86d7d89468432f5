/* SPDX-License-Identifier: ISC */
/*
 * link.c - what a link costs: standard input piped to standard output
 */
#include "config.h"

#include <stdio.h>

#include "libstream.h"

static void
done(const struct stream_error *error, void *failed)
{
	if (error == NULL)
		return;
	fprintf(stderr, "link: %s\n", error->text);
	*(int *)failed = 1;
}

int
main(void)
{
	struct stream_loop *loop = stream_loop_new();
	int failed = 0;
	int code = STREAM_PIPELINE(
	    done, &failed, stream_stdio(loop, 0), stream_stdio(loop, 1));

	if (code == 0)
		code = stream_loop_run(loop);
	stream_loop_free(loop);
	return code < 0 || failed;
}
