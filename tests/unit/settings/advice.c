/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "settings/advice.h"
#include "settings/parsing.h"

TestSuite(advice, .timeout = 60);

/* The advice on "--WORD app", or "--WORD --ANOTHER app". */
static const char *
advise(const char *word, const char *another, bool in_kubernetes)
{
	const char *const arguments[] = { word, another, "app", NULL };
	const struct result *result = parse(arguments, none);
	static char text[1024];

	expect_accepted(result, word);
	advice_format(&result->options, in_kubernetes, text,
	    sizeof(text));
	return text;
}

Test(advice, is_given_on_what_does_not_fit)
{
	cr_expect_str_eq(advise("-q", "-q", false), "");
	cr_expect_str_eq(advise("--grace=10s", "-q", false),
	    "10s of drain and grace together: Docker and Podman kill "
	    "everything after 10s, unless --stop-timeout or stop_grace_period "
	    "is longer\n");
	cr_expect_str_eq(advise("--grace=29s", "-q", true), "");
	cr_expect_str_eq(advise("--grace=10s", "--drain=20s", true),
	    "30s of drain and grace together: Kubernetes kills everything "
	    "after 30s, unless terminationGracePeriodSeconds is longer\n"
	    "drain without a readiness file: nobody learns to send no more "
	    "work; set --health-cmd, --notify or --ready-file\n");
	cr_expect_str_eq(advise("--health-cmd=x", "--startup-budget=5s",
	    false), "a check may take the whole startup budget of 5s: "
	    "--health-timeout should be shorter\n");
	cr_expect_str_eq(advise("--health-cmd=x", "--health-timeout=0",
	    false), "a check may take the whole startup budget of 30s: "
	    "--health-timeout should be shorter\n");
	cr_expect_str_eq(advise("--monitor=1s", "-q", false),
	    "monitor without a health command: there is nothing to monitor "
	    "with; set --health-cmd\n");
	cr_expect_str_eq(advise("--ready-file=/a", "--drain=900ms", false),
	    "");
	cr_expect_str_eq(advise("--notify", "--recovery-budget=1m", false),
	    "recovery budget without a watchdog: an app that hangs is not "
	    "noticed; set --watchdog\n");
	cr_expect_str_eq(advise("--health-cmd=x", "--recovery-budget=1m",
	    false), "");
	/* There is no advice on a monitor time that nobody has set. */
	cr_expect_str_eq(advise("--notify", "-q", false), "");
	cr_expect_str_eq(advise("--notify", "--monitor=10s", false),
	    "monitor without a health command: there is nothing to monitor "
	    "with; set --health-cmd\n");
}
