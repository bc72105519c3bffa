/* SPDX-License-Identifier: MIT */
/* Settings, good and bad, from the command line and the environment. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "support.h"

TestSuite(command_line, .timeout = 60);

struct bad_value {
	const char *option;
	const char *variable;
	const char *value;
	const char *right; /* part of what would be right */
};

static const struct bad_value bad_values[] = {
	{ "--health-cmd", NULL, "", "a command" },
	{ "--ready-file", "DINIT_READY_FILE", "ready", "absolute path" },
	{ "--ready-file", "DINIT_READY_FILE", "/run/", "absolute path" },
	{ "--ready-listen", "DINIT_READY_LISTEN", "localhost:80", "8081" },
	{ "--startup-budget", "DINIT_STARTUP_BUDGET", "soon", "9s" },
	{ "--startup-budget", "DINIT_STARTUP_BUDGET", "-1", "9s" },
	{ "--startup-budget", "DINIT_STARTUP_BUDGET", "1 s", "9s" },
	{ "--startup-budget", "DINIT_STARTUP_BUDGET", "99999999999h", "9s" },
	{ "--health-interval", "DINIT_HEALTH_INTERVAL", "1d", "9s" },
	{ "--health-timeout", "DINIT_HEALTH_TIMEOUT", "s", "9s" },
	{ "--monitor", "DINIT_MONITOR", "often", "9s" },
	{ "--monitor-failures", "DINIT_MONITOR_FAILURES", "0", "from 1" },
	{ "--recovery-budget", "DINIT_RECOVERY_BUDGET", "later", "9s" },
	{ "--watchdog", "DINIT_WATCHDOG", "dog", "9s" },
	{ "--wait", "DINIT_WAIT", "long", "9s" },
	{ "--probe-status", "DINIT_PROBE_STATUS", "ok", "2xx" },
	{ "--probe-host", "DINIT_PROBE_HOST", "a b", "name of a host" },
	{ "--probe-max-age", "DINIT_PROBE_MAX_AGE", "young", "9s" },
	{ "--notify", "DINIT_NOTIFY", "maybe", "main (or yes) or all" },
	{ "--grace", "DINIT_GRACE", "5sec", "9s" },
	{ "--grace", "DINIT_GRACE", "1s2", "9s" },
	{ "--drain", "DINIT_DRAIN", ".", "9s" },
	{ "--stop-signal", "DINIT_STOP_SIGNAL", "TERMINATE", "RTMIN+3" },
	{ "--stop-signal", "DINIT_STOP_SIGNAL", "TERM,", "RTMIN+3" },
	{ "--stop-signal", "DINIT_STOP_SIGNAL", "65", "RTMIN+3" },
	{ "--stop-signal", "DINIT_STOP_SIGNAL", "0", "RTMIN+3" },
	{ "--rewrite", "DINIT_REWRITE", "TERM", "TERM:QUIT" },
	{ "--rewrite", "DINIT_REWRITE", "TERM:", "TERM:QUIT" },
	{ "--rewrite", "DINIT_REWRITE", "0:TERM", "TERM:QUIT" },
	{ "--rewrite", "DINIT_REWRITE", "TERM:QUIT,x:y", "TERM:QUIT" },
	{ "--main-only", "DINIT_MAIN_ONLY", "none", "all" },
	{ "--ok-exit", "DINIT_OK_EXIT", "256", "255" },
	{ "--ok-exit", "DINIT_OK_EXIT", "3,,4", "255" },
	{ "--ok-exit", "DINIT_OK_EXIT", "-1", "255" },
	{ "--ok-stop", "DINIT_OK_STOP", "maybe", "yes or no" },
	{ "--parent-death-signal", "DINIT_PARENT_DEATH_SIGNAL", "SIG",
	    "RTMIN+3" },
	{ "--log-level", "DINIT_LOG_LEVEL", "loud", "debug" },
	{ "--log-format", "DINIT_LOG_FORMAT", "xml", "json" },
	{ "--report-file", "DINIT_REPORT_FILE", "report", "absolute path" },
	{ "--user", "DINIT_USER", "0x0", "/etc/passwd" },
	{ "--keep-caps", "DINIT_KEEP_CAPS", "chwon", "CAP_CHOWN" },
	{ "--drop-caps", "DINIT_DROP_CAPS", "chwon", "CAP_CHOWN" },
	{ "--own", "DINIT_OWN", "data", "absolute paths" },
	{ "--own", "DINIT_OWN", "/data,//", "not /" },
	{ "--own", "DINIT_OWN", "/data,", "absolute paths" },
	{ "--seccomp", "DINIT_SECCOMP", "/no/such/profile", "No such file" },
	{ "--no-new-privs", "DINIT_NO_NEW_PRIVS", "maybe", "yes or no" },
	{ "--no-lockdown", "DINIT_NO_LOCKDOWN", "maybe", "yes or no" },
};

#define BAD_VALUE_COUNT (sizeof(bad_values) / sizeof(bad_values[0]))

/* One error line that names NAME, VALUE and RIGHT; COMMAND has not run. */
static void
expect_refusal(const struct run *run, const char *name, const char *value,
    const char *right)
{
	struct container c = container_start(run);
	const char *log;

	cr_assert_eq(container_wait(&c), 125, "%s='%s'", name, value);
	log = container_read(&c, "log");
	cr_assert_eq(count_text(log, "\n"), 1, "%s", log);
	cr_assert_eq(strncmp(log, "dinit: error: ", 14), 0, "%s", log);
	cr_assert(strstr(log, name) != NULL && strstr(log, value) != NULL &&
	    strstr(log, right) != NULL, "not %s, %s and %s: %s", name, value,
	    right, log);
	cr_assert_str_eq(container_read(&c, "out"), "");
	container_discard(&c);
}

static bool
has_bad_value(const char *name)
{
	for (size_t i = 0; i < BAD_VALUE_COUNT; i++)
		if (strcmp(bad_values[i].option + 2, name) == 0)
			return true;
	return false;
}

/* A new option belongs into the table above. */
Test(command_line, is_tested_with_bad_values_of_every_option)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--show-config", "echo" },
	});
	char config[8192];
	char *rest = config;
	char *line;

	cr_assert_eq(container_wait(&c), 0);
	snprintf(config, sizeof(config), "%s", container_read(&c, "out"));
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		line[strcspn(line, " ")] = '\0';
		cr_assert(has_bad_value(line),
		    "bad_values above has none for --%s", line);
	}
}

Test(command_line, refuses_bad_values_of_options)
{
	for (size_t i = 0; i < BAD_VALUE_COUNT; i++) {
		const struct bad_value *bad = &bad_values[i];
		char option[128];

		snprintf(option, sizeof(option), "%s=%s", bad->option,
		    bad->value);
		expect_refusal(&(struct run){
			.arguments = { option, "--", "echo", "ran" },
			.place = AS_ORDINARY,
		}, bad->option, bad->value, bad->right);
	}
}

Test(command_line, refuses_bad_values_of_variables)
{
	for (size_t i = 0; i < BAD_VALUE_COUNT; i++) {
		const struct bad_value *bad = &bad_values[i];
		char variable[128];

		if (bad->variable == NULL)
			continue;
		snprintf(variable, sizeof(variable), "%s=%s", bad->variable,
		    bad->value);
		expect_refusal(&(struct run){
			.arguments = { "--", "echo", "ran" },
			.environment = { variable },
		}, bad->variable, bad->value, bad->right);
	}
}

Test(command_line, refuses_bad_values_of_short_options)
{
	const char *const bad[][3] = {
		{ "-r", "TERM", "TERM:QUIT" },
		{ "-e", "1000", "255" },
		{ "-p", "NOPE", "RTMIN+3" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_refusal(&(struct run){
			.arguments = { bad[i][0], bad[i][1], "--", "echo" },
		}, bad[i][0], bad[i][1], bad[i][2]);
}

Test(command_line, refuses_unknown_options_with_the_nearest_one)
{
	const struct run run[] = {
		{ .arguments = { "--gracee=5s", "echo" } },
		{ .arguments = { "--read-file", "echo" } },
		{ .arguments = { "-x", "echo" } },
		{ .arguments = { "-svx", "echo" } },
	};

	expect_refusal(&run[0], "--gracee", "", "--grace?");
	expect_refusal(&run[1], "--read-file", "", "--ready-file?");
	expect_refusal(&run[2], "-x", "", "--help");
	expect_refusal(&run[3], "-x", "", "--help");
}

Test(command_line, refuses_a_missing_or_needless_value)
{
	const struct run run[] = {
		{ .arguments = { "--grace" } },
		{ .arguments = { "-v", "-e" } },
		{ .arguments = { "--pause=yes" } },
		{ .arguments = { "--version=2" } },
	};

	expect_refusal(&run[0], "--grace", "missing", "9s");
	expect_refusal(&run[1], "-e", "missing", "255");
	expect_refusal(&run[2], "--pause", "no value", "");
	expect_refusal(&run[3], "--version", "no value", "");
}

Test(command_line, refuses_a_missing_or_needless_command)
{
	const struct run run[] = {
		{ .arguments = { NULL } },
		{ .arguments = { "--" } },
		{ .arguments = { "--grace=1s", "--" } },
		{ .arguments = { "--pause", "echo" } },
	};

	expect_refusal(&run[0], "COMMAND", "missing", "[OPTION]");
	expect_refusal(&run[1], "COMMAND", "missing", "[OPTION]");
	expect_refusal(&run[2], "COMMAND", "missing", "[OPTION]");
	expect_refusal(&run[3], "--pause", "echo", "no COMMAND");
}

Test(command_line, warns_of_an_unknown_variable_and_runs)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--", "echo", "ran" },
		.environment = { "DINIT_GRACEE=secret",
		    "DINIT_SERVICE_HOST=10.0.0.1" },
	});
	const char *log;

	cr_assert_eq(container_wait(&c), 0);
	cr_assert_str_eq(container_read(&c, "out"), "ran\n");
	log = container_read(&c, "log");
	cr_assert_eq(count_text(log, "\n"), 2, "%s", log);
	cr_assert_eq(count_text(log, "dinit: warn: "), 2, "%s", log);
	cr_assert(strstr(log, "DINIT_GRACEE") != NULL &&
	    strstr(log, " DINIT_GRACE\n") != NULL, "%s", log);
	cr_assert_not_null(strstr(log, "DINIT_SERVICE_HOST"));
	cr_assert_null(strstr(log, "secret"));
}

/* The line of --show-config on NAME, with one space between its words. */
static const char *
config_line(const char *config, const char *name)
{
	static char line[512];
	size_t used = 0;

	while (strncmp(config, name, strlen(name)) != 0 ||
	    !isspace((unsigned char)config[strlen(name)])) {
		config = strchr(config, '\n');
		cr_assert_not_null(config, "no line on %s", name);
		config++;
	}
	for (; *config != '\n'; config++)
		if (*config != ' ' || line[used - 1] != ' ')
			line[used++] = *config;
	line[used] = '\0';
	return line;
}

static void
expect_config(const struct run *run, const char *const lines[][2])
{
	struct container c = container_start(run);
	const char *config;

	cr_assert_eq(container_wait(&c), 0, "%s", container_read(&c, "log"));
	cr_assert_str_eq(container_read(&c, "log"), "");
	config = container_read(&c, "out");
	for (size_t i = 0; lines[i][0] != NULL; i++)
		cr_assert_str_eq(config_line(config, lines[i][0]),
		    lines[i][1]);
}

Test(command_line, beats_the_environment_which_beats_the_default)
{
	expect_config(&(struct run){
		.arguments = { "--show-config", "--grace=4s", "-e", "3",
		    "--ok-exit=4", "-c", "--stop-signal=15", "--", "echo" },
		.environment = { "DINIT_GRACE=3s", "DINIT_STARTUP_BUDGET=1m30s",
		    "DINIT_OK_EXIT=143", "DINIT_OK_STOP=on",
		    "DINIT_REWRITE=HUP:0,1:SIGQUIT",
		    "DINIT_STOP_SIGNAL=USR1" },
	}, (const char *const[][2]){
		{ "grace", "grace 4s command line" },
		{ "startup-budget", "startup-budget 1m30s environment "
		    "DINIT_STARTUP_BUDGET" },
		{ "ok-exit", "ok-exit 3,4 command line" },
		{ "ok-stop", "ok-stop yes environment DINIT_OK_STOP" },
		{ "main-only", "main-only all command line" },
		{ "rewrite", "rewrite HUP:QUIT environment DINIT_REWRITE" },
		{ "stop-signal", "stop-signal TERM command line" },
		{ "drain", "drain 0s default" },
		{ "health-interval", "health-interval 250ms default" },
		{ "health-timeout", "health-timeout 5s default" },
		{ NULL, NULL },
	});
}

Test(command_line, show_config_warns_of_what_does_not_fit)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--show-config", "--grace=20s", "echo" },
	});

	container_expect_status(&c, 0);
	container_expect_log(&c, "dinit: warn: 20s of drain and grace "
	    "together: ");
	container_expect_log(&c, " everything after 10s, unless ");
	c = container_start(&(struct run){
		.arguments = { "--show-config", "--grace=20s", "echo" },
		.environment = { "KUBERNETES_SERVICE_HOST=10.0.0.1" },
	});
	container_expect_status(&c, 0);
	cr_assert_str_eq(container_read(&c, "log"), "");
}

Test(command_line, is_warned_of_at_the_start_where_that_cannot_be_meant)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--health-cmd=['/bin/true']", "--drain=20s",
		    "--grace=15s", "--ready-file=$DIR/ready", "act",
		    "TERM:exit=0" },
		.environment = { "KUBERNETES_SERVICE_HOST=10.0.0.1" },
	});

	container_await_text(&c, "log", "dinit: warn: the health command "
	    "cannot be run (exit status 127), trying again: ");
	container_expect_log(&c, "dinit: warn: --health-cmd: '['/bin/true']' "
	    "begins like a JSON array of strings and is none");
	container_expect_log(&c, "dinit: warn: 35s of drain and grace "
	    "together: Kubernetes kills everything after 30s");
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 0);
}

static void
expect_not_found(const char *word, const char *line)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--", word },
	});

	container_expect_status(&c, 127);
	cr_expect_str_eq(container_read(&c, "log"), line);
	container_discard(&c);
}

Test(command_line, says_what_stands_where_command_should)
{
	expect_not_found("python3 app.py", "dinit: error: cannot execute "
	    "\"python3 app.py\": No such file or directory; it is one word, and "
	    "there is no such word in PATH: write [\"COMMAND\",\"ARG\"], not "
	    "[\"COMMAND ARG\"]\n");
	expect_not_found("/no/such app", "dinit: error: cannot execute "
	    "\"/no/such app\": No such file or directory; it is one word, and "
	    "there is no such file: write [\"COMMAND\",\"ARG\"], not "
	    "[\"COMMAND ARG\"]\n");
	expect_not_found("--grace=3s", "dinit: error: cannot execute "
	    "--grace=3s: No such file or directory; options go before --; in "
	    "an image set DINIT_GRACE\n");
	expect_not_found("--help", "dinit: error: cannot execute --help: No "
	    "such file or directory; options go before --, and COMMAND behind "
	    "it, ahead of its own\n");
	expect_not_found("-v", "dinit: error: cannot execute -v: No such file "
	    "or directory; options go before --, and COMMAND behind it, ahead "
	    "of its own\n");
	expect_not_found("", "dinit: error: cannot execute \"\": No such file "
	    "or directory\n");
}

Test(command_line, has_the_defaults_of_the_contract)
{
	expect_config(&(struct run){
		.arguments = { "--show-config", "echo" },
	}, (const char *const[][2]){
		{ "grace", "grace 9s default" },
		{ "drain", "drain 0s default" },
		{ "stop-signal", "stop-signal TERM,INT default" },
		{ "startup-budget", "startup-budget 30s default" },
		{ "recovery-budget", "recovery-budget 0s default" },
		{ "log-level", "log-level info default" },
		{ "health-cmd", "health-cmd - default" },
		{ "ok-stop", "ok-stop no default" },
		{ NULL, NULL },
	});
}

Test(command_line, takes_an_empty_variable_for_none)
{
	expect_config(&(struct run){
		.arguments = { "--show-config", "echo" },
		.environment = { "DINIT_GRACE=", "DINIT_HEALTH_CMD=",
		    "DINIT_STOP_SIGNAL=", "DINIT_READY_FILE=" },
	}, (const char *const[][2]){
		{ "grace", "grace 9s default" },
		{ "health-cmd", "health-cmd - default" },
		{ "stop-signal", "stop-signal TERM,INT default" },
		{ "ready-file", "ready-file - default" },
		{ NULL, NULL },
	});
}

static void
expect_level(const char *option, const char *line)
{
	expect_config(&(struct run){
		.arguments = { "--show-config", option, "echo" },
	}, (const char *const[][2]){
		{ "log-level", line },
		{ NULL, NULL },
	});
}

Test(command_line, raises_and_lowers_the_log_level)
{
	expect_level("-v", "log-level debug command line");
	expect_level("-vvv", "log-level debug command line");
	expect_level("-q", "log-level warn command line");
	expect_level("-qq", "log-level error command line");
	expect_level("-qqqq", "log-level error command line");
	expect_level("-qv", "log-level info command line");
}

Test(command_line, says_less_with_q)
{
	const char *const levels[] = { "-q", "-qq" };

	for (int i = 0; i < 2; i++) {
		struct container c = container_start(&(struct run){
			.arguments = { levels[i], "--health-cmd=true",
			    "--ready-file=$DIR/ready", "listen" },
			.environment = { "DINIT_GRACEE=1" },
		});

		container_await_text(&c, "out", "listening\n");
		container_signal(&c, SIGTERM);
		cr_assert_eq(container_wait(&c), 0);
		cr_assert_eq(count_text(container_read(&c, "log"), "\n"),
		    1 - i, "%s", container_read(&c, "log"));
	}
}

Test(command_line, prints_help_and_version_on_standard_output)
{
	const char *const options[] = { "--help", "-h", "--version", "-V" };

	for (int i = 0; i < 4; i++) {
		struct container c = container_start(&(struct run){
			.arguments = { options[i] },
		});

		cr_assert_eq(container_wait(&c), 0);
		cr_assert_str_eq(container_read(&c, "log"), "");
		cr_assert_eq(strncmp(container_read(&c, "out"), "dinit", 5),
		    0);
		if (i < 2)
			cr_assert_not_null(strstr(container_read(&c, "out"),
			    "--health-cmd=CMD"));
		else
			cr_assert_not_null(strstr(container_read(&c, "out"),
			    "with libcap 2"));
		container_discard(&c);
	}
}

Test(command_line, prints_each_library_with_its_license)
{
	const char *const options[] = { "--license", "-l" };
	const char *const parts[] = { "dinit 0.", ": MIT", "  libcap",
		": BSD-3-Clause, (c) ", "  libseccomp 2.", ": LGPL-2.1-only, ",
		"  jansson 2.", "Licenses, notices", "Sources" };

	for (int i = 0; i < 2; i++) {
		struct container c = container_start(&(struct run){
			.arguments = { options[i] },
			.environment = { "DINIT_GRACE=bad" },
		});

		cr_assert_eq(container_wait(&c), 0);
		cr_assert_str_eq(container_read(&c, "log"), "");
		for (size_t j = 0; j < ARRAY_SIZE(parts); j++)
			cr_expect_not_null(strstr(container_read(&c, "out"),
			    parts[j]), "%s", parts[j]);
		container_discard(&c);
	}
}

Test(command_line, says_so_when_help_cannot_be_printed)
{
	const char *const options[] = { "--help", "--version", "--license",
	    "--show-config" };
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	cr_assert(full >= 0);
	for (int i = 0; i < 4; i++) {
		expect_refusal(&(struct run){
			.arguments = { options[i], "echo" },
			.before_exec = close_standard,
			.argument = (int[]){ STDOUT_FILENO, -1 },
		}, "cannot write", "standard output", "");
		expect_refusal(&(struct run){
			.arguments = { options[i], "echo" },
			.output = full,
		}, "cannot write", "standard output", "No space left");
	}
}

static void
expect_output(const struct run *run, const char *out)
{
	struct container c = container_start(run);

	cr_assert_eq(container_wait(&c), 0);
	cr_assert_str_eq(container_read(&c, "out"), out);
	cr_assert_str_eq(container_read(&c, "log"), "");
}

Test(command_line, leaves_the_options_of_command_to_it)
{
	expect_output(&(struct run){
		.arguments = { "echo", "--grace=bad", "-x", "--help" },
	}, "--grace=bad -x --help\n");
	expect_output(&(struct run){
		.arguments = { "-v", "--", "echo", "--", "-x" },
		.environment = { "DINIT_LOG_LEVEL=error" },
	}, "-- -x\n");
	expect_output(&(struct run){
		.arguments = { "--grace", "5s", "-e", "3", "echo", "-x" },
	}, "-x\n");
}

Test(command_line, helps_and_probes_whatever_the_environment_holds)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--help" },
		.environment = { "DINIT_GRACE=soon" },
	});

	cr_assert_eq(container_wait(&c), 0);
	c = container_start(&(struct run){
		.arguments = { "--is-ready" },
		.environment = { "DINIT_GRACE=soon",
		    "DINIT_READY_FILE=$DIR/ready" },
	});
	cr_assert_eq(container_wait(&c), 1);
	container_expect_log(&c, "dinit: error: not ready: no dinit");
}
