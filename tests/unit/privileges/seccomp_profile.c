/* SPDX-License-Identifier: MIT */
/*
 * Each profile is tested by what its filter does to a process, mostly to
 * getppid(2), which never fails and takes no arguments, so that any can be
 * passed to it. In these profiles ' stands for ".
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privileges/seccomp_profile.h"
#include "base/architecture.h"
#include "base/array.h"
#include "base/problem.h"
#include "privileges/seccomp_condition.h"
#include "privileges/seccomp_filter.h"
#include "support.h"

#define ALLOWED 0
#define KILLED (-SIGSYS)

#define CAP(name) (UINT64_C(1) << (name))

/* A rule for getppid, by default allowed. */
#define RULE(members)                                                         \
	"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': "         \
	"['getppid'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 7" members      \
	"}]}"

#define NATIVE ARCHITECTURE_IN_PROFILES
#define NATIVE_GO ARCHITECTURE_IN_CONDITIONS

TestSuite(seccomp_profile, .timeout = 30, .init = scratch_make,
    .fini = scratch_remove);

/* What the child has found out, in shared memory. */
struct findings {
	bool is_done;
	int result;
	struct problem problem;
	struct seccomp_filter filter;
};

static struct seccomp_circumstances here = {
	.capabilities = CAP(CAP_CHOWN) | CAP(CAP_SYS_TIME),
	.kernel = 5 << 16 | 10, /* kernel_of(5, 10) */
};

static struct findings *
share_findings(void)
{
	static struct findings *shared;

	if (shared == NULL)
		shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(shared, MAP_FAILED);
	memset(shared, 0, sizeof(*shared));
	return shared;
}

/* Compiles the file PATH in a process that ends afterwards, as dinit does. */
static const struct findings *
compile_file(const char *path)
{
	struct findings *found = share_findings();
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		/* What libseccomp would find out from a kernel. */
		if (!has_filters())
			seccomp_api_set(3);
		found->result = seccomp_profile_compile(path, &here,
		    &found->filter, &found->problem);
		found->is_done = true;
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(found->is_done && status == 0, "wait status %#x", status);
	cr_assert_eq(found->result == 0, found->problem.text[0] == '\0',
	    "%d, with '%s'", found->result, found->problem.text);
	return found;
}

static const struct findings *
compile(const char *profile)
{
	char *text = strdup(profile);

	for (char *c = text; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	write_file(scratch_path("profile"), text);
	free(text);
	return compile_file(scratch_path("profile"));
}

static void
load(const struct seccomp_filter *filter)
{
	const struct sock_fprog program = {
		.len = filter->length,
		.filter = (struct sock_filter *)(uintptr_t)filter->code,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter->flags,
	    &program) < 0)
		_exit(1);
}

/* As an emulator has none, the filter is read as dinit reads it. */
static int
evaluate(const struct seccomp_filter *filter, long number,
    const unsigned long arguments[6])
{
	struct seccomp_data call = {
		.nr = (int)number,
		.arch = ARCHITECTURE_AUDIT,
	};
	uint32_t action;

	for (size_t i = 0; i < 6; i++)
		call.args[i] = arguments[i];
	action = seccomp_filter_evaluate(filter, &call).action;
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_TRAP:
		return KILLED;
	case SECCOMP_RET_TRACE:
		return ENOSYS;
	case SECCOMP_RET_ERRNO:
		return (int)(action & SECCOMP_RET_DATA);
	default:
		return ALLOWED;
	}
}

/*
 * The verdict on system call NUMBER with these arguments: ALLOWED, an errno,
 * or KILLED. The filter may even forbid the process to exit.
 */
static int
verdict(const char *profile, long number, const unsigned long arguments[6])
{
	struct findings *found = (struct findings *)(uintptr_t)
	    compile(profile);
	int status;
	pid_t pid;

	cr_assert_eq(found->result, 0, "%s: %s", profile, found->problem.text);
	/* It makes one to exit again and again. */
	if (is_sanitized())
		cr_skip("skipped: AddressSanitizer gets stuck in a filter");
	if (!has_filters())
		return evaluate(&found->filter, number, arguments);
	found->is_done = false;
	pid = fork();
	if (pid == 0) {
		long result;

		load(&found->filter);
		result = syscall(number, arguments[0], arguments[1],
		    arguments[2], arguments[3], arguments[4], arguments[5]);
		found->result = result < 0 ? errno : ALLOWED;
		found->is_done = true;
		/* musl's _exit(2) tries again and again. */
		__builtin_trap();
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	if (found->is_done)
		return found->result;
	cr_assert(WIFSIGNALED(status), "wait status %#x", status);
	return -WTERMSIG(status);
}

static int
verdict_on(const char *profile, long number)
{
	return verdict(profile, number, (const unsigned long[6]){ 0 });
}

static void
expect(const char *profile, int wanted)
{
	int got = verdict_on(profile, SYS_getppid);

	cr_assert_eq(got, wanted, "%d, not %d: %s", got, wanted, profile);
}

static void
expect_refused(const char *profile, const char *cause)
{
	const struct findings *found = compile(profile);

	cr_assert_eq(found->result, -EINVAL, "not refused: %s", profile);
	cr_assert_not_null(strstr(found->problem.text, cause),
	    "'%s' is not in '%s': %s", cause, found->problem.text, profile);
	cr_assert_null(strchr(found->problem.text, '\n'));
}

/* True if the filter has an instruction that returns this. */
static bool
can_return(const char *profile, unsigned int value)
{
	const struct findings *found = compile(profile);

	cr_assert_eq(found->result, 0, "%s", found->problem.text);
	for (unsigned int i = 0; i < found->filter.length; i++)
		if (found->filter.code[i].code == (BPF_RET | BPF_K) &&
		    found->filter.code[i].k == value)
			return true;
	return false;
}

/* The first literal block of dinit-seccomp(7) is one to copy. */
Test(seccomp_profile, takes_the_profile_of_the_manual)
{
	static const char begin[] = "\n.Bd -literal -offset indent\n";
	static char page[65536];
	const struct findings *found;
	char *from;
	char *end;

	strcpy(page, read_file(SOURCE_DIR "/man/dinit-seccomp.7"));
	from = strstr(page, begin);
	cr_assert_not_null(from);
	end = strstr(from, "\n.Ed\n");
	cr_assert_not_null(end);
	*end = '\0';
	write_file(scratch_path("profile"), from + strlen(begin));
	found = compile_file(scratch_path("profile"));
	cr_expect_eq(found->result, 0, "%s", found->problem.text);
	cr_expect_gt(found->filter.length, 0);
}

/* --- Actions -------------------------------------------------------------- */

Test(seccomp_profile, default_action_is_for_what_no_rule_names)
{
	expect("{'defaultAction': 'SCMP_ACT_ALLOW'}", ALLOWED);
	expect("{'defaultAction': 'SCMP_ACT_LOG'}", ALLOWED);
	expect("{'defaultAction': 'SCMP_ACT_ERRNO'}", EPERM);
	expect("{'defaultAction': 'SCMP_ACT_TRACE'}", ENOSYS);
	expect("{'defaultAction': 'SCMP_ACT_TRAP'}", KILLED);
	expect("{'defaultAction': 'SCMP_ACT_KILL'}", KILLED);
	expect("{'defaultAction': 'SCMP_ACT_KILL_THREAD'}", KILLED);
	expect("{'defaultAction': 'SCMP_ACT_KILL_PROCESS'}", KILLED);
}

#define ACTION(action)                                                        \
	"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': "         \
	"['getppid'], 'action': '" action "'}]}"

Test(seccomp_profile, action_of_a_rule_is_for_what_it_names)
{
	expect(ACTION("SCMP_ACT_LOG"), ALLOWED);
	expect(ACTION("SCMP_ACT_ERRNO"), EPERM);
	expect(ACTION("SCMP_ACT_TRACE"), ENOSYS);
	expect(ACTION("SCMP_ACT_TRAP"), KILLED);
	expect(ACTION("SCMP_ACT_KILL"), KILLED);
	cr_assert_eq(verdict_on(ACTION("SCMP_ACT_KILL"), SYS_getuid), ALLOWED);
	expect("{'defaultAction': 'SCMP_ACT_KILL', 'syscalls': [{'names': "
	    "['getppid'], 'action': 'SCMP_ACT_ALLOW'}]}", ALLOWED);
}

/* A process with one thread dies of all of them. */
Test(seccomp_profile, kill_thread_and_kill_process_differ)
{
	cr_assert(can_return(ACTION("SCMP_ACT_KILL"),
	    SECCOMP_RET_KILL_THREAD));
	cr_assert(can_return(ACTION("SCMP_ACT_KILL_THREAD"),
	    SECCOMP_RET_KILL_THREAD));
	cr_assert(can_return(ACTION("SCMP_ACT_KILL_PROCESS"),
	    SECCOMP_RET_KILL_PROCESS));
	cr_assert(can_return(ACTION("SCMP_ACT_TRAP"), SECCOMP_RET_TRAP));
	cr_assert(can_return(ACTION("SCMP_ACT_LOG"), SECCOMP_RET_LOG));
	cr_assert(can_return(RULE(""), SECCOMP_RET_ERRNO | 7));
	cr_assert(can_return("{'defaultAction': 'SCMP_ACT_TRACE', "
	    "'defaultErrnoRet': 9}", SECCOMP_RET_TRACE | 9));
}

Test(seccomp_profile, notify_is_refused_with_the_reason)
{
	expect_refused(ACTION("SCMP_ACT_NOTIFY"),
	    "SCMP_ACT_NOTIFY needs an agent");
	expect_refused("{'defaultAction': 'SCMP_ACT_NOTIFY'}",
	    "SCMP_ACT_NOTIFY needs an agent");
}

Test(seccomp_profile, errno_is_given_by_number)
{
	expect("{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 38}",
	    ENOSYS);
	expect("{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': null}",
	    EPERM);
	expect(RULE(""), 7);
	expect_refused(RULE(", 'errno': 5"), "\"errno\" is not a string");
	expect_refused("{'defaultAction': 'SCMP_ACT_ERRNO', "
	    "'defaultErrnoRet': 4096}", "\"defaultErrnoRet\" is not an errno");
	expect_refused("{'defaultAction': 'SCMP_ACT_ERRNO', "
	    "'defaultErrnoRet': -1}", "\"defaultErrnoRet\" is not a number");
}

/* In containers-common the name counts, which may be digits. */
Test(seccomp_profile, errno_is_given_by_name)
{
	expect("{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrno': "
	    "'ENOSYS'}", ENOSYS);
	expect("{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrno': 'ENOSYS',"
	    " 'defaultErrnoRet': 38}", ENOSYS);
	expect(RULE(", 'errno': 'EINVAL'"), EINVAL);
	expect(RULE(", 'errno': ''"), 7);
	expect(RULE(", 'errno': 'EBADE'"), EBADE);
	expect(RULE(", 'errno': '38'"), ENOSYS);
	expect(RULE(", 'errno': '0038'"), ENOSYS);
	expect(RULE(", 'errno': '00038'"), 7);
	/* Docker ignores the name and takes the number. */
	expect(RULE(", 'errno': 'ENONE'"), 7);
	expect(RULE(", 'errno': '4096'"), 7);
	expect_refused("{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrno': "
	    "'ENONE'}", "\"defaultErrno\": ENONE is not an errno such as "
	    "EPERM");
	expect_refused("{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrno': "
	    "'4096'}", "\"defaultErrno\": 4096 is not an errno");
}

Test(seccomp_profile, rule_that_says_what_the_default_does_is_passed_over)
{
	expect(ACTION("SCMP_ACT_ALLOW"), ALLOWED);
	expect("{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': "
	    "['getppid'], 'action': 'SCMP_ACT_ERRNO'}]}", EPERM);
	expect("{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': "
	    "['getppid'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 7}]}", 7);
}

/* --- Names ---------------------------------------------------------------- */

Test(seccomp_profile, names_are_a_list_or_in_old_profiles_one)
{
	static const char *const profiles[] = {
		"{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': "
		    "['getuid', 'getppid'], 'action': 'SCMP_ACT_ALLOW'}]}",
		"{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': ["
		    "{'name': 'getuid', 'action': 'SCMP_ACT_ALLOW'},"
		    "{'name': 'getppid', 'action': 'SCMP_ACT_ALLOW'}]}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
		cr_assert_eq(verdict_on(profiles[i], SYS_getppid), ALLOWED);
		cr_assert_eq(verdict_on(profiles[i], SYS_getuid), ALLOWED);
		cr_assert_eq(verdict_on(profiles[i], SYS_getpid), EPERM);
	}
	expect_refused(RULE(", 'name': 'getuid'"), "both name and names");
}

#define UP_TO_GETUID(action)                                                  \
	"{'defaultAction': '" action "', 'syscalls': [{'names': ['getuid', "  \
	"'exit_group', 'a_call_of_the_future'], 'action': 'SCMP_ACT_ALLOW'}," \
	"{'names': ['seccomp'], 'action': 'SCMP_ACT_ALLOW', 'includes': "     \
	"{'caps': ['CAP_SYS_ADMIN']}}]}"

/* The highest number that these profiles name. */
#define NEWEST (SYS_exit_group > SYS_getuid ? SYS_exit_group : SYS_getuid)

Test(seccomp_profile, calls_newer_than_all_that_are_named_do_not_exist)
{
	const char *profile = UP_TO_GETUID("SCMP_ACT_ERRNO");

	cr_assert_eq(verdict_on(profile, SYS_getppid), EPERM);
	cr_assert_eq(verdict_on(profile, SYS_getuid), ALLOWED);
	cr_assert_eq(verdict_on(profile, NEWEST + 1), ENOSYS);
	cr_assert_eq(verdict_on(profile, SYS_seccomp), ENOSYS);
#ifndef __arm__ /* where private calls have high numbers */
	cr_assert_eq(verdict_on(profile, 0x3fffffff), ENOSYS);
#endif
	cr_assert_eq(verdict_on(UP_TO_GETUID("SCMP_ACT_KILL"), SYS_seccomp),
	    ENOSYS);
}

Test(seccomp_profile, calls_newer_than_all_that_are_named_may_be_allowed)
{
	cr_assert_eq(verdict_on(UP_TO_GETUID("SCMP_ACT_LOG"), SYS_gettid),
	    ALLOWED);
	cr_assert_eq(verdict_on("{'defaultAction': 'SCMP_ACT_ALLOW', "
	    "'syscalls': [{'names': ['read'], 'action': 'SCMP_ACT_ERRNO'}]}",
	    SYS_getppid), ALLOWED);
}

Test(seccomp_profile, unknown_name_is_skipped_where_nothing_is_lost)
{
	expect("{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': "
	    "['fly', 'getppid'], 'action': 'SCMP_ACT_ALLOW'}]}", ALLOWED);
	expect("{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': "
	    "['fly', 'getppid'], 'action': 'SCMP_ACT_LOG'}]}", ALLOWED);
	/* forbidden all the same */
	expect("{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 38, "
	    "'syscalls': [{'names': ['fly', 'getppid'], 'action': "
	    "'SCMP_ACT_ERRNO', 'errnoRet': 7}]}", 7);
}

Test(seccomp_profile, unknown_name_that_is_to_be_forbidden_is_refused)
{
	static const char *const actions[] = { "ERRNO", "KILL", "TRAP",
		"KILL_PROCESS", "TRACE" };

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		char profile[256];

		snprintf(profile, sizeof(profile), "{'defaultAction': "
		    "'SCMP_ACT_LOG', 'syscalls': [{'names': ['fly'], "
		    "'action': 'SCMP_ACT_%s'}]}", actions[i]);
		expect_refused(profile, "syscalls[0]: system call fly is "
		    "unknown to this libseccomp");
	}
	expect_refused("{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': ["
	    "{'name': 'fly', 'action': 'SCMP_ACT_KILL'}]}",
	    "syscalls[0]: system call fly is unknown");
}

/* --- Arguments ------------------------------------------------------------ */

#if __SIZEOF_LONG__ == 8
static void
expect_comparison(const char *operator, unsigned long argument, int wanted)
{
	char profile[512];
	int got;

	snprintf(profile, sizeof(profile), RULE(", 'args': [{'index': 1, "
	    "'value': 4294967298, 'op': 'SCMP_CMP_%s'}]"), operator);
	got = verdict(profile, SYS_getppid,
	    (const unsigned long[6]){ 0, argument });
	cr_assert_eq(got, wanted, "%s %lu: %d, not %d", operator, argument,
	    got, wanted);
}

/* The value has bits in both halves of the argument. */
Test(seccomp_profile, six_operators_compare_all_64_bits)
{
	static const struct {
		const char *operator;
		bool matches[3]; /* one less, equal, one more */
	} cases[] = {
		{ "NE", { true, false, true } },
		{ "LT", { true, false, false } },
		{ "LE", { true, true, false } },
		{ "EQ", { false, true, false } },
		{ "GE", { false, true, true } },
		{ "GT", { false, false, true } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (unsigned long j = 0; j < 3; j++)
			expect_comparison(cases[i].operator, 4294967297 + j,
			    cases[i].matches[j] ? 7 : ALLOWED);
	expect_comparison("EQ", 2, ALLOWED);
}
#endif

Test(seccomp_profile, masked_argument_is_compared_with_value_two)
{
	const char *profile = RULE(", 'args': [{'index': 5, 'value': 240, "
	    "'valueTwo': 32, 'op': 'SCMP_CMP_MASKED_EQ'}]");

	cr_assert_eq(verdict(profile, SYS_getppid,
	    (const unsigned long[6]){ [5] = 0x2f }), 7);
	cr_assert_eq(verdict(profile, SYS_getppid,
	    (const unsigned long[6]){ [5] = 0x120 }), 7);
	cr_assert_eq(verdict(profile, SYS_getppid,
	    (const unsigned long[6]){ [5] = 0x30 }), ALLOWED);
}

Test(seccomp_profile, conditions_on_several_arguments_hold_together)
{
	const char *profile = RULE(", 'args': ["
	    "{'index': 0, 'value': 1, 'op': 'SCMP_CMP_EQ'},"
	    "{'index': 1, 'value': 2, 'op': 'SCMP_CMP_EQ'}]");

	cr_assert_eq(verdict(profile, SYS_getppid,
	    (const unsigned long[6]){ 1, 2 }), 7);
	cr_assert_eq(verdict(profile, SYS_getppid,
	    (const unsigned long[6]){ 1, 3 }), ALLOWED);
}

Test(seccomp_profile, conditions_on_one_argument_are_alternatives_as_in_runc)
{
	const char *profile = RULE(", 'args': ["
	    "{'index': 0, 'value': 1, 'op': 'SCMP_CMP_EQ'},"
	    "{'index': 0, 'value': 2, 'op': 'SCMP_CMP_EQ'}]");

	for (unsigned long i = 0; i < 4; i++)
		cr_assert_eq(verdict(profile, SYS_getppid,
		    (const unsigned long[6]){ i }),
		    i == 1 || i == 2 ? 7 : ALLOWED);
}

/* --- Two rules for the same call --- */

/* A rule for getppid: SCMP_ACT_ACTION if these comparisons hold. */
#define GETPPID(action, comparisons)                                          \
	"'names': ['getppid'], 'action': 'SCMP_ACT_" action "', 'args': ["    \
	comparisons "]"
#define IF(index, operator, value)                                            \
	"{'index': " index ", 'op': 'SCMP_CMP_" operator "', 'value': " value "}"
#define IF_MASKED(mask, value)                                                \
	"{'op': 'SCMP_CMP_MASKED_EQ', 'value': " mask ", 'valueTwo': " value "}"

struct pair {
	const char *default_action;
	const char *rules[2];
};

/* Writes the profile of PAIR, in either order, to a static buffer. */
static const char *
profile_of_pair(const struct pair *pair, int first)
{
	static char profile[1024];

	snprintf(profile, sizeof(profile), "{'defaultAction': 'SCMP_ACT_%s', "
	    "'syscalls': [{'names': ['getuid'], 'action': 'SCMP_ACT_TRAP'}, "
	    "{%s}, {%s}]}", pair->default_action, pair->rules[first],
	    pair->rules[1 - first]);
	return profile;
}

/* The order of the two rules does not matter. */
Test(seccomp_profile, rule_that_another_one_makes_ineffective_is_refused)
{
	static const struct pair pairs[] = {
		/* for all calls, and for all or some */
		{ "KILL", { GETPPID("ALLOW", ""), GETPPID("ERRNO", "") } },
		{ "ERRNO", { GETPPID("ALLOW", ""),
		    GETPPID("KILL_PROCESS", "") } },
		{ "KILL", { GETPPID("ALLOW", ""),
		    GETPPID("ERRNO", IF("1", "EQ", "511")) } },
		{ "KILL", { GETPPID("ALLOW", ""),
		    GETPPID("ERRNO", IF("1", "NE", "511")) } },
		{ "KILL", { GETPPID("ERRNO", ""),
		    GETPPID("ALLOW", IF_MASKED("240", "32")) } },
		{ "KILL", { GETPPID("ALLOW", ""),
		    GETPPID("ERRNO", IF("0", "EQ", "1") ", "
		    IF("1", "EQ", "2")) } },
		{ "KILL", { GETPPID("ALLOW", ""),
		    GETPPID("ERRNO", IF("0", "EQ", "1") ", "
		    IF("0", "EQ", "2")) } },
		{ "KILL", { GETPPID("ERRNO", "") ", 'errnoRet': 7",
		    GETPPID("ERRNO", "") ", 'errnoRet': 8" } },
		/* a rule with the default action, of which libseccomp is not told */
		{ "ERRNO", { GETPPID("ALLOW", ""), GETPPID("ERRNO", "") } },
		{ "ALLOW", { GETPPID("ALLOW", ""), GETPPID("ERRNO", "") } },
		{ "ERRNO", { GETPPID("ALLOW", ""),
		    GETPPID("ERRNO", IF("1", "EQ", "511")) } },
		{ "ALLOW", { GETPPID("ALLOW", IF("0", "EQ", "5")),
		    GETPPID("ERRNO", IF("0", "GE", "4")) } },
		{ "ALLOW", { GETPPID("ALLOW", IF("0", "GT", "5")),
		    GETPPID("ERRNO", IF("0", "NE", "4")) } },
		{ "ALLOW", { GETPPID("ALLOW", IF("0", "LE", "5")),
		    GETPPID("ERRNO", IF("0", "LT", "7")) } },
		{ "ALLOW", { GETPPID("ALLOW", IF_MASKED("255", "32")),
		    GETPPID("ERRNO", IF_MASKED("240", "32")) } },
		{ "ALLOW", { GETPPID("ALLOW", IF_MASKED("240", "32")),
		    GETPPID("ERRNO", IF("0", "NE", "64")) } },
		{ "ALLOW", { GETPPID("ALLOW", IF_MASKED("240", "32")),
		    GETPPID("ERRNO", IF("0", "GE", "32")) } },
		/* the same calls, or some of them */
		{ "ALLOW", { GETPPID("LOG", IF("0", "EQ", "1")),
		    GETPPID("KILL", IF("0", "EQ", "1")) } },
		{ "ALLOW", { GETPPID("LOG", IF("0", "NE", "1")),
		    GETPPID("KILL", IF("0", "NE", "1")) } },
		{ "KILL", { GETPPID("ALLOW", IF("1", "EQ", "2")),
		    GETPPID("ERRNO", IF("0", "EQ", "1") ", "
		    IF("1", "EQ", "2")) } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		for (int first = 0; first < 2; first++) {
			const char *profile = profile_of_pair(&pairs[i], first);

			expect_refused(profile, "syscalls[1]");
			expect_refused(profile, "syscalls[2]");
			expect_refused(profile, " has another action: only "
			    "one can hold");
		}
}

#if defined(__x86_64__)
/* Only 32-bit programs have waitpid(2). */
Test(seccomp_profile, rules_for_another_abi_are_compared_where_it_is_listed)
{
	const char *rules = "'syscalls': [{'names': ['waitpid'], 'action': "
	    "'SCMP_ACT_ALLOW'}, {'names': ['waitpid'], 'action': "
	    "'SCMP_ACT_ERRNO'}]}";
	char profile[512];

	snprintf(profile, sizeof(profile), "{'defaultAction': "
	    "'SCMP_ACT_KILL', 'architectures': ['SCMP_ARCH_X86'], %s", rules);
	expect_refused(profile, "syscalls[1] has no effect on waitpid, for "
	    "which syscalls[0] has another action");
	snprintf(profile, sizeof(profile), "{'defaultAction': "
	    "'SCMP_ACT_KILL', %s", rules);
	cr_assert_eq(compile(profile)->result, 0);
}
#endif

static const struct pair takes_both[] = {
	/* equal rules, or one that equals the default */
	{ "KILL", { GETPPID("ALLOW", ""), GETPPID("ALLOW", "") } },
	{ "KILL", { GETPPID("ALLOW", IF("0", "EQ", "1")),
	    GETPPID("ALLOW", IF("0", "EQ", "1")) } },
	{ "ALLOW", { GETPPID("ALLOW", ""), GETPPID("ALLOW", "") } },
	/* equal actions, one rule wider than the other */
	{ "KILL", { GETPPID("ALLOW", ""),
	    GETPPID("ALLOW", IF("0", "EQ", "1")) } },
	{ "KILL", { GETPPID("ALLOW", IF("0", "EQ", "1") ", "
	    IF("0", "EQ", "2")), GETPPID("ALLOW", IF("0", "NE", "1")) } },
	/* an exception to a rule that equals the default */
	{ "ALLOW", { GETPPID("ALLOW", ""),
	    GETPPID("ERRNO", IF("0", "EQ", "1")) } },
	{ "ERRNO", { GETPPID("ERRNO", IF("0", "GE", "1")),
	    GETPPID("ALLOW", IF("0", "EQ", "1")) } },
	/* calls that differ, or overlap */
	{ "KILL", { GETPPID("ALLOW", IF("0", "EQ", "1")),
	    GETPPID("ERRNO", IF("0", "EQ", "2")) } },
	{ "KILL", { GETPPID("ALLOW", IF("0", "EQ", "1")),
	    GETPPID("ERRNO", IF("1", "EQ", "2")) } },
	{ "KILL", { GETPPID("ALLOW", IF("0", "NE", "1")),
	    GETPPID("ERRNO", IF("0", "EQ", "1")) } },
	{ "KILL", { GETPPID("ALLOW", IF("1", "NE", "5")),
	    GETPPID("ERRNO", IF("0", "EQ", "1")) } },
	{ "KILL", { GETPPID("ALLOW", IF("0", "GE", "5")),
	    GETPPID("ERRNO", IF("0", "LE", "7")) } },
	{ "KILL", { GETPPID("ALLOW", IF_MASKED("15", "1")),
	    GETPPID("ERRNO", IF_MASKED("240", "32")) } },
	/* one that applies to no call at all */
	{ "KILL", { GETPPID("ALLOW", ""),
	    GETPPID("ERRNO", IF("0", "LT", "0")) } },
	{ "KILL", { GETPPID("ALLOW", ""),
	    GETPPID("ERRNO", IF("0", "GT", "18446744073709551615")) } },
	/* only one of the two applies */
	{ "KILL", { GETPPID("ALLOW", "") ", 'includes': {'caps': "
	    "['CAP_KILL']}", GETPPID("ERRNO", "") ", 'excludes': {'caps': "
	    "['CAP_KILL']}" } },
	/* one is conditional, as in the profile of Podman */
	{ "KILL", { GETPPID("ALLOW", ""), GETPPID("ERRNO", "")
	    ", 'excludes': {'caps': ['CAP_KILL']}" } },
};

Test(seccomp_profile, rules_that_may_both_be_meant_are_taken)
{
	for (size_t i = 0; i < ARRAY_SIZE(takes_both); i++)
		for (int first = 0; first < 2; first++) {
			const struct findings *found = compile(
			    profile_of_pair(&takes_both[i], first));

			cr_expect_eq(found->result, 0, "%s: %s",
			    profile_of_pair(&takes_both[i], first),
			    found->problem.text);
		}
}

Test(seccomp_profile, differing_rules_for_no_call_are_refused)
{
	static const struct pair pair = { "KILL", {
		GETPPID("ALLOW", IF("0", "LT", "0")),
		GETPPID("ERRNO", IF("0", "LT", "0")) } };

	expect_refused(profile_of_pair(&pair, 0), "two rules have different "
	    "actions for the same calls");
}

Test(seccomp_profile, same_rule_twice_is_one)
{
	expect("{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': ["
	    "{'names': ['getppid', 'getppid'], 'action': 'SCMP_ACT_ERRNO'},"
	    "{'names': ['getppid'], 'action': 'SCMP_ACT_ERRNO'}]}", EPERM);
}

/* --- Conditions ----------------------------------------------------------- */

/* The app has CAP_CHOWN and CAP_SYS_TIME. More is in seccomp_condition.c. */
Test(seccomp_profile, rule_counts_where_its_conditions_hold)
{
	expect(RULE(", 'includes': {'caps': ['CAP_CHOWN']}"), 7);
	expect(RULE(", 'includes': {'caps': ['CAP_KILL']}"), ALLOWED);
	expect(RULE(", 'excludes': {'caps': ['CAP_KILL']}"), 7);
	expect(RULE(", 'excludes': {'caps': ['CAP_CHOWN']}"), ALLOWED);
	expect_refused(RULE(", 'includes': {'minKernel': '5'}"),
	    "\"minKernel\" is not like \"4.8\"");
}

/* --- Architectures and flags ---------------------------------------------- */

Test(seccomp_profile, this_machine_is_found_among_those_of_the_profile)
{
	expect("{'defaultAction': 'SCMP_ACT_ERRNO', 'architectures': ["
	    "'" NATIVE "']}", EPERM);
	expect("{'defaultAction': 'SCMP_ACT_ERRNO', 'archMap': ["
	    "{'architecture': 'SCMP_ARCH_S390X', 'subArchitectures': "
	    "['SCMP_ARCH_S390']}, {'architecture': '" NATIVE "', "
	    "'subArchitectures': null}]}", EPERM);
	/* only the entry of this one counts */
	expect("{'defaultAction': 'SCMP_ACT_ERRNO', 'archMap': ["
	    "{'architecture': 'SCMP_ARCH_MIPS64', 'subArchitectures': "
	    "['SCMP_ARCH_NONSENSE']}]}", EPERM);
}

#if defined(__x86_64__)
/* getppid by the call gate of 32-bit programs, 64 there. */
static int
verdict_on_32_bit(const char *profile)
{
	struct findings *found = (struct findings *)(uintptr_t)
	    compile(profile);
	int status;
	pid_t pid;

	cr_assert_eq(found->result, 0, "%s", found->problem.text);
	if (is_sanitized())
		cr_skip("skipped: AddressSanitizer gets stuck in a filter");
	pid = fork();
	if (pid == 0) {
		long result = 64;

		load(&found->filter);
		__asm__ volatile("int $0x80" : "+a"(result) : : "memory",
		    "r8", "r9", "r10", "r11");
		_exit(result > 0 ? ALLOWED : (int)-result);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

Test(seccomp_profile, foreign_calls_are_judged_where_listed_and_else_killed)
{
	const char *of_none = "{'defaultAction': 'SCMP_ACT_ALLOW'}";

	if (verdict_on_32_bit("{'defaultAction': 'SCMP_ACT_ALLOW', "
	    "'architectures': ['SCMP_ARCH_X86']}") != ALLOWED)
		cr_skip("skipped: this kernel has no 32-bit system calls");
	cr_assert_eq(verdict_on_32_bit(of_none), KILLED);
	cr_assert_eq(verdict_on_32_bit("{'defaultAction': 'SCMP_ACT_ALLOW', "
	    "'archMap': [{'architecture': 'SCMP_ARCH_X86_64', "
	    "'subArchitectures': ['SCMP_ARCH_X86', 'SCMP_ARCH_X32']}], "
	    "'syscalls': [{'names': ['getppid'], 'action': 'SCMP_ACT_ERRNO', "
	    "'errnoRet': 7}]}"), 7);
}
#endif

Test(seccomp_profile, unknown_architecture_is_refused)
{
	expect_refused("{'defaultAction': 'SCMP_ACT_ERRNO', 'architectures': "
	    "['SCMP_ARCH_PDP11']}", "SCMP_ARCH_PDP11 is not an architecture");
	expect_refused("{'defaultAction': 'SCMP_ACT_ERRNO', 'architectures': "
	    "['amd64']}", "amd64 is not an architecture");
	expect_refused("{'defaultAction': 'SCMP_ACT_ERRNO', 'archMap': [{"
	    "'architecture': '" NATIVE "', 'subArchitectures': ['x']}]}",
	    "x is not an architecture");
	expect_refused("{'defaultAction': 'SCMP_ACT_ERRNO', 'archMap': [{}]}",
	    "an entry of archMap has no architecture");
	expect_refused("{'defaultAction': 'SCMP_ACT_ERRNO', 'archMap': [{"
	    "'architecture': '" NATIVE "'}], 'architectures': ['" NATIVE
	    "']}", "both archMap and architectures");
}

Test(seccomp_profile, flags_are_passed_on)
{
	cr_assert_eq(compile("{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': ["
	    "'SECCOMP_FILTER_FLAG_TSYNC']}")->filter.flags, 0);
	cr_assert_eq(compile("{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': ["
	    "'SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW']}")->
	    filter.flags,
	    SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	expect("{'defaultAction': 'SCMP_ACT_ERRNO', 'flags': ["
	    "'SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW']}",
	    EPERM);
	expect_refused("{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': ["
	    "'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV']}",
	    "flag SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is not supported");
}

/* --- What is no profile --------------------------------------------------- */

Test(seccomp_profile, broken_json_is_refused_with_its_line)
{
	expect_refused("", "line 1: ");
	expect_refused("{'defaultAction':\n 'SCMP_ACT_ALLOW',\n oops}",
	    "line 3: ");
	expect_refused("{'defaultAction': 'SCMP_ACT_ALLOW'}\n{}", "line 2: ");
	expect_refused("{'defaultAction': 'SCMP_ACT_ALLOW',\n"
	    "'defaultAction': 'SCMP_ACT_KILL'}", "line 2: duplicate");
	expect_refused("{'defaultAction': 'SCMP_ACT_ALLOW\\u0000'}",
	    "line 1: ");
}

Test(seccomp_profile, wrong_type_is_never_taken_as_absent)
{
	static const char *const profiles[] = {
		"[]", "5", "'SCMP_ACT_ALLOW'", "null", "{}",
		"{'defaultAction': null}",
		"{'defaultAction': 5}",
		"{'defaultAction': 'ALLOW'}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'defaultErrnoRet': '1'}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'defaultErrnoRet': 1.5}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'defaultErrno': 1}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': '"
		    NATIVE "'}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': [5]}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'archMap': {}}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'archMap': ['x']}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'archMap': [{"
		    "'architecture': '" NATIVE "', 'subArchitectures': 'x'}]}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': "
		    "'SECCOMP_FILTER_FLAG_LOG'}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': [1]}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': {}}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': ['open']}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [null]}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{"
		    "'names': 'getppid', 'action': 'SCMP_ACT_KILL'}]}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{"
		    "'names': [5], 'action': 'SCMP_ACT_KILL'}]}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{"
		    "'name': ['getppid'], 'action': 'SCMP_ACT_KILL'}]}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{"
		    "'names': ['getppid']}]}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{"
		    "'action': 'SCMP_ACT_KILL'}]}",
		RULE(", 'args': {}"),
		RULE(", 'args': [5]"),
		RULE(", 'args': [{'index': '0', 'value': 1, "
		    "'op': 'SCMP_CMP_EQ'}]"),
		RULE(", 'args': [{'index': 6, 'value': 1, "
		    "'op': 'SCMP_CMP_EQ'}]"),
		RULE(", 'args': [{'index': -1, 'value': 1, "
		    "'op': 'SCMP_CMP_EQ'}]"),
		RULE(", 'args': [{'index': 0, 'value': -1, "
		    "'op': 'SCMP_CMP_EQ'}]"),
		RULE(", 'args': [{'index': 0, 'value': 1.0, "
		    "'op': 'SCMP_CMP_EQ'}]"),
		RULE(", 'args': [{'index': 0, 'value': 1}]"),
		RULE(", 'args': [{'index': 0, 'value': 1, 'op': 'EQ'}]"),
		RULE(", 'args': [{'index': 0, 'value': 1, 'valueTwo': '2', "
		    "'op': 'SCMP_CMP_MASKED_EQ'}]"),
		RULE(", 'includes': []"),
		RULE(", 'includes': {'caps': 'CAP_CHOWN'}"),
		RULE(", 'includes': {'caps': [0]}"),
		RULE(", 'excludes': {'arches': '" NATIVE_GO "'}"),
		RULE(", 'excludes': {'arches': [0]}"),
		RULE(", 'includes': {'minKernel': 4.8}"),
		RULE(", 'comment': 1"),
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': 1}",
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerMetadata': {}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++)
		expect_refused(profiles[i], "");
}

/* --- What engines take --- */

/* Go treats all of these like a missing key. */
Test(seccomp_profile, keys_that_mean_nothing_are_passed_over)
{
	static const char *const profiles[] = {
		"{'description': 'x', 'defaultAction': 'SCMP_ACT_ALLOW', "
		    "'comment': ['x'], '_comment': {}, '$schema': 1, "
		    "'downloadedFrom': -1, 'size': 1e3, 'huge': "
		    "99999999999999999999999, 'syscalls': [{'names': "
		    "['getppid'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 7}]}",
		RULE(", 'when': 1, '_comment': 'x', 'comment': 'y'"),
		RULE(", 'includes': {'maxKernel': '5.0'}, 'excludes': "
		    "{'arch': ['" NATIVE_GO "']}"),
		RULE(", 'args': [{'index': 0, 'value': 0, 'op': "
		    "'SCMP_CMP_EQ', 'comment': 'x', 'value2': 1}]"),
		RULE("}, {'_comment': 'x', 'name': '', 'action': "
		    "'SCMP_ACT_KILL'"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++)
		expect(profiles[i], 7);
}

Test(seccomp_profile, keys_that_mean_nothing_may_be_many_and_long)
{
	char *profile = NULL;
	size_t size;
	FILE *out = open_memstream(&profile, &size);

	fprintf(out, "{'defaultAction': 'SCMP_ACT_ALLOW'");
	for (int i = 0; i < 200; i++)
		fprintf(out, ", 'k%0*d': 0", i, i);
	fprintf(out, "}");
	fclose(out);
	expect(profile, ALLOWED);
	free(profile);
}

Test(seccomp_profile, case_of_keys_is_ignored)
{
	expect("{'DEFAULTACTION': 'SCMP_ACT_ALLOW', 'Syscalls': [{'NAMES': "
	    "['getppid'], 'Action': 'SCMP_ACT_ERRNO', 'errnoret': 7, 'ARGS': "
	    "[{'Index': 1, 'VALUE': 0, 'Op': 'SCMP_CMP_EQ'}], 'INCLUDES': "
	    "{'Caps': ['CAP_CHOWN'], 'ARCHES': ['" NATIVE_GO "'], "
	    "'minkernel': '5.10'}}]}", 7);
	expect("{'defaultAction': 'SCMP_ACT_ERRNO', 'archmap': [{"
	    "'Architecture': '" NATIVE "', 'subarchitectures': []}]}", EPERM);
	expect_refused("{'defaultAction': 'SCMP_ACT_ALLOW', 'archmap': [{"
	    "'Architecture': '" NATIVE "', 'subarchitectures': ['x']}]}",
	    "x is not an architecture");
	expect_refused(RULE(", 'includes': {'CAPS': 'CAP_CHOWN'}"),
	    "syscalls[0]: includes: \"CAPS\" is not a list of strings");
}

/* Go takes the last one; a reader may take either. */
Test(seccomp_profile, key_in_two_spellings_is_refused)
{
	expect_refused("{'defaultAction': 'SCMP_ACT_ALLOW', 'DefaultAction': "
	    "'SCMP_ACT_KILL'}", "it: \"defaultAction\" is there twice, in "
	    "upper and lower case");
	expect_refused(RULE(", 'Names': null"),
	    "syscalls[0]: the rule: \"names\" is there twice");
}

Test(seccomp_profile, empty_value_counts_as_absent)
{
	static const char *const profiles[] = {
		RULE(", 'name': '', 'errno': '', 'comment': '', 'args': null"),
		RULE(", 'includes': {'caps': null, 'arches': [], "
		    "'minKernel': null}, 'excludes': null"),
		"{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '', "
		    "'listenerMetadata': '', 'architectures': null, "
		    "'archMap': [], 'flags': null, 'defaultErrno': '', "
		    "'syscalls': [{'name': 'getppid', 'names': null, "
		    "'action': 'SCMP_ACT_ERRNO', 'errnoRet': 7}]}",
		RULE("}, {'names': null, 'action': 'SCMP_ACT_KILL'"),
		RULE("}, {'names': [], 'action': 'SCMP_ACT_KILL'"),
		RULE("}, {'name': '', 'action': 'SCMP_ACT_KILL'"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++)
		expect(profiles[i], 7);
	expect("{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': null}",
	    ALLOWED);
	expect_refused("{'defaultAction': ''}", "it has no \"defaultAction\"");
}

Test(seccomp_profile, index_and_value_are_0_where_they_are_absent)
{
	const char *profile = RULE(", 'args': [{'op': 'SCMP_CMP_EQ'}]");

	cr_assert_eq(verdict(profile, SYS_getppid,
	    (const unsigned long[6]){ 0, 1, 1, 1, 1, 1 }), 7);
	cr_assert_eq(verdict(profile, SYS_getppid,
	    (const unsigned long[6]){ 1 }), ALLOWED);
}

#if __SIZEOF_LONG__ == 8
static void
expect_first(const char *operator, const char *values,
    unsigned long argument, int wanted)
{
	char profile[512];
	int got;

	snprintf(profile, sizeof(profile), RULE(", 'args': [{'op': "
	    "'SCMP_CMP_%s', 'value': %s}]"), operator, values);
	got = verdict(profile, SYS_getppid,
	    (const unsigned long[6]){ argument });
	cr_assert_eq(got, wanted, "%s %s, %#lx: %d, not %d", operator, values,
	    argument, got, wanted);
}

Test(seccomp_profile, values_are_unsigned_numbers_of_64_bits)
{
	expect_first("EQ", "18446744073709551615", UINT64_MAX, 7);
	expect_first("EQ", "18446744073709551615", UINT64_MAX - 1, ALLOWED);
	expect_first("GE", "9223372036854775808", UINT64_C(1) << 63, 7);
	expect_first("GE", "9223372036854775808", INT64_MAX, ALLOWED);
	expect_first("GT", "9223372036854775807", UINT64_C(1) << 63, 7);
	expect_first("EQ", "12297829382473034411", 0xaaaaaaaaaaaaaaab, 7);
	expect_first("EQ", "12297829382473034411", 0xaaaaaaaaaaaaaaaa,
	    ALLOWED);
	expect_first("MASKED_EQ", "9223372036854775809, 'valueTwo': "
	    "9223372036854775808", UINT64_MAX - 1, 7);
	expect_first("MASKED_EQ", "9223372036854775809, 'valueTwo': "
	    "9223372036854775808", UINT64_MAX, ALLOWED);
}
#endif

Test(seccomp_profile, number_that_no_value_can_be_is_refused)
{
	static const char *const numbers[] = { "-1", "-0", "-9223372036854775808",
		"-18446744073709551615", "18446744073709551616",
		"99999999999999999999999999", "1.0", "1e3", "-1.5",
		"'18446744073709551615'", "'1'", "true", "[1]" };
	static const char *const none[] = { "-", "01", "018446744073709551615",
		"-01", "+1", "1-2", "18446744073709551615-2", "--1", "1e",
		"18446744073709551615x" };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char profile[512];

		snprintf(profile, sizeof(profile), RULE(", 'args': [{'op': "
		    "'SCMP_CMP_EQ', 'value': %s}]"), numbers[i]);
		expect_refused(profile, "syscalls[0]: an entry of args: "
		    "\"value\" is not a number from 0 to 2^64-1");
	}
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		char profile[512];

		snprintf(profile, sizeof(profile), RULE(", 'args': [{'op': "
		    "'SCMP_CMP_EQ', 'value': %s}]"), none[i]);
		expect_refused(profile, "line 1: ");
	}
}

/* Digits in a string, or behind a quoted quote, are text. */
Test(seccomp_profile, numbers_in_strings_are_left_alone)
{
	expect(RULE(", 'comment': '-1 18446744073709551615'"), 7);
	expect(RULE(", 'comment': '\\\\'"), 7);
	expect(RULE(", 'comment': '\\\" -1 18446744073709551615'"), 7);
	expect_refused("{'defaultAction': '18446744073709551615'}",
	    "18446744073709551615 is not an action");
	expect_refused("{'defaultAction': '", "line 1: ");
	expect_refused("{'defaultAction': '\\", "line 1: ");
}

Test(seccomp_profile, listener_is_refused_as_nobody_answers)
{
	expect_refused("{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': "
	    "'/run/agent'}", "\"listenerPath\" names an agent outside");
}

Test(seccomp_profile, rule_without_any_key_for_names_is_refused)
{
	expect_refused("{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{"
	    "'nmaes': ['getppid'], 'action': 'SCMP_ACT_KILL'}]}",
	    "syscalls[0]: it names no system call");
}

Test(seccomp_profile, native_architecture_may_be_called_so)
{
	expect("{'defaultAction': 'SCMP_ACT_ERRNO', 'architectures': ["
	    "'SCMP_ARCH_NATIVE']}", EPERM);
}

Test(seccomp_profile, more_arguments_than_a_system_call_has_are_refused)
{
	char profile[2048] = "{'defaultAction': 'SCMP_ACT_ALLOW', "
	    "'syscalls': [{'names': ['getppid'], 'action': "
	    "'SCMP_ACT_ERRNO', 'args': [";

	for (int i = 0; i < 7; i++)
		snprintf(profile + strlen(profile),
		    sizeof(profile) - strlen(profile), "%s{'index': %d, "
		    "'value': 1, 'op': 'SCMP_CMP_EQ'}", i > 0 ? ", " : "",
		    i % 6);
	strcat(profile, "]}]}");
	expect_refused(profile, "more than 6 args");
}

/* Returns COUNT times TEXT between HEAD and TAIL, on the heap. */
static char *
repeat(const char *head, const char *text, size_t count, const char *tail)
{
	char *all = NULL;
	size_t size;
	FILE *out = open_memstream(&all, &size);

	fputs(head, out);
	while (count-- > 0)
		fputs(text, out);
	fputs(tail, out);
	fclose(out);
	return all;
}

Test(seccomp_profile, deep_and_huge_input_is_refused)
{
	char *deep = repeat("", "[", 500000, "");
	char *large = repeat("", " ", (1 << 20) + 1, "{}");

	expect_refused(deep, "line 1: maximum parsing depth reached");
	expect_refused(large, "it is larger than 1 MiB");
	free(deep);
	free(large);
}

Test(seccomp_profile, filter_longer_than_the_kernel_takes_is_refused)
{
	char *profile = NULL;
	size_t size;
	FILE *out = open_memstream(&profile, &size);

	fprintf(out, "{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [");
	for (int i = 0; i < 1500; i++)
		fprintf(out, "%s{'names': ['getppid'], 'action': "
		    "'SCMP_ACT_ERRNO', 'args': [{'index': 0, 'value': %d, "
		    "'op': 'SCMP_CMP_EQ'}, {'index': 1, 'value': %d, 'op': "
		    "'SCMP_CMP_EQ'}]}", i > 0 ? ", " : "", i, i);
	fprintf(out, "]}");
	fclose(out);
	expect_refused(profile, "its filter is too long");
	free(profile);
}

Test(seccomp_profile, unreadable_and_special_files_are_refused_at_once)
{
	const struct findings *found = compile_file(scratch_path("none"));

	cr_assert_eq(found->result, -EINVAL);
	cr_assert_str_eq(found->problem.text, strerror(ENOENT));
	found = compile_file("/proc/self/mem");
	cr_assert_eq(found->result, -EINVAL);
	cr_assert_str_eq(found->problem.text, "it cannot be read");
	cr_assert_eq(mkfifo(scratch_path("fifo"), 0600), 0);
	found = compile_file(scratch_path("fifo"));
	cr_assert_eq(found->result, -EINVAL);
	cr_assert_str_eq(found->problem.text, "it is a FIFO, not a regular "
	    "file");
}
