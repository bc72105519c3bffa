/* SPDX-License-Identifier: MIT */
/*
 * Writes lines to a file that the app writes to as well, such as Kubernetes'
 * /dev/termination-log, or to a file that consists of a single line. No
 * function here ever waits. A line that cannot be written is lost. Control
 * characters in a line are replaced by spaces.
 */
#ifndef DINIT_LINE_FILE_H
#define DINIT_LINE_FILE_H

#include <stdbool.h>

/*
 * The length of the longest line in bytes, with its newline. Kubernetes reads
 * the last 4096 bytes of a termination log, so half of these are the app's.
 */
#define LINE_FILE_MAX 2048

/*
 * Opens the file PATH. If it does not exist, it is created if CREATES is true.
 * Returns a descriptor, which can still be used after dinit has given up
 * privileges, or -errno.
 */
int
line_file_open(const char *path, bool creates);

/* Removes all that the file FD has. */
void
line_file_empty(int fd);

/* Appends TEXT, cut if it is too long, as a line of its own to the file FD. */
void
line_file_append(int fd, const char *text);

/* Makes TEXT, cut if it is too long, the only line in the file FD. */
void
line_file_replace(int fd, const char *text);

#endif
