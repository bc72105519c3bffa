/* SPDX-License-Identifier: MIT */
/*
 * What a dinit that publishes its readiness and a process that asks for it
 * (--is-ready) have to agree on: the name of the state file, what its line
 * says, and what the lock of a file means. Runs in PID 1 and in the process
 * that asks.
 */
#ifndef DINIT_READINESS_WIRE_H
#define DINIT_READINESS_WIRE_H

#include <limits.h>

/* The line of a state file while the container may become ready. */
#define READINESS_WIRE_ALIVE "alive"

/* The name of the readiness file PATH in its directory; "": it has none. */
const char *
readiness_wire_file_name(const char *path);

/*
 * Writes the NAME of the state file that lies beside the readiness file PATH.
 * 0 or -ENAMETOOLONG.
 */
int
readiness_wire_name_state(const char *path, char name[NAME_MAX + 1]);

/* 1: a living dinit holds the lock of the file FD; 0: none does; or -errno. */
int
readiness_wire_is_locked(int fd);

#endif
