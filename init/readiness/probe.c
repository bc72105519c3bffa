/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "readiness/probe.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/text.h"
#include "readiness/connection.h"
#include "readiness/http_answer.h"
#include "readiness/http_question.h"
#include "readiness/http_statuses.h"
#include "readiness/listening.h"

/* Otherwise http_question_ask would have no room for a part of the URL. */
static_assert(PROBE_TARGET_URL_MAX <= HTTP_QUESTION_PART_MAX,
    "raise HTTP_QUESTION_PART_MAX");

/* What probe_run has been asked. */
struct check {
	const struct probe_target *target;
	const struct probe_rules *rules;
	int64_t deadline;
};

static bool
is_healthy(const struct check *check, int answer)
{
	return answer == 0 || http_statuses_has(check->rules->statuses, answer);
}

/* --- Servers: these return the answer of struct probe_result --- */

/* Asks over the connection FD. */
static int
ask_server(int fd, const struct check *check)
{
	const struct probe_target *target = check->target;
	const char *host = check->rules->host;
	const struct http_question question = {
		.resource = target->resource,
		.host = host != NULL ? host : target->authority,
		.host_length = host != NULL ? strlen(host)
					    : target->authority_length,
	};

	return target->scheme == PROBE_HTTP
	    ? http_question_ask(fd, &question, check->deadline)
	    : 0;
}

/*
 * Asks one endpoint after the other, until one is healthy or the time is over.
 * If none is healthy, the result is that of the first endpoint that accepted a
 * connection, as that says more than a refusal; if none did, of the last one.
 */
static int
ask_in_turn(const struct connection_endpoint *endpoints, size_t count,
    const struct check *check)
{
	bool was_connected = false;
	int answer = -EINVAL;

	for (size_t i = 0; i < count; i++) {
		int next;
		int fd;

		if (endpoints[i].address->sa_family == AF_UNSPEC)
			continue;
		fd = next = connection_open(&endpoints[i], check->deadline);
		if (fd >= 0) {
			next = ask_server(fd, check);
			close(fd);
		}
		if (!was_connected || is_healthy(check, next))
			answer = next;
		was_connected |= fd >= 0;
		if (is_healthy(check, next) || next == -ETIME)
			break;
	}
	return answer;
}

static int
ask_by_network(const struct check *check)
{
	const struct probe_target *target = check->target;
	const struct connection_endpoint endpoints[] = {
		{ (const struct sockaddr *)&target->six, sizeof(target->six) },
		{ (const struct sockaddr *)&target->four,
		    sizeof(target->four) },
	};

	return ask_in_turn(endpoints, ARRAY_SIZE(endpoints), check);
}

static int
ask_by_path(const struct check *check)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	const struct connection_endpoint endpoint = {
		(const struct sockaddr *)&local,
		sizeof(local),
	};

	snprintf(local.sun_path, sizeof(local.sun_path), "%s",
	    check->target->path);
	return ask_in_turn(&endpoint, 1, check);
}

/* --- What needs no connection --- */

static int
find_listener(const struct check *check)
{
	int found = listening_has_port(check->target->port);

	if (found < 0)
		return found;
	return found == 1 ? 0 : -ECONNREFUSED;
}

/* The milliseconds from CHANGED to now, at most DURATION_MAX_MS either way. */
static int64_t
age_of(const struct timespec *changed)
{
	const int64_t limit = DURATION_MAX_MS / 1000;
	struct timespec now = clock_wall();
	/* What is dated before 1970 is old enough as if dated then. */
	int64_t then = changed->tv_sec < 0 ? 0 : changed->tv_sec;
	int64_t seconds = now.tv_sec - then;

	if (seconds >= limit || seconds <= -limit)
		return seconds < 0 ? -DURATION_MAX_MS : DURATION_MAX_MS;
	return seconds * 1000 +
	    (now.tv_nsec - changed->tv_nsec) / CLOCK_NS_PER_MS;
}

/*
 * A file that is dated ahead of the clock is as good as one that is as old, but
 * no better: after the clock was set back, the heartbeat of a dead worker would
 * otherwise be young until the clock is there again.
 */
static int
look_at_file(const struct check *check, int64_t *age_ms)
{
	int64_t max_age_ms = check->rules->max_age_ms;
	struct stat status;

	if (stat(check->target->path, &status) < 0)
		return -errno;
	*age_ms = age_of(&status.st_mtim);
	return max_age_ms > 0 && llabs(*age_ms) > max_age_ms ? -ESTALE : 0;
}

static int
find_answer(const struct check *check, int64_t *age_ms)
{
	switch (check->target->scheme) {
	case PROBE_TCP:
	case PROBE_HTTP:
		return ask_by_network(check);
	case PROBE_UNIX:
		return ask_by_path(check);
	case PROBE_LISTEN:
		return find_listener(check);
	case PROBE_FILE:
		return look_at_file(check, age_ms);
	}
	return -EINVAL;
}

void
probe_run(const struct probe_target *target, const struct probe_rules *rules,
    int64_t deadline, struct probe_result *out)
{
	const struct check check = { target, rules, deadline };

	*out = (struct probe_result){ .age_ms = 0 };
	out->answer = find_answer(&check, &out->age_ms);
	out->is_healthy = is_healthy(&check, out->answer);
}

/* --- Words --- */

/* What there is to say of a healthy target that has given no status. */
static void
append_presence(const struct probe_target *target,
    const struct probe_rules *rules, int64_t age_ms,
    char text[PROBE_RESULT_MAX])
{
	char age[DURATION_TEXT_MAX];

	duration_format(age_ms < 0 ? 0 : age_ms, age, sizeof(age));
	if (target->scheme == PROBE_LISTEN)
		text_append(text, PROBE_RESULT_MAX, " has a listening socket");
	else if (target->scheme != PROBE_FILE)
		text_append(text, PROBE_RESULT_MAX, " accepts connections");
	else if (rules->max_age_ms == 0)
		text_append(text, PROBE_RESULT_MAX, " exists");
	else
		text_append(text, PROBE_RESULT_MAX, " changed %s ago", age);
}

static void
append_age(const struct probe_rules *rules, int64_t age_ms,
    char text[PROBE_RESULT_MAX])
{
	char age[DURATION_TEXT_MAX];
	char limit[DURATION_TEXT_MAX];

	duration_format(llabs(age_ms), age, sizeof(age));
	duration_format(rules->max_age_ms, limit, sizeof(limit));
	text_append(text, PROBE_RESULT_MAX,
	    age_ms > 0 ? ": last changed %s ago, more than %s"
		       : ": dated %s ahead of the clock, more than %s",
	    age, limit);
}

/* Why nobody is known to listen. */
static void
append_absence(int error, char text[PROBE_RESULT_MAX])
{
	if (error == -ECONNREFUSED)
		text_append(text, PROBE_RESULT_MAX,
		    ": no socket listens on this port");
	else
		text_append(text, PROBE_RESULT_MAX,
		    ": cannot read /proc/net/tcp: %s", strerror(-error));
}

/* Why there was no answer, no connection or no file. */
static void
append_failure(int error, int64_t timeout_ms, char text[PROBE_RESULT_MAX])
{
	char timeout[DURATION_TEXT_MAX];

	switch (error) {
	case -ETIME:
		duration_format(timeout_ms, timeout, sizeof(timeout));
		text_append(text, PROBE_RESULT_MAX, ": no answer within %s",
		    timeout);
		break;
	case -ENODATA:
		text_append(text, PROBE_RESULT_MAX,
		    ": closed without an answer");
		break;
	case -EBADMSG:
		text_append(text, PROBE_RESULT_MAX,
		    ": the answer is not HTTP/1");
		break;
	case -EMSGSIZE:
		text_append(text, PROBE_RESULT_MAX,
		    ": no final status in the first %d KiB",
		    HTTP_ANSWER_HEAD_MAX / 1024);
		break;
	default:
		text_append(text, PROBE_RESULT_MAX, ": %s", strerror(-error));
		break;
	}
}

void
probe_format_result(const struct probe_target *target,
    const struct probe_rules *rules, const struct probe_result *result,
    char text[PROBE_RESULT_MAX])
{
	int answer = result->answer;

	snprintf(text, PROBE_RESULT_MAX, "%s", target->url);
	if (answer > 0)
		text_append(text, PROBE_RESULT_MAX, " answered %d", answer);
	else if (answer == 0)
		append_presence(target, rules, result->age_ms, text);
	else if (target->scheme == PROBE_LISTEN)
		append_absence(answer, text);
	else if (target->scheme == PROBE_FILE && answer == -ESTALE)
		append_age(rules, result->age_ms, text);
	else
		append_failure(answer, rules->timeout_ms, text);
}
