# SPDX-License-Identifier: ISC
# rate-limit
bin_PROGRAMS += bin/rate-limit
bin_rate_limit_SOURCES = \
	%D%/bucket.c \
	%D%/bucket.h \
	%D%/limiter.c \
	%D%/limiter.h \
	%D%/main.c \
	%D%/records.c
