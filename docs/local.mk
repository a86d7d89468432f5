# SPDX-License-Identifier: ISC
# What is read, and the example programs.
