/* SPDX-License-Identifier: MIT */
/*
 * Files that take lines of ours: one to append to, behind what others have
 * written there, such as Kubernetes' /dev/termination-log; and one that is a
 * single line. Nothing here ever waits. What cannot be written is lost, and in
 * a line what is no printable character is replaced.
 */
#ifndef DINIT_LINE_FILE_H
#define DINIT_LINE_FILE_H

/*
 * The most that a line takes, in bytes: half of what Kubernetes takes over from
 * the end of a termination log. The other half is left to the app.
 */
#define LINE_FILE_MAX 2048

/*
 * Opens the file PATH to append to, made if missing. A descriptor that is open
 * across whatever privileges are given up, or -errno.
 */
int
line_file_open(const char *path);

/* Empties the file FD. */
void
line_file_empty(int fd);

/* Appends TEXT, cut where there is no more room, as a line of its own. */
void
line_file_append(int fd, const char *text);

/* Makes TEXT, cut likewise, the only line of the file FD. */
void
line_file_replace(int fd, const char *text);

#endif
