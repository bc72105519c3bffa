/* SPDX-License-Identifier: MIT */
/*
 * Looks at a health command that was perhaps meant to be a JSON array of
 * strings, the exec form of a Dockerfile. PID 1 does so at each start with a
 * health command, and therefore neither parses JSON nor needs a heap.
 */
#ifndef DINIT_EXEC_FORM_H
#define DINIT_EXEC_FORM_H

#include <stdbool.h>

/*
 * True if COMMAND begins like a JSON array of strings, is none as far as a look
 * at it tells, and is no test of a shell ([ -f FILE ]) either.
 */
bool
exec_form_is_broken(const char *command);

#endif
