/* SPDX-License-Identifier: MIT */
/* What is written of a set reads back as that set. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>

#include "privileges/capabilities.h"
#include "base/problem.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *list = fuzz_string(data, size);
	struct problem problem = { .text = "" };
	uint64_t every = (UINT64_C(1) << cap_max_bits()) - 1;
	uint64_t set = 0;
	uint64_t again = 0;
	int error = capabilities_parse(list, every, &set, &problem);
	char text[1024];

	fuzz_require(error == 0 || error == -EINVAL);
	fuzz_require((error == 0) == (problem.text[0] == '\0'));
	capabilities_format(set & every, text, sizeof(text));
	if (error == 0 && (set & every) != 0)
		fuzz_require(capabilities_parse(text, every, &again,
		    &problem) == 0 && again == (set & every));
	free(list);
	return 0;
}
