/* SPDX-License-Identifier: MIT */
/* Lives of any length, with the invariants of the exploration. */
#include <stdio.h>

#include "exploration.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct exploration exploration;

	exploration_walk(&exploration, data, size);
	if (exploration.violation[0] != '\0')
		fprintf(stderr, "%s\n", exploration.violation);
	fuzz_require(exploration.violation[0] == '\0');
	return 0;
}
