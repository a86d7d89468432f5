# SPDX-License-Identifier: ISC
# make bench: the tools against their peers.  Never part of check.
