/* SPDX-License-Identifier: MIT */
/* What is taken is in range, and what is written of it reads back as it. */
#include <errno.h>
#include <stdlib.h>

#include "base/duration.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	int64_t ms = duration_parse(text);
	char again[DURATION_TEXT_MAX];

	fuzz_require(ms == -EINVAL || ms == -ERANGE ||
	    (ms >= 0 && ms <= DURATION_MAX_MS));
	if (ms >= 0) {
		duration_format(ms, again, sizeof(again));
		fuzz_require(duration_parse(again) == ms);
	}
	free(text);
	return 0;
}
