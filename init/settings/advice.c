/* SPDX-License-Identifier: MIT */
#include "settings/advice.h"
#include "base/duration.h"
#include "base/text.h"
#include "settings/options.h"

/* An engine that stops a container kills everything when its timer is over. */
#define KUBERNETES_TIMER_MS 30000
#define DOCKER_TIMER_MS 10000

static void
append_late_stop(const struct options *options, bool in_kubernetes, char *text,
    size_t size)
{
	int64_t needed_ms = options->drain_ms + options->grace_ms;
	int64_t timer_ms = in_kubernetes ? KUBERNETES_TIMER_MS
					 : DOCKER_TIMER_MS;
	char needed[DURATION_TEXT_MAX];
	char timer[DURATION_TEXT_MAX];

	if (needed_ms < timer_ms)
		return;
	duration_format(needed_ms, needed, sizeof(needed));
	duration_format(timer_ms, timer, sizeof(timer));
	text_append(text, size,
	    "%s of drain and grace together: %s after %s, "
	    "unless %s is longer\n",
	    needed,
	    in_kubernetes ? "Kubernetes kills everything"
			  : "Docker and Podman kill everything",
	    timer,
	    in_kubernetes ? "terminationGracePeriodSeconds"
			  : "--stop-timeout or stop_grace_period");
}

void
advice_format(const struct options *options, bool in_kubernetes, char *text,
    size_t size)
{
	char budget[DURATION_TEXT_MAX];

	text[0] = '\0';
	append_late_stop(options, in_kubernetes, text, size);
	duration_format(options->startup_budget_ms, budget, sizeof(budget));
	if (options->health_cmd != NULL && options->startup_budget_ms > 0 &&
	    (options->health_timeout_ms == 0 ||
		options->health_timeout_ms >= options->startup_budget_ms))
		text_append(text, size,
		    "a check may take the whole startup budget "
		    "of %s: --health-timeout should be shorter\n",
		    budget);
	if (options->drain_ms > 0 && options->ready_file == NULL)
		text_append(text, size,
		    "drain without a readiness file: nobody "
		    "learns to send no more work; set --health-cmd, --notify "
		    "or --ready-file\n");
	if (options->recovery_budget_ms > 0 && options->health_cmd == NULL &&
	    options->watchdog_ms == 0)
		text_append(text, size,
		    "recovery budget without a watchdog: an app that hangs "
		    "is not noticed; set --watchdog\n");
	if (options->monitor_ms > 0 && options->health_cmd == NULL)
		text_append(text, size,
		    "monitor without a health command: there "
		    "is nothing to monitor with; set --health-cmd\n");
}
