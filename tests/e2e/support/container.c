/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support.h"
#include "parts.h"

static const char *
must_get(const char *name)
{
	const char *value = getenv(name);

	cr_assert_not_null(value, "$%s is not set: run make check-e2e", name);
	return value;
}

void
skip_without(const char *program, const char *path)
{
	if (access(path, F_OK) != 0)
		cr_skip("skipped: there is no %s here", program);
}

void
skip_under_filter(void)
{
	if (status_field(process_status(getpid()), "Seccomp") != 0)
		cr_skip("skipped: an engine's seccomp filter is in place");
}

static int
reap_keeper(const struct container *container)
{
	int status;

	cr_assert_eq(waitpid(container->keeper, &status, 0),
	    container->keeper);
	cr_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Returns false if the kernel denies the namespaces. */
static bool
start_keeper(const struct run *run, struct container *container, int slave)
{
	int ends[2];
	bool has_started;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	container->keeper = fork();
	cr_assert(container->keeper >= 0);
	if (container->keeper == 0) {
		close(ends[0]);
		if (container->pty >= 0)
			close(container->pty);
		keep(run, container, slave, ends[1]);
	}
	close(ends[1]);
	has_started = read(ends[0], &container->init,
	    sizeof(container->init)) == sizeof(container->init);
	close(ends[0]);
	if (!has_started)
		cr_assert_eq(reap_keeper(container), STATUS_DENIED,
		    "the container cannot be set up");
	return has_started;
}

struct container
container_start(const struct run *run)
{
	struct container container = { .pty = -1 };
	struct run as_root = *run;
	int slave = -1;

	must_get("DINIT");
	must_get("APPS");
	if (run->place == AS_PID_1_AS_ROOT && geteuid() != 0)
		cr_skip("skipped: needs root");
	scratch_make(&container);
	if (run->terminal)
		cr_assert_eq(openpty(&container.pty, &slave, NULL, NULL, NULL),
		    0);
	/* Root may be denied a user namespace, but needs none. */
	as_root.place = AS_PID_1_AS_ROOT;
	if (!start_keeper(run, &container, slave) &&
	    (geteuid() != 0 || !start_keeper(&as_root, &container, slave)))
		cr_skip("skipped: user, PID and mount namespaces are denied "
		    "here");
	if (slave >= 0)
		close(slave);
	return container;
}

struct container
container_start_as_root(struct run run, void (*prepare)(void *),
    const void *setting)
{
	run.place = AS_PID_1_AS_ROOT;
	run.before_exec = prepare;
	run.argument = (void *)setting;
	return container_start(&run);
}

void
container_signal(const struct container *container, int signo)
{
	cr_assert_eq(kill(container->init, signo), 0, "kill %d: %s", signo,
	    strerror(errno));
}

static bool
has_keeper_ended(void *argument)
{
	const struct container *container = argument;
	siginfo_t info = { .si_pid = 0 };

	waitid(P_PID, (id_t)container->keeper, &info,
	    WEXITED | WNOHANG | WNOWAIT);
	return info.si_pid != 0;
}

int
container_wait(const struct container *container)
{
	int status;

	await(has_keeper_ended, (void *)container, "dinit exits");
	status = reap_keeper(container);
	cr_assert_not(container_has_file(container, "broken"),
	    "what dinit needs before its exec fails, or the exec");
	return status;
}

void
container_expect_status(const struct container *container, int status)
{
	int found = container_wait(container);

	cr_assert_eq(found, status, "status %d, not %d; the log: %s", found,
	    status, container_read(container, "log"));
}

void
container_kill_parent(const struct container *container)
{
	int pidfd = (int)syscall(SYS_pidfd_open, container->init, 0);

	if (pidfd < 0)
		cr_skip("skipped: no pidfd_open(2) here");
	kill(container->keeper, SIGKILL);
	await_descriptor(pidfd, POLLIN, "dinit ends with its parent");
	close(pidfd);
	waitpid(container->keeper, NULL, 0);
}

void
container_discard(struct container *container)
{
	if (container->pty >= 0)
		close(container->pty);
	container->pty = -1;
	terminal_forget();
	scratch_remove(container);
}

bool
container_left_something(const struct container *container)
{
	return access(container_path(container, "left-behind"), F_OK) == 0;
}

bool
container_is_running(const struct container *container)
{
	return !has_keeper_ended((void *)container);
}

bool
container_is_ready(const struct container *container, const char *name)
{
	char option[300];
	int status;
	pid_t pid;

	snprintf(option, sizeof(option), "--ready-file=%s",
	    container_path(container, name));
	pid = fork();
	if (pid == 0) {
		execl(getenv("DINIT"), "dinit", "--is-ready", option, NULL);
		_exit(STATUS_BROKEN);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) <= 1,
	    "dinit --is-ready ends with the wait status %#x", status);
	return WEXITSTATUS(status) == 0;
}

struct hearing {
	const struct container *container;
	pid_t engine;
	const char *text;
};

static bool
has_heard(void *argument)
{
	const struct hearing *hearing = argument;

	kill(hearing->engine, SIGUSR2);
	return strstr(container_read(hearing->container, "heard"),
	    hearing->text) != NULL;
}

void
container_await_heard(const struct container *container, const char *text)
{
	struct hearing hearing = {
		.container = container,
		.engine = container_find_process(container, "engine"),
		.text = text,
	};

	await(has_heard, &hearing, text);
	kill(hearing.engine, SIGKILL);
}

static void
join_namespace(const struct container *container, const char *name, int type)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", container->init, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* EINVAL: dinit's user namespace is ours (support.c) */
	if (fd < 0 || (setns(fd, type) < 0 &&
	    (type != CLONE_NEWUSER || errno != EINVAL)))
		_exit(1);
	close(fd);
}

pid_t
container_enter(const struct container *container,
    void (*run)(const struct container *))
{
	pid_t pid = fork();
	int status = 0;

	cr_assert(pid >= 0);
	if (pid > 0)
		return pid;
	join_namespace(container, "user", CLONE_NEWUSER);
	join_namespace(container, "pid", CLONE_NEWPID);
	pid = fork();
	if (pid == 0) {
		run(container);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				  : WEXITSTATUS(status));
}

void
container_expect_watchdog(const struct container *container,
    const char *usec)
{
	static const char pid[] = "\nenv.WATCHDOG_PID=";
	const char *app = container_read(container, "app");
	char line[64];

	snprintf(line, sizeof(line), "\nenv.WATCHDOG_USEC=%s\n", usec);
	cr_assert_not_null(strstr(app, line), "%s", app);
	cr_assert_not_null(strstr(app, pid), "%s", app);
	cr_assert_eq(atoi(strstr(app, pid) + strlen(pid)),
	    atoi(strstr(app, "pid=") + strlen("pid=")));
}
