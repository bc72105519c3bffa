/* SPDX-License-Identifier: MIT */
/* The names of errno(3): musl has no function for them. */
#ifndef DINIT_ERRNO_NAME_H
#define DINIT_ERRNO_NAME_H

/* The errno that is called NAME, such as "EPERM". -EINVAL: none is. */
int
errno_of_name(const char *name);

#endif
