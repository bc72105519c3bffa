/* SPDX-License-Identifier: MIT */
/*
 * The half of privileges.h that runs after a fork: in the process that becomes
 * COMMAND, in the helpers, and in a check. The other half, privileges.c,
 * prepares what is applied here.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privileges/privileges.h"
#include "privileges/capabilities.h"

/* The uid comes last, because the new user may lack the right to the rest. */
static int
become_user(const struct privileges *privileges, const char **step)
{
	const struct user *user = &privileges->user;
	int error = 0;

	*step = "set the groups for";
	if (!privileges->keeps_groups)
		error = user_set_groups(user);
	if (error < 0)
		return error;
	*step = "set the group of";
	error = user_set_gid(user->gid);
	if (error < 0)
		return error;
	*step = "set HOME for";
	if (user->home[0] != '\0' && putenv((char *)(uintptr_t)user->home) != 0)
		return -errno;
	/*
	 * PR_SET_KEEPCAPS keeps the permitted capabilities for
	 * apply_capabilities (capabilities(7)). Until that drops them,
	 * processes of the new user must not trace this one. So the dumpable
	 * attribute is cleared: the change of the uid has set it to
	 * fs.suid_dumpable, which may be 1 (proc(5)).
	 */
	*step = "set the user of";
	if (prctl(PR_SET_KEEPCAPS, 1L) < 0)
		return -errno;
	error = user_set_uid(user->uid);
	if (error < 0)
		return error;
	return prctl(PR_SET_DUMPABLE, 0L) < 0 ? -errno : 0;
}

/*
 * Drops capabilities from the bounding set, which takes CAP_SETPCAP. This is
 * permitted, as resolve_capabilities has checked, but no longer effective after
 * a change of the uid.
 */
static int
drop_bounding(const struct privileges *privileges)
{
	const cap_value_t needed = CAP_SETPCAP;
	cap_t own = cap_get_proc();
	int error = 0;

	if (own == NULL)
		return -ENOMEM;
	cap_set_flag(own, CAP_EFFECTIVE, 1, &needed, CAP_SET);
	if (cap_set_proc(own) < 0)
		error = -errno;
	for (cap_value_t value = 0; error == 0 && value < cap_max_bits();
	    value++)
		if (capabilities_contain(privileges->dropped, value) &&
		    cap_drop_bound(value) < 0)
			error = -errno;
	cap_free(own);
	return error;
}

/*
 * Adds what is kept to the ambient set. The kernel does not ask for CAP_SETPCAP
 * here, but libcap's cap_iab_set_proc(3) does. An error does not matter for
 * root, which keeps its capabilities across the exec anyway, unless securebits
 * say otherwise.
 */
static int
raise_ambient(const struct privileges *privileges)
{
	for (cap_value_t value = 0; value < cap_max_bits(); value++)
		if (capabilities_contain(privileges->kept, value) &&
		    cap_set_ambient(value, CAP_SET) < 0 &&
		    privileges_need_ambient(privileges))
			return -errno;
	return 0;
}

/*
 * Removes what is not kept from the permitted, effective and inheritable sets
 * of this process, so that nothing between here and the exec can use it. What
 * leaves the inheritable set also leaves the ambient set. Without a list of
 * capabilities to keep, the kept ones that the engine has put into these two
 * sets, as Podman does, stay there.
 */
static int
reduce_own(const struct privileges *privileges)
{
	cap_t reduced = cap_get_proc();
	bool keeps = privileges->keeps_capabilities ||
	    privileges->user.uid == 0 || !privileges->changes_user;
	int error = 0;

	if (reduced == NULL)
		return -ENOMEM;
	for (cap_value_t value = 0; value < cap_max_bits(); value++) {
		bool kept = keeps &&
		    capabilities_contain(privileges->kept, value);
		cap_flag_value_t raised = kept ? CAP_SET : CAP_CLEAR;

		cap_set_flag(reduced, CAP_PERMITTED, 1, &value, raised);
		cap_set_flag(reduced, CAP_EFFECTIVE, 1, &value, raised);
		if (!kept || privileges->keeps_capabilities)
			cap_set_flag(reduced, CAP_INHERITABLE, 1, &value,
			    raised);
	}
	if (cap_set_proc(reduced) < 0)
		error = -errno;
	cap_free(reduced);
	return error;
}

/*
 * The bounding set comes first, because dropping from it takes CAP_SETPCAP,
 * which reduce_own may remove. The ambient set comes last, because only what is
 * permitted and inheritable can be ambient.
 */
static int
apply_capabilities(const struct privileges *privileges)
{
	int error = 0;

	if (privileges->dropped != 0)
		error = drop_bounding(privileges);
	if (error == 0 &&
	    (privileges->changes_capabilities || privileges->changes_user))
		error = reduce_own(privileges);
	if (error == 0 && privileges->keeps_capabilities)
		error = raise_ambient(privileges);
	return error;
}

/*
 * Tries to become root again, which must fail unless COMMAND keeps the
 * capability for it.
 */
static int
prove_no_way_back(const struct privileges *privileges)
{
	bool keeps = privileges->keeps_capabilities;

	if (privileges->user.uid != 0 &&
	    !(keeps && capabilities_contain(privileges->kept, CAP_SETUID)) &&
	    user_set_uid(0) == 0)
		return -ENOTRECOVERABLE;
	if (privileges->user.gid != 0 && privileges->user.uid != 0 &&
	    !(keeps && capabilities_contain(privileges->kept, CAP_SETGID)) &&
	    user_set_gid(0) == 0)
		return -ENOTRECOVERABLE;
	return 0;
}

int
privileges_apply(const struct privileges *privileges, const char **step)
{
	int error;

	if (privileges->changes_user) {
		error = become_user(privileges, step);
		if (error < 0)
			return error;
	}
	*step = "set the capabilities of";
	error = apply_capabilities(privileges);
	if (error < 0)
		return error;
	*step = "set no-new-privs for";
	if (privileges->no_new_privs &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0)
		return -errno;
	*step = "take all ways back to root from";
	return privileges->changes_user ? prove_no_way_back(privileges) : 0;
}

int
privileges_apply_filter(const struct privileges *privileges)
{
	/* The kernel does not write to the code. */
	struct sock_fprog program = {
		.len = privileges->filter.length,
		.filter =
		    (struct sock_filter *)(uintptr_t)privileges->filter.code,
	};

	if (program.len == 0)
		return 0;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		   privileges->filter.flags, &program) < 0
	    ? -errno
	    : 0;
}
