/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privileges/denial.h"
#include "base/array.h"
#include "support.h"

TestSuite(denial, .timeout = 60);

#define ALL                                                                   \
	(DENIAL_LOOP | DENIAL_CHECKS | DENIAL_NOTIFY | DENIAL_FILES |         \
	DENIAL_PRIVILEGES | DENIAL_PROFILE | DENIAL_ANSWERS)

static const char *
hint_for(int error, bool forks)
{
	static char hint[DENIAL_HINT_MAX];

	denial_format_hint(-error, forks, hint);
	return hint;
}

/* Runs in a child, in case one of the calls does something after all. */
static void
ask_for_all(void *argument)
{
	int open = count_descriptors();
	const char *call;

	(void)argument;
	must(denial_find(ALL, &call) == 0, "%s is denied", call);
	must(*hint_for(EPERM, false) == '\0', "a hint%s", hint_for(EPERM,
	    false));
	must(count_descriptors() == open, "one is open");
}

Test(denial, finds_nothing_where_nothing_is_denied)
{
	in_child(ask_for_all, NULL);
}

static void
ask_for_all_as_nobody(void *argument)
{
	become_nobody();
	ask_for_all(argument);
}

Test(denial, tells_a_lack_of_privileges_from_a_denial)
{
	in_child(ask_for_all_as_nobody, NULL);
}

static void
ask_where_recvmsg_is_denied(void *argument)
{
	int error = *(int *)argument;
	const char *call = "";

	deny_system_call(SYS_recvmsg, error);
	must(denial_find(DENIAL_LOOP, &call) == 0, "the loop needs it");
	must(denial_find(DENIAL_LOOP | DENIAL_NOTIFY, &call) == -error,
	    "it was not found");
	must(strcmp(call, "recvmsg") == 0, "it is %s", call);
	must(strcmp(hint_for(error, true), "; allow recvmsg in the engine's "
	    "seccomp profile") == 0, "the hint%s", hint_for(error, true));
}

Test(denial, finds_what_is_denied_and_needed)
{
	in_child(ask_where_recvmsg_is_denied, &(int){ EPERM });
	in_child(ask_where_recvmsg_is_denied, &(int){ ENOSYS });
}

Test(denial, gives_the_hint_for_the_error)
{
	const struct {
		int error;
		bool forks;
		const char *hint;
	} cases[] = {
		{ EMFILE, false, "; is the limit of open files too low?" },
		{ EMFILE, true, "; is the limit of open files too low?" },
		{ EAGAIN, true, "; is the limit of processes or memory too "
		    "low?" },
		{ ENOMEM, true, "; is the limit of processes or memory too "
		    "low?" },
		{ EAGAIN, false, "" },
		{ ENOMEM, false, "" },
		{ EPERM, true, "; allow fork and clone in the engine's seccomp "
		    "profile" },
		{ EROFS, false, "" },
		{ EACCES, true, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		cr_expect_str_eq(hint_for(cases[i].error, cases[i].forks),
		    cases[i].hint, "of %s", strerror(cases[i].error));
}
