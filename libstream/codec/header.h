/* SPDX-License-Identifier: ISC */
/*
 * header.h - the header of a gzip member (RFC 1952, 2.3), read byte by byte
 *
 * Byte by byte because it may come so, because its fields have no limit, and
 * because it is short: speed is of no concern here.
 */
#ifndef CODEC_HEADER_H
#define CODEC_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libstream-codec.h"

enum { /* of the fixed part and of the trailer: checksum and length */
	GZIP_HEADER_LEN = 10,
	GZIP_TRAILER_LEN = 8
};

enum header_kind {
	HEADER_UNKNOWN, /* two bytes are needed to tell */
	HEADER_GZIP,
	HEADER_OTHER, /* of a format that is not read here */
	HEADER_NONE
};

struct header {
	struct stream_gunzip_info *info;
	unsigned flags; /* of stream_gunzip_opts */
	bool first; /* of the file: its name and so on are kept */

	const struct header_field *field; /* NULL: the header is over */
	unsigned number; /* of a field of several bytes, so far */
	unsigned bytes; /* of the field, so far */
	uint64_t len; /* of the header, so far */
	size_t name_len;
	unsigned extra_left;
	uint32_t crc;
};

/* What do the len bytes begin, if the file begins with them (first) or not? */
enum header_kind header_kind(const unsigned char *bytes, size_t len, bool first,
    struct stream_gunzip_info *info);

/* The problem, if there is one, of an input that ends with so few bytes. */
enum stream_gunzip_problem header_missing(
    const unsigned char *bytes, size_t len, bool first);

/* Begin with what comes after the two magic bytes. */
void header_init(struct header *h, const unsigned char magic[2], unsigned flags,
    bool first, struct stream_gunzip_info *info);

/* One more byte.  False: there is a problem, see info. */
bool header_take(struct header *h, unsigned char byte);
bool header_is_over(const struct header *h);

/* Copy what was found to a caller's struct, as far as that reaches. */
void header_publish(
    const struct stream_gunzip_info *found, struct stream_gunzip_info *info);

#endif
