/* SPDX-License-Identifier: MIT */
/*
 * Looks at a file that execve(2) has refused: is it a script without a #! line,
 * which by custom the shell runs, and if not, why was it refused? Only the
 * first bytes of a file are read, and the name of the loader in an ELF file.
 */
#ifndef DINIT_EXECUTABLE_H
#define DINIT_EXECUTABLE_H

#include <stdbool.h>

/* Enough room for any text that executable_explain writes. */
#define EXECUTABLE_HINT_MAX 640

/*
 * True if PATH, whose format the kernel does not know (ENOEXEC), is a text
 * without a #! line. Safe between fork and exec.
 */
bool
executable_is_for_shell(const char *path);

/*
 * Writes why execve(2) failed with the errno ERROR for PATH, which exists. TEXT
 * continues the message about the error. It is "" if the error is clear enough
 * by itself, or if the file cannot be read.
 */
void
executable_explain(const char *path, int error, char text[EXECUTABLE_HINT_MAX]);

#endif
