/* SPDX-License-Identifier: MIT */
/*
 * What dinit itself may still do once COMMAND runs: no capability but
 * CAP_KILL, no new privileges, and only the system calls of its own loop.
 * Neither the app nor the health helper is under it.
 */
#ifndef DINIT_LOCKDOWN_H
#define DINIT_LOCKDOWN_H

#include <linux/capability.h>
#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* No number of a system call in the list reaches it. */
#define LOCKDOWN_CALLS_END 512

#define LOCKDOWN_FILTER_MAX 160

/* One argument of CALL, of the bits in MASK: one of the COUNT values. */
struct lockdown_rule {
	uint16_t call;
	uint8_t argument; /* 0 is the first */
	uint8_t count;
	uint32_t mask;
	uint32_t values[5];
};

/* The system calls that dinit makes once it has locked itself down. */
struct lockdown_list {
	const uint16_t *calls; /* whatever their arguments */
	size_t calls_count;
	const struct lockdown_rule *rules; /* of a call: one by one, all hold */
	size_t rules_count;
};
extern const struct lockdown_list lockdown_list;

/* The list as a program for seccomp(2), from FIRST to the end of CODE. */
struct lockdown_filter {
	size_t first;
	struct sock_filter code[LOCKDOWN_FILTER_MAX];
};
void
lockdown_build_filter(const struct lockdown_list *list,
    struct lockdown_filter *out);

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
 * lends its rights on files instead. 0 or -errno; 1: OWNER could not (gVisor),
 * and CAP_DAC_OVERRIDE stays as well.
 */
int
lockdown_drop_capabilities(const struct lockdown_owner *owner);

/*
 * No new privileges, and the allow-list: any other system call fails with
 * EPERM. 0 or -errno (old kernels refuse the filter).
 */
int
lockdown_filter_calls(void);

#endif
