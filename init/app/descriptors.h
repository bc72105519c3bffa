/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that dinit has inherited. At the start they are kept apart from
 * those that dinit opens, and once the app has its copies they are closed.
 */
#ifndef DINIT_DESCRIPTORS_H
#define DINIT_DESCRIPTORS_H

#include <stddef.h>

/*
 * Opens something harmless at those of the descriptors 0, 1 and 2 that are
 * closed, so that no file of dinit's is opened there and mistaken for a
 * standard stream. They are close-on-exec: the app finds them closed again.
 * 0, or -errno if a filter denies close(2).
 */
int
descriptors_hold_standard(void);

/*
 * Closes every descriptor that is not among the COUNT in KEPT, which may have
 * negative numbers: these are ignored.
 */
void
descriptors_close_others(const int *kept, size_t count);

#endif
