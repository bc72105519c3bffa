/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "readiness/http_statuses.h"
#include "base/number.h"
#include "base/text.h"

/* The statuses of a class, such as 4xx. */
#define CLASS_SIZE 100

/* Adds ITEM, which is three bytes long. */
static int
add_item(const char *item, struct http_statuses *set)
{
	uint64_t status;

	if (item[0] >= '1' && item[0] <= '5' &&
	    strncasecmp(item + 1, "xx", 2) == 0) {
		set->classes |= 1U << (item[0] - '0');
		return 0;
	}
	if (number_read(item, &status) != 3 || status < HTTP_STATUS_MIN ||
	    status > HTTP_STATUS_MAX)
		return -EINVAL;
	status -= HTTP_STATUS_MIN;
	set->single[status / 64] |= UINT64_C(1) << (status % 64);
	return 0;
}

int
http_statuses_parse(const char *list, struct http_statuses *set)
{
	struct http_statuses sum = *set;

	for (const char *rest; list != NULL; list = rest)
		if (text_measure_item(list, &rest) != 3 ||
		    add_item(list, &sum) < 0)
			return -EINVAL;
	*set = sum;
	return 0;
}

static bool
has_class(const struct http_statuses *set, int status)
{
	return set->classes >> (status / CLASS_SIZE) & 1;
}

void
http_statuses_format(const struct http_statuses *set, char *text, size_t size)
{
	char item[16];

	text[0] = '\0';
	for (int status = HTTP_STATUS_MIN; status <= HTTP_STATUS_MAX;
	    status++) {
		if (!http_statuses_has(set, status))
			continue;
		if (!has_class(set, status))
			snprintf(item, sizeof(item), "%d", status);
		else if (status % CLASS_SIZE == 0)
			snprintf(item, sizeof(item), "%dxx",
			    status / CLASS_SIZE);
		else
			continue;
		text_append_item(text, size, item);
	}
}

bool
http_statuses_has(const struct http_statuses *set, int status)
{
	int bit = status - HTTP_STATUS_MIN;

	return status >= HTTP_STATUS_MIN && status <= HTTP_STATUS_MAX &&
	    (has_class(set, status) ||
		(set->single[bit / 64] >> (bit % 64) & 1));
}
