# SPDX-License-Identifier: ISC
# make check: C programs in unit/ and bats files, all of them TAP.
#
# A unit program is check_PROGRAMS += %D%/unit/NAME and its _SOURCES; it may use
# what libstream hides, for it is linked with the archive.  A bats file is added
# to bats_tests: it is run once for each kind of I/O that was built.
TEST_EXTENSIONS = .bats
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TAP_DRIVER)
BATS_LOG_DRIVER = $(TAP_DRIVER)
if HAVE_BATS
BATS_LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/run-bats
else
BATS_LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/no-bats
endif
if LINUX_IO
io_modes = linux plain
else
io_modes = plain
endif

AM_TESTS_ENVIRONMENT = \
	SU_SRCDIR='$(abs_top_srcdir)'; export SU_SRCDIR; \
	SU_BUILDDIR='$(abs_top_builddir)'; export SU_BUILDDIR; \
	SU_IO_MODES="$${STREAM_IO:-$(io_modes)}"; export SU_IO_MODES; \
	SU_SANITIZE='$(SANITIZE_CFLAGS)'; export SU_SANITIZE; \
	BATS='$(BATS)'; export BATS; \
	CC='$(CC)'; export CC; \
	PATH='$(abs_top_builddir)/bin$(PATH_SEPARATOR)'"$$PATH"; export PATH; \
	LC_ALL=C TZ=UTC0; export LC_ALL TZ;

check_PROGRAMS += %D%/unit/units
%C%_unit_units_SOURCES = %D%/unit/units.c %D%/unit/tap.h
check_PROGRAMS += %D%/unit/quote
%C%_unit_quote_SOURCES = %D%/unit/quote.c %D%/unit/tap.h

# --- unit/: one subject each ---------------------------------------------------
# What the unit programs share: checks, and streams that misbehave.
%C%_unit_common = %D%/unit/sources.c %D%/unit/sources.h \
	%D%/unit/modes.h %D%/unit/tap.h
EXTRA_DIST += $(%C%_unit_common)

check_PROGRAMS += \
	%D%/unit/chunk \
	%D%/unit/early \
	%D%/unit/ends \
	%D%/unit/error \
	%D%/unit/fd \
	%D%/unit/loop \
	%D%/unit/model \
	%D%/unit/pair \
	%D%/unit/parallel \
	%D%/unit/pipe \
	%D%/unit/pipeline \
	%D%/unit/ported \
	%D%/unit/readable \
	%D%/unit/record \
	%D%/unit/replace \
	%D%/unit/signals \
	%D%/unit/spool \
	%D%/unit/timer \
	%D%/unit/transform \
	%D%/unit/watch \
	%D%/unit/work \
	%D%/unit/writable
%C%_unit_loop_SOURCES = %D%/unit/loop.c $(%C%_unit_common)
%C%_unit_signals_SOURCES = %D%/unit/signals.c $(%C%_unit_common)
%C%_unit_timer_SOURCES = %D%/unit/timer.c $(%C%_unit_common)
%C%_unit_watch_SOURCES = %D%/unit/watch.c $(%C%_unit_common)
%C%_unit_chunk_SOURCES = %D%/unit/chunk.c $(%C%_unit_common)
%C%_unit_readable_SOURCES = %D%/unit/readable.c $(%C%_unit_common)
%C%_unit_writable_SOURCES = %D%/unit/writable.c $(%C%_unit_common)
%C%_unit_ends_SOURCES = %D%/unit/ends.c $(%C%_unit_common)
%C%_unit_error_SOURCES = %D%/unit/error.c $(%C%_unit_common)
%C%_unit_transform_SOURCES = %D%/unit/transform.c $(%C%_unit_common)
%C%_unit_pair_SOURCES = %D%/unit/pair.c $(%C%_unit_common)
%C%_unit_work_SOURCES = %D%/unit/work.c $(%C%_unit_common)
%C%_unit_ported_SOURCES = %D%/unit/ported.c $(%C%_unit_common)
%C%_unit_model_SOURCES = %D%/unit/model.c $(%C%_unit_common)
%C%_unit_early_SOURCES = %D%/unit/early.c $(%C%_unit_common)
%C%_unit_nomem_SOURCES = %D%/unit/nomem.c $(%C%_unit_common)
%C%_unit_parallel_SOURCES = %D%/unit/parallel.c $(%C%_unit_common)
%C%_unit_spool_SOURCES = %D%/unit/spool.c $(%C%_unit_common)
%C%_unit_replace_SOURCES = %D%/unit/replace.c $(%C%_unit_common)
%C%_unit_fd_SOURCES = %D%/unit/fd.c $(%C%_unit_common)

# A sanitizer has an allocator of its own, which does not fail when asked to.
if !SANITIZE
check_PROGRAMS += %D%/unit/nomem
endif

# Processes: children are shell commands, or the test begun again.
%C%_unit_process = $(%C%_unit_common) \
	%D%/unit/children.c %D%/unit/children.h
check_PROGRAMS += \
	%D%/unit/channel \
	%D%/unit/child \
	%D%/unit/cluster \
	%D%/unit/exec \
	%D%/unit/ipc \
	%D%/unit/output \
	%D%/unit/spawn
%C%_unit_channel_SOURCES = %D%/unit/channel.c $(%C%_unit_process)
%C%_unit_child_SOURCES = %D%/unit/child.c $(%C%_unit_process)
%C%_unit_cluster_SOURCES = %D%/unit/cluster.c $(%C%_unit_process)
%C%_unit_exec_SOURCES = %D%/unit/exec.c $(%C%_unit_process)
%C%_unit_ipc_SOURCES = %D%/unit/ipc.c $(%C%_unit_process)
%C%_unit_output_SOURCES = %D%/unit/output.c $(%C%_unit_process)
%C%_unit_spawn_SOURCES = %D%/unit/spawn.c $(%C%_unit_process)

# The other side of node: not a test, but built for one.
EXTRA_PROGRAMS += %D%/unit/peer
CLEANFILES += %D%/unit/peer
check_DATA = %D%/unit/peer
%C%_unit_peer_SOURCES = %D%/unit/peer.c

# The arithmetic of rate-limit.
check_PROGRAMS += %D%/unit/bucket
%C%_unit_bucket_SOURCES = %D%/unit/bucket.c %D%/unit/tap.h \
	tools/rate-limit/bucket.c

# The parts of reverse that need no loop.
check_PROGRAMS += %D%/unit/reverse
%C%_unit_reverse_SOURCES = %D%/unit/reverse.c %D%/unit/tap.h \
	tools/reverse/backward.c tools/reverse/separator.c tools/reverse/utf8.c
%C%_unit_pipe_SOURCES = %D%/unit/pipe.c $(%C%_unit_common)
%C%_unit_pipeline_SOURCES = %D%/unit/pipeline.c $(%C%_unit_common)
%C%_unit_record_SOURCES = %D%/unit/record.c $(%C%_unit_common)

# The codec is a library of its own.
check_PROGRAMS += %D%/unit/codec
%C%_unit_codec_SOURCES = %D%/unit/codec.c $(%C%_unit_common)
%C%_unit_codec_LDADD = libstream/codec/libstream-codec.la $(LDADD)

# --- fuzz/: targets for an engine, each replayed by make check too --------------
fuzz_targets = %D%/fuzz/gunzip_fuzz %D%/fuzz/record_fuzz %D%/fuzz/units_fuzz
%C%_fuzz_gunzip_fuzz_SOURCES = %D%/fuzz/gunzip_fuzz.c
%C%_fuzz_gunzip_fuzz_LDADD = libstream/codec/libstream-codec.la $(LDADD)
%C%_fuzz_record_fuzz_SOURCES = %D%/fuzz/record_fuzz.c
%C%_fuzz_units_fuzz_SOURCES = %D%/fuzz/units_fuzz.c

fuzz_replays = %D%/fuzz/gunzip_replay %D%/fuzz/record_replay \
	%D%/fuzz/units_replay
check_PROGRAMS += $(fuzz_replays)
%C%_fuzz_gunzip_replay_SOURCES = %D%/fuzz/gunzip_fuzz.c %D%/fuzz/driver.c
%C%_fuzz_gunzip_replay_LDADD = libstream/codec/libstream-codec.la $(LDADD)
%C%_fuzz_record_replay_SOURCES = %D%/fuzz/record_fuzz.c %D%/fuzz/driver.c
%C%_fuzz_units_replay_SOURCES = %D%/fuzz/units_fuzz.c %D%/fuzz/driver.c

# make fuzz FUZZ_SECONDS=600: with --enable-fuzzing and clang.
EXTRA_PROGRAMS += $(fuzz_targets)
%C%_fuzz_gunzip_fuzz_LDFLAGS = $(AM_LDFLAGS) $(LIB_FUZZING_ENGINE)
%C%_fuzz_record_fuzz_LDFLAGS = $(AM_LDFLAGS) $(LIB_FUZZING_ENGINE)
%C%_fuzz_units_fuzz_LDFLAGS = $(AM_LDFLAGS) $(LIB_FUZZING_ENGINE)
FUZZ_SECONDS = 60
if FUZZING
fuzz: $(fuzz_targets)
	for target in $(fuzz_targets); do \
	  $(MKDIR_P) "$$target.corpus" && \
	  "$$target" -max_total_time=$(FUZZ_SECONDS) "$$target.corpus" || \
	  exit 1; \
	done
else
fuzz:
	@echo "fuzzing needs ./configure --enable-fuzzing CC=clang"; exit 1
endif
.PHONY: fuzz

# --- fault/: a kernel that does its worst ---------------------------------------
TEST_EXTENSIONS += .sh
SH_LOG_DRIVER = $(TAP_DRIVER)
SH_LOG_COMPILER = $(SHELL)
EXTRA_DIST += %D%/check-fault.sh
check_LTLIBRARIES =
if PRELOAD
# Not hardened: it defines what fortified headers define too.
check_LTLIBRARIES += %D%/fault/libfault.la
%C%_fault_libfault_la_SOURCES = %D%/fault/fault.c
%C%_fault_libfault_la_CPPFLAGS = -U_FORTIFY_SOURCE
%C%_fault_libfault_la_CFLAGS = $(WARN_CFLAGS)
%C%_fault_libfault_la_LDFLAGS = -module -avoid-version -shared \
	-rpath $(abs_top_builddir)
TESTS += %D%/check-fault.sh
endif
check-fault:
	$(MAKE) check TESTS=tests/check-fault.sh
.PHONY: check-fault

bats_tests =

bats_tests += %D%/gzip.bats
bats_tests += %D%/rate-limit.bats
bats_tests += %D%/reverse.bats
bats_tests += %D%/common.bats %D%/node-map.bats %D%/tee.bats

bats_tests += %D%/completions.bats %D%/docs.bats

# node on the other side of a channel.
bats_tests += %D%/node.bats

# What node prints, among others.
bats_tests += %D%/examples.bats
EXTRA_DIST += \
	%D%/golden/cluster.txt \
	%D%/golden/compute.txt \
	%D%/golden/duplex.txt \
	%D%/golden/message.txt \
	%D%/golden/million.txt \
	%D%/golden/order.txt \
	%D%/golden/reverse-transform.txt \
	%D%/golden/ticks.txt

TESTS += $(check_PROGRAMS) $(bats_tests)
EXTRA_DIST += $(bats_tests) %D%/helper.bash %D%/no-bats %D%/run-bats
