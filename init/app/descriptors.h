/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that were inherited: kept apart from dinit's own at start, and
 * let go once they are the app's.
 */
#ifndef DINIT_DESCRIPTORS_H
#define DINIT_DESCRIPTORS_H

#include <stddef.h>

/*
 * Occupies those of 0, 1 and 2 that are closed, so that no other file of ours
 * ends up there and is taken for a standard stream. Close-on-exec: an exec
 * finds them closed as before. 0, or -errno where nothing can be closed here.
 */
int
descriptors_hold_standard(void);

/* Closes all but the COUNT in KEPT; negative ones in there are passed over. */
void
descriptors_close_others(const int *kept, size_t count);

#endif
