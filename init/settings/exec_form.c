/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "settings/exec_form.h"

static const char *
skip_blanks(const char *text)
{
	return text + strspn(text, " \t\r\n");
}

/*
 * Returns what is behind the JSON string at TEXT, and behind the blanks that
 * follow it; NULL if there is no such string.
 */
static const char *
skip_string(const char *text)
{
	if (*text++ != '"')
		return NULL;
	for (; *text != '"'; text++) {
		if ((unsigned char)*text < ' ')
			return NULL;
		if (*text == '\\' && strchr("\"\\/bfnrtu", *++text) == NULL)
			return NULL;
		if (*text == '\0')
			return NULL;
	}
	return skip_blanks(text + 1);
}

/*
 * True if TEXT is a JSON array of strings, not an empty one, as far as a look
 * at it tells. This process does not parse JSON: that would take a heap.
 */
static bool
is_string_array(const char *text)
{
	do
		text = skip_string(skip_blanks(text + 1));
	while (text != NULL && *text == ',');
	return text != NULL && *text == ']' && *skip_blanks(text + 1) == '\0';
}

/*
 * True if a shell can make nothing of COMMAND, which begins with a bracket: its
 * own [ and [[ need a blank behind them, and their words no commas.
 */
static bool
is_no_test(const char *command)
{
	const char *next = command + 1 + strspn(command + 1, "[");

	return skip_blanks(next) == next || strstr(command, "\",") != NULL ||
	    strstr(command, "',") != NULL;
}

bool
exec_form_is_broken(const char *command)
{
	command = skip_blanks(command);
	return *command == '[' && !is_string_array(command) &&
	    is_no_test(command);
}
