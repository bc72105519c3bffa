/* SPDX-License-Identifier: MIT */
/*
 * Files of the image that are read before COMMAND runs. What else may lie at
 * such a path must hold up nobody: a FIFO is one that nobody writes to, and a
 * device may have no end.
 */
#ifndef DINIT_REGULAR_FILE_H
#define DINIT_REGULAR_FILE_H

#include <stdio.h>

struct problem;

/*
 * Opens the file PATH for reading, without ever waiting. 0 and OUT, or -errno,
 * with the reason in PROBLEM: "it is a FIFO, not a regular file".
 */
int
regular_file_open(const char *path, FILE **out, struct problem *problem);

#endif
