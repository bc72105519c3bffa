/* SPDX-License-Identifier: MIT */
/* Each test runs in a child that stands for PID 1. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "readiness/helper.h"
#include "base/signals.h"
#include "support.h"

TestSuite(helper, .timeout = 60);

/* What a helper finds in itself. */
struct findings {
	char name[16];
	int dumpable;
	int descriptors;
	int plan;
	pid_t session;
};

static void
look(const void *plan, int fd)
{
	struct findings found = {
		.dumpable = prctl(PR_GET_DUMPABLE),
		.descriptors = count_descriptors(),
		.plan = *(const int *)plan,
		.session = getsid(0),
	};

	prctl(PR_GET_NAME, found.name);
	send(fd, &found, sizeof(found), MSG_NOSIGNAL);
}

static int
start(int kept_fd, struct helper *out)
{
	static const int plan = 42;
	const struct helper_role role = {
		.name = "dinit-test",
		.kept_fd = kept_fd,
		.main = look,
		.plan = &plan,
	};

	return helper_start(&role, out);
}

/*
 * Open in the helper are descriptors 0 to 2, its end of the pair, and the one
 * that it was to keep, if any.
 */
static void
start_and_ask(void *argument)
{
	int others = open("/", O_PATH);
	struct signal_state signals;
	struct helper helper;
	struct findings found;
	int status;

	(void)argument;
	must(signals_take_over(&signals) == 0, "take over");
	for (int kept = 0; kept < 2; kept++) {
		must(start(kept ? others : -1, &helper) == 0, "cannot start");
		must(recv(helper.fd, &found, sizeof(found), 0) ==
		    sizeof(found), "it says nothing");
		must(strcmp(found.name, "dinit-test") == 0, "%s", found.name);
		must(found.dumpable == 0, "it is dumpable");
		must(found.plan == 42, "plan %d", found.plan);
		must(found.session == helper.pid, "it has our terminal");
		must(found.descriptors == 4 + kept, "%d descriptors",
		    found.descriptors);
		must(waitpid(helper.pid, &status, 0) == helper.pid &&
		    status == 0, "wait status %#x", status);
		helper_close(&helper);
		must(helper.fd == -1, "it is not let go");
	}
}

Test(helper, has_its_plan_a_name_and_nothing_of_ours)
{
	in_child(start_and_ask, NULL);
}
