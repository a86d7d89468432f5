# SPDX-License-Identifier: ISC
# Manual pages.  Those of the tools follow --program-prefix, the others not.
man3_pages = \
	%D%/libstream.3 \
	%D%/stream_channel.3 \
	%D%/stream_chunk.3 \
	%D%/stream_cluster.3 \
	%D%/stream_destroy.3 \
	%D%/stream_exec.3 \
	%D%/stream_filter.3 \
	%D%/stream_gzip.3 \
	%D%/stream_loop.3 \
	%D%/stream_new.3 \
	%D%/stream_on.3 \
	%D%/stream_open.3 \
	%D%/stream_pair.3 \
	%D%/stream_pipe.3 \
	%D%/stream_pipeline.3 \
	%D%/stream_replace.3 \
	%D%/stream_spawn.3 \
	%D%/stream_spool.3 \
	%D%/stream_work.3 \
	%D%/stream_write.3
dist_man_MANS += %D%/gzip.1
dist_man_MANS += %D%/rate-limit.1
dist_man_MANS += %D%/reverse.1
dist_man_MANS += %D%/tee.1
notrans_dist_man_MANS += \
	$(man3_pages) \
	%D%/stream-ipc.7 \
	%D%/stream-process.7 \
	%D%/stream.7 \
	%D%/streamutils.7
EXTRA_DIST += %D%/aliases.awk

# --- Pages that only point to another, one for each further name ---------------

# For each name $$alias in section 3 that the page $$page describes.
each_name = (cd $(srcdir) && $(AWK) -f %D%/aliases.awk $(man3_pages)) | \
	while read -r alias page

install-data-local: install-man-names
install-man-names:
	$(MKDIR_P) "$(DESTDIR)$(man1dir)" "$(DESTDIR)$(man3dir)"
	umask 022; $(each_name); do \
	  echo ".so man3/$$page.3" >"$(DESTDIR)$(man3dir)/$$alias.3" || exit 1; \
	done
	umask 022; $(each_alias); \
	  echo ".so man1/$$to.1" >"$(DESTDIR)$(man1dir)/$$from.1" || exit 1; \
	done

uninstall-local: uninstall-man-names
uninstall-man-names:
	$(each_name); do rm -f "$(DESTDIR)$(man3dir)/$$alias.3"; done
	$(each_alias); rm -f "$(DESTDIR)$(man1dir)/$$from.1"; done

.PHONY: install-man-names uninstall-man-names
