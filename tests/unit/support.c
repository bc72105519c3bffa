/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

#define PATIENCE_MS 20000
#define STATUS_NO_FILTERS 77
#define WORDS_MAX 4096
#define NOBODY 65534

/* Shared with the children, so that no descriptor of theirs is in the way. */
static char *last_words;

static char scratch[64];

/*
 * Criterion's own process leaks now and then, when tests with a time limit end
 * at the same moment (boxfort, timeout-posix.c); each test is another process.
 */
static bool is_runner;

ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
	(void)tests;
	is_runner = true;
}

/* Asked by LeakSanitizer, where there is one. */
int
__lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return is_runner;
}

/* Kills all children of this process. False: there are none. */
static bool
kill_children(void)
{
	FILE *list = fopen("/proc/thread-self/children", "re");
	bool found = false;
	int pid;

	while (list != NULL && fscanf(list, "%d", &pid) == 1) {
		kill(pid, SIGKILL);
		found = true;
	}
	if (list != NULL)
		fclose(list);
	return found;
}

/*
 * Runs BODY in a child, and then kills what that has left behind: it would hold
 * the standard output of all tests open. The child's wait status.
 */
static int
keep(void (*body)(void *), void *argument)
{
	int status;
	pid_t child;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_CHILD_SUBREAPER, 1L);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_CHILD_SUBREAPER, 0L);
		body(argument);
		_exit(0);
	}
	must(child > 0, "fork: %s", strerror(errno));
	waitpid(child, &status, 0);
	while (kill_children())
		waitpid(-1, NULL, 0);
	return status;
}

void
in_child(void (*body)(void *), void *argument)
{
	int status;
	pid_t keeper;

	last_words = mmap(NULL, WORDS_MAX + sizeof(status),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(last_words, MAP_FAILED);
	keeper = fork();
	cr_assert(keeper >= 0, "fork: %s", strerror(errno));
	if (keeper == 0) {
		status = keep(body, argument);
		memcpy(last_words + WORDS_MAX, &status, sizeof(status));
		_exit(0);
	}
	cr_assert_eq(waitpid(keeper, &status, 0), keeper);
	cr_assert_eq(status, 0, "the keeper's wait status is %#x", status);
	memcpy(&status, last_words + WORDS_MAX, sizeof(status));
	if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_NO_FILTERS)
		cr_skip("skipped: needs seccomp");
	cr_assert(last_words[0] == '\0', "%s", last_words);
	cr_assert_eq(status, 0, "the child's wait status is %#x", status);
	munmap(last_words, WORDS_MAX + sizeof(status));
}

void
must(bool condition, const char *format, ...)
{
	va_list arguments;

	if (condition)
		return;
	va_start(arguments, format);
	vsnprintf(last_words, WORDS_MAX, format, arguments);
	va_end(arguments);
	_exit(1);
}

static long
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool
is_sanitized(void)
{
	return getenv("ASAN_OPTIONS") != NULL;
}

bool
comes_true(bool (*condition)(void *), void *argument)
{
	long until = now_ms() + PATIENCE_MS;

	while (!condition(argument)) {
		const struct timespec breath = { .tv_nsec = 1000000 };

		if (now_ms() > until)
			return false;
		nanosleep(&breath, NULL);
	}
	return true;
}

/* The letter of /proc/PID/stat; 0: no such process. */
static char
process_state(pid_t pid)
{
	char path[32];
	const char *name_end;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	name_end = strrchr(read_file(path), ')');
	return name_end == NULL ? 0 : name_end[2];
}

bool
has_ended(void *pid)
{
	char state = process_state(*(pid_t *)pid);

	return state == 0 || state == 'Z' || state == 'X';
}

bool
is_zombie(void *pid)
{
	return process_state(*(pid_t *)pid) == 'Z';
}

size_t
read_to_end(int fd, char *text, size_t size)
{
	size_t used = 0;
	ssize_t length;

	while (used < size - 1 &&
	    (length = read(fd, text + used, size - 1 - used)) > 0)
		used += (size_t)length;
	close(fd);
	text[used] = '\0';
	return used;
}

const char *
read_file(const char *path)
{
	static char text[131072];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	text[0] = '\0';
	if (fd >= 0)
		read_to_end(fd, text, sizeof(text));
	return text;
}

void
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
}

int
count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

void
become_nobody(void)
{
	if (geteuid() != 0)
		return;
	must(setresgid(NOBODY, NOBODY, NOBODY) == 0, "setresgid: %m");
	must(setresuid(NOBODY, NOBODY, NOBODY) == 0, "setresuid: %m");
}

void
lead_session_on_terminal(void)
{
	int master;
	int slave;

	must(setsid() == getpid(), "setsid: %m");
	must(openpty(&master, &slave, NULL, NULL, NULL) == 0, "openpty: %m");
	must(ioctl(slave, TIOCSCTTY, 0) == 0, "TIOCSCTTY: %m");
}

bool
has_filters(void)
{
	return prctl(PR_GET_SECCOMP) >= 0;
}

/*
 * Has system call NUMBER fail with ERROR if its argument number ARGUMENT is
 * VALUE. ARGUMENT -1: whatever its arguments are.
 */
static void
deny(int number, int argument, int value, int error)
{
	scmp_filter_ctx filter;
	const struct scmp_arg_cmp is_value = {
		.arg = (unsigned int)argument,
		.op = SCMP_CMP_EQ,
		.datum_a = (scmp_datum_t)value,
	};

	if (!has_filters())
		_exit(STATUS_NO_FILTERS);
	filter = seccomp_init(SCMP_ACT_ALLOW);
	/* What a test executes may be for another ABI. */
	must(filter != NULL && seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_ALLOW) == 0 && seccomp_rule_add_array(filter,
	    SCMP_ACT_ERRNO((unsigned int)error), number, argument >= 0,
	    &is_value) == 0 && seccomp_load(filter) == 0,
	    "cannot filter system call %d", number);
	seccomp_release(filter);
}

void
deny_system_call(int number, int error)
{
	deny(number, -1, 0, error);
}

void
deny_fcntl(int command, int error)
{
#ifdef SYS_fcntl64
	deny(SYS_fcntl64, 1, command, error);
#else
	deny(SYS_fcntl, 1, command, error);
#endif
}

void
deny_prctl(int option, int error)
{
	deny(SCMP_SYS(prctl), 0, option, error);
}

void
deny_clone(int flags, int error)
{
#ifdef __s390x__
	deny(SYS_clone, 1, flags, error);
#else
	deny(SYS_clone, 0, flags, error);
#endif
}

void
scratch_make(void)
{
	strcpy(scratch, "/tmp/dinit-unit.XXXXXX");
	cr_assert_not_null(mkdtemp(scratch));
	/* A test that is skipped does not come to its .fini. */
	atexit(scratch_remove);
	/* Open to become_nobody(). */
	cr_assert_eq(chmod(scratch, 0777), 0);
}

static void
remove_directory(const char *path)
{
	DIR *list = opendir(path);
	const struct dirent *entry;

	while (list != NULL && (entry = readdir(list)) != NULL) {
		char child[512];

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
		if (unlink(child) < 0)
			remove_directory(child);
	}
	if (list != NULL)
		closedir(list);
	rmdir(path);
}

void
scratch_remove(void)
{
	remove_directory(scratch);
}

const char *
scratch_path(const char *name)
{
	static char paths[8][512];
	static unsigned int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", scratch, name);
	return path;
}
