/* SPDX-License-Identifier: MIT */
/* --ready-listen: what clients are told, by whom, and until when. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support.h"

TestSuite(answer, .timeout = 60);

#define READY_FILE "--ready-file=$DIR/ready"
#define HEALTH_CMD "--health-cmd=[ -f $DIR/up ]"

/* A port of 127.0.0.1 and how it is asked for. */
struct door {
	int fd; /* holds the port */
	unsigned short port;
	char option[64];
	char answer[4096];
};

/*
 * Takes PORT of 127.0.0.1, or any with 0, so that no other process gets it. But
 * dinit may listen there, as it sets SO_REUSEADDR. -1: it is taken.
 */
static int
reserve_port(unsigned short port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port),
	};
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* FD is of reserve_port. */
static struct door
door_at(int fd)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	struct door door = { .fd = fd };

	cr_assert_geq(fd, 0);
	getsockname(fd, (struct sockaddr *)&address, &length);
	door.port = ntohs(address.sin_port);

	snprintf(door.option, sizeof(door.option),
	    "--ready-listen=127.0.0.1:%u", door.port);
	return door;
}

static struct door
find_door(void)
{
	return door_at(reserve_port(0));
}

/* Asks once. The status of the answer; 0: there is none. */
static int
ask_once(struct door *door)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(door->port),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t length = 0;
	ssize_t got = 0;
	int status = 0;

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    send(fd, request, strlen(request), MSG_NOSIGNAL) > 0)
		while (length < sizeof(door->answer) - 1 &&
		    (got = read(fd, door->answer + length,
			 sizeof(door->answer) - 1 - length)) > 0)
			length += (size_t)got;
	close(fd);
	door->answer[length] = '\0';
	sscanf(door->answer, "HTTP/1.1 %d ", &status);
	return status;
}

/*
 * Asks. On a machine that is busy this process may be too slow for the helper,
 * which waits for a second. Then it asks again.
 */
static int
ask(struct door *door)
{
	long began;
	int status;

	do {
		began = now_ms();
		status = ask_once(door);
	} while (status == 0 && now_ms() - began >= 900);
	return status;
}

static bool
says_ready(void *door)
{
	return ask(door) == 200;
}

static bool
says_unready(void *door)
{
	return ask(door) == 503;
}

static bool
says_nothing(void *door)
{
	return ask(door) == 0;
}

static void
stop_and_expect(const struct container *container, int status)
{
	container_signal(container, SIGTERM);
	container_expect_status(container, status);
}

Test(answer, is_503_until_the_container_is_ready_and_200_then)
{
	struct door door = find_door();
	struct container c = container_start(&(struct run){
		.arguments = { door.option, READY_FILE, HEALTH_CMD, "--",
		    "act", "TERM:exit=0" },
	});

	await(says_unready, &door, "503 while it starts");
	container_touch(&c, "up");
	await(says_ready, &door, "200 once it is ready");
	cr_expect_not_null(strstr(door.answer, "\r\n\r\nready\n"), "%s",
	    door.answer);
	cr_expect(container_is_ready(&c, "ready"));
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
	cr_expect_eq(ask(&door), 0, "%s", door.answer);
}

Test(answer, publishes_where_nothing_else_decides_on_readiness)
{
	struct door door = find_door();
	struct container c = container_start(&(struct run){
		.arguments = { door.option, READY_FILE, "--", "act",
		    "TERM:exit=0" },
	});

	await(says_ready, &door, "200 once the app runs");
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

static void
expect_503(struct door *door)
{
	for (int i = 0; i < 20; i++)
		cr_expect_eq(ask(door), 503, "%s", door->answer);
}

Test(answer, is_never_200_after_a_stop_signal_reached_the_app)
{
	struct door door = find_door();
	struct container c = container_start(&(struct run){
		.arguments = { door.option, READY_FILE, "--", "act",
		    "TERM:say=told,await=end,exit=0" },
	});

	container_await_text(&c, "out", "up");
	await(says_ready, &door, "200 once the app runs");
	container_signal(&c, SIGTERM);
	container_await_text(&c, "out", "told");
	expect_503(&door);
	container_touch(&c, "end");
	container_expect_status(&c, 0);
}

Test(answer, is_never_200_once_the_file_is_gone_for_a_drain)
{
	struct door door = find_door();
	struct container c = container_start(&(struct run){
		.arguments = { door.option, READY_FILE, "--drain=1h", "--",
		    "act", "USR1:exit=0" },
	});

	container_await_text(&c, "out", "up");
	await(says_ready, &door, "200 once the app runs");
	container_signal(&c, SIGTERM);
	container_await_no_file(&c, "ready");
	expect_503(&door);
	cr_expect_not_null(strstr(door.answer, "draining"), "%s", door.answer);
	container_signal(&c, SIGUSR1);
	container_expect_status(&c, 0);
}

Test(answer, port_that_is_taken_is_refused_with_what_to_do)
{
	struct door door = find_door();
	int listening = listen(door.fd, 1);
	struct container c = container_start(&(struct run){
		.arguments = { door.option, READY_FILE, "--", "echo", "run" },
	});

	cr_assert_eq(listening, 0);
	container_expect_status(&c, 125);
	container_expect_log(&c,
	    "; another process listens there: name another port\n");
	cr_expect_str_eq(container_read(&c, "out"), "");
	cr_expect_not(container_has_file(&c, "ready"));
}

Test(answer, address_of_another_machine_is_refused_with_what_to_do)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--ready-listen=192.0.2.1:8081", READY_FILE,
		    "--", "echo", "run" },
	});

	container_expect_status(&c, 125);
	container_expect_log(&c, "cannot listen on --ready-listen=192.0.2.1:8081: ");
	container_expect_log(&c,
	    "; there is no such address here: name the port alone\n");
}

/* Below the first port that everybody may listen on. */
static void
lose_capability_to_bind(void *argument)
{
	(void)argument;
	prctl(PR_CAPBSET_DROP, CAP_NET_BIND_SERVICE);
}

Test(answer, port_below_1024_is_refused_without_the_capability)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start",
	    "re");
	int first = 1024;
	struct container c;

	if (file != NULL && fscanf(file, "%d", &first) == 1)
		fclose(file);
	if (first <= 1)
		cr_skip("skipped: everybody may listen on any port here");
	c = container_start(&(struct run){
		.arguments = { "--ready-listen=127.0.0.1:1", READY_FILE, "--",
		    "echo", "run" },
		.before_exec = lose_capability_to_bind,
	});
	container_expect_status(&c, 125);
	container_expect_log(&c, ": Permission denied; a port below 1024 takes "
	    "CAP_NET_BIND_SERVICE: name a higher one\n");
}

Test(answer, says_which_call_the_port_takes)
{
	struct door door = find_door();
	struct container c = container_start(&(struct run){
		.arguments = { door.option, READY_FILE, "--", "echo", "run" },
		.before_exec = deny_calls,
		.argument = &(struct denial){ { SYS_listen }, EPERM },
	});

	container_expect_status(&c, 125);
	container_expect_log(&c, ": Operation not permitted; allow listen in "
	    "the engine's seccomp profile\n");
}

static bool
has_ended(void *pid)
{
	char state = process_state(*(pid_t *)pid);

	return state == '\0' || state == 'Z';
}

/* Kills one of them, and waits for its end, so that the other is found next. */
static void
kill_answerer(const struct container *container)
{
	pid_t pid = container_find_process(container, "dinit-answer");

	kill(pid, SIGKILL);
	await(has_ended, &pid, "the end of dinit-answer");
}

Test(answer, helper_that_was_killed_is_replaced_once)
{
	struct door door = find_door();
	struct container c = container_start(&(struct run){
		.arguments = { door.option, READY_FILE, "--", "act",
		    "TERM:exit=0" },
	});

	await(says_ready, &door, "200 at first");
	kill_answerer(&c);
	container_await_text(&c, "log",
	    "dinit: warn: dinit-answer was killed; another one answers");
	await(says_ready, &door, "200 from the spare one");
	kill_answerer(&c);
	container_await_text(&c, "log",
	    "dinit: error: dinit-answer was killed again; nobody answers");
	await(says_nothing, &door, "nobody answers");
	cr_expect(container_is_ready(&c, "ready"));
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

Test(answer, ends_with_a_dinit_that_is_killed)
{
	struct door door = find_door();
	struct container c = container_start(&(struct run){
		.place = AS_ORDINARY,
		.arguments = { door.option, READY_FILE, "--", "act" },
	});

	await(says_ready, &door, "200 at first");
	container_signal(&c, SIGKILL);
	container_wait(&c);
	await(says_nothing, &door, "nobody answers");
}

/* dinit kills its helpers too when the grace is over. */
Test(answer, is_not_missed_when_the_grace_is_over)
{
	struct door door = find_door();
	struct container c = container_start(&(struct run){
		.arguments = { door.option, READY_FILE, "--grace=50ms", "--",
		    "act" },
	});

	await(says_ready, &door, "200 at first");
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 137);
	container_expect_no_log(&c, "dinit-answer");
}

/* A helper holds up neither the end nor its words about what was left. */
Test(answer, is_not_waited_for_when_the_app_ends)
{
	struct door door = find_door();
	struct container c = container_start(&(struct run){
		.arguments = { door.option, READY_FILE, "--grace=1h", "--",
		    "act", "USR1:exit=3" },
	});

	await(says_ready, &door, "200 at first");
	kill(container_find_process(&c, "dinit-answer"), SIGSTOP);
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGUSR1);
	container_expect_status(&c, 3);
	container_expect_no_log(&c, "dinit-answer");
}

Test(answer, helper_has_the_rights_of_the_app_and_a_filter)
{
	struct door door;
	struct container c;
	const char *status;
	unsigned short port = 1023;
	int fd;

	if (geteuid() != 0)
		cr_skip("skipped: needs root");
	while ((fd = reserve_port(port)) < 0 && port > 600)
		port--;
	door = door_at(fd);
	c = container_start(&(struct run){
		.place = AS_PID_1_AS_ROOT,
		.arguments = { door.option, "--user=65534", READY_FILE, "--",
		    "act", "TERM:exit=0" },
	});
	await(says_ready, &door, "200 on a port below 1024");
	status = process_status(container_find_process(&c, "dinit-answer"));
	cr_expect_not_null(strstr(status, "Uid:\t65534\t65534\t65534\t65534"));
	cr_expect_eq(status_field(status, "CapPrm"), 0);
	cr_expect_eq(status_field(status, "NoNewPrivs"), 1);
	cr_expect_eq(status_field(status, "Seccomp"), 2);
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}
