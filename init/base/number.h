/* SPDX-License-Identifier: MIT */
/*
 * Decimal numbers as users and peers write them: digits alone. A sign, a blank
 * or "0x" is no part of a number, whatever strtoul(3) makes of it.
 */
#ifndef DINIT_NUMBER_H
#define DINIT_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads the digits that TEXT begins with into NUMBER; a number that is larger
 * than UINT64_MAX becomes that. Returns how many digits there are; if there are
 * none, NUMBER is left as it was.
 */
size_t
number_read(const char *text, uint64_t *number);

/*
 * Returns the number that TEXT consists of. -EINVAL: TEXT is no number, or it
 * is larger than MAX, or it has more digits than MAX.
 */
int64_t
number_parse(const char *text, int64_t max);

#endif
