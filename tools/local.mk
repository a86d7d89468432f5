# SPDX-License-Identifier: ISC
# The tools.  A program is bin/NAME, its source tools/NAME.c or tools/NAME/*.c:
#
#	bin_PROGRAMS += bin/tee
#	bin_tee_SOURCES = %D%/tee.c
#
# and a folder that has its own local.mk is included here.  All programs link
# with LDADD; one that needs more says bin_NAME_LDADD = more $(LDADD).
LDADD = libstream/libstream.la
