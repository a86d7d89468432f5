# SPDX-License-Identifier: ISC
# helper.bash - what every bats file loads: the built tools first in PATH, an
# empty working folder for each test, and a few words to claim things with.
bats_require_minimum_version 1.5.0

# By hand (bats tests/tee.bats) a build in the source tree is taken.
: "${SU_SRCDIR:=$(cd "$BATS_TEST_DIRNAME/.." && pwd)}"
: "${SU_BUILDDIR:=$SU_SRCDIR}"
export SU_SRCDIR SU_BUILDDIR
PATH=$SU_BUILDDIR/bin:$PATH
export LC_ALL=C TZ=UTC0

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

# same FILE FILE: byte for byte.  For bytes, never use $output: run drops NULs
# and the newlines at the end.
same() {
	cmp -- "$1" "$2"
}

# default_sigpipe COMMAND...: run it with SIGPIPE as a shell would leave it,
# whatever the runner of the tests ignores.
default_sigpipe() {
	env --default-signal=PIPE "$@"
}

# job_ends STATUS PID: a background job of this test ends so.  Not with run, which
# would wait in a subshell that has no such job.
job_ends() {
	local status=0

	wait "$2" || status=$?
	[ "$status" -eq "$1" ]
}

# mortal COMMAND...: run it so that modes of files forbid, to root too.
mortal() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --bounding-set=-dac_override "$@"
	else
		"$@"
	fi
}

# full SMALL LARGE: how many, in this run and in check-long.
full() {
	if [ -n "${SU_LONG:-}" ]; then
		echo "$2"
	else
		echo "$1"
	fi
}
