/* SPDX-License-Identifier: MIT */
/*
 * Reading an HTTP/1 answer, byte by byte and without a system call: to its
 * final status, and then to its end if it says where that is (RFC 9112). Runs
 * in the process of --probe.
 */
#ifndef DINIT_HTTP_ANSWER_H
#define DINIT_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most bytes that are read until the final status is known. */
#define HTTP_ANSWER_HEAD_MAX 8192

/* The most bytes that are read of a whole answer. */
#define HTTP_ANSWER_MAX 65536

/* What is read next. From HTTP_FIELDS on, the final status is known. */
enum http_part {
	HTTP_STATUS,
	HTTP_INTERIM,    /* the fields of a 1xx answer; another one follows */
	HTTP_FIELDS,     /* the fields of the final one */
	HTTP_BODY,       /* whose length the fields have said */
	HTTP_CHUNK_SIZE, /* the end of a chunk, and the size of the next */
	HTTP_CHUNK,
	HTTP_TRAILER, /* fields after the last chunk */
	HTTP_UNTIL_CLOSE,
	HTTP_END,
};

/* How far an answer has been read; all zero at first. */
struct http_answer {
	enum http_part part;
	size_t taken;    /* bytes so far */
	size_t position; /* in the status line */
	int status;      /* the number that its digits so far make */
	bool has_length; /* as its fields say */
	bool is_chunked; /* as its fields say; has_length is ignored then */
	uint64_t left;   /* bytes of the body or chunk still to come */
	size_t line_length;
	char line[64]; /* the first bytes of the line that is being read */
};

/*
 * Reads the next bytes. 0: there is more to come; 1: the answer is complete, or
 * HTTP_ANSWER_MAX bytes have been read; -EBADMSG: it is not HTTP/1; -EMSGSIZE:
 * there is no final status in its first HTTP_ANSWER_HEAD_MAX bytes.
 */
int
http_answer_read(struct http_answer *answer, const char *bytes, size_t length);

/* The final status, 101 or 200 to 599; 0: it is still to come. */
int
http_answer_status(const struct http_answer *answer);

/* True if the answer has said where it will end. */
bool
http_answer_has_end(const struct http_answer *answer);

#endif
