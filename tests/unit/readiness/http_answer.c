/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "readiness/http_answer.h"
#include "base/array.h"

TestSuite(http_answer, .timeout = 30);

#define OK "HTTP/1.1 200 OK\r\n"
#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

/* Reads TEXT at once, and also byte by byte, which must give the same. */
static int
read_answer(struct http_answer *answer, const char *text)
{
	struct http_answer bytewise = { .taken = 0 };
	int result;
	int same = 0;

	*answer = bytewise;
	result = http_answer_read(answer, text, strlen(text));
	for (const char *c = text; *c != '\0' && same == 0; c++)
		same = http_answer_read(&bytewise, c, 1);
	cr_expect_eq(result, same, "%d byte by byte: %s", same, text);
	cr_expect_eq(answer->taken, bytewise.taken, "%s", text);
	return result;
}

/* Reads TEXT. The status, or -errno; 0: the status is still to come. */
static int
read_status(const char *text)
{
	struct http_answer answer;
	int result = read_answer(&answer, text);

	return result < 0 ? result : http_answer_status(&answer);
}

Test(http_answer, reads_status_lines)
{
	static const struct {
		const char *text;
		int result;
	} samples[] = {
		{ OK "\r\n", 200 },
		{ "HTTP/1.0 200 OK\r\n", 200 },
		{ "HTTP/1.1 204 ", 204 },
		{ "HTTP/1.1 301\r\n", 301 },
		{ "HTTP/1.1 404\n", 404 },
		{ "HTTP/1.1 599 ?\r\n", 599 },
		{ "HTTP/1.1 101 Switching Protocols\r\n", 101 },
		{ "", 0 },
		{ "H", 0 },
		{ "HTTP/1.1 200", 0 },
		{ CONTINUE, 0 },
		{ CONTINUE OK, 200 },
		{ "HTTP/1.1 100\n\n" OK, 200 },
		{ "HTTP/1.1 100 \r\n\r\nHTTP/1.0 503 ", 503 },
		{ "HTTP/1.1 102 Processing\r\nA: b\r\nC:\r\n\r\n"
		    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" OK, 200 },
		{ "HTTP/1.1 100 Continue\r\n" OK, 0 },
		{ CONTINUE "<html>", -EBADMSG },
		{ "HTTP/1.1 200OK\r\n", -EBADMSG },
		{ "HTTP/1.1 2000 ", -EBADMSG },
		{ "HTTP/1.1 20 OK\r\n", -EBADMSG },
		{ "HTTP/1.1  200 OK\r\n", -EBADMSG },
		{ "HTTP/1.1\t200 OK\r\n", -EBADMSG },
		{ "HTTP/1.1 +20 OK\r\n", -EBADMSG },
		{ "HTTP/1.1 000 ?\r\n", -EBADMSG },
		{ "HTTP/1.1 099 ?\r\n", -EBADMSG },
		{ "HTTP/1.1 600 ?\r\n", -EBADMSG },
		{ "HTTP/1.1\r\n", -EBADMSG },
		{ "HTTP/2 200\r\n", -EBADMSG },
		{ "HTTP/0.9 200\r\n", -EBADMSG },
		{ "http/1.1 200 OK\r\n", -EBADMSG },
		{ "\r\n" OK, -EBADMSG },
		{ " " OK, -EBADMSG },
		{ "<html>", -EBADMSG },
		{ "220 mail ESMTP\r\n", -EBADMSG },
		{ "\377\376", -EBADMSG },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		cr_expect_eq(read_status(samples[i].text), samples[i].result,
		    "%s", samples[i].text);
}

Test(http_answer, reads_no_head_without_end)
{
	static char text[2 * HTTP_ANSWER_HEAD_MAX];
	const char *const starts[] = {
		"HTTP/1.1 100 Continue", "HTTP/1.1 100 Continue\r\nX: ",
	};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		size_t start = strlen(starts[i]);

		memset(text, 'x', sizeof(text) - 1);
		memcpy(text, starts[i], start);
		cr_expect_eq(read_status(text), -EMSGSIZE);
		/* What comes after the limit does not count. */
		strcpy(text + HTTP_ANSWER_HEAD_MAX - 12, "\r\n\r\n" OK);
		cr_expect_eq(read_status(text), -EMSGSIZE);
		strcpy(text + HTTP_ANSWER_HEAD_MAX - 17, "\r\n\r\n" OK);
		cr_expect_eq(read_status(text), 200);
	}
}

/* TEXT is complete, and what follows it on the connection is not read. */
static void
expect_end(const char *text)
{
	struct http_answer answer;

	cr_expect_eq(read_answer(&answer, text), 1, "%s", text);
	cr_expect_eq(answer.taken, strlen(text), "%zu: %s", answer.taken, text);
	cr_expect_eq(http_answer_read(&answer, "more", 4), 1);
	cr_expect_eq(answer.taken, strlen(text), "%s", text);
}

Test(http_answer, ends_where_it_says)
{
	static const char *const samples[] = {
		OK "Content-Length: 0\r\n\r\n",
		OK "Content-Length: 4\r\n\r\nfine",
		OK "content-length:4\r\n\r\n\r\n\r\n",
		OK "CONTENT-LENGTH: \t 4 \r\n\r\nfine",
		"HTTP/1.1 200\nContent-Length: 4\n\nfine",
		"HTTP/1.1 503 \r\nA: b\r\nContent-Length: 2\r\n\r\nno",
		CONTINUE OK "Content-Length: 4\r\n\r\nfine",
		"HTTP/1.1 103 \r\nContent-Length: 9\r\n\r\n"
		    OK "Content-Length: 4\r\n\r\nfine",
		CHUNKED "0\r\n\r\n",
		CHUNKED "4\r\nfine\r\n0\r\n\r\n",
		CHUNKED "1\r\nf\r\n3\r\nine\r\n00\r\n\r\n",
		CHUNKED "0A;name=value\r\n0123456789\r\n0\r\n"
		    "Trailer: of it\r\n\r\n",
		CHUNKED "4\r\n\r\n\r\n\r\n0\r\n\r\n",
		OK "Transfer-Encoding: gzip, Chunked\r\n"
		    "Content-Length: 9\r\n\r\n4\r\nfine\r\n0\r\n\r\n",
		/* These statuses have no body, whatever a field says. */
		"HTTP/1.1 204 \r\n\r\n",
		"HTTP/1.1 304 \r\nContent-Length: 9\r\n\r\n",
		"HTTP/1.1 101 \r\nUpgrade: x\r\n\r\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		expect_end(samples[i]);
}

Test(http_answer, knows_whether_it_has_said_where_it_ends)
{
	static const struct {
		const char *text;
		bool has_end;
	} samples[] = {
		{ "HTTP/1.1 20", false },
		{ CONTINUE, false },
		{ OK "Content-Length: 4\r\n", false },
		{ OK "Content-Length: 4\r\n\r\n", true },
		{ OK "Content-Length: 4\r\n\r\nfin", true },
		{ CHUNKED, true },
		{ CHUNKED "4\r\nfine", true },
		{ CHUNKED "4\r\nfine\r\n0\r\nX", true },
		{ OK "\r\n", false },
		{ OK "\r\nContent-Length: 4\r\n\r\n", false },
		{ "HTTP/1.1 200 Content-Length: 4\r\n\r\nfine", false },
		{ "HTTP/1.1 200 \r\nX-Content-Length: 4\r\n\r\nfine", false },
		{ OK "Content-Length : 4\r\n\r\nfine", false },
		{ OK "Content-Length: -4\r\n\r\nfine", false },
		{ OK "Content-Length: four\r\n\r\nfine", false },
		{ OK "Transfer-Encoding: identity\r\n\r\nfine", false },
		{ CHUNKED "no chunk\r\n0\r\n\r\n", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		struct http_answer answer;

		cr_expect_eq(read_answer(&answer, samples[i].text), 0, "%s",
		    samples[i].text);
		cr_expect_eq(http_answer_has_end(&answer), samples[i].has_end,
		    "%s", samples[i].text);
	}
}

Test(http_answer, is_read_up_to_64_kib_and_no_further)
{
	static const char *const starts[] = {
		OK "X: ", OK "\r\n", OK "Content-Length: 999999999\r\n\r\n",
		OK "Content-Length: 99999999999999999999999\r\n\r\n",
		CHUNKED "ffffffffffffffffffff\r\n", CHUNKED "0\r\nX: ",
	};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		static char text[2 * HTTP_ANSWER_MAX];
		struct http_answer answer;

		memset(text, 'x', sizeof(text) - 1);
		memcpy(text, starts[i], strlen(starts[i]));
		cr_expect_eq(read_answer(&answer, text), 1, "%s", starts[i]);
		cr_expect_eq(answer.taken, HTTP_ANSWER_MAX, "%s", starts[i]);
		cr_expect_eq(http_answer_status(&answer), 200);
	}
}
