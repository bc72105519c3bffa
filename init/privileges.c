/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privileges.h"

/* The largest id, as in Docker. */
#define ID_MAX 2147483647L

/* The longest name in a list or in USER[:GROUP]. */
#define WORD_MAX 256

/* What names of capabilities consist of. */
#define WORD_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

/* Fields of a line of /etc/passwd; /etc/group has fewer. */
#define ENTRY_FIELDS 7

/* Such a line; what it lacks is "". On the heap, thrown away with that. */
struct entry {
	char *line;
	size_t size;
	const char *fields[ENTRY_FIELDS];
};

static int __attribute__((format(printf, 3, 4)))
refuse(struct privileges_problem *problem, const char *option,
    const char *format, ...)
{
	va_list arguments;

	problem->option = option;
	va_start(arguments, format);
	vsnprintf(problem->text, sizeof(problem->text), format, arguments);
	va_end(arguments);
	return -EINVAL;
}

/* A plain decimal number: no sign, no space, no 0x. -1: it is none. */
static long
parse_id(const char *text)
{
	size_t length = strlen(text);

	if (length < 1 || length > 10 ||
	    strspn(text, "0123456789") != length || atol(text) > ID_MAX)
		return -1;
	return atol(text);
}

/* A number is always an id, even where somebody has it for a name: Docker. */
static bool
is_meant(const char *word, const char *name, long id)
{
	long wanted = parse_id(word);

	return wanted >= 0 ? wanted == id : strcmp(word, name) == 0;
}

/*
 * Reads the next line of FILE. False: there is none. Not fgetpwent(3) and
 * fgetgrent(3): that of musl takes the last byte from a line that ends with
 * the file, and they differ in which lines they pass over.
 */
static bool
read_entry(FILE *file, struct entry *out)
{
	char *rest;

	if (file == NULL || getline(&out->line, &out->size, file) < 0)
		return false;
	rest = out->line;
	rest[strcspn(rest, "\n")] = '\0';
	for (size_t i = 0; i < ENTRY_FIELDS; i++)
		out->fields[i] = rest != NULL ? strsep(&rest, ":") : "";
	return true;
}

/* The first entry that is meant by WORD and has an id. */
static bool
find_entry(FILE *file, const char *word, struct entry *out)
{
	while (read_entry(file, out)) {
		long id = parse_id(out->fields[2]);

		if (id >= 0 && is_meant(word, out->fields[0], id))
			return true;
	}
	return false;
}

static int
find_user(struct privileges *out, const char *word, char name[WORD_MAX])
{
	FILE *file = fopen("/etc/passwd", "re");
	struct entry entry = { .line = NULL };
	const char *home = "/";

	name[0] = '\0';
	out->gid = 0;
	if (find_entry(file, word, &entry)) {
		if (parse_id(entry.fields[3]) < 0)
			return refuse(&out->problem, "user", "'%.64s' has no "
			    "valid group in /etc/passwd", word);
		out->uid = (uid_t)parse_id(entry.fields[2]);
		out->gid = (gid_t)parse_id(entry.fields[3]);
		snprintf(name, WORD_MAX, "%s", entry.fields[0]);
		home = entry.fields[5][0] != '\0' ? entry.fields[5] : "/";
	} else if (parse_id(word) >= 0) {
		out->uid = (uid_t)parse_id(word);
	} else {
		return refuse(&out->problem, "user",
		    "no user '%.64s' in /etc/passwd; a name in there or a "
		    "number up to %ld would be right",
		    word, ID_MAX);
	}
	if (snprintf(out->home, sizeof(out->home), "HOME=%s", home) >=
	    (int)sizeof(out->home))
		return refuse(&out->problem, "user",
		    "the home of '%.64s' is too long", word);
	if (file != NULL)
		fclose(file);
	return 0;
}

static int
find_group(struct privileges *out, const char *word)
{
	FILE *file = fopen("/etc/group", "re");
	struct entry entry = { .line = NULL };

	if (find_entry(file, word, &entry))
		out->gid = (gid_t)parse_id(entry.fields[2]);
	else if (parse_id(word) >= 0)
		out->gid = (gid_t)parse_id(word);
	else
		return refuse(&out->problem, "user",
		    "no group '%.64s' in /etc/group; a name in there or a "
		    "number up to %ld would be right",
		    word, ID_MAX);
	if (file != NULL)
		fclose(file);
	return 0;
}

/* MEMBERS is a list with commas. */
static bool
has_member(const char *members, const char *name)
{
	size_t wanted = strlen(name);

	for (;;) {
		size_t length = strcspn(members, ",");

		if (length == wanted && memcmp(members, name, wanted) == 0)
			return true;
		if (members[length] == '\0')
			return false;
		members += length + 1;
	}
}

static int
find_supplementary_groups(struct privileges *out, const char *name)
{
	FILE *file = name[0] == '\0' ? NULL : fopen("/etc/group", "re");
	struct entry entry = { .line = NULL };

	while (read_entry(file, &entry)) {
		long id = parse_id(entry.fields[2]);

		if (id < 0 || !has_member(entry.fields[3], name))
			continue;
		if (out->group_count == PRIVILEGES_GROUPS_MAX)
			return refuse(&out->problem, "user",
			    "'%.64s' is in more than %d groups", name,
			    PRIVILEGES_GROUPS_MAX);
		out->groups[out->group_count++] = (gid_t)id;
	}
	if (file != NULL)
		fclose(file);
	return 0;
}

static int
resolve_user(struct privileges *out, const char *spec)
{
	const char *colon = strchr(spec, ':');
	size_t length = colon == NULL ? strlen(spec) : (size_t)(colon - spec);
	char user[WORD_MAX];
	char name[WORD_MAX];

	if (length == 0 || length >= sizeof(user) ||
	    (colon != NULL && (colon[1] == '\0' ||
	    strlen(colon + 1) >= WORD_MAX || strchr(colon + 1, ':') != NULL)))
		return refuse(&out->problem, "user", "'%.64s' is not USER or "
		    "USER:GROUP", spec);
	memcpy(user, spec, length);
	user[length] = '\0';
	out->changes_user = true;
	if (find_user(out, user, name) < 0)
		return -EINVAL;
	if (colon != NULL)
		return find_group(out, colon + 1);
	return find_supplementary_groups(out, name);
}

/*
 * Number of NET_ADMIN, cap_net_admin or 12, or -1. cap_from_name(3) takes a
 * word's beginning and numbers as strtoul(3) does, so it is held to whole
 * names and decimals first.
 */
static int
parse_capability(const char *word)
{
	char name[WORD_MAX + 4];
	size_t prefix = isdigit((unsigned char)word[0]) ||
	    strncasecmp(word, "cap_", 4) == 0 ? 0 : 4;
	cap_value_t value;

	if (prefix == 0 && isdigit((unsigned char)word[0]))
		return parse_id(word) > 63 ? -1 : (int)parse_id(word);
	if (strspn(word, WORD_CHARACTERS) != strlen(word))
		return -1;
	snprintf(name, sizeof(name), "%s%s", prefix > 0 ? "cap_" : "", word);
	for (char *c = name; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	if (cap_from_name(name, &value) < 0 || value < 0 || value > 63)
		return -1;
	return value;
}

/* The capabilities in LIST; "all" is EVERY. */
static int
parse_capabilities(struct privileges *out, const char *option,
    const char *list, uint64_t every, uint64_t *set)
{
	*set = 0;
	if (strcasecmp(list, "all") == 0)
		*set = every;
	if (strcasecmp(list, "all") == 0 || strcasecmp(list, "none") == 0)
		return 0;
	for (;;) {
		size_t length = strcspn(list, ",");
		char word[WORD_MAX];
		int value;

		snprintf(word, sizeof(word), "%.*s", (int)length, list);
		value = parse_capability(word);
		if (length == 0 || length >= sizeof(word) || value < 0)
			return refuse(&out->problem, option,
			    "'%.64s' is not a capability such as "
			    "net_bind_service, CAP_CHOWN or 10, nor all or "
			    "none", word);
		*set |= UINT64_C(1) << value;
		if (list[length] == '\0')
			return 0;
		list += length + 1;
	}
}

/* What this process could hand on: permitted, and in the bounding set. */
static uint64_t
own_capabilities(uint64_t *bounding)
{
	cap_t own = cap_get_proc();
	uint64_t permitted = 0;

	*bounding = 0;
	for (cap_value_t value = 0; value < cap_max_bits(); value++) {
		cap_flag_value_t set = CAP_CLEAR;

		if (cap_get_bound(value) > 0)
			*bounding |= UINT64_C(1) << value;
		if (own != NULL &&
		    cap_get_flag(own, value, CAP_PERMITTED, &set) == 0 &&
		    set == CAP_SET)
			permitted |= UINT64_C(1) << value;
	}
	if (own != NULL)
		cap_free(own);
	return permitted & *bounding;
}

static const char *
capability_names(uint64_t set)
{
	static char text[256];

	text[0] = '\0';
	for (cap_value_t value = 0; value < 64; value++) {
		char *name = set >> value & 1 ? cap_to_name(value) : NULL;
		size_t used = strlen(text);

		if (name != NULL)
			snprintf(text + used, sizeof(text) - used, "%s%s",
			    used > 0 ? "," : "", name);
		cap_free(name);
	}
	return text;
}

static int
resolve_capabilities(struct privileges *out,
    const struct privileges_request *request)
{
	uint64_t bounding;
	uint64_t own = own_capabilities(&bounding);
	uint64_t dropped = 0;

	out->kept = own;
	if (request->keep_caps != NULL &&
	    parse_capabilities(out, "keep-caps", request->keep_caps, own,
	    &out->kept) < 0)
		return -EINVAL;
	if (out->kept & ~own)
		return refuse(&out->problem, "keep-caps",
		    "%s: not in the container's bounding set: add it with "
		    "--cap-add",
		    capability_names(out->kept & ~own));
	if (request->drop_caps != NULL &&
	    parse_capabilities(out, "drop-caps", request->drop_caps,
	    UINT64_MAX, &dropped) < 0)
		return -EINVAL;
	out->keeps_capabilities = request->keep_caps != NULL;
	out->changes_capabilities = request->keep_caps != NULL ||
	    request->drop_caps != NULL;
	out->kept &= ~dropped;
	out->dropped = bounding & dropped;
	if (out->keeps_capabilities)
		out->dropped = bounding & ~out->kept;
	if (out->dropped != 0 && !(own >> CAP_SETPCAP & 1))
		return refuse(&out->problem, request->keep_caps != NULL ?
		    "keep-caps" : "drop-caps",
		    "the bounding set can be reduced only with CAP_SETPCAP, "
		    "which this container does not have");
	return 0;
}

/*
 * dinit stays what it is. Without CAP_KILL it could never stop COMMAND as
 * another user: better no start than no stop.
 */
static int
check_power(struct privileges *out)
{
	uint64_t bounding;
	uint64_t own = own_capabilities(&bounding);

	if (!out->changes_user || out->uid == geteuid())
		return 0;
	if (!(own >> CAP_SETUID & 1) || !(own >> CAP_SETGID & 1))
		return refuse(&out->problem, "user",
		    "becoming uid %u takes CAP_SETUID and CAP_SETGID, which "
		    "this container does not have (it must start as root)",
		    out->uid);
	if (!(own >> CAP_KILL & 1))
		return refuse(&out->problem, "user",
		    "without CAP_KILL dinit could never stop COMMAND as uid "
		    "%u: add it with --cap-add=KILL", out->uid);
	return 0;
}

static int
compile_filter(struct privileges *out, const char *path)
{
	struct seccomp_circumstances here = { 0 };
	char problem[sizeof(out->problem.text) - 128];
	struct utsname kernel;
	uint64_t own = own_capabilities(&here.capabilities);

	(void)own;
	here.capabilities &= ~out->dropped;
	if (uname(&kernel) == 0)
		sscanf(kernel.release, "%u.%u", &here.kernel_major,
		    &here.kernel_minor);
	if (seccomp_profile_compile(path, &here, &out->filter, problem,
	    sizeof(problem)) < 0)
		return refuse(&out->problem, "seccomp", "%.100s: %s", path,
		    problem);
	out->no_new_privs = true;
	return 0;
}

static int
work_out(struct privileges *out, const struct privileges_request *request)
{
	out->no_new_privs = request->no_new_privs;
	if (request->user != NULL && resolve_user(out, request->user) < 0)
		return -EINVAL;
	if (resolve_capabilities(out, request) < 0 || check_power(out) < 0)
		return -EINVAL;
	if (request->seccomp != NULL)
		return compile_filter(out, request->seccomp);
	return 0;
}

/* What became of the worker. It is the only child there is at this time. */
static int
wait_for_worker(pid_t worker, const struct privileges *shared,
    struct privileges_problem *problem)
{
	siginfo_t info;

	if (waitid(P_PID, (id_t)worker, &info, WEXITED) < 0)
		return refuse(problem, "user", "cannot wait: %s",
		    strerror(errno));
	if (info.si_code != CLD_EXITED)
		return refuse(problem, "seccomp", "the process that works it "
		    "out died of signal %d", info.si_status);
	if (info.si_status == 0)
		return 0;
	*problem = shared->problem;
	return -EINVAL;
}

static bool
asks_for_nothing(const struct privileges_request *request)
{
	return request->user == NULL && request->keep_caps == NULL &&
	    request->drop_caps == NULL && request->seccomp == NULL &&
	    !request->no_new_privs;
}

int
privileges_prepare(const struct privileges_request *request,
    const struct privileges **out, struct privileges_problem *problem)
{
	struct privileges *shared;
	pid_t worker;

	*out = NULL;
	if (asks_for_nothing(request))
		return 0;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return refuse(problem, "user", "out of memory");
	worker = fork();
	if (worker == 0)
		_exit(work_out(shared, request) < 0);
	if (worker < 0)
		return refuse(problem, "user", "cannot fork: %s",
		    strerror(errno));
	if (wait_for_worker(worker, shared, problem) < 0)
		return -EINVAL;
	*out = shared;
	return 0;
}

/* Groups before gid before uid: each takes a right that the next takes away. */
static int
become_user(const struct privileges *privileges, const char **step)
{
	bool is_same = privileges->uid == geteuid() &&
	    privileges->gid == getegid() && privileges->group_count == 0;

	*step = "set the groups for";
	if (setgroups(privileges->group_count, privileges->groups) < 0 &&
	    !(errno == EPERM && is_same))
		return -errno;
	*step = "set the group of";
	if (setresgid(privileges->gid, privileges->gid, privileges->gid) < 0)
		return -errno;
	*step = "set HOME for";
	if (putenv((char *)(uintptr_t)privileges->home) != 0)
		return -errno;
	/* Permitted capabilities stay for the next step (capabilities(7)). */
	*step = "set the user of";
	if (prctl(PR_SET_KEEPCAPS, 1L) < 0 ||
	    setresuid(privileges->uid, privileges->uid, privileges->uid) < 0)
		return -errno;
	return 0;
}

/* CAP_SETPCAP was permitted when it was worked out; a new uid disables it. */
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
		if (privileges->dropped >> value & 1 &&
		    cap_drop_bound(value) < 0)
			error = -errno;
	cap_free(own);
	return error;
}

/*
 * Not libcap's cap_iab_set_proc(3), which takes CAP_SETPCAP for the ambient
 * set too. The kernel does not, so a container need not have it.
 */
static int
raise_ambient(const struct privileges *privileges)
{
	for (cap_value_t value = 0; value < cap_max_bits(); value++)
		if (privileges->kept >> value & 1 &&
		    cap_set_ambient(value, CAP_SET) < 0)
			return -errno;
	return 0;
}

/*
 * The process's own sets: what is not kept must not help until the exec. What
 * leaves the inheritable set leaves the ambient one. Without a list of what to
 * keep, the rest of these two stays: the engine may have filled them (Podman).
 */
static int
reduce_own(const struct privileges *privileges)
{
	cap_t reduced = cap_get_proc();
	bool keeps = privileges->keeps_capabilities || privileges->uid == 0 ||
	    !privileges->changes_user;
	int error = 0;

	if (reduced == NULL)
		return -ENOMEM;
	for (cap_value_t value = 0; value < cap_max_bits(); value++) {
		bool kept = keeps && (privileges->kept >> value & 1);
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

/* Bounding before permitted before ambient: each takes the one before. */
static int
set_capabilities(const struct privileges *privileges)
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

/* Trying is the only proof. Whoever keeps the capability may go back. */
static int
prove_no_way_back(const struct privileges *privileges)
{
	bool keeps = privileges->keeps_capabilities;

	if (privileges->uid != 0 &&
	    !(keeps && privileges->kept >> CAP_SETUID & 1) &&
	    setresuid(0, 0, 0) == 0)
		return -ENOTRECOVERABLE;
	if (privileges->gid != 0 && privileges->uid != 0 &&
	    !(keeps && privileges->kept >> CAP_SETGID & 1) &&
	    setresgid(0, 0, 0) == 0)
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
	error = set_capabilities(privileges);
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
	/* The kernel only reads it. */
	struct sock_fprog program = {
		.len = privileges->filter.length,
		.filter = (struct sock_filter *)(uintptr_t)
		    privileges->filter.code,
	};

	if (program.len == 0)
		return 0;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    privileges->filter.flags, &program) < 0 ? -errno : 0;
}

void
privileges_release(const struct privileges *privileges)
{
	if (privileges != NULL)
		munmap((void *)(uintptr_t)privileges, sizeof(*privileges));
}
