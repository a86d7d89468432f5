/* SPDX-License-Identifier: ISC */
/* quote.c - names in messages: as GNU's tools print them */
#include "config.h"

#include "common/diag.h"
#include "tap.h"

static void
quotes(const char *title, const char *subject, const char *want)
{
	char buf[QUOTE_MAX];

	is_str(quote_if_needed(buf, subject), want, "%s", title);
}

int
main(void)
{
	static char longest[2 * QUOTE_MAX];
	char buf[QUOTE_MAX];

	quotes("a plain name", "dir/file-1.x_y,z@%+", "dir/file-1.x_y,z@%+");
	quotes("bytes beyond ASCII", "caf\xc3\xa9", "caf\xc3\xa9");
	quotes("a number sign inside", "x#", "x#");
	quotes("and at the start", "#x", "'#x'");
	quotes("nothing", "", "''");
	quotes("a blank", "standard output", "'standard output'");
	quotes("a colon", "a:b", "'a:b'");
	quotes("a brace alone", "{", "'{'");
	quotes("two braces", "{}", "{}");
	quotes("an apostrophe", "it's", "\"it's\"");
	quotes("an apostrophe and a dollar", "it's $x", "'it'\\''s $x'");
	quotes("a newline inside", "a\nb", "'a'$'\\n''b'");
	quotes("a newline at the end", "a\n", "'a'$'\\n'");
	quotes("what a terminal obeys", "\033[2J", "''$'\\033''[2J'");
	memset(longest, 'x', sizeof(longest) - 1);
	ok(strlen(quote_if_needed(buf, longest)) == QUOTE_MAX - 2,
	    "a name that is too long is cut off");
	longest[0] = ' ';
	quote_if_needed(buf, longest);
	ok(strlen(buf) == QUOTE_MAX - 1 && buf[QUOTE_MAX - 2] == '\'',
	    "and the quote is closed all the same");
	return done();
}
