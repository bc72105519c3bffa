/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "readiness/answer_helper.h"
#include "base/clock.h"
#include "base/problem.h"
#include "privileges/lockdown.h"
#include "readiness/answer_request.h"
#include "readiness/asker.h"

#define CLIENTS_MAX 16

/* A client has this long for all that it does. */
#define CLIENT_TIME_MS 1000

/* Read at once: most requests of probes are smaller. */
#define READ_MAX 256

/* The most that is read from a client that has its answer. */
#define IGNORED_MAX 8192

/* After a failure to accept, which would be the same again at once. */
#define PAUSE_MS 10

/* Room for an answer with its body, which is a struct problem. */
#define ANSWER_MAX 1024

struct client {
	int fd;
	int64_t deadline;
	struct answer_request request;
	unsigned int ignored; /* bytes that came after the answer */
};

/* The state of the helper. */
struct answerer {
	const struct answer_plan *plan;
	int order_fd;
	unsigned int count;
	struct client clients[CLIENTS_MAX]; /* the oldest one first */
};

/* --- The answer --- */

/* Returns the status, and sets BODY to what the answer says. */
static const char *
choose_answer(const struct answerer *answerer, enum answer_asked asked,
    struct problem *body)
{
	switch (asked) {
	case ANSWER_ASKED_GET:
	case ANSWER_ASKED_HEAD:
		if (asker_ask(answerer->plan->ready_file, body) != 1)
			return "503 Service Unavailable";
		snprintf(body->text, sizeof(body->text), "ready");
		return "200 OK";
	case ANSWER_ASKED_OTHER:
		snprintf(body->text, sizeof(body->text),
		    "only GET and HEAD are answered");
		return "405 Method Not Allowed\r\nAllow: GET, HEAD";
	case ANSWER_ASKED_UNKNOWN:
	case ANSWER_ASKED_NONSENSE:
		break;
	}
	snprintf(body->text, sizeof(body->text),
	    "no HTTP/1 request with a head of at most %d bytes",
	    ANSWER_REQUEST_MAX);
	return "400 Bad Request";
}

/*
 * The answer fits into the buffer of a new socket. If it does not, the client
 * has made its window that small, and gets what fits.
 */
static void
write_answer(const struct client *client, const char *status, const char *body)
{
	bool has_body = client->request.asked != ANSWER_ASKED_HEAD;
	char answer[ANSWER_MAX];
	int length = snprintf(answer, sizeof(answer),
	    "HTTP/1.1 %s\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Length: %zu\r\n"
	    "Cache-Control: no-store\r\n"
	    "Connection: close\r\n"
	    "\r\n"
	    "%s%s",
	    status, strlen(body) + 1, has_body ? body : "",
	    has_body ? "\n" : "");

	send(client->fd, answer, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
send_answer(const struct answerer *answerer, const struct client *client)
{
	struct problem body;
	const char *status = choose_answer(answerer, client->request.asked,
	    &body);

	write_answer(client, status, body.text);
}

/* --- Clients --- */

/*
 * Reads what a client has sent, and answers once its request is complete. After
 * that it reads on until the client closes: close(2) while something is unread
 * resets the connection, and the client may lose the answer (RFC 9112, 9.6).
 *
 * Returns true if the client is done with.
 */
static bool
hear(const struct answerer *answerer, struct client *client)
{
	char bytes[READ_MAX];
	ssize_t length = read(client->fd, bytes, sizeof(bytes));

	if (length <= 0)
		return length == 0 || (errno != EAGAIN && errno != EINTR);
	if (client->request.asked != ANSWER_ASKED_UNKNOWN) {
		client->ignored += (unsigned int)length;
		return client->ignored > IGNORED_MAX;
	}
	if (answer_request_read(&client->request, bytes, (size_t)length) ==
	    ANSWER_ASKED_UNKNOWN)
		return false;
	send_answer(answerer, client);
	return shutdown(client->fd, SHUT_WR) < 0;
}

static void
drop(struct answerer *answerer, unsigned int which)
{
	struct client *client = &answerer->clients[which];

	close(client->fd);
	answerer->count--;
	memmove(client, client + 1,
	    (answerer->count - which) * sizeof(*client));
}

static void
hear_or_drop(struct answerer *answerer, unsigned int which)
{
	if (hear(answerer, &answerer->clients[which]))
		drop(answerer, which);
}

/* Makes room for one more. The request of the oldest may be there by now. */
static void
drop_oldest(struct answerer *answerer)
{
	hear(answerer, &answerer->clients[0]);
	drop(answerer, 0);
}

/* False: there is no further client, for now. */
static bool
take_client(struct answerer *answerer)
{
	int fd = accept4(answerer->plan->listen_fd, NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED)
		poll(NULL, 0, PAUSE_MS);
	if (fd < 0)
		return false;
	if (answerer->count == CLIENTS_MAX)
		drop_oldest(answerer);
	answerer->clients[answerer->count] = (struct client){
		.fd = fd,
		.deadline = clock_monotonic_ms() + CLIENT_TIME_MS,
	};
	hear_or_drop(answerer, answerer->count++);
	return true;
}

static void
drop_late(struct answerer *answerer)
{
	while (answerer->count > 0 &&
	    answerer->clients[0].deadline <= clock_monotonic_ms())
		drop(answerer, 0);
}

/* --- The loop --- */

/* In ms, as poll(2) takes it. */
static int
time_left(const struct answerer *answerer)
{
	int64_t left;

	if (answerer->count == 0)
		return -1;
	left = answerer->clients[0].deadline - clock_monotonic_ms();
	return left < 0 ? 0 : (int)left;
}

/* One turn of all that has news. False: PID 1 is gone, or wants no more. */
static bool
take_turn(struct answerer *answerer)
{
	enum { ORDERS, LISTENER, FIRST_CLIENT };
	struct pollfd fds[FIRST_CLIENT + CLIENTS_MAX] = {
		[ORDERS] = { .fd = answerer->order_fd, .events = 0 },
		[LISTENER] = { .fd = answerer->plan->listen_fd,
		    .events = POLLIN },
	};

	for (unsigned int i = 0; i < answerer->count; i++)
		fds[FIRST_CLIENT + i] = (struct pollfd){
			.fd = answerer->clients[i].fd,
			.events = POLLIN,
		};
	if (poll(fds, FIRST_CLIENT + answerer->count, time_left(answerer)) < 0)
		return true;
	/* From the last one on, as those behind a dropped one move up. */
	for (unsigned int i = answerer->count; i-- > 0;)
		if (fds[FIRST_CLIENT + i].revents != 0)
			hear_or_drop(answerer, i);
	drop_late(answerer);
	for (int i = 0; i < CLIENTS_MAX && fds[LISTENER].revents != 0; i++)
		if (!take_client(answerer))
			break;
	return fds[ORDERS].revents == 0;
}

/* Waits until the spare is needed. False: it never is. */
static bool
await_order(int order_fd)
{
	char order;
	ssize_t length;

	do
		length = read(order_fd, &order, 1);
	while (length < 0 && errno == EINTR);
	return length > 0;
}

/*
 * The helper also ends with a dinit that is not PID 1 and is killed, even while
 * somebody has stopped the helper: SIGKILL comes from the kernel.
 */
void
answer_helper_main(const void *plan, int order_fd)
{
	struct answerer answerer = { .plan = plan, .order_fd = order_fd };

	prctl(PR_SET_PDEATHSIG, (long)SIGKILL);
	/* If a filter denies this, the folder only stays in use. */
	(void)!chdir("/");
	if (answerer.plan->locks_down) {
		lockdown_drop_capabilities(NULL);
		lockdown_filter_calls(&lockdown_answer_list);
	}
	if (answerer.plan->is_spare && !await_order(order_fd))
		return;
	while (take_turn(&answerer))
		continue;
}
