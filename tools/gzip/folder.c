/* SPDX-License-Identifier: ISC */
/*
 * folder.c - all files of a folder, and of those in it
 *
 * The names are all read before the first file is touched: what is made on the
 * way is not come across again.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gzip/gzip.h"

struct names {
	char **list;
	size_t n;
	size_t room;
};

static char *
join(const char *dir, const char *name)
{
	size_t len = strlen(dir);
	const char *slash = len > 0 && dir[len - 1] == '/' ? "" : "/";
	char *path = malloc(len + strlen(name) + 2);

	if (path == NULL)
		return NULL;
	strcpy(path, dir);
	strcat(path, slash);
	return strcat(path, name);
}

/* Takes the name over. */
static int
add(struct names *names, char *name)
{
	if (name == NULL)
		return -ENOMEM;
	if (names->n == names->room) {
		size_t room = names->room == 0 ? 32 : names->room * 2;
		char **list = realloc(names->list, room * sizeof(*list));

		if (list == NULL) {
			free(name);
			return -ENOMEM;
		}
		names->list = list;
		names->room = room;
	}
	names->list[names->n++] = name;
	return 0;
}

static int
read_names(struct names *names, DIR *dir, const char *path)
{
	const struct dirent *entry;
	int r = 0;

	for (errno = 0; r == 0 && (entry = readdir(dir)) != NULL; errno = 0) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		r = add(names, join(path, entry->d_name));
	}
	return r < 0 ? r : -errno;
}

static void
names_done(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->list[i]);
	free(names->list);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In the order of their names, so that it is always the same. */
static bool
do_names(struct stream_loop *loop, struct names *names)
{
	bool go_on = true;

	if (names->n > 1)
		qsort(names->list, names->n, sizeof(names->list[0]), compare);
	for (size_t i = 0; i < names->n && go_on; i++)
		go_on = file_named(loop, names->list[i]);
	return go_on;
}

bool
folder(struct stream_loop *loop, int fd, const char *path)
{
	struct names names = { 0 };
	DIR *dir = fdopendir(fd);
	bool go_on;
	int r;

	if (dir == NULL) {
		error_code(path, errno);
		(void)close(fd);
		return true;
	}
	r = read_names(&names, dir, path);
	if (r < 0)
		error_code(path, r);
	if (closedir(dir) < 0)
		error_code(path, errno);
	go_on = do_names(loop, &names);
	names_done(&names);
	return go_on;
}
