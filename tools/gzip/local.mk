# SPDX-License-Identifier: ISC
bin_PROGRAMS += bin/gzip
aliases += gunzip=gzip uncompress=gzip zcat=gzip
bin_gzip_LDADD = libstream/codec/libstream-codec.la $(LDADD)
bin_gzip_SOURCES = \
	%D%/compress.c \
	%D%/expand.c \
	%D%/file.c \
	%D%/folder.c \
	%D%/gzip.h \
	%D%/list.c \
	%D%/main.c \
	%D%/names.c \
	%D%/options.c \
	%D%/output.c \
	%D%/report.c \
	%D%/run.c \
	%D%/signals.c
