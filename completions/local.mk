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

# What $$page says, for a command that is called $$as, into three folders.
complete = $(AWK) -f $(srcdir)/%D%/completions.awk -v name="$$as"
write_completions = \
	$(complete) -v shell=bash "$$page" >"$$bash/$$as" && \
	$(complete) -v shell=zsh "$$page" >"$$zsh/_$$as" && \
	$(complete) -v shell=fish "$$page" >"$$fish/$$as.fish"

all-local: %D%/stamp

%D%/stamp: $(dist_man_MANS) %D%/completions.awk Makefile
	$(AM_V_GEN)bash=%D%/bash zsh=%D%/zsh fish=%D%/fish; \
	$(MKDIR_P) "$$bash" "$$zsh" "$$fish" && \
	$(each_command); \
	  as=$$name; $(write_completions) || exit 1; \
	done && touch $@

clean-local: clean-completions
clean-completions:
	rm -rf %D%/bash %D%/zsh %D%/fish

# Under the names that are installed: stee is not tee.
install_names = \
	umask 022; \
	bash="$(DESTDIR)$(bashcompletiondir)"; \
	zsh="$(DESTDIR)$(zshcompletiondir)"; \
	fish="$(DESTDIR)$(fishcompletiondir)"; \
	$(each_command); as=`echo "$$name" | sed '$(transform)'`

install-data-local: install-completions
install-completions: %D%/stamp
	$(MKDIR_P) "$(DESTDIR)$(bashcompletiondir)" \
	  "$(DESTDIR)$(zshcompletiondir)" "$(DESTDIR)$(fishcompletiondir)"
	$(install_names); $(write_completions) || exit 1; done

uninstall-local: uninstall-completions
uninstall-completions:
	$(install_names); \
	  rm -f "$$bash/$$as" "$$zsh/_$$as" "$$fish/$$as.fish"; \
	done

.PHONY: clean-completions install-completions uninstall-completions
