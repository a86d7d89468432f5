# SPDX-License-Identifier: ISC
# Checks beside the tests.  Each is a script that prints TAP and leaves a log
# and a .trs as a test does, so that summary.sh counts what it claims.
EXTRA_DIST += \
	.ci/run \
	bootstrap \
	%D%/check-abi.sh \
	%D%/check-man.sh \
	%D%/check-style.sh \
	%D%/demo.sh \
	%D%/summary.sh \
	%D%/tap.sh

summary = $(SHELL) $(srcdir)/%D%/summary.sh
tap_check = $(AM_TESTS_ENVIRONMENT) $(TAP_DRIVER) --comments \
	--test-name $@ --log-file $@.log --trs-file $@.trs --

checks += check-man check-style check-abi

check-man:
	@MANDOC='$(MANDOC)'; export MANDOC; \
	  $(tap_check) $(SHELL) $(srcdir)/%D%/check-man.sh $(srcdir)/man/*.[1-8]
	@$(summary) $@.trs

check-style:
	@CLANG_FORMAT='$(CLANG_FORMAT)' SHELLCHECK='$(SHELLCHECK)'; \
	  export CLANG_FORMAT SHELLCHECK; \
	  $(tap_check) $(SHELL) $(srcdir)/%D%/check-style.sh $(srcdir)
	@$(summary) $@.trs

check-abi: $(lib_LTLIBRARIES)
	@$(tap_check) $(SHELL) $(srcdir)/%D%/check-abi.sh $(abi)
	@$(summary) $@.trs

# Every bats file once more, by itself: check runs them too, for each of the
# kinds of I/O that were built.
check-io:
	$(MAKE) check TESTS='$(bats_tests)'

# The sum of the tests that were run last.
check-sum:
	@$(summary) $(TEST_LOGS:.log=.trs)

# All there is, and the sum of it in the last line.
all_results = $(TEST_LOGS:.log=.trs) $(checks:=.trs)

check-all: all
	@rm -f $(all_results); \
	for check in check $(checks); do $(MAKE) $$check; done; \
	$(summary) $(all_results)

# The same at full counts.
check-long:
	@SU_LONG=1 FAULT_SEEDS=$${FAULT_SEEDS-50} \
	  $(MAKE) --no-print-directory check-all

.PHONY: check-all check-io check-long check-sum $(checks)

clean-local: clean-checks
clean-checks:
	-rm -f $(checks:=.log) $(checks:=.trs)
.PHONY: clean-checks
