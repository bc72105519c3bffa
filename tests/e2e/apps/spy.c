/* SPDX-License-Identifier: MIT */
/*
 * Says what it was started with, a "key=value" a line, on standard output:
 * pid, ppid, pgrp, cwd, blocked and ignored signals (masks in hex), open
 * descriptors, and its environment as "env.NAME=value".
 *
 *     spy [NAME [COMMAND [ARG]...]]
 *
 * NAME: says it in the file $DIR/NAME, as standard output may be closed.
 * COMMAND: becomes that then.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESCRIPTORS_END 256

static uint64_t
blocked(void)
{
	uint64_t mask = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask));
	return mask;
}

/* The system call itself: glibc's wrapper says nothing on 32 and 33. */
static uint64_t
ignored(void)
{
	uint64_t mask = 0;

	for (int signo = 1; signo <= 64; signo++) {
		struct {
			void (*handler)(int);
			unsigned long rest[8];
		} action;

		if (syscall(SYS_rt_sigaction, signo, NULL, &action,
		    sizeof(mask)) == 0 && action.handler == SIG_IGN)
			mask |= UINT64_C(1) << (signo - 1);
	}
	return mask;
}

int
main(int argc, char **argv)
{
	extern char **environ;
	bool is_open[DESCRIPTORS_END];
	char text[4096];
	FILE *out = stdout;

	for (int fd = 0; fd < DESCRIPTORS_END; fd++)
		is_open[fd] = fcntl(fd, F_GETFD) >= 0;
	if (argc > 1) {
		snprintf(text, sizeof(text), "%s/%s", getenv("DIR"), argv[1]);
		out = fopen(text, "w");
		if (out == NULL)
			return 1;
	}
	fprintf(out, "pid=%d\nppid=%d\npgrp=%d\ncwd=%s\n", getpid(), getppid(),
	    getpgrp(), getcwd(text, sizeof(text)));
	fprintf(out, "blocked=%llx\nignored=%llx\n",
	    (unsigned long long)blocked(), (unsigned long long)ignored());
	for (int fd = 0; fd < DESCRIPTORS_END; fd++)
		if (is_open[fd])
			fprintf(out, "fd=%d\n", fd);
	for (char **entry = environ; *entry != NULL; entry++)
		fprintf(out, "env.%s\n", *entry);
	fprintf(out, "end\n");
	if (argc > 2) {
		fclose(out);
		execvp(argv[2], argv + 2);
		return 1;
	}
	return 0;
}
