/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>

#include "readiness/http_question.h"
#include "base/clock.h"
#include "readiness/connection.h"
#include "readiness/http_answer.h"

/* Room for a request: its two parts, and a text that is always the same. */
#define REQUEST_MAX (2 * HTTP_QUESTION_PART_MAX + 128)

/* How many bytes are read at once. */
#define PIECE_MAX 1024

/*
 * A server that has not said where its answer ends has to close the connection.
 * If it is silent for SILENCE_MS, it will not do that: nc -l, for example,
 * waits until the client closes it.
 */
#define SILENCE_MS 1000

static int
send_request(int fd, const struct http_question *question, int64_t deadline)
{
	char text[REQUEST_MAX];
	size_t sent = 0;
	size_t length = (size_t)snprintf(text, sizeof(text),
	    "GET %s%s HTTP/1.1\r\nHost: %.*s\r\n"
	    "User-Agent: dinit/" DINIT_VERSION "\r\nAccept: */*\r\n"
	    "Connection: close\r\n\r\n",
	    question->resource[0] == '/' ? "" : "/", question->resource,
	    (int)question->host_length, question->host);

	while (sent < length) {
		ssize_t more = send(fd, text + sent, length - sent,
		    MSG_NOSIGNAL);
		int error = 0;

		if (more >= 0)
			sent += (size_t)more;
		else if (errno != EAGAIN)
			return -errno;
		else
			error = connection_await(fd, POLLOUT, deadline);
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
	int error = connection_await(fd, POLLIN, deadline);
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

int
http_question_ask(int fd, const struct http_question *question,
    int64_t deadline)
{
	int error = send_request(fd, question, deadline);

	return error < 0 ? error : receive_answer(fd, deadline);
}
