/* SPDX-License-Identifier: ISC */
/*
 * expand.c - all members of one file into one; -t and -l do it into nothing
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gzip/gzip.h"

/* A header longer than this is read, but its name is not looked for first. */
#define PEEK ((size_t)128 * 1024)

static unsigned
codec_flags(const struct file *f)
{
	unsigned flags = STREAM_GUNZIP_SALVAGE;

	if (opt.force > 0 && f->to_stdout && !opt.list && !opt.test)
		flags |= STREAM_GUNZIP_PASS;
	if (opt.force > 1)
		flags |= STREAM_GUNZIP_LENIENT;
	return flags;
}

/* --- What is wrong --- */

static void
say_flags(const struct file *f, const struct stream_gunzip_info *info)
{
	error("%s has flags 0x%02x -- not supported", f->name, info->flags);
}

static void
say_header_crc(const struct file *f, const struct stream_gunzip_info *info)
{
	error("%s: header checksum 0x%04x != computed checksum 0x%04x", f->name,
	    info->header_crc, info->header_crc_wanted);
}

/* Wrong in the header: the next file may be better. */
static bool
say_bad_header(const struct file *f, const struct stream_gunzip_info *info)
{
	switch (info->problem) {
	case STREAM_GUNZIP_NOT_GZIP:
		error_apart("%s: not in gzip format", f->name);
		break;
	case STREAM_GUNZIP_FORMAT:
		error("%s: %s format -- not supported", f->name, info->format);
		break;
	case STREAM_GUNZIP_METHOD:
		error("%s: unknown method %u -- not supported", f->name,
		    info->method);
		break;
	case STREAM_GUNZIP_ENCRYPTED:
		error("%s is encrypted -- not supported", f->name);
		break;
	case STREAM_GUNZIP_FLAGS:
		say_flags(f, info);
		break;
	default:
		say_header_crc(f, info);
	}
	return f->path != NULL;
}

static bool
say_bad_sum(const struct file *f, enum stream_gunzip_problem problem)
{
	if (problem != STREAM_GUNZIP_LENGTH)
		error_apart("%s: invalid compressed data--crc error", f->name);
	if (problem != STREAM_GUNZIP_CRC)
		error_apart(
		    "%s: invalid compressed data--length error", f->name);
	return opt.test || opt.list;
}

/* False: do no more files. */
static bool
say_problem(const struct file *f, const struct stream_gunzip_info *info)
{
	switch (info->problem) {
	case STREAM_GUNZIP_OK:
		return true;
	case STREAM_GUNZIP_TRUNCATED:
		error_apart("%s: unexpected end of file", f->name);
		return false;
	case STREAM_GUNZIP_DATA:
		error_apart(
		    "%s: invalid compressed data--format violated", f->name);
		return false;
	case STREAM_GUNZIP_CRC:
	case STREAM_GUNZIP_LENGTH:
	case STREAM_GUNZIP_CRC_AND_LENGTH:
		return say_bad_sum(f, info->problem);
	default:
		return say_bad_header(f, info);
	}
}

/* --- What the header says --- */

static void
say_notes(const struct file *f, const struct stream_gunzip_info *info)
{
	if (info->notes & STREAM_GUNZIP_BAD_FLAGS)
		say_flags(f, info);
	if (info->notes & STREAM_GUNZIP_EXTRA && opt.verbose > 0)
		say("%s: extra field of %u bytes ignored", f->name,
		    info->extra);
	if (info->notes & STREAM_GUNZIP_BAD_HEADER_CRC)
		say_header_crc(f, info);
}

static bool
use_name(struct file *f, const struct stream_gunzip_info *info)
{
	bool wanted = !opt.no_name && (!f->to_stdout || opt.list);
	char *out;

	if (!wanted || !(info->notes & STREAM_GUNZIP_NAMED))
		return true;
	if (info->notes & STREAM_GUNZIP_NAME_CUT) {
		error_apart(
		    "%s: corrupted input -- file name too large", f->name);
		return false;
	}
	out = name_stored(f->path == NULL ? "" : f->name, info->name);
	if (out == NULL)
		return true;
	free(f->out);
	f->out = out;
	f->out_name = out;
	return true;
}

/* False: do no more files. */
static bool
use_header(struct file *f, const struct stream_gunzip_info *info)
{
	say_notes(f, info);
	if (!opt.no_time && info->mtime != 0) {
		f->mtime = (struct timespec) { .tv_sec = info->mtime };
		f->has_mtime = true;
	}
	return use_name(f, info);
}

/* Where it can be looked at without being read: what is it? */
static bool
peek(struct file *f, struct stream_gunzip_info *info)
{
	unsigned char *bytes = malloc(PEEK);
	ssize_t n =
	    bytes == NULL ? -ENOMEM : stream_pread(f->fd, bytes, PEEK, 0);

	if (n >= 0)
		(void)stream_gunzip_header(
		    bytes, (size_t)n, codec_flags(f), (size_t)n < PEEK, info);
	free(bytes);
	if (n >= 0)
		return true;
	error_apart("%s: %s", f->name, strerror((int)-n));
	return false;
}

/* --- What became of it --- */

static void
say_trailing(const struct file *f, const struct stream_gunzip_info *info)
{
	if (info->notes & STREAM_GUNZIP_GARBAGE)
		warning_apart(
		    "%s: decompression OK, trailing garbage ignored", f->name);
	else if (info->notes & STREAM_GUNZIP_ZEROS && opt.verbose > 0)
		warning_apart("%s: decompression OK, trailing zero bytes "
			      "ignored",
		    f->name);
}

static void
say_result(const struct file *f, const struct stream_gunzip_info *info)
{
	int64_t saved = (int64_t)(info->out - (info->in - info->overhead));
	char text[RATIO_MAX];

	if (opt.test)
		verbose(" OK\n");
	else if (f->path != NULL)
		verbose("%s -- %s %s\n", ratio(text, saved, info->out),
		    opt.keep ? "created" : "replaced with", f->out_name);
}

/* False: do no more files. */
static bool
conclude(struct file *f, const struct outcome *o,
    const struct stream_gunzip_info *info, bool peeked)
{
	bool withheld =
	    info->problem != STREAM_GUNZIP_OK && o->code == -EBADMSG;

	if (o->code != 0 && !withheld)
		return run_report(f, o);
	if (!peeked && !use_header(f, info))
		return false;
	if (info->problem != STREAM_GUNZIP_OK)
		return say_problem(f, info);
	say_trailing(f, info);
	if (opt.list)
		list_add(f, info);
	else
		say_result(f, info);
	return true;
}

bool
expand_file(struct file *f)
{
	struct stream_gunzip_info info = { .size = sizeof(info) };
	struct stream_gunzip_opts opts = {
		.size = sizeof(opts),
		.flags = codec_flags(f),
		.info = &info,
	};
	bool peeked = f->path != NULL && S_ISREG(f->st.st_mode);
	struct outcome o;

	if (peeked && !peek(f, &info))
		return false;
	if (info.problem != STREAM_GUNZIP_OK)
		return say_problem(f, &info);
	if (peeked && !use_header(f, &info))
		return false;
	if (!output_make_way(f))
		return true;
	if (f->path != NULL && !opt.list)
		verbose("%s:\t", f->name);
	f->found = &info;
	o = run(f, stream_gunzip(f->loop, &opts));
	return conclude(f, &o, &info, peeked);
}
