/* SPDX-License-Identifier: ISC */
/*
 * children.h - processes for tests, and what is left when they have gone
 *
 * The children of a test are shell commands, or the test program itself begun
 * again with the name of a part to play: no other program is needed.
 */
#ifndef TEST_CHILDREN_H
#define TEST_CHILDREN_H

#include <stdbool.h>
#include <stdint.h>

#include "libstream.h"

#define MILLISECONDS ((uint64_t)1000000)
#define SECONDS ((uint64_t)1000000000)

/* A list of arguments, good until four more were made. */
char **args(const char *first, ...) __attribute__((sentinel));

/* sh -c command, and this program as argv[1] with up to two arguments. */
struct stream_spawn shell(const char *command);
struct stream_spawn player(const char *part, const char *a, const char *b);

/* What a child told, in order: "exit(3) close", "signal(9) close". */
struct told {
	char log[128];
	unsigned exits, closes, errors;
	int status, signo;
	int code; /* of the error */
	char stage[64];
	char text[256];
	uint64_t exit_at, close_at; /* clock_now() */
};
extern const struct stream_child_events tell_all;

/* What one has cost: descriptors that are open, and children that are left. */
unsigned open_fds(void);
bool has_children(void);

/* Nanoseconds of the monotonic clock, now. */
uint64_t clock_now(void);
void sleep_for(uint64_t ns);

#endif
