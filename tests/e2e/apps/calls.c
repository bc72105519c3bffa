/* SPDX-License-Identifier: MIT */
/*
 * Tries system calls, each in a child of its own, and says the verdict on each:
 * "NAME=ok", "NAME=ERROR" as in errno(3), or "NAME=signal N".
 *
 *     calls [NAME]...
 *
 * Without names: all it knows. Their arguments are such that nothing happens
 * and that errors of the kernel's own are other than EPERM where possible.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NO_FD 4095UL
#define NOWHERE 8UL /* an address where nothing is */
#define NEWNS 0x20000UL
#define NEWUSER 0x10000000UL

static const struct {
	const char *name;
	long number;
	unsigned long arguments[6];
} calls[] = {
	{ "getppid", SYS_getppid, { 0 } },
	{ "getuid", SYS_getuid, { 0 } },
	{ "read", SYS_read, { NO_FD } },
	{ "write", SYS_write, { NO_FD } },
	{ "openat", SYS_openat, { NO_FD, NOWHERE } },
	{ "openat2", 437, { NO_FD, NOWHERE } },
	{ "close_range", 436, { 9, 8 } },
	{ "mount", SYS_mount, { NOWHERE, NOWHERE, NOWHERE } },
	{ "umount2", SYS_umount2, { NOWHERE, 0xffff } },
	{ "pivot_root", SYS_pivot_root, { NOWHERE, NOWHERE } },
	{ "chroot", SYS_chroot, { NOWHERE } },
	{ "setns", SYS_setns, { NO_FD } },
	{ "unshare", SYS_unshare, { 1 } },
	{ "unshare_user", SYS_unshare, { NEWUSER | 1 } },
	{ "clone_newns", SYS_clone, { NEWNS | 0x200 } },
	{ "clone_newuser", SYS_clone, { NEWUSER | 0x10000 } },
	{ "clone3", SYS_clone3, { NOWHERE, 1 } },
	{ "ptrace", SYS_ptrace, { 0xffff } },
	{ "process_vm_readv", SYS_process_vm_readv, { 1, 0, 0, 0, 0, 1 } },
	{ "kcmp", SYS_kcmp, { 0x7fffffff, 0x7fffffff } },
	{ "bpf", SYS_bpf, { 0xffff, NOWHERE, 0xffff } },
	{ "perf_event_open", SYS_perf_event_open, { NOWHERE } },
	{ "userfaultfd", SYS_userfaultfd, { 0xffff } },
	{ "keyctl", SYS_keyctl, { 0xffff } },
	{ "add_key", SYS_add_key, { NOWHERE } },
	{ "request_key", SYS_request_key, { NOWHERE } },
	{ "init_module", SYS_init_module, { NOWHERE, 0, NOWHERE } },
	{ "finit_module", SYS_finit_module, { NO_FD, NOWHERE, 0xffff } },
	{ "delete_module", SYS_delete_module, { NOWHERE, 0xffff } },
	{ "kexec_load", SYS_kexec_load, { 0, 0xffff, NOWHERE, 0xffff } },
	{ "reboot", SYS_reboot, { 0 } },
	{ "swapon", SYS_swapon, { NOWHERE, 0x7fffffff } },
	{ "swapoff", SYS_swapoff, { NOWHERE } },
	{ "acct", SYS_acct, { NOWHERE } },
	{ "quotactl", SYS_quotactl, { 0xffffffff, NOWHERE } },
	{ "settimeofday", SYS_settimeofday, { NOWHERE } },
	{ "clock_settime", SYS_clock_settime, { 0xffff, NOWHERE } },
	{ "clock_adjtime", SYS_clock_adjtime, { 0xffff, NOWHERE } },
	{ "adjtimex", SYS_adjtimex, { NOWHERE } },
	{ "sethostname", SYS_sethostname, { NOWHERE, 1UL << 20 } },
	{ "setdomainname", SYS_setdomainname, { NOWHERE, 1UL << 20 } },
	{ "syslog", SYS_syslog, { 0xffff } },
	{ "open_by_handle_at", SYS_open_by_handle_at, { NO_FD, NOWHERE } },
	{ "name_to_handle_at", SYS_name_to_handle_at, { NO_FD, NOWHERE } },
	{ "fanotify_init", SYS_fanotify_init, { 0xffffffff } },
	{ "fsopen", SYS_fsopen, { NOWHERE, 0xffff } },
	{ "fsmount", SYS_fsmount, { NO_FD, 0xffff } },
	{ "open_tree", SYS_open_tree, { NO_FD, NOWHERE, 0xffffffff } },
	{ "move_mount", SYS_move_mount, { NO_FD, NOWHERE, NO_FD, NOWHERE } },
	{ "pidfd_open", SYS_pidfd_open, { 0, 0xffff } },
	{ "pidfd_getfd", 438, { NO_FD } },
	{ "io_uring_setup", SYS_io_uring_setup, { 1, NOWHERE } },
	{ "personality_query", SYS_personality, { 0xffffffff } },
	{ "personality_other", SYS_personality, { 0x0004001 } },
	{ "socket_unix", SYS_socket, { 1, 0xff } },
	{ "socket_vsock", SYS_socket, { 40, 0xff } },
	{ "mbind", SYS_mbind, { 1, 1, 0xffff } },
	{ "set_mempolicy", SYS_set_mempolicy, { 0xffff } },
	{ "move_pages", SYS_move_pages, { 0x7fffffff } },
	{ "memfd_create", SYS_memfd_create, { NOWHERE } },
	{ "landlock_create_ruleset", 444, { NOWHERE, 1, 0xffff } },
	{ "futex_waitv", 449, { NOWHERE, 0, 1 } },
	{ "cachestat", 451, { NO_FD, NOWHERE, NOWHERE, 1 } },
	{ "fchmodat2", 452, { NO_FD, NOWHERE, 0, 0xffff } },
	{ "map_shadow_stack", 453, { 0, 0, 0xffff } },
	{ "futex_wake", 454, { NOWHERE, 0, 0, 0xffff } },
	{ "statmount", 457, { NOWHERE, 0, 0, 0xffff } },
	{ "mseal", 462, { 1, 1, 0xffff } },
	{ "setxattrat", 463, { NO_FD, NOWHERE, 0xffffffff } },
	{ "number_499", 499, { 0 } },
	{ "number_600", 600, { 0 } },
};

/* The errors that these calls return; strerrorname_np(3) came with glibc 2.32. */
static const struct {
	const char *name;
	int number;
} errors[] = {
	{ "E2BIG", E2BIG },
	{ "EBADF", EBADF },
	{ "EFAULT", EFAULT },
	{ "EINVAL", EINVAL },
	{ "ENOSYS", ENOSYS },
	{ "EOPNOTSUPP", EOPNOTSUPP },
	{ "EPERM", EPERM },
	{ "ESRCH", ESRCH },
};

#define ERRORS (sizeof(errors) / sizeof(errors[0]))
#define CALLS (sizeof(calls) / sizeof(calls[0]))

static const char *
error_name(int error)
{
	for (size_t i = 0; i < ERRORS; i++)
		if (errors[i].number == error)
			return errors[i].name;
	return error == 0 ? "ok" : strerror(error);
}

static void
attempt(size_t i, int *error)
{
	const unsigned long *a = calls[i].arguments;

	if (syscall(calls[i].number, a[0], a[1], a[2], a[3], a[4], a[5]) < 0)
		*error = errno;
	else
		*error = 0;
	_exit(0);
}

static void
try_call(size_t i, int *error)
{
	int status = 0;
	pid_t pid;

	*error = -1;
	pid = fork();
	if (pid == 0)
		attempt(i, error);
	waitpid(pid, &status, 0);
	if (*error < 0)
		printf("%s=signal %d\n", calls[i].name, WTERMSIG(status));
	else
		printf("%s=%s\n", calls[i].name, error_name(*error));
	fflush(stdout);
}

static void
try_named(const char *name, int *error)
{
	for (size_t i = 0; i < CALLS; i++)
		if (strcmp(calls[i].name, name) == 0)
			try_call(i, error);
}

int
main(int argc, char **argv)
{
	int *error = mmap(NULL, sizeof(*error), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (error == MAP_FAILED)
		return 1;
	for (int i = 1; i < argc; i++)
		try_named(argv[i], error);
	for (size_t i = 0; argc == 1 && i < CALLS; i++)
		try_call(i, error);
	return 0;
}
