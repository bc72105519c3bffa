/* SPDX-License-Identifier: MIT */
/*
 * What the options mean together: which of them exclude each other, and which
 * values follow from others where nobody has set them.
 */
#ifndef DINIT_COMBINATION_H
#define DINIT_COMBINATION_H

struct options;
struct problem;

/*
 * Checks and completes OPTIONS, each of which is valid by itself. 0, or -EINVAL
 * and one line in PROBLEM.
 */
int
combination_settle(struct options *options, struct problem *problem);

#endif
