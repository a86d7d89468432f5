# SPDX-License-Identifier: ISC
# The tools.  A program is bin/NAME, its source tools/NAME.c or tools/NAME/*.c:
#
#	bin_PROGRAMS += bin/tee
#	bin_tee_SOURCES = %D%/tee.c
#
# and a folder that has its own local.mk is included here.  All programs link
# with LDADD; one that needs more says bin_NAME_LDADD = more $(LDADD).
LDADD = %D%/libcommon.a libstream/libstream.la

# The only code that prints.
noinst_LIBRARIES += %D%/libcommon.a
%C%_libcommon_a_SOURCES = \
	%D%/common/diag.c \
	%D%/common/diag.h \
	%D%/common/options.c \
	%D%/common/options.h \
	%D%/common/quote.c \
	%D%/common/units.c \
	%D%/common/units.h

include %D%/reverse/local.mk

bin_PROGRAMS += bin/tee
bin_tee_SOURCES = %D%/tee.c

include %D%/gzip/local.mk
include %D%/rate-limit/local.mk
