/* SPDX-License-Identifier: MIT */
/* Standard error of every kind: the log never blocks, nor harms the app's. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "support.h"

TestSuite(log, .timeout = 60);

#define LINE_MAX_BYTES 4096

/* Writes until there is no room left, and leaves FD blocking. */
static void
fill(int fd)
{
	char block[1024];

	memset(block, '.', sizeof(block));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (write(fd, block, sizeof(block)) > 0)
		continue;
	while (write(fd, block, 1) > 0)
		continue;
	cr_assert_eq(errno, EAGAIN);
	fcntl(fd, F_SETFL, 0);
}

/* Everything that FD gives until it holds TEXT; a static buffer. */
static const char *
read_until(int fd, const char *text)
{
	static char read_so_far[1 << 20];
	size_t used = 0;

	do {
		ssize_t length;

		await_descriptor(fd, POLLIN, text);
		length = read(fd, read_so_far + used,
		    sizeof(read_so_far) - 1 - used);
		cr_assert(length > 0, "no '%s'", text);
		used += (size_t)length;
		read_so_far[used] = '\0';
	} while (strstr(read_so_far, text) == NULL);
	return read_so_far;
}

static void
empty(int fd)
{
	char block[4096];

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (read(fd, block, sizeof(block)) > 0)
		continue;
	fcntl(fd, F_SETFL, 0);
}

static void
relay_many(const struct container *c)
{
	for (int signo = 34; signo < 44; signo++) {
		char line[16];

		container_signal(c, signo);
		snprintf(line, sizeof(line), "\n%d\n", signo);
		container_await_text(c, "out", line);
	}
}

/*
 * With the log stuck, dinit relays, reaps an orphan, escalates and exits; and
 * once there is room again it says how much is missing.
 */
static void
expect_life_as_usual(struct run run, int reader)
{
	struct container c;

	fill(run.error);
	c = container_start(&run);
	container_await_text(&c, "out", "listening\n");
	relay_many(&c);
	/* The app's description of it, which is ours too, is as it was. */
	cr_assert_eq(fcntl(run.error, F_GETFL) & O_NONBLOCK, 0);
	empty(reader);
	container_signal(&c, SIGUSR1);
	cr_assert_not_null(strstr(read_until(reader, "relaying SIGUSR1"),
	    "dinit: warn: standard error was full, "));
	fill(run.error);
	container_signal(&c, SIGTERM);
	cr_assert_eq(container_wait(&c), 128 + SIGKILL);
}

Test(log, does_not_block_on_a_full_pipe)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		int ends[2];

		cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
		expect_life_as_usual((struct run){
			.arguments = { "-vv", "-w", "--grace=100ms", "sh",
			    "-c", "(true &); exec listen 64" },
			.place = place,
			.error = ends[1],
		}, ends[0]);
	}
}

Test(log, does_not_block_on_a_full_socket)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		int ends[2];

		cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
		    ends), 0);
		expect_life_as_usual((struct run){
			.arguments = { "-vv", "-w", "--grace=100ms", "sh",
			    "-c", "(true &); exec listen 64" },
			.place = place,
			.error = ends[1],
		}, ends[0]);
	}
}

static void
hide_proc(void *argument)
{
	(void)argument;
	must(mount("none", "/proc", "tmpfs", 0, NULL) == 0);
}

/* Where /proc/self/fd/2 cannot be opened. */
Test(log, does_not_block_on_a_full_pipe_without_proc)
{
	int ends[2];

	if (getenv("ASAN_OPTIONS") != NULL)
		cr_skip("skipped: AddressSanitizer needs /proc");
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	expect_life_as_usual((struct run){
		.arguments = { "-vv", "-w", "--grace=100ms", "sh", "-c",
		    "(true &); exec listen 64" },
		.before_exec = hide_proc,
		.error = ends[1],
	}, ends[0]);
}

static void
become_nobody(void *argument)
{
	(void)argument;
	must(setresgid(65534, 65534, 65534) == 0);
	must(setresuid(65534, 65534, 65534) == 0);
}

/* The pipe is another user's: opening it again is denied. */
Test(log, does_not_block_on_a_full_pipe_of_another_user)
{
	int ends[2];

	if (geteuid() != 0 || prctl(PR_CAPBSET_READ, 7L) != 1)
		cr_skip("skipped: needs root");
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	expect_life_as_usual((struct run){
		.arguments = { "-vv", "-w", "--grace=100ms", "sh", "-c",
		    "(true &); exec listen 64" },
		.place = AS_ORDINARY,
		.before_exec = become_nobody,
		.error = ends[1],
	}, ends[0]);
}

/* As Ctrl-S does it, but at once: keys take their time. */
Test(log, does_not_block_on_a_stopped_terminal)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "-vv", "--grace=100ms", "sh", "-c",
			    "exec listen 64 >$DIR/out" },
			.place = place,
			.terminal = true,
		});
		int slave = open(ptsname(c.pty), O_RDWR | O_NOCTTY | O_CLOEXEC);

		cr_assert(slave >= 0);
		container_await_text(&c, "out", "listening\n");
		cr_assert_eq(tcflow(slave, TCOOFF), 0);
		relay_many(&c);
		cr_assert_eq(tcflow(slave, TCOON), 0);
		container_signal(&c, SIGUSR1);
		terminal_await(&c, "standard error was full, ");
		terminal_await(&c, "relaying SIGUSR1");
		cr_assert_eq(tcflow(slave, TCOOFF), 0);
		container_signal(&c, SIGTERM);
		cr_assert_eq(container_wait(&c), 128 + SIGKILL);
		close(slave);
		container_discard(&c);
	}
}

/* The readiness file is the first that could get its number. */
Test(log, goes_nowhere_when_standard_error_is_closed)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "-vv", "--ready-file=$DIR/ready",
			    "listen", "64" },
			.place = place,
			.before_exec = close_standard,
			.argument = (int[]){ STDERR_FILENO, -1 },
		});

		container_await_file(&c, "ready");
		container_await_text(&c, "out", "listening\n");
		container_signal(&c, SIGUSR1);
		container_await_text(&c, "out", "\n10\n");
		cr_assert_eq(strncmp(container_read(&c, "ready"), "pid=", 4),
		    0);
		cr_assert_null(strstr(container_read(&c, "ready"), "dinit"));
		container_signal(&c, 64);
		cr_assert_eq(container_wait(&c), 0);
		cr_assert_str_eq(container_read(&c, "out"),
		    "listening\n10\n64\n");
	}
}

/* Not opened for appending: app and dinit share its position. */
Test(log, mixes_with_the_apps_lines_in_a_file)
{
	char path[] = "/tmp/dinit-e2e-log.XXXXXX";
	char text[4096] = "";
	int file = mkstemp(path);
	struct container c;

	cr_assert(file >= 0);
	unlink(path);
	c = container_start(&(struct run){
		.arguments = { "-vv", "--grace=60s", "sh", "-c",
		    "echo before >&2; listen 10; echo after >&2; exit 9" },
		.error = file,
	});
	container_await_text(&c, "out", "listening\n");
	container_signal(&c, SIGURG);
	container_await_text(&c, "out", "\n23\n");
	kill(container_find_process(&c, "listen"), SIGUSR1);
	cr_assert_eq(container_wait(&c), 9);
	cr_assert(pread(file, text, sizeof(text) - 1, 0) > 0);
	cr_assert_not_null(strstr(text, "before\n"));
	cr_assert_not_null(strstr(strstr(text, "before\n"),
	    "dinit: debug: relaying SIGURG"), "%s", text);
	cr_assert_not_null(strstr(strstr(text, "dinit: debug: relaying SIGURG"),
	    "\nafter\n"), "%s", text);
	cr_assert_eq(text[strlen(text) - 1], '\n');
}

static const char *
log_of(const char *command)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--", command },
	});

	cr_assert(container_wait(&c) >= 126);
	return container_read(&c, "log");
}

Test(log, keeps_to_one_line_whatever_it_quotes)
{
	const char *log = log_of("no\nsuch\rcommand\x1b[31m\t\x7f\xc2\x9b");

	cr_assert_eq(count_text(log, "\n"), 1);
	for (const char *c = log; c[1] != '\0'; c++)
		cr_assert(*c >= ' ' && *c < '\x7f', "%d", *c);
}

Test(log, keeps_lines_to_four_kib)
{
	static char command[3 * LINE_MAX_BYTES];
	const char *log;

	memset(command, 'x', sizeof(command) - 1);
	log = log_of(command);
	cr_assert_eq(count_text(log, "\n"), 1);
	cr_assert(strlen(log) <= LINE_MAX_BYTES);
	cr_assert_eq(log[strlen(log) - 1], '\n');
}
