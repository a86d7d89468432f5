/* SPDX-License-Identifier: ISC */
/*
 * quote.c - names in messages, quoted as GNU's tools do
 *
 * 'a b' for what a shell would take apart, "it's" where only an apostrophe is
 * the trouble, and $'\n' for what a terminal would obey.  Unlike GNU's, bytes
 * from 0x80 on are left alone in every locale.
 */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "common/diag.h"

struct text {
	char *buf;
	size_t len;
};

/* As much as fits; room is kept for the closing quote and the NUL. */
static void
add(struct text *t, const char *s)
{
	size_t room = QUOTE_MAX - 2 - t->len;
	size_t n = strlen(s);

	if (n > room)
		n = room;
	memcpy(t->buf + t->len, s, n);
	t->len += n;
}

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool
has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if (is_control(*s))
			return true;
	return false;
}

/* A colon would be taken for the one after the name. */
static bool
is_plain(const char *s)
{
	if (*s == '\0' || *s == '#' || *s == '~')
		return false;
	if (strcmp(s, "{") == 0 || strcmp(s, "}") == 0)
		return false;
	return !has_control(s) && strpbrk(s, " !\"$&'()*:;<=>?[\\^`|") == NULL;
}

/* The escape of one control character, as $'...' knows it. */
static void
add_escape(struct text *t, char c)
{
	static const char letters[] = "abtnvfr"; /* from 7 on */
	char octal[5] = "\\000";
	char letter[3] = "\\?";

	if (c >= 7 && c <= 13) {
		letter[1] = letters[c - 7];
		add(t, letter);
		return;
	}
	octal[1] = (char)('0' + (c >> 6 & 7));
	octal[2] = (char)('0' + (c >> 3 & 7));
	octal[3] = (char)('0' + (c & 7));
	add(t, octal);
}

/* Out of the apostrophes, a run of control characters, and in again. */
static const char *
add_controls(struct text *t, const char *s)
{
	add(t, "'$'");
	while (is_control(*s) && *s != '\0')
		add_escape(t, *s++);
	if (*s != '\0')
		add(t, "''");
	return s;
}

static void
add_in_apostrophes(struct text *t, const char *s)
{
	char one[2] = "";

	add(t, "'");
	while (*s != '\0') {
		if (is_control(*s)) {
			s = add_controls(t, s);
			continue;
		}
		one[0] = *s++;
		add(t, one[0] == '\'' ? "'\\''" : one);
	}
	t->buf[t->len++] = '\'';
}

char *
quote_if_needed(char buf[QUOTE_MAX], const char *subject)
{
	struct text t = { buf, 0 };

	if (is_plain(subject)) {
		add(&t, subject);
	} else if (strchr(subject, '\'') != NULL && !has_control(subject) &&
	    strpbrk(subject, "!\"#$&()*;<=>?[\\^`|~") == NULL) {
		add(&t, "\"");
		add(&t, subject);
		t.buf[t.len++] = '"';
	} else {
		add_in_apostrophes(&t, subject);
	}
	t.buf[t.len] = '\0';
	return buf;
}
