# SPDX-License-Identifier: ISC
# libstream, from the bottom layer up
lib_LTLIBRARIES += %D%/libstream.la
include_HEADERS += %D%/libstream.h
pkgconfig_DATA += %D%/libstream.pc

%C%_libstream_la_LDFLAGS = $(LIB_LDFLAGS)
%C%_libstream_la_LIBADD = $(PTHREAD_LIBS)
%C%_libstream_la_SOURCES = \
	%D%/core/chunk.c \
	%D%/core/chunk.h \
	%D%/core/io.c \
	%D%/core/io.h \
	%D%/core/loop.c \
	%D%/core/loop.h \
	%D%/core/poller.c \
	%D%/core/poller.h \
	%D%/core/signal.c \
	%D%/core/timer.c \
	%D%/core/watch.c \
	%D%/core/work.c \
	%D%/process/channel.c \
	%D%/process/channel.h \
	%D%/process/child.c \
	%D%/process/child.h \
	%D%/process/cluster.c \
	%D%/process/cluster.h \
	%D%/process/exec.c \
	%D%/process/reap.c \
	%D%/process/spawn.c \
	%D%/process/spawn.h \
	%D%/process/worker.c \
	%D%/stream/error.c \
	%D%/stream/fd.c \
	%D%/stream/fd.h \
	%D%/stream/filter.c \
	%D%/stream/internal.h \
	%D%/stream/open.c \
	%D%/stream/pair.c \
	%D%/stream/parallel.c \
	%D%/stream/pipe.c \
	%D%/stream/pipeline.c \
	%D%/stream/pump.c \
	%D%/stream/pump.h \
	%D%/stream/record.c \
	%D%/stream/replace.c \
	%D%/stream/spool.c \
	%D%/stream/stream.c \
	%D%/stream/tmpfile.c \
	%D%/stream/tmpfile.h \
	%D%/libstream.h

# What check-abi compares: library, list, header.
EXTRA_DIST += %D%/libstream.symbols
abi = %D%/.libs/libstream.so $(srcdir)/%D%/libstream.symbols \
	$(srcdir)/%D%/libstream.h

include libstream/codec/local.mk
