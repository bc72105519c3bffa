/* SPDX-License-Identifier: MIT */
/*
 * Sets of capabilities (capabilities(7)): read from a list, written as a list,
 * and those that this process has. Capability N is bit N of a set.
 */
#ifndef DINIT_CAPABILITIES_H
#define DINIT_CAPABILITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct problem;

static inline bool
capabilities_contain(uint64_t set, int capability)
{
	return set >> capability & 1;
}

/*
 * Returns the number of the capability NAME, such as CAP_CHOWN in any case, or
 * -1 if libcap does not know it.
 */
int
capabilities_find(const char *name);

/* The sets of this process that limit what COMMAND can have. */
struct capabilities {
	uint64_t bounding;
	uint64_t own; /* permitted, and in the bounding set as well */
};

/*
 * Reads LIST, which is "none", "all" for the set EVERY, or a list with commas.
 * An item is a number or a name, in any case and with or without "cap_". 0 and
 * OUT, or -EINVAL and PROBLEM.
 */
int
capabilities_parse(const char *list, uint64_t every, uint64_t *out,
    struct problem *problem);

/* Returns the sets of this process. */
struct capabilities
capabilities_of_process(void);

/*
 * Writes the names of the capabilities in SET, with commas. Names for which
 * there is no room are left out.
 */
void
capabilities_format(uint64_t set, char *text, size_t size);

#endif
