/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "life/report.h"
#include "base/duration.h"
#include "base/signals.h"

static void
format_app(int status, char *text, size_t size)
{
	if (status > 128 && status <= 128 + SIGNALS_MAX)
		snprintf(text, size,
		    "the app ended with exit status %d (SIG%s)", status,
		    signals_name(status - 128));
	else
		snprintf(text, size, "the app ended with exit status %d",
		    status);
}

void
report_format(const struct report_facts *facts, char *text, size_t size)
{
	const char *why = facts->why_unready;
	char app[96] = "";
	char duration[DURATION_TEXT_MAX];

	if (facts->app_status >= 0)
		format_app(facts->app_status, app, sizeof(app));
	switch (facts->ending) {
	case ENDING_APP:
		snprintf(text, size, "%s", app);
		break;
	case ENDING_STOP:
		snprintf(text, size, "a stop signal arrived%s%s",
		    *app == '\0' ? "" : "; ", app);
		break;
	case ENDING_KILL:
		duration_format(facts->grace_ms, duration, sizeof(duration));
		snprintf(text, size,
		    "a stop signal arrived; the app still ran after the grace "
		    "period of %s: SIGKILL",
		    duration);
		break;
	case ENDING_BUDGET:
		duration_format(facts->budget_ms, duration, sizeof(duration));
		snprintf(text, size,
		    "not ready within the startup budget of %s%s%s", duration,
		    *why == '\0' ? "" : "; ", why);
		break;
	case ENDING_HEALTH_LOST:
		snprintf(text, size,
		    "nobody could check or hear the app: the helper for that "
		    "was gone, or could not be started");
		break;
	case ENDING_EXEC:
		snprintf(text, size, "the app could not be executed");
		break;
	}
}
