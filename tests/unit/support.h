/* SPDX-License-Identifier: MIT */
/*
 * What unit tests of the kernel's side need: a child process whose signals,
 * descriptors and children are its own, conditions with a deadline, a scratch
 * folder.
 */
#ifndef DINIT_TESTS_SUPPORT_H
#define DINIT_TESTS_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Runs BODY(ARGUMENT) in a child of its own, which dies with the test, and
 * fails the test if it does not return or if anything in it said so by must().
 */
void
in_child(void (*body)(void *), void *argument);

/*
 * Below in_child: unless CONDITION holds, ends the process that asks, and
 * fails the test with the text.
 */
void
must(bool condition, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * True if AddressSanitizer runs with the tests: it makes system calls of its
 * own, which a filter denies.
 */
bool
is_sanitized(void);

/* Waits until CONDITION(ARGUMENT) holds; false: it did not for a long time. */
bool
comes_true(bool (*condition)(void *), void *argument);

/* True if the process *(pid_t *)PID is gone, or nothing but a zombie. */
bool
has_ended(void *pid);

/* True if the process *(pid_t *)PID is a zombie: ended and not reaped. */
bool
is_zombie(void *pid);

/* Reads FD to its end into TEXT, terminates that, and closes FD. */
size_t
read_to_end(int fd, char *text, size_t size);

/* The whole file PATH, "" if there is none; a static buffer. */
const char *
read_file(const char *path);

/* Writes the whole file PATH anew. */
void
write_file(const char *path, const char *text);

/* How many descriptors are open. */
int
count_descriptors(void);

/* Gives up root, if we are root: permissions count from now on. */
void
become_nobody(void);

/* Makes the process the leader of a session on a new terminal. */
void
lead_session_on_terminal(void);

/* False under an emulator that knows no seccomp(2). */
bool
has_filters(void);

/*
 * System call NUMBER fails with ERROR from now on: ENOSYS as on an older
 * kernel, EPERM as under a container's filter. Where there are no filters,
 * in_child skips the test.
 */
void
deny_system_call(int number, int error);

/* So does fcntl(2) with COMMAND, prctl(2) with OPTION, clone(2) with FLAGS. */
void
deny_fcntl(int command, int error);
void
deny_prctl(int option, int error);
void
deny_clone(int flags, int error);

/* A scratch folder of the test's own; use as .init and .fini. */
void
scratch_make(void);
void
scratch_remove(void);

/* Path of NAME in the scratch folder; good until 8 further calls. */
const char *
scratch_path(const char *name);

#endif
