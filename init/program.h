/* SPDX-License-Identifier: MIT */
/*
 * Executing a program the way execvp(3) is specified, with either C library:
 * musl's leaves out the shell for scripts without a #! line, glibc's hides
 * that there is none.
 */
#ifndef DINIT_PROGRAM_H
#define DINIT_PROGRAM_H

/*
 * Executes ARGV in place of this process: searched in PATH, or run by /bin/sh
 * if the kernel does not know its format. Comes back only with -errno:
 * -ENOENT not found, -EACCES not executable, -ENOEXEC a script without #! and
 * no /bin/sh either. Safe between fork and exec.
 */
int
program_execute(char *const *argv);

/* Exit status for what program_execute came back with: 126 or 127. */
int
program_exit_status(int error);

/* Ends a process that may be under a filter which forbids even that. */
void
program_end(int status) __attribute__((noreturn));

#endif
