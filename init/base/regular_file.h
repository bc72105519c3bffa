/* SPDX-License-Identifier: MIT */
/*
 * Opens files of the image that are read before COMMAND runs. A FIFO or a
 * device at such a path is refused, because it could hold up the start: a FIFO
 * may have no writer, and a device may have no end.
 */
#ifndef DINIT_REGULAR_FILE_H
#define DINIT_REGULAR_FILE_H

#include <stdio.h>

struct problem;

/*
 * Opens the file PATH for reading, and never waits. 0 and OUT; or -errno and a
 * reason such as "it is a FIFO, not a regular file" in PROBLEM.
 */
int
regular_file_open(const char *path, FILE **out, struct problem *problem);

#endif
