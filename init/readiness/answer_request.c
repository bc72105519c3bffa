/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <string.h>

#include "readiness/answer_request.h"

static bool
is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

/* Goes on to PART. Returns true, as all that read one byte soundly. */
static bool
begin(struct answer_request *request, enum answer_part part)
{
	request->part = part;
	request->length = 0;
	return true;
}

/* The word of a method that is answered; "" for all others. */
static const char *
method_name(enum answer_asked method)
{
	return method == ANSWER_ASKED_GET ? "GET"
	    : method == ANSWER_ASKED_HEAD ? "HEAD"
					  : "";
}

/*
 * The method is the word that all bytes so far, and C, are the beginning of.
 * Its first byte tells the words apart.
 */
static bool
read_method_byte(struct answer_request *request, char c)
{
	unsigned int at = request->length++;
	const char *name;

	if (at == 0)
		request->method = c == 'H' ? ANSWER_ASKED_HEAD
					   : ANSWER_ASKED_GET;
	name = method_name(request->method);
	if (at >= strlen(name) || c != name[at])
		request->method = ANSWER_ASKED_OTHER;
	return is_letter_or_digit(c) || (c != '\0' && strchr("-_", c) != NULL);
}

/* GE is another method than GET. */
static void
end_method(struct answer_request *request)
{
	if (request->length != strlen(method_name(request->method)))
		request->method = ANSWER_ASKED_OTHER;
}

/* An empty line ahead of the request is passed over (RFC 9112, 2.2). */
static bool
read_method(struct answer_request *request, char c)
{
	if (request->length == 0 && (c == '\r' || c == '\n'))
		return true;
	if (request->length == 0 || c != ' ')
		return read_method_byte(request, c);
	end_method(request);
	return begin(request, ANSWER_PART_TARGET);
}

static bool
read_target(struct answer_request *request, char c)
{
	if (c == ' ' && request->length > 0)
		return begin(request, ANSWER_PART_VERSION);
	request->length++;
	return (unsigned char)c > ' ' && c != 0x7f;
}

static bool
read_version(struct answer_request *request, char c)
{
	static const char version[] = "HTTP/1.";
	unsigned int at = request->length++;

	if (at < strlen(version))
		return c == version[at];
	return c >= '0' && c <= '9' && begin(request, ANSWER_PART_LINE_END);
}

static bool
read_line_end(struct answer_request *request, char c)
{
	if (c == '\n')
		return begin(request, ANSWER_PART_LINE_START);
	return c == '\r' && request->length++ == 0;
}

static bool
end_head(struct answer_request *request)
{
	request->asked = request->method;
	return true;
}

static bool
read_line_start(struct answer_request *request, char c)
{
	if (c == '\n')
		return end_head(request);
	return begin(request,
		   c == '\r' ? ANSWER_PART_HEAD_END : ANSWER_PART_LINE) &&
	    c != '\0';
}

static bool
read_line(struct answer_request *request, char c)
{
	if (c == '\n')
		return begin(request, ANSWER_PART_LINE_START);
	return c != '\0';
}

/* False: this is no request. */
static bool
read_byte(struct answer_request *request, char c)
{
	switch (request->part) {
	case ANSWER_PART_METHOD:
		return read_method(request, c);
	case ANSWER_PART_TARGET:
		return read_target(request, c);
	case ANSWER_PART_VERSION:
		return read_version(request, c);
	case ANSWER_PART_LINE_END:
		return read_line_end(request, c);
	case ANSWER_PART_LINE_START:
		return read_line_start(request, c);
	case ANSWER_PART_LINE:
		return read_line(request, c);
	case ANSWER_PART_HEAD_END:
		return c == '\n' && end_head(request);
	}
	return false;
}

enum answer_asked
answer_request_read(struct answer_request *request, const char *bytes,
    size_t length)
{
	for (size_t i = 0; i < length && request->asked == ANSWER_ASKED_UNKNOWN;
	    i++)
		if (request->bytes++ == ANSWER_REQUEST_MAX ||
		    !read_byte(request, bytes[i]))
			request->asked = ANSWER_ASKED_NONSENSE;
	return request->asked;
}
