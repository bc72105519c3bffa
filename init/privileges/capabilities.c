/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>

#include "privileges/capabilities.h"
#include "base/number.h"
#include "base/problem.h"
#include "base/text.h"

/* As many numbers as there are bits in a set. */
#define NUMBERS 64

/* Room for the longest word in a list, with its NUL byte. */
#define WORD_SIZE 256

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

/*
 * cap_from_name(3) alone is too lenient: it accepts a text that only begins
 * with a name, and every number that strtoul(3) does.
 */
int
capabilities_find(const char *name)
{
	char lower[sizeof("cap_") + WORD_SIZE] = "";
	cap_value_t value;

	if (strspn(name, NAME_CHARACTERS) != strlen(name))
		return -1;
	for (size_t i = 0; i < sizeof(lower) - 1 && name[i] != '\0'; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	if (cap_from_name(lower, &value) < 0 || value < 0 || value >= NUMBERS)
		return -1;
	return value;
}

/*
 * Returns the number of a capability from a word such as NET_ADMIN,
 * cap_net_admin or 12, or -1.
 */
static int
parse_word(const char *word)
{
	char name[sizeof("cap_") + WORD_SIZE];
	const char *prefix = strncasecmp(word, "cap_", 4) == 0 ? "" : "cap_";
	int number = (int)number_parse(word, NUMBERS - 1);

	if (number >= 0)
		return number;
	snprintf(name, sizeof(name), "%s%s", prefix, word);
	return capabilities_find(name);
}

int
capabilities_parse(const char *list, uint64_t every, uint64_t *out,
    struct problem *problem)
{
	uint64_t set = 0;

	if (strcasecmp(list, "all") == 0)
		set = every;
	else if (strcasecmp(list, "none") != 0)
		for (const char *rest; list != NULL; list = rest) {
			size_t length = text_measure_item(list, &rest);
			char word[WORD_SIZE];
			int value;

			snprintf(word, sizeof(word), "%.*s", (int)length, list);
			value = parse_word(word);
			if (length == 0 || length >= sizeof(word) || value < 0)
				return problem_set(problem,
				    "'%.64s' is not a capability such as "
				    "net_bind_service, CAP_CHOWN or 10, nor "
				    "all or none",
				    word);
			set |= UINT64_C(1) << value;
		}
	*out = set;
	return 0;
}

struct capabilities
capabilities_of_process(void)
{
	struct capabilities found = { 0 };
	uint64_t permitted = 0;
	cap_t own = cap_get_proc();

	for (cap_value_t value = 0; value < cap_max_bits(); value++) {
		cap_flag_value_t set = CAP_CLEAR;

		/*
		 * An error counts as a capability that is there: dropping it
		 * then either works, or fails and COMMAND is not started.
		 */
		if (cap_get_bound(value) != 0)
			found.bounding |= UINT64_C(1) << value;
		if (own != NULL &&
		    cap_get_flag(own, value, CAP_PERMITTED, &set) == 0 &&
		    set == CAP_SET)
			permitted |= UINT64_C(1) << value;
	}
	if (own != NULL)
		cap_free(own);
	found.own = permitted & found.bounding;
	return found;
}

void
capabilities_format(uint64_t set, char *text, size_t size)
{
	text[0] = '\0';
	for (cap_value_t value = 0; value < NUMBERS; value++) {
		char *name = capabilities_contain(set, value)
		    ? cap_to_name(value)
		    : NULL;

		if (name != NULL)
			text_append_item(text, size, name);
		cap_free(name);
	}
}
