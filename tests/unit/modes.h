/* SPDX-License-Identifier: ISC */
/*
 * modes.h - run a whole test program once for each kind of I/O
 *
 * The library looks at STREAM_IO once, so that the second run is an exec of
 * the program itself, which goes on counting where the first ended.  Where the
 * environment has chosen already there is one run only.
 */
#ifndef TEST_MODES_H
#define TEST_MODES_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static int modes_both;

static inline void
modes_begin(void)
{
	const char *from = getenv("TAP_FROM");

	if (from != NULL) {
		tap_count = (unsigned)atoi(from);
		tap_failures = (unsigned)atoi(getenv("TAP_FAILURES"));
	} else if (getenv("STREAM_IO") == NULL) {
		modes_both = 1;
		setenv("STREAM_IO", "linux", 1);
	}
	diag("STREAM_IO=%s", getenv("STREAM_IO"));
}

static inline int
modes_done(void)
{
	char number[16];

	if (!modes_both)
		return done();
	setenv("STREAM_IO", "plain", 1);
	snprintf(number, sizeof(number), "%u", tap_count);
	setenv("TAP_FROM", number, 1);
	snprintf(number, sizeof(number), "%u", tap_failures);
	setenv("TAP_FAILURES", number, 1);
	fflush(stdout);
	execl("/proc/self/exe", "again", (char *)NULL);
	perror("exec");
	return 1;
}

#endif
