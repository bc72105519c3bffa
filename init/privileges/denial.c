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

/* The needs of a call that dinit makes during its start anyway. */
#define MET 0

/* The needs of a call that PID 1 or the helper makes in all of these cases. */
#define HELPERS (DENIAL_CHECKS | DENIAL_NOTIFY | DENIAL_ANSWERS)

struct call {
	int number;
	unsigned int needs;
	const char *name;
};

/*
 * Linux has had all calls of the list with lower numbers since 4.18. Where the
 * kernel does not have one of the others (ENOSYS), the C libraries do without
 * it, but not where a filter denies it (EPERM).
 */
#define NEWER 403

/*
 * The system calls that dinit needs. denial_find does not try those that are
 * MET, to save system calls: the start makes them anyway and checks their
 * errors. They are in the list because denial_format_hint tries all of it after
 * an error. ENOSYS means that a filter denies the call, unless it is NEWER.
 */
static const struct call calls[] = {
	{ SYS_rt_sigtimedwait, DENIAL_LOOP, "rt_sigtimedwait" },
	{ SYS_read, DENIAL_LOOP, "read" },
	{ SYS_kill, DENIAL_LOOP, "kill" },
	{ SYS_socketpair, HELPERS, "socketpair" },
	{ SYS_sendmsg, DENIAL_CHECKS, "sendmsg" },
	{ SYS_recvmsg, HELPERS, "recvmsg" },
	{ SYS_sendto, DENIAL_NOTIFY | DENIAL_ANSWERS, "sendto" },
	{ SYS_getpid, HELPERS, "getpid" },
	{ SYS_getppid, DENIAL_CHECKS, "getppid" },
	{ SYS_pipe2, DENIAL_CHECKS, "pipe2" },
	{ SYS_signalfd4, DENIAL_CHECKS, "signalfd4" },
#ifdef SYS_poll
	{ SYS_poll, HELPERS, "poll" },
#else
	{ SYS_ppoll, HELPERS, "ppoll" },
#endif
#ifdef SYS_renameat
	{ SYS_renameat, DENIAL_FILES, "renameat" },
#else
	{ SYS_renameat2, DENIAL_FILES, "renameat2" },
#endif
	{ SYS_waitid, DENIAL_PRIVILEGES, "waitid" },
	{ SYS_capget, DENIAL_PRIVILEGES, "capget" },
/* The C libraries use different calls for open(3), fstat(3) and fread(3). */
#if defined(__GLIBC__) || !defined(SYS_open)
	{ SYS_openat, DENIAL_PRIVILEGES, "openat" },
#else
	{ SYS_openat, MET, "openat" },
	{ SYS_open, DENIAL_PRIVILEGES, "open" },
	{ SYS_readv, DENIAL_PRIVILEGES, "readv" },
#ifdef SYS_newfstatat
	{ SYS_fstat, DENIAL_PRIVILEGES, "fstat" },
#endif
#endif
/* Machines of 32 bits have other calls for times, offsets and user ids. */
#ifdef SYS_newfstatat
	{ SYS_fcntl, MET, "fcntl" },
	{ SYS_getgroups, MET, "getgroups" },
	{ SYS_newfstatat, MET, "newfstatat" },
#else
	{ SYS_clock_gettime64, DENIAL_LOOP, "clock_gettime64" },
	{ SYS_statx, DENIAL_PRIVILEGES, "statx" },
	{ SYS_fcntl64, MET, "fcntl64" },
	{ SYS_getgroups32, MET, "getgroups32" },
#endif
#ifdef SYS__llseek
	{ SYS__llseek, DENIAL_PROFILE, "_llseek" },
#else
	{ SYS_lseek, DENIAL_PROFILE, "lseek" },
#endif
	{ SYS_pread64, DENIAL_PROFILE | DENIAL_ANSWERS, "pread64" },
	{ SYS_memfd_create, DENIAL_PROFILE, "memfd_create" },
	{ SYS_accept4, DENIAL_ANSWERS, "accept4" },
	{ SYS_shutdown, DENIAL_ANSWERS, "shutdown" },
	{ SYS_bind, MET, "bind" },
	{ SYS_capset, MET, "capset" },
	{ SYS_close, MET, "close" },
	{ SYS_execve, MET, "execve" },
	{ SYS_faccessat, MET, "faccessat" },
	{ SYS_fchmod, MET, "fchmod" },
	{ SYS_fchownat, MET, "fchownat" },
	{ SYS_listen, MET, "listen" },
	{ SYS_mkdirat, MET, "mkdirat" },
	{ SYS_prctl, MET, "prctl" },
	{ SYS_rt_sigaction, MET, "rt_sigaction" },
	{ SYS_rt_sigprocmask, MET, "rt_sigprocmask" },
	{ SYS_seccomp, MET, "seccomp" },
	{ SYS_setpgid, MET, "setpgid" },
	{ SYS_setsockopt, MET, "setsockopt" },
	{ SYS_socket, MET, "socket" },
	{ SYS_unlinkat, MET, "unlinkat" },
};

/*
 * Makes CALL with arguments that mean nothing, so that it cannot do anything. A
 * filter decides before the kernel looks at the arguments. INT_MIN is no
 * descriptor, address, signal or set of flags that exists, and kill(2) refuses
 * it as a process number. But it is a valid user id: calls such as setresuid(2)
 * must not be in the list. Returns 0, or the error of the filter, -EPERM or
 * -ENOSYS.
 */
static int
try_call(const struct call *call)
{
	const long nonsense = INT_MIN;

	/*
	 * The second argument of poll(2) is the number of descriptors, and
	 * valgrind would look at each of them.
	 */
	if (syscall(call->number, nonsense, 1L, nonsense, nonsense, nonsense,
		nonsense) >= 0)
		return 0;
	return errno == EPERM || (errno == ENOSYS && call->number < NEWER)
	    ? -errno
	    : 0;
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

/* Returns the name of the first call in the list that is denied, or NULL. */
static const char *
find_denied(void)
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
	const char *call = is_denied ? find_denied() : NULL;

	/*
	 * A fork cannot be tried without making a process. It has no other
	 * reason than a filter to fail with one of these errors.
	 */
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
	const char *reason = strerror(-error);
	char hint[DENIAL_HINT_MAX];

	denial_format_hint(error, forks, hint);
	log_refusal(reason, "cannot %s %s: %s%s", verb, object, reason, hint);
	return error;
}
