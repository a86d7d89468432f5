/* SPDX-License-Identifier: ISC */
/*
 * diag.h - what a tool says on standard error, and how it ends
 *
 * With units.h and options.h, the only code of the toolkit that prints.  Each
 * message is one line, written by one write: "tool: subject: reason".
 */
#ifndef COMMON_DIAG_H
#define COMMON_DIAG_H

#ifdef __GNUC__
#define DIAG_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define DIAG_PRINTF(f, a)
#endif

/* Call first.  The tool's name becomes the last component of argv[0]. */
void diag_init(const char *argv0);

/* Go by another name: gunzip reports as gzip.  The string is kept, not copied.
 */
void diag_set_name(const char *name);
const char *diag_name(void);

/*
 * Say "tool: subject: reason"; code is an errno value or a negated one.  The
 * subject is quoted as GNU's tools quote, so only if a shell would need it.
 */
void warn_file(const char *subject, int code);

/* Say "tool: " and the text. */
void warn_msg(const char *fmt, ...) DIAG_PRINTF(1, 2);

/* Say the text as it stands, with a newline, and no name before it. */
void warn_line(const char *fmt, ...) DIAG_PRINTF(1, 2);

/*
 * The subject as warn_file() prints it, in buf: itself if no shell would take
 * it apart, else in quotes.  What does not fit is cut off.  Returns buf.
 */
#define QUOTE_MAX 4096
char *quote_if_needed(char buf[QUOTE_MAX], const char *subject);

/*
 * The last thing a tool does with its output: flush what stdio holds, close
 * descriptor 1 and report what either had to say (but not EPIPE, which is for
 * no one to read).  A standard output that was closed from the start is an
 * error only if something was to be written.  Returns 0, or -1.
 */
int finish_stdout(void);

/* End as one who was killed by signo, whatever was done about it before. */
_Noreturn void die_of_signal(int signo);

#endif
