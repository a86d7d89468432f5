/* SPDX-License-Identifier: ISC */
/*
 * tmpfile.h - files that have no name yet, or one that says so
 */
#ifndef STREAM_TMPFILE_H
#define STREAM_TMPFILE_H

#include <stddef.h>
#include <sys/types.h>

/* Without a name, in the folder dir; a negated errno value if it cannot be. */
int tmpfile_nameless(int dir, mode_t mode);

/*
 * The name of a new temporary file beside the one called base, hidden:
 * ".base.XXXXXX"; len of at least TMPFILE_NAME.
 */
#define TMPFILE_NAME 256
int tmpfile_name(char *name, size_t len, const char *base);

/* With such a name, stored in name. */
int tmpfile_named(
    int dir, char *name, size_t len, const char *base, mode_t mode);

#endif
