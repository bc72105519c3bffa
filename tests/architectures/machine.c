/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of a machine that tests/architectures/boot has started. Its only
 * files are this program, dinit, its unit tests, a seccomp profile, and some of
 * the apps in tests/e2e/apps. For each life in the table below it starts dinit
 * as process 1 of a container, that is of PID and mount namespaces of its own,
 * compares what happens with what should, and prints the memory of dinit, in
 * KiB. Then it runs some unit tests. The last line is "machine: passed", or
 * says what is wrong. Then it turns the machine off.
 */
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"

#define ARGUMENTS_MAX 12
#define TEXT_SIZE 16384
#define STACK_SIZE 65536

/* How long something may take that has to happen: emulators are slow. */
#define PATIENCE_S 120

/* Memory is measured so often, for the median: stacks begin at random places of
 * a page. */
#define TIMES 9

/* A container's, from the start of dinit to its end. */
struct life {
	const char *name;
	const char *arguments[ARGUMENTS_MAX]; /* of dinit */
	const char *says;   /* what the app writes when it has begun */
	const char *asks;   /* then `dinit ASKS` succeeds, if not NULL */
	const char *state;  /* then /proc/PID/status of dinit has this line */
	bool is_measured;
	int signals[3];     /* sent to dinit then, up to the first 0 */
	const char *hears;  /* what the app writes because of them */
	int status;         /* dinit ends with it */
	const char *logs;   /* what dinit has written by then */
};

static const struct life lives[] = {
	{ .name = "ungated", .arguments = { "--", "act", "TERM:exit=7" },
	    .says = "up", .state = "NoNewPrivs:\t1", .is_measured = true,
	    .signals = { SIGUSR1, SIGTERM }, .hears = "USR1\nTERM\n",
	    .status = 7 },
	{ .name = "gated", .arguments = { "-q", "--monitor=0",
	    "--health-cmd=[\"dinit\",\"--probe=file:///run/up\"]", "--", "act",
	    "start:touch=run/up", "TERM:check=run/dinit/ready,exit=7" },
	    .says = "up", .asks = "--is-ready", .state = "Seccomp:\t2",
	    .is_measured = true, .signals = { SIGUSR1, SIGTERM },
	    .hears = "USR1\nTERM\nrun/dinit/ready is gone\n", .status = 7 },
	{ .name = "notified", .arguments = { "--notify", "--ok-stop",
	    "--ready-listen=8081", "--drain=100ms", "--", "act",
	    "start:tell=READY=1", "TERM:die" }, .says = "up",
	    .asks = "--probe=http://127.0.0.1:8081/", .state = "Seccomp:\t2",
	    .signals = { SIGHUP, SIGTERM },
	    .hears = "HUP\nTERM\n", .status = 0,
	    .logs = "draining for 100ms" },
	{ .name = "over its budget", .arguments = { "--startup-budget=1s",
	    "--health-cmd=[\"act\",\"start:say=no,exit=1\"]", "--", "act",
	    "TERM:exit=0" }, .says = "up", .hears = "TERM\n", .status = 124,
	    .logs = "exit status 1: no" },
	{ .name = "over its grace", .arguments = { "--grace=100ms", "--",
	    "act" }, .says = "up", .signals = { SIGTERM }, .hears = "TERM\n",
	    .status = 137 },
	{ .name = "as a subreaper", .arguments = { "--", "dinit", "--",
	    "orphan" }, .says = "adopted by 2\n", .signals = { SIGTERM },
	    .status = 143 },
	{ .name = "under a profile", .arguments = { "--seccomp=/profile", "--",
	    "act", "start:say=here,session" }, .says = "here\n",
	    .status = 128 + SIGSYS, .logs = "SIGSYS" },
};

/* What qemu does not do as a kernel does when it emulates only a processor, but
 * for those tests that need a shell, the sources or a fast machine. */
static const char *const unit_tests[] = { "/unit-tests", "capabilities/*",
	"children/*", "denial/*", "events/*", "exit_status/*", "landlock/*",
	"leftovers/*", "listener_helper/*", "lockdown/*", "privileges/*",
	"seccomp_*/*", "signals/*", "!signals/writes_the_names_that_the_shell*",
	"!seccomp_profile/takes_the_profile_of_the_manual",
	"!seccomp_profile/filter_longer_than_the_kernel_takes*",
	"spawn/reports_why_the_exec_failed", NULL };

/* --- Files and judgement --- */

/* What the file PATH holds, in a static buffer; "" if there is none. */
static const char *
read_text(const char *path)
{
	static char text[TEXT_SIZE];
	FILE *file = fopen(path, "r");
	size_t length = 0;

	if (file != NULL) {
		length = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	text[length] = '\0';
	return text;
}

static _Noreturn void
turn_off(void)
{
	fflush(stdout);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static _Noreturn void
fail(const char *format, ...)
{
	va_list arguments;

	printf("out:\n%s", read_text("/out"));
	printf("log:\n%s", read_text("/log"));
	printf("machine: ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	turn_off();
}

static void
await_text(const struct life *life, const char *path, const char *text)
{
	const struct timespec breath = { .tv_nsec = 10000000 };
	time_t until = time(NULL) + PATIENCE_S;

	while (strstr(read_text(path), text) == NULL) {
		if (time(NULL) > until)
			fail("%s: not in %s: %s", life->name, path, text);
		nanosleep(&breath, NULL);
	}
}

/* --- Containers --- */

/* Of dinit, in KiB. */
struct memory {
	long resident;
	long anonymous;
};

static void
open_as(int fd, const char *path, int flags)
{
	int opened = open(path, flags | O_CREAT | O_TRUNC, 0644);

	if (dup2(opened, fd) != fd)
		_exit(1);
	if (opened != fd)
		close(opened);
}

static int
become_dinit(void *argument)
{
	const struct life *life = argument;
	const char *arguments[ARGUMENTS_MAX + 2] = { "/dinit" };

	memcpy(arguments + 1, life->arguments, sizeof(life->arguments));
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0)
		_exit(1);
	open_as(STDIN_FILENO, "/dev/null", O_RDONLY);
	open_as(STDOUT_FILENO, "/out", O_WRONLY | O_APPEND);
	open_as(STDERR_FILENO, "/log", O_WRONLY | O_APPEND);
	execv(arguments[0], (char **)arguments);
	_exit(1);
}

static pid_t
start(const struct life *life)
{
	static _Alignas(16) char stack[STACK_SIZE];
	pid_t pid;

	unlink("/out");
	unlink("/log");
	pid = clone(become_dinit, stack + sizeof(stack),
	    CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, (void *)life);
	if (pid < 0)
		fail("%s: cannot clone", life->name);
	return pid;
}

/* As an exit status. */
static int
wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) != pid)
		continue;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

static void
ask(const struct life *life)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/dinit", "dinit", life->asks, "--wait=100s", NULL);
		_exit(127);
	}
	if (wait_for(pid) != 0)
		fail("%s: dinit %s says no", life->name, life->asks);
}

/* The number of the line NAME in the file PATH. */
static long
read_number(const char *path, const char *name)
{
	const char *line = strstr(read_text(path), name);

	return line != NULL ? atol(line + strlen(name)) : -1;
}

static struct memory
measure(pid_t pid)
{
	struct memory memory;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	memory.resident = read_number(path, "\nRss:");
	memory.anonymous = read_number(path, "\nAnonymous:");
	return memory;
}

/* Returns the memory while the app runs, or nothing if it is not measured. */
static struct memory
live(const struct life *life)
{
	struct memory memory = { 0 };
	pid_t pid = start(life);
	char path[64];
	int status;

	await_text(life, "/out", life->says);
	if (life->asks != NULL)
		ask(life);
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (life->state != NULL) {
		await_text(life, path, life->state);
		await_text(life, path, "State:\tS");
	}
	if (life->is_measured)
		memory = measure(pid);
	for (const int *signo = life->signals; *signo != 0; signo++)
		kill(pid, *signo);
	status = wait_for(pid);
	if (status != life->status)
		fail("%s: status %d, not %d", life->name, status,
		    life->status);
	if (life->hears != NULL)
		await_text(life, "/out", life->hears);
	if (life->logs != NULL)
		await_text(life, "/log", life->logs);
	return memory;
}

static int
compare(const void *one, const void *other)
{
	const struct memory *a = one;
	const struct memory *b = other;

	return (a->resident > b->resident) - (a->resident < b->resident);
}

static void
try(const struct life *life)
{
	struct memory memory[TIMES];
	size_t times = life->is_measured ? TIMES : 1;

	for (size_t i = 0; i < times; i++)
		memory[i] = live(life);
	printf("%s: as it should be, status %d\n", life->name, life->status);
	if (!life->is_measured)
		return;
	qsort(memory, times, sizeof(memory[0]), compare);
	printf("%s: resident %ld, anonymous %ld\n", life->name,
	    memory[times / 2].resident, memory[times / 2].anonymous);
}

static void
run_unit_tests(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execv(unit_tests[0], (char **)unit_tests);
		_exit(127);
	}
	if (wait_for(pid) != 0)
		fail("the unit tests have failed");
}

/* For --ready-listen. */
static void
bring_up_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		fail("there is no loopback");
	close(fd);
}

int
main(void)
{
	struct utsname machine;

	if (getpid() != 1)
		return 1; /* it would turn off the machine of whoever tries */
	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/dev", 0755);
	mkdir("/proc", 0755);
	mkdir("/run", 0755);
	mkdir("/tmp", 01777);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("proc", "/proc", "proc", 0, NULL);
	bring_up_loopback();
	clearenv();
	setenv("PATH", "/", 1);
	setenv("DIR", "/", 1);
	uname(&machine);
	printf("\nLinux %s, %s, pages of %ld KiB\n", machine.release,
	    machine.machine, sysconf(_SC_PAGESIZE) / 1024);
	for (size_t i = 0; i < ARRAY_SIZE(lives); i++)
		try(&lives[i]);
	run_unit_tests();
	printf("machine: passed\n");
	turn_off();
}
