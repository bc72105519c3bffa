/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support.h"
#include "base/array.h"

/* The keeper's exit statuses, as long as there is no container yet, when the
 * kernel denies the namespaces, and when something else fails. */
#define STATUS_DENIED 97
#define STATUS_BROKEN 98

/* What the process that becomes dinit says to the keeper: it has its mounts; it
 * has done all that the test wants before the exec; the exec has failed. */
#define SAYS_MOUNTED 'm'
#define SAYS_EXEC 'x'
#define SAYS_FAILED 'f'

/* Descriptors up to here are closed; tests have no higher ones. */
#define DESCRIPTORS_END 256

#define TEXT_MAX 65536

/* A test's own variables and those that all have. */
#define ENVIRONMENT_MAX (ARGUMENTS_MAX + 8)

/* What the test's terminal has shown. */
static struct {
	char text[TEXT_MAX];
	size_t length;
	size_t awaited; /* up to here it was awaited: not found again */
} transcript;

static const char *
must_get(const char *name)
{
	const char *value = getenv(name);

	cr_assert_not_null(value, "$%s is not set: run make check-e2e", name);
	return value;
}

long
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
await(bool (*condition)(void *), void *argument, const char *what)
{
	long until = now_ms() + PATIENCE_MS;

	while (!condition(argument)) {
		const struct timespec breath = { .tv_nsec = 2000000 };

		cr_assert(now_ms() < until, "never came true: %s", what);
		nanosleep(&breath, NULL);
	}
}

/* One filter each: any of them may deny. */
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

int
count_text(const char *text, const char *needle)
{
	int count = 0;

	while ((text = strstr(text, needle)) != NULL) {
		text += strlen(needle);
		count++;
	}
	return count;
}

void
await_descriptor(int fd, short events, const char *what)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	cr_assert(poll(&poll_fd, 1, PATIENCE_MS) == 1 &&
	    (poll_fd.revents & events) != 0, "never came true: %s", what);
}

static void
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(STATUS_DENIED);
	close(fd);
}

/* Root of a user namespace that holds just us: needs no privilege outside. */
static void
enter_namespaces(void)
{
	char map[64];
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) < 0)
		_exit(STATUS_DENIED);
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %d 1", uid);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %d 1", gid);
	write_file("/proc/self/gid_map", map);
}

static void
close_from(int first, int kept)
{
	for (int fd = first; fd < DESCRIPTORS_END; fd++)
		if (fd != kept)
			close(fd);
}

static void
redirect(const char *directory, const char *name, int fd)
{
	char path[128];
	int file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (file < 0 || dup2(file, fd) < 0)
		_exit(STATUS_BROKEN);
}

static void
take_terminal(int slave)
{
	setsid();
	ioctl(slave, TIOCSCTTY, 0);
	tcsetpgrp(slave, getpid());
	dup2(slave, STDIN_FILENO);
	dup2(slave, STDOUT_FILENO);
	dup2(slave, STDERR_FILENO);
}

static void
set_standard(const struct run *run, const char *directory)
{
	if (run->input != 0)
		dup2(run->input, STDIN_FILENO);
	else
		dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	if (run->output != 0)
		dup2(run->output, STDOUT_FILENO);
	else
		redirect(directory, "out", STDOUT_FILENO);
	if (run->error != 0)
		dup2(run->error, STDERR_FILENO);
	else
		redirect(directory, "log", STDERR_FILENO);
}

/* What the sanitizers are told, if dinit was built with them. */
static size_t
pass_on(const char *name, char *environment[], size_t count)
{
	const char *value = getenv(name);

	if (value == NULL)
		return count;
	if (asprintf(&environment[count], "%s=%s", name, value) < 0)
		_exit(STATUS_BROKEN);
	return count + 1;
}

/* TEXT with DIRECTORY for each $DIR, on the heap of a process that execs. */
static char *
expand(const char *text, const char *directory)
{
	static const char name[] = "$DIR";
	size_t length = sizeof(name) - 1;
	char *expanded = NULL;
	size_t size;
	FILE *out = open_memstream(&expanded, &size);

	while (*text != '\0') {
		if (strncmp(text, name, length) == 0 &&
		    !isalnum((unsigned char)text[length]) &&
		    text[length] != '_') {
			fputs(directory, out);
			text += length;
		} else {
			fputc(*text++, out);
		}
	}
	fclose(out);
	return expanded;
}

static void
fill_environment(const struct run *run, const char *directory,
    char *environment[ENVIRONMENT_MAX])
{
	size_t count = 0;

	if (asprintf(&environment[count++], "PATH=%s:/usr/local/sbin:"
	    "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	    getenv("APPS")) < 0 ||
	    asprintf(&environment[count++], "DIR=%s", directory) < 0 ||
	    asprintf(&environment[count++], "DINIT=%s", getenv("DINIT")) < 0)
		_exit(STATUS_BROKEN);
	count = pass_on("ASAN_OPTIONS", environment, count);
	count = pass_on("UBSAN_OPTIONS", environment, count);
	for (size_t i = 0; run->environment[i] != NULL; i++)
		environment[count++] = expand(run->environment[i], directory);
	environment[count] = NULL;
}

/* The system calls themselves: glibc's wrappers leave out 32 and 33. */
static void
clear_signals(void)
{
	const unsigned long by_default[16] = { 0 };
	const uint64_t none = 0;

	for (int signo = 1; signo <= 64; signo++)
		syscall(SYS_rt_sigaction, signo, by_default, NULL,
		    sizeof(none));
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
}

static void
say(int keeper, char what)
{
	if (write(keeper, &what, 1) != 1)
		_exit(STATUS_BROKEN);
}

/* The process that becomes dinit. */
static void
become_init(const struct run *run, const struct container *container,
    int slave, int keeper)
{
	char *environment[ENVIRONMENT_MAX];
	char *arguments[ARGUMENTS_MAX + 1] = { (char *)"dinit" };

	if (run->place != AS_ORDINARY &&
	    (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0))
		_exit(STATUS_DENIED);
	say(keeper, SAYS_MOUNTED);
	if (run->terminal) {
		take_terminal(slave);
	} else {
		set_standard(run, container->directory);
		setpgid(0, 0);
	}
	if (run->inherited != 0)
		dup2(run->inherited, INHERITED_FD);
	close_from(STDERR_FILENO + 1, run->inherited != 0 ? INHERITED_FD : -1);
	if (run->program != NULL)
		arguments[0] = (char *)run->program;
	for (size_t i = 0; run->arguments[i] != NULL; i++)
		arguments[i + 1] = expand(run->arguments[i],
		    container->directory);
	fill_environment(run, container->directory, environment);
	clear_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setenv("DIR", container->directory, 1);
	if (run->before_exec != NULL)
		run->before_exec(run->argument);
	say(keeper, SAYS_EXEC);
	if (run->program != NULL)
		execvpe(run->program, arguments, environment);
	else
		execve(getenv("DINIT"), arguments, environment);
	say(keeper, SAYS_FAILED);
	_exit(STATUS_BROKEN);
}

/* Of /proc/PID/stat. False if there is no such process. */
static bool
read_process(pid_t pid, char *state, pid_t *parent)
{
	char path[64];
	char text[512] = "";
	const char *name_end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fgets(text, sizeof(text), file) == NULL)
		text[0] = '\0';
	fclose(file);
	name_end = strrchr(text, ')');
	return name_end != NULL &&
	    sscanf(name_end, ") %c %d", state, parent) == 2;
}

static pid_t
parent_of(pid_t pid)
{
	pid_t parent;
	char state;

	return read_process(pid, &state, &parent) ? parent : 0;
}

char
process_state(pid_t pid)
{
	pid_t parent;
	char state;

	return read_process(pid, &state, &parent) ? state : '\0';
}

/* Once asleep could be by chance. */
struct sleeper {
	pid_t pid;
	int seen;
};

static bool
is_fast_asleep(void *argument)
{
	struct sleeper *sleeper = argument;

	sleeper->seen = process_state(sleeper->pid) == 'S' ?
	    sleeper->seen + 1 : 0;
	return sleeper->seen == 20;
}

void
await_fast_asleep(pid_t pid, const char *what)
{
	struct sleeper sleeper = { .pid = pid };

	await(is_fast_asleep, &sleeper, what);
}

static bool
descends_from(pid_t pid, pid_t ancestor)
{
	for (pid = parent_of(pid); pid > 1; pid = parent_of(pid))
		if (pid == ancestor)
			return true;
	return false;
}

static void
kill_descendants(void)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && descends_from(pid, getpid()))
			kill(pid, SIGKILL);
	}
	if (proc != NULL)
		closedir(proc);
}

/* Being a subreaper, the keeper inherits what an ordinary dinit leaves. */
static void
end_the_rest(void)
{
	const struct timespec breath = { .tv_nsec = 1000000 };

	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0 && errno == ECHILD)
			return;
		if (pid == 0) {
			kill_descendants();
			nanosleep(&breath, NULL);
		}
	}
}

/* Until dinit ends, or the test does (SIGTERM). */
static int
wait_for_init(pid_t init, const sigset_t *news)
{
	int status;
	int signo;

	while (waitpid(init, &status, WNOHANG) == 0) {
		sigwait(news, &signo);
		if (signo != SIGTERM)
			continue;
		kill(init, SIGKILL);
		end_the_rest();
		_exit(STATUS_BROKEN);
	}
	return status;
}

static void
wait_for_release(const struct container *container, const sigset_t *news)
{
	const struct timespec breath = { .tv_nsec = 2000000 };

	container_touch(container, "lingers");
	while (access(container_path(container, "release"), F_OK) < 0) {
		if (sigtimedwait(news, NULL, &breath) != SIGTERM)
			continue;
		end_the_rest();
		_exit(STATUS_BROKEN);
	}
}

static void
note_left_behind(const struct container *container)
{
	if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
		return;
	container_touch(container, "left-behind");
	end_the_rest();
}

/* Where close_from leaves it. */
static int
move_up(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, DESCRIPTORS_END);

	if (moved < 0)
		_exit(STATUS_BROKEN);
	close(fd);
	return moved;
}

/* Forks the process that becomes dinit; it has its mounts when this returns.
 * WORDS is what it says from then on. */
static pid_t
fork_init(const struct run *run, const struct container *container, int slave,
    int *words)
{
	int ends[2];
	int status;
	char word;
	pid_t init;

	if (pipe2(ends, O_CLOEXEC) < 0)
		_exit(STATUS_BROKEN);
	init = fork();
	if (init == 0)
		become_init(run, container, slave, move_up(ends[1]));
	close(ends[1]);
	if (init < 0)
		_exit(STATUS_BROKEN);
	if (read(ends[0], &word, 1) != 1) {
		waitpid(init, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_BROKEN);
	}
	*words = move_up(ends[0]);
	return init;
}

/* Whatever it was that has exited, it was not dinit. Exit statuses do not tell:
 * an app may have any of them. */
static void
note_broken(const struct container *container, int status, int words)
{
	char text[2];

	if (WIFEXITED(status) && read(words, text, sizeof(text)) != 1)
		container_touch(container, "broken");
}

/* Lives as long as dinit and ends the same way. */
static void
keep(const struct run *run, const struct container *container, int slave,
    int report)
{
	sigset_t news;
	int status;
	int words;
	pid_t init;

	sigemptyset(&news);
	sigaddset(&news, SIGCHLD);
	sigaddset(&news, SIGTERM);
	sigprocmask(SIG_BLOCK, &news, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_CHILD_SUBREAPER, 1L);
	if (run->place == AS_PID_1)
		enter_namespaces();
	if (run->place == AS_PID_1_AS_ROOT &&
	    unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
		_exit(STATUS_DENIED);
	init = fork_init(run, container, slave, &words);
	if (write(report, &init, sizeof(init)) != sizeof(init))
		_exit(STATUS_BROKEN);
	/* Nothing of the test's is to stay open because of the keeper. */
	close_from(STDIN_FILENO, STDERR_FILENO);
	status = wait_for_init(init, &news);
	note_broken(container, status, words);
	if (run->lingers)
		wait_for_release(container, &news);
	note_left_behind(container);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status));
}

void
skip_without(const char *program, const char *path)
{
	if (access(path, F_OK) != 0)
		cr_skip("skipped: there is no %s here", program);
}

static void
remove_directory(const char *path)
{
	DIR *list = opendir(path);
	const struct dirent *entry;

	while (list != NULL && (entry = readdir(list)) != NULL) {
		char child[512];
		struct stat status;

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
		if (lstat(child, &status) == 0 && S_ISDIR(status.st_mode))
			remove_directory(child);
		else
			unlink(child);
	}
	if (list != NULL)
		closedir(list);
	rmdir(path);
}

/*
 * The scratch folder stays until the test ends, however it does: tests read
 * what dinit wrote after its exit.
 */
static char removed_at_exit[16][64];
static size_t removed_count;

static void
remove_directories(void)
{
	for (size_t i = 0; i < removed_count; i++)
		remove_directory(removed_at_exit[i]);
	removed_count = 0;
}

static void
make_directory(struct container *container)
{
	strcpy(container->directory, "/tmp/dinit-e2e.XXXXXX");
	cr_assert_not_null(mkdtemp(container->directory));
	if (removed_count == 0)
		atexit(remove_directories);
	cr_assert(removed_count < ARRAY_SIZE(removed_at_exit));
	strcpy(removed_at_exit[removed_count++], container->directory);
	cr_assert_eq(chmod(container->directory, 0755), 0);
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

void
skip_under_filter(void)
{
	if (status_field(process_status(getpid()), "Seccomp") != 0)
		cr_skip("skipped: an engine's seccomp filter is in place");
}

/* False if namespaces are denied. */
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
	make_directory(&container);
	if (run->terminal)
		cr_assert_eq(openpty(&container.pty, &slave, NULL, NULL, NULL),
		    0);
	/* Where root may make no user namespace, it needs none. */
	as_root.place = AS_PID_1_AS_ROOT;
	if (!start_keeper(run, &container, slave) &&
	    (geteuid() != 0 || !start_keeper(&as_root, &container, slave)))
		cr_skip("skipped: user, PID and mount namespaces are denied "
		    "here");
	if (slave >= 0)
		close(slave);
	return container;
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
	transcript.length = transcript.awaited = 0;
	transcript.text[0] = '\0';
	remove_directory(container->directory);
	if (removed_count > 0 && strcmp(removed_at_exit[removed_count - 1],
	    container->directory) == 0)
		removed_count--;
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

const char *
container_path(const struct container *container, const char *name)
{
	static char paths[8][256];
	static unsigned int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", container->directory, name);
	return path;
}

const char *
container_read(const struct container *container, const char *name)
{
	static char text[TEXT_MAX];
	int fd = open(container_path(container, name), O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t length;

	text[0] = '\0';
	if (fd < 0)
		return text;
	while ((length = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)length;
	close(fd);
	text[used] = '\0';
	return text;
}

const char *
container_inside(const struct container *container, const char *path)
{
	static char paths[8][256];
	static unsigned int next;
	char *inside = paths[next++ % 8];

	snprintf(inside, sizeof(paths[0]), "/proc/%d/root%s%s",
	    container->init, path[0] == '/' ? "" : "/", path);
	return inside;
}

void
container_touch(const struct container *container, const char *name)
{
	int fd = open(container_path(container, name),
	    O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	cr_assert(fd >= 0);
	close(fd);
}

bool
container_has_file(const struct container *container, const char *name)
{
	struct stat status;

	return lstat(container_path(container, name), &status) == 0;
}

void
container_expect_log(const struct container *container, const char *text)
{
	const char *log = container_read(container, "log");

	cr_assert_not_null(strstr(log, text), "'%s' is not in the log: %s",
	    text, log);
}

void
container_expect_no_log(const struct container *container, const char *text)
{
	const char *log = container_read(container, "log");

	cr_assert_null(strstr(log, text), "'%s' is in the log: %s", text,
	    log);
}

void
container_expect_status(const struct container *container, int status)
{
	int found = container_wait(container);

	cr_assert_eq(found, status, "status %d, not %d; the log: %s", found,
	    status, container_read(container, "log"));
}

static bool
does_exist(void *path)
{
	return access(path, F_OK) == 0;
}

static bool
does_not_exist(void *path)
{
	return access(path, F_OK) < 0;
}

void
container_await_file(const struct container *container, const char *name)
{
	await(does_exist, (void *)container_path(container, name), name);
}

void
container_await_no_file(const struct container *container, const char *name)
{
	await(does_not_exist, (void *)container_path(container, name), name);
}

struct expected_text {
	const struct container *container;
	const char *name;
	const char *text;
};

static bool
does_hold(void *argument)
{
	const struct expected_text *expected = argument;

	return strstr(container_read(expected->container, expected->name),
	    expected->text) != NULL;
}

void
container_await_text(const struct container *container, const char *name,
    const char *text)
{
	struct expected_text expected = { container, name, text };

	await(does_hold, &expected, text);
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

static bool
has_name(pid_t pid, const char *name)
{
	char path[64];
	char text[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fgets(text, sizeof(text), file) == NULL)
		text[0] = '\0';
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, name) == 0;
}

struct wanted_process {
	pid_t ancestor;
	const char *name;
	pid_t found;
};

static bool
find_process(void *argument)
{
	struct wanted_process *wanted = argument;
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (wanted->found == 0 && (entry = readdir(proc)) != NULL) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && has_name(pid, wanted->name) &&
		    process_state(pid) != 'Z' &&
		    descends_from(pid, wanted->ancestor))
			wanted->found = pid;
	}
	closedir(proc);
	return wanted->found != 0;
}

pid_t
container_find_process(const struct container *container, const char *name)
{
	struct wanted_process wanted = { container->init, name, 0 };

	await(find_process, &wanted, name);
	return wanted.found;
}

static bool
has_no_process(void *argument)
{
	struct wanted_process *wanted = argument;

	wanted->found = 0;
	return !find_process(wanted);
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

bool
container_has_process(const struct container *container, const char *name)
{
	struct wanted_process wanted = { container->keeper, name, 0 };

	return find_process(&wanted);
}

void
container_await_no_process(const struct container *container,
    const char *name)
{
	struct wanted_process wanted = { container->keeper, name, 0 };

	await(has_no_process, &wanted, "a process is gone");
}

int
container_count_descendants(const struct container *container)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int count = 0;

	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && descends_from(pid, container->init))
			count++;
	}
	closedir(proc);
	return count;
}

uint64_t
process_signals(pid_t pid, const char *line)
{
	char path[64];
	char text[256];
	uint64_t set = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file != NULL && fgets(text, sizeof(text), file) != NULL)
		if (strncmp(text, line, strlen(line)) == 0)
			set = strtoull(text + strlen(line) + 1, NULL, 16);
	if (file != NULL)
		fclose(file);
	return set;
}

const char *
process_status(pid_t pid)
{
	static char text[8192];
	char path[64];
	size_t length = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	if (file != NULL) {
		length = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	text[length] = '\0';
	return text;
}

uint64_t
status_field(const char *status, const char *name)
{
	char start[64];
	const char *line;

	snprintf(start, sizeof(start), "\n%s:\t", name);
	line = strstr(status, start);
	cr_assert_not_null(line, "no %s in '%s'", name, status);
	return strtoull(line + strlen(start), NULL, 16);
}

static bool
blocks_signals(void *argument)
{
	const struct container *container = argument;

	/* Not before its exec: the C library blocks all around fork too. */
	return has_name(container->init, "dinit") &&
	    process_signals(container->init, "SigBlk") >> (SIGUSR1 - 1) & 1;
}

void
container_await_takeover(const struct container *container)
{
	await(blocks_signals, (void *)container, "dinit takes signals");
}

/* False when there is nothing to read now, or ever (all ends closed: EIO). */
static bool
read_terminal(const struct container *container, int patience_ms)
{
	struct pollfd in = { .fd = container->pty, .events = POLLIN };
	ssize_t length;

	if (poll(&in, 1, patience_ms) != 1)
		return false;
	cr_assert(transcript.length < sizeof(transcript.text) - 1);
	length = read(container->pty, transcript.text + transcript.length,
	    sizeof(transcript.text) - 1 - transcript.length);
	if (length <= 0)
		return false;
	transcript.length += (size_t)length;
	transcript.text[transcript.length] = '\0';
	return true;
}

void
terminal_await(const struct container *container, const char *text)
{
	long until = now_ms() + PATIENCE_MS;
	const char *found;

	while ((found = strstr(transcript.text + transcript.awaited, text)) ==
	    NULL) {
		cr_assert(now_ms() < until, "the terminal never showed '%s', "
		    "but '%s'", text, transcript.text);
		read_terminal(container, 100);
	}
	transcript.awaited = (size_t)(found - transcript.text) + strlen(text);
}

const char *
terminal_transcript(const struct container *container)
{
	while (read_terminal(container, 0))
		continue;
	return transcript.text;
}

void
terminal_type(const struct container *container, const char *text)
{
	cr_assert_eq(write(container->pty, text, strlen(text)),
	    (ssize_t)strlen(text));
}
