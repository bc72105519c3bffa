/* SPDX-License-Identifier: MIT */
/*
 * Restricts dinit itself once COMMAND runs: dinit keeps no capability but
 * CAP_KILL, can gain no new privileges, and can only make the system calls of
 * its own event loop. A dinit that reads nothing but signals is not confined to
 * these calls: Landlock takes its files away instead (landlock.h), if the
 * kernel has it. The helper dinit-notify always restricts itself in the first
 * way, and dinit-answer too, to the calls of a loop of its own. The app and the
 * health helper are not restricted by this.
 */
#ifndef DINIT_LOCKDOWN_H
#define DINIT_LOCKDOWN_H

#include <linux/capability.h>
#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Every number in a list of calls must be lower than this. */
#define LOCKDOWN_CALLS_END 512

/* The most instructions that a filter can have. */
#define LOCKDOWN_FILTER_MAX 160

/*
 * Restricts an argument of CALL: the bits of it that MASK selects must have one
 * of the COUNT values.
 */
struct lockdown_rule {
	uint16_t call;
	uint8_t argument; /* 0 is the first */
	uint8_t count;
	uint32_t mask;
	uint32_t values[5];
};

/* System calls that a filter allows. It denies all others. */
struct lockdown_list {
	const uint16_t *calls; /* allowed with any arguments */
	size_t calls_count;
	const struct lockdown_rule *rules; /* a call is allowed if all of its
					      rules hold, which must be
					      adjacent here */
	size_t rules_count;
};

/* The calls that PID 1 and dinit-notify make after their lock-down. */
extern const struct lockdown_list lockdown_list;

/* Those that dinit-answer makes. */
extern const struct lockdown_list lockdown_answer_list;

/* A program for seccomp(2): CODE from index FIRST to its end. */
struct lockdown_filter {
	size_t first;
	struct sock_filter code[LOCKDOWN_FILTER_MAX];
};

/* Makes a filter of LIST, which is dinit's own: mistakes in it abort dinit. */
void
lockdown_build_filter(const struct lockdown_list *list,
    struct lockdown_filter *out);

/* The owner of the readiness directory, whose files dinit may still write. */
struct lockdown_owner {
	uid_t uid;
	gid_t gid;
};

/* What lockdown_end_rehearsal puts back. */
struct lockdown_rehearsal {
	struct __user_cap_data_struct capabilities[2];
};

/*
 * Gives this process the access to files that it will have after the lock-down,
 * until lockdown_end_rehearsal. 0, or -errno with nothing changed.
 */
int
lockdown_begin_rehearsal(const struct lockdown_owner *owner,
    struct lockdown_rehearsal *rehearsal);

void
lockdown_end_rehearsal(const struct lockdown_rehearsal *rehearsal);

/*
 * Drops every capability but CAP_KILL, by which dinit can signal an app that
 * has changed its user. From then on dinit accesses files as OWNER, or as
 * before if OWNER is NULL.
 *
 * Returns 0 or -errno; or 1 if the kernel (gVisor's) does not let dinit access
 * files as OWNER, so that CAP_DAC_OVERRIDE is kept as well.
 */
int
lockdown_drop_capabilities(const struct lockdown_owner *owner);

/*
 * Renounces new privileges, and installs the filter of LIST: any other system
 * call fails with EPERM from then on. 0, or -errno if the kernel refuses
 * the filter.
 */
int
lockdown_filter_calls(const struct lockdown_list *list);

#endif
