# SPDX-License-Identifier: ISC
# Completions for bash, zsh and fish, made from the manual pages of the tools.
# Under our own prefix: what bash-completion says of itself is absolute, and
# breaks --prefix=$HOME and distcheck.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d

EXTRA_DIST += %D%/completions.awk
CLEANFILES += %D%/stamp

# For each tool and each alias: its $$name, and whose $$page describes it.
each_command = for pair in $(bin_PROGRAMS) $(aliases); do \
	name=`echo "$${pair%%=*}" | sed 's|.*/||'`; \
	page=$(srcdir)/man/`echo "$${pair\#\#*=}" | sed 's|.*/||'`.1; \
	test -f "$$page" || continue

all-local: %D%/stamp

%D%/stamp: $(dist_man_MANS) %D%/completions.awk Makefile
	$(AM_V_GEN)$(MKDIR_P) %D%/bash %D%/zsh %D%/fish && \
	$(each_command); \
	  make_one="$(AWK) -f $(srcdir)/%D%/completions.awk -v name=$$name"; \
	  $$make_one -v shell=bash "$$page" >"%D%/bash/$$name" && \
	  $$make_one -v shell=zsh "$$page" >"%D%/zsh/_$$name" && \
	  $$make_one -v shell=fish "$$page" >"%D%/fish/$$name.fish" || exit 1; \
	done && touch $@

clean-local: clean-completions
clean-completions:
	rm -rf %D%/bash %D%/zsh %D%/fish

install-data-local: install-completions
install-completions: %D%/stamp
	$(MKDIR_P) "$(DESTDIR)$(bashcompletiondir)" \
	  "$(DESTDIR)$(zshcompletiondir)" "$(DESTDIR)$(fishcompletiondir)"
	$(each_command); \
	  $(INSTALL_DATA) "%D%/bash/$$name" "$(DESTDIR)$(bashcompletiondir)" && \
	  $(INSTALL_DATA) "%D%/zsh/_$$name" "$(DESTDIR)$(zshcompletiondir)" && \
	  $(INSTALL_DATA) "%D%/fish/$$name.fish" \
	    "$(DESTDIR)$(fishcompletiondir)" || exit 1; \
	done

uninstall-local: uninstall-completions
uninstall-completions:
	$(each_command); \
	  rm -f "$(DESTDIR)$(bashcompletiondir)/$$name" \
	    "$(DESTDIR)$(zshcompletiondir)/_$$name" \
	    "$(DESTDIR)$(fishcompletiondir)/$$name.fish"; \
	done

.PHONY: clean-completions install-completions uninstall-completions
