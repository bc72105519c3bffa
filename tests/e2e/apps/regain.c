/* SPDX-License-Identifier: MIT */
/*
 * Tries every way to become root, or to get another group, and says which one
 * worked, a line each. Ends with the number of those.
 */
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int worked;

static void
note(const char *way, long result)
{
	if (result < 0)
		return;
	printf("%s works\n", way);
	worked++;
}

/* Every capability at once, or only in the inheritable set. */
static long
take_capabilities(int only_inheritable)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { { 0 } };

	data[0].inheritable = 1;
	if (!only_inheritable)
		data[0].permitted = data[0].effective = 1;
	return syscall(SYS_capset, &header, data);
}

int
main(void)
{
	const gid_t groups[] = { 0, 1 };

	note("setuid", setuid(0));
	note("seteuid", seteuid(0));
	note("setreuid", setreuid(0, 0));
	note("setresuid", setresuid(0, 0, 0));
	note("the saved uid", setresuid((uid_t)-1, 0, (uid_t)-1));
	note("setgid", setgid(0));
	note("setegid", setegid(0));
	note("setresgid", setresgid(0, 0, 0));
	note("setgroups", setgroups(2, groups));
	note("no groups", setgroups(0, NULL));
	note("capset", take_capabilities(0));
	note("inheritable", take_capabilities(1));
	note("ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE,
	    (long)CAP_CHOWN, 0L, 0L));
	printf("end\n");
	return worked;
}
