/* SPDX-License-Identifier: MIT */
/* A health command: the exec form is an array of strings, all else the shell's. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "readiness/check.h"

static void
require_strings(const json_t *array, char *const *arguments)
{
	size_t count = json_array_size(array);

	for (size_t i = 0; i < count; i++)
		fuzz_require(strcmp(arguments[i], json_string_value(
		    json_array_get(array, i))) == 0);
	fuzz_require(arguments[count] == NULL);
}

static void
require_shell(const char *command, char *const *arguments)
{
	fuzz_require(strcmp(arguments[0], "/bin/sh") == 0 &&
	    strcmp(arguments[1], "-c") == 0 &&
	    strcmp(arguments[2], command) == 0 && arguments[3] == NULL);
}

/* Told by jansson in another way than the parser asks it. */
static bool
is_array_of_strings(const json_t *value)
{
	size_t i;
	json_t *item;

	if (!json_is_array(value) || json_array_size(value) == 0)
		return false;
	json_array_foreach(value, i, item)
		if (json_typeof(item) != JSON_STRING)
			return false;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *command = fuzz_string(data, size);
	json_t *value = json_loads(command, 0, NULL);
	char *const *arguments = check_arguments(command);

	fuzz_require(arguments != NULL);
	if (is_array_of_strings(value))
		require_strings(value, arguments);
	else
		require_shell(command, arguments);
	free((void *)(uintptr_t)arguments);
	json_decref(value);
	free(command);
	return 0;
}
