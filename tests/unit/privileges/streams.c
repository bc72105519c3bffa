/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pty.h>
#include <sys/stat.h>
#include <unistd.h>

#include "privileges/streams.h"
#include "support.h"

TestSuite(streams, .timeout = 30);

#define APP 1000

static uid_t
owner_of(int fd)
{
	struct stat found;

	must(fstat(fd, &found) == 0, "fstat");
	return found.st_uid;
}

static void
give_pipes(void *argument)
{
	struct stat null, found;
	int ends[2];

	(void)argument;
	must(stat("/dev/null", &null) == 0, "stat");
	must(pipe(ends) == 0 && dup2(ends[0], 0) == 0 && dup2(ends[1], 1) == 1,
	    "pipe");
	must(dup2(open("/dev/null", O_WRONLY), 2) == 2, "/dev/null");
	streams_give(APP);
	must(owner_of(0) == APP && owner_of(1) == APP, "pipe of uid %u",
	    owner_of(1));
	must(fstat(0, &found) == 0 && (found.st_mode & 07777) == 0600,
	    "mode %o", found.st_mode);
	must(stat("/dev/null", &found) == 0 && found.st_uid == null.st_uid,
	    "/dev/null of uid %u", found.st_uid);
}

Test(streams, pipes_become_the_users_and_devices_do_not)
{
	if (geteuid() != 0)
		cr_skip("skipped: needs root");
	in_child(give_pipes, NULL);
}

/* Another user than root has no CAP_CHOWN. */
static void
open_pipes(void *argument)
{
	struct stat found;
	int ends[2];

	(void)argument;
	must(geteuid() != 0 || setuid(APP) == 0, "setuid");
	must(pipe(ends) == 0 && dup2(ends[0], 0) == 0, "pipe");
	streams_give(APP + 1);
	must(fstat(0, &found) == 0 && (found.st_mode & 07777) == 0604,
	    "mode %o", found.st_mode);
	must(dup2(ends[1], 2) == 2, "dup2");
	streams_give(APP + 1);
	must(fstat(2, &found) == 0 && (found.st_mode & 07777) == 0606,
	    "mode %o", found.st_mode);
}

Test(streams, own_pipes_are_opened_to_all_without_the_capability)
{
	in_child(open_pipes, NULL);
}

/* Its session is not led by this process's parent, as that of a shell is. */
static void
keep_terminal(void *argument)
{
	int master, slave;
	uid_t owner;

	(void)argument;
	must(openpty(&master, &slave, NULL, NULL, NULL) == 0, "openpty");
	owner = owner_of(slave);
	must(setsid() > 0 && dup2(slave, 1) == 1 && dup2(slave, 2) == 2,
	    "setsid");
	streams_give(APP);
	must(owner_of(slave) == owner, "terminal of uid %u", owner_of(slave));
}

Test(streams, terminal_of_another_session_keeps_its_owner)
{
	in_child(keep_terminal, NULL);
}
