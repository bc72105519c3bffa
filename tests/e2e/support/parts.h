/* SPDX-License-Identifier: MIT */
/*
 * What the files in this folder need of each other. There are three processes:
 *
 * - the test, which calls the functions in ../support.h;
 * - the keeper, its child, which makes the namespaces, ends when dinit ends and
 *   in the same way, and kills what is left (keeper.c);
 * - the keeper's child, which executes dinit (exec.c).
 */
#ifndef DINIT_TESTS_PARTS_H
#define DINIT_TESTS_PARTS_H

#include <stdbool.h>
#include <sys/types.h>

struct container;
struct run;

/* The keeper's exit status if the kernel denies the namespaces, and if anything
 * else fails before dinit runs. */
#define STATUS_DENIED 97
#define STATUS_BROKEN 98

/* What the process that executes dinit writes to its keeper, a character each:
 * its mounts are made; all that comes before the exec is done; the exec has
 * failed. */
#define WORD_MOUNTED 'm'
#define WORD_EXEC 'x'
#define WORD_FAILED 'f'

/* Tests have no descriptors from here on. */
#define DESCRIPTORS_END 256

/* Becomes the keeper, and does not return. SLAVE is the terminal or -1; REPORT
 * is where the number of dinit's process is written to. */
_Noreturn void
keep(const struct run *run, const struct container *container, int slave,
    int report);

/* Executes dinit, and does not return. KEEPER is where the words go. */
_Noreturn void
become_init(const struct run *run, const struct container *container,
    int slave, int keeper);

/* Closes all descriptors from FIRST on but KEPT. */
void
close_from(int first, int kept);

/* Makes the scratch folder, which is removed when the test's process ends; and
 * removes it earlier. */
void
scratch_make(struct container *container);
void
scratch_remove(const struct container *container);

/* Forgets what the terminal has shown. */
void
terminal_forget(void);

/* True if ANCESTOR is the parent of PID, or its parent's parent, and so on. */
bool
descends_from(pid_t pid, pid_t ancestor);

#endif
