/* SPDX-License-Identifier: ISC */
/*
 * compress.c - one file into one gzip member
 */
#include "config.h"

#include <string.h>

#include "gzip/gzip.h"

static const char *
stored_name(const struct file *f)
{
	const char *slash;

	if (opt.no_name || f->path == NULL)
		return NULL;
	slash = strrchr(f->name, '/');
	return slash == NULL ? f->name : slash + 1;
}

/* The format has room for 32 bits, and 0 for "unknown". */
static uint32_t
stored_time(const struct file *f)
{
	if (!f->has_mtime)
		return 0;
	if (f->mtime.tv_sec > 0 && f->mtime.tv_sec <= UINT32_MAX)
		return (uint32_t)f->mtime.tv_sec;
	warning("%s: warning: file timestamp out of range for gzip format",
	    f->name);
	return 0;
}

static void
say_result(const struct file *f, const struct stream_gzip_info *info)
{
	int64_t saved = (int64_t)(info->in - (info->out - info->overhead));
	char text[RATIO_MAX];

	if (S_ISREG(f->st.st_mode) && info->in != (uint64_t)f->st.st_size)
		say("%s: file size changed while zipping", f->name);
	verbose("%s", ratio(text, saved, info->in));
	if (f->path != NULL)
		verbose(" -- %s %s", opt.keep ? "created" : "replaced with",
		    f->out_name);
	verbose("\n");
}

bool
compress_file(struct file *f)
{
	struct stream_gzip_info info = { .size = sizeof(info) };
	struct stream_gzip_opts opts = {
		.size = sizeof(opts),
		.level = opt.level,
		.name = stored_name(f),
		.flags = opt.rsyncable ? STREAM_GZIP_RSYNCABLE : 0,
		.info = &info,
	};
	struct outcome o;

	if (!output_make_way(f))
		return true;
	if (f->path != NULL)
		verbose("%s:\t", f->name);
	opts.mtime = stored_time(f);
	o = run(f, stream_gzip(f->loop, &opts));
	if (o.code != 0)
		return run_report(f, &o);
	say_result(f, &info);
	return true;
}
