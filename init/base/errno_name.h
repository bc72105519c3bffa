/* SPDX-License-Identifier: MIT */
/* The symbolic names of errors (errno(3)), for which musl has no function. */
#ifndef DINIT_ERRNO_NAME_H
#define DINIT_ERRNO_NAME_H

/* Returns the errno with the name NAME, such as "EPERM", or -EINVAL. */
int
errno_of_name(const char *name);

#endif
