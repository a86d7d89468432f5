# SPDX-License-Identifier: ISC
# Completions for bash, zsh and fish.  Under our own prefix: what bash-completion
# says of itself is absolute, and breaks --prefix=$HOME and distcheck.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
