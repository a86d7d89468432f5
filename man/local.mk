# SPDX-License-Identifier: ISC
# Manual pages.  Those of the tools follow --program-prefix, the others not.
