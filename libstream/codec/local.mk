# SPDX-License-Identifier: ISC
# libstream-codec: what needs zlib
lib_LTLIBRARIES += %D%/libstream-codec.la
include_HEADERS += %D%/libstream-codec.h
pkgconfig_DATA += %D%/libstream-codec.pc

%C%_libstream_codec_la_LDFLAGS = $(LIB_LDFLAGS)
%C%_libstream_codec_la_CPPFLAGS = $(AM_CPPFLAGS) $(ZLIB_CFLAGS)
%C%_libstream_codec_la_LIBADD = libstream/libstream.la $(ZLIB_LIBS)
%C%_libstream_codec_la_SOURCES = \
	%D%/cut.c \
	%D%/cut.h \
	%D%/gunzip.c \
	%D%/gzip.c \
	%D%/header.c \
	%D%/header.h \
	%D%/libstream-codec.h

EXTRA_DIST += %D%/libstream-codec.symbols
abi += %D%/.libs/libstream-codec.so $(srcdir)/%D%/libstream-codec.symbols \
	$(srcdir)/%D%/libstream-codec.h
