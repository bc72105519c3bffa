/* SPDX-License-Identifier: MIT */
/*
 * What a plan prints and returns. Waiting and signals are tested end to end, in
 * tests/e2e/probe.c.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "readiness/probe_plan.h"
#include "base/problem.h"
#include "base/signals.h"
#include "readiness/http_statuses.h"
#include "support.h"

TestSuite(probe_plan, .timeout = 60, .init = scratch_make,
    .fini = scratch_remove);

struct sample {
	const char *urls[PROBE_TARGETS_MAX + 1];
	int64_t wait_ms;
	int status;
	const char *line; /* how the line begins */
};

static void
run_plan(void *argument)
{
	const struct sample *sample = argument;
	const struct http_statuses usual = { .classes = 1 << 2 };
	const struct probe_plan plan = {
		.urls = sample->urls,
		.rules = { .statuses = &usual, .timeout_ms = 5000 },
		.wait_ms = sample->wait_ms,
		.interval_ms = 250,
	};
	struct problem problem = { .text = "" };
	struct signal_state found;
	int output = open(scratch_path("out"), O_CREAT | O_TRUNC | O_WRONLY,
	    0644);
	int status;

	must(signals_take_over(&found) == 0, "cannot block signals");
	must(dup2(output, STDOUT_FILENO) >= 0, "no output");
	status = probe_plan_run(&plan, &found, &problem);
	must(status == sample->status, "%s: %d", sample->urls[0], status);
	must(strncmp(status < 0 ? problem.text :
	    read_file(scratch_path("out")), sample->line,
	    strlen(sample->line)) == 0, "%s%s", problem.text,
	    read_file(scratch_path("out")));
}

Test(probe_plan, prints_one_line_on_all_that_is_healthy)
{
	in_child(run_plan, &(struct sample){ { "file:///proc/self" }, 0, 0,
	    "healthy: file:///proc/self exists\n" });
	in_child(run_plan, &(struct sample){ { "file:///proc/self",
	    "file:///dev/null" }, 60000, 0, "healthy: file:///proc/self "
	    "exists; file:///dev/null exists\n" });
}

Test(probe_plan, names_the_first_that_is_not_healthy)
{
	in_child(run_plan, &(struct sample){ { "file:///proc/self",
	    "file:///none", "file:///nowhere" }, 0, 1,
	    "unhealthy: file:///none: No such file or directory\n" });
	in_child(run_plan, &(struct sample){ { "file:///none" }, 50, 1,
	    "unhealthy: file:///none: No such file or directory (" });
}

Test(probe_plan, knows_the_names_in_etc_hosts_and_no_others)
{
	in_child(run_plan, &(struct sample){ { "tcp://no-such.invalid:1" }, 0,
	    -EINVAL, "--probe: 'tcp://no-such.invalid:1' is wrong; it takes "
	    "an address" });
}
