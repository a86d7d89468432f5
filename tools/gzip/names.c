/* SPDX-License-Identifier: ISC */
/*
 * names.c - from the name of a file to that of the other and back
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gzip/gzip.h"

static const char *const known[] = { ".gz", ".z", ".taz", ".tgz", "-gz", "-z",
	"_z" };
#define N_KNOWN (sizeof(known) / sizeof(known[0]))

static bool
ends_with(const char *name, const char *end)
{
	size_t len = strlen(name);
	size_t end_len = strlen(end);

	return len >= end_len && strcasecmp(name + len - end_len, end) == 0;
}

/* There must be a name before it: ".gz" is one, and has no suffix. */
static size_t
len_if_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(suffix);

	if (!ends_with(name, suffix) || strlen(name) == len)
		return 0;
	return name[strlen(name) - len - 1] == '/' ? 0 : len;
}

/* With -S z a.gz is still "a" and not "a.g". */
static bool
ours_is_tail_of_known(void)
{
	for (size_t i = 0; i < N_KNOWN; i++)
		if (ends_with(known[i], opt.suffix))
			return true;
	return false;
}

static size_t
known_suffix_len(const char *name)
{
	size_t len = 0;

	for (size_t i = 0; i < N_KNOWN && len == 0; i++)
		len = len_if_suffix(name, known[i]);
	return len;
}

size_t
suffix_len(const char *name)
{
	size_t ours = len_if_suffix(name, opt.suffix);
	size_t usual = known_suffix_len(name);

	if (ours_is_tail_of_known())
		return usual > 0 ? usual : ours;
	return ours > 0 ? ours : usual;
}

const char *
suffix_to_try(size_t i)
{
	static const char *const tries[] = { ".gz", ".z", "-z", ".Z" };

	if (i == 0)
		return opt.suffix;
	return i <= sizeof(tries) / sizeof(tries[0]) ? tries[i - 1] : NULL;
}

/* The first len bytes of name, and end. */
static char *
join(const char *name, size_t len, const char *end)
{
	char *out = malloc(len + strlen(end) + 1);

	if (out == NULL)
		return NULL;
	memcpy(out, name, len);
	strcpy(out + len, end);
	return out;
}

char *
name_compressed(const char *name)
{
	return join(name, strlen(name), opt.suffix);
}

char *
name_expanded(const char *name)
{
	size_t len = strlen(name) - suffix_len(name);
	const char *suffix = name + len;
	bool tar =
	    strcasecmp(suffix, ".tgz") == 0 || strcasecmp(suffix, ".taz") == 0;

	return join(name, len, tar ? ".tar" : "");
}

/* Never a way out of the folder that the file lies in. */
char *
name_stored(const char *name, const char *stored)
{
	const char *slash = strrchr(stored, '/');
	const char *base = slash == NULL ? stored : slash + 1;
	const char *dir = strrchr(name, '/');

	if (base[0] == '\0' || strcmp(base, ".") == 0 ||
	    strcmp(base, "..") == 0)
		return NULL;
	return join(name, dir == NULL ? 0 : (size_t)(dir - name) + 1, base);
}
