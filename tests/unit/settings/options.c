/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settings/options.h"
#include "base/array.h"
#include "base/log.h"
#include "base/problem.h"
#include "readiness/readiness.h"
#include "settings/advice.h"
#include "settings/listing.h"
#include "settings/table.h"

TestSuite(options, .timeout = 60);

#define WORDS_MAX 24

/* What one call of options_parse made of a command line and environment. */
struct result {
	int error;
	struct options options;
	struct problem problem;
	char config[LISTING_TEXT_MAX];
};

/* ARGUMENTS without the program's name. */
static const struct result *
parse(const char *const *arguments, const char *const *environment)
{
	static struct result result;
	static const char *words[WORDS_MAX + 1];
	size_t count = 0;

	words[count++] = "dinit";
	while (*arguments != NULL)
		words[count++] = *arguments++;
	words[count] = NULL;
	memset(&result, 0, sizeof(result));
	result.error = options_parse(&result.options, (int)count,
	    (char *const *)words, (char *const *)environment, &result.problem);
	if (result.error == 0)
		listing_format_config(&result.options, result.config,
		    sizeof(result.config));
	return &result;
}

static const char *const none[] = { NULL };

/* One word before a COMMAND, and one entry of the environment; or NULL. */
static const struct result *
parse_word(const char *word, const char *entry)
{
	const char *const with[] = { word, "true", NULL };
	const char *const environment[] = { entry, NULL };

	return parse(word == NULL ? with + 1 : with, environment);
}

static void
expect_accepted(const struct result *result, const char *what)
{
	cr_assert_eq(result->error, 0, "%s is refused: %s", what,
	    result->problem.text);
}

/* Refused, with a problem that holds TEXT. */
static void
expect_refused(const struct result *result, const char *what,
    const char *text)
{
	cr_expect_eq(result->error, -EINVAL, "%s is taken", what);
	cr_expect_not_null(strstr(result->problem.text, text),
	    "%s: '%s' is not in: %s", what, text, result->problem.text);
	cr_expect_null(strchr(result->problem.text, '\n'), "%s: more than a line",
	    what);
}

/* --show-config says of NAME that it is VALUE, from SOURCE. */
static void
expect_config(const struct result *result, const char *name,
    const char *value, const char *source)
{
	char line[512];

	snprintf(line, sizeof(line), "%-20s %-24s %s\n", name, value, source);
	cr_expect_not_null(strstr(result->config, line),
	    "no line '%.*s' in\n%s", (int)strlen(line) - 1, line,
	    result->config);
}

/* --- Rows --- */

/* Two good values of each setting, other than its default. */
static const struct setting {
	const char *name;
	const char *variable;
	const char *fallback;
	const char *value;
	const char *other;
} settings[] = {
	{ "health-cmd", "DINIT_HEALTH_CMD", "-", "/bin/check",
	    "[\"/bin/check\"]" },
	{ "ready-file", "DINIT_READY_FILE", "-", "/tmp/up", "/a/b/c" },
	{ "startup-budget", "DINIT_STARTUP_BUDGET", "30s", "1m30s", "0s" },
	{ "health-interval", "DINIT_HEALTH_INTERVAL", "250ms", "1s", "50ms" },
	{ "health-timeout", "DINIT_HEALTH_TIMEOUT", "5s", "1s", "500ms" },
	{ "notify", "DINIT_NOTIFY", "no", "main", "all" },
	{ "monitor", "DINIT_MONITOR", "0s", "10s", "500ms" },
	{ "wait", "DINIT_WAIT", "0s", "30s", "1ms" },
	{ "monitor-failures", "DINIT_MONITOR_FAILURES", "3", "1", "1000000" },
	{ "grace", "DINIT_GRACE", "9s", "29s", "1ms" },
	{ "drain", "DINIT_DRAIN", "0s", "5s", "1h" },
	{ "stop-signal", "DINIT_STOP_SIGNAL", "TERM,INT", "QUIT",
	    "RTMIN+3,HUP" },
	{ "rewrite", "DINIT_REWRITE", "-", "TERM:QUIT", "HUP:0,TERM:INT" },
	{ "main-only", "DINIT_MAIN_ONLY", "-", "QUIT", "all" },
	{ "ok-exit", "DINIT_OK_EXIT", "-", "3", "0,143,255" },
	{ "ok-stop", "DINIT_OK_STOP", "no", "yes", "no" },
	{ "parent-death-signal", "DINIT_PARENT_DEATH_SIGNAL", "-", "TERM",
	    "RTMAX" },
	{ "log-level", "DINIT_LOG_LEVEL", "info", "debug", "error" },
	{ "log-format", "DINIT_LOG_FORMAT", "text", "json", "text" },
	{ "report-file", "DINIT_REPORT_FILE", "-", "/dev/termination-log",
	    "/a" },
	{ "user", "DINIT_USER", "-", "app:www", "1000" },
	{ "keep-caps", "DINIT_KEEP_CAPS", "-", "net_bind_service", "none" },
	{ "drop-caps", "DINIT_DROP_CAPS", "-", "CAP_SYS_ADMIN,12", "all" },
	{ "no-new-privs", "DINIT_NO_NEW_PRIVS", "no", "yes", "no" },
	{ "seccomp", "DINIT_SECCOMP", "-", "/etc/profile.json", "here.json" },
	{ "no-lockdown", "DINIT_NO_LOCKDOWN", "no", "yes", "no" },
};

static const char * __attribute__((format(printf, 1, 2)))
phrase(const char *format, ...)
{
	static char texts[64][256];
	static unsigned int next;
	char *text = texts[next++ % ARRAY_SIZE(texts)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(texts[0]), format, arguments);
	va_end(arguments);
	return text;
}

static bool
is_among_settings(const char *name, const char *variable)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (strcmp(settings[i].name, name) == 0 &&
		    strcmp(settings[i].variable, variable) == 0)
			return true;
	return false;
}

Test(options, are_all_in_the_table_of_this_test)
{
	for (const struct table_row *row = table_rows; row->kind != NULL;
	    row++) {
		char variable[TABLE_NAME_MAX];

		table_format_variable(row, variable);
		cr_expect(variable[0] == '\0' ||
		    is_among_settings(row->name, variable),
		    "--%s (%s) is not in this test's table", row->name,
		    variable);
	}
}

Test(options, have_their_defaults)
{
	const struct result *result = parse_word(NULL, NULL);

	expect_accepted(result, "a bare COMMAND");
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		expect_config(result, settings[i].name, settings[i].fallback,
		    "default");
	cr_expect_eq(result->options.mode, MODE_RUN);
	cr_expect(!result->options.warn_orphans);
}

Test(options, are_read_from_the_command_line)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
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
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const char *const arguments[] = {
			phrase("--%s", settings[i].name),
			settings[i].value, "true", NULL,
		};
		const struct result *result;

		/* The value of a flag is optional: it takes no second word. */
		if (strcmp(settings[i].value, "yes") == 0)
			continue;
		result = parse(arguments, none);
		expect_accepted(result, arguments[0]);
		expect_config(result, settings[i].name, settings[i].value,
		    "command line");
	}
}

Test(options, are_read_from_their_variables)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
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
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const char *word = phrase("--%s=%s", settings[i].name,
		    settings[i].other);
		const struct result *result = parse_word(word,
		    phrase("%s=%s", settings[i].variable, settings[i].value));

		expect_accepted(result, word);
		expect_config(result, settings[i].name, settings[i].other,
		    "command line");
	}
}

/* What gates brings a file of its own, and what checks goes on with it. */
static bool
follows_from(const char *name, const char *set)
{
	bool is_health_cmd = strcmp(set, "health-cmd") == 0;

	return (strcmp(name, "ready-file") == 0 &&
	    (is_health_cmd || strcmp(set, "notify") == 0)) ||
	    (strcmp(name, "monitor") == 0 && is_health_cmd);
}

Test(options, leave_all_others_at_their_defaults)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const struct result *result = parse_word(phrase("--%s=%s",
		    settings[i].name, settings[i].value), NULL);

		for (size_t j = 0; j < ARRAY_SIZE(settings); j++) {
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
		"--stop-signal=QUIT,HUP", "--rewrite=TERM:0",
		"--main-only=USR1", "--ok-exit=0,63,64,255", "--ok-stop",
		"--parent-death-signal=INT", "--log-level=error", "-w",
		"--user=a:b", "--keep-caps=chown", "--drop-caps=kill",
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
	cr_expect_str_eq(options->seccomp, "p.json");
	cr_expect(options->no_new_privs);
	cr_expect(options->no_lockdown);
	cr_expect_str_eq(options->ready_file, "/up");
	cr_expect_eq(options->startup_budget_ms, 1000);
	cr_expect_eq(options->health_interval_ms, 2000);
	cr_expect_eq(options->health_timeout_ms, 3000);
	cr_expect_eq(options->grace_ms, 4000);
	cr_expect_eq(options->drain_ms, 5000);
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

/* --- The readiness file's default --- */

Test(options, put_the_readiness_file_in_run_when_gating)
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

Test(options, ask_for_the_file_in_run_unless_told_otherwise)
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

/* --- Flags --- */

Test(options, take_words_for_yes_and_no)
{
	static const struct {
		const char *word;
		const char *meaning;
	} words[] = {
		{ "yes", "yes" }, { "no", "no" }, { "1", "yes" },
		{ "0", "no" }, { "true", "yes" }, { "false", "no" },
		{ "on", "yes" }, { "off", "no" }, { "YES", "yes" },
		{ "No", "no" }, { "True", "yes" }, { "OFF", "no" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const struct result *result = parse_word(NULL,
		    phrase("DINIT_OK_STOP=%s", words[i].word));

		expect_accepted(result, words[i].word);
		expect_config(result, "ok-stop", words[i].meaning,
		    "environment DINIT_OK_STOP");
		result = parse_word(phrase("--ok-stop=%s", words[i].word),
		    NULL);
		expect_accepted(result, words[i].word);
		expect_config(result, "ok-stop", words[i].meaning,
		    "command line");
	}
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
	cr_expect_str_eq(result->options.probe.url, "http://127.0.0.1:8080/x");
	cr_expect_str_eq(result->options.probe.resource, "/x");
	result = parse(two, none);
	expect_accepted(result, two[0]);
	cr_expect_eq(result->options.mode, MODE_PROBE);
	cr_expect_str_eq(result->options.probe.url, two[1]);
	cr_expect_eq(result->options.health_timeout_ms, 1000);
}

/* What to do is said when calling: such a variable is like any unknown one. */
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

Test(options, want_a_command)
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

Test(options, want_no_command_to_pause_or_to_ask)
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

Test(options, have_no_readiness_where_there_is_no_command)
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

Test(options, take_abbreviations_that_mean_one)
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

Test(options, refuse_abbreviations_that_could_mean_two)
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
	const char *values[9]; /* up to the first NULL */
} refused[] = {
	{ "ready-file", "DINIT_READY_FILE", "an absolute path of a file",
	    { "up", "./up", "/run/dinit/", "/" } },
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
	{ "wait", "DINIT_WAIT", "a duration such as", { "forever", "-1" } },
	{ "monitor-failures", "DINIT_MONITOR_FAILURES", "a number from 1 to",
	    { "0", "-1", "+1", "1.5", "1000001", "00000003", "99999999999",
	    "3x" } },
	{ "grace", "DINIT_GRACE", "a duration such as", { "10 s", "1." } },
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
		{ "http://db/", "no resolver" },
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

Test(options, name_what_an_unknown_option_may_have_meant)
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

Test(options, guess_what_is_one_character_off)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const char *name = settings[i].name;
		/* Not the last ones: what is shorter is an abbreviation. */
		size_t length = strlen(name) - 1;

		for (size_t at = 0; at < length; at++) {
			char typed[3][64];
			size_t count = mistype(name, at, typed);

			for (size_t j = 0; j < count; j++)
				expect_refused(parse_word(phrase("--%s",
				    typed[j]), NULL), typed[j],
				    phrase("did you mean --%s?", name));
		}
	}
}

Test(options, guess_which_variable_is_one_character_off)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
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

Test(options, say_that_a_value_is_one_too_many)
{
	static const char *const names[] = { "--pause", "--help" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		expect_refused(parse_word(phrase("%s=1", names[i]), NULL),
		    names[i], phrase("%s takes no value", names[i]));
}

/* --- Variables --- */

Test(options, take_an_empty_variable_as_none)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
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
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
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

Test(options, name_the_nearest_to_an_unknown_variable)
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

Test(options, compare_very_long_variables_too)
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

/* HELP has a line for the row. */
static void
expect_in_help(const struct table_row *row, const char *help)
{
	char text[64];

	if (row->name == NULL)
		snprintf(text, sizeof(text), "\n  -%c ", row->short_name);
	else if (row->short_name == 0)
		snprintf(text, sizeof(text), "\n      --%s", row->name);
	else
		snprintf(text, sizeof(text), "\n  -%c, --%s",
		    row->short_name, row->name);
	cr_expect_not_null(strstr(help, text), "'%s' is not in the help",
	    text + 1);
}

Test(options, are_all_in_the_help)
{
	char help[LISTING_TEXT_MAX];

	memset(help, '#', sizeof(help));
	listing_format_help(help, sizeof(help));
	cr_expect(strncmp(help, "dinit: ", 7) == 0);
	for (const struct table_row *row = table_rows; row->kind != NULL; row++)
		expect_in_help(row, help);
	cr_expect_not_null(strstr(help, "--grace=DUR "));
	cr_expect_not_null(strstr(help, " [9s]\n"));
	cr_expect(strlen(help) < sizeof(help) - 1, "it does not fit");
}

Test(options, show_where_each_value_came_from)
{
	const char *const arguments[] = { "--grace=1m", "-e", "3", "app",
		NULL };
	const char *const environment[] = { "DINIT_DRAIN=5", NULL };
	const struct result *result = parse(arguments, environment);

	expect_accepted(result, "three sources");
	cr_expect_str_eq(result->config,
	    "drain                5s                       "
	    "environment DINIT_DRAIN\n"
	    "drop-caps            -                        default\n"
	    "grace                1m                       command line\n"
	    "health-cmd           -                        default\n"
	    "health-interval      250ms                    default\n"
	    "health-timeout       5s                       default\n"
	    "keep-caps            -                        default\n"
	    "log-format           text                     default\n"
	    "log-level            info                     default\n"
	    "main-only            -                        default\n"
	    "monitor              0s                       default\n"
	    "monitor-failures     3                        default\n"
	    "no-lockdown          no                       default\n"
	    "no-new-privs         no                       default\n"
	    "notify               no                       default\n"
	    "ok-exit              3                        command line\n"
	    "ok-stop              no                       default\n"
	    "parent-death-signal  -                        default\n"
	    "ready-file           -                        default\n"
	    "report-file          -                        default\n"
	    "rewrite              -                        default\n"
	    "seccomp              -                        default\n"
	    "startup-budget       30s                      default\n"
	    "stop-signal          TERM,INT                 default\n"
	    "user                 -                        default\n"
	    "wait                 0s                       default\n");
}

Test(options, refuse_two_that_decide_on_readiness)
{
	static const char *const environment[] = { "DINIT_NOTIFY=1", NULL };
	static const char *const none[] = { NULL };
	const char *const both[] = { "--notify", "--health-cmd=check", "app",
		NULL };
	const char *const neither[] = { "--notify=no", "--health-cmd=check",
		"app", NULL };
	const char *const one[] = { "--health-cmd=check", "app", NULL };
	const char *const probe[] = { "--health-cmd=check", "--is-ready",
		NULL };

	expect_refused(parse(both, none), "both",
	    "--notify: --health-cmd='check' is given too; only one");
	expect_refused(parse(one, environment), "both",
	    "DINIT_NOTIFY: --health-cmd='check' is given too; only one");
	expect_accepted(parse(neither, environment), "--notify=no");
	expect_accepted(parse(probe, environment), "--is-ready");
}

/* As expected also of the variable. */
static void
expect_notify(const char *value, enum notify_access expected)
{
	const char *word = phrase("--notify=%s", value);
	const char *entry = phrase("DINIT_NOTIFY=%s", value);

	cr_expect_eq(parse_word(word, NULL)->options.notify, expected, "%s",
	    word);
	cr_expect_eq(parse_word(NULL, entry)->options.notify, expected, "%s",
	    entry);
}

Test(options, know_whose_notifications_count)
{
	static const char *const none[] = { "no", "0", "false", "Off" };
	static const char *const main_only[] = { "main", "MAIN", "yes", "1",
		"true", "on" };

	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		expect_notify(none[i], NOTIFY_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(main_only); i++)
		expect_notify(main_only[i], NOTIFY_MAIN);
	expect_notify("all", NOTIFY_ALL);
	cr_expect_eq(parse_word("--notify", NULL)->options.notify, NOTIFY_MAIN);
}

Test(options, refuse_a_readiness_file_without_room_for_a_socket_beside_it)
{
	static const char *const none[] = { NULL };
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

/* What does not fit about "--WORD app", or "--WORD --ANOTHER app". */
static const char *
misfits(const char *word, const char *another, bool in_kubernetes)
{
	static const char *const none[] = { NULL };
	const char *const arguments[] = { word, another, "app", NULL };
	const struct result *result = parse(arguments, none);
	static char text[1024];

	expect_accepted(result, word);
	advice_format(&result->options, in_kubernetes, text,
	    sizeof(text));
	return text;
}

Test(options, warn_of_what_does_not_fit)
{
	cr_expect_str_eq(misfits("-q", "-q", false), "");
	cr_expect_str_eq(misfits("--grace=10s", "-q", false),
	    "10s of drain and grace together: Docker and Podman kill "
	    "everything after 10s, unless --stop-timeout or stop_grace_period "
	    "is longer\n");
	cr_expect_str_eq(misfits("--grace=29s", "-q", true), "");
	cr_expect_str_eq(misfits("--grace=10s", "--drain=20s", true),
	    "30s of drain and grace together: Kubernetes kills everything "
	    "after 30s, unless terminationGracePeriodSeconds is longer\n"
	    "drain without a readiness file: nobody learns to send no more "
	    "work; set --health-cmd, --notify or --ready-file\n");
	cr_expect_str_eq(misfits("--health-cmd=x", "--startup-budget=5s",
	    false), "a check may take the whole startup budget of 5s: "
	    "--health-timeout should be shorter\n");
	cr_expect_str_eq(misfits("--health-cmd=x", "--health-timeout=0",
	    false), "a check may take the whole startup budget of 30s: "
	    "--health-timeout should be shorter\n");
	cr_expect_str_eq(misfits("--monitor=1s", "-q", false),
	    "monitor without a health command: there is nothing to monitor "
	    "with; set --health-cmd\n");
	cr_expect_str_eq(misfits("--ready-file=/a", "--drain=900ms", false),
	    "");
}

Test(options, monitor_every_ten_seconds_where_there_is_a_health_command)
{
	static const char *const environment[] = { "DINIT_MONITOR=0", NULL };
	const char *const gated[] = { "--health-cmd=check", "app", NULL };
	const char *const told[] = { "--notify", "app", NULL };
	static const char *const none[] = { NULL };

	expect_config(parse(gated, none), "monitor", "10s", "default");
	expect_config(parse(gated, environment), "monitor", "0s",
	    "environment DINIT_MONITOR");
	/* Nobody has set it, and so nobody is warned about it. */
	expect_config(parse(told, none), "monitor", "0s", "default");
	cr_expect_str_eq(misfits("--notify", "-q", false), "");
	cr_expect_str_eq(misfits("--notify", "--monitor=10s", false),
	    "monitor without a health command: there is nothing to monitor "
	    "with; set --health-cmd\n");
}

Test(options, say_how_each_was_given)
{
	static const char *const environment[] = { "DINIT_USER=app",
		"DINIT_SECCOMP=x", NULL };
	const char *const arguments[] = { "--seccomp=y", "app", NULL };
	const struct result *result = parse(arguments, environment);
	char origin[64];

	table_format_origin(&result->options, "user", origin,
	    sizeof(origin));
	cr_expect_str_eq(origin, "DINIT_USER");
	table_format_origin(&result->options, "seccomp", origin,
	    sizeof(origin));
	cr_expect_str_eq(origin, "--seccomp");
	table_format_origin(&result->options, "keep-caps", origin,
	    sizeof(origin));
	cr_expect_str_eq(origin, "--keep-caps");
}

Test(options, show_no_more_than_the_room)
{
	const struct result *result = parse_word("--health-cmd=check", NULL);

	for (size_t size = 1; size < 900; size++) {
		char text[1024];

		memset(text, '#', sizeof(text));
		listing_format_config(&result->options, text, size);
		cr_expect(strlen(text) < size, "%zu bytes", size);
		cr_assert_eq(text[size], '#', "%zu bytes", size);
	}
}
