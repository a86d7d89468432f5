/* SPDX-License-Identifier: ISC */
/*
 * libstream-codec.h - gzip and gunzip as transforms
 *
 * Two streams to put into a pipeline: one makes a gzip file (RFC 1952) of what
 * is written to it, the other expands one.  What they found out on the way is
 * kept in a struct of the caller's, which must outlive the stream: a stream is
 * gone when its pipeline tells that it is done, the struct is not.
 *
 * The bytes that come out depend on the bytes that go in and on the options,
 * never on how the input was cut into pieces.  Memory is bounded.
 */
#ifndef LIBSTREAM_CODEC_H
#define LIBSTREAM_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "libstream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- Compressing ------------------------------------------------------------
 */

enum { STREAM_GZIP_STORE = -1 }; /* a level: do not compress */

enum { /* flags of stream_gzip_opts */
	/*
	 * Begin anew every 20 KiB or so, where the content says: a change of
	 * the input changes the output near it only.
	 */
	STREAM_GZIP_RSYNCABLE = 1 << 0
};

struct stream_gzip_info {
	size_t size; /* of this struct */
	uint64_t in; /* bytes taken */
	uint64_t out; /* bytes given */
	uint64_t overhead; /* of these, header and trailer */
	uint32_t crc; /* of what was taken */
};

struct stream_gzip_opts {
	size_t size; /* of this struct */
	unsigned flags;
	int level; /* 1 (fast) to 9 (small), or STREAM_GZIP_STORE; 0: 6 */
	const char *name; /* of the original, copied; NULL: not stored */
	uint32_t mtime; /* of the original, seconds since 1970; 0: unknown */
	struct stream_gzip_info *info; /* kept up to date; or NULL */
};

/* One gzip member of all that is written.  opts NULL: zeroes. */
STREAM_API struct stream *stream_gzip(
    struct stream_loop *loop, const struct stream_gzip_opts *opts);

/* --- Expanding --------------------------------------------------------------
 */

/* Why it cannot be expanded, or no further. */
enum stream_gunzip_problem {
	STREAM_GUNZIP_OK,
	STREAM_GUNZIP_TRUNCATED, /* the input ended too early, or was empty */
	STREAM_GUNZIP_NOT_GZIP, /* it does not begin as a gzip file does */
	STREAM_GUNZIP_FORMAT, /* another format, which info->format names */
	STREAM_GUNZIP_METHOD, /* info->method is not known */
	STREAM_GUNZIP_ENCRYPTED,
	STREAM_GUNZIP_FLAGS, /* info->flags has some that are not known */
	STREAM_GUNZIP_HEADER_CRC,
	STREAM_GUNZIP_DATA, /* the compressed data are damaged */
	STREAM_GUNZIP_CRC, /* what was expanded is not what was compressed */
	STREAM_GUNZIP_LENGTH,
	STREAM_GUNZIP_CRC_AND_LENGTH
};

/* What was seen that does not end it: bits of info->notes. */
enum {
	STREAM_GUNZIP_NAMED = 1 << 0, /* info->name was stored */
	STREAM_GUNZIP_NAME_CUT = 1 << 1, /* but is longer than that */
	STREAM_GUNZIP_EXTRA = 1 << 2, /* info->extra bytes were skipped */
	STREAM_GUNZIP_ZEROS = 1 << 3, /* zero bytes after the last member */
	STREAM_GUNZIP_GARBAGE = 1 << 4, /* other bytes, which were ignored */
	STREAM_GUNZIP_PASSED = 1 << 5, /* or passed on, see below */
	STREAM_GUNZIP_BAD_FLAGS = 1 << 6, /* and gone on in spite of it */
	STREAM_GUNZIP_BAD_HEADER_CRC = 1 << 7
};

#define STREAM_GUNZIP_NAME_MAX 1024

struct stream_gunzip_info {
	size_t size; /* of this struct */
	uint64_t in; /* bytes taken */
	uint64_t out; /* bytes given, of all members */
	uint64_t members; /* that were whole and right */
	uint64_t overhead; /* header and trailer of the first member */
	enum stream_gunzip_problem problem;
	unsigned notes;
	uint32_t crc; /* of the last member, as it should be */
	/* From the header of the first member, flags and so on of the last. */
	uint32_t mtime;
	char name[STREAM_GUNZIP_NAME_MAX];
	unsigned method;
	unsigned flags;
	unsigned extra;
	unsigned header_crc; /* as stored */
	unsigned header_crc_wanted; /* as computed */
	const char *format; /* "compress", "pack", "lzh" or "zip" */
};

enum { /* flags of stream_gunzip_opts */
	/* What does not begin as a member does is passed on as it is. */
	STREAM_GUNZIP_PASS = 1 << 0,
	/* Go on after unknown flags and wrong header checksums. */
	STREAM_GUNZIP_LENIENT = 1 << 1,
	/*
	 * When there is a problem give what was expanded before and then end,
	 * as if all were well: info->problem must be looked at.
	 */
	STREAM_GUNZIP_SALVAGE = 1 << 2
};

struct stream_gunzip_opts {
	size_t size; /* of this struct */
	unsigned flags;
	struct stream_gunzip_info *info; /* kept up to date; or NULL */
};

/*
 * Expand all members, each checked against its checksum and length.  Zero
 * bytes after the last member are ignored, and other garbage too.  A problem
 * fails the stream (-EBADMSG) after all that was expanded has been read from
 * it.  opts NULL: zeroes.
 */
STREAM_API struct stream *stream_gunzip(
    struct stream_loop *loop, const struct stream_gunzip_opts *opts);

/*
 * Look at the header that the len bytes begin with, as stream_gunzip() would,
 * and fill in what it says (not in, out and members); last is 1 if the input
 * ends after them.  Returns how long the header is; or 0 if more bytes are
 * needed to tell, or all is to be passed on; or -EBADMSG, see info->problem.
 */
STREAM_API ssize_t stream_gunzip_header(const void *bytes, size_t len,
    unsigned flags, int last, struct stream_gunzip_info *info);

/* "unexpected end of file": the problem, for a person. */
STREAM_API const char *stream_gunzip_strerror(
    const struct stream_gunzip_info *info);

#ifdef __cplusplus
}
#endif
#endif
