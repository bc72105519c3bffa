/* SPDX-License-Identifier: MIT */
/*
 * How the exit status of a child is computed. Whether the numbers are the
 * documented ones is what tests/unit/documentation.c checks.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <unistd.h>

#include "base/exit_status.h"
#include "base/array.h"

TestSuite(exit_status, .timeout = 30);

static void
expect_status(int code, int signo, int expected)
{
	siginfo_t info = { .si_pid = 0 };
	int wait_status;
	pid_t pid = fork();

	if (pid == 0) {
		if (signo != 0) {
			/* nohup(1) has the tests begin with SIGHUP ignored. */
			signal(signo, SIG_DFL);
			raise(signo);
		}
		_exit(code);
	}
	cr_assert_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	cr_assert_eq(waitpid(pid, &wait_status, 0), pid);
	cr_expect_eq(exit_status_of_child(&info), expected);
	cr_expect_eq(exit_status_of_wait(wait_status), expected);
}

Test(exit_status, is_that_of_the_child)
{
	static const int codes[] = { 0, 1, 127, 128, 255 };

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		expect_status(codes[i], 0, codes[i]);
}

Test(exit_status, is_128_more_than_the_signal)
{
	static const int signals[] = { SIGHUP, SIGKILL, SIGTERM, 64 };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		expect_status(0, signals[i], 128 + signals[i]);
}
