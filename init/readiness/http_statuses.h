/* SPDX-License-Identifier: MIT */
/* A set of HTTP statuses, which users write as a list: 2xx,3xx,401. */
#ifndef DINIT_HTTP_STATUSES_H
#define DINIT_HTTP_STATUSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_STATUS_MIN 100
#define HTTP_STATUS_MAX 599

struct http_statuses {
	uint64_t single[8];   /* the first bit is HTTP_STATUS_MIN */
	unsigned int classes; /* bit 2: all of 2xx, whatever SINGLE has */
};

/* Adds the statuses of LIST to SET. 0, or -EINVAL and SET stays as it was. */
int
http_statuses_parse(const char *list, struct http_statuses *set);

/* Writes SET as http_statuses_parse reads it; what has no room is left out. */
void
http_statuses_format(const struct http_statuses *set, char *text, size_t size);

/* STATUS may be any number. */
bool
http_statuses_has(const struct http_statuses *set, int status);

#endif
