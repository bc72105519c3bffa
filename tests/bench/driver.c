/* SPDX-License-Identifier: MIT */
/*
 * Runs one container, that is COMMAND as PID 1 of PID and mount namespaces of
 * its own, and prints what it has measured, a number a line:
 *
 *	driver start COMMAND...      ns from its exec to the app's main()
 *	driver end COMMAND...        ns from the app's exit to PID 1 gone
 *	driver swept COMMAND...      as end, where COMMAND is not PID 1
 *	driver stop COMMAND...       ns from SIGTERM to PID 1 gone
 *	driver late MS COMMAND...    the same, less MS
 *	driver relay N COMMAND...    N times, ns from kill(2) here until the app
 *	                             returns from sigwait(3); all were asleep
 *	driver storm N COMMAND...    ns until N real-time signals have come
 *	driver orphans N COMMAND...  ns of CPU that PID 1 took, of N orphans
 *	driver memory 0 COMMAND...   KiB of PID 1, resident and anonymous
 *	driver idle S COMMAND...     times that PID 1 was switched to in S s
 *	driver cpu S COMMAND...      ns of CPU that PID 1 took in S s
 *	driver faults 0 COMMAND...   page faults of PID 1 until the app is set
 *
 * Needs root. The app is app.c. CPU_GROUP in the environment is a folder of a
 * cgroup that the container is put into (cgroups(7)).
 */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measures.h"

#define PATIENCE_NS INT64_C(60000000000)

/* Signals of a storm that are between the driver and the app at most. */
#define UNDER_WAY 64

static struct measures *measures;
static int has_namespaces = 1;
static int is_pinned; /* the container to one CPU, the driver to another */

static void
print(int64_t number)
{
	printf("%lld\n", (long long)number);
}

static void
share_measures(void)
{
	int fd = memfd_create("measures", 0);

	if (fd < 0 || ftruncate(fd, sizeof(*measures)) < 0 ||
	    dup2(fd, MEASURES_FD) < 0)
		err(1, "memfd");
	measures = mmap(NULL, sizeof(*measures), PROT_READ | PROT_WRITE,
	    MAP_SHARED, MEASURES_FD, 0);
	if (fd != MEASURES_FD)
		close(fd);
}

/*
 * On a CPU of their own, neither the driver that spins nor where the scheduler
 * happens to wake the app decides how long a signal takes.
 */
static void
stay_on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/*
 * Engines give each container a cgroup, which the scheduler shares the CPUs out
 * by. Without one it does so by session (sched(7), autogroup), and an init that
 * makes a session for its app looks faster than it is in a container.
 */
static void
enter_cpu_group(void)
{
	const char *folder = getenv("CPU_GROUP");
	char path[256];
	int fd;

	if (folder == NULL)
		return;
	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, "0", 1) < 0)
		err(1, "%s", path);
	close(fd);
}

/* A process in between, for what it unshares, its children get. */
static pid_t
start(char **command)
{
	pid_t keeper = fork();
	pid_t init;
	int status;

	if (keeper != 0)
		return keeper;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	enter_cpu_group();
	if (is_pinned)
		stay_on_cpu(1);
	if (has_namespaces && unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
		err(1, "namespaces (are you root?)");
	init = fork();
	if (init == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (has_namespaces) {
			mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
			mount("proc", "/proc", "proc", 0, NULL);
		}
		measures->executed = measures_now();
		execv(command[0], command);
		err(127, "%s", command[0]);
	}
	measures->init = init;
	waitpid(init, &status, 0);
	measures->gone = measures_now();
	measures->status = status;
	_exit(0);
}

/* Spins: a sleep would have to be subtracted. */
static void
await(volatile int *counter, int value)
{
	int64_t until = measures_now() + PATIENCE_NS;

	while (*counter < value) {
		if (measures_now() > until)
			errx(1, "waited in vain");
		sched_yield();
	}
}

static void
nap(long ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

/* The app is there, and the init has settled behind it. */
static void
await_app(void)
{
	await(&measures->is_set, 1);
	await(&measures->init, 1);
	nap(5);
}

static void
finish(pid_t keeper, int signo)
{
	if (signo != 0)
		kill(measures->init, signo);
	waitpid(keeper, NULL, 0);
}

/* The number behind NAME in /proc/PID/FILE of PID 1; NAME "": the first. */
static int64_t
read_proc(const char *file, const char *name)
{
	char path[64];
	char line[256];
	long long number = -1;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/%s", measures->init, file);
	stream = fopen(path, "r");
	while (stream != NULL && fgets(line, sizeof(line), stream) != NULL)
		if (strncmp(line, name, strlen(name)) == 0 &&
		    sscanf(line + strlen(name), "%*[: \t]%lld", &number) +
		    sscanf(line + strlen(name), "%lld", &number) > 0)
			break;
	if (stream != NULL)
		fclose(stream);
	return number;
}

static int64_t
switches(void)
{
	return read_proc("status", "voluntary_ctxt_switches") +
	    read_proc("status", "nonvoluntary_ctxt_switches");
}

/*
 * As signals come in real life: everybody sleeps before, on any CPU, and nobody
 * spins for the answer.
 */
static void
relay(int count)
{
	for (int i = 1; i <= count; i++) {
		int64_t sent;

		nap(2);
		sent = measures_now();
		kill(measures->init, SIGUSR1);
		nap(2);
		await(&measures->signals, i);
		print(measures->signalled - sent);
	}
}

/* Never more under way than any queue holds: then none may be lost. */
static void
storm(int count)
{
	int64_t begun = measures_now();

	for (int i = 0; i < count; i++) {
		await(&measures->signals, i - UNDER_WAY);
		sigqueue(measures->init, SIGRTMIN + 1 + i % 8,
		    (union sigval){ .sival_int = i });
	}
	await(&measures->signals, count);
	print(measures_now() - begun);
}

static void
memory(void)
{
	print(read_proc("status", "VmRSS"));
	print(read_proc("status", "RssAnon"));
}

/* Its tenth field. */
static int64_t
page_faults(void)
{
	char path[64];
	char text[512] = "";
	long faults = -1;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/stat", measures->init);
	stream = fopen(path, "r");
	if (stream != NULL) {
		if (fgets(text, sizeof(text), stream) != NULL)
			sscanf(strrchr(text, ')') + 2,
			    "%*c %*d %*d %*d %*d %*d %*u %ld", &faults);
		fclose(stream);
	}
	return faults;
}

static void
measure(const char *what, int number)
{
	int64_t before;

	await_app();
	if (strcmp(what, "relay") == 0)
		relay(number);
	else if (strcmp(what, "storm") == 0)
		storm(number);
	else if (strcmp(what, "memory") == 0)
		memory();
	else if (strcmp(what, "faults") == 0)
		print(page_faults());
	else if (strcmp(what, "orphans") == 0)
		print(read_proc("schedstat", ""));
	else if (strcmp(what, "idle") == 0) {
		before = switches();
		nap(number * 1000);
		print(switches() - before);
	} else if (strcmp(what, "cpu") == 0) {
		before = read_proc("schedstat", "");
		nap(number * 1000);
		print(read_proc("schedstat", "") - before);
	} else {
		errx(1, "what is %s?", what);
	}
}

int
main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	int64_t sent;
	pid_t keeper;

	share_measures();
	has_namespaces = strcmp(what, "swept") != 0;
	is_pinned = strcmp(what, "storm") == 0;
	if (is_pinned)
		stay_on_cpu(0);
	if (strcmp(what, "start") == 0 || strcmp(what, "end") == 0 ||
	    !has_namespaces) {
		finish(start(argv + 2), 0);
		print(strcmp(what, "start") == 0 ? measures->started - measures->executed :
		    measures->gone - measures->ended);
	} else if (strcmp(what, "stop") == 0) {
		keeper = start(argv + 2);
		await_app();
		sent = measures_now();
		finish(keeper, SIGTERM);
		print(measures->gone - sent);
	} else if (strcmp(what, "late") == 0) {
		keeper = start(argv + 3);
		await_app();
		sent = measures_now();
		finish(keeper, SIGTERM);
		print(measures->gone - sent - atoi(argv[2]) * 1000000L);
	} else {
		keeper = start(argv + 3);
		measure(what, atoi(argv[2]));
		finish(keeper, SIGKILL);
	}
	return 0;
}
