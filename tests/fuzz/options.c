/* SPDX-License-Identifier: MIT */
/*
 * A command line and an environment: a word a line; those that begin with
 * DINIT_ are variables. What is taken is in range and can be shown.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "settings/options.h"
#include "base/duration.h"
#include "base/log.h"
#include "base/problem.h"
#include "settings/advice.h"
#include "settings/listing.h"
#include "fuzz.h"

#define WORDS_MAX 64

struct words {
	char *list[WORDS_MAX + 1]; /* and NULL */
	int count;
};

static void
add(struct words *words, char *word)
{
	if (words->count < WORDS_MAX)
		words->list[words->count++] = word;
}

static void
split(char *text, struct words *arguments, struct words *environment)
{
	char *word;

	add(arguments, "dinit");
	while ((word = strsep(&text, "\n")) != NULL)
		add(strncmp(word, "DINIT_", 6) == 0 ? environment : arguments,
		    word);
}

static void
require_duration(int64_t ms)
{
	fuzz_require(ms >= 0 && ms <= DURATION_MAX_MS);
}

static void
require_range(const struct options *options, const struct words *arguments)
{
	require_duration(options->startup_budget_ms);
	require_duration(options->health_interval_ms);
	require_duration(options->health_timeout_ms);
	require_duration(options->monitor_ms);
	require_duration(options->grace_ms);
	require_duration(options->drain_ms);
	require_duration(options->wait_ms);
	require_duration(options->probe_max_age_ms);
	fuzz_require(options->probe_urls[PROBE_TARGETS_MAX] == NULL);
	fuzz_require(options->monitor_failures > 0);
	fuzz_require(options->mode <= MODE_VERSION);
	fuzz_require(options->log_level >= LOG_LEVEL_ERROR &&
	    options->log_level <= LOG_LEVEL_DEBUG);
	fuzz_require(options->parent_death_signal >= 0 &&
	    options->parent_death_signal <= SIGNALS_MAX);
	fuzz_require(options->command >= arguments->list &&
	    options->command <= arguments->list + arguments->count);
	fuzz_require(!options->notify || options->health_cmd == NULL ||
	    options->mode != MODE_RUN);
	fuzz_require(options->mode != MODE_RUN || *options->command != NULL);
}

static void
show(const struct options *options)
{
	static char text[LISTING_TEXT_MAX];

	listing_format_config(options, text, sizeof(text));
	fuzz_require(strlen(text) < sizeof(text));
	advice_format(options, ADVICE_ENGINE_KUBERNETES, text, sizeof(text));
	advice_format_start(options, ADVICE_ENGINE_DOCKER, text, sizeof(text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct words arguments = { .count = 0 };
	struct words environment = { .count = 0 };
	struct problem problem = { .text = "" };
	char *text = fuzz_string(data, size);
	struct options options;
	int error;

	split(text, &arguments, &environment);
	error = options_parse(&options, arguments.count, arguments.list,
	    environment.list, &problem);
	fuzz_require(error == 0 || error == -EINVAL);
	fuzz_require(error == 0 || problem.text[0] != '\0');
	if (error == 0) {
		require_range(&options, &arguments);
		show(&options);
	}
	options_remove_variables(environment.list);
	for (int i = 0; environment.list[i] != NULL; i++)
		fuzz_require(!options_owns_variable(environment.list[i]));
	free(text);
	return 0;
}
