/* SPDX-License-Identifier: MIT */
/*
 * Dies of the signal whose number is its argument.
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	const struct rlimit no_core = { 0, 0 };
	uint64_t none = 0;

	setrlimit(RLIMIT_CORE, &no_core);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
	kill(getpid(), argc > 1 ? atoi(argv[1]) : 0);
	return 1;
}
