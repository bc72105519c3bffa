/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "readiness/answer_request.h"
#include "base/array.h"

TestSuite(answer_request, .timeout = 10);

static enum answer_asked
read_whole(const char *text)
{
	struct answer_request request = { .bytes = 0 };

	return answer_request_read(&request, text, strlen(text));
}

static enum answer_asked
read_bytes(const char *text)
{
	struct answer_request request = { .bytes = 0 };

	for (const char *c = text; *c != '\0'; c++)
		answer_request_read(&request, c, 1);
	return request.asked;
}

static const struct {
	const char *text;
	enum answer_asked asked;
} samples[] = {
	{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", ANSWER_ASKED_GET },
	{ "GET /readyz?verbose HTTP/1.0\r\n\r\n", ANSWER_ASKED_GET },
	{ "GET http://a/b HTTP/1.1\n\n", ANSWER_ASKED_GET },
	{ "\r\nGET / HTTP/1.1\r\n\r\n", ANSWER_ASKED_GET },
	{ "HEAD / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", ANSWER_ASKED_HEAD },
	{ "GET / HTTP/1.1\r\n\r\nmore\1", ANSWER_ASKED_GET },
	{ "GET / HTTP/1.1\r\nHost: a\r\n", ANSWER_ASKED_UNKNOWN },
	{ "GET / HTTP/1.1", ANSWER_ASKED_UNKNOWN },
	{ "", ANSWER_ASKED_UNKNOWN },
	{ "POST / HTTP/1.1\r\n\r\n", ANSWER_ASKED_OTHER },
	{ "GETS / HTTP/1.1\r\n\r\n", ANSWER_ASKED_OTHER },
	{ "GE / HTTP/1.1\r\n\r\n", ANSWER_ASKED_OTHER },
	{ "HEA / HTTP/1.1\r\n\r\n", ANSWER_ASKED_OTHER },
	{ "HEADS / HTTP/1.1\r\n\r\n", ANSWER_ASKED_OTHER },
	{ "get / HTTP/1.1\r\n\r\n", ANSWER_ASKED_OTHER },
	{ "M-SEARCH * HTTP/1.1\r\n\r\n", ANSWER_ASKED_OTHER },
	{ "GET /\r\n", ANSWER_ASKED_NONSENSE },
	{ " GET / HTTP/1.1\r\n\r\n", ANSWER_ASKED_NONSENSE },
	{ "GET  HTTP/1.1\r\n\r\n", ANSWER_ASKED_NONSENSE },
	{ "GET / HTTP/2.0\r\n\r\n", ANSWER_ASKED_NONSENSE },
	{ "GET / HTTP/1.x\r\n\r\n", ANSWER_ASKED_NONSENSE },
	{ "GET / HTTP/1.11\r\n\r\n", ANSWER_ASKED_NONSENSE },
	{ "GET / HTTP/1.1\r\r\n", ANSWER_ASKED_NONSENSE },
	{ "GET / HTTP/1.1\r\n\rX", ANSWER_ASKED_NONSENSE },
	{ "GET /\x7f HTTP/1.1\r\n\r\n", ANSWER_ASKED_NONSENSE },
	{ "\x16\x03\x01", ANSWER_ASKED_NONSENSE },
	{ "G\xc3\xa9T / HTTP/1.1\r\n\r\n", ANSWER_ASKED_NONSENSE },
};

Test(answer_request, reads_the_method_and_the_end_of_the_head)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		cr_expect_eq(read_whole(samples[i].text), samples[i].asked,
		    "%s", samples[i].text);
		cr_expect_eq(read_bytes(samples[i].text), samples[i].asked,
		    "byte by byte: %s", samples[i].text);
	}
}

Test(answer_request, refuses_a_zero_byte_in_the_head)
{
	static const char text[] = "GET / HTTP/1.1\r\nA: \0\r\n\r\n";
	struct answer_request request = { .bytes = 0 };

	cr_expect_eq(answer_request_read(&request, text, sizeof(text) - 1),
	    ANSWER_ASKED_NONSENSE);
}

/* A head of SIZE bytes in all. */
static enum answer_asked
read_head_of(size_t size)
{
	static const char start[] = "GET / HTTP/1.1\r\nA: ";
	char text[2 * ANSWER_REQUEST_MAX];
	struct answer_request request = { .bytes = 0 };

	memset(text, 'x', size);
	memcpy(text, start, strlen(start));
	memcpy(text + size - 4, "\r\n\r\n", 4);
	return answer_request_read(&request, text, size);
}

Test(answer_request, refuses_a_head_that_is_too_long)
{
	cr_expect_eq(read_head_of(ANSWER_REQUEST_MAX), ANSWER_ASKED_GET);
	cr_expect_eq(read_head_of(ANSWER_REQUEST_MAX + 1),
	    ANSWER_ASKED_NONSENSE);
}
