/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privileges/denial.h"
#include "base/array.h"
#include "base/log.h"

/* In place of what a call is needed for: the start itself meets it. */
#define MET 0

struct call {
	int number;
	unsigned int needs;
	const char *name;
};

/*
 * What dinit cannot do without. To ask for one of them takes a system call.
 * So those that the start makes by itself, and whose errors it looks at, are
 * not asked for: they are found here by name once one has failed. None of them
 * is younger than Linux 4.18, so that ENOSYS means a filter.
 */
static const struct call calls[] = {
	{ SYS_read, DENIAL_LOOP, "read" },
	{ SYS_kill, DENIAL_LOOP, "kill" },
	{ SYS_socketpair, DENIAL_CHECKS | DENIAL_NOTES, "socketpair" },
	{ SYS_sendmsg, DENIAL_CHECKS, "sendmsg" },
	{ SYS_recvmsg, DENIAL_CHECKS | DENIAL_NOTES, "recvmsg" },
	{ SYS_sendto, DENIAL_NOTES, "sendto" },
	{ SYS_getpid, DENIAL_CHECKS, "getpid" },
	{ SYS_getppid, DENIAL_CHECKS, "getppid" },
#ifdef SYS_poll
	{ SYS_poll, DENIAL_CHECKS | DENIAL_NOTES, "poll" },
#else
	{ SYS_ppoll, DENIAL_CHECKS | DENIAL_NOTES, "ppoll" },
#endif
#ifdef SYS_renameat
	{ SYS_renameat, DENIAL_FILES, "renameat" },
#else
	{ SYS_renameat2, DENIAL_FILES, "renameat2" },
#endif
	{ SYS_waitid, DENIAL_PRIVILEGES, "waitid" },
	{ SYS_capget, DENIAL_PRIVILEGES, "capget" },
/* For open(3), fstat(3) and fread(3) the libraries have different calls. */
#if defined(__GLIBC__) || !defined(SYS_open)
	{ SYS_openat, DENIAL_PRIVILEGES, "openat" },
#else
	{ SYS_openat, MET, "openat" },
	{ SYS_open, DENIAL_PRIVILEGES, "open" },
	{ SYS_fstat, DENIAL_PRIVILEGES, "fstat" },
	{ SYS_readv, DENIAL_PRIVILEGES, "readv" },
#endif
	{ SYS_lseek, DENIAL_PROFILE, "lseek" },
	{ SYS_pread64, DENIAL_PROFILE, "pread64" },
	{ SYS_memfd_create, DENIAL_PROFILE, "memfd_create" },
	{ SYS_bind, MET, "bind" },
	{ SYS_capset, MET, "capset" },
	{ SYS_close, MET, "close" },
	{ SYS_execve, MET, "execve" },
	{ SYS_fchmod, MET, "fchmod" },
	{ SYS_fcntl, MET, "fcntl" },
	{ SYS_mkdirat, MET, "mkdirat" },
	{ SYS_newfstatat, MET, "newfstatat" },
	{ SYS_pipe2, MET, "pipe2" },
	{ SYS_prctl, MET, "prctl" },
	{ SYS_rt_sigaction, MET, "rt_sigaction" },
	{ SYS_rt_sigprocmask, MET, "rt_sigprocmask" },
	{ SYS_seccomp, MET, "seccomp" },
	{ SYS_setpgid, MET, "setpgid" },
	{ SYS_setsockopt, MET, "setsockopt" },
	{ SYS_signalfd4, MET, "signalfd4" },
	{ SYS_socket, MET, "socket" },
	{ SYS_unlinkat, MET, "unlinkat" },
};

/*
 * A filter answers before the kernel looks at the arguments. With these none
 * of the calls above can do anything: they are no descriptor, no address, no
 * signal, and flags that do not exist; and kill(2) excludes this very number.
 * (It would be a user or a group: no setresuid(2) in that table.) 0, or the
 * filter's -EPERM or -ENOSYS.
 */
static int
try_call(const struct call *call)
{
	const long nonsense = INT_MIN;

	/* Of a huge number of descriptors valgrind would look at each. */
	if (syscall(call->number, nonsense, 1L, nonsense, nonsense, nonsense,
		nonsense) >= 0)
		return 0;
	return errno == EPERM || errno == ENOSYS ? -errno : 0;
}

int
denial_find(unsigned int needs, const char **call)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		int error = calls[i].needs & needs ? try_call(&calls[i]) : 0;

		if (error < 0) {
			*call = calls[i].name;
			return error;
		}
	}
	return 0;
}

/* The first of all that is denied, NULL: none is. */
static const char *
find_any(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (try_call(&calls[i]) < 0)
			return calls[i].name;
	return NULL;
}

void
denial_format_hint(int error, bool forks, char hint[DENIAL_HINT_MAX])
{
	bool is_denied = error == -EPERM || error == -ENOSYS;
	const char *call = is_denied ? find_any() : NULL;

	/* fork(2) cannot be asked for, and fails so for no other reason. */
	if (call == NULL && is_denied && forks)
		call = "fork and clone";
	hint[0] = '\0';
	if (call != NULL)
		snprintf(hint, DENIAL_HINT_MAX,
		    "; allow %s in the engine's seccomp profile", call);
	else if (error == -EMFILE)
		snprintf(hint, DENIAL_HINT_MAX,
		    "; is the limit of open files too low?");
	else if (forks && (error == -EAGAIN || error == -ENOMEM))
		snprintf(hint, DENIAL_HINT_MAX,
		    "; is the limit of processes or memory too low?");
}

int
denial_log_failure(const char *verb, const char *object, int error, bool forks)
{
	char hint[DENIAL_HINT_MAX];

	denial_format_hint(error, forks, hint);
	log_line(LOG_LEVEL_ERROR, "cannot %s %s: %s%s", verb, object,
	    strerror(-error), hint);
	return error;
}
