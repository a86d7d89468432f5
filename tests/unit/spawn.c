/* SPDX-License-Identifier: ISC */
/*
 * spawn.c - how a child begins: descriptors, folder, environment, signals,
 * group, limits, and what happens where nothing can begin
 *
 * The library starts a child in two ways, by posix_spawn() and, for what that
 * cannot do, by fork(); what is true of both is tested with both.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "children.h"
#include "modes.h"
#include "sources.h"
#include "tap.h"

extern char **environ;

static struct stream_loop *loop;
static struct told told;
static struct witness out;
static const char *way; /* in which children are started now */
static bool by_fork;

/* --- Parts that this program plays as a child ----------------------------- */

static int
show_environment(void)
{
	for (char **e = environ; *e != NULL; e++)
		printf("%s\n", *e);
	return 0;
}

static int
show_descriptors(void)
{
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("%d ", fd);
	return 0;
}

static int
show_signals(void)
{
	static const int signals[] = { SIGPIPE, SIGUSR1, SIGUSR2, SIGTERM,
		SIGHUP };
	sigset_t blocked;

	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct sigaction is;

		sigaction(signals[i], NULL, &is);
		printf("%s%s ",
		    is.sa_handler == SIG_DFL       ? "default"
			: is.sa_handler == SIG_IGN ? "ignored"
						   : "caught",
		    sigismember(&blocked, signals[i]) ? "+blocked" : "");
	}
	return 0;
}

/* In a session on that terminal: give it to a child. */
static int
hold_terminal(const char *path)
{
	struct stream_spawn s = shell("read line");
	struct stream_fdmap map[] = { { 0, STREAM_PIPE }, { 1, STREAM_NULL } };
	struct stream_child *c;
	int fd;

	setsid();
	fd = open(path, O_RDWR);
	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		return 1;
	s.fds = map;
	s.nfds = 2;
	s.flags = STREAM_NEW_GROUP | STREAM_FOREGROUND;
	loop = stream_loop_new();
	c = stream_spawn(loop, &s, NULL, NULL);
	printf("%s",
	    tcgetpgrp(STDERR_FILENO) == stream_child_pid(c)
		? "the child's"
		: "not the child's");
	stream_end(stream_child_stdio(c, 0));
	signal(SIGTTOU, SIG_IGN);
	run_loop(loop);
	stream_loop_free(loop);
	return 0;
}

static int
play(char **argv)
{
	if (strcmp(argv[1], "environment") == 0)
		return show_environment();
	if (strcmp(argv[1], "descriptors") == 0)
		return show_descriptors();
	if (strcmp(argv[1], "signals") == 0)
		return show_signals();
	if (strcmp(argv[1], "terminal") == 0)
		return hold_terminal(argv[2]);
	return 99;
}

/* --- Starting them -------------------------------------------------------- */

/* Asks for nothing that matters, but for what posix_spawn() cannot do. */
static void
choose_way(struct stream_spawn *s)
{
	static struct stream_limit core;
	struct rlimit is;

	if (!by_fork || s->nlimits > 0)
		return;
	getrlimit(RLIMIT_CORE, &is);
	core = (struct stream_limit) { RLIMIT_CORE, is.rlim_cur, is.rlim_max };
	s->limits = &core;
	s->nlimits = 1;
}

static struct stream_child *
start(struct stream_spawn *s)
{
	told = (struct told) { 0 };
	choose_way(s);
	return stream_spawn(loop, s, &tell_all, &told);
}

/* What it writes to descriptor 1, which is added to its map. */
static const char *
output_of(struct stream_spawn s)
{
	struct stream_fdmap map[8];
	struct stream_child *c;
	size_t n = s.nfds;

	if (n > 0)
		memcpy(map, s.fds, n * sizeof(*map));
	map[n++] = (struct stream_fdmap) { 1, STREAM_PIPE };
	s.fds = map;
	s.nfds = n;
	loop = stream_loop_new();
	c = start(&s);
	witness_free(&out);
	witness(stream_child_stdio(c, 1), &out, WITNESS_DATA);
	run_loop(loop);
	stream_loop_free(loop);
	out.bytes = realloc(out.bytes, out.len + 1);
	out.bytes[out.len] = '\0';
	return (const char *)out.bytes;
}

static const char *
output_of_shell(
    const char *command, const struct stream_fdmap *fds, size_t nfds)
{
	struct stream_spawn s = shell(command);

	s.fds = fds;
	s.nfds = nfds;
	return output_of(s);
}

/* A file that says text, open as descriptor at. */
static void
file_as(int at, const char *text)
{
	int fd = stream_tmpfile(NULL);

	if (fd < 0 || stream_write_all(fd, text, strlen(text)) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, at) < 0)
		_exit(99);
	if (fd != at)
		close(fd);
	(void)fcntl(at, F_SETFD, FD_CLOEXEC);
}

/* --- Descriptors ---------------------------------------------------------- */

static void
crossing(void)
{
	struct stream_fdmap swap[] = { { 6, 7 }, { 7, 6 } };
	struct stream_fdmap ring[] = { { 6, 7 }, { 7, 8 }, { 8, 6 } };
	struct stream_fdmap copies[] = { { 6, 8 }, { 7, 8 }, { 8, 8 } };
	struct stream_fdmap high[] = { { 60, 6 }, { 6, 7 } };
	struct stream_fdmap late[] = { { 6, 7 }, { 8, 6 } };

	file_as(6, "six ");
	file_as(7, "seven ");
	file_as(8, "eight ");
#define READS(command, map, wanted, ...)                                  \
	do {                                                              \
		lseek(6, 0, SEEK_SET);                                    \
		lseek(7, 0, SEEK_SET);                                    \
		lseek(8, 0, SEEK_SET);                                    \
		is_str(output_of_shell(                                   \
			   (command), (map), sizeof(map) / sizeof(*map)), \
		    (wanted), __VA_ARGS__);                               \
	} while (0)
	READS("cat <&6; cat <&7", swap, "seven six ",
	    "%s: two descriptors change places", way);
	READS("cat <&6; cat <&7; cat <&8", ring, "seven eight six ",
	    "%s: three in a ring", way);
	READS("cat <&6; cat <&7; cat <&8", copies, "eight ",
	    "%s: one in three places shares its offset", way);
	READS("cat </dev/fd/60 ; cat <&6", high, "six seven ",
	    "%s: a high number", way);
	READS("cat <&6; cat <&8", late, "seven six ",
	    "%s: a number that was written over before it is wanted", way);
	ok(fcntl(6, F_GETFD) == FD_CLOEXEC && fcntl(8, F_GETFD) == FD_CLOEXEC,
	    "%s: ours are left as they were", way);
	close(6);
	close(7);
	close(8);
}

static void
standard_places(void)
{
	struct stream_fdmap null[] = { { 0, STREAM_NULL }, { 2, STREAM_NULL } };
	struct stream_spawn s =
	    shell("cat; echo out; echo err >&2; cat <&2; echo $?");
	struct stream_fdmap none[] = { { 0, STREAM_NULL }, { 1, STREAM_NULL } };
	struct stream_child *c;

	is_str(output_of_shell(s.argv[2], null, 2), "out\n0\n",
	    "%s: /dev/null is empty, and takes what is written", way);

	s.fds = none;
	s.nfds = 2;
	loop = stream_loop_new();
	c = start(&s);
	ok(stream_child_stdio(c, 0) == NULL && stream_child_stdio(c, 1) == NULL,
	    "%s: what is not a pipe is no stream", way);
	stream_child_kill(c, SIGKILL);
	run_loop(loop);
	stream_loop_free(loop);
}

/* Run with one of ours replaced by a file; what the child made of it. */
static const char *
with_file_as(int fd, const char *command)
{
	static char text[100];
	struct stream_spawn s = shell(command);
	int saved = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	ssize_t n;

	fflush(stdout);
	file_as(fd, "given\n");
	(void)fcntl(fd, F_SETFD, 0);
	if (fd > 0)
		lseek(fd, 0, SEEK_END);
	loop = stream_loop_new();
	start(&s);
	run_loop(loop);
	stream_loop_free(loop);
	n = stream_pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	if (fd == 0)
		snprintf(text, sizeof(text), "%jd",
		    (intmax_t)lseek(fd, 0, SEEK_CUR));
	dup2(saved, fd);
	close(saved);
	return text;
}

static void
inherited(void)
{
	is_str(with_file_as(0, "cat >/dev/null"), "6",
	    "%s: standard input is ours if it is not named", way);
	is_str(with_file_as(1, "echo one"), "given\none\n",
	    "%s: standard output too", way);
	is_str(with_file_as(2, "echo two >&2"), "given\ntwo\n",
	    "%s: standard error too", way);
}

/* In wanted, a list of what of ours is to be seen: not close-on-exec. */
static void
list_ours(char *wanted, size_t len)
{
	size_t n = 0;

	wanted[0] = '\0';
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) == 0)
			n += (size_t)snprintf(wanted + n, len - n, "%d ", fd);
}

static void
nothing_else(void)
{
	struct stream_spawn looks = player("descriptors", NULL, NULL);
	struct stream_spawn waits = shell("cat");
	struct stream_fdmap pipes[] = { { 0, STREAM_PIPE }, { 1, STREAM_PIPE },
		{ 3, STREAM_PIPE } };
	struct stream_fdmap one[] = { { 1, STREAM_PIPE } };
	struct stream_child *c;
	char wanted[200];
	int plain = dup(0);

	waits.fds = pipes;
	waits.nfds = 3;
	looks.fds = one;
	looks.nfds = 1;
	loop = stream_loop_new();
	c = start(&waits);
	list_ours(wanted, sizeof(wanted));
	witness_free(&out);
	witness(stream_child_stdio(start(&looks), 1), &out, WITNESS_DATA);
	stream_end(stream_child_stdio(c, 0));
	stream_resume(stream_child_stdio(c, 1));
	stream_resume(stream_child_stdio(c, 3));
	stream_end(stream_child_stdio(c, 3));
	run_loop(loop);
	is_mem(out.bytes, out.len, wanted, strlen(wanted),
	    "%s: a child has no descriptor of the library's", way);
	stream_loop_free(loop);
	close(plain);
}

static void
duplex_pipe(void)
{
	struct stream_spawn s = shell("cat <&5 >&5; echo bye >&5");
	struct stream_fdmap map[] = { { 5, STREAM_PIPE } };
	struct stream_child *c;
	struct stream *five;

	s.fds = map;
	s.nfds = 1;
	loop = stream_loop_new();
	c = start(&s);
	five = stream_child_stdio(c, 5);
	is_int(stream_state(five) & (STREAM_READABLE | STREAM_WRITABLE),
	    STREAM_READABLE | STREAM_WRITABLE, "%s: a pipe above 2 is a Duplex",
	    way);
	witness_free(&out);
	witness(five, &out, WITNESS_DATA);
	stream_write(five, "hello ", 6);
	stream_end(five);
	run_loop(loop);
	is_mem(out.bytes, out.len, "hello bye\n", 10,
	    "%s: its sides end one by one", way);
	is_str(told.log, "exit(0) close", "%s: and then the child", way);
	stream_loop_free(loop);
}

/* --- Folder and environment ----------------------------------------------- */

static void
folder(void)
{
	struct stream_spawn s = shell("pwd");

	s.cwd = "/usr";
	is_str(output_of(s), "/usr\n", "%s: a folder to begin in", way);
	s.cwd = "/nonexistent";
	output_of(s);
	is_str(told.log, "error(-2) close", "%s: that is not there", way);
	is_str(out.log, "error(-2) close", "%s: is an error of the output too",
	    way);
}

static void
environment(void)
{
	char *some[] = { args("A=1", NULL)[0], args("B=two words", NULL)[0],
		args("C=", NULL)[0], NULL };
	char *none[] = { NULL };
	struct stream_spawn s = player("environment", NULL, NULL);

	s.envp = some;
	is_str(output_of(s), "A=1\nB=two words\nC=\n",
	    "%s: the child sees exactly the environment it is given", way);
	s.envp = none;
	is_str(output_of(s), "", "%s: or none at all", way);
	setenv("SEEN_BY_CHILD", "yes", 1);
	is_str(output_of_shell("echo $SEEN_BY_CHILD", NULL, 0), "yes\n",
	    "%s: or ours", way);
	unsetenv("SEEN_BY_CHILD");
}

/* A script that says nothing of who is to read it. */
static const char *
bare_script(char *dir, size_t len)
{
	static char path[200];
	int fd;

	snprintf(dir, len, "/tmp/libstream-spawn-%ld", (long)getpid());
	(void)mkdir(dir, 0700);
	snprintf(path, sizeof(path), "%s/bare", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	if (fd < 0 || stream_write_all(fd, "echo bare\n", 10) < 0)
		_exit(99);
	close(fd);
	return path;
}

static int
outcome_of(struct stream_spawn s)
{
	output_of(s);
	return told.errors ? told.code : 1000 + told.status;
}

static void
same_both_ways(const char *claim, struct stream_spawn s)
{
	int fork_says, spawn_says;

	by_fork = false;
	spawn_says = outcome_of(s);
	by_fork = true;
	fork_says = outcome_of(s);
	is_int(fork_says, spawn_says, "both ways are one: %s", claim);
}

static void
looked_up(void)
{
	struct stream_spawn s = shell("exit 0");
	char *elsewhere[] = { args("PATH=/nonexistent", NULL)[0], NULL };
	char *old = strdup(getenv("PATH"));
	char dir[100];
	const char *path = bare_script(dir, sizeof(dir));

	s.file = "sh";
	is_int(outcome_of(s), 1000, "%s: a name is looked up in PATH", way);
	s.envp = elsewhere;
	same_both_ways("whose PATH counts", s);
	s.envp = NULL;
	setenv("PATH", dir, 1);
	s.file = "bare";
	s.argv = args("bare", NULL);
	same_both_ways("a script without a first line for it", s);
	setenv("PATH", "/nonexistent:/etc/passwd", 1);
	same_both_ways("a PATH of nothing", s);
	unsetenv("PATH");
	s.file = "sh";
	s.argv = args("sh", "-c", "exit 0", NULL);
	same_both_ways("no PATH at all", s);
	setenv("PATH", old, 1);
	free(old);
	unlink(path);
	rmdir(dir);
}

static void
listen_pid(void)
{
	struct stream_spawn s = shell("test $LISTEN_PID = $$ && echo equal");

	s.flags = STREAM_LISTEN_PID;
	is_str(
	    output_of(s), "equal\n", "LISTEN_PID is the number of the child");
	setenv("LISTEN_PID", "1", 1);
	is_str(output_of(s), "equal\n", "also if there was one before");
	s.argv = player("environment", NULL, NULL).argv;
	s.file = "/proc/self/exe";
	output_of(s);
	ok(strstr((char *)out.bytes, "LISTEN_PID=1\n") == NULL,
	    "which is not left beside it");
	unsetenv("LISTEN_PID");
}

/* --- Signals -------------------------------------------------------------- */

static void
nothing(int signo)
{
	(void)signo;
}

static void
signals(void)
{
	sigset_t some, before;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, nothing);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&some);
	sigaddset(&some, SIGUSR2);
	sigaddset(&some, SIGTERM);
	sigprocmask(SIG_BLOCK, &some, &before);
	is_str(output_of(player("signals", NULL, NULL)),
	    "default default default default ignored ",
	    "%s: no signal is blocked, none caught; only what was ignored "
	    "stays so, but for SIGPIPE",
	    way);
	sigprocmask(SIG_BLOCK, NULL, &some);
	ok(sigismember(&some, SIGUSR2) && sigismember(&some, SIGTERM) &&
		!sigismember(&some, SIGINT),
	    "%s: our own mask is as it was", way);
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
}

/* --- Group, session, terminal --------------------------------------------- */

static struct stream_child *
start_waiting(unsigned flags, pid_t group)
{
	static const struct stream_fdmap map[] = { { 0, STREAM_PIPE } };
	struct stream_spawn s = shell("read line");

	s.fds = map;
	s.nfds = 1;
	s.flags = flags;
	s.group = group;
	return start(&s);
}

static void
groups(void)
{
	struct stream_child *leader, *member, *other, *own;

	loop = stream_loop_new();
	leader = start_waiting(STREAM_NEW_GROUP, 0);
	member = start_waiting(0, stream_child_pid(leader));
	other = start_waiting(0, 0);
	own = start_waiting(STREAM_DETACHED, 0);
	is_int(getpgid(stream_child_pid(leader)), stream_child_pid(leader),
	    "%s: a child can lead a group", way);
	is_int(getpgid(stream_child_pid(member)), stream_child_pid(leader),
	    "%s: another can join it", way);
	is_int(getpgid(stream_child_pid(other)), getpgrp(),
	    "%s: else it is in ours", way);
	is_int(getsid(stream_child_pid(own)), stream_child_pid(own),
	    "%s: who is detached has a session of its own", way);
	is_int(getsid(stream_child_pid(leader)), getsid(0),
	    "%s: the others are in ours", way);
	stream_end(stream_child_stdio(leader, 0));
	stream_end(stream_child_stdio(member, 0));
	stream_end(stream_child_stdio(other, 0));
	stream_end(stream_child_stdio(own, 0));
	run_loop(loop);
	while (has_children())
		stream_loop_turn(loop, 0);
	stream_loop_free(loop);
}

static void
terminal(void)
{
	static const char title[] = "a child can be given the terminal";
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0) {
		skip(title, "no pseudo-terminals here");
		return;
	}
	is_str(output_of(player("terminal", ptsname(master), NULL)),
	    "the child's", "%s", title);
	close(master);
}

/* --- Limits and ids ------------------------------------------------------- */

static void
limits(void)
{
	struct stream_limit some[] = { { RLIMIT_NOFILE, 32, 64 },
		{ RLIMIT_CORE, 0, 0 } };
	struct stream_limit wrong[] = { { 9999, 1, 1 } };
	struct stream_spawn s =
	    shell("ulimit -n; ulimit -Hn; ulimit -Sc; ulimit -Hc");

	s.limits = some;
	s.nlimits = 2;
	is_str(output_of(s), "32\n64\n0\n0\n", "limits, soft and hard");
	s.limits = wrong;
	s.nlimits = 1;
	output_of(s);
	is_str(told.log, "error(-22) close",
	    "a limit that there is not is an error, and nothing runs");
	is_str(out.log, "error(-22) close", "of the output too");
}

static void
ids(void)
{
	gid_t others[] = { 65533, 65532 };
	struct stream_ids nobody = {
		.uid = 65534, .gid = 65534, .groups = others, .ngroups = 2
	};
	struct stream_spawn s = shell("id -u; id -g; id -G");

	if (geteuid() != 0) {
		skip("run as somebody else", "only root can");
		return;
	}
	s.ids = &nobody;
	is_str(output_of(s), "65534\n65534\n65534 65532 65533\n",
	    "run as somebody else: user, group, and groups");
	nobody.ngroups = 0;
	is_str(output_of(s), "65534\n65534\n65534\n", "and no groups");
}

/* --- What cannot be started ----------------------------------------------- */

static void
fails(const char *file, const char *cwd, int code, const char *claim)
{
	struct stream_spawn s = shell("exit 0");
	struct stream_fdmap map[] = { { 0, STREAM_PIPE }, { 2, STREAM_PIPE },
		{ 3, STREAM_PIPE }, { 4, STREAM_NULL } };
	unsigned before = open_fds();
	char log[40];

	s.file = file;
	s.cwd = cwd;
	s.fds = map;
	s.nfds = 4;
	output_of(s);
	snprintf(log, sizeof(log), "error(%d) close", code);
	is_str(told.log, log, "%s: %s", way, claim);
	is_str(told.stage, file, "%s: %s: names the file", way, claim);
	ok(strstr(told.text, file) && strlen(told.text) > strlen(file),
	    "%s: %s: and says more (%s)", way, claim, told.text);
	is_int(open_fds(), before, "%s: %s: leaves nothing open", way, claim);
	ok(!has_children(), "%s: %s: and no child", way, claim);
}

static void
not_startable(void)
{
	struct stream_spawn s = shell("exit 0");
	char too_long[5000];

	memset(too_long, 'x', sizeof(too_long) - 1);
	too_long[0] = '/';
	too_long[sizeof(too_long) - 1] = '\0';
	fails("/nonexistent/program", NULL, -ENOENT, "what is not there");
	fails("nonexistent-program", NULL, -ENOENT, "a name in no folder");
	fails("/etc/passwd", NULL, -EACCES, "a file that is no program");
	fails("/tmp", NULL, -EACCES, "a directory");
	fails("/etc/passwd/x", NULL, -ENOTDIR, "a path through a file");
	fails("", NULL, -ENOENT, "no name");
	fails("/bin/sh", "/etc/passwd", -ENOTDIR, "a folder that is none");
	s.file = too_long;
	is_int(outcome_of(s), -ENAMETOOLONG, "%s: a name too long", way);
}

static void
bad_map(void)
{
	struct stream_fdmap unknown[] = { { 3, 999 } };
	struct stream_fdmap wrong[] = { { 3, -7 } };
	struct stream_fdmap failed[] = { { 0, -1 } }; /* open(2) that did */
	unsigned before = open_fds();

	output_of_shell("exit 0", unknown, 1);
	is_str(told.log, "error(-9) close", "%s: a descriptor that is not open",
	    way);
	output_of_shell("exit 0", wrong, 1);
	is_str(told.log, "error(-9) close", "%s: nor anything at all", way);
	output_of_shell("exit 0", failed, 1);
	is_str(told.log, "error(-9) close", "%s: nor one that failed", way);
	is_int(open_fds(), before, "%s: nothing stays open", way);
}

/* With room for 0, 1, 2 ... more: it works, or is an error; nothing stays. */
static void
few_descriptors(void)
{
	struct stream_spawn s = shell("exit 0");
	struct stream_fdmap map[] = { { 0, STREAM_PIPE }, { 2, STREAM_NULL },
		{ 3, STREAM_NULL } };
	unsigned before = open_fds(), worked = 0, failed = 0, wrong = 0;
	struct rlimit is, less;
	int first = dup(0);

	close(first);
	getrlimit(RLIMIT_NOFILE, &is);
	less = is;
	s.fds = map;
	s.nfds = 3;
	for (int room = 0; room < 24; room++) {
		less.rlim_cur = (rlim_t)(first + room);
		setrlimit(RLIMIT_NOFILE, &less);
		output_of(s);
		setrlimit(RLIMIT_NOFILE, &is);
		worked += strcmp(told.log, "exit(0) close") == 0;
		failed += strcmp(told.log, "error(-24) close") == 0;
		wrong += open_fds() != before || has_children();
	}
	ok(worked > 0 && failed > 0 && worked + failed == 24,
	    "%s: with few descriptors it works (%u) or is an error (%u)", way,
	    worked, failed);
	is_int(wrong, 0, "%s: and nothing stays", way);
}

static void
nobody_listens(void)
{
	struct stream_spawn s = shell("exit 0");

	s.file = "/nonexistent/program";
	choose_way(&s);
	loop = stream_loop_new();
	ok(stream_child_pid(stream_spawn(loop, &s, NULL, NULL)) <= 0,
	    "%s: what was not started has no number", way);
	is_int(run_loop(loop), -ENOENT,
	    "%s: an error that nobody hears ends the loop", way);
	stream_loop_free(loop);
}

static void
both_ways(void)
{
	crossing();
	standard_places();
	inherited();
	nothing_else();
	duplex_pipe();
	folder();
	environment();
	signals();
	groups();
	not_startable();
	bad_map();
	few_descriptors();
	nobody_listens();
}

int
main(int argc, char *argv[])
{
	unsigned before;

	if (argc > 1)
		return play(argv);
	before = open_fds();
	modes_begin();
	way = "posix_spawn";
	both_ways();
	way = "fork";
	by_fork = true;
	both_ways();
	by_fork = false;
	looked_up();
	by_fork = false;
	listen_pid();
	terminal();
	limits();
	ids();
	is_int(open_fds(), before, "no descriptor is left");
	ok(!has_children(), "nor any child");
	witness_free(&out);
	return modes_done();
}
