/* SPDX-License-Identifier: MIT */
/*
 * Executes a program as POSIX specifies execvp(3). The C libraries do not:
 * musl's does not run the shell for scripts without a #! line; glibc's hides
 * that there is no shell, and runs the shell for binary files too.
 */
#ifndef DINIT_PROGRAM_H
#define DINIT_PROGRAM_H

#include "app/executable.h"

/*
 * Executes ARGV in place of this process. The program is searched for in PATH;
 * a script without a #! line is run by /bin/sh.
 *
 * Returns only if this fails: -ENOENT if the program is not found, -EACCES if
 * it is not executable, -ENOEXEC if its format is unknown or a script has no
 * working /bin/sh, or another -errno. *DIRECTORY is then for program_explain:
 * the directory of PATH, counted from 0, at which the search has stopped, or 0
 * if the search has gone through all of them. Safe between fork and exec.
 */
int
program_execute(char *const *argv, int *directory);

/*
 * Writes why program_execute has failed for NAME with ERROR, which is -errno,
 * at DIRECTORY. TEXT continues the message about the error, and is "" if there
 * is nothing to add. This looks at the files once more.
 */
void
program_explain(const char *name, int error, int directory,
    char text[EXECUTABLE_HINT_MAX]);

/* Exit status for an error of program_execute: 126 or 127. */
int
program_exit_status(int error);

/*
 * Ends this process with STATUS. If a seccomp filter denies that, it ends by a
 * signal.
 */
void
program_end(int status) __attribute__((noreturn));

#endif
