# SPDX-License-Identifier: ISC
# reverse; called rev or tac, it is that tool
bin_PROGRAMS += bin/reverse
bin_reverse_SOURCES = \
	%D%/backward.c \
	%D%/backward.h \
	%D%/bytes.h \
	%D%/chars.c \
	%D%/chars.h \
	%D%/feed.c \
	%D%/feed.h \
	%D%/hold.c \
	%D%/hold.h \
	%D%/lines.c \
	%D%/lines.h \
	%D%/main.c \
	%D%/operand.c \
	%D%/output.c \
	%D%/output.h \
	%D%/persona.c \
	%D%/reverse.h \
	%D%/separator.c \
	%D%/separator.h \
	%D%/utf8.c \
	%D%/utf8.h
aliases += rev=reverse tac=reverse
