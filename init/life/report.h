/* SPDX-License-Identifier: MIT */
/*
 * The last word: why the container ended, as a line for the report file.
 */
#ifndef DINIT_REPORT_H
#define DINIT_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "life/lifecycle.h"

/* What the line is made of. */
struct report_facts {
	enum ending ending;
	int app_status; /* exit status, 128+N for signal N; -1: none */
	int64_t budget_ms;
	int64_t grace_ms;
	const char *why_unready; /* "": nothing is known */
};

/* Writes why the life of FACTS ended, without a newline. */
void
report_format(const struct report_facts *facts, char *text, size_t size);

#endif
