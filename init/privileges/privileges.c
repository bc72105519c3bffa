/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privileges/privileges.h"
#include "base/array.h"
#include "base/kernel.h"
#include "privileges/capabilities.h"
#include "privileges/denial.h"
#include "privileges/seccomp_condition.h"
#include "privileges/seccomp_profile.h"

static bool
contains(uint64_t set, int capability)
{
	return set >> capability & 1;
}

static int
resolve_user(struct privileges *out, const char *spec)
{
	const struct user_files files = { "/etc/passwd", "/etc/group" };

	out->problem.option = "user";
	out->changes_user = true;
	return user_resolve(spec, &files, &out->user, &out->problem);
}

/* Reads which capabilities to keep. This process must have all of them. */
static int
resolve_kept(struct privileges *out, const char *list, uint64_t own)
{
	char missing[256];

	out->problem.option = "keep-caps";
	if (capabilities_parse(list, own, &out->kept, &out->problem) < 0)
		return -EINVAL;
	if ((out->kept & ~own) == 0)
		return 0;
	capabilities_format(out->kept & ~own, missing, sizeof(missing));
	return problem_set(&out->problem,
	    "%s: not in the container's bounding set: add it with --cap-add",
	    missing);
}

/*
 * True if COMMAND can keep capabilities only in its ambient set. An exec by
 * root grants the whole bounding set (capabilities(7)).
 */
static bool
needs_ambient(const struct privileges *privileges)
{
	uid_t uid = privileges->changes_user ? privileges->user.uid : geteuid();

	return privileges->keeps_capabilities && uid != 0;
}

/*
 * Checks that the kernel has ambient capabilities, if COMMAND needs them. One
 * without them fails with EINVAL (PR_CAP_AMBIENT(2const)). libcap would report
 * EPERM for every error.
 */
static int
check_ambient(struct privileges *out)
{
	char hint[DENIAL_HINT_MAX];
	char kept[256];

	if (!needs_ambient(out) || out->kept == 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0L, 0L) >=
		0)
		return 0;
	out->problem.option = "keep-caps";
	if (errno != EINVAL) {
		int error = errno;

		denial_format_hint(-error, false, hint);
		return problem_set(&out->problem,
		    "cannot ask for ambient capabilities: %s%s",
		    strerror(error), hint);
	}
	capabilities_format(out->kept, kept, sizeof(kept));
	return problem_set(&out->problem,
	    "%s: only root can keep them here, as this kernel has no ambient "
	    "capabilities (gVisor)",
	    kept);
}

static int
resolve_dropped(struct privileges *out, const char *list)
{
	out->problem.option = "drop-caps";
	return capabilities_parse(list, UINT64_MAX, &out->dropped,
	    &out->problem);
}

static int
resolve_capabilities(struct privileges *out,
    const struct privileges_request *request, const struct capabilities *ours)
{
	out->keeps_capabilities = request->keep_caps != NULL;
	out->changes_capabilities = request->keep_caps != NULL ||
	    request->drop_caps != NULL;
	out->kept = ours->own;
	if (request->keep_caps != NULL &&
	    resolve_kept(out, request->keep_caps, ours->own) < 0)
		return -EINVAL;
	if (request->drop_caps != NULL &&
	    resolve_dropped(out, request->drop_caps) < 0)
		return -EINVAL;
	out->kept &= ~out->dropped;
	if (out->keeps_capabilities)
		out->dropped = ~out->kept;
	if (check_ambient(out) < 0)
		return -EINVAL;
	out->dropped &= ours->bounding;
	if (out->dropped == 0 || contains(ours->own, CAP_SETPCAP))
		return 0;
	out->problem.option = out->keeps_capabilities ? "keep-caps"
						      : "drop-caps";
	return problem_set(&out->problem,
	    "the bounding set can be reduced only with CAP_SETPCAP, which this "
	    "container does not have: add it with --cap-add=SETPCAP");
}

/*
 * Checks that dinit can change COMMAND's user, and that it can stop COMMAND
 * afterwards. dinit itself keeps its user, so it needs CAP_KILL to signal a
 * process of another one.
 */
static int
check_power(struct privileges *out, uint64_t own)
{
	if (!out->changes_user || out->user.uid == geteuid())
		return 0;
	out->problem.option = "user";
	if (!contains(own, CAP_SETUID) || !contains(own, CAP_SETGID))
		return problem_set(&out->problem,
		    "becoming uid %u takes CAP_SETUID and CAP_SETGID, which "
		    "this container does not have (it must start as root)",
		    out->user.uid);
	if (!contains(own, CAP_KILL))
		return problem_set(&out->problem,
		    "without CAP_KILL dinit could never stop COMMAND as uid "
		    "%u: add it with --cap-add=KILL",
		    out->user.uid);
	return 0;
}

/*
 * These make the system calls directly, and return -1 and errno. The functions
 * of the C library do so in every thread, for which they have 2 KB of code, and
 * this process has only one.
 */
static long
set_groups(const struct user *user)
{
	return syscall(SYS_setgroups, user->group_count, user->groups);
}

static long
set_gids(gid_t gid)
{
	return syscall(SYS_setresgid, gid, gid, gid);
}

static long
set_uids(uid_t uid)
{
	return syscall(SYS_setresuid, uid, uid, uid);
}

/* The supplementary groups of this process. */
struct own_groups {
	int count;
	gid_t list[NGROUPS_MAX];
};

static bool
is_among(gid_t gid, const struct own_groups *groups)
{
	for (int i = 0; i < groups->count; i++)
		if (groups->list[i] == gid)
			return true;
	return false;
}

/*
 * Checks that the groups of this process, which cannot be changed, are those
 * that are wanted. The main group may be among the supplementary groups too, as
 * it is in Docker. All groups in /etc/group must be there. The engine may have
 * added others: they may stay, unless --user names a group (NAMES_GROUP), which
 * means this group and no other.
 */
static int
compare_groups(struct privileges *out, const struct own_groups *own,
    bool names_group)
{
	const struct user *user = &out->user;

	for (size_t i = 0; i < user->group_count; i++)
		if (user->groups[i] != user->gid &&
		    !is_among(user->groups[i], own))
			return problem_set(&out->problem,
			    "this container runs as uid %u already, but not in "
			    "its group %u, and cannot change groups (that "
			    "takes CAP_SETGID): leave this out, or start as "
			    "root",
			    user->uid, user->groups[i]);
	for (int i = 0; names_group && i < own->count; i++)
		if (own->list[i] != user->gid)
			return problem_set(&out->problem,
			    "this container runs as uid %u already, and cannot "
			    "drop its group %u (that takes CAP_SETGID): leave "
			    "this out to keep it, or start as root",
			    user->uid, own->list[i]);
	return 0;
}

/*
 * Checks the groups if the container runs as the wanted user already: without
 * the permission to change groups, it can do with those that it has. Only an
 * attempt shows whether there is that permission, as a user namespace may deny
 * it even to root (user_namespaces(7), /proc/PID/setgroups). The worker can
 * afford the attempt because it ends soon.
 */
static int
check_groups(struct privileges *out, const char *spec)
{
	struct own_groups own;

	if (!out->changes_user || out->user.uid != geteuid())
		return 0;
	out->problem.option = "user";
	if (set_gids(out->user.gid) < 0 && errno == EPERM)
		return problem_set(&out->problem,
		    "this container runs as uid %u already, but not with gid "
		    "%u, and cannot change groups (that takes CAP_SETGID): "
		    "leave this out, or start as root",
		    out->user.uid, out->user.gid);
	if (set_groups(&out->user) == 0 || errno != EPERM)
		return 0;
	own.count = getgroups(ARRAY_SIZE(own.list), own.list);
	if (own.count < 0)
		return problem_set(&out->problem,
		    "cannot read the groups of this container: %s",
		    strerror(errno));
	if (compare_groups(out, &own, strchr(spec, ':') != NULL) < 0)
		return -EINVAL;
	out->keeps_groups = true;
	return 0;
}

static int
compile_filter(struct privileges *out, const char *path, uint64_t bounding)
{
	struct seccomp_circumstances here = {
		.capabilities = bounding & ~out->dropped,
		.kernel = kernel_version(),
	};
	struct problem why;

	out->problem.option = "seccomp";
	if (seccomp_profile_compile(path, &here, &out->filter, &why) < 0)
		return problem_set(&out->problem, "%.100s: %.400s", path,
		    why.text);
	if (seccomp_filter_forbids_exec(&out->filter))
		return problem_set(&out->problem,
		    "%.100s: it forbids execve, so that COMMAND could never be "
		    "started: allow execve",
		    path);
	out->no_new_privs = true;
	return 0;
}

static int
resolve_request(struct privileges *out,
    const struct privileges_request *request)
{
	struct capabilities ours = capabilities_of_process();

	out->problem.option = "user";
	out->no_new_privs = request->no_new_privs;
	if (request->user != NULL && resolve_user(out, request->user) < 0)
		return -EINVAL;
	if (resolve_capabilities(out, request, &ours) < 0 ||
	    check_power(out, ours.own) < 0)
		return -EINVAL;
	if (request->seccomp != NULL &&
	    compile_filter(out, request->seccomp, ours.bounding) < 0)
		return -EINVAL;
	/*
	 * This changes the groups of the worker, which may need them to read
	 * the files above. So it comes last.
	 */
	return check_groups(out, request->user);
}

/*
 * Waits for the worker, the only child there is at this time. 0 if it has
 * prepared everything, or -EINVAL and PROBLEM.
 */
static int
wait_for_worker(pid_t worker, const struct privileges *shared,
    struct problem *problem)
{
	siginfo_t info;
	int waited;

	do
		waited = waitid(P_PID, (id_t)worker, &info, WEXITED);
	while (waited < 0 && errno == EINTR);
	if (waited < 0) {
		problem_set(problem,
		    "cannot wait for the process that prepares it: %s",
		    strerror(errno));
		/*
		 * The worker must not outlive dinit. A filter may have denied
		 * waitid(2), but waitpid(3) makes another call, wait4(2).
		 */
		kill(worker, SIGKILL);
		waitpid(worker, NULL, 0);
		return -EINVAL;
	}
	problem->option = shared->problem.option;
	if (info.si_code != CLD_EXITED)
		return problem_set(problem,
		    "the process that prepares it died of signal %d%s",
		    info.si_status,
		    info.si_status == SIGKILL ? "; is memory short?" : "");
	if (info.si_status == 0)
		return 0;
	*problem = shared->problem;
	return -EINVAL;
}

/*
 * The worker has privileges that other processes in the container may lack.
 * Without the dumpable attribute these cannot trace it (ptrace(2)).
 */
static void __attribute__((noreturn))
run_worker(struct privileges *shared, const struct privileges_request *request)
{
	prctl(PR_SET_DUMPABLE, 0L);
	_exit(resolve_request(shared, request) < 0);
}

/*
 * Keeps COMMAND from getting around its restrictions by making dinit act for
 * it. COMMAND could write to dinit's memory if both have the same user and
 * dinit has no capability that COMMAND lacks (ptrace(2), "Ptrace access mode
 * checking"). So dinit renounces new privileges if COMMAND has to; and if
 * COMMAND gets a filter, dinit is not dumpable, which denies such access.
 */
static int
guard_ourselves(const struct privileges *privileges, struct problem *problem)
{
	if ((privileges->no_new_privs &&
		prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0) ||
	    (privileges->filter.length > 0 && prctl(PR_SET_DUMPABLE, 0L) < 0))
		return problem_set(problem,
		    "cannot keep COMMAND from getting around it by way of "
		    "dinit: %s",
		    strerror(errno));
	return 0;
}

int
privileges_prepare(const struct privileges_request *request,
    const struct privileges **out, struct problem *problem)
{
	struct privileges *shared;
	char hint[DENIAL_HINT_MAX];
	pid_t worker;

	*out = NULL;
	problem->option = "user";
	if (!privileges_are_requested(request))
		return 0;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return problem_set(problem, "out of memory");
	worker = fork();
	if (worker == 0)
		run_worker(shared, request);
	if (worker < 0) {
		int error = errno;

		denial_format_hint(-error, true, hint);
		return problem_set(problem, "cannot fork to prepare it: %s%s",
		    strerror(error), hint);
	}
	if (wait_for_worker(worker, shared, problem) < 0)
		return -EINVAL;
	problem->option = request->seccomp != NULL ? "seccomp" : "no-new-privs";
	if (guard_ourselves(shared, problem) < 0)
		return -EINVAL;
	*out = shared;
	return 0;
}

/* The uid comes last, because the new user may lack the right to the rest. */
static int
become_user(const struct privileges *privileges, const char **step)
{
	const struct user *user = &privileges->user;

	*step = "set the groups for";
	if (!privileges->keeps_groups && set_groups(user) < 0)
		return -errno;
	*step = "set the group of";
	if (set_gids(user->gid) < 0)
		return -errno;
	*step = "set HOME for";
	if (putenv((char *)(uintptr_t)user->home) != 0)
		return -errno;
	/*
	 * PR_SET_KEEPCAPS keeps the permitted capabilities for the next step
	 * (capabilities(7)). Until that drops them, processes of the new user
	 * must not trace this one. The change of the uid sets the dumpable
	 * attribute to fs.suid_dumpable, which may be 1 (proc(5)), so it is
	 * cleared after that.
	 */
	*step = "set the user of";
	if (prctl(PR_SET_KEEPCAPS, 1L) < 0 || set_uids(user->uid) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0L) < 0)
		return -errno;
	return 0;
}

/*
 * Drops capabilities from the bounding set, which takes CAP_SETPCAP. It is
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
		if (contains(privileges->dropped, value) &&
		    cap_drop_bound(value) < 0)
			error = -errno;
	cap_free(own);
	return error;
}

/*
 * Adds what is kept to the ambient set. libcap's cap_iab_set_proc(3) would need
 * CAP_SETPCAP for that, but the kernel does not. An error does not matter for
 * root, which keeps its capabilities across the exec anyway, unless securebits
 * say otherwise.
 */
static int
raise_ambient(const struct privileges *privileges)
{
	for (cap_value_t value = 0; value < cap_max_bits(); value++)
		if (contains(privileges->kept, value) &&
		    cap_set_ambient(value, CAP_SET) < 0 &&
		    needs_ambient(privileges))
			return -errno;
	return 0;
}

/*
 * Removes what is not kept from the permitted, effective and inheritable sets
 * of this process, so that nothing between here and the exec can use it. What
 * leaves the inheritable set also leaves the ambient set. Without a list of
 * capabilities to keep, both sets retain what the engine has put there, as
 * Podman does.
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
		bool kept = keeps && contains(privileges->kept, value);
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
	    !(keeps && contains(privileges->kept, CAP_SETUID)) &&
	    set_uids(0) == 0)
		return -ENOTRECOVERABLE;
	if (privileges->user.gid != 0 && privileges->user.uid != 0 &&
	    !(keeps && contains(privileges->kept, CAP_SETGID)) &&
	    set_gids(0) == 0)
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

void
privileges_release(const struct privileges *privileges)
{
	if (privileges != NULL)
		munmap((void *)(uintptr_t)privileges, sizeof(*privileges));
}
