# SPDX-License-Identifier: ISC
# What is read, and the example programs.  These are built by tests/examples.bats
# with the library as it is installed, not here.
EXTRA_DIST += \
	%D%/design.md \
	%D%/node-map.md \
	%D%/examples/cluster.c \
	%D%/examples/compute.c \
	%D%/examples/duplex.c \
	%D%/examples/gzip-file.c \
	%D%/examples/hand-pipe.c \
	%D%/examples/message.c \
	%D%/examples/million.c \
	%D%/examples/node/cluster.js \
	%D%/examples/node/compute.js \
	%D%/examples/node/duplex.js \
	%D%/examples/node/message.js \
	%D%/examples/node/order.js \
	%D%/examples/node/reverse-transform.js \
	%D%/examples/node/ticks.js \
	%D%/examples/order.c \
	%D%/examples/reverse-transform.c \
	%D%/examples/rot13.c \
	%D%/examples/ticks.c
