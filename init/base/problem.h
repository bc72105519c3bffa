/* SPDX-License-Identifier: MIT */
/* Why something that the user asked for cannot be had. */
#ifndef DINIT_PROBLEM_H
#define DINIT_PROBLEM_H

struct problem {
	const char *option; /* the long name of what asked for it */
	char text[512];     /* one line */
};

/* Writes the line, cut where there is no more room. Always -EINVAL. */
int
problem_set(struct problem *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
