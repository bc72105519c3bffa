/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "settings/options.h"
#include "base/array.h"
#include "base/log.h"
#include "settings/parsing.h"

TestSuite(options, .timeout = 60);

/* --- Rows --- */

Test(options, have_their_defaults)
{
	const struct result *result = parse_word(NULL, NULL);

	expect_accepted(result, "a bare COMMAND");
	for (size_t i = 0; settings[i].name != NULL; i++)
		expect_config(result, settings[i].name, settings[i].fallback,
		    "default");
	cr_expect_eq(result->options.mode, MODE_RUN);
	cr_expect(!result->options.warn_orphans);
}

Test(options, are_read_from_the_command_line)
{
	for (size_t i = 0; settings[i].name != NULL; i++) {
		const char *word = phrase("--%s=%s", settings[i].name,
		    settings[i].value);
		const struct result *result = parse_word(word, NULL);

		expect_accepted(result, word);
		expect_config(result, settings[i].name, settings[i].value,
		    "command line");
		cr_expect_str_eq(result->options.command[0], "true", "%s",
		    word);
	}
}

Test(options, are_read_from_the_command_line_in_two_words)
{
	for (size_t i = 0; settings[i].name != NULL; i++) {
		const char *const arguments[] = {
			needs_notify(settings[i].name) ? "--notify" : "-v",
			phrase("--%s", settings[i].name),
			settings[i].value, "true", NULL,
		};
		const struct result *result;

		/* The value of a flag is optional: it takes no second word. */
		if (strcmp(settings[i].value, "yes") == 0)
			continue;
		result = parse(arguments, none);
		expect_accepted(result, arguments[1]);
		expect_config(result, settings[i].name, settings[i].value,
		    "command line");
	}
}

Test(options, are_read_from_their_variables)
{
	for (size_t i = 0; settings[i].name != NULL; i++) {
		const char *entry = phrase("%s=%s", settings[i].variable,
		    settings[i].value);
		const struct result *result = parse_word(NULL, entry);

		expect_accepted(result, entry);
		expect_config(result, settings[i].name, settings[i].value,
		    phrase("environment %s", settings[i].variable));
	}
}

Test(options, beat_their_variables)
{
	for (size_t i = 0; settings[i].name != NULL; i++) {
		const char *word = phrase("--%s=%s", settings[i].name,
		    settings[i].other);
		const struct result *result = parse_word(word,
		    phrase("%s=%s", settings[i].variable, settings[i].value));

		expect_accepted(result, word);
		expect_config(result, settings[i].name, settings[i].other,
		    "command line");
	}
}

/*
 * True if setting the option SET changes that called NAME: an option that
 * decides on readiness sets the file, and a health command is monitored.
 */
static bool
follows_from(const char *name, const char *set)
{
	bool is_health_cmd = strcmp(set, "health-cmd") == 0;

	return (strcmp(name, "ready-file") == 0 &&
	    (is_health_cmd || strcmp(set, "notify") == 0 ||
	    strcmp(set, "ready-listen") == 0 ||
	    needs_notify(set))) ||
	    (strcmp(name, "notify") == 0 && needs_notify(set)) ||
	    (strcmp(name, "monitor") == 0 && is_health_cmd);
}

Test(options, leave_all_others_at_their_defaults)
{
	for (size_t i = 0; settings[i].name != NULL; i++) {
		const struct result *result = parse_word(phrase("--%s=%s",
		    settings[i].name, settings[i].value), NULL);

		for (size_t j = 0; settings[j].name != NULL; j++) {
			if (j == i || follows_from(settings[j].name,
			    settings[i].name))
				continue;
			expect_config(result, settings[j].name,
			    settings[j].fallback, "default");
		}
	}
}

Test(options, end_in_the_members_they_are_for)
{
	const char *const arguments[] = {
		"--health-cmd=check", "--ready-file=/up",
		"--startup-budget=1s", "--health-interval=2s",
		"--health-timeout=3s", "--grace=4s", "--drain=5s",
		"--recovery-budget=6s",
		"--stop-signal=QUIT,HUP", "--rewrite=TERM:0",
		"--main-only=USR1", "--ok-exit=0,63,64,255", "--ok-stop",
		"--parent-death-signal=INT", "--log-level=error", "-w",
		"--user=a:b", "--keep-caps=chown", "--drop-caps=kill",
		"--own=/a,/b", "--own=/c",
		"--no-new-privs", "--seccomp=p.json", "--no-lockdown", "app",
		NULL,
	};
	const struct result *result = parse(arguments, none);
	const struct options *options = &result->options;

	expect_accepted(result, "everything");
	cr_expect_str_eq(options->health_cmd, "check");
	cr_expect_str_eq(options->user, "a:b");
	cr_expect_str_eq(options->keep_caps, "chown");
	cr_expect_str_eq(options->drop_caps, "kill");
	cr_expect_str_eq(options->own[0], "/a,/b");
	cr_expect_str_eq(options->own[1], "/c");
	cr_expect_null(options->own[2]);
	cr_expect_str_eq(options->seccomp, "p.json");
	cr_expect(options->no_new_privs);
	cr_expect(options->no_lockdown);
	cr_expect_str_eq(options->ready_file, "/up");
	cr_expect_eq(options->startup_budget_ms, 1000);
	cr_expect_eq(options->health_interval_ms, 2000);
	cr_expect_eq(options->health_timeout_ms, 3000);
	cr_expect_eq(options->grace_ms, 4000);
	cr_expect_eq(options->drain_ms, 5000);
	cr_expect_eq(options->recovery_budget_ms, 6000);
	cr_expect_eq(options->signals.stop,
	    signals_bit(SIGQUIT) | signals_bit(SIGHUP));
	cr_expect_eq(options->signals.first_stop, SIGQUIT);
	cr_expect_eq(options->signals.rewrite[SIGTERM], 0);
	cr_expect_eq(options->signals.rewrite[SIGINT], SIGINT);
	cr_expect_eq(options->signals.main_only, signals_bit(SIGUSR1));
	cr_expect_eq(options->ok_exit[0], UINT64_C(1) << 63 | 1);
	cr_expect_eq(options->ok_exit[1], 1);
	cr_expect_eq(options->ok_exit[2], 0);
	cr_expect_eq(options->ok_exit[3], UINT64_C(1) << 63);
	cr_expect(options->ok_stop);
	cr_expect_eq(options->parent_death_signal, SIGINT);
	cr_expect_eq(options->log_level, LOG_LEVEL_ERROR);
	cr_expect(options->warn_orphans);
	cr_expect_str_eq(options->command[0], "app");
	cr_expect_null(options->command[1]);
}

/* --- Lists --- */

static const struct {
	const char *name;
	const char *variable;
	const char *first;
	const char *second;
	const char *both;
} lists[] = {
	{ "stop-signal", "DINIT_STOP_SIGNAL", "QUIT", "HUP", "QUIT,HUP" },
	{ "rewrite", "DINIT_REWRITE", "HUP:0", "TERM:QUIT",
	    "HUP:0,TERM:QUIT" },
	{ "main-only", "DINIT_MAIN_ONLY", "HUP", "QUIT", "HUP,QUIT" },
	{ "ok-exit", "DINIT_OK_EXIT", "0003", "143", "3,143" },
};

Test(options, gather_lists_on_the_command_line)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const char *const arguments[] = {
			phrase("--%s=%s", lists[i].name, lists[i].first),
			phrase("--%s=%s", lists[i].name, lists[i].second),
			"true", NULL,
		};
		const struct result *result = parse(arguments, none);

		expect_accepted(result, arguments[0]);
		expect_config(result, lists[i].name, lists[i].both,
		    "command line");
	}
}

Test(options, replace_the_list_of_a_weaker_source)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct result *result = parse_word(
		    phrase("--%s=%s", lists[i].name, lists[i].second),
		    phrase("%s=%s", lists[i].variable, lists[i].first));

		expect_accepted(result, lists[i].name);
		expect_config(result, lists[i].name, lists[i].second,
		    "command line");
	}
}

Test(options, gather_short_and_long_spellings_in_one_list)
{
	const char *const arguments[] = {
		"-e3", "--ok-exit=4", "-e", "5,6", "-rHUP:0", "--rewrite",
		"INT:0", "true", NULL,
	};
	const struct result *result = parse(arguments, none);

	expect_accepted(result, "-e and --ok-exit");
	expect_config(result, "ok-exit", "3,4,5,6", "command line");
	expect_config(result, "rewrite", "HUP:0,INT:0", "command line");
}

Test(options, take_the_last_of_two_single_values)
{
	const char *const arguments[] = {
		"--grace=1s", "--ok-stop", "--grace=2s", "--ok-stop=no",
		"true", NULL,
	};
	const struct result *result = parse(arguments, none);

	expect_accepted(result, "--grace twice");
	expect_config(result, "grace", "2s", "command line");
	expect_config(result, "ok-stop", "no", "command line");
}

Test(options, take_a_bare_flag_as_yes)
{
	const char *const arguments[] = { "--ok-stop", "no", NULL };
	const struct result *result = parse(arguments, none);

	expect_accepted(result, "--ok-stop");
	cr_expect(result->options.ok_stop);
	cr_expect_str_eq(result->options.command[0], "no");
}

Test(options, let_a_flag_be_taken_back)
{
	const struct result *result = parse_word("--ok-stop=no",
	    "DINIT_OK_STOP=yes");

	expect_accepted(result, "--ok-stop=no");
	cr_expect(!result->options.ok_stop);
}

/* --- Short names --- */

Test(options, have_short_names)
{
	static const struct {
		const char *word;
		const char *value;
		const char *name;
		const char *expected;
	} samples[] = {
		{ "-r", "TERM:QUIT", "rewrite", "TERM:QUIT" },
		{ "-rTERM:QUIT", NULL, "rewrite", "TERM:QUIT" },
		{ "-c", NULL, "main-only", "all" },
		{ "-e", "3", "ok-exit", "3" },
		{ "-e3", NULL, "ok-exit", "3" },
		{ "-p", "SIGTERM", "parent-death-signal", "TERM" },
		{ "-pKILL", NULL, "parent-death-signal", "KILL" },
		{ "-v", NULL, "log-level", "debug" },
		{ "-q", NULL, "log-level", "warn" },
		{ "-gse143", NULL, "ok-exit", "143" },
		{ "-gcs", NULL, "main-only", "all" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const char *const arguments[] = {
			samples[i].word,
			samples[i].value != NULL ? samples[i].value : "true",
			"true", NULL,
		};
		const struct result *result = parse(arguments, none);

		expect_accepted(result, samples[i].word);
		expect_config(result, samples[i].name, samples[i].expected,
		    "command line");
		cr_expect_str_eq(result->options.command[0], "true", "%s",
		    samples[i].word);
	}
}

Test(options, accept_what_tini_and_catatonit_take)
{
	static const char *const words[] = {
		"-s", "-g", "-w", "-v", "-vv", "-vvv", "-sg", "-gsvvvw",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const struct result *result = parse_word(words[i], NULL);

		expect_accepted(result, words[i]);
		cr_expect_eq(result->options.warn_orphans,
		    strchr(words[i], 'w') != NULL, "%s", words[i]);
	}
}

Test(options, move_the_log_level_by_steps_and_within_its_bounds)
{
	static const struct {
		const char *word;
		const char *variable;
		const char *level;
	} samples[] = {
		{ "-v", "DINIT_LOG_LEVEL=warn", "info" },
		{ "-vv", "DINIT_LOG_LEVEL=warn", "debug" },
		{ "-vvvvv", NULL, "debug" },
		{ "-q", "DINIT_LOG_LEVEL=debug", "info" },
		{ "-qq", NULL, "error" },
		{ "-qqqqq", NULL, "error" },
		{ "-qqqqqv", NULL, "warn" },
		{ "-vq", NULL, "info" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct result *result = parse_word(samples[i].word,
		    samples[i].variable);

		expect_accepted(result, samples[i].word);
		expect_config(result, "log-level", samples[i].level,
		    "command line");
	}
}

/* --- What to do --- */

Test(options, choose_what_to_do)
{
	static const struct {
		const char *word;
		enum mode mode;
	} samples[] = {
		{ "--is-ready", MODE_IS_READY }, { "--pause", MODE_PAUSE },
		{ "-P", MODE_PAUSE }, { "--show-config", MODE_SHOW_CONFIG },
		{ "--help", MODE_HELP }, { "-h", MODE_HELP },
		{ "--license", MODE_LICENSE }, { "-l", MODE_LICENSE },
		{ "--version", MODE_VERSION }, { "-V", MODE_VERSION },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const char *const arguments[] = { samples[i].word, NULL };
		const struct result *result = parse(arguments, none);

		expect_accepted(result, samples[i].word);
		cr_expect_eq(result->options.mode, samples[i].mode, "%s",
		    samples[i].word);
	}
}

Test(options, take_the_url_to_probe)
{
	const char *const one[] = { "--probe=http://127.0.0.1:8080/x", NULL };
	const char *const two[] = {
		"--probe", "tcp://localhost:80", "--health-timeout=1s", NULL,
	};
	const struct result *result = parse(one, none);

	expect_accepted(result, one[0]);
	cr_expect_eq(result->options.mode, MODE_PROBE);
	cr_expect_str_eq(result->options.probe_urls[0],
	    "http://127.0.0.1:8080/x");
	cr_expect_null(result->options.probe_urls[1]);
	result = parse(two, none);
	expect_accepted(result, two[0]);
	cr_expect_eq(result->options.mode, MODE_PROBE);
	cr_expect_str_eq(result->options.probe_urls[0], two[1]);
	cr_expect_eq(result->options.health_timeout_ms, 1000);
}

Test(options, take_several_urls_to_probe_but_not_any_number)
{
	const char *const most[] = { "--probe=listen:1", "--probe=listen:2",
		"--probe=listen:3", "--probe=listen:4", "--probe=listen:5",
		"--probe=listen:6", "--probe=listen:7", "--probe=listen:8",
		NULL };
	const char *too_many[10] = { NULL };
	const struct result *result = parse(most, none);

	expect_accepted(result, "8 URLs");
	cr_expect_str_eq(result->options.probe_urls[0], "listen:1");
	cr_expect_str_eq(result->options.probe_urls[7], "listen:8");
	cr_expect_null(result->options.probe_urls[8]);
	memcpy(too_many, most, 8 * sizeof(most[0]));
	too_many[8] = "--probe=listen:9";
	expect_refused(parse(too_many, none), "9 URLs", "at most 8 URLs");
}

/* The variable that such an option would have is unknown. */
Test(options, have_no_variable_for_what_to_do)
{
	const struct result *result = parse_word(NULL,
	    "DINIT_PROBE=tcp://127.0.0.1:80");
	char nearest[64];

	expect_accepted(result, "DINIT_PROBE");
	cr_expect_eq(result->options.mode, MODE_RUN);
	cr_expect(options_is_unknown_variable("DINIT_PROBE=x", nearest,
	    sizeof(nearest)));
	cr_expect(options_is_unknown_variable("DINIT_PAUSE=1", nearest,
	    sizeof(nearest)));
}

Test(options, show_the_configuration_with_and_without_a_command)
{
	const char *const arguments[] = {
		"--show-config", "--grace=1s", "--", "app", "-x", NULL,
	};
	const struct result *result = parse(arguments, none);

	expect_accepted(result, "--show-config");
	cr_expect_eq(result->options.mode, MODE_SHOW_CONFIG);
	expect_config(result, "grace", "1s", "command line");
}

/* --- Where options end --- */

Test(options, end_at_the_command)
{
	const char *const arguments[] = {
		"-v", "app", "--grace=1s", "-e", "3", "--", "--bogus", NULL,
	};
	const struct result *result = parse(arguments, none);

	expect_accepted(result, "app --grace=1s");
	expect_config(result, "grace", "9s", "default");
	expect_config(result, "ok-exit", "-", "default");
	for (size_t i = 1; i <= ARRAY_SIZE(arguments) - 1; i++)
		cr_expect_eq(result->options.command[i - 1], arguments[i],
		    "argument %zu", i);
}

Test(options, end_at_two_dashes)
{
	const char *const arguments[] = {
		"-v", "--", "--grace=1s", "-x", NULL,
	};
	const struct result *result = parse(arguments, none);

	expect_accepted(result, "-- --grace=1s");
	expect_config(result, "grace", "9s", "default");
	cr_expect_str_eq(result->options.command[0], "--grace=1s");
	cr_expect_str_eq(result->options.command[1], "-x");
	cr_expect_null(result->options.command[2]);
}

Test(options, take_a_lone_dash_as_the_command)
{
	const struct result *result = parse_word("-", NULL);

	expect_accepted(result, "-");
	cr_expect_str_eq(result->options.command[0], "-");
}

Test(options, take_abbreviations_of_one_option)
{
	const char *const arguments[] = {
		"--gra=1s", "--health-c=x", "--ok-s", "--startup", "2s",
		"app", NULL,
	};
	const struct result *result = parse(arguments, none);

	expect_accepted(result, "--gra");
	expect_config(result, "grace", "1s", "command line");
	expect_config(result, "health-cmd", "x", "command line");
	expect_config(result, "ok-stop", "yes", "command line");
	expect_config(result, "startup-budget", "2s", "command line");
}

Test(options, refuse_abbreviations_of_two_options)
{
	expect_refused(parse_word("--health=1s", NULL), "--health",
	    "--health=1s");
	expect_refused(parse_word("--ok", NULL), "--ok", "--ok");
}

/* --- Bad input --- */

static const struct {
	const char *name;
	const char *variable;
	const char *expectation;
	const char *values[10]; /* up to the first NULL */
} refused[] = {
	{ "ready-file", "DINIT_READY_FILE", "an absolute path of a file",
	    { "up", "./up", "/run/dinit/", "/" } },
	{ "ready-listen", "DINIT_READY_LISTEN", "a port such as 8081",
	    { "0", "65536", "http", "host:80", "::1", "[::1]", ":80",
	    "127.0.0.1:", "[127.0.0.1]:80" } },
	{ "report-file", "DINIT_REPORT_FILE", "an absolute path of a file",
	    { "up", "/" } },
	{ "log-format", "DINIT_LOG_FORMAT", "text or json", { "JSON", "xml" } },
	{ "startup-budget", "DINIT_STARTUP_BUDGET", "a duration such as",
	    { "fast", "-1s", "1m30", "9e9h", "99999999999h" } },
	{ "health-interval", "DINIT_HEALTH_INTERVAL", "a duration such as",
	    { "1d", " 1s" } },
	{ "health-timeout", "DINIT_HEALTH_TIMEOUT", "a duration such as",
	    { "1,5s", "s" } },
	{ "monitor", "DINIT_MONITOR", "a duration such as", { "often" } },
	{ "watchdog", "DINIT_WATCHDOG", "a duration such as", { "1w", "yes" } },
	{ "wait", "DINIT_WAIT", "a duration such as", { "forever", "-1" } },
	{ "monitor-failures", "DINIT_MONITOR_FAILURES", "a number from 1 to",
	    { "0", "-1", "+1", "1.5", "1000001", "00000003", "99999999999",
	    "3x" } },
	{ "grace", "DINIT_GRACE", "a duration such as", { "10 s", "1." } },
	{ "recovery-budget", "DINIT_RECOVERY_BUDGET", "a duration such as",
	    { "soon", "1m30" } },
	{ "drain", "DINIT_DRAIN", "a duration such as", { "no", ".5s" } },
	{ "stop-signal", "DINIT_STOP_SIGNAL", "signals such as TERM,INT",
	    { "TERMX", "TERM,", "0", "65", "TERM INT", "KILL", "TERM,STOP",
	    "all" } },
	{ "rewrite", "DINIT_REWRITE", "pairs of signals such as",
	    { "TERM", "TERM:", "TERM:FOO", "0:TERM", "TERM:INT," } },
	{ "main-only", "DINIT_MAIN_ONLY", "or all",
	    { "FOO", "TERM,all", "everything" } },
	{ "ok-exit", "DINIT_OK_EXIT", "exit codes from 0 to 255",
	    { "256", "-1", "1,", ",1", "1 2", "x", "3x",
	    "99999999999999999999" } },
	{ "ok-stop", "DINIT_OK_STOP", "yes or no", { "maybe", "2", "y" } },
	{ "notify", "DINIT_NOTIFY", "no, main (or yes) or all",
	    { "maybe", "exec", "main,all" } },
	{ "parent-death-signal", "DINIT_PARENT_DEATH_SIGNAL",
	    "a signal such as TERM", { "0", "65", "TERM,INT", "FOO" } },
	{ "log-level", "DINIT_LOG_LEVEL", "error, warn, info or debug",
	    { "loud", "INFOS", "0" } },
	{ "no-new-privs", "DINIT_NO_NEW_PRIVS", "yes or no", { "maybe" } },
	{ "probe-status", "DINIT_PROBE_STATUS", "HTTP statuses from 100 to",
	    { "ok", "2xx,", "600" } },
	{ "probe-max-age", "DINIT_PROBE_MAX_AGE", "a duration such as",
	    { "young" } },
	{ "probe-host", "DINIT_PROBE_HOST", "the name of a host",
	    { "a b", "http://a" } },
	{ "no-lockdown", "DINIT_NO_LOCKDOWN", "yes or no", { "maybe" } },
};

/* The problem of one bad value must name NAME, VALUE and EXPECTATION. */
static void
expect_explained(const struct result *result, const char *name,
    const char *value, const char *expectation)
{
	const char *what = phrase("%s=%s", name, value);

	expect_refused(result, what, name);
	expect_refused(result, what, phrase("'%s'", value));
	expect_refused(result, what, expectation);
}

Test(options, explain_each_bad_value_on_the_command_line)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		const char *option = phrase("--%s", refused[i].name);

		for (const char *const *value = refused[i].values;
		    *value != NULL; value++)
			expect_explained(parse_word(phrase("%s=%s", option,
			    *value), NULL), option, *value,
			    refused[i].expectation);
		expect_explained(parse_word(phrase("%s=", option), NULL),
		    option, "", refused[i].expectation);
	}
	expect_explained(parse_word("--health-cmd=", NULL), "--health-cmd",
	    "", "a command");
	expect_explained(parse_word("--user=", NULL), "--user", "",
	    "not an empty one");
}

Test(options, explain_each_bad_value_of_a_variable)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		const char *variable = refused[i].variable;

		for (const char *const *value = refused[i].values;
		    *value != NULL; value++)
			expect_explained(parse_word(NULL, phrase("%s=%s",
			    variable, *value)), variable, *value,
			    refused[i].expectation);
	}
}

Test(options, explain_bad_values_of_short_names)
{
	expect_explained(parse_word("-e256", NULL), "-e", "256",
	    "exit codes");
	expect_explained(parse_word("-rTERM", NULL), "-r", "TERM",
	    "pairs of signals");
	expect_explained(parse_word("-pFOO", NULL), "-p", "FOO",
	    "a signal such as");
}

Test(options, explain_each_bad_url)
{
	static const struct {
		const char *url;
		const char *expectation;
	} samples[] = {
		{ "", "tcp://HOST:PORT, http://" },
		{ "localhost:80", "tcp://HOST:PORT, http://" },
		{ "https://127.0.0.1/", "tcp://HOST:PORT, http://" },
		{ "http://me:secret@127.0.0.1/", "without user, password" },
		{ "http://d(b/", "no resolver" },
		{ "tcp://127.0.0.1", "a PORT from 1" },
		{ "http://127.0.0.1/a b", "visible ASCII" },
	};
	const char *const missing[] = { "--probe", NULL };

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		expect_explained(parse_word(phrase("--probe=%s",
		    samples[i].url), NULL), "--probe", samples[i].url,
		    samples[i].expectation);
	expect_refused(parse(missing, none), "--probe",
	    "--probe: a value is missing; it takes tcp://");
}

Test(options, take_no_bad_variable_even_where_the_command_line_is_good)
{
	expect_refused(parse_word("--grace=1s", "DINIT_GRACE=soon"),
	    "DINIT_GRACE=soon", "DINIT_GRACE: 'soon'");
}

Test(options, answer_a_probe_in_spite_of_a_bad_variable)
{
	static const char *const words[] = {
		"--is-ready", "--help", "--version", "--probe=unix:///s",
	};
	const char *const environment[] = {
		"DINIT_OK_EXIT=256", "DINIT_READY_FILE=/up", "DINIT_DRAIN=x",
		NULL,
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *const arguments[] = { words[i], NULL };
		const struct result *result = parse(arguments, environment);

		expect_accepted(result, words[i]);
		cr_expect_str_eq(result->options.ready_file, "/up", "%s",
		    words[i]);
	}
}

Test(options, start_nothing_with_a_bad_variable)
{
	static const char *const words[] = {
		"--pause", "--show-config", "--grace=1s", "--bogus",
		"--version=1",
	};
	const char *const environment[] = {
		"DINIT_OK_EXIT=256", "DINIT_DRAIN=x", NULL,
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *const arguments[] = { words[i], NULL };

		expect_refused(parse(arguments, environment), words[i],
		    "DINIT_OK_EXIT: '256'");
	}
}

Test(options, quote_long_values_only_in_part)
{
	char value[4096];

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	memcpy(value, "--grace=", 8);
	expect_refused(parse_word(value, NULL), "a long value",
	    "it takes a duration");
	memcpy(value, "--xxxxx", 7);
	expect_refused(parse_word(value, NULL), "a long option",
	    "(dinit --help lists all)");
}

Test(options, name_an_unknown_letter_wherever_it_stands)
{
	static const char *const words[] = { "-x", "-gx", "-xg", "-gxs" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *const arguments[] = {
			"--ok-stop", words[i], "true", NULL,
		};

		expect_refused(parse(arguments, none), words[i],
		    "unknown option -x;");
	}
}

Test(options, say_that_a_value_is_missing)
{
	static const struct {
		const char *word;
		const char *problem;
	} samples[] = {
		{ "--grace",
		    "--grace: a value is missing; it takes a duration" },
		{ "--gra", ": a value is missing; it takes a duration" },
		{ "--health-cmd",
		    "--health-cmd: a value is missing; it takes a command" },
		{ "-e", "-e: a value is missing; it takes exit codes" },
		{ "-r", "-r: a value is missing; it takes pairs of signals" },
		{ "-ge", "-e: a value is missing; it takes exit codes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const char *const arguments[] = { samples[i].word, NULL };

		expect_refused(parse(arguments, none), samples[i].word,
		    samples[i].problem);
	}
}

Test(options, say_that_an_option_takes_no_value)
{
	static const char *const names[] = { "--pause", "--help" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		expect_refused(parse_word(phrase("%s=1", names[i]), NULL),
		    names[i], phrase("%s takes no value", names[i]));
}

/* --- Variables --- */

Test(options, take_an_empty_variable_as_none)
{
	for (size_t i = 0; settings[i].name != NULL; i++) {
		const struct result *result = parse_word(NULL,
		    phrase("%s=", settings[i].variable));

		expect_accepted(result, settings[i].variable);
		expect_config(result, settings[i].name, settings[i].fallback,
		    "default");
	}
}

Test(options, pass_over_entries_that_are_not_theirs)
{
	const char *const environment[] = {
		"PATH=/bin", "GRACE=1s", "dinit_grace=1s", "DINIT_GRAC=1s",
		"DINIT_GRACEX=1s", "DINIT_GRACE", "DINIT_", "DINIT_=1", "",
		"=", "XDINIT_GRACE=1s", "DINIT_HELP=1", "DINIT_PAUSE=1",
		NULL,
	};
	const char *const arguments[] = { "true", NULL };
	const struct result *result = parse(arguments, environment);

	expect_accepted(result, "a strange environment");
	expect_config(result, "grace", "9s", "default");
	cr_expect_eq(result->options.mode, MODE_RUN);
}

Test(options, own_the_variables_of_the_table_only)
{
	for (size_t i = 0; settings[i].name != NULL; i++) {
		char nearest[64] = "";
		const char *entry = phrase("%s=1", settings[i].variable);

		cr_expect(options_owns_variable(entry), "%s", entry);
		cr_expect(!options_is_unknown_variable(entry, nearest,
		    sizeof(nearest)), "%s", entry);
	}
	cr_expect(options_owns_variable("DINIT_GRACE="));
	cr_expect(!options_owns_variable("PATH=/bin"));
	cr_expect(!options_owns_variable("DINIT_SERVICE_HOST=10.0.0.1"));
	cr_expect(!options_owns_variable("DINIT_=1"));
	cr_expect(!options_owns_variable("DINIT_HELP=1"));
	cr_expect(!options_owns_variable("GRACE=1"));
}

Test(options, call_only_variables_of_their_prefix_unknown)
{
	char nearest[64] = "";

	cr_expect(!options_is_unknown_variable("PATH=/bin", nearest,
	    sizeof(nearest)));
	cr_expect(!options_is_unknown_variable("dinit_grace=1", nearest,
	    sizeof(nearest)));
	cr_expect(!options_is_unknown_variable("DINITGRACE=1", nearest,
	    sizeof(nearest)));
	cr_expect(options_is_unknown_variable("DINIT_SERVICE_HOST=10.0.0.1",
	    nearest, sizeof(nearest)));
	cr_expect(options_is_unknown_variable("DINIT_=", nearest,
	    sizeof(nearest)));
}

Test(options, are_removed_from_the_environment_in_place)
{
	char *environment[] = {
		(char *)"DINIT_GRACE=1s", (char *)"PATH=/bin",
		(char *)"DINIT_HEALTH_CMD=x", (char *)"DINIT_OK_STOP=",
		(char *)"DINIT_SERVICE_HOST=10.0.0.1", (char *)"HOME=/",
		(char *)"DINIT_DRAIN=1s", NULL,
	};

	options_remove_variables(environment);
	cr_expect_str_eq(environment[0], "PATH=/bin");
	cr_expect_str_eq(environment[1], "DINIT_SERVICE_HOST=10.0.0.1");
	cr_expect_str_eq(environment[2], "HOME=/");
	cr_expect_null(environment[3]);
}

/* --- Texts --- */
