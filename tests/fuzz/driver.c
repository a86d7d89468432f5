/* SPDX-License-Identifier: ISC */
/*
 * driver.c - runs a fuzz target without a fuzzing engine, and prints TAP
 *
 *	record_fuzz			many inputs, made from seeds by mutation
 *	FUZZ_RUN=N record_fuzz		the one of number N again
 *	record_fuzz FILE...		the inputs in the files
 *
 * The inputs are the same in every run: what fails once fails again.
 */
#include "config.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 4096
#define FEW_RUNS 3000
#define MANY_RUNS 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A target may give inputs to begin with: their size; 0: there is no such. */
size_t fuzz_seed(unsigned n, uint8_t *buf, size_t room) __attribute__((weak));

static uint64_t state;
static volatile unsigned long run_now;

static uint32_t
random_below(uint32_t bound)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % bound;
}

static size_t
start_from(uint8_t *buf)
{
	size_t size = 0;
	unsigned seeds = 0;

	while (fuzz_seed != NULL && fuzz_seed(seeds, buf, MOST) > 0)
		seeds++;
	if (seeds > 0 && random_below(8) > 0)
		return fuzz_seed(random_below(seeds), buf, MOST);
	size = random_below(random_below(8) > 0 ? 64 : MOST);
	for (size_t i = 0; i < size; i++)
		buf[i] = (uint8_t)random_below(256);
	return size;
}

/* One small change, of the kind that finds the ends of things. */
static size_t
mutate(uint8_t *buf, size_t size)
{
	size_t at = random_below((uint32_t)size + 1);
	size_t len = random_below(16) + 1;

	if (at < size && random_below(3) == 0) {
		buf[at] ^= (uint8_t)(1u << random_below(8));
	} else if (at < size && random_below(3) == 0) {
		return at; /* truncated */
	} else if (size + len <= MOST) {
		memmove(buf + at + len, buf + at, size - at);
		memset(buf + at, (int)random_below(256), len);
		return size + len;
	}
	return size;
}

static void
one_run(unsigned long run)
{
	static uint8_t buf[MOST];
	size_t size;
	uint8_t *copy;

	state = run * UINT64_C(0x9e3779b97f4a7c15) + 1;
	(void)random_below(2);
	size = start_from(buf);
	for (uint32_t n = random_below(6); n > 0; n--)
		size = mutate(buf, size);
	/* In memory of just that size, so that a checker sees overruns. */
	copy = malloc(size > 0 ? size : 1);
	if (copy == NULL)
		abort();
	memcpy(copy, buf, size);
	run_now = run;
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void
say_which(int signo)
{
	char line[80];
	int n = snprintf(line, sizeof(line),
	    "not ok 1 - again with FUZZ_RUN=%lu\n", run_now);

	if (n > 0)
		(void)!write(STDOUT_FILENO, line, (size_t)n);
	(void)signal(signo, SIG_DFL);
	(void)raise(signo);
}

static void
one_file(const char *path)
{
	static uint8_t buf[1 << 20];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (file == NULL) {
		perror(path);
		exit(2);
	}
	size = fread(buf, 1, sizeof(buf), file);
	(void)fclose(file);
	(void)LLVMFuzzerTestOneInput(buf, size);
}

int
main(int argc, char *argv[])
{
	unsigned long runs = getenv("SU_LONG") != NULL ? MANY_RUNS : FEW_RUNS;
	const char *only = getenv("FUZZ_RUN");

	(void)signal(SIGABRT, say_which);
	(void)signal(SIGSEGV, say_which);
	(void)signal(SIGALRM, say_which);
	for (int i = 1; i < argc; i++)
		one_file(argv[i]);
	if (only != NULL)
		one_run(strtoul(only, NULL, 10));
	for (unsigned long i = 0; argc == 1 && only == NULL && i < runs; i++) {
		(void)alarm(60); /* a hang is a failure too */
		one_run(i);
	}
	printf("ok 1 - %lu inputs\n1..1\n", argc > 1 ? 0 : runs);
	return 0;
}
