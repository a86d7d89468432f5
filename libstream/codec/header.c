/* SPDX-License-Identifier: ISC */
/*
 * header.c - read the header of a gzip member
 *
 * A header is a row of fields, each of them there or not as the flags say, and
 * each of them with a function that takes its bytes and tells when it is over.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <zlib.h>

#include "header.h"

enum { /* flags of a header; FTEXT, 1, means nothing to anybody */
	FHCRC = 1 << 1,
	FEXTRA = 1 << 2,
	FNAME = 1 << 3,
	FCOMMENT = 1 << 4,
	ENCRYPTED = 1 << 5, /* by gzip 1.0 to 1.2, it is said */
	RESERVED = 3 << 6
};

enum taken { MORE, OVER, FAILED };

struct header_field {
	unsigned flag; /* 0: always there */
	enum taken (*take)(struct header *h, unsigned char byte);
};

static enum taken
fail(struct header *h, enum stream_gunzip_problem problem)
{
	h->info->problem = problem;
	return FAILED;
}

/* Little-endian, as all numbers of a gzip file. */
static enum taken
take_number(struct header *h, unsigned char byte, unsigned len)
{
	h->number |= (unsigned)byte << (8 * h->bytes);
	return ++h->bytes == len ? OVER : MORE;
}

static enum taken
take_method(struct header *h, unsigned char byte)
{
	h->info->method = byte;
	return byte == Z_DEFLATED ? OVER : fail(h, STREAM_GUNZIP_METHOD);
}

static enum taken
take_flags(struct header *h, unsigned char byte)
{
	h->info->flags = byte;
	if (byte & ENCRYPTED)
		return fail(h, STREAM_GUNZIP_ENCRYPTED);
	if ((byte & RESERVED) == 0)
		return OVER;
	if (!(h->flags & STREAM_GUNZIP_LENIENT))
		return fail(h, STREAM_GUNZIP_FLAGS);
	h->info->notes |= STREAM_GUNZIP_BAD_FLAGS;
	return OVER;
}

static enum taken
take_mtime(struct header *h, unsigned char byte)
{
	if (take_number(h, byte, 4) == MORE)
		return MORE;
	if (h->first)
		h->info->mtime = h->number;
	return OVER;
}

/* How hard was tried, and by which system: nobody needs to know. */
static enum taken
take_nothing(struct header *h, unsigned char byte)
{
	(void)h, (void)byte;
	return OVER;
}

static enum taken
take_extra_len(struct header *h, unsigned char byte)
{
	if (take_number(h, byte, 2) == MORE)
		return MORE;
	h->extra_left = h->number;
	if (h->first) {
		h->info->extra = h->number;
		h->info->notes |= STREAM_GUNZIP_EXTRA;
	}
	return OVER;
}

static enum taken
take_extra(struct header *h, unsigned char byte)
{
	(void)byte;
	return --h->extra_left == 0 ? OVER : MORE;
}

static enum taken
take_name(struct header *h, unsigned char byte)
{
	struct stream_gunzip_info *info = h->info;

	if (h->first && h->name_len < sizeof(info->name) - 1)
		info->name[h->name_len++] = (char)byte;
	else if (h->first && byte != '\0')
		info->notes |= STREAM_GUNZIP_NAME_CUT;
	if (byte != '\0')
		return MORE;
	if (h->first)
		info->notes |= STREAM_GUNZIP_NAMED;
	return OVER;
}

static enum taken
take_comment(struct header *h, unsigned char byte)
{
	(void)h;
	return byte == '\0' ? OVER : MORE;
}

/* The lower half of the CRC-32 of all that came before. */
static enum taken
take_header_crc(struct header *h, unsigned char byte)
{
	struct stream_gunzip_info *info = h->info;
	unsigned wanted = info->header_crc_wanted;

	if (h->bytes == 0)
		wanted = info->header_crc_wanted = h->crc & 0xffff;
	if (take_number(h, byte, 2) == MORE)
		return MORE;
	info->header_crc = h->number;
	if (h->number == wanted)
		return OVER;
	if (!(h->flags & STREAM_GUNZIP_LENIENT))
		return fail(h, STREAM_GUNZIP_HEADER_CRC);
	info->notes |= STREAM_GUNZIP_BAD_HEADER_CRC;
	return OVER;
}

static const struct header_field fields[] = {
	{ 0, take_method },
	{ 0, take_flags },
	{ 0, take_mtime },
	{ 0, take_nothing },
	{ 0, take_nothing },
	{ FEXTRA, take_extra_len },
	{ FEXTRA, take_extra },
	{ FNAME, take_name },
	{ FCOMMENT, take_comment },
	{ FHCRC, take_header_crc },
	{ 0, NULL },
};

static bool
is_there(const struct header *h, const struct header_field *field)
{
	if (field->take == take_extra && h->extra_left == 0)
		return false;
	return field->flag == 0 || (h->info->flags & field->flag);
}

static void
next_field(struct header *h)
{
	do
		h->field++;
	while (h->field->take != NULL && !is_there(h, h->field));
	h->bytes = 0;
	h->number = 0;
}

void
header_init(struct header *h, const unsigned char magic[2], unsigned flags,
    bool first, struct stream_gunzip_info *info)
{
	*h = (struct header) {
		.info = info,
		.flags = flags,
		.first = first,
		.field = fields,
		.len = 2,
		.crc = (uint32_t)crc32(0, magic, 2),
	};
}

bool
header_take(struct header *h, unsigned char byte)
{
	enum taken taken = h->field->take(h, byte);

	h->crc = (uint32_t)crc32(h->crc, &byte, 1);
	h->len++;
	if (taken == OVER)
		next_field(h);
	return taken != FAILED;
}

bool
header_is_over(const struct header *h)
{
	return h->field->take == NULL;
}

/* --- What a file begins with --- */

static const struct magic {
	unsigned char bytes[2];
	bool first_only; /* only at the start of a file */
	const char *format; /* NULL: it is gzip */
} magics[] = {
	{ { 0x1f, 0x8b }, false, NULL },
	{ { 0x1f, 0x9e }, false, NULL }, /* gzip 0.5 */
	{ { 0x1f, 0x9d }, false, "compress" },
	{ { 0x1f, 0x1e }, false, "pack" },
	{ { 0x1f, 0xa0 }, false, "lzh" },
	{ { 'P', 'K' }, true, "zip" },
};

enum header_kind
header_kind(const unsigned char *bytes, size_t len, bool first,
    struct stream_gunzip_info *info)
{
	if (len < 2)
		return HEADER_UNKNOWN;
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		const struct magic *m = &magics[i];

		if (memcmp(bytes, m->bytes, 2) != 0 ||
		    (m->first_only && !first))
			continue;
		info->format = m->format;
		return m->format == NULL ? HEADER_GZIP : HEADER_OTHER;
	}
	return HEADER_NONE;
}

/* The input ends after the len bytes, which are too few for a magic number. */
enum stream_gunzip_problem
header_missing(const unsigned char *bytes, size_t len, bool first)
{
	if (len == 0)
		return first ? STREAM_GUNZIP_TRUNCATED : STREAM_GUNZIP_OK;
	if (bytes[0] != 0)
		return STREAM_GUNZIP_TRUNCATED;
	return first ? STREAM_GUNZIP_NOT_GZIP : STREAM_GUNZIP_OK;
}

static void
read_fields(const unsigned char *bytes, size_t len, unsigned flags, bool last,
    struct stream_gunzip_info *info)
{
	struct header h;

	header_init(&h, bytes, flags, true, info);
	for (size_t i = 2; i < len && !header_is_over(&h); i++)
		if (!header_take(&h, bytes[i]))
			return;
	if (header_is_over(&h))
		info->overhead = h.len + GZIP_TRAILER_LEN;
	else if (last)
		info->problem = STREAM_GUNZIP_TRUNCATED;
}

static void
read_header(const unsigned char *bytes, size_t len, unsigned flags, bool last,
    struct stream_gunzip_info *info)
{
	bool pass = flags & STREAM_GUNZIP_PASS;

	switch (header_kind(bytes, len, true, info)) {
	case HEADER_UNKNOWN:
		if (last && !pass)
			info->problem = header_missing(bytes, len, true);
		break;
	case HEADER_OTHER:
		info->problem = STREAM_GUNZIP_FORMAT;
		break;
	case HEADER_NONE:
		if (!pass)
			info->problem = STREAM_GUNZIP_NOT_GZIP;
		break;
	case HEADER_GZIP:
		read_fields(bytes, len, flags, last, info);
		break;
	}
}

ssize_t
stream_gunzip_header(const void *bytes, size_t len, unsigned flags, int last,
    struct stream_gunzip_info *info)
{
	struct stream_gunzip_info found = { 0 };

	read_header(bytes, len, flags, last != 0, &found);
	header_publish(&found, info);
	if (found.problem != STREAM_GUNZIP_OK)
		return -EBADMSG;
	if (found.overhead == 0)
		return 0;
	return (ssize_t)(found.overhead - GZIP_TRAILER_LEN);
}

/* The caller may have been compiled when the struct was shorter. */
void
header_publish(
    const struct stream_gunzip_info *found, struct stream_gunzip_info *info)
{
	size_t size;

	if (info == NULL)
		return;
	size = info->size < sizeof(*info) ? info->size : sizeof(*info);
	memcpy(info, found, size);
	info->size = size;
}
