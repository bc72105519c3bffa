/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "readiness/probe.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/signals.h"
#include "readiness/http_answer.h"

/* The pause between two tries to connect to a Unix socket with a full queue. */
#define QUEUE_PAUSE_MS 10

/* Room for a request: parts of the URL, and a text that is always the same. */
#define REQUEST_MAX (PROBE_TARGET_URL_MAX + 128)

/* How many bytes are read at once. */
#define PIECE_MAX 1024

/*
 * A server that has not said where its answer ends has to close the connection.
 * If it is silent for SILENCE_MS, it will not do that: nc -l, for example,
 * waits until the client closes it.
 */
#define SILENCE_MS 1000

/*
 * Waits until FD has EVENTS. 0 or -errno; -ETIME: the deadline is past. Once it
 * is past, FD is not looked at any more, so that a server that sends for ever
 * does not hold up the check.
 */
static int
wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline - clock_monotonic_ms();
		int ready;

		if (left <= 0)
			return -ETIME;
		ready = poll(&poll_fd, 1, left > INT_MAX ? INT_MAX : (int)left);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return -errno;
	}
}

/*
 * True if FD is connected to itself. While no server listens, the kernel may
 * choose for our end the very port that we connect to, and TCP takes that for a
 * simultaneous open. An app that takes 30 s to start is probed so often that
 * this does happen.
 */
static bool
has_met_itself(int fd)
{
	struct sockaddr_in6 here = { .sin6_family = AF_UNSPEC };
	struct sockaddr_in6 there = { .sin6_family = AF_UNSPEC };
	socklen_t here_length = sizeof(here);
	socklen_t there_length = sizeof(there);

	return getsockname(fd, (struct sockaddr *)&here, &here_length) == 0 &&
	    getpeername(fd, (struct sockaddr *)&there, &there_length) == 0 &&
	    memcmp(&here, &there, sizeof(here)) == 0;
}

/* Waits for the end of a connect(2) that is in progress. 0 or -errno. */
static int
await_connection(int fd, int64_t deadline)
{
	int error = wait_for(fd, POLLOUT, deadline);
	socklen_t length = sizeof(error);

	if (error < 0)
		return error;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -errno;
	if (error == 0 && has_met_itself(fd))
		error = ECONNREFUSED;
	return -error;
}

/* Where to connect to. Family AF_UNSPEC: nowhere. */
struct endpoint {
	const struct sockaddr *address;
	socklen_t length;
};

static int
connect_to(int fd, const struct endpoint *endpoint, int64_t deadline)
{
	while (connect(fd, endpoint->address, endpoint->length) < 0) {
		int64_t next = clock_monotonic_ms() + QUEUE_PAUSE_MS;

		if (errno == EINPROGRESS)
			return await_connection(fd, deadline);
		if (errno != EAGAIN)
			return -errno;
		/* poll(2) cannot wait for room in a Unix socket's queue. */
		if (next >= deadline)
			return wait_for(-1, 0, deadline);
		wait_for(-1, 0, next);
	}
	return 0;
}

/* Returns a connected descriptor or -errno. */
static int
open_connection(const struct endpoint *endpoint, int64_t deadline)
{
	int fd = socket(endpoint->address->sa_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd < 0)
		return -errno;
	error = connect_to(fd, endpoint, deadline);
	if (error < 0) {
		close(fd);
		return error;
	}
	return fd;
}

static int
send_request(int fd, const struct probe_target *target, int64_t deadline)
{
	char text[REQUEST_MAX];
	size_t sent = 0;
	size_t length = (size_t)snprintf(text, sizeof(text),
	    "GET %s%s HTTP/1.1\r\nHost: %.*s\r\n"
	    "User-Agent: dinit/" DINIT_VERSION "\r\nAccept: */*\r\n"
	    "Connection: close\r\n\r\n",
	    target->resource[0] == '/' ? "" : "/", target->resource,
	    (int)target->authority_length, target->authority);

	while (sent < length) {
		ssize_t more = send(fd, text + sent, length - sent,
		    MSG_NOSIGNAL);
		int error = 0;

		if (more >= 0)
			sent += (size_t)more;
		else if (errno != EAGAIN)
			return -errno;
		else
			error = wait_for(fd, POLLOUT, deadline);
		if (error < 0)
			return error;
	}
	return 0;
}

/*
 * Reads once from FD. Returns what http_answer_read does; or -errno; -ENODATA:
 * the server has closed the connection.
 */
static int
receive_piece(int fd, struct http_answer *answer, int64_t deadline)
{
	char piece[PIECE_MAX];
	int error = wait_for(fd, POLLIN, deadline);
	ssize_t length;

	if (error < 0)
		return error;
	length = recv(fd, piece, sizeof(piece), 0);
	if (length > 0)
		return http_answer_read(answer, piece, (size_t)length);
	if (length == 0)
		return -ENODATA;
	return errno == EAGAIN ? 0 : -errno;
}

/*
 * Reads the rest of an answer whose status is known. Otherwise servers log a
 * broken pipe at each check. What happens here does not change the result.
 *
 * A server that has said where its answer ends may take four fifths of the time
 * that is left. It may not take all of it, because a health command has the
 * same time-out as the check, and the health helper would kill this process.
 */
static void
receive_rest(int fd, struct http_answer *answer, int64_t deadline)
{
	int64_t left = deadline - clock_monotonic_ms();
	int64_t limit = deadline - left / 5;
	int result = 0;

	while (result == 0) {
		int64_t silence = clock_monotonic_ms() + SILENCE_MS;
		bool is_patient = http_answer_has_end(answer) &&
		    deadline != INT64_MAX;

		result = receive_piece(fd, answer,
		    is_patient || limit < silence ? limit : silence);
	}
}

static int
receive_answer(int fd, int64_t deadline)
{
	struct http_answer answer = { .taken = 0 };
	int result = 0;

	while (result == 0 && http_answer_status(&answer) == 0)
		result = receive_piece(fd, &answer, deadline);
	if (result < 0)
		return result;
	if (result == 0)
		receive_rest(fd, &answer, deadline);
	return http_answer_status(&answer);
}

/* Asks over the connection FD. Returns what probe_run does. */
static int
ask_server(int fd, const struct probe_target *target, int64_t deadline)
{
	int error;

	if (target->resource == NULL)
		return 0;
	error = send_request(fd, target, deadline);
	return error < 0 ? error : receive_answer(fd, deadline);
}

/*
 * Asks one endpoint after the other, until one is healthy or the time is over.
 * If none is healthy, the result is that of the first endpoint that accepted a
 * connection, as that says more than a refusal; if none did, of the last one.
 */
static int
ask_in_turn(const struct endpoint *endpoints, size_t count,
    const struct probe_target *target, int64_t deadline)
{
	bool was_connected = false;
	int result = -EINVAL;

	for (size_t i = 0; i < count; i++) {
		int next;
		int fd;

		if (endpoints[i].address->sa_family == AF_UNSPEC)
			continue;
		fd = next = open_connection(&endpoints[i], deadline);
		if (fd >= 0) {
			next = ask_server(fd, target, deadline);
			close(fd);
		}
		if (!was_connected || probe_is_healthy(next))
			result = next;
		was_connected |= fd >= 0;
		if (probe_is_healthy(next) || next == -ETIME)
			break;
	}
	return result;
}

int
probe_run(const struct probe_target *target, int64_t timeout_ms)
{
	struct sockaddr_un local = { .sun_family = AF_UNSPEC };
	const struct endpoint endpoints[] = {
		{ (const struct sockaddr *)&local, sizeof(local) },
		{ (const struct sockaddr *)&target->six, sizeof(target->six) },
		{ (const struct sockaddr *)&target->four,
		    sizeof(target->four) },
	};
	int64_t deadline = timeout_ms == 0 ? INT64_MAX
					   : clock_monotonic_ms() + timeout_ms;

	if (target->path != NULL) {
		local.sun_family = AF_UNIX;
		snprintf(local.sun_path, sizeof(local.sun_path), "%s",
		    target->path);
	}
	return ask_in_turn(endpoints, ARRAY_SIZE(endpoints), target, deadline);
}

bool
probe_is_healthy(int result)
{
	return result == 0 || (result >= 200 && result <= 399);
}

/* Writes why there was no answer or no connection. */
static void
format_failure(int error, int64_t timeout_ms, char *text, size_t size)
{
	char timeout[DURATION_TEXT_MAX];

	switch (error) {
	case -ETIME:
		duration_format(timeout_ms, timeout, sizeof(timeout));
		snprintf(text, size, "no answer within %s", timeout);
		break;
	case -ENODATA:
		snprintf(text, size, "closed without an answer");
		break;
	case -EBADMSG:
		snprintf(text, size, "the answer is not HTTP/1");
		break;
	case -EMSGSIZE:
		snprintf(text, size, "no final status in the first %d KiB",
		    HTTP_ANSWER_HEAD_MAX / 1024);
		break;
	default:
		snprintf(text, size, "%s", strerror(-error));
		break;
	}
}

void
probe_format_result(const struct probe_target *target, int64_t timeout_ms,
    int result, char text[PROBE_RESULT_MAX])
{
	const char *verdict = probe_is_healthy(result) ? "healthy"
						       : "unhealthy";
	char failure[96];

	if (result > 0) {
		snprintf(text, PROBE_RESULT_MAX, "%s: %s answered %d", verdict,
		    target->url, result);
	} else if (result == 0) {
		snprintf(text, PROBE_RESULT_MAX, "%s: %s accepts connections",
		    verdict, target->url);
	} else {
		format_failure(result, timeout_ms, failure, sizeof(failure));
		snprintf(text, PROBE_RESULT_MAX, "%s: %s: %s", verdict,
		    target->url, failure);
	}
}

/*
 * There is no app to relay signals to, so they get their old dispositions back.
 * SIGPIPE is ignored, because the exit status counts even if nobody reads the
 * line.
 */
int
probe_print_result(const struct probe_target *target, int64_t timeout_ms,
    const struct signal_state *found)
{
	char line[PROBE_RESULT_MAX];
	int result;

	signals_hand_back(found);
	signal(SIGPIPE, SIG_IGN);
	result = probe_run(target, timeout_ms);
	probe_format_result(target, timeout_ms, result, line);
	dprintf(STDOUT_FILENO, "%s\n", line);
	return probe_is_healthy(result) ? 0 : 1;
}
