/* SPDX-License-Identifier: ISC */
/*
 * work.c - jobs on threads, and loops in threads
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "sources.h"
#include "tap.h"

#define MANY 500

static struct stream_loop *loop;

struct job {
	unsigned number;
	pthread_t run_on;
	pthread_t done_on;
	unsigned runs, dones;
	int code;
};
static atomic_uint running, most_running;

static void
nap(long ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000 };

	nanosleep(&t, NULL);
}

static int
run_job(void *arg)
{
	struct job *job = arg;
	unsigned now = atomic_fetch_add(&running, 1) + 1;
	unsigned most = atomic_load(&most_running);

	while (now > most &&
	    !atomic_compare_exchange_weak(&most_running, &most, now))
		;
	job->run_on = pthread_self();
	job->runs++;
	if (job->number % 50 == 0)
		nap(2);
	atomic_fetch_sub(&running, 1);
	return job->number % 3 == 0 ? -EIO : 0;
}

static void
job_done(int code, void *arg)
{
	struct job *job = arg;

	job->done_on = pthread_self();
	job->dones++;
	job->code = code;
}

static void
many_jobs(void)
{
	static struct job jobs[MANY];
	unsigned once = 0, elsewhere = 0, here = 0, codes = 0;

	loop = stream_loop_new();
	for (unsigned i = 0; i < MANY; i++) {
		jobs[i].number = i;
		stream_work(loop, run_job, job_done, &jobs[i]);
	}
	is_int(run_loop(loop), 0, "a loop lives until its work is done");
	for (unsigned i = 0; i < MANY; i++) {
		struct job *job = &jobs[i];
		once += job->runs == 1 && job->dones == 1;
		elsewhere += !pthread_equal(job->run_on, pthread_self());
		here += pthread_equal(job->done_on, pthread_self()) != 0;
		codes += job->code == (i % 3 == 0 ? -EIO : 0);
	}
	is_int(once, MANY, "every job runs once and is done once");
	is_int(elsewhere, MANY, "jobs run on threads");
	is_int(here, MANY, "and are done in the loop's thread");
	is_int(codes, MANY, "done gets what run returned");
	ok(most_running <= stream_cpus() + 1, "no more threads than CPUs");
	stream_loop_free(loop);
}

/* --- Work that sets more work, and timers beside it ----------------------- */

static unsigned generations, rings;

static int
slow(void *arg)
{
	(void)arg;
	nap(20);
	return 7;
}

static void
again(int code, void *arg)
{
	(void)arg;
	if (code == 7 && ++generations < 5)
		stream_work(loop, slow, again, NULL);
}

static void
ring(void *arg)
{
	(void)arg;
	rings++;
}

static void
work_beside_timers(void)
{
	int64_t id;

	loop = stream_loop_new();
	stream_work(loop, slow, again, NULL);
	id = stream_set_timeout(loop, 1000000, 5000000, ring, NULL);
	while (generations < 5)
		stream_loop_turn(loop, 1);
	stream_clear(loop, id);
	is_int(run_loop(loop), 0, "work may ask for more work when done");
	ok(rings >= 5, "timers ring while threads work");
	stream_loop_free(loop);
}

/* --- Freed while working -------------------------------------------------- */

static atomic_uint late_runs;

static int
slow_count(void *arg)
{
	(void)arg;
	nap(5);
	atomic_fetch_add(&late_runs, 1);
	return 0;
}

static void
never(int code, void *arg)
{
	(void)code;
	*(unsigned *)arg += 1;
}

static void
freed_while_working(void)
{
	unsigned dones = 0;
	unsigned at_free;

	loop = stream_loop_new();
	for (int i = 0; i < 8; i++)
		stream_work(loop, slow_count, never, &dones);
	stream_loop_free(loop);
	at_free = atomic_load(&late_runs);
	nap(100);
	is_int(atomic_load(&late_runs), at_free,
	    "when a loop has been freed, none of its jobs is running");
	diag("%u of 8 had run, %u were done", at_free, dones);
}

/* --- Two loops in two threads share nothing ------------------------------- */

static void *
one_loop(void *arg)
{
	struct stream_loop *own = stream_loop_new();
	unsigned char *bytes = make_lines(300000, 80, 7);
	struct source src = {
		.bytes = bytes, .len = 300000, .how = SOURCE_RANDOM, .seed = 3
	};
	struct sink sink = { .pace = SINK_IMMEDIATE };
	struct outcome outcome = { .code = 1 };
	int *same = arg;

	STREAM_PIPELINE(outcome_set, &outcome, source_new(own, &src),
	    copier_new(own, COPY_PASS, 0), sink_new(own, &sink));
	stream_loop_run(own);
	*same = outcome.calls == 1 && outcome.code == 0 &&
	    same_bytes(sink.bytes, sink.len, bytes, src.len);
	stream_loop_free(own);
	sink_free(&sink);
	free(bytes);
	return NULL;
}

static void
two_loops(void)
{
	pthread_t other;
	int here = 0, there = 0;

	pthread_create(&other, NULL, one_loop, &there);
	one_loop(&here);
	pthread_join(other, NULL);
	ok(here && there, "two loops in two threads do not meet");
}

int
main(void)
{
	cpu_set_t one;
	unsigned cpus = stream_cpus();

	ok(cpus >= 1, "there is a CPU");
	many_jobs();
	work_beside_timers();
	freed_while_working();
	two_loops();

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one) == 0)
		is_int(stream_cpus(), 1, "the CPUs are those allowed");
	else
		skip("the CPUs are those allowed", "sched_setaffinity");
	return done();
}
