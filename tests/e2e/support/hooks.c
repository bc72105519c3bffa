/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../support.h"
#include "parts.h"

void
must(bool condition)
{
	if (!condition)
		_exit(STATUS_BROKEN);
}

const char *
in_directory(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", getenv("DIR"), name);
	return path;
}

void
make_file(const char *name, const char *text)
{
	int fd = open(in_directory(name), O_WRONLY | O_CREAT | O_CLOEXEC,
	    0644);

	must(fd >= 0 && write(fd, text, strlen(text)) >= 0);
	close(fd);
}

void
close_standard(void *descriptors)
{
	for (const int *fd = descriptors; *fd >= 0; fd++)
		close(*fd);
}

/* By the system call itself: glibc's functions leave out 32 and 33. */
void
block_and_raise(void *signals)
{
	const uint64_t all = UINT64_MAX;

	must(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL,
	    sizeof(all)) == 0);
	for (const int *signo = signals; *signo != 0; signo++)
		must(kill(getpid(), *signo) == 0);
}

/* Each call has a filter of its own; the kernel asks all, and one can deny. */
static void
deny_call(int call, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K,
		    SECCOMP_RET_ERRNO | (unsigned int)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(STATUS_DENIED);
}

void
deny_calls(void *argument)
{
	const struct denial *denial = argument;

	for (int i = 0; denial->calls[i] != 0; i++)
		deny_call(denial->calls[i], denial->error);
}
