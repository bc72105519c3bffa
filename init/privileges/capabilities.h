/* SPDX-License-Identifier: MIT */
/* Lists of capabilities, and those that this process has (capabilities(7)). */
#ifndef DINIT_CAPABILITIES_H
#define DINIT_CAPABILITIES_H

#include <stddef.h>
#include <stdint.h>

struct problem;

/* Sets: capability N is bit N. */
struct capabilities {
	uint64_t bounding;
	uint64_t own; /* permitted, and in the bounding set */
};

/*
 * Reads LIST: names with and without cap_, in upper and lower case, or
 * numbers, separated by commas; or "none"; or "all", which is EVERY. 0 and
 * OUT, or -EINVAL and PROBLEM.
 */
int
capabilities_parse(const char *list, uint64_t every, uint64_t *out,
    struct problem *problem);

/* What this process could hand on. */
struct capabilities
capabilities_of_process(void);

/* Writes the names in SET, with commas, as many as there is room for. */
void
capabilities_format(uint64_t set, char *text, size_t size);

#endif
