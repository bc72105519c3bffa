/* SPDX-License-Identifier: MIT */
/*
 * --probe: one health check of a server. Runs in a process that does nothing
 * else.
 *
 * URLs and answers are read without a system call; only probe_run connects to a
 * server. There is no resolver: HOST is an address or localhost.
 */
#ifndef DINIT_PROBE_H
#define DINIT_PROBE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct signal_state;

/* The longest URL that is taken. */
#define PROBE_URL_MAX 2000

/* Room for any line that probe_format_result writes. */
#define PROBE_RESULT_MAX (PROBE_URL_MAX + 128)

/* What a URL asks for. All pointers point into the URL. */
struct probe_target {
	const char *url;
	const char *path;        /* unix: of the socket; otherwise NULL */
	struct sockaddr_in6 six; /* tried first; family 0: not tried */
	struct sockaddr_in four; /* tried then; family 0: not tried */
	const char *resource;    /* http: what to GET; otherwise NULL */
	const char *authority;   /* http: HOST:PORT as it was written */
	size_t authority_length;
};

/*
 * Reads tcp://HOST:PORT, http://HOST[:PORT][/PATH][?QUERY] or unix:///PATH.
 * 0 and OUT, which points into URL; or -errno, for probe_expectation.
 */
int
probe_parse_url(const char *url, struct probe_target *out);

/* What --probe expects of a URL where probe_parse_url has returned ERROR. */
const char *
probe_expectation(int error);

/*
 * Checks the server. TIMEOUT_MS is for all of the check; 0: no limit. Returns
 * the status that the server answered with, whatever happened to the rest of
 * its answer; 0: the server accepted the connection, and TARGET asks for no
 * more; or -errno: -ENODATA: the server closed the connection without an
 * answer; -ETIME: the time is over; -EBADMSG and -EMSGSIZE: as
 * http_answer_read.
 */
int
probe_run(const struct probe_target *target, int64_t timeout_ms);

/* True if RESULT, which probe_run has returned, means a healthy server. */
bool
probe_is_healthy(int result);

/* Writes one line on the RESULT of probe_run, without a newline. */
void
probe_format_result(const struct probe_target *target, int64_t timeout_ms,
    int result, char text[PROBE_RESULT_MAX]);

/*
 * All that --probe does: gives the signals back as FOUND, runs the check, and
 * prints the line of probe_format_result. Returns the exit status: 0 if the
 * server is healthy, otherwise 1.
 */
int
probe_print_result(const struct probe_target *target, int64_t timeout_ms,
    const struct signal_state *found);

#endif
