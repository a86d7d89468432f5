/* SPDX-License-Identifier: ISC */
/*
 * stopwatch.c - run a command and note what it took
 *
 *	stopwatch LOG RUNS COMMAND [ARGUMENT]...
 *
 * RUNS times, one after the other; then a line is added to LOG: nanoseconds of
 * wall time and of CPU time of one run, and the largest resident set in KiB.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

struct sum {
	uint64_t wall;
	uint64_t cpu;
	long resident;
};

static uint64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static uint64_t
nanoseconds(const struct timeval *tv)
{
	return (uint64_t)tv->tv_sec * 1000000000 + (uint64_t)tv->tv_usec * 1000;
}

/* The wait status of the command, or a negated errno value. */
static int
run(char *argv[], struct sum *sum)
{
	struct rusage used;
	uint64_t start = now();
	pid_t pid;
	int status;
	int error = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);

	if (error != 0)
		return -error;
	if (wait4(pid, &status, 0, &used) < 0)
		return -errno;
	sum->wall += now() - start;
	sum->cpu += nanoseconds(&used.ru_utime) + nanoseconds(&used.ru_stime);
	if (used.ru_maxrss > sum->resident)
		sum->resident = used.ru_maxrss;
	return status;
}

static int
note(const char *log, const struct sum *sum, unsigned runs)
{
	FILE *f = fopen(log, "a");

	if (f == NULL)
		return -1;
	fprintf(f, "%" PRIu64 " %" PRIu64 " %ld\n", sum->wall / runs,
	    sum->cpu / runs, sum->resident);
	return fclose(f);
}

int
main(int argc, char *argv[])
{
	struct sum sum = { 0 };
	unsigned runs = argc > 3 ? (unsigned)atoi(argv[2]) : 0;

	if (runs == 0) {
		fprintf(stderr, "usage: stopwatch log runs command ...\n");
		return 2;
	}
	for (unsigned i = 0; i < runs; i++) {
		int status = run(argv + 3, &sum);

		if (status != 0) {
			fprintf(stderr, "stopwatch: %s: %s\n", argv[3],
			    status < 0 ? strerror(-status) : "failed");
			return 1;
		}
	}
	if (note(argv[1], &sum, runs) < 0) {
		fprintf(
		    stderr, "stopwatch: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	return 0;
}
