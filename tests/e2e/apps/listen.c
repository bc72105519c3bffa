/* SPDX-License-Identifier: MIT */
/*
 * Blocks every signal and writes the number of each one that arrives, a line
 * each, to standard output; first of all "listening". A SIGCHLD counts if a
 * process sent it. Ends with status 0 on the signal whose number is its
 * argument (default: SIGTERM).
 *
 *     listen [-f] [-m] [-u] [N]
 *
 * -f: a child does the same in the same group, with "child " before its lines.
 * -m: it moves to another process group, away from the child.
 * -u: it changes to another user, as servers do that were started as root.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define OTHER_USER 65534

/* Another process founds the new group, once it is sure to die with us. */
static void
move_to_other_group(void)
{
	const struct timespec breath = { .tv_nsec = 1000000 };
	pid_t founder = fork();

	if (founder == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		for (;;)
			pause();
	}
	while (getpgid(founder) != founder)
		nanosleep(&breath, NULL);
	if (setpgid(0, founder) < 0)
		exit(1);
}

static void
listen_until(int last, const char *who)
{
	uint64_t all = UINT64_MAX;

	printf("%slistening\n", who);
	for (;;) {
		siginfo_t info;
		long signo = syscall(SYS_rt_sigtimedwait, &all, &info, NULL,
		    sizeof(all));

		if (signo <= 0 || (signo == SIGCHLD && info.si_code > 0))
			continue;
		printf("%s%ld\n", who, signo);
		if (signo == last)
			exit(0);
	}
}

int
main(int argc, char **argv)
{
	uint64_t all = UINT64_MAX;
	const char *who = "";
	int option;

	/* The system call itself: glibc leaves 32 and 33 out of its sets. */
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt(argc, argv, "fmu")) != -1) {
		if (option == 'f' && fork() == 0) {
			who = "child ";
			break;
		}
		if (option == 'm')
			move_to_other_group();
		if (option == 'u' && setresuid(OTHER_USER, OTHER_USER,
		    OTHER_USER) < 0)
			return 1;
	}
	listen_until(argc > 1 && atoi(argv[argc - 1]) > 0 ?
	    atoi(argv[argc - 1]) : SIGTERM, who);
}
