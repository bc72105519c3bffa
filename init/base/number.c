/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/number.h"

size_t
number_read(const char *text, uint64_t *number)
{
	uint64_t value = 0;
	size_t length = 0;

	for (; text[length] >= '0' && text[length] <= '9'; length++) {
		unsigned int digit = (unsigned int)(text[length] - '0');

		/* Once it is too large, it stays so. */
		value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX
							  : value * 10 + digit;
	}
	if (length > 0)
		*number = value;
	return length;
}

int64_t
number_parse(const char *text, int64_t max)
{
	uint64_t number = 0;
	size_t length = number_read(text, &number);
	size_t longest = 0;

	for (int64_t rest = max; rest > 0; rest /= 10)
		longest++;
	if (length == 0 || length > longest || text[length] != '\0' ||
	    number > (uint64_t)max)
		return -EINVAL;
	return (int64_t)number;
}
