/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "settings/spelling.h"
#include "base/array.h"
#include "settings/parsing.h"

TestSuite(spelling, .timeout = 60);

Test(spelling, finds_what_an_unknown_option_may_have_meant)
{
	static const struct {
		const char *word;
		const char *nearest;
	} samples[] = {
		{ "--grase=1s", "did you mean --grace?" },
		{ "--graces", "did you mean --grace?" },
		{ "--health-command=x", "did you mean --health-cmd?" },
		{ "--readyfile=/up", "did you mean --ready-file?" },
		{ "--okstop", "did you mean --ok-stop?" },
		{ "--Drain=1", "did you mean --drain?" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct result *result = parse_word(samples[i].word,
		    NULL);

		expect_refused(result, samples[i].word, samples[i].nearest);
		expect_refused(result, samples[i].word, samples[i].word);
	}
}

/* True if TYPED is an abbreviation of another option: "wat" of watchdog. */
static bool
is_abbreviation(const char *typed)
{
	for (size_t i = 0; settings[i].name != NULL; i++)
		if (strncmp(settings[i].name, typed, strlen(typed)) == 0)
			return true;
	return false;
}

/* Each of the ways to mistype one character of NAME from the place AT on. */
static size_t
mistype(const char *name, size_t at, char typed[3][64])
{
	int head = (int)at;

	snprintf(typed[0], sizeof(typed[0]), "%.*s#%s", head, name, name + at);
	snprintf(typed[1], sizeof(typed[1]), "%.*s#%s", head, name,
	    name + at + 1);
	snprintf(typed[2], sizeof(typed[2]), "%.*s%s", head, name,
	    name + at + 1);
	return 3;
}

Test(spelling, finds_names_that_are_one_character_off)
{
	for (size_t i = 0; settings[i].name != NULL; i++) {
		const char *name = settings[i].name;
		/* Not the last ones: what is shorter is an abbreviation. */
		size_t length = strlen(name) - 1;

		for (size_t at = 0; at < length; at++) {
			char typed[3][64];
			size_t count = mistype(name, at, typed);

			for (size_t j = 0; j < count; j++) {
				if (is_abbreviation(typed[j]))
					continue;
				expect_refused(parse_word(phrase("--%s",
				    typed[j]), NULL), typed[j],
				    phrase("did you mean --%s?", name));
			}
		}
	}
}

Test(spelling, finds_variables_that_are_one_character_off)
{
	for (size_t i = 0; settings[i].name != NULL; i++) {
		const char *variable = settings[i].variable;

		for (size_t at = 6; at < strlen(variable); at++) {
			char typed[3][64];
			size_t count = mistype(variable, at, typed);

			for (size_t j = 0; j < count; j++) {
				char nearest[64] = "";

				cr_expect(options_is_unknown_variable(
				    typed[j], nearest, sizeof(nearest)), "%s",
				    typed[j]);
				cr_expect_str_eq(nearest, variable,
				    "%s: %s", typed[j], nearest);
			}
		}
	}
}

Test(spelling, finds_the_nearest_to_an_unknown_variable)
{
	static const struct {
		const char *entry;
		const char *nearest;
	} samples[] = {
		{ "DINIT_GRASE=1s", "DINIT_GRACE" },
		{ "DINIT_GRACE_=1s", "DINIT_GRACE" },
		{ "DINIT_HEALTHCMD=x", "DINIT_HEALTH_CMD" },
		{ "DINIT_HEALTH_COMMAND=x", "DINIT_HEALTH_CMD" },
		{ "DINIT_STARTUP_BUGDET=1s", "DINIT_STARTUP_BUDGET" },
		{ "DINIT_LOGLEVEL=info", "DINIT_LOG_LEVEL" },
		{ "DINIT_grace=1s", "DINIT_GRACE" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		char nearest[64] = "";

		cr_expect(options_is_unknown_variable(samples[i].entry,
		    nearest, sizeof(nearest)), "%s", samples[i].entry);
		cr_expect_str_eq(nearest, samples[i].nearest, "%s: %s",
		    samples[i].entry, nearest);
	}
}

Test(spelling, compares_very_long_variables_too)
{
	char entry[4096];
	char nearest[64] = "";

	memset(entry, 'A', sizeof(entry) - 1);
	entry[sizeof(entry) - 1] = '\0';
	memcpy(entry, "DINIT_", 6);
	cr_expect(options_is_unknown_variable(entry, nearest,
	    sizeof(nearest)));
	cr_expect(options_owns_variable(phrase("%s=", nearest)), "%s",
	    nearest);
}
