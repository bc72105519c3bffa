/* SPDX-License-Identifier: MIT */
/* Each test runs in a child, which stands for PID 1 and for the clients. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "readiness/answer_helper.h"
#include "base/clock.h"
#include "base/signals.h"
#include "readiness/answer.h"
#include "readiness/helper.h"
#include "readiness/readiness.h"
#include "support.h"

TestSuite(answer_helper, .timeout = 60, .init = scratch_make,
    .fini = scratch_remove);

#define GET "GET / HTTP/1.1\r\n\r\n"
#define IDLE_CLIENTS 1000

/* So long the helper waits for a client, or a little longer. */
#define PATIENCE_MS 900

struct answered {
	struct readiness readiness;
	struct sockaddr_in address;
	struct helper helper;
	char answer[4096];
};

static void
start(struct answered *answered, bool is_spare)
{
	socklen_t length = sizeof(answered->address);
	struct sockaddr *address = (struct sockaddr *)&answered->address;
	struct answer_plan plan = {
		.ready_file = scratch_path("ready"),
		.is_spare = is_spare,
		.locks_down = true,
	};
	struct signal_state signals;

	must(signals_take_over(&signals) == 0, "take over");
	memset(answered, 0, sizeof(*answered));
	must(readiness_prepare(&answered->readiness, plan.ready_file) == 0,
	    "cannot prepare");
	answered->address.sin_family = AF_INET;
	answered->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	plan.listen_fd = socket(AF_INET,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	must(bind(plan.listen_fd, address, length) == 0 &&
	    listen(plan.listen_fd, 1024) == 0 &&
	    getsockname(plan.listen_fd, address, &length) == 0, "no socket");
	must(answer_start(&plan, &answered->helper) == 0, "cannot start");
	close(plan.listen_fd);
}

static int
connect_to(const struct answered *answered)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0, "no socket");
	must(connect(fd, (const struct sockaddr *)&answered->address,
	    sizeof(answered->address)) == 0, "cannot connect");
	return fd;
}

static void
say(int fd, const char *text)
{
	must(send(fd, text, strlen(text), MSG_NOSIGNAL) ==
	    (ssize_t)strlen(text), "cannot send");
}

/*
 * Sends REQUEST and reads the answer, and returns its length. On a machine that
 * is busy the client may be too slow for the helper. Then it asks again.
 */
static size_t
ask(struct answered *answered, const char *request)
{
	int64_t began;
	size_t length;

	do {
		int fd;

		began = clock_monotonic_ms();
		fd = connect_to(answered);
		send(fd, request, strlen(request), MSG_NOSIGNAL);
		length = read_to_end(fd, answered->answer,
		    sizeof(answered->answer));
	} while (length == 0 && clock_monotonic_ms() - began >= PATIENCE_MS);
	return length;
}

/* Sends REQUEST; the answer must begin with STATUS and end with TEXT. */
static void
expect(struct answered *answered, const char *request, const char *status,
    const char *text)
{
	size_t length = ask(answered, request);

	must(strncmp(answered->answer, status, strlen(status)) == 0 &&
	    length >= strlen(text) &&
	    strcmp(answered->answer + length - strlen(text), text) == 0,
	    "%s: %s", request, answered->answer);
	must(strstr(answered->answer, "\r\nConnection: close\r\n") != NULL,
	    "it stays open");
}

static void
answer_what_the_lock_says(void *argument)
{
	const struct readiness_facts facts = { .pid = 1 };
	struct answered answered;

	(void)argument;
	start(&answered, false);
	expect(&answered, GET, "HTTP/1.1 503 ", "about to start\n");
	must(readiness_publish(&answered.readiness, &facts) == 0, "publish");
	expect(&answered, GET, "HTTP/1.1 200 OK\r\n", "\r\n\r\nready\n");
	expect(&answered, "HEAD / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 ",
	    "\r\n\r\n");
	must(strstr(answered.answer, "Content-Length: 6\r\n") != NULL,
	    "another length");
	expect(&answered, "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
	    "HTTP/1.1 405 ", "\n");
	expect(&answered, "\x16\x03\x01\x02", "HTTP/1.1 400 ", "\n");
	must(readiness_withdraw(&answered.readiness) == 0, "withdraw");
	expect(&answered, GET, "HTTP/1.1 503 ", "about to start\n");
	state_file_give_up(&answered.readiness.state, "stopped on SIGTERM");
	expect(&answered, GET, "HTTP/1.1 503 ", "stopped on SIGTERM\n");
	readiness_end(&answered.readiness);
	expect(&answered, GET, "HTTP/1.1 503 ", "or this --ready-file?)\n");
}

Test(answer_helper, answers_what_the_lock_and_the_state_file_say)
{
	in_child(answer_what_the_lock_says, NULL);
}

/* It is reset if the helper closes it before it has read what was sent. */
static bool
is_closed(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET;
}

/* Asks in two pieces. True: there was an answer to both and to the first none. */
static bool
ask_in_pieces(struct answered *answered)
{
	struct pollfd readable = {
		.fd = connect_to(answered),
		.events = POLLIN,
	};

	say(readable.fd, "GET / HT");
	must(poll(&readable, 1, 50) == 0 || is_closed(readable.fd),
	    "it answers half a request");
	send(readable.fd, "TP/1.1\r\n\r\n", 10, MSG_NOSIGNAL);
	return read_to_end(readable.fd, answered->answer,
	    sizeof(answered->answer)) > 0;
}

static void
answer_in_pieces(void *argument)
{
	struct answered answered;
	int64_t began;
	bool is_answered;

	(void)argument;
	start(&answered, false);
	do {
		began = clock_monotonic_ms();
		is_answered = ask_in_pieces(&answered);
	} while (!is_answered && clock_monotonic_ms() - began >= PATIENCE_MS);
	must(is_answered, "no answer");
}

Test(answer_helper, waits_for_the_rest_of_a_request)
{
	in_child(answer_in_pieces, NULL);
}

/* Without room made for them, clients would wait for the others' second. */
static void
answer_beside_idle_clients(void *argument)
{
	const struct rlimit limit = { 4 * IDLE_CLIENTS, 4 * IDLE_CLIENTS };
	static int idle[IDLE_CLIENTS];
	struct answered answered;
	struct rlimit found;
	int count = IDLE_CLIENTS;

	(void)argument;
	start(&answered, false);
	getrlimit(RLIMIT_NOFILE, &found);
	if (found.rlim_cur < limit.rlim_cur &&
	    setrlimit(RLIMIT_NOFILE, &limit) < 0)
		count = (int)found.rlim_cur / 2;
	for (int i = 0; i < count; i++) {
		idle[i] = connect_to(&answered);
		if (i % 2 == 1)
			say(idle[i], "GET ");
	}
	expect(&answered, GET, "HTTP/1.1 503 ", "about to start\n");
	must(is_closed(idle[0]), "the oldest one is still there");
}

Test(answer_helper, answers_while_a_thousand_others_say_nothing)
{
	in_child(answer_beside_idle_clients, NULL);
}

static void
give_a_second(void *argument)
{
	struct answered answered;
	struct pollfd readable = { .events = POLLIN };

	(void)argument;
	start(&answered, false);
	readable.fd = connect_to(&answered);
	say(readable.fd, "GET");
	must(poll(&readable, 1, 20000) == 1 && is_closed(readable.fd),
	    "it waits for the client for ever");
}

Test(answer_helper, gives_up_a_client_that_is_too_slow)
{
	in_child(give_a_second, NULL);
}

/* What comes without an end is not read for ever. */
static void
refuse_endless(void *argument)
{
	static char text[65536];
	struct answered answered;
	int fd;

	(void)argument;
	start(&answered, false);
	fd = connect_to(&answered);
	memset(text, 'a', sizeof(text));
	while (send(fd, text, sizeof(text), MSG_NOSIGNAL) > 0)
		continue;
	expect(&answered, GET, "HTTP/1.1 503 ", "about to start\n");
}

Test(answer_helper, cuts_off_a_client_that_sends_without_end)
{
	in_child(refuse_endless, NULL);
}

/*
 * The helper's own descriptors have higher numbers, and the first three are the
 * standard ones: one is left for a client, and none for the readiness file.
 */
static void
answer_without_descriptors(void *argument)
{
	const struct rlimit limit = { 4, 4 };
	struct answered answered;
	char reason[64];

	(void)argument;
	while (dup(STDIN_FILENO) < 64)
		continue;
	snprintf(reason, sizeof(reason), ": %s\n", strerror(EMFILE));
	start(&answered, false);
	must(prlimit(answered.helper.pid, RLIMIT_NOFILE, &limit, NULL) == 0,
	    "no limit");
	connect_to(&answered);
	expect(&answered, GET, "HTTP/1.1 503 ", reason);
}

Test(answer_helper, waits_for_a_descriptor_and_says_what_it_lacks)
{
	in_child(answer_without_descriptors, NULL);
}

static void
take_over_on_order(void *argument)
{
	struct answered answered;
	struct pollfd readable = { .events = POLLIN };

	(void)argument;
	start(&answered, true);
	readable.fd = connect_to(&answered);
	say(readable.fd, GET);
	must(poll(&readable, 1, 50) == 0, "the spare one answers");
	must(!answer_has_ended(&answered.helper), "it has ended");
	answer_take_over(&answered.helper);
	must(poll(&readable, 1, 20000) == 1, "no answer");
}

Test(answer_helper, spare_one_answers_when_it_has_to_take_over)
{
	in_child(take_over_on_order, NULL);
}

static void
end_with_pid_1(void *is_spare)
{
	struct answered answered;

	start(&answered, is_spare != NULL);
	connect_to(&answered);
	helper_close(&answered.helper);
	must(waitpid(answered.helper.pid, NULL, 0) == answered.helper.pid,
	    "no child");
	must(!answer_has_ended(&answered.helper), "that was on purpose");
}

Test(answer_helper, ends_when_process_1_closes_its_end)
{
	in_child(end_with_pid_1, NULL);
	in_child(end_with_pid_1, "spare");
}
