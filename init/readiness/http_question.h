/* SPDX-License-Identifier: MIT */
/*
 * Asking an HTTP server over a connection. Only the status of its answer is
 * kept. Runs in the process of --probe.
 */
#ifndef DINIT_HTTP_QUESTION_H
#define DINIT_HTTP_QUESTION_H

#include <stddef.h>
#include <stdint.h>

/* The longest HOST, and the longest RESOURCE. */
#define HTTP_QUESTION_PART_MAX 2000

/* Visible ASCII characters only, so that no other request can be forged. */
struct http_question {
	const char *resource; /* what to GET; the first slash may be missing */
	const char *host;     /* for the field Host, not terminated */
	size_t host_length;
};

/*
 * Asks over FD, a connection with that DEADLINE (connection.h). Returns the
 * status that the server answers with, whatever happens to the rest of its
 * answer; or -errno: -ENODATA: the server has closed the connection without an
 * answer; -EBADMSG and -EMSGSIZE: as http_answer_read.
 */
int
http_question_ask(int fd, const struct http_question *question,
    int64_t deadline);

#endif
