/* SPDX-License-Identifier: MIT */
/*
 * What the arguments of a health command are. How a check starts, prints, is
 * killed and is reaped is tested in health_helper.c, as the helper does it.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "readiness/check.h"
#include "base/array.h"
#include "support.h"

TestSuite(check, .timeout = 60);

struct form {
	const char *command;
	const char *arguments[5];
};

/* Runs in a child, because the arguments are never freed. */
static void
expect_form(void *argument)
{
	const struct form *form = argument;
	char *const *arguments = check_arguments(form->command);
	size_t i = 0;

	must(arguments != NULL, "%s: no arguments", form->command);
	for (; form->arguments[i] != NULL; i++) {
		must(arguments[i] != NULL, "%s: only %zu arguments",
		    form->command, i);
		must(strcmp(arguments[i], form->arguments[i]) == 0,
		    "%s: argument %zu is '%s', not '%s'", form->command, i,
		    arguments[i], form->arguments[i]);
	}
	must(arguments[i] == NULL, "%s: more than %zu arguments",
	    form->command, i);
}

Test(check, executes_a_json_array_of_strings_directly)
{
	struct form forms[] = {
		{ "[\"/app/check\"]", { "/app/check" } },
		{ "[\"/app/check\",\"-q\"]", { "/app/check", "-q" } },
		{ " [ \"a\" , \"b c\" , \"\" ]\n", { "a", "b c", "" } },
		{ "[\"a\\\"b\",\"\\u00fc\",\"\\n\"]",
		    { "a\"b", "\303\274", "\n" } },
		{ "[\"sh\",\"-c\",\"exit 1\"]", { "sh", "-c", "exit 1" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		in_child(expect_form, &forms[i]);
}

Test(check, leaves_anything_else_to_the_shell)
{
	static const char *const commands[] = {
		"true", "[ -f /tmp/up ]", "[ -f \"/tmp/up\" ]", "[]", "[ ]",
		"[\"a\",1]", "[\"a\",null]", "[\"a\",[\"b\"]]", "[1]",
		"[\"a\"", "[\"a\",]", "[\"a\"] && b", "['a']", "\"a\"",
		"{\"a\":\"b\"}", "{}", "null", "[\"a\"]]", "[\"\\u0000\"]",
		"[\"\377\"]", "curl -f http://localhost/ || exit 1", " ",
	};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		in_child(expect_form, &(struct form){ commands[i],
		    { "/bin/sh", "-c", commands[i] } });
}

#define HUGE_LENGTH ((size_t)64 << 20)

/* There is memory for all of the arguments but the command itself. */
static void
expect_no_arguments(void *unused)
{
	const struct rlimit none = { 0, 0 };
	char *command = malloc(HUGE_LENGTH + 1);

	(void)unused;
	must(command != NULL, "no memory for the test");
	memset(command, ' ', HUGE_LENGTH);
	command[HUGE_LENGTH] = '\0';
	must(setrlimit(RLIMIT_AS, &none) == 0, "no limit");
	must(check_arguments(command) == NULL, "arguments without memory");
}

Test(check, has_no_arguments_rather_than_some_of_them)
{
	if (is_sanitized())
		cr_skip("skipped: AddressSanitizer ends where malloc fails");
	in_child(expect_no_arguments, NULL);
}
