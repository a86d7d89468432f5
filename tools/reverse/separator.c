/* SPDX-License-Identifier: ISC */
/*
 * separator.c - search backwards for bytes or for a regular expression
 *
 * Of all separators the one that starts last is wanted, and it may not reach
 * into the one found before it.  So x+ finds each x of "xxx" by itself.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <regex.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reverse/bytes.h"
#include "reverse/separator.h"

static int
find_bytes(const struct separator *s, struct text *text, struct match *match)
{
	unsigned char head = (unsigned char)*s->bytes;
	const unsigned char *p;
	size_t n;

	if (text->limit < s->len)
		return 0; /* whatever comes, these starts are still open */
	n = text->limit - s->len + 1;
	if (n > text->below)
		n = text->below;
	while ((p = last_byte(text->bytes, head, n)) != NULL) {
		n = (size_t)(p - text->bytes);
		if (memcmp(p + 1, s->bytes + 1, s->len - 1) == 0) {
			match->start = n;
			match->end = n + s->len;
			return 1;
		}
	}
	text->below = 0;
	return 0;
}

#ifdef HAVE_RE_SEARCH
struct regex {
	struct re_pattern_buffer pattern;
	struct re_registers
	    registers; /* of the last match; kept for the next */
};

/*
 * Whether a separator starts at a place may depend on the character before it
 * (^ does).  So where it is not known what comes before the text, a match is
 * not believed this near to the beginning.
 */
static size_t
lowest_start(const struct text *text)
{
	return text->first ? 0 : MB_CUR_MAX;
}

static int
find_regex(const struct separator *s, struct text *text, struct match *match)
{
	struct regex *regex = s->regex;
	size_t lowest = lowest_start(text);
	regoff_t start, found;

	if (text->limit > INT_MAX)
		return -EFBIG;
	if (text->below <= lowest)
		return 0;
	start = (regoff_t)text->below - 1;
	found = re_search(&regex->pattern, (const char *)text->bytes,
	    (regoff_t)text->limit, start, (regoff_t)lowest - start,
	    &regex->registers);
	if (found < -1)
		return -ENOMEM;
	if (found < 0) {
		text->below = lowest;
		return 0;
	}
	match->start = (size_t)found;
	match->end = (size_t)regex->registers.end[0];
	return 1;
}

void
separator_free(struct separator *s)
{
	struct regex *regex = s->regex;

	if (regex == NULL)
		return;
	regfree(&regex->pattern);
	free(regex->registers.start);
	free(regex->registers.end);
	free(regex);
	s->regex = NULL;
}

const char *
separator_compile(struct separator *s)
{
	struct regex *regex = calloc(1, sizeof(*regex));
	const char *wrong;

	if (regex == NULL)
		return strerror(ENOMEM);
	s->regex = regex;
	/* With a map of the bytes that can come first, most are skipped. */
	regex->pattern.fastmap = malloc(UCHAR_MAX + 1);
	re_set_syntax(0);
	wrong = re_compile_pattern(s->bytes, s->len, &regex->pattern);
	if (wrong != NULL)
		separator_free(s);
	return wrong;
}
#else
static int
find_regex(const struct separator *s, struct text *text, struct match *match)
{
	(void)s;
	(void)text;
	(void)match;
	return -ENOSYS;
}

const char *
separator_compile(struct separator *s)
{
	(void)s;
	return "this system's C library has no regular expressions of GNU";
}

void
separator_free(struct separator *s)
{
	(void)s;
}
#endif

int
separator_find(
    const struct separator *s, struct text *text, struct match *match)
{
	if (s->regex != NULL)
		return find_regex(s, text, match);
	return find_bytes(s, text, match);
}
