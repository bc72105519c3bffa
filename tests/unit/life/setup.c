/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "life/setup.h"
#include "base/problem.h"
#include "base/signals.h"
#include "settings/options.h"
#include "support.h"

TestSuite(setup, .timeout = 30);

/* Whatever is found: nothing here starts a COMMAND. */
static const struct signal_state signals_found;

/* Sets up what the WORDS of a command line, NULL at their end, ask for. */
static int
prepare(char *const *words, struct options *options, struct setup *setup)
{
	struct problem problem;
	char *environment[] = { NULL };
	int count = 0;

	while (words[count] != NULL)
		count++;
	must(options_parse(options, count, words, environment, &problem) == 0,
	    "%s", problem.text);
	return setup_prepare(options, &signals_found, getppid(), -1, setup);
}

static void
set_up_nothing_special(void *argument)
{
	char *words[] = { "dinit", "--", "app", "word", NULL };
	struct options options;
	struct setup setup;

	(void)argument;
	must(prepare(words, &options, &setup) == 0, "not prepared");
	must(strcmp(setup.command[0], "app") == 0, "another COMMAND");
	must(setup.locks_down, "no lock-down");
	must(setup.privileges == NULL, "privileges");
	must(setup.readiness.path == NULL && setup.notify_socket.fd < 0 &&
	    setup.upstream.fd < 0 && setup.report_fd < 0, "something is open");
	must(setup.limits.gate == GATE_NONE, "another gate");
	setup_end(&setup);
}

Test(setup, gets_nothing_ready_that_nobody_asked_for)
{
	in_child(set_up_nothing_special, NULL);
}

static void
set_up_pause(void *argument)
{
	char *words[] = { "dinit", "--pause", NULL };
	struct options options;
	struct setup setup;

	(void)argument;
	must(prepare(words, &options, &setup) == 0, "not prepared");
	must(setup.command == NULL && setup.limits.gate == GATE_PAUSE, "a COMMAND");
	setup_end(&setup);
}

Test(setup, has_no_command_for_pause)
{
	in_child(set_up_pause, NULL);
}

/* How long the helper may say nothing, with this monitoring and time-out. */
static long long
silence_with(char *monitor, char *timeout)
{
	char *words[] = { "dinit", "--health-cmd", "true", "--ready-file",
		(char *)scratch_path("ready"), "--monitor", monitor,
		"--health-timeout", timeout, "--", "app", NULL };
	struct options options;
	struct setup setup;

	must(prepare(words, &options, &setup) == 0, "not prepared");
	must(setup.limits.gate == GATE_HEALTH, "no gating");
	must(strcmp(setup.health_plan.command, "true") == 0, "no check");
	setup_end(&setup);
	return setup.limits.silence_ms;
}

static void
set_up_monitoring(void *argument)
{
	(void)argument;
	must(silence_with("2s", "500ms") == 2500 + SILENCE_SLACK_MS, "a limit");
	must(silence_with("0", "500ms") == 0, "a limit without monitoring");
	must(silence_with("2s", "0") == 0, "a limit without a time-out");
}

Test(setup, limits_silence_where_checks_go_on_and_end, .init = scratch_make,
    .fini = scratch_remove)
{
	in_child(set_up_monitoring, NULL);
}

static void
set_up_notify(void *argument)
{
	char *words[] = { "dinit", "--notify=main", "--ready-file",
		(char *)scratch_path("ready"), "--", "app", NULL };
	struct options options;
	struct setup setup;

	(void)argument;
	must(prepare(words, &options, &setup) == 0, "not prepared");
	must(access(scratch_path(".ready.notify"), F_OK) == 0, "no socket");
	must(access(scratch_path(".ready.state"), F_OK) == 0, "no state file");
	setup_end(&setup);
}

Test(setup, deletes_in_the_end_what_it_has_made, .init = scratch_make,
    .fini = scratch_remove)
{
	in_child(set_up_notify, NULL);
	cr_expect_eq(access(scratch_path(".ready.notify"), F_OK), -1);
	cr_expect_eq(access(scratch_path(".ready.state"), F_OK), -1);
}

static void
set_up_on_a_folder(void *argument)
{
	char *words[] = { "dinit", "--notify=main", "--ready-file",
		(char *)scratch_path("ready"), "--", "app", NULL };
	struct options options;
	struct setup setup;

	(void)argument;
	mkdir(scratch_path(".ready.notify"), 0700);
	must(prepare(words, &options, &setup) < 0, "prepared");
	rmdir(scratch_path(".ready.notify"));
}

Test(setup, leaves_nothing_behind_when_it_fails, .init = scratch_make,
    .fini = scratch_remove)
{
	in_child(set_up_on_a_folder, NULL);
	cr_expect_eq(access(scratch_path(".ready.notify"), F_OK), -1);
	cr_expect_eq(access(scratch_path(".ready.state"), F_OK), -1);
}
