# SPDX-License-Identifier: ISC
# su_flags.m4 - what configure asks of the compiler and the system

# SU_APPEND_FLAGS(VARIABLE, FLAGS)
# Append to VARIABLE those of FLAGS that compile and link without complaint.
# A link test also catches flags whose runtime is missing.
AC_DEFUN([SU_APPEND_FLAGS],
[for su_flag in $2; do
   AC_MSG_CHECKING([whether $CC accepts $su_flag])
   su_saved_CFLAGS=$CFLAGS
   CFLAGS="$CFLAGS -Werror $su_flag"
   AC_LINK_IFELSE([AC_LANG_PROGRAM], [su_ok=yes], [su_ok=no])
   CFLAGS=$su_saved_CFLAGS
   AC_MSG_RESULT([$su_ok])
   AS_IF([test $su_ok = yes], [AS_VAR_APPEND([$1], [" $su_flag"])])
 done])

# SU_WARNINGS
# WARN_CFLAGS; --enable-werror is for CI: tomorrow's compiler warns of more.
AC_DEFUN([SU_WARNINGS],
[AC_ARG_ENABLE([werror],
   [AS_HELP_STRING([--enable-werror], [make warnings errors])],
   [], [enable_werror=no])
 WARN_CFLAGS=
 SU_APPEND_FLAGS([WARN_CFLAGS], [-Wall -Wextra -Wshadow -Wformat=2 \
   -Wstrict-prototypes -Wmissing-prototypes -Wmissing-declarations \
   -Wpointer-arith -Wwrite-strings -Wvla -Wundef -Wimplicit-fallthrough \
   -Wnull-dereference -Wduplicated-cond -Wlogical-op -Wdate-time])
 AS_IF([test "$enable_werror" = yes], [AS_VAR_APPEND([WARN_CFLAGS], [" -Werror"])])
 AC_SUBST([WARN_CFLAGS])])

# SU_SANITIZE
# SANITIZE_CFLAGS, for compiling and linking.
AC_DEFUN([SU_SANITIZE],
[AC_ARG_ENABLE([sanitize],
   [AS_HELP_STRING([--enable-sanitize=LIST],
     [build with sanitizers, such as address,undefined])],
   [], [enable_sanitize=no])
 SANITIZE_CFLAGS=
 su_sanitize=none
 AS_CASE([$enable_sanitize],
   [no], [],
   [yes], [AC_MSG_ERROR([--enable-sanitize needs a list of sanitizers])],
   [SU_APPEND_FLAGS([SANITIZE_CFLAGS], [-fsanitize=$enable_sanitize])
    AS_IF([test -z "$SANITIZE_CFLAGS"],
      [AC_MSG_ERROR([$CC cannot link with -fsanitize=$enable_sanitize])])
    SU_APPEND_FLAGS([SANITIZE_CFLAGS], [-fno-omit-frame-pointer \
      -fno-sanitize-recover=all])
    su_sanitize=$enable_sanitize])
 AC_SUBST([SANITIZE_CFLAGS])
 AM_CONDITIONAL([SANITIZE], [test "$su_sanitize" != none])])

# SU_FUZZING
# FUZZ_CFLAGS instrument all code, LIB_FUZZING_ENGINE links a fuzz target.
AC_DEFUN([SU_FUZZING],
[AC_ARG_ENABLE([fuzzing],
   [AS_HELP_STRING([--enable-fuzzing],
     [build the fuzz targets (needs clang, or LIB_FUZZING_ENGINE)])],
   [], [enable_fuzzing=no])
 AC_ARG_VAR([LIB_FUZZING_ENGINE], [what links a fuzz target to its engine])
 FUZZ_CFLAGS=
 su_fuzzing=$enable_fuzzing
 AS_IF([test "$enable_fuzzing" = yes],
   [SU_APPEND_FLAGS([FUZZ_CFLAGS], [-fsanitize=fuzzer-no-link])
    AS_IF([test -z "$FUZZ_CFLAGS" && test -z "$LIB_FUZZING_ENGINE"],
      [AC_MSG_ERROR([$CC cannot build fuzz targets; try CC=clang])])
    : "${LIB_FUZZING_ENGINE=-fsanitize=fuzzer}"])
 AC_SUBST([FUZZ_CFLAGS])
 AM_CONDITIONAL([FUZZING], [test "$enable_fuzzing" = yes])])

# SU_HARDENING
# HARDEN_CPPFLAGS, HARDEN_CFLAGS, HARDEN_LDFLAGS, and PIE_LDFLAGS for programs.
# After SU_SANITIZE: sanitizers intercept the calls that are not fortified.
AC_DEFUN([SU_HARDENING],
[AC_REQUIRE([AC_CANONICAL_HOST])
 AC_ARG_ENABLE([hardening],
   [AS_HELP_STRING([--disable-hardening],
     [leave the hardening flags to the distribution])],
   [], [enable_hardening=yes])
 HARDEN_CPPFLAGS= HARDEN_CFLAGS= HARDEN_LDFLAGS= PIE_LDFLAGS=
 su_hardening=$enable_hardening
 AS_IF([test "$enable_hardening" = yes],
   [SU_APPEND_FLAGS([HARDEN_CFLAGS], [-fstack-protector-strong \
      -fstack-clash-protection -fPIE])
    AS_CASE([$host_cpu],
      [x86_64|i?86], [SU_APPEND_FLAGS([HARDEN_CFLAGS], [-fcf-protection])],
      [aarch64*],
        [SU_APPEND_FLAGS([HARDEN_CFLAGS], [-mbranch-protection=standard])])
    SU_APPEND_FLAGS([HARDEN_LDFLAGS], [-Wl,-z,relro -Wl,-z,now \
      -Wl,-z,noexecstack])
    su_hardening_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -fPIE"
    SU_APPEND_FLAGS([PIE_LDFLAGS], [-pie])
    CFLAGS=$su_hardening_CFLAGS
    AS_CASE([" $CFLAGS $su_sanitize "],
      [*" none "*], [AS_CASE([" $CFLAGS "],
        [*" -O0 "*], [],
        [*" -O"*], [SU_FORTIFY])])])
 AC_SUBST([HARDEN_CPPFLAGS])
 AC_SUBST([HARDEN_CFLAGS])
 AC_SUBST([HARDEN_LDFLAGS])
 AC_SUBST([PIE_LDFLAGS])])

# SU_FORTIFY
# The strongest _FORTIFY_SOURCE that compiles quietly with what CFLAGS ask.
AC_DEFUN([SU_FORTIFY],
[for su_level in 3 2; do
   AC_MSG_CHECKING([whether _FORTIFY_SOURCE=$su_level works])
   su_saved_CFLAGS=$CFLAGS
   CFLAGS="$CFLAGS -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$su_level"
   AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]],
     [[char a[9]; strcpy(a, "x"); return a[1];]])], [su_ok=yes], [su_ok=no])
   CFLAGS=$su_saved_CFLAGS
   AC_MSG_RESULT([$su_ok])
   AS_IF([test $su_ok = yes],
     [HARDEN_CPPFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$su_level"
      break])
 done])

# SU_PTHREAD
# PTHREAD_CFLAGS and PTHREAD_LIBS: empty where libc holds the threads.
AC_DEFUN([SU_PTHREAD],
[AC_CACHE_CHECK([what threads need], [su_cv_pthread],
  [AC_LANG_CONFTEST([AC_LANG_PROGRAM([[
#include <pthread.h>
static void *run(void *arg) { return arg; }]], [[
pthread_t t;
return pthread_create(&t, NULL, run, NULL) || pthread_join(t, NULL);]])])
   su_cv_pthread=no
   su_saved_CFLAGS=$CFLAGS
   for su_flag in '' -pthread; do
     CFLAGS="$su_saved_CFLAGS $su_flag"
     AC_LINK_IFELSE([], [su_cv_pthread=${su_flag:-nothing}; break])
   done
   CFLAGS=$su_saved_CFLAGS
   rm -f conftest.$ac_ext])
 PTHREAD_CFLAGS= PTHREAD_LIBS=
 AS_CASE([$su_cv_pthread],
   [no], [AC_MSG_ERROR([no POSIX threads found])],
   [-pthread], [PTHREAD_CFLAGS=-pthread PTHREAD_LIBS=-pthread])
 AC_SUBST([PTHREAD_CFLAGS])
 AC_SUBST([PTHREAD_LIBS])])

# SU_LINUX_IO
# One switch for all that Linux has beyond POSIX for moving data, so that
# there are two kinds of build to test and not two to the power of five.
AC_DEFUN([SU_LINUX_IO],
[AC_ARG_ENABLE([linux-io],
   [AS_HELP_STRING([--disable-linux-io],
     [use only POSIX calls to move data: no splice, tee, RWF_NOWAIT])],
   [], [enable_linux_io=yes])
 su_linux_io=no
 AS_IF([test "$enable_linux_io" = yes],
   [AC_MSG_CHECKING([for splice, tee, preadv2, copy_file_range, F_SETPIPE_SZ])
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>]], [[
struct iovec v = { 0 };
splice(0, NULL, 1, NULL, 1, SPLICE_F_MOVE);
tee(0, 1, 1, SPLICE_F_NONBLOCK);
copy_file_range(0, NULL, 1, NULL, 1, 0);
fcntl(0, F_SETPIPE_SZ, 1 << 20);
return preadv2(0, &v, 1, -1, RWF_NOWAIT) < pwritev2(1, &v, 1, -1, RWF_NOWAIT);
]])], [su_linux_io=yes])
    AC_MSG_RESULT([$su_linux_io])])
 AS_IF([test $su_linux_io = yes],
   [AC_DEFINE([HAVE_LINUX_IO], [1],
     [Define to use splice, tee, preadv2, copy_file_range and F_SETPIPE_SZ.])])
 AM_CONDITIONAL([LINUX_IO], [test $su_linux_io = yes])])

# SU_SHARED_TOOLS
# TOOL_LDFLAGS, for libtool.  Tools hold libstream so that they start fast and
# run from the build tree without wrappers; linked with the shared library,
# they prove that they use its public interface only.
AC_DEFUN([SU_SHARED_TOOLS],
[AC_ARG_ENABLE([shared-tools],
   [AS_HELP_STRING([--enable-shared-tools],
     [link the tools with the shared libstream])],
   [], [enable_shared_tools=no])
 TOOL_LDFLAGS=-static su_tools_linked=statically
 AS_IF([test "$enable_shared_tools" = yes],
   [TOOL_LDFLAGS= su_tools_linked=dynamically])
 AC_SUBST([TOOL_LDFLAGS])])
