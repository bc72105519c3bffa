/* SPDX-License-Identifier: MIT */
/*
 * The half of privileges.h that runs before the fork: in the worker, which
 * prepares the privileges, and in dinit, which waits for it. The other half,
 * privileges_apply.c, runs after the fork.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privileges/privileges.h"
#include "base/array.h"
#include "base/kernel.h"
#include "base/text.h"
#include "privileges/capabilities.h"
#include "privileges/denial.h"
#include "privileges/own.h"
#include "privileges/seccomp_condition.h"
#include "privileges/seccomp_profile.h"
#include "privileges/streams.h"

/* The supplementary groups of this process. */
struct own_groups {
	int count;
	gid_t list[NGROUPS_MAX];
};

/*
 * Adds to PROBLEM, whose text quotes the error, which system call a filter
 * denies, if there is one.
 */
static int
add_denial(struct problem *problem)
{
	char hint[DENIAL_HINT_MAX];

	if (strstr(problem->text, strerror(EPERM)) == NULL &&
	    strstr(problem->text, strerror(ENOSYS)) == NULL)
		return -EINVAL;
	denial_format_hint(-EPERM, false, hint);
	text_append(problem->text, sizeof(problem->text), "%s", hint);
	return -EINVAL;
}

static int
read_own_groups(struct privileges *out, struct own_groups *groups)
{
	groups->count = getgroups(ARRAY_SIZE(groups->list), groups->list);
	if (groups->count >= 0)
		return 0;
	problem_set(&out->problem,
	    "cannot read the groups of this container: %s", strerror(errno));
	return add_denial(&out->problem);
}

static int
resolve_user(struct privileges *out, const char *spec)
{
	const struct user_files files = { "/etc/passwd", "/etc/group" };
	struct own_groups own;
	struct user_origin origin = {
		.uid = geteuid(),
		.gid = getegid(),
		.groups = own.list,
		.home = getenv("HOME"),
	};

	out->problem.option = "user";
	out->changes_user = true;
	if (user_resolve(spec, &files, &out->user, &out->problem) < 0 ||
	    read_own_groups(out, &own) < 0)
		return -EINVAL;
	origin.group_count = own.count;
	return user_inherit(&origin, &files, &out->user, &out->problem);
}

/* Reads which capabilities to keep. They must all be in OWN. */
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

bool
privileges_need_ambient(const struct privileges *privileges)
{
	uid_t uid = privileges->changes_user ? privileges->user.uid : geteuid();

	return privileges->keeps_capabilities && uid != 0;
}

/*
 * Checks that the kernel has ambient capabilities, if COMMAND needs them. A
 * kernel without them fails with EINVAL (PR_CAP_AMBIENT(2const)). libcap would
 * report EPERM for every error.
 */
static int
check_ambient(struct privileges *out)
{
	char hint[DENIAL_HINT_MAX];
	char kept[256];

	if (!privileges_need_ambient(out) || out->kept == 0 ||
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
	if (out->dropped == 0 || capabilities_contain(ours->own, CAP_SETPCAP))
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
 * process of another user.
 */
static int
check_change_of_user(struct privileges *out, uint64_t own)
{
	if (!out->changes_user || out->user.uid == geteuid())
		return 0;
	out->problem.option = "user";
	if (!capabilities_contain(own, CAP_SETUID) ||
	    !capabilities_contain(own, CAP_SETGID))
		return problem_set(&out->problem,
		    "becoming uid %u takes CAP_SETUID and CAP_SETGID, which "
		    "this container does not have (it must start as root)",
		    out->user.uid);
	if (!capabilities_contain(own, CAP_KILL))
		return problem_set(&out->problem,
		    "without CAP_KILL dinit could never stop COMMAND as uid "
		    "%u: add it with --cap-add=KILL",
		    out->user.uid);
	return 0;
}

static bool
is_among(gid_t gid, const struct own_groups *groups)
{
	for (int i = 0; i < groups->count; i++)
		if (groups->list[i] == gid)
			return true;
	return false;
}

/*
 * Checks that the groups of this process, OWN, which cannot be changed, are
 * those that are wanted: all groups of the user in /etc/group, and those that
 * the engine has added. The main group may be a supplementary one as well, as
 * in Docker. Others may stay, unless --user names a group (NAMES_GROUP), which
 * means none of /etc/group but this one.
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
		if (!user_has_group(user, own->list[i]))
			return problem_set(&out->problem,
			    "this container runs as uid %u already, and cannot "
			    "drop its group %u (that takes CAP_SETGID): leave "
			    "this out to keep it, or start as root",
			    user->uid, own->list[i]);
	return 0;
}

/*
 * Checks the groups if the container runs as the wanted user already. If the
 * groups cannot be changed, those that there are may do. Only an attempt shows
 * whether they can: a user namespace may deny it even to root
 * (user_namespaces(7), /proc/PID/setgroups). The worker can afford the attempt
 * because it ends soon.
 */
static int
check_groups(struct privileges *out, const char *spec)
{
	struct own_groups own;

	if (!out->changes_user || out->user.uid != geteuid())
		return 0;
	out->problem.option = "user";
	if (user_set_gid(out->user.gid) == -EPERM)
		return problem_set(&out->problem,
		    "this container runs as uid %u already, but not with gid "
		    "%u, and cannot change groups (that takes CAP_SETGID): "
		    "leave this out, or start as root",
		    out->user.uid, out->user.gid);
	if (user_set_groups(&out->user) != -EPERM)
		return 0;
	if (read_own_groups(out, &own) < 0 ||
	    compare_groups(out, &own, strchr(spec, ':') != NULL) < 0)
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

/*
 * Gives the folders to COMMAND's user, becomes that user as COMMAND will, and
 * lets it prove that they are of use. After this the worker can only end.
 */
static int
give_folders(struct privileges *out, const char *const *lists)
{
	struct own_folders folders;
	const char *step;
	int error;

	out->problem.option = "own";
	if (own_give(lists, out->changes_user ? &out->user : NULL, &folders,
		&out->problem) < 0)
		return add_denial(&out->problem);
	error = privileges_apply(out, &step);
	if (error < 0)
		problem_set(&out->problem,
		    "cannot %s the process that tries the folders: %s", step,
		    strerror(-error));
	else
		error = own_prove(&folders, &out->problem);
	return error < 0 ? add_denial(&out->problem) : 0;
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
	    check_change_of_user(out, ours.own) < 0)
		return -EINVAL;
	if (request->seccomp != NULL &&
	    compile_filter(out, request->seccomp, ours.bounding) < 0)
		return -EINVAL;
	/*
	 * These come last, because they change the worker, which may need its
	 * groups to read the files above; and nothing is given away if
	 * something else is refused.
	 */
	if (check_groups(out, request->user) < 0)
		return -EINVAL;
	if (out->changes_user)
		streams_give(out->user.uid);
	return privileges_name_folders(request)
	    ? give_folders(out, request->own)
	    : 0;
}

/*
 * Waits for WORKER to end. 0 if it has prepared everything in SHARED, or
 * -EINVAL and PROBLEM.
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
 * COMMAND gets a filter, dinit is not dumpable, which denies that access.
 */
static int
restrict_dinit(const struct privileges *privileges, struct problem *problem)
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
	if (restrict_dinit(shared, problem) < 0)
		return -EINVAL;
	if (privileges_change_command(request))
		*out = shared;
	else
		privileges_release(shared);
	return 0;
}

void
privileges_release(const struct privileges *privileges)
{
	if (privileges != NULL)
		munmap((void *)(uintptr_t)privileges, sizeof(*privileges));
}
