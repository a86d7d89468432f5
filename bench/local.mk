# SPDX-License-Identifier: ISC
# make bench: the tools against their peers.  Never part of check.
bench_programs = \
	%D%/ends \
	%D%/link \
	%D%/rot13 \
	%D%/rot13-loop \
	%D%/stopwatch
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs) %D%/bench.md %D%/bench.svg
EXTRA_DIST += \
	%D%/README.md \
	%D%/bench.sh \
	%D%/plot.awk \
	%D%/table.awk \
	%D%/words.awk

%C%_ends_SOURCES = %D%/ends.c
%C%_link_SOURCES = %D%/link.c
%C%_rot13_SOURCES = docs/examples/rot13.c
%C%_rot13_loop_SOURCES = %D%/rot13-loop.c
%C%_stopwatch_SOURCES = %D%/stopwatch.c

bench: all $(bench_programs)
	bash $(srcdir)/%D%/bench.sh .

.PHONY: bench
