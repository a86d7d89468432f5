/* SPDX-License-Identifier: ISC */
/*
 * libstream.h - chunked byte streams with backpressure, for Unix filters
 *
 * A stream is readable, writable, or both.  What is written to it waits in a
 * queue until it is taken; what it produces waits in a queue until it is read.
 * Each queue has a high-water mark: above it the side that fills is told to
 * wait, and told again when it may go on.  Nothing is ever dropped unless a
 * pipe was asked to drop, and nothing grows without bound.
 *
 * Rules that hold everywhere
 *   errors     A function that can fail returns 0 or a count, or a negated
 *              errno value (-ENOSPC).  Nothing prints, exits or aborts, but
 *              for stream_filter(), which is a whole main().
 *   failure    A stream fails once: the first error wins, is kept with its
 *              text and stage name, and is delivered from the loop.
 *              Constructors return a stream that has already failed rather
 *              than an error of their own; NULL means only "out of memory",
 *              and every call takes NULL and answers -ENOMEM.
 *   callbacks  Run from stream_loop_run() only, never inside the call that
 *              caused them, so no call re-enters the caller.
 *   memory     Bytes passed in are copied before the call returns; bytes
 *              passed to a callback are the library's and good until it
 *              returns.
 *   lifetime   A stream frees itself after its close event: once both sides
 *              are done, or after stream_destroy().  Do not use it after that.
 *   fds        The library sets O_NONBLOCK only on descriptors it opened
 *              itself and O_CLOEXEC on all of those; it never takes 0, 1 or 2
 *              for them, and it changes no signal disposition but those asked
 *              for with stream_on_signal().
 *   threads    A loop and all that hangs on it belong to one thread.  Two
 *              loops in two threads share nothing.
 *
 * The folders, each using only those below it
 *   process/   child, exec, channel, cluster, worker
 *   stream/    stream (the state machine), fd, replace, pair, pipe, pipeline,
 *              record, spool, parallel, filter
 *   core/      io (every data system call), chunk, poller, loop, work
 *   codec/     libstream-codec, a library of its own over both: gzip, gunzip
 */
#ifndef LIBSTREAM_H
#define LIBSTREAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __GNUC__
#define STREAM_API __attribute__((visibility("default")))
#define STREAM_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define STREAM_API
#define STREAM_PRINTF(f, a)
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct stream; /* readable, writable, or both */
struct stream_loop; /* event loop */
struct stream_chunk; /* reference-counted bytes */

struct stream_error {
	int code; /* negated errno value; -ECHILD: a child failed */
	unsigned index; /* of the stage in its pipeline, from 0 */
	const char *stage; /* name of the stream that failed */
	const char *text; /* the whole story, for a person */
	int status; /* of a child that failed: its exit status, */
	int signo; /* or the signal that ended it */
};

/* The version of the library that is linked, such as "0.1.0". */
STREAM_API const char *stream_version(void);

/* --- Event loop -------------------------------------------------------------
 * One turn: timers, pending, poll, check, close.  The next-tick queue is run
 * to empty after every single callback of every phase.  A loop that never
 * waits makes no system call.
 */

typedef void stream_fn(void *arg);
typedef void stream_signal_fn(int signo, void *arg);
typedef void stream_watch_fn(int fd, short revents, void *arg);
typedef void stream_error_fn(const struct stream_error *error, void *arg);

/* NULL: out of memory.  Freeing a loop destroys what still hangs on it. */
STREAM_API struct stream_loop *stream_loop_new(void);
STREAM_API void stream_loop_free(struct stream_loop *loop);

/*
 * Run until nothing is left to wait for, or stream_loop_stop().  Returns 0, or
 * the code of an error that nobody handled, which ends the loop.
 */
STREAM_API int stream_loop_run(struct stream_loop *loop);

/* One turn, waiting for events only if wait is not 0.  1: something is left. */
STREAM_API int stream_loop_turn(struct stream_loop *loop, int wait);
STREAM_API void stream_loop_stop(struct stream_loop *loop);

/* Nanoseconds of the monotonic clock, read once a turn. */
STREAM_API uint64_t stream_now(const struct stream_loop *loop);

/* Run fn after the callback that is running, before anything else. */
STREAM_API int stream_next_tick(
    struct stream_loop *loop, stream_fn *fn, void *arg);

/*
 * Run fn in the check phase of this turn (of the next, if an immediate asks),
 * or when ns have passed and then every repeat_ns (0: once).  Both return an
 * id above 0 for stream_clear(), which ignores ids that are spent.
 */
STREAM_API int64_t stream_set_immediate(
    struct stream_loop *loop, stream_fn *fn, void *arg);
STREAM_API int64_t stream_set_timeout(struct stream_loop *loop, uint64_t ns,
    uint64_t repeat_ns, stream_fn *fn, void *arg);
STREAM_API void stream_clear(struct stream_loop *loop, int64_t id);

/*
 * Call fn in the loop after signo was caught; NULL gives the disposition back
 * that was found.  A signal asked for does not keep the loop alive.  A signal
 * can be asked for by one loop at a time: -EBUSY.
 */
STREAM_API int stream_on_signal(
    struct stream_loop *loop, int signo, stream_signal_fn *fn, void *arg);

/*
 * Call fn whenever poll(2) reports one of events, POLLERR or POLLHUP for fd,
 * until stream_unwatch().  With events of 0 only the last two are told, and
 * the watch does not keep the loop alive.  One watch per descriptor.
 */
STREAM_API int stream_watch(struct stream_loop *loop, int fd, short events,
    stream_watch_fn *fn, void *arg);
STREAM_API void stream_unwatch(struct stream_loop *loop, int fd);

/* Called with an error that no one handled, instead of ending the loop. */
STREAM_API void stream_on_unhandled(
    struct stream_loop *loop, stream_error_fn *fn, void *arg);

/*
 * Run run(arg) on a thread of the loop's pool, then done(code, arg) in the
 * loop, where code is what run returned.  Threads are started when the first
 * work arrives, one per CPU at most.  The loop lives until done was called; one
 * that is freed before calls it with -ECANCELED, when the threads have ended.
 */
STREAM_API int stream_work(struct stream_loop *loop, int (*run)(void *arg),
    void (*done)(int code, void *arg), void *arg);

/* How many CPUs this process may use: at least 1. */
STREAM_API unsigned stream_cpus(void);

/* --- Making a stream --------------------------------------------------------
 * What is left NULL decides what the stream is: read gives a Readable, write a
 * Writable, both a Duplex, transform or record a Transform.
 */

struct stream_ops {
	const char *name; /* names it in errors; copied */

	/*
	 * More is wanted, about this much: stream_push() now, or later.  Not
	 * called again until something was pushed.
	 */
	int (*read)(struct stream *s, size_t want);

	/*
	 * Take bytes: how many, or -EAGAIN, and stream_ready() says when to
	 * try again.
	 */
	ssize_t (*write)(struct stream *s, const struct iovec *iov, int count);

	/*
	 * Use bytes and push what they become: how many were used.  Those that
	 * were not come again, so stop when stream_push() or stream_commit()
	 * says 0.  last is 1 when the input ends after these.  0 only when the
	 * output is full now or after stream_want(): else the stream fails, as
	 * it would never get on.  -EAGAIN as in write.
	 */
	ssize_t (*transform)(
	    struct stream *s, const void *bytes, size_t len, int last);

	/*
	 * In place of transform: one record at a time, without its separator.
	 * terminated is 0 only for a last record that had none.  A record may
	 * be of any length, and is held whole.
	 */
	int (*record)(
	    struct stream *s, const void *record, size_t len, int terminated);
	const char *separator; /* NULL: a newline; copied */
	size_t separator_len;

	/* Transform: the input has ended, push the rest.  1: call again. */
	int (*flush)(struct stream *s);

	/* Write: all has been written.  -EAGAIN as in write. */
	int (*final)(struct stream *s);

	/* Release self.  Called once; code is 0 or why the stream failed. */
	void (*destroy)(struct stream *s, int code);
};

/* high_water in bytes, for each side; 0: STREAM_HIGH_WATER.  ops are copied. */
#define STREAM_HIGH_WATER ((size_t)65536)
STREAM_API struct stream *stream_new(struct stream_loop *loop,
    const struct stream_ops *ops, void *self, size_t high_water);

/*
 * A stream on the file at path, as open(2) with oflags; mode 0666 less the
 * umask.  Readable, writable or both, as the access mode of oflags says.
 */
STREAM_API struct stream *stream_open(
    struct stream_loop *loop, const char *path, int oflags);

/* A stream on fd, which it takes over and closes; name is for errors. */
STREAM_API struct stream *stream_fd(
    struct stream_loop *loop, int fd, const char *name);

/*
 * A stream on descriptor 0 (readable), 1 or 2 (writable).  Its flags are left
 * as they are and it is never closed, so that it can be had again.
 */
STREAM_API struct stream *stream_stdio(struct stream_loop *loop, int fd);

/* The descriptor that the stream is on, or -EBADF. */
STREAM_API int stream_fileno(const struct stream *s);

/*
 * A file that appears whole when the stream finishes, or not at all: written
 * in the target's directory (with no name where the system can), then put in
 * its place.  A symbolic link is followed; mode and owner of a file that was
 * there are kept; what is not a regular file is written to as it is.
 */
enum {
	STREAM_EXCLUSIVE = 1 << 0, /* -EEXIST if the path exists at the end */
	STREAM_SYNC = 1 << 1, /* on the disk before it appears */
	STREAM_NO_FOLLOW = 1 << 2 /* a link itself is replaced, and of what was
				     there nothing is kept */
};
struct stream_replace_opts {
	size_t size; /* of this struct */
	unsigned flags;
	mode_t mode; /* of a new file, less the umask; 0: 0666 */
	/* Called when all is written, before it appears: set times and so on.
	 */
	int (*before)(int fd, void *arg);
	void *arg;
};
STREAM_API struct stream *stream_replace(struct stream_loop *loop,
    const char *path, const struct stream_replace_opts *opts /* NULL: none */);

/* Two Duplexes; what is written to one is read from the other. */
STREAM_API int stream_pair(
    struct stream_loop *loop, struct stream *ends[2], size_t high_water);

/*
 * An elastic store: a Duplex that takes what is written at once, keeps up to
 * memory bytes there and up to disk bytes more (UINT64_MAX: no limit) in an
 * unlinked temporary file, and gives it back in order.  When both are full it
 * makes the writer wait.
 */
STREAM_API struct stream *stream_spool(
    struct stream_loop *loop, size_t memory, uint64_t disk);

/*
 * A descriptor on an unlinked, empty temporary file in dir; NULL: $TMPDIR, or
 * /tmp if that is unset or cannot be used.  Or a negated errno value.
 */
STREAM_API int stream_tmpfile(const char *dir);

/*
 * All len bytes at offset, however many calls it takes; less only at the end
 * of the file.  Or a negated errno value.  The file offset is left alone.
 */
STREAM_API ssize_t stream_pread(int fd, void *buf, size_t len, off_t offset);
/* Write all len bytes: 0, or a negated errno value; some may be out then. */
STREAM_API int stream_write_all(int fd, const void *buf, size_t len);

/* --- For implementers -------------------------------------------------------
 */

/* Fill the readable side.  1: more is welcome; 0: enough for now. */
STREAM_API int stream_push(struct stream *s, const void *bytes, size_t len);

/*
 * Room for at least len bytes to be produced in place, and then how many were.
 * Nothing else may be pushed in between.
 */
STREAM_API void *stream_reserve(struct stream *s, size_t len);
STREAM_API int stream_commit(struct stream *s, size_t len);

/* Transform: bytes that lie in the chunk it was given, by reference. */
STREAM_API int stream_pass(struct stream *s, const void *bytes, size_t len);

/* No more will be pushed. */
STREAM_API int stream_push_end(struct stream *s);

/*
 * The same, but what was pushed is not all there should be: the stream fails,
 * as by stream_fail(), once all that was pushed has been read.
 */
STREAM_API int stream_push_error(
    struct stream *s, int code, const char *fmt, ...) STREAM_PRINTF(3, 4);

/* write, transform, flush or final may be called again. */
STREAM_API void stream_ready(struct stream *s);

/*
 * Transform: return the value of this to be called again after ns, or of
 * stream_want() to be called again with at least min bytes (or the last).
 */
STREAM_API ssize_t stream_wait(struct stream *s, uint64_t ns);
STREAM_API ssize_t stream_want(struct stream *s, size_t min);

STREAM_API void *stream_self(const struct stream *s);
STREAM_API struct stream_loop *stream_loop_of(const struct stream *s);

/* --- Using a stream ---------------------------------------------------------
 */

struct stream_events {
	void (*data)(
	    struct stream *s, const void *bytes, size_t len, void *arg);
	void (*readable)(struct stream *s, void *arg);
	void (*end)(struct stream *s, void *arg); /* all has been read */
	void (*drain)(struct stream *s, void *arg); /* empty again after a 0 */
	void (*finish)(struct stream *s, void *arg); /* all has been written */
	void (*error)(
	    struct stream *s, const struct stream_error *error, void *arg);
	void (*close)(struct stream *s, void *arg); /* always last, once */
};

/*
 * Listen; the events are copied and replace those of an earlier call.  A
 * stream starts paused.  Asking for data, stream_resume() and stream_pipe()
 * set it flowing; asking for readable leaves it paused and tells when to
 * stream_read().  Flowing with no one asking for data discards it.
 */
STREAM_API int stream_on(
    struct stream *s, const struct stream_events *events, void *arg);

/* Bytes read; 0: the end; -EAGAIN: wait for readable. */
STREAM_API ssize_t stream_read(struct stream *s, void *buf, size_t len);
STREAM_API void stream_pause(struct stream *s);
STREAM_API void stream_resume(struct stream *s);

/* 1: go on; 0: taken, but wait for drain; -EPIPE after stream_end(). */
STREAM_API int stream_write(struct stream *s, const void *bytes, size_t len);

/* Call fn once all that was written so far is out (0), or has failed. */
STREAM_API int stream_written(
    struct stream *s, void (*fn)(int code, void *arg), void *arg);
/* No more will be written.  Ending twice is harmless. */
STREAM_API int stream_end(struct stream *s);

/* Be done with it, now; code 0, or the reason, which makes an error event. */
STREAM_API void stream_destroy(struct stream *s, int code);
/* The same with a text of one's own: "line 3: not a number". */
STREAM_API void stream_fail(struct stream *s, int code, const char *fmt, ...)
    STREAM_PRINTF(3, 4);
/* The error of a stream that has failed, or NULL; of NULL: out of memory. */
STREAM_API const struct stream_error *stream_errored(const struct stream *s);

enum { /* stream_state() */
	STREAM_READABLE = 1 << 0, /* has a side that gives */
	STREAM_WRITABLE = 1 << 1, /* has a side that takes */
	STREAM_FLOWING = 1 << 2,
	STREAM_NEED_DRAIN = 1 << 3,
	STREAM_ENDED = 1 << 4, /* the end event was given */
	STREAM_FINISHED = 1 << 5, /* the finish event was given */
	STREAM_ERRORED = 1 << 6,
	STREAM_DESTROYED = 1 << 7
};
STREAM_API unsigned stream_state(const struct stream *s);
/* Bytes that wait on side STREAM_READABLE or STREAM_WRITABLE. */
STREAM_API size_t stream_buffered(const struct stream *s, unsigned side);
STREAM_API const char *stream_name(const struct stream *s);

/* --- Chunks by reference ----------------------------------------------------
 * For threads and fan-out.  The count is atomic: any thread may unref.
 */
STREAM_API struct stream_chunk *stream_chunk_new(size_t room);
STREAM_API struct stream_chunk *stream_chunk_ref(struct stream_chunk *chunk);
STREAM_API void stream_chunk_unref(struct stream_chunk *chunk);
/* Its bytes; their number and the room there is are stored if not NULL. */
STREAM_API void *stream_chunk_data(
    struct stream_chunk *chunk, size_t *len, size_t *room);
STREAM_API void stream_chunk_set_len(struct stream_chunk *chunk, size_t len);
/* As stream_push() and stream_write(); they take the caller's reference. */
STREAM_API int stream_push_chunk(struct stream *s, struct stream_chunk *chunk);
STREAM_API int stream_write_chunk(struct stream *s, struct stream_chunk *chunk);

/*
 * An ordered parallel transform: the input is cut into chunks of chunk_size
 * bytes (the last may be shorter), each run on a thread, and what they become
 * comes out in the order in which they went in.
 */
struct stream_parallel_ops {
	size_t size; /* of this struct */
	const char *name;
	size_t chunk_size;
	unsigned in_flight; /* at most so many at once; 0: CPUs + 2 */
	/*
	 * On a thread: make a chunk of in and store it (NULL: nothing).
	 * number counts from 0, last is 1 for the last.  Returns 0, or a
	 * negated errno value, which fails the stream.  A stream of one chunk
	 * or less is run in the loop: no thread is started for it.
	 */
	int (*run)(void *self, struct stream_chunk *in, uint64_t number,
	    int last, struct stream_chunk **out);
	void (*destroy)(void *self);
};
STREAM_API struct stream *stream_parallel(struct stream_loop *loop,
    const struct stream_parallel_ops *ops, void *self);

/* --- Joining streams --------------------------------------------------------
 */

enum stream_when_full {
	STREAM_FULL_WAIT, /* hold the source back */
	STREAM_FULL_DROP_NEW, /* what comes is lost, and counted */
	STREAM_FULL_DROP_OLD /* what waits longest is lost, and counted */
};
enum stream_on_error {
	STREAM_ERROR_UNPIPE, /* the other destinations go on */
	STREAM_ERROR_STOP /* the source is destroyed with the error */
};
struct stream_pipe_opts {
	size_t size; /* of this struct */
	enum stream_when_full when_full;
	enum stream_on_error on_error;
	int keep_open; /* do not end dst when src ends */

	/*
	 * How many bytes may pass now, of the want there may be: 0 with the
	 * time to ask again in *retry_ns.  The bytes are not looked at, so
	 * that the fast path can be used.
	 */
	size_t (*allow)(void *arg, size_t want, uint64_t *retry_ns);
	void (*moved)(void *arg, size_t len); /* so many have passed */
	void *arg;
};

/*
 * Give dst all that src gives.  Several dst may hang on one src; those that
 * wait hold it back together.  opts NULL: zeroes.
 */
STREAM_API int stream_pipe(struct stream *src, struct stream *dst,
    const struct stream_pipe_opts *opts);
/* dst NULL: all. */
STREAM_API int stream_unpipe(struct stream *src, struct stream *dst);

struct stream_link_stats {
	uint64_t bytes; /* given to dst */
	uint64_t dropped; /* lost because dst was full */
};
STREAM_API int stream_link_stats(const struct stream *src,
    const struct stream *dst, struct stream_link_stats *stats);

/*
 * Pipe stage to stage; when one fails destroy all; call done once, after the
 * last has closed, with the first error or NULL.  The first must be readable,
 * the last writable, those between both: else the error is -EINVAL.
 */
STREAM_API int stream_pipeline(
    struct stream *const *stages, size_t n, stream_error_fn *done, void *arg);
#define STREAM_PIPELINE(done, arg, ...)                           \
	stream_pipeline((struct stream *const[]) { __VA_ARGS__ }, \
	    sizeof((struct stream *const[]) { __VA_ARGS__ }) /    \
		sizeof(struct stream *),                          \
	    (done), (arg))

/*
 * A whole filter: each of files (NULL or empty: standard input; "-" too)
 * through a stream of ops to standard output.  Reports what fails on standard
 * error as "program: subject: reason", goes on after a bad input and stops
 * after a bad output.  Returns an exit status, 0 or 1.  SIGPIPE is left as it
 * was found.
 */
STREAM_API int stream_filter(const char *program, const struct stream_ops *ops,
    void *self, char *const *files);

/* --- Child processes --------------------------------------------------------
 */

struct stream_child; /* a process that was started */
struct stream_channel; /* messages to and from another process */

enum { /* stream_fdmap.parent, in place of a descriptor */
	STREAM_PIPE = -2, /* a new pipe: our end is stream_child_stdio() */
	STREAM_NULL = -3 /* /dev/null; -1, as of a failed open(2), is -EBADF */
};
/* The child's descriptor of that number is to be ours called parent. */
struct stream_fdmap {
	int child;
	int parent;
};

enum { /* stream_spawn.flags */
	/*
	 * A session of its own; the loop does not live on for it, and it is
	 * not heard of if the loop ends before.
	 */
	STREAM_DETACHED = 1 << 0,
	/* Its output ends with the pipe, whatever becomes of the child. */
	STREAM_EOF_AT_CLOSE = 1 << 1,
	STREAM_NEW_GROUP = 1 << 2, /* leads a process group */
	STREAM_FOREGROUND = 1 << 3, /* its group is given the terminal */
	STREAM_LISTEN_PID = 1 << 4 /* LISTEN_PID in its environment */
};

struct stream_limit { /* setrlimit(2) */
	int resource;
	uint64_t soft;
	uint64_t hard;
};
struct stream_ids { /* whom it runs as; set in the order that works */
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t ngroups;
};

struct stream_spawn {
	size_t size; /* of this struct */
	const char *file; /* looked up in PATH */
	char *const *argv;
	char *const *envp; /* NULL: this process's */
	const char *cwd; /* NULL: this process's */
	/*
	 * 0, 1 and 2 are inherited if they are not named; a pipe above 2 is a
	 * Duplex.  Descriptors without O_CLOEXEC are inherited besides.
	 */
	const struct stream_fdmap *fds;
	size_t nfds;
	unsigned flags;
	pid_t group; /* to join; 0: none */
	int death_signal; /* sent to it when we die (Linux); 0: none */
	const struct stream_limit *limits;
	size_t nlimits;
	const struct stream_ids *ids; /* NULL: ours */
	uint64_t timeout; /* ns until it is sent kill_signal; 0: none */
	int kill_signal; /* 0: SIGTERM */
	size_t max_buffer; /* exec: of each output; 0: 1 MiB */
};

struct stream_child_events {
	/* It has ended: with status, or by signo if that is not 0. */
	void (*exit)(struct stream_child *c, int status, int signo, void *arg);
	/* It has ended and so have its pipes; the last that is told. */
	void (*close)(struct stream_child *c, void *arg);
	/* It could not be started; only close comes after. */
	void (*error)(struct stream_child *c, const struct stream_error *error,
	    void *arg);
};

/*
 * Start a program.  Signals that were caught, and SIGPIPE, have their default
 * dispositions in it, and none is blocked.  Its standard output, if that is a
 * pipe, ends as a stream only once the child has exited with status 0: else it
 * fails, with code -ECHILD and the status, so that what stands behind it in a
 * pipeline never takes half a result for a whole one.  Its standard input, if
 * that is a pipe, is destroyed when it ends, with -EPIPE if bytes wait there.
 */
STREAM_API struct stream_child *stream_spawn(struct stream_loop *loop,
    const struct stream_spawn *spawn, const struct stream_child_events *events,
    void *arg);

STREAM_API pid_t stream_child_pid(const struct stream_child *c);
/* Our end of the pipe to its descriptor fd, or NULL. */
STREAM_API struct stream *stream_child_stdio(struct stream_child *c, int fd);
/* -ESRCH once it has ended: never a stranger of the same number. */
STREAM_API int stream_child_kill(struct stream_child *c, int signo);

struct stream_output {
	const struct stream_error *error; /* NULL: it exited with status 0 */
	int status;
	int signo;
	const char *out, *err; /* a NUL stands behind them */
	size_t out_len, err_len;
};
typedef void stream_exec_fn(const struct stream_output *output, void *arg);

/*
 * Run command by /bin/sh -c, or a program without a shell, and call fn once
 * with all that it wrote.  More than max_buffer ends it by kill_signal, with
 * -ENOBUFS and what there was; the timeout with -ETIMEDOUT.  spawn NULL:
 * zeroes; its fds are not used but for 0.
 */
STREAM_API struct stream_child *stream_exec(struct stream_loop *loop,
    const char *command, const struct stream_spawn *spawn, stream_exec_fn *fn,
    void *arg);
STREAM_API struct stream_child *stream_exec_file(struct stream_loop *loop,
    const struct stream_spawn *spawn, stream_exec_fn *fn, void *arg);

/* --- Messages between processes ---------------------------------------------
 * One message a line, of JSON by convention, on a socket whose number is in
 * NODE_CHANNEL_FD: the wire of Node's child_process.fork(), in both roles.
 */

struct stream_channel_events {
	/* fd is -1 or a descriptor that came along, and is yours. */
	void (*message)(struct stream_channel *ch, const char *text, size_t len,
	    int fd, void *arg);
	void (*drain)(struct stream_channel *ch, void *arg); /* after a 0 */
	/* The other side has gone, or we have: the last that is told. */
	void (*disconnect)(struct stream_channel *ch,
	    const struct stream_error *error /* NULL: no error */, void *arg);
};

/* stream_spawn() with a channel, which is stream_child_channel(). */
STREAM_API struct stream_child *stream_fork(struct stream_loop *loop,
    const struct stream_spawn *spawn, const struct stream_child_events *events,
    const struct stream_channel_events *messages, void *arg);
STREAM_API struct stream_channel *stream_child_channel(struct stream_child *c);

/*
 * The channel to the process that started us; NULL: there is none, or no
 * memory.  The variable is taken out of the environment.
 */
STREAM_API struct stream_channel *stream_parent(struct stream_loop *loop,
    const struct stream_channel_events *events, void *arg);

/*
 * Send one message, which must hold no newline; fd, if not -1, goes with it
 * and stays yours.  1: go on; 0: taken, but wait for drain; -EPIPE: gone.
 */
STREAM_API int stream_send(
    struct stream_channel *ch, const char *text, size_t len, int fd);
/* When all that was sent is out. */
STREAM_API void stream_disconnect(struct stream_channel *ch);

/* --- Cluster ----------------------------------------------------------------
 * Worker processes behind one listening socket.  The primary starts them, and
 * hands out the connections or has the workers accept them; a worker is any
 * program that calls stream_worker().
 */

struct stream_cluster;

enum stream_schedule {
	/*
	 * The primary accepts, and passes each connection to the worker that
	 * has waited longest: one at a time, the next when that was taken.
	 * One that a dying worker had not taken goes to another.
	 */
	STREAM_ROUND_ROBIN,
	STREAM_SHARED /* the workers accept: faster, and less even */
};

struct stream_cluster_opts {
	size_t size; /* of this struct */
	/* What each worker runs.  What it points to, but for fds, is kept. */
	struct stream_spawn worker;
	unsigned workers; /* 0: as many as there are CPUs */
	enum stream_schedule schedule;
	/* Bound and listening, taken over, made non-blocking; -1: none. */
	int listen_fd;
	int respawn; /* replace a worker that ended */
};

struct stream_cluster_events {
	/* A worker is there and waits for connections; id counts from 1. */
	void (*online)(struct stream_cluster *cl, unsigned id, void *arg);
	void (*message)(struct stream_cluster *cl, unsigned id,
	    const char *text, size_t len, int fd, void *arg);
	void (*exit)(struct stream_cluster *cl, unsigned id, int status,
	    int signo, void *arg);
	/*
	 * A worker could not be started, or five in a row ended within a
	 * second: it is given up.
	 */
	void (*error)(struct stream_cluster *cl,
	    const struct stream_error *error, void *arg);
	void (*close)(struct stream_cluster *cl, void *arg); /* all ended */
};

/*
 * Start the workers.  One that ended is replaced, if that was asked for, at
 * once, or after a pause that doubles if it lived for less than a second.
 */
STREAM_API struct stream_cluster *stream_cluster_new(struct stream_loop *loop,
    const struct stream_cluster_opts *opts,
    const struct stream_cluster_events *events, void *arg);

/* As stream_send(), to the worker of that id; -ESRCH: there is none. */
STREAM_API int stream_cluster_send(struct stream_cluster *cl, unsigned id,
    const char *text, size_t len, int fd);
/* The process of a worker, or -1. */
STREAM_API pid_t stream_cluster_pid(
    const struct stream_cluster *cl, unsigned id);

/*
 * Accept no more, let the workers finish what they have, then tell close.
 * Workers that are still there after grace_ns (0: for ever) are killed.
 */
STREAM_API void stream_cluster_close(
    struct stream_cluster *cl, uint64_t grace_ns);

struct stream_worker_events {
	/* fd is a connection, which is yours. */
	void (*connection)(struct stream_channel *primary, int fd, void *arg);
	void (*message)(struct stream_channel *primary, const char *text,
	    size_t len, int fd, void *arg);
	/* No more connections will come: the primary closes, or has gone. */
	void (*disconnect)(struct stream_channel *primary, void *arg);
};

/*
 * In a worker: begin to serve.  NULL: this process was not started by a
 * cluster, or there is no memory.  stream_send() on the channel reaches the
 * primary's message event.
 */
STREAM_API struct stream_channel *stream_worker(struct stream_loop *loop,
    const struct stream_worker_events *events, void *arg);
/* Which worker this process is, from 1; 0: none. */
STREAM_API unsigned stream_worker_id(void);

#ifdef __cplusplus
}
#endif
#endif
