/* SPDX-License-Identifier: MIT */
/*
 * What a file is that execve(2) has refused: a script for the shell, as one
 * without a #! line is by custom, or else why not. No more than its head is
 * read.
 */
#ifndef DINIT_EXECUTABLE_H
#define DINIT_EXECUTABLE_H

#include <stdbool.h>
#include <stddef.h>

/* Room for any text of executable_explain. */
#define EXECUTABLE_HINT_MAX 640

/*
 * True if PATH, of whose format the kernel knows nothing (ENOEXEC), is a text
 * that names no interpreter. Safe between fork and exec.
 */
bool
executable_is_for_shell(const char *path);

/*
 * Writes why execve(2) gave ERROR for PATH, which is there, to be said behind
 * that error; "" if the error says it all, or the file cannot be read.
 */
void
executable_explain(const char *path, int error, char text[EXECUTABLE_HINT_MAX]);

#endif
