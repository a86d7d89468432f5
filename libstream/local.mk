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
	%D%/libstream.h

# What check-abi compares: library, list, header.
EXTRA_DIST += %D%/libstream.symbols
abi = %D%/.libs/libstream.so $(srcdir)/%D%/libstream.symbols \
	$(srcdir)/%D%/libstream.h
