/* SPDX-License-Identifier: MIT */
/*
 * Gives the standard streams of the container to COMMAND's user, as engines do
 * for their own --user: only then can that user open /dev/stdout, which leads
 * to the pipe or terminal anew and so asks for its owner and mode.
 */
#ifndef DINIT_STREAMS_H
#define DINIT_STREAMS_H

#include <sys/types.h>

/*
 * Makes UID the owner of the descriptors 0 to 2 that are pipes, or terminals of
 * this container. Without CAP_CHOWN all users may open those that belong to
 * this process's user: to write, or in the case of a pipe at 0, to read. What
 * can be changed in neither way stays as it is, as under an engine. For the
 * worker of privileges.c, a child of dinit.
 */
void
streams_give(uid_t uid);

#endif
