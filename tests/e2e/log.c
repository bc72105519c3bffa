/* SPDX-License-Identifier: MIT */
/* Standard error of every kind: the log never blocks, nor harms the app's. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
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

/* --- JSON --- */

#define READY_FILE "--ready-file=$DIR/ready"

static const char *
read_manual(void)
{
	static char manual[1 << 18];
	FILE *file = fopen(SOURCE_DIR "/man/dinit.8", "re");

	cr_assert_not_null(file);
	manual[fread(manual, 1, sizeof(manual) - 1, file)] = '\0';
	fclose(file);
	return manual;
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "-" : text;
}

/* The manual has an entry for the event of OBJECT, which names its keys. */
static void
expect_documented(const json_t *object)
{
	static const char *const keys[] = { "status", "signal", "pid",
		"reason" };
	const char *list = strstr(read_manual(), "\nPrograms may rely on");
	const char *event = text_of(object, "event");
	char begin[64];
	char entry[256] = "";

	cr_assert_not_null(list);
	snprintf(begin, sizeof(begin), "\n.It Li %s", event);
	for (const char *at = list; (at = strstr(at, begin)) != NULL;) {
		at += strlen(begin);
		if (*at == ' ' || *at == '\n')
			sscanf(at - strlen(event), "%255[^\n]", entry);
	}
	cr_expect_str_neq(entry, "", "the manual has no %s", event);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		cr_expect(json_object_get(object, keys[i]) == NULL ||
		    strstr(entry, keys[i]) != NULL,
		    "the manual has no %s for %s", keys[i], event);
}

/* Adds what OBJECT says: event, state, signal and status, each in a word. */
static void
add_words(const json_t *object, char *words, size_t size)
{
	const json_t *status = json_object_get(object, "status");
	size_t used = strlen(words);

	used += (size_t)snprintf(words + used, size - used, "%s %s",
	    text_of(object, "event"), text_of(object, "state"));
	if (json_object_get(object, "signal") != NULL)
		used += (size_t)snprintf(words + used, size - used, " %s",
		    text_of(object, "signal"));
	if (status != NULL)
		used += (size_t)snprintf(words + used, size - used, " %d",
		    (int)json_integer_value(status));
	cr_assert_lt(used + 1, size);
	strcat(words, "\n");
}

/*
 * What all lines of the log say; fails the test if one is no JSON or not as the
 * manual says. On a busy machine any start may be slow, which is left out.
 */
static const char *
words_of_log(const struct container *c)
{
	static char words[16384];
	char *log = strdup(container_read(c, "log"));
	char *rest = log;
	char *line;

	words[0] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		json_error_t where;
		json_t *object = json_loads(line, JSON_REJECT_DUPLICATES,
		    &where);

		cr_assert_not_null(object, "%s: %s", where.text, line);
		cr_expect_str_eq(text_of(object, "logger"), "dinit", "%s",
		    line);
		cr_expect_str_neq(text_of(object, "message"), "-", "%s", line);
		expect_documented(object);
		if (strcmp(text_of(object, "event"), "slow-start") != 0)
			add_words(object, words, sizeof(words));
		json_decref(object);
	}
	free(log);
	return words;
}

static void
expect_words(const struct container *c, const char *words)
{
	const char *all = words_of_log(c);

	cr_expect_not_null(strstr(all, words), "no '%s' in:\n%s", words, all);
}

/* Starts an app with CHECK as its health command and some more options. */
static struct container
start_for_programs(const char *check, const char *option, const char *another)
{
	return container_start(&(struct run){
		.arguments = { "--log-format=json", READY_FILE, check,
		    "--health-interval=10ms", "--health-timeout=1h",
		    "--monitor=20ms", "--monitor-failures=1", option, another,
		    "--", "act", "TERM:exit=3" },
	});
}

Test(log, tells_programs_of_a_whole_life)
{
	struct container c = start_for_programs(
	    "--health-cmd=echo 'a \"b\"'; [ -f $DIR/up ]", "--drain=1ms",
	    "--startup-budget=1h");

	container_touch(&c, "up");
	container_await_text(&c, "log", "\"ready\"");
	remove(container_path(&c, "up"));
	container_await_text(&c, "log", "\"unhealthy\"");
	container_touch(&c, "up");
	container_await_text(&c, "log", "\"ready-again\"");
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 3);
	cr_expect_str_eq(words_of_log(&c),
	    "ready ready\n"
	    "unhealthy unready\n"
	    "ready-again ready\n"
	    "draining draining SIGTERM\n"
	    "stopping stopping SIGTERM\n"
	    "app-ended stopping 3\n");
	container_expect_log(&c,
	    "checks: exit status 1: a \\\"b\\\"\"}\n");
}

/* The first check does not end, and the app ends by the stop signal itself. */
Test(log, tells_programs_of_a_life_that_never_got_ready)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--log-format=json", READY_FILE,
		    "--health-cmd=sleep 1000", "--health-timeout=1h",
		    "--startup-budget=100ms", "--", "sleep", "1000" },
	});

	container_expect_status(&c, 124);
	cr_expect_str_eq(words_of_log(&c),
	    "startup-budget-over stopping\n"
	    "log stopping\n"
	    "app-ended stopping SIGTERM 143\n"
	    "exiting ended 124\n");
}

Test(log, tells_programs_of_a_check_that_cannot_run)
{
	struct container c = start_for_programs("--health-cmd=no_such_check",
	    "--startup-budget=1h", "--ok-exit=0");

	container_await_text(&c, "log", "\"check-cannot-run\"");
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 3);
	cr_expect_str_eq(words_of_log(&c),
	    "check-cannot-run starting 127\n"
	    "stopping stopping SIGTERM\n"
	    "app-ended stopping 3\n");
}

Test(log, tells_programs_of_a_life_that_was_killed)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--log-format=json", "--", "die", "9" },
	});

	container_expect_status(&c, 128 + SIGKILL);
	cr_expect_str_eq(words_of_log(&c),
	    "app-killed sweeping SIGKILL 137\n");
}

/* Nobody serves the engine's socket. */
Test(log, tells_programs_of_what_is_not_as_it_should_be)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--log-format=json", READY_FILE,
		    "--health-cmd=true", "--health-timeout=1h", "-w", "sh",
		    "-c", "(true &); exec listen 64" },
		.environment = { "NOTIFY_SOCKET=$DIR/notify",
		    "DINIT_GRACEE=1s" },
	});

	container_await_file(&c, "ready");
	container_await_text(&c, "out", "listening");
	container_await_text(&c, "log", "\"orphan-reaped\"");
	container_signal(&c, 64);
	container_expect_status(&c, 0);
	expect_words(&c, "doubtful-setting -\n");
	expect_words(&c, "engine-not-told starting\n");
	expect_words(&c, "orphan-reaped ");
	expect_words(&c, "ended-by-relayed-signal sweeping SIGRTMAX\n");
}

static void
expect_only_words(struct run run, int status, const char *words)
{
	struct container c = container_start(&run);

	container_expect_status(&c, status);
	cr_expect_str_eq(words_of_log(&c), words);
}

Test(log, tells_programs_that_there_was_no_life)
{
	expect_only_words((struct run){
		.arguments = { "--log-format=json", "--", "no_such_app" },
	}, 127, "exec-failed launching 127\n");
	expect_only_words((struct run){
		.arguments = { "--log-format=json", "--grace=x", "--", "true" },
	}, 125, "not-started - 125\n");
	expect_only_words((struct run){
		.arguments = { "--log-format=json",
		    "--ready-file=/proc/no/such/ready", "--", "true" },
	}, 125, "not-started - 125\n");
	expect_only_words((struct run){
		.arguments = { "--log-format=json", "--is-ready", READY_FILE },
	}, 1, "not-ready - 1\n");
}

/* How many checks there are depends on the time. */
Test(log, tells_programs_details_when_they_ask_for_them)
{
	struct container c = start_for_programs("--health-cmd=true",
	    "--log-level=debug", "-w");

	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 3);
	expect_words(&c, "check starting 0\n");
	expect_words(&c, "signal-relayed stopping SIGTERM\n");
}
