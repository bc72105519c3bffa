/* SPDX-License-Identifier: MIT */
/* Names, lists and rewrites: what is written of them reads back as they are. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "base/signals.h"

static void
try_name(const char *text)
{
	int signo = signals_parse(text);

	fuzz_require(signo == -EINVAL || (signo >= 1 && signo <= SIGNALS_MAX));
	if (signo > 0)
		fuzz_require(signals_parse(signals_name(signo)) == signo);
}

static void
try_set(const char *text)
{
	uint64_t set = 0;
	uint64_t again = 0;
	int first = signals_parse_set(text, &set);
	char written[SIGNALS_TEXT_MAX];

	if (first < 0) {
		fuzz_require(first == -EINVAL && set == 0);
		return;
	}
	fuzz_require((set & signals_bit(first)) != 0);
	signals_format_set(set, first, written, sizeof(written));
	fuzz_require(signals_parse_set(written, &again) == first ||
	    set == SIGNALS_ALL);
	fuzz_require(again == set);
}

static void
try_rewrite(const char *text)
{
	struct signal_policy policy = { .stop = 0 };
	struct signal_policy before;
	struct signal_policy again = { .stop = 0 };
	char written[SIGNALS_TEXT_MAX];

	signals_clear_rewrite(policy.rewrite);
	signals_clear_rewrite(again.rewrite);
	before = policy;
	if (signals_parse_rewrite(text, policy.rewrite) < 0) {
		fuzz_require(memcmp(&policy, &before, sizeof(policy)) == 0);
		return;
	}
	for (int signo = 1; signo <= SIGNALS_MAX; signo++)
		fuzz_require(policy.rewrite[signo] <= SIGNALS_MAX);
	if (memcmp(&policy, &before, sizeof(policy)) == 0)
		return; /* there is nothing to write */
	signals_format_rewrite(policy.rewrite, written, sizeof(written));
	fuzz_require(signals_parse_rewrite(written, again.rewrite) == 0);
	fuzz_require(memcmp(policy.rewrite, again.rewrite,
	    sizeof(policy.rewrite)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);

	try_name(text);
	try_set(text);
	try_rewrite(text);
	free(text);
	return 0;
}
