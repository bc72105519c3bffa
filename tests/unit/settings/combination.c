/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "settings/combination.h"
#include "base/array.h"
#include "readiness/readiness.h"
#include "settings/parsing.h"

TestSuite(combination, .timeout = 60);

Test(combination, puts_the_readiness_file_in_run_when_gating)
{
	const struct result *result = parse_word("--health-cmd=check", NULL);

	expect_accepted(result, "--health-cmd");
	cr_expect_str_eq(result->options.ready_file, READINESS_DEFAULT_PATH);
	result = parse_word("--ready-file=/up", "DINIT_HEALTH_CMD=check");
	expect_accepted(result, "--ready-file");
	cr_expect_str_eq(result->options.ready_file, "/up");
	result = parse_word(NULL, NULL);
	cr_expect_null(result->options.ready_file);
}

Test(combination, asks_for_the_file_in_run_unless_told_otherwise)
{
	const char *const arguments[] = { "--is-ready", NULL };
	const char *const environment[] = { "DINIT_READY_FILE=/up", NULL };
	const struct result *result = parse(arguments, none);

	expect_accepted(result, "--is-ready");
	cr_expect_eq(result->options.mode, MODE_IS_READY);
	cr_expect_str_eq(result->options.ready_file, READINESS_DEFAULT_PATH);
	result = parse(arguments, environment);
	cr_expect_str_eq(result->options.ready_file, "/up");
}

Test(combination, wants_a_command)
{
	const char *const empty[] = { NULL };
	const char *const entrypoint[] = { "--", NULL };
	const char *const setting[] = { "--grace=1s", NULL };

	expect_refused(parse(empty, none), "dinit", "COMMAND is missing");
	expect_refused(parse(entrypoint, none), "dinit --",
	    "COMMAND is missing");
	expect_refused(parse(setting, none), "dinit --grace=1s",
	    "COMMAND is missing");
}

Test(combination, wants_no_command_to_pause_or_to_ask)
{
	static const struct {
		const char *word;
		const char *name;
	} samples[] = {
		{ "--pause", "--pause: " }, { "-P", "--pause: " },
		{ "--is-ready", "--is-ready: " },
		{ "--probe=tcp://[::1]:80", "--probe: " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const char *word = samples[i].word;
		const char *const arguments[] = { word, "--", "app", NULL };

		expect_refused(parse(arguments, none), word, "'app'");
		expect_refused(parse(arguments, none), word,
		    samples[i].name);
	}
}

Test(combination, has_no_readiness_where_there_is_no_command)
{
	const char *const arguments[] = {
		"--pause", "--ready-file=/up", NULL,
	};
	const char *const environment[] = { "DINIT_HEALTH_CMD=x", NULL };
	const struct result *result = parse(arguments, environment);

	expect_accepted(result, "--pause");
	cr_expect_null(result->options.health_cmd);
	cr_expect_null(result->options.ready_file);
}

Test(combination, lets_only_one_option_decide_on_readiness)
{
	static const char *const environment[] = { "DINIT_NOTIFY=1", NULL };
	const char *const both[] = { "--notify", "--health-cmd=check", "app",
		NULL };
	const char *const overridden[] = { "--notify=no", "--health-cmd=check",
		"app", NULL };
	const char *const one[] = { "--health-cmd=check", "app", NULL };
	const char *const probe[] = { "--health-cmd=check", "--is-ready",
		NULL };

	expect_refused(parse(both, none), "both",
	    "--notify: --health-cmd='check' is given too; only one");
	expect_refused(parse(one, environment), "both",
	    "DINIT_NOTIFY: --health-cmd='check' is given too; only one");
	expect_accepted(parse(overridden, environment), "--notify=no");
	expect_accepted(parse(probe, environment), "--is-ready");
}

Test(combination, refuses_a_readiness_file_without_room_for_a_socket_beside_it)
{
	char path[128] = "--ready-file=/";
	const char *const with[] = { "--notify", path, "app", NULL };
	const char *const without[] = { "--health-cmd=check", path, "app",
		NULL };
	size_t longest = strlen("--ready-file=") + 99;

	memset(path + strlen(path), 'x', longest - strlen(path));
	expect_accepted(parse(with, none), "99 bytes");
	path[longest] = 'x';
	expect_refused(parse(with, none), "100 bytes", "is too long for "
	    "--notify, whose socket lies beside it; it takes a path of at most "
	    "99 bytes");
	expect_accepted(parse(without, none), "100 bytes");
}

Test(combination, monitors_every_ten_seconds_where_there_is_a_health_command)
{
	static const char *const environment[] = { "DINIT_MONITOR=0", NULL };
	const char *const gated[] = { "--health-cmd=check", "app", NULL };
	const char *const told[] = { "--notify", "app", NULL };

	expect_config(parse(gated, none), "monitor", "10s", "default");
	expect_config(parse(gated, environment), "monitor", "0s",
	    "environment DINIT_MONITOR");
	expect_config(parse(told, none), "monitor", "0s", "default");
}

Test(combination, refuses_to_wait_for_a_recovery_that_nothing_would_notice)
{
	const char *const alone[] = { "--recovery-budget=1m", "app", NULL };
	const char *const ungated[] = { "--recovery-budget=1m", "--monitor=1s",
		"app", NULL };
	const char *const checked[] = { "--recovery-budget=1m",
		"--health-cmd=check", "app", NULL };
	const char *const once[] = { "--health-cmd=check", "--monitor=0",
		"app", NULL };
	const char *const told[] = { "--recovery-budget=1m", "--notify", "app",
		NULL };
	const char *const environment[] = { "DINIT_RECOVERY_BUDGET=1m", NULL };
	const char *const pause[] = { "--pause", NULL };

	expect_refused(parse(alone, none), "nobody looks",
	    "--recovery-budget: nothing looks at the app once it is ready; set "
	    "--health-cmd with --monitor, or --notify with --watchdog");
	expect_refused(parse(ungated, none), "no check", "--recovery-budget: ");
	expect_refused(parse(once, environment), "one check",
	    "DINIT_RECOVERY_BUDGET: ");
	expect_accepted(parse(checked, none), "a health command");
	expect_accepted(parse(told, none), "--notify");
	expect_accepted(parse(once, none), "no recovery budget");
	expect_accepted(parse(pause, environment), "--pause");
}

Test(combination, refuses_a_watchdog_that_hears_nobody)
{
	const char *const alone[] = { "--watchdog=1m", "app", NULL };
	const char *const checked[] = { "--watchdog=1m", "--health-cmd=check",
		"app", NULL };
	const char *const told[] = { "--notify", "app", NULL };
	const char *const environment[] = { "DINIT_WATCHDOG=1m", NULL };
	const struct result *result = parse(told, environment);

	expect_accepted(result, "--notify");
	cr_expect_eq(result->options.watchdog_ms, 60000);
	expect_refused(parse(alone, none), "alone",
	    "--watchdog: nobody hears the app's WATCHDOG=1; set --notify");
	expect_refused(parse(checked, none), "a health command",
	    "--watchdog: ");
	expect_refused(parse(checked + 1, environment), "a variable",
	    "DINIT_WATCHDOG: ");
}
