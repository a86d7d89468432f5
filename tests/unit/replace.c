/* SPDX-License-Identifier: ISC */
/*
 * replace.c - a file that appears whole or not at all
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sources.h"
#include "tap.h"

#define LEN 200000

static struct stream_loop *loop;
static unsigned char *bytes;
static char dir[] = "/tmp/su-replace-XXXXXX";

#define OPTS(...)                        \
	(&(struct stream_replace_opts) { \
	    .size = sizeof(struct stream_replace_opts), __VA_ARGS__ })

/* --- Looking at files ----------------------------------------------------- */

static bool
holds(const char *path, const void *want, size_t len)
{
	unsigned char *got = malloc(len + 2);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : stream_pread(fd, got, len + 1, 0);
	bool same = n >= 0 && same_bytes(got, (size_t)n, want, len);

	if (fd >= 0)
		close(fd);
	free(got);
	return same;
}

static void
put(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || stream_write_all(fd, text, strlen(text)) < 0 ||
	    fchmod(fd, mode) < 0)
		exit(99);
	close(fd);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? 0 : st.st_mode & 07777;
}

/* Names in the folder, but for . and .. */
static unsigned
entries(void)
{
	DIR *d = opendir(".");
	unsigned n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n - 2;
}

static void
clean(void)
{
	static const char *const names[] = { "a", "link", "fifo", "other",
		"dangling", "there" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(names[i]);
}

/* --- Writing -------------------------------------------------------------- */

static struct outcome last;

/* A source into path: the code of the pipeline. */
static int
replace(const char *path, const struct stream_replace_opts *opts, int fail)
{
	struct source src = { .bytes = bytes,
		.len = LEN,
		.how = SOURCE_HALF,
		.fail_code = fail,
		.fail_at = LEN / 2 };

	last = (struct outcome) { .code = 1 };
	loop = stream_loop_new();
	STREAM_PIPELINE(outcome_set, &last, source_new(loop, &src),
	    stream_replace(loop, path, opts));
	run_loop(loop);
	stream_loop_free(loop);
	return last.code;
}

static void
whole(void)
{
	umask(027);
	is_int(replace("a", NULL, 0), 0, "a new file is written");
	ok(holds("a", bytes, LEN), "whole");
	is_int(mode_of("a"), 0640, "with 0666 less the umask");
	is_int(entries(), 1, "and nothing beside it");
	clean();
	is_int(replace("a", OPTS(.mode = 0777, .flags = STREAM_SYNC), 0), 0,
	    "another, with its mode, to the disk");
	is_int(mode_of("a"), 0750, "has that, less the umask");
	clean();

	put("a", "old", 0604);
	is_int(replace("a", NULL, 0), 0, "a file that is there is replaced");
	ok(holds("a", bytes, LEN), "whole");
	is_int(mode_of("a"), 0604, "and keeps its mode");
	is_int(entries(), 1, "with nothing beside it");
	clean();
}

static void
owner(void)
{
	struct stat st = { 0 };

	if (getuid() != 0) {
		skip("a file keeps its owner", "only root can try");
		return;
	}
	put("a", "old", 0640);
	if (chown("a", 12345, 54321) < 0)
		exit(99);
	replace("a", NULL, 0);
	stat("a", &st);
	ok(st.st_uid == 12345 && st.st_gid == 54321, "a file keeps its owner");
	is_int(mode_of("a"), 0640, "and its mode with it");
	clean();
}

static void
not_at_all(void)
{
	is_int(replace("a", NULL, -EIO), -EIO, "a source fails half way");
	is_int(entries(), 0, "no file is left");
	put("a", "old", 0640);
	is_int(replace("a", NULL, -EIO), -EIO, "also where one was");
	ok(holds("a", "old", 3), "which is as it was");
	is_int(entries(), 1, "with nothing beside it");
	is_int(replace("missing/a", NULL, 0), -ENOENT, "no folder");
	ok(strstr(last.stage, "missing/a") != NULL, "is told with the path");
	is_int(replace(".", NULL, 0), -EISDIR, "a folder is not replaced");
	is_int(entries(), 1, "with nothing beside it");
	clean();
}

static unsigned
visible_before(void)
{
	return access("a", F_OK) == 0;
}

static struct {
	unsigned calls, seen;
	off_t size;
	int code;
} hook;

static int
before(int fd, void *arg)
{
	struct stat st;
	struct timespec times[2] = { { .tv_sec = 86400 }, { .tv_sec = 86400 } };

	(void)arg;
	hook.calls++;
	hook.seen = visible_before();
	if (fstat(fd, &st) == 0)
		hook.size = st.st_size;
	futimens(fd, times);
	return hook.code;
}

static void
hooked(void)
{
	struct stat st = { 0 };

	is_int(replace("a", OPTS(.before = before), 0), 0, "with a hook");
	is_int(hook.calls, 1, "it is called once");
	is_int(hook.size, LEN, "when all is written");
	is_int(hook.seen, 0, "and nothing has appeared");
	stat("a", &st);
	is_int(st.st_mtime, 86400, "the times that it sets stay");
	clean();
	hook.code = -EACCES;
	is_int(replace("a", OPTS(.before = before), 0), -EACCES,
	    "a hook may fail");
	is_int(entries(), 0, "then nothing appears");
	hook.calls = 0;
	replace("a", OPTS(.before = before), -EIO);
	is_int(hook.calls, 0, "nor is it called for half a file");
}

static void
exclusive(void)
{
	is_int(replace("a", OPTS(.flags = STREAM_EXCLUSIVE), 0), 0,
	    "exclusively where nothing is");
	ok(holds("a", bytes, LEN), "the file appears");
	put("a", "old", 0640);
	is_int(replace("a", OPTS(.flags = STREAM_EXCLUSIVE), 0), -EEXIST,
	    "and is refused where something is");
	ok(holds("a", "old", 3), "which stays");
	is_int(entries(), 1, "with nothing beside it");
	clean();
	if (symlink("nowhere", "dangling") < 0)
		exit(99);
	is_int(replace("dangling", OPTS(.flags = STREAM_EXCLUSIVE), 0), -EEXIST,
	    "a dangling link is something");
	is_int(entries(), 1, "which is not followed");
	clean();
}

/* Someone else makes the file while we write. */
static int
someone_else(int fd, void *arg)
{
	(void)fd;
	put(arg, "theirs", 0640);
	return 0;
}

static void
exclusive_at_the_end(void)
{
	is_int(replace("a",
		   OPTS(.flags = STREAM_EXCLUSIVE, .before = someone_else,
		       .arg = WORD("a")),
		   0),
	    -EEXIST, "one that appears meanwhile is not replaced either");
	ok(holds("a", "theirs", 6), "and stays");
	is_int(entries(), 1, "with nothing beside it");
	clean();
}

static void
links(void)
{
	struct stat st = { 0 };

	put("there", "old", 0604);
	if (symlink("there", "link") < 0)
		exit(99);
	is_int(replace("link", NULL, 0), 0, "a symbolic link is followed");
	ok(holds("there", bytes, LEN), "to its target");
	lstat("link", &st);
	ok(S_ISLNK(st.st_mode), "and stays a link");
	is_int(mode_of("there"), 0604, "the target keeps its mode");
	is_int(entries(), 2, "with nothing beside it");
	is_int(replace("link", NULL, -EIO), -EIO, "a failure");
	ok(holds("there", bytes, LEN), "leaves the target as it was");
	clean();
	if (symlink("there", "dangling") < 0)
		exit(99);
	is_int(replace("dangling", NULL, 0), 0, "a dangling link too");
	ok(holds("there", bytes, LEN), "makes its target");
	clean();
}

static void
special(void)
{
	struct stat st = { 0 };
	char buf[10];
	int fd;

	is_int(replace("/dev/null", NULL, 0), 0, "/dev/null is written to");
	stat("/dev/null", &st);
	ok(S_ISCHR(st.st_mode), "and stays what it is");
	is_int(replace("/dev/full", NULL, 0), -ENOSPC, "/dev/full is full");

	if (mkfifo("fifo", 0600) < 0)
		exit(99);
	fd = open("fifo", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	{
		struct stream *s;
		loop = stream_loop_new();
		s = stream_replace(loop, "fifo", NULL);
		stream_write(s, "hello", 5);
		stream_end(s);
		run_loop(loop);
		stream_loop_free(loop);
	}
	is_int(read(fd, buf, sizeof(buf)), 5, "a FIFO is written to");
	close(fd);
	clean();
}

/* Killed half way: neither the file nor its beginnings may be seen. */
static void
killed(const char *was)
{
	struct source src = { .bytes = bytes, .len = LEN, .endless = true };
	pid_t pid;
	int status;

	clean();
	if (was)
		put("a", was, 0640);
	pid = fork();
	if (pid == 0) {
		loop = stream_loop_new();
		stream_pipe(source_new(loop, &src),
		    stream_replace(loop, "a", NULL), NULL);
		for (int i = 0; i < 100; i++)
			stream_loop_turn(loop, 0);
		raise(SIGKILL);
	}
	waitpid(pid, &status, 0);
	is_int(WTERMSIG(status), SIGKILL, "killed half way");
	is_int(entries(), was != NULL, "nothing new is left");
	if (was)
		ok(holds("a", was, strlen(was)), "and the old is as it was");
	clean();
}

static void
destroyed(void)
{
	struct stream *s;
	struct witness w = { 0 };

	loop = stream_loop_new();
	s = stream_replace(loop, "a", NULL);
	witness(s, &w, 0);
	stream_write(s, "abc", 3);
	run_loop(loop);
	is_int(visible_before(), 0, "nothing is seen before the end");
	stream_destroy(s, 0);
	run_loop(loop);
	is_str(w.log, "close", "destroyed before its end");
	is_int(entries(), 0, "it leaves nothing");
	stream_loop_free(loop);

	loop = stream_loop_new();
	s = stream_replace(loop, "a", NULL);
	stream_write(s, "abc", 3);
	run_loop(loop);
	stream_loop_free(loop);
	is_int(entries(), 0, "nor when its loop is freed");

	loop = stream_loop_new();
	s = stream_replace(loop, "a", NULL);
	stream_end(s);
	run_loop(loop);
	stream_loop_free(loop);
	ok(holds("a", "", 0), "an empty file is a file");
	clean();
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		return 99;
	bytes = make_bytes(LEN, 3);
	whole();
	owner();
	not_at_all();
	hooked();
	exclusive();
	exclusive_at_the_end();
	links();
	special();
	killed(NULL);
	killed("old");
	destroyed();
	free(bytes);
	if (chdir("/") < 0 || rmdir(dir) < 0)
		diag("%s is not empty", dir);
	return done();
}
