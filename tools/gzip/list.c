/* SPDX-License-Identifier: ISC */
/*
 * list.c - what -l says of each file and of all
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "gzip/gzip.h"

/* As wide as GNU's columns, which hold any 64-bit number. */
#define WIDTH 19

static struct {
	bool begun;
	uint64_t in;
	uint64_t out;
	uint64_t overhead; /* of the last */
} total;

static void
print_titles(void)
{
	if (total.begun || opt.quiet)
		return;
	if (opt.verbose > 0)
		printf("method  crc     date  time  ");
	printf("%*s %*s  ratio uncompressed_name\n", WIDTH, "compressed", WIDTH,
	    "uncompressed");
}

static void
print_details(const struct file *f, uint32_t crc)
{
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	const struct tm *tm = localtime(&f->mtime.tv_sec);

	printf("defla %08" PRIx32 " ", crc);
	if (tm == NULL)
		printf("??? ?? ??:?? ");
	else
		printf("%s %2d %02d:%02d ", months[tm->tm_mon], tm->tm_mday,
		    tm->tm_hour, tm->tm_min);
}

static void
print_sizes(uint64_t in, uint64_t out, uint64_t overhead, const char *name)
{
	int64_t saved = (int64_t)(out - (in - overhead));
	char text[RATIO_MAX];

	printf("%*" PRIu64 " %*" PRIu64 " %s %s\n", WIDTH, in, WIDTH, out,
	    ratio(text, saved, out), name);
}

void
list_add(const struct file *f, const struct stream_gunzip_info *info)
{
	print_titles();
	total.begun = true;
	total.in += info->in;
	total.out += info->out;
	total.overhead = info->overhead;
	if (opt.verbose > 0)
		print_details(f, info->crc);
	print_sizes(info->in, info->out, info->overhead, f->out_name);
}

void
list_totals(void)
{
	if (opt.quiet || !total.begun)
		return;
	if (opt.verbose > 0)
		printf("%*s", 28, "");
	print_sizes(total.in, total.out, total.overhead, "(totals)");
}
