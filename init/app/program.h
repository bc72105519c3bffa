/* SPDX-License-Identifier: MIT */
/*
 * Executing a program the way execvp(3) is specified, with either C library:
 * musl's leaves out the shell for scripts without a #! line, glibc's hides
 * that there is none, and gives the shell binaries too.
 */
#ifndef DINIT_PROGRAM_H
#define DINIT_PROGRAM_H

#include "app/executable.h"

/*
 * Executes ARGV in place of this process: searched in PATH, or run by /bin/sh
 * if it is a script without #!. Comes back only with -errno: -ENOENT not found,
 * -EACCES not executable, -ENOEXEC a format that nobody knows, or such a script
 * and no /bin/sh; and with the PLACE in PATH where that was, for
 * program_explain. Safe between fork and exec.
 */
int
program_execute(char *const *argv, int *place);

/*
 * Writes why the execution of NAME failed with -ERROR at PLACE, to be said
 * behind that error; "" if that is clear. It looks at the files once more.
 */
void
program_explain(const char *name, int error, int place,
    char text[EXECUTABLE_HINT_MAX]);

/* Exit status for what program_execute came back with: 126 or 127. */
int
program_exit_status(int error);

/* Ends a process that may be under a filter which forbids even that. */
void
program_end(int status) __attribute__((noreturn));

#endif
