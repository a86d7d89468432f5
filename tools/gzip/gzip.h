/* SPDX-License-Identifier: ISC */
/*
 * gzip.h - what the files of this folder share
 *
 *	main.c      one operand after the other, and how it all ends
 *	options.c   the command line and $GZIP
 *	report.c    messages and the exit status
 *	names.c     suffixes, and the name of the output
 *	file.c      a file that was named: may it be done, and where to
 *	output.c    the file that is made: refusals, times, owner, mode
 *	compress.c  one file through the codec, and what is said of it
 *	expand.c    the same the other way, and -t
 *	list.c      -l
 *	folder.c    -r
 *	run.c       the pipeline of one file
 *	signals.c   no partial file is left by a signal
 *
 * The options, messages and statuses are those of GNU gzip.
 */
#ifndef GZIP_H
#define GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "libstream-codec.h"
#include "libstream.h"

/* --- options.c --- */

enum called { CALLED_GZIP, CALLED_GUNZIP, CALLED_ZCAT };

struct options {
	const char *name; /* it was called by; messages say gzip */
	enum called called;
	const char *suffix;
	int level;
	unsigned force; /* how many times */
	unsigned verbose;
	bool to_stdout;
	bool decompress;
	bool keep;
	bool list;
	bool no_name;
	bool no_time;
	bool quiet;
	bool recursive;
	bool rsyncable;
	bool synchronous;
	bool test;
	bool input_is_tty; /* as if standard input were a terminal */
};

extern struct options opt;

/* Set opt; the index of the first operand, which come last then. */
int options_parse(int argc, char *argv[]);

/* --- report.c --- */

enum { STATUS_OK, STATUS_ERROR, STATUS_WARNING };

extern int exit_status;

/* "gzip: " and the text.  A warning is kept back by -q, but counts. */
void say(const char *fmt, ...) STREAM_PRINTF(1, 2);
void warning(const char *fmt, ...) STREAM_PRINTF(1, 2);
void error(const char *fmt, ...) STREAM_PRINTF(1, 2);
/* The same on a line of its own, whatever -v has begun. */
void warning_apart(const char *fmt, ...) STREAM_PRINTF(1, 2);
void error_apart(const char *fmt, ...) STREAM_PRINTF(1, 2);
/* What -v adds, piece by piece. */
void verbose(const char *fmt, ...) STREAM_PRINTF(1, 2);
/* "name: reason" of an errno value, negated or not. */
void error_code(const char *name, int code);
/* The output could not be written: a reader who has gone is a warning. */
void error_write(const char *name, int code);
/* How much smaller, of how much: " 66.7%". */
#define RATIO_MAX 32
const char *ratio(char buf[RATIO_MAX], int64_t saved, uint64_t of);

/* --- names.c --- */

enum { SUFFIX_MAX = 30 };

/* How long the known suffix is that the name ends with; 0: none. */
size_t suffix_len(const char *name);
/* The suffixes that -d tries for a name that has none, from 0; or NULL. */
const char *suffix_to_try(size_t i);
/* To be freed; NULL: no memory. */
char *name_compressed(const char *name);
char *name_expanded(const char *name); /* it has a suffix */
/* The stored name in the folder of name; NULL too if it is none. */
char *name_stored(const char *name, const char *stored);

/* --- file.c --- */

struct file {
	const char *name; /* as messages have it */
	const char *out_name; /* likewise: "stdout", or out */
	char *path; /* NULL: standard input */
	char *out; /* what the output is, or would be, called; or NULL */
	bool to_stdout;
	bool replaces; /* something that is called out */
	int fd; /* -1 once it was given to a stream */
	struct stat st;
	struct timespec mtime; /* of the input, or stored in it */
	bool has_mtime;
	const struct stream_gunzip_info *found; /* while it is expanded */
	struct stream_loop *loop;
};

/* False: that was the end, do no more files. */
bool file_named(struct stream_loop *loop, const char *name);
bool file_stdin(struct stream_loop *loop);

/* --- folder.c: takes fd over; false as above --- */

bool folder(struct stream_loop *loop, int fd, const char *path);

/* --- output.c --- */

/* What stands in the place of f->out is in the way: true if it is no more. */
bool output_make_way(struct file *f);
/* A stream on f->out, or on standard output, or on nothing for -t and -l. */
struct stream *output_new(struct file *f);
/* The output is there: remove the input, if it is to be. */
void output_is_done(const struct file *f);

/* --- run.c --- */

struct outcome {
	int code; /* 0: all went well */
	unsigned stage;
	bool not_made; /* the output could not even be made */
};
/* The input of f through codec to its output; then the input is removed. */
struct outcome run(struct file *f, struct stream *codec);
/* Say what went wrong.  False: do no more files. */
bool run_report(const struct file *f, const struct outcome *o);

/* --- compress.c, expand.c, list.c: false as above --- */

bool compress_file(struct file *f);
bool expand_file(struct file *f);

void list_add(const struct file *f, const struct stream_gunzip_info *info);
void list_totals(void);

/* --- signals.c --- */

/* Is there someone to ask? */
bool signals_foreground(void);
/*
 * From here on a signal that kills destroys the stream first; to the end of
 * what must not be torn apart; and dying of what was caught meanwhile.
 */
void signals_catch(struct stream_loop *loop, struct stream *victim);
void signals_hold(struct stream_loop *loop);
void signals_release(void);

#endif
