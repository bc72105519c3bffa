/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "settings/advice.h"
#include "base/array.h"
#include "settings/parsing.h"

TestSuite(advice, .timeout = 60);

/* The advice on "--WORD app", or "--WORD --ANOTHER app". */
static const char *
advise(const char *word, const char *another, enum advice_engine engine)
{
	const char *const arguments[] = { word, another, "app", NULL };
	const struct result *result = parse(arguments, none);
	static char text[1024];

	expect_accepted(result, word);
	advice_format(&result->options, engine, text, sizeof(text));
	return text;
}

Test(advice, is_given_on_what_does_not_fit)
{
	const enum advice_engine none_known = ADVICE_ENGINE_UNKNOWN;
	const enum advice_engine kubernetes = ADVICE_ENGINE_KUBERNETES;

	cr_expect_str_eq(advise("-q", "-q", none_known), "");
	cr_expect_str_eq(advise("--grace=10s", "-q", none_known),
	    "10s of drain and grace together: Docker and Podman kill "
	    "everything after 10s, unless --stop-timeout or stop_grace_period "
	    "is longer\n");
	cr_expect_str_eq(advise("--grace=29s", "-q", kubernetes), "");
	cr_expect_str_eq(advise("--grace=10s", "--drain=20s", kubernetes),
	    "30s of drain and grace together: Kubernetes kills everything "
	    "after 30s, unless terminationGracePeriodSeconds is longer\n"
	    "drain without a readiness file: nobody learns to send no more "
	    "work; set --health-cmd, --notify or --ready-file\n");
	cr_expect_str_eq(advise("--health-cmd=x", "--startup-budget=5s",
	    none_known), "a check may take the whole startup budget of 5s: "
	    "--health-timeout should be shorter\n");
	cr_expect_str_eq(advise("--health-cmd=x", "--health-timeout=0",
	    none_known), "a check may take the whole startup budget of 30s: "
	    "--health-timeout should be shorter\n");
	cr_expect_str_eq(advise("--monitor=1s", "-q", none_known),
	    "monitor without a health command: there is nothing to monitor "
	    "with; set --health-cmd\n");
	cr_expect_str_eq(advise("--ready-file=/a", "--drain=900ms",
	    none_known), "");
	cr_expect_str_eq(advise("--notify", "--recovery-budget=1m",
	    none_known),
	    "recovery budget without a watchdog: an app that hangs is not "
	    "noticed; set --watchdog\n");
	cr_expect_str_eq(advise("--health-cmd=x", "--recovery-budget=1m",
	    none_known), "");
	/* There is no advice on a monitor time that nobody has set. */
	cr_expect_str_eq(advise("--notify", "-q", none_known), "");
	cr_expect_str_eq(advise("--notify", "--monitor=10s", none_known),
	    "monitor without a health command: there is nothing to monitor "
	    "with; set --health-cmd\n");
}

/* The advice that is given at the start with ENTRY in the environment. */
static const char *
advise_start(const char *entry, enum advice_engine engine)
{
	const struct result *result = parse_word(NULL, entry);
	static char text[ADVICE_TEXT_MAX];

	expect_accepted(result, entry);
	advice_format_start(&result->options, engine, text, sizeof(text));
	return text;
}

Test(advice, is_given_at_the_start_where_the_engine_is_known)
{
	cr_expect_str_eq(advise_start("DINIT_GRACE=10s",
	    ADVICE_ENGINE_UNKNOWN), "");
	cr_expect_str_eq(advise_start("DINIT_GRACE=9999ms",
	    ADVICE_ENGINE_DOCKER), "");
	cr_expect_str_eq(advise_start("DINIT_GRACE=10s", ADVICE_ENGINE_DOCKER),
	    "10s of drain and grace together: Docker kills everything after "
	    "10s, unless --stop-timeout or stop_grace_period is longer\n");
	cr_expect_str_eq(advise_start("DINIT_GRACE=10s", ADVICE_ENGINE_PODMAN),
	    "10s of drain and grace together: Podman kills everything after "
	    "10s, unless --stop-timeout or stop_grace_period is longer\n");
	cr_expect_str_eq(advise_start("DINIT_GRACE=29s",
	    ADVICE_ENGINE_KUBERNETES), "");
	cr_expect_str_eq(advise_start("DINIT_GRACE=30s",
	    ADVICE_ENGINE_KUBERNETES), "30s of drain and grace together: "
	    "Kubernetes kills everything after 30s, unless "
	    "terminationGracePeriodSeconds is longer\n");
	/* Only --show-config has the rest. */
	cr_expect_str_eq(advise_start("DINIT_MONITOR=1s",
	    ADVICE_ENGINE_DOCKER), "");
}

static void
expect_health_command(const char *command, bool is_warned_of)
{
	const char *entry = phrase("DINIT_HEALTH_CMD=%s", command);
	const char *expected = !is_warned_of ? "" : phrase("DINIT_HEALTH_CMD: "
	    "'%.*s' begins like a JSON array of strings and is none, so that "
	    "/bin/sh gets it: write [\"COMMAND\",\"ARG\"], with double quotes "
	    "around each word\n", (int)strcspn(command, "\n"), command);

	cr_expect_str_eq(advise_start(entry, ADVICE_ENGINE_UNKNOWN), expected,
	    "%s", command);
}

Test(advice, tells_an_array_that_is_none_from_a_test_of_the_shell)
{
	static const char *const arrays[] = {
		"[\"/app/check\"]", "[\"/app/check\",\"-q\"]",
		"[ \"/app/check\" , \"-q\" ]", " [\"a\"] ",
		"[\"a \\\"b\\\" \\u0020\",\"c,]\"]", "[\n\"a\",\n\"b\"\n]",
	};
	static const char *const tests[] = {
		"[ -f /tmp/up ]", "[ \"$A\" = b ]", "[[ -f /tmp/up ]]",
		"[ '$A' = b ]", "[\t-f /tmp/up ]", "curl -f [::1]:80", "",
	};
	static const char *const wrong[] = {
		"[\"/app/check\",-q]", "['/app/check','-q']", "['/app/check']",
		"[/app/check, -q]", "[\"/app/check\" \"-q\"]",
		"[\"/app/check\",\"-q\"", "[\"/app/check\",]", "[]",
		"[\"/app/check\",1]", "[ \"/app/check\", -q ]",
		"[ '/app/check', '-q' ]", "[\"/app/check]", "[\"a\\x\"]",
		"[\"a\"] && b", "[\"a\\", "[\"a\nb\"]",
	};

	for (size_t i = 0; i < ARRAY_SIZE(arrays); i++)
		expect_health_command(arrays[i], false);
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		expect_health_command(tests[i], false);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		expect_health_command(wrong[i], true);
}
