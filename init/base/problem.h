/* SPDX-License-Identifier: MIT */
/* Why something that the user has asked for is not possible, in one line. */
#ifndef DINIT_PROBLEM_H
#define DINIT_PROBLEM_H

struct problem {
	const char *option; /* the long name of the option that asked for it */
	char text[512];     /* without a newline */
};

/*
 * Writes the text of PROBLEM, and cuts it if it is too long. Always returns
 * -EINVAL, which the caller can return in turn.
 */
int
problem_set(struct problem *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
