/* SPDX-License-Identifier: MIT */
/*
 * What dinit itself may still do once COMMAND runs: no capability but
 * CAP_KILL, no new privileges, and only the system calls of its own loop.
 * Neither the app nor the health helper is under it.
 */
#ifndef DINIT_LOCKDOWN_H
#define DINIT_LOCKDOWN_H

#include <linux/capability.h>
#include <sys/types.h>

/* Whose files dinit may still write: the owner of the readiness directory. */
struct lockdown_owner {
	uid_t uid;
	gid_t gid;
};

/* What a rehearsal has changed. */
struct lockdown_rehearsal {
	struct __user_cap_data_struct capabilities[2];
};

/*
 * Takes on the rights on files that remain after lock-down, until the end of
 * the rehearsal. 0, or -errno with nothing changed.
 */
int
lockdown_begin_rehearsal(const struct lockdown_owner *owner,
    struct lockdown_rehearsal *rehearsal);
void
lockdown_end_rehearsal(const struct lockdown_rehearsal *rehearsal);

/*
 * Gives up every capability but CAP_KILL, which stays if it is there: an app
 * that changes its user by itself must still be reached. OWNER (NULL: none)
 * lends its rights on files instead. 0 or -errno.
 */
int
lockdown_drop_capabilities(const struct lockdown_owner *owner);

/*
 * No new privileges, and the allow-list: any other system call fails with
 * EPERM. 0 or -errno (gVisor and old kernels refuse the filter).
 */
int
lockdown_filter_calls(void);

#endif
