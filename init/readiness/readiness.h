/* SPDX-License-Identifier: MIT */
/*
 * The readiness file: preparing, publishing and withdrawing it. Runs in PID 1.
 * How another process asks for it is in asker.h.
 *
 * The file exists exactly while the container is ready, and appears complete or
 * not at all. It is locked for as long as dinit lives (open file description
 * locks; fcntl(2)), so that nobody takes the file of a killed container for a
 * sign of readiness. A symbolic link at its path is replaced or refused, never
 * followed.
 *
 * Beside it lies a state file, whose lock makes the path dinit's own: see
 * state_file.h.
 */
#ifndef DINIT_READINESS_H
#define DINIT_READINESS_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "readiness/locked_file.h"
#include "readiness/state_file.h"

#define READINESS_DEFAULT_PATH "/run/dinit/ready"

struct readiness {
	const char *path; /* NULL: there is no readiness file */
	int directory_fd; /* opened once, so that it cannot be swapped later */
	int parent_fd;    /* of the directory; -1: the directory is the root */
	int file_fd;      /* holds the lock; -1: nothing is published */
	struct file_id file_id;
	struct state_file state; /* whose lock makes PATH ours */
	uid_t owner;             /* of the directory */
	gid_t group;
};

/* What the readiness file says. */
struct readiness_facts {
	pid_t pid;    /* COMMAND's */
	time_t since; /* wall clock */
	int64_t ready_after_ms;
	int64_t checks;
};

/*
 * Opens the directory of PATH, which is absolute. Directories that are missing
 * are made with mode 0755. Makes the state file, and deletes a readiness file
 * that an earlier run has left. PATH must outlive READINESS. 0 or -errno;
 * -EADDRINUSE: another dinit publishes there, and none of its files was
 * touched.
 */
int
readiness_prepare(struct readiness *readiness, const char *path);

/* Proves that a file can be written and locked beside PATH. 0 or -errno. */
int
readiness_prove(const struct readiness *readiness);

/*
 * Publishes FACTS: the file is written aside, locked and renamed. 0, or -errno
 * and there is no file; -EADDRINUSE: somebody had deleted the state file, and
 * by now another dinit has the path.
 */
int
readiness_publish(struct readiness *readiness,
    const struct readiness_facts *facts);

/* Deletes the file if it is still ours, and unlocks it. 0 or -errno. */
int
readiness_withdraw(struct readiness *readiness);

/*
 * Deletes the state file, so that another dinit can take over the path. May be
 * called twice.
 */
void
readiness_end(struct readiness *readiness);

#endif
