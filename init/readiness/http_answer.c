/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "readiness/http_answer.h"
#include "base/number.h"

/* How an answer begins. # is a digit; the last three are the status. */
static const char status_line[] = "HTTP/1.# ###";

#define STATUS_AT 9

/*
 * An answer of status 1xx is followed by another answer, except 101, which is
 * followed by another protocol. The rest of the status line is kept as a line
 * that begins with a blank, so that it is taken neither for a field nor for the
 * empty line after the fields.
 */
static int
end_status(struct http_answer *answer, char byte)
{
	if (strchr(" \r\n", byte) == NULL || byte == '\0' ||
	    answer->status < 100 || answer->status > 599)
		return -EBADMSG;
	answer->part = answer->status >= 200 || answer->status == 101
	    ? HTTP_FIELDS
	    : HTTP_INTERIM;
	answer->line[0] = ' ';
	answer->line_length = byte == '\n' ? 0 : 1;
	return 0;
}

static int
read_status(struct http_answer *answer, char byte)
{
	char expected = status_line[answer->position];

	if (expected == '\0')
		return end_status(answer, byte);
	if (expected != '#' ? byte != expected : byte < '0' || byte > '9')
		return -EBADMSG;
	if (answer->position >= STATUS_AT)
		answer->status = answer->status * 10 + byte - '0';
	answer->position++;
	return 0;
}

/* The value if LINE is the field NAME, otherwise NULL. */
static const char *
value_of(const char *line, const char *name)
{
	size_t length = strlen(name);

	if (strncasecmp(line, name, length) != 0 || line[length] != ':')
		return NULL;
	line += length + 1;
	return line + strspn(line, " \t");
}

static void
take_field(struct http_answer *answer)
{
	const char *length = value_of(answer->line, "Content-Length");
	const char *coding = value_of(answer->line, "Transfer-Encoding");

	if (length != NULL && number_read(length, &answer->left) > 0)
		answer->has_length = true;
	if (coding != NULL && strcasestr(coding, "chunked") != NULL)
		answer->is_chunked = true;
}

/* What follows the fields; the order is that of RFC 9112, 6.3. */
static enum http_part
part_after_fields(const struct http_answer *answer)
{
	if (answer->status == 101 || answer->status == 204 ||
	    answer->status == 304)
		return HTTP_END;
	if (answer->is_chunked)
		return HTTP_CHUNK_SIZE;
	if (!answer->has_length)
		return HTTP_UNTIL_CLOSE;
	return answer->left > 0 ? HTTP_BODY : HTTP_END;
}

/* If LINE is no size, only the close of the connection ends the body. */
static void
take_chunk_size(struct http_answer *answer)
{
	if (!isxdigit((unsigned char)answer->line[0])) {
		answer->part = HTTP_UNTIL_CLOSE;
		return;
	}
	answer->left = strtoull(answer->line, NULL, 16);
	answer->part = answer->left > 0 ? HTTP_CHUNK : HTTP_TRAILER;
}

/* Begins to read the answer that follows an interim one. */
static void
begin_again(struct http_answer *answer)
{
	answer->part = HTTP_STATUS;
	answer->position = 0;
	answer->status = 0;
}

/* An empty line ends the fields. There is also one after each chunk. */
static void
end_empty_line(struct http_answer *answer)
{
	if (answer->part == HTTP_INTERIM)
		begin_again(answer);
	else if (answer->part == HTTP_FIELDS)
		answer->part = part_after_fields(answer);
	else if (answer->part == HTTP_TRAILER)
		answer->part = HTTP_END;
}

static void
end_line(struct http_answer *answer)
{
	answer->line[answer->line_length] = '\0';
	if (answer->line_length == 0)
		end_empty_line(answer);
	else if (answer->part == HTTP_FIELDS)
		take_field(answer);
	else if (answer->part == HTTP_CHUNK_SIZE)
		take_chunk_size(answer);
	answer->line_length = 0;
}

static void
read_line(struct http_answer *answer, char byte)
{
	if (byte == '\n')
		end_line(answer);
	else if (byte != '\r' && answer->line_length < sizeof(answer->line) - 1)
		answer->line[answer->line_length++] = byte;
}

static int
read_byte(struct http_answer *answer, char byte)
{
	switch (answer->part) {
	case HTTP_STATUS:
		return read_status(answer, byte);
	case HTTP_INTERIM:
	case HTTP_FIELDS:
	case HTTP_CHUNK_SIZE:
	case HTTP_TRAILER:
		read_line(answer, byte);
		break;
	case HTTP_BODY:
	case HTTP_CHUNK:
		if (--answer->left == 0)
			answer->part = answer->part == HTTP_BODY
			    ? HTTP_END
			    : HTTP_CHUNK_SIZE;
		break;
	case HTTP_UNTIL_CLOSE:
	case HTTP_END:
		break;
	}
	return 0;
}

int
http_answer_read(struct http_answer *answer, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		int error;

		if (answer->part == HTTP_END ||
		    answer->taken == HTTP_ANSWER_MAX)
			break;
		if (answer->part < HTTP_FIELDS &&
		    answer->taken == HTTP_ANSWER_HEAD_MAX)
			return -EMSGSIZE;
		answer->taken++;
		error = read_byte(answer, bytes[i]);
		if (error < 0)
			return error;
	}
	return answer->part == HTTP_END || answer->taken == HTTP_ANSWER_MAX;
}

int
http_answer_status(const struct http_answer *answer)
{
	return answer->part < HTTP_FIELDS ? 0 : answer->status;
}

bool
http_answer_has_end(const struct http_answer *answer)
{
	return answer->part > HTTP_FIELDS && answer->part != HTTP_UNTIL_CLOSE;
}
