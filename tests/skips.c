/* SPDX-License-Identifier: MIT */
/*
 * How many tests were skipped, and why: Criterion's last line counts them among
 * the tests, but says neither. Linked into unit-tests and into e2e-tests.
 */
#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <stdio.h>
#include <string.h>

#define REASONS_MAX 32

struct reason {
	const char *text;
	size_t count;
};

struct skips {
	struct reason reasons[REASONS_MAX]; /* the last one is for all others */
	size_t reason_count;
	size_t count;
	size_t tests;
};

static void
count_reason(struct skips *skips, const char *text)
{
	static const char prefix[] = "skipped: ";
	size_t i = 0;

	if (strncmp(text, prefix, strlen(prefix)) == 0)
		text += strlen(prefix);
	while (i < skips->reason_count &&
	    strcmp(skips->reasons[i].text, text) != 0)
		i++;
	if (i == REASONS_MAX)
		i--;
	if (i == skips->reason_count)
		skips->reasons[skips->reason_count++].text = text;
	skips->reasons[i].count++;
	skips->count++;
}

/* Tests that --filter leaves out count as skipped too, but have no message. */
static void
count_skips(struct skips *skips, const struct criterion_suite_stats *suite)
{
	const struct criterion_test_stats *test;

	for (test = suite->tests; test != NULL; test = test->next) {
		bool is_skipped = test->test_status == CR_STATUS_SKIPPED;

		if (is_skipped && test->message == NULL)
			continue;
		skips->tests++;
		if (is_skipped)
			count_reason(skips, test->message);
	}
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
	const struct criterion_suite_stats *suite;
	struct skips skips = { 0 };

	for (suite = stats->suites; suite != NULL; suite = suite->next)
		count_skips(&skips, suite);
	if (skips.count == 0)
		return;
	fprintf(stderr, "[====] Skipped: %zu of %zu, because", skips.count,
	    skips.tests);
	for (size_t i = 0; i < skips.reason_count; i++)
		fprintf(stderr, "%s %s (%zu)", i > 0 ? ";" : "",
		    skips.reasons[i].text, skips.reasons[i].count);
	fprintf(stderr, "\n");
}
