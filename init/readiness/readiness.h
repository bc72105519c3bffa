/* SPDX-License-Identifier: MIT */
/*
 * The readiness file. It exists exactly while the container is ready,
 * appears complete or not at all, and is locked for as long as dinit lives
 * (fcntl(2), open file description locks), so that one left behind by a
 * killed container never reads as ready. A symbolic link at its path is
 * replaced or refused, never followed.
 *
 * Beside it, and locked likewise, lies a state file for those who wait: it is
 * there while dinit lives, and says why readiness will not come any more.
 *
 * The path belongs to the dinit that holds the lock on the state file: no other
 * one publishes there, and none deletes a file that is not its own. A dinit
 * that was killed has no lock any more, so that the next one takes over.
 */
#ifndef DINIT_READINESS_H
#define DINIT_READINESS_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define READINESS_DEFAULT_PATH "/run/dinit/ready"

/* Which file it is, whatever its name. */
struct file_id {
	dev_t device;
	ino_t inode;
};

struct readiness {
	const char *path; /* NULL: there is no readiness file */
	int directory_fd; /* opened once: it cannot be swapped later */
	int parent_fd;    /* what that is in; -1: it is the root */
	int file_fd;      /* holds the lock; -1: not published */
	int state_fd;     /* likewise, for the state file; -1: there is none */
	struct file_id file_id;
	struct file_id state_id;
	uid_t owner; /* of the directory */
	gid_t group;
};

/* What the file says. */
struct readiness_facts {
	pid_t pid;    /* COMMAND's */
	time_t since; /* wall clock */
	int64_t ready_after_ms;
	int64_t checks;
};

/*
 * Opens the directory of PATH, an absolute one (made if missing, mode 0755),
 * makes the state file, and deletes a file left there by an earlier run. PATH
 * must outlive READINESS. 0 or -errno; -EADDRINUSE: another dinit lives there,
 * and nothing of its own was touched.
 */
int
readiness_prepare(struct readiness *readiness, const char *path);

/* Proves that a file can be written and locked there. 0 or -errno. */
int
readiness_prove(const struct readiness *readiness);

/*
 * Publishes: written aside, locked, renamed. 0 or -errno, and no file;
 * -EADDRINUSE: somebody has deleted the state file, and by now another dinit
 * has the path.
 */
int
readiness_publish(struct readiness *readiness,
    const struct readiness_facts *facts);

/* Deletes the file if it is still ours, and unlocks it. 0 or -errno. */
int
readiness_withdraw(struct readiness *readiness);

/* Tells those who wait that readiness will not come any more: one line. */
void
readiness_give_up(const struct readiness *readiness, const char *why);

/* Deletes the state file, and lets go of the path. Twice is no harm. */
void
readiness_end(struct readiness *readiness);

#endif
