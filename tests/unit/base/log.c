/* SPDX-License-Identifier: MIT */
/* Each test runs in a child that has its own standard error. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/array.h"
#include "support.h"

TestSuite(log, .timeout = 60);

#define LINE_LIMIT 4096

static char printed[65536];

/* Makes standard error a new pipe. Returns its reading end. */
static int
redirect_to_pipe(void)
{
	int ends[2];

	must(pipe2(ends, O_CLOEXEC) == 0, "pipe2: %m");
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	return ends[0];
}

/* Closes the writing end of FD, and reads all that is in the pipe. */
static size_t
end_and_read(int fd)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	close(log_descriptor());
	dup2(null, STDERR_FILENO);
	close(null);
	return read_to_end(fd, printed, sizeof(printed));
}

static void
expect_printed(int fd, const char *expected)
{
	end_and_read(fd);
	must(strcmp(printed, expected) == 0,
	    "printed:\n%s\nexpected:\n%s", printed, expected);
}

/* --- Levels --- */

static void
print_at_each_level(void *argument)
{
	static const char *const lines[] = {
		"dinit: error: a\n", "dinit: warn: b\n", "dinit: c\n",
		"dinit: debug: d\n",
	};
	int threshold = *(const int *)argument;
	char expected[256] = "";
	int fd = redirect_to_pipe();

	log_open();
	/* The first level is the default. */
	if (threshold != LOG_LEVEL_INFO)
		log_set_level((enum log_level)threshold);
	log_line(LOG_LEVEL_ERROR, "%c", 'a');
	log_line(LOG_LEVEL_WARN, "%c", 'b');
	log_line(LOG_LEVEL_INFO, "%c", 'c');
	log_line(LOG_LEVEL_DEBUG, "%c", 'd');
	for (int level = 0; level <= threshold; level++)
		strcat(expected, lines[level]);
	expect_printed(fd, expected);
}

Test(log, leaves_lines_above_the_level_out)
{
	for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
		in_child(print_at_each_level, &level);
}

Test(log, names_levels_as_it_reads_them)
{
	static const char *const unknown[] = {
		"", "INFO", "Info", "information", "inf", " info", "trace",
		"warning", "0",
	};

	for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
		cr_expect_eq(log_parse_level(log_level_name(
		    (enum log_level)level)), level, "%d", level);
	cr_expect_eq(log_parse_level("error"), LOG_LEVEL_ERROR);
	cr_expect_eq(log_parse_level("debug"), LOG_LEVEL_DEBUG);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		cr_expect_eq(log_parse_level(unknown[i]), -EINVAL, "'%s'",
		    unknown[i]);
}

/* --- Lines --- */

static void
print_control_characters(void *argument)
{
	int fd = redirect_to_pipe();
	char text[40];

	(void)argument;
	log_open();
	for (char c = 1; c < ' '; c++)
		text[c - 1] = c;
	text[31] = 0x7f;
	text[32] = '\0';
	log_line(LOG_LEVEL_INFO, "[%s]", text);
	log_line(LOG_LEVEL_INFO, "two\nlines\r\n");
	log_line(LOG_LEVEL_INFO, "\033[31mred\033[m");
	log_line(LOG_LEVEL_INFO, "gr\303\274n ~");
	/* U+0080, U+009B (an escape sequence's start) and U+009F; not U+00A0 */
	log_line(LOG_LEVEL_INFO, "\302\200\302\233m\302\237\302\240");
	log_line(LOG_LEVEL_INFO, "\302");
	expect_printed(fd,
	    "dinit: [                                ]\n"
	    "dinit: two lines\n"
	    "dinit:  [31mred [m\n"
	    "dinit: gr\303\274n ~\n"
	    "dinit:     m  \302\240\n"
	    "dinit: \302\n");
}

Test(log, keeps_a_message_on_one_harmless_line)
{
	in_child(print_control_characters, NULL);
}

/* Without log_open, each line goes to what descriptor 2 is at the time. */
static void
print_long_lines(void *argument)
{
	static char text[3 * LINE_LIMIT];

	(void)argument;
	for (size_t length = LINE_LIMIT - 20; length < sizeof(text);
	    length = length < LINE_LIMIT + 20 ? length + 1 : length * 2) {
		int fd = redirect_to_pipe();
		size_t kept;

		memset(text, 'x', length);
		text[length] = '\0';
		log_line(LOG_LEVEL_INFO, "%s", text);
		kept = end_and_read(fd);
		must(kept <= LINE_LIMIT, "%zu bytes for %zu", kept, length);
		must(kept == length + 8 || kept >= LINE_LIMIT - 1,
		    "only %zu bytes of %zu", kept, length);
		must(strspn(printed + 7, "x") == kept - 8 &&
		    printed[kept - 1] == '\n', "not one whole line");
	}
}

Test(log, cuts_lines_at_four_kib)
{
	in_child(print_long_lines, NULL);
}

static void
print_with_errno_set(void *argument)
{
	int fd = redirect_to_pipe();

	(void)argument;
	log_open();
	errno = ENOTTY;
	log_line(LOG_LEVEL_INFO, "fine");
	must(errno == ENOTTY, "errno is %d after a line", errno);
	log_line(LOG_LEVEL_DEBUG, "left out");
	must(errno == ENOTTY, "errno is %d after none", errno);
	signal(SIGPIPE, SIG_IGN);
	close(fd);
	errno = ENOTTY;
	log_line(LOG_LEVEL_INFO, "to nobody");
	must(errno == ENOTTY, "errno is %d after a failed one", errno);
}

Test(log, leaves_errno_as_it_was)
{
	in_child(print_with_errno_set, NULL);
}

/* --- Standard error of every kind --- */

/* A pipe as apps have it: when it is full, writers wait. */
static int
redirect_to_full_pipe(void)
{
	static const char block[4096];
	int fd = redirect_to_pipe();

	must(fcntl(STDERR_FILENO, F_SETPIPE_SZ, 2 * 4096) > 0, "F_SETPIPE_SZ");
	fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
	while (write(STDERR_FILENO, block, sizeof(block)) > 0)
		continue;
	fcntl(STDERR_FILENO, F_SETFL, 0);
	return fd;
}

/* Empties the pipe. */
static void
drain(int fd)
{
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (read(fd, printed, sizeof(printed)) > 0)
		continue;
	fcntl(fd, F_SETFL, 0);
}

static void
print_to_full_pipe(int fd)
{
	/* If a line waited, the test would run into its time limit. */
	for (int i = 0; i < 3; i++)
		log_line(LOG_LEVEL_INFO, "line %d", i);
	drain(fd);
	log_line(LOG_LEVEL_INFO, "after that");
	log_line(LOG_LEVEL_INFO, "and on");
	must((fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK) == 0,
	    "the app's description is non-blocking now");
	expect_printed(fd,
	    "dinit: warn: standard error was full, 3 lines dropped\n"
	    "dinit: after that\n"
	    "dinit: and on\n");
}

static void
drop_lines_of_full_pipe(void *argument)
{
	int fd = redirect_to_full_pipe();

	(void)argument;
	log_open();
	must(log_descriptor() > STDERR_FILENO, "the pipe is not reopened");
	must(fcntl(log_descriptor(), F_GETFD) & FD_CLOEXEC,
	    "the log's descriptor is inherited");
	print_to_full_pipe(fd);
}

Test(log, drops_and_counts_lines_when_the_pipe_is_full)
{
	in_child(drop_lines_of_full_pipe, NULL);
}

static void
drop_lines_of_closed_pipe(void *argument)
{
	int fd = redirect_to_full_pipe();

	(void)argument;
	must(fchmod(fd, 0) == 0, "fchmod: %m");
	become_nobody();
	log_open();
	must(log_descriptor() == -1, "somebody else's pipe is reopened");
	print_to_full_pipe(fd);
}

Test(log, drops_and_counts_lines_also_where_it_cannot_reopen)
{
	in_child(drop_lines_of_closed_pipe, NULL);
}

static void
drop_lines_on_old_kernel(void *argument)
{
	deny_system_call(SYS_pwritev2, ENOSYS);
	drop_lines_of_closed_pipe(argument);
}

Test(log, drops_and_counts_lines_before_linux_6_4_too)
{
	in_child(drop_lines_on_old_kernel, NULL);
}

static void
drop_lines_of_full_socket(void *argument)
{
	static const char block[1024];
	int ends[2];

	(void)argument;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0,
	    "socketpair");
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	while (send(STDERR_FILENO, block, sizeof(block), MSG_DONTWAIT) > 0)
		continue;
	log_open();
	must(log_descriptor() == -1, "a descriptor for a socket");
	print_to_full_pipe(ends[0]);
}

Test(log, drops_and_counts_lines_when_the_socket_is_full)
{
	in_child(drop_lines_of_full_socket, NULL);
}

static void
append_to_file(void *argument)
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	(void)argument;
	must(fd >= 0, "memfd_create: %m");
	dup2(fd, STDERR_FILENO);
	must(write(STDERR_FILENO, "the app's\n", 10) == 10, "write");
	log_open();
	must(log_descriptor() == -1, "a file is reopened");
	log_line(LOG_LEVEL_INFO, "dinit's");
	must(write(STDERR_FILENO, "again\n", 6) == 6, "write");
	lseek(fd, 0, SEEK_SET);
	expect_printed(fd, "the app's\ndinit: dinit's\nagain\n");
}

Test(log, writes_to_a_file_where_the_app_left_off)
{
	in_child(append_to_file, NULL);
}

static void
print_to_nobody(void *argument)
{
	(void)argument;
	close(STDERR_FILENO);
	log_open();
	log_line(LOG_LEVEL_INFO, "to nobody");
	must(log_descriptor() == -1, "a descriptor for nothing");
}

Test(log, carries_on_without_a_standard_error)
{
	in_child(print_to_nobody, NULL);
}

static void
print_where_nobody_reads(void *argument)
{
	int ends[2];
	sigset_t pipe_signal;

	(void)argument;
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
	dup2(ends[1], STDERR_FILENO);
	close(ends[0]);
	close(ends[1]);
	log_open();
	/* SIGPIPE has its default action and would end this child. */
	log_line(LOG_LEVEL_INFO, "to nobody");
	sigemptyset(&pipe_signal);
	sigpending(&pipe_signal);
	must(!sigismember(&pipe_signal, SIGPIPE), "SIGPIPE is pending");
}

Test(log, raises_no_sigpipe_on_a_closed_socket)
{
	in_child(print_where_nobody_reads, NULL);
}

/* --- JSON --- */

/* Logs MESSAGE with FACTS, if any, and returns the line as a JSON object. */
static json_t *
print_json(const struct log_facts *facts, const char *message)
{
	json_error_t where;
	json_t *object;
	int fd = redirect_to_pipe();
	size_t length;

	log_open();
	log_set_format(LOG_FORMAT_JSON);
	if (facts == NULL)
		log_line(LOG_LEVEL_WARN, "%s", message);
	else
		log_event(LOG_LEVEL_WARN, facts, "%s", message);
	length = end_and_read(fd);
	must(length > 0 && length <= LINE_LIMIT, "%zu bytes", length);
	must(strchr(printed, '\n') == printed + length - 1, "%s", printed);
	object = json_loads(printed, JSON_REJECT_DUPLICATES, &where);
	must(object != NULL, "%s: %s", where.text, printed);
	return object;
}

static const char *
member_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	must(text != NULL, "no %s: %s", key, printed);
	return text;
}

static void
print_as_json(void *argument)
{
	const char *const *pair = argument;
	json_t *object = print_json(NULL, pair[0]);
	struct tm utc;
	char *end;

	must(strcmp(member_of(object, "message"), pair[1]) == 0, "%s",
	    printed);
	must(strcmp(member_of(object, "level"), "warn") == 0, "%s", printed);
	must(strcmp(member_of(object, "logger"), "dinit") == 0, "%s",
	    printed);
	end = strptime(member_of(object, "time"), "%Y-%m-%dT%H:%M:%S", &utc);
	must(end != NULL && *end == '.' && strspn(end + 1, "0123456789") == 3 &&
	    strcmp(end + 4, "Z") == 0, "%s", printed);
	must(strcmp(member_of(object, "event"), "log") == 0, "%s", printed);
	must(json_object_size(object) == 5, "%s", printed);
	json_decref(object);
}

Test(log, writes_one_json_object_a_line)
{
	/* A message, and what a JSON reader makes of its line. */
	static const char *const pairs[][2] = {
		{ "", "" },
		{ "ready", "ready" },
		{ "a \"b\" \\c\\ /d", "a \"b\" \\c\\ /d" },
		{ "one\ntwo\r\n\tthree\x01\x1f\x7f.",
		    "one\ntwo\r\n\tthree\x01\x1f\x7f." },
		{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80",
		    "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80" },
		/* U+0080, U+009F; the next one is a character */
		{ "\xc2\x80.\xc2\x9f\xc2\xa0", "  .  \xc2\xa0" },
		/* stray, cut short, too long, surrogate, too high */
		{ "\x80", "\xef\xbf\xbd" },
		{ "\xc3", "\xef\xbf\xbd" },
		{ "\xe2\x82x", "\xef\xbf\xbd\xef\xbf\xbdx" },
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80",
		    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd"
		    "\xef\xbf\xbd\xef\xbf\xbd" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		in_child(print_as_json, (void *)(uintptr_t)pairs[i]);
}

static void
print_long_json(void *argument)
{
	static char message[2 * LINE_LIMIT];

	for (size_t i = 0; i < sizeof(message) - 1; i++)
		message[i] = ((const char *)argument)[i % 2];
	json_decref(print_json(NULL, message));
	must(strlen(printed) > LINE_LIMIT - 16, "%zu bytes",
	    strlen(printed));
}

Test(log, cuts_an_object_at_four_kib_to_valid_json)
{
	in_child(print_long_json, (void *)(uintptr_t)"xx");
	in_child(print_long_json, (void *)(uintptr_t)"\"x");
	in_child(print_long_json, (void *)(uintptr_t)"\nx");
	in_child(print_long_json, (void *)(uintptr_t)"\xc3\xa4");
}

static void
print_facts(void *argument)
{
	const struct log_facts facts = {
		.event = "app-ended",
		.reason = "a \"quote\"",
		.pid = 7,
		.signal = SIGTERM,
		.has_status = true,
		.status = 0,
	};
	json_t *object;

	(void)argument;
	log_set_state("ready");
	object = print_json(&facts, "over");
	must(strcmp(member_of(object, "event"), "app-ended") == 0, "%s",
	    printed);
	must(strcmp(member_of(object, "state"), "ready") == 0, "%s", printed);
	must(strcmp(member_of(object, "signal"), "SIGTERM") == 0, "%s",
	    printed);
	must(strcmp(member_of(object, "message"), "over") == 0, "%s", printed);
	must(strcmp(member_of(object, "reason"), "a \"quote\"") == 0, "%s",
	    printed);
	must(json_equal(json_object_get(object, "status"), json_integer(0)),
	    "%s", printed);
	must(json_equal(json_object_get(object, "pid"), json_integer(7)),
	    "%s", printed);
	must(json_object_size(object) == 10, "%s", printed);
}

Test(log, has_the_facts_of_an_event_beside_its_sentence)
{
	in_child(print_facts, NULL);
}

static void
print_few_facts(void *argument)
{
	const struct log_facts facts = { .event = "ready", .reason = "" };

	(void)argument;
	log_set_state("ready");
	log_set_state(NULL);
	must(json_object_size(print_json(&facts, "ready")) == 5, "%s",
	    printed);
}

Test(log, leaves_out_facts_that_there_are_none_of)
{
	in_child(print_few_facts, NULL);
}

static void
print_facts_as_text(void *argument)
{
	const struct log_facts facts = {
		.event = "ready", .reason = "why", .pid = 1, .signal = 1,
		.has_status = true,
	};
	int fd = redirect_to_pipe();

	(void)argument;
	log_open();
	log_set_level(LOG_LEVEL_WARN);
	log_set_state("ready");
	log_event(LOG_LEVEL_INFO, &facts, "below the level");
	log_event(LOG_LEVEL_WARN, &facts, "only the %s", "sentence");
	expect_printed(fd, "dinit: warn: only the sentence\n");
}

Test(log, writes_no_facts_in_text)
{
	in_child(print_facts_as_text, NULL);
}

/* Both are far too long: each keeps about half of the line. */
static void
print_long_facts(void *argument)
{
	static char text[2 * LINE_LIMIT];
	const struct log_facts facts = { .event = "ready", .reason = text };
	json_t *object;

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = ((const char *)argument)[i % 2];
	object = print_json(&facts, text);
	must(strlen(printed) > LINE_LIMIT - 16, "%zu bytes", strlen(printed));
	must(strlen(member_of(object, "message")) > LINE_LIMIT / 2 / 8,
	    "%s", printed);
	must(strlen(member_of(object, "reason")) > LINE_LIMIT / 2 / 8,
	    "%s", printed);
}

Test(log, cuts_both_sentence_and_reason_to_valid_json)
{
	in_child(print_long_facts, (void *)(uintptr_t)"xx");
	in_child(print_long_facts, (void *)(uintptr_t)"\"x");
	in_child(print_long_facts, (void *)(uintptr_t)"\nx");
	in_child(print_long_facts, (void *)(uintptr_t)"\xc3\xa4");
}

static void
lose_json(void *argument)
{
	int fd = redirect_to_pipe();
	static char rest[1 << 20];
	int count = 0;
	int dropped = 0;

	(void)argument;
	log_open();
	log_set_format(LOG_FORMAT_JSON);
	for (int i = 0; i < 2000; i++)
		log_line(LOG_LEVEL_INFO, "%0200d", i);
	must(read(fd, rest, sizeof(rest)) > 0, "nothing was printed");
	log_line(LOG_LEVEL_INFO, "last");
	end_and_read(fd);
	strcat(strrchr(rest, '\n') + 1, printed);
	for (char *line = strtok(rest, "\n"); line != NULL;
	    line = strtok(NULL, "\n"), count++) {
		json_t *object = json_loads(line, 0, NULL);
		const char *event = member_of(object, "event");

		must(object != NULL, "%s", line);
		dropped += strcmp(event, "lines-dropped") == 0;
	}
	must(count >= 2, "%d lines", count);
	must(dropped > 0, "no line tells of dropped ones");
}

Test(log, reports_dropped_lines_in_json_too)
{
	in_child(lose_json, NULL);
}

/* --- The report --- */

static void
report_errors(void *argument)
{
	char path[] = "/tmp/dinit-report.XXXXXX";
	int report = mkostemp(path, O_APPEND);
	int fd = redirect_to_pipe();
	char text[256] = "";

	(void)argument;
	unlink(path);
	log_open();
	log_set_level(LOG_LEVEL_ERROR);
	log_line(LOG_LEVEL_ERROR, "before it");
	log_set_report(report);
	log_line(LOG_LEVEL_ERROR, "a long error\nin two lines");
	log_line(LOG_LEVEL_WARN, "no error");
	log_line(LOG_LEVEL_ERROR, "the last %s", "one");
	log_set_report(-1);
	log_line(LOG_LEVEL_ERROR, "after it");
	must(pread(report, text, sizeof(text) - 1, 0) > 0, "%m");
	must(strcmp(text, "a long error in two lines\nthe last one\n") == 0,
	    "%s", text);
	end_and_read(fd);
}

Test(log, appends_errors_and_nothing_else_to_the_report)
{
	in_child(report_errors, NULL);
}
