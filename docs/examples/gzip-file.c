/* SPDX-License-Identifier: ISC */
/*
 * gzip-file.c - compress a file into another, all or nothing
 *
 *	cc -o gzip-file gzip-file.c $(pkg-config --cflags --libs
 *libstream-codec) gzip-file FROM TO
 *
 * If anything fails, nothing is there under the name TO that was not there
 * before: no empty file, no part of one.
 */
#include <fcntl.h>
#include <libstream-codec.h>
#include <stdio.h>

static void
done(const struct stream_error *error, void *failed)
{
	if (error == NULL)
		puts("Pipeline succeeded");
	else
		printf("Pipeline failed: %s\n", error->text);
	*(int *)failed = error != NULL;
}

int
main(int argc, char *argv[])
{
	struct stream_loop *loop = stream_loop_new();
	int failed = 1;

	if (argc != 3) {
		fprintf(stderr, "usage: gzip-file from to\n");
		return 2;
	}
	STREAM_PIPELINE(done, &failed, stream_open(loop, argv[1], O_RDONLY),
	    stream_gzip(loop, NULL), stream_replace(loop, argv[2], NULL));
	stream_loop_run(loop);
	stream_loop_free(loop);
	return failed;
}
