/* SPDX-License-Identifier: ISC */
/*
 * reverse - reverse the characters of each line, or the order of lines
 *
 * Called rev or tac, it is that tool.
 */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "reverse/reverse.h"

struct settings {
	bool lines;
	bool before;
	bool regex;
	const char *separator; /* "": NUL */
	bool for_lines; /* something was asked that only --lines can do */
};

/* Answer -h and -V, which only rev has, as --help and --version. */
static _Noreturn void
answer(const struct persona *p, const char *option)
{
	char *argv[] = { (char *)diag_name(), (char *)option, NULL };

	optind = 0;
	option_next(&p->tool, 2, argv, "", p->longs);
	exit(EXIT_SUCCESS);
}

static void
parse(const struct persona *p, int argc, char *argv[], struct settings *set)
{
	int c;

	while ((c = option_next(&p->tool, argc, argv, p->letters, p->longs)) !=
	    -1) {
		switch (c) {
		case '0':
		case 'z':
			set->separator = "";
			break;
		case 'b':
			set->before = set->for_lines = true;
			break;
		case 'h':
			answer(p, "--help");
		case 'l':
			set->lines = true;
			break;
		case 'r':
			set->regex = set->for_lines = true;
			break;
		case 's':
			set->separator = optarg;
			set->for_lines = true;
			break;
		case 'V':
			answer(p, "--version");
		}
	}
	if (set->for_lines && !set->lines)
		usage_exit(&p->tool, "-b, -r and -s are for --lines only");
}

/* Make the job of the settings; what is wrong with them is said here. */
static void
prepare(struct job *job, const struct settings *set)
{
	struct separator *s = &job->separator;
	const char *wrong = NULL;

	job->lines = set->lines;
	s->before = set->before;
	s->bytes = set->separator;
	s->len = strlen(s->bytes);
	if (set->regex) {
		setlocale(LC_CTYPE, "");
		wrong = s->len == 0 ? "separator cannot be empty"
				    : separator_compile(s);
	} else if (s->len == 0) {
		s->len = 1; /* the NUL that is there */
	}
	if (wrong != NULL) {
		warn_msg("%s", wrong);
		exit(job->persona->tool.usage_status);
	}
}

/* NULL if it means standard input. */
static const char *
file_name(const struct job *job, const char *operand)
{
	if (job->persona->dash_is_stdin && strcmp(operand, "-") == 0)
		return NULL;
	return operand;
}

/* Returns the exit status. */
static int
run_all(const struct job *job, char *const *operands)
{
	int verdict = 0;
	bool failed = false;

	if (*operands == NULL)
		verdict = operand_run(job, NULL);
	for (; *operands != NULL && verdict >= 0; operands++) {
		verdict = operand_run(job, file_name(job, *operands));
		failed = failed || verdict > 0;
	}
	if (verdict != 0 || failed)
		failed = true;
	if (verdict >= 0 && finish_stdout() < 0)
		failed = true;
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int
main(int argc, char *argv[])
{
	struct job job = { 0 };
	struct settings set = { .separator = "\n" };
	int status = EXIT_FAILURE;

	diag_init(argv[0]);
	job.persona = persona_find(diag_name());
	set.lines = job.persona->lines;
	parse(job.persona, argc, argv, &set);
	prepare(&job, &set);
	job.loop = stream_loop_new();
	if (job.loop == NULL)
		warn_msg("%s", strerror(ENOMEM));
	else
		status = run_all(&job, argv + optind);
	stream_loop_free(job.loop);
	separator_free(&job.separator);
	return status;
}
