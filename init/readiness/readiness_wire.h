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

/*
 * How the line of a state file begins while the container may become ready, or
 * is. The state follows, since when (CLOCK_MONOTONIC, ms), how long it may last
 * (ms; 0: for ever) and why the container is not ready, each after a blank. The
 * process that asks makes of them how long the state has lasted, so that PID 1
 * need not write that again and again. An empty file: COMMAND does not run yet.
 * Any other line says why the container will not become ready any more.
 */
#define READINESS_WIRE_ALIVE "alive "

/*
 * A process that waits (--is-ready --wait) holds a lock of this byte of the
 * state file until it ends. It lies behind the bytes that a dinit locks.
 */
#define READINESS_WIRE_WAITER_BYTE 0x40000000

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
