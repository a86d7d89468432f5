/* SPDX-License-Identifier: ISC */
/*
 * reverse.h - what the command line asks for, and under which name
 */
#ifndef REVERSE_REVERSE_H
#define REVERSE_REVERSE_H

#include <stdbool.h>

#include "common/options.h"
#include "libstream.h"
#include "reverse/separator.h"

/* How the tool behaves under one of its names. */
struct persona {
	const char *name; /* what the program's name ends with */
	struct tool tool;
	const char *letters;
	const struct option *longs;
	bool lines; /* from the start */
	bool dash_is_stdin;
	const char *stdin_name;
	/* What is said around the name of a file, and before the reason. */
	const char *open_before, *open_after;
	const char *read_after;
	bool open_quoted; /* the name is quoted even if it need not be */
};

/* The persona for a program of this name. */
const struct persona *persona_find(const char *program);

struct job {
	const struct persona *persona;
	struct stream_loop *loop;
	bool lines;
	struct separator separator;
};

/*
 * Reverse the file of that name (NULL: standard input) to standard output.
 * Returns 0; 1 if it could not be read, or -1 if the output failed and that is
 * the end.  It was said on standard error.
 */
int operand_run(const struct job *job, const char *name);

#endif
