/* SPDX-License-Identifier: MIT */
/*
 * The request of an HTTP client, read byte by byte as far as an answer depends
 * on it: its method, whether it is HTTP/1 (RFC 9112), and where its head ends.
 * Nothing of it is kept. Runs in dinit-answer.
 */
#ifndef DINIT_ANSWER_REQUEST_H
#define DINIT_ANSWER_REQUEST_H

#include <stddef.h>

/* A longer head is refused. */
#define ANSWER_REQUEST_MAX 1024

/* What is asked for, as far as is known. */
enum answer_asked {
	ANSWER_ASKED_UNKNOWN, /* the head has not ended yet */
	ANSWER_ASKED_GET,
	ANSWER_ASKED_HEAD,
	ANSWER_ASKED_OTHER,    /* by another method */
	ANSWER_ASKED_NONSENSE, /* it is no HTTP/1, or its head is too long */
};

/* The part of the head that the next byte belongs to. */
enum answer_part {
	ANSWER_PART_METHOD,
	ANSWER_PART_TARGET,
	ANSWER_PART_VERSION,
	ANSWER_PART_LINE_END, /* the rest of the request line */
	ANSWER_PART_LINE_START,
	ANSWER_PART_LINE,
	ANSWER_PART_HEAD_END, /* the newline that ends the head */
};

/* Starts as zeros. */
struct answer_request {
	enum answer_part part;
	unsigned int bytes;  /* of the head */
	unsigned int length; /* of the part, as far as it was read */
	enum answer_asked method;
	enum answer_asked asked;
};

/*
 * Reads LENGTH further bytes. Returns REQUEST's asked, which does not change
 * any more once it is not ANSWER_ASKED_UNKNOWN.
 */
enum answer_asked
answer_request_read(struct answer_request *request, const char *bytes,
    size_t length);

#endif
