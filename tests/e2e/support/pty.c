/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "../support.h"
#include "parts.h"

#define TEXT_MAX 65536

/* What the test's terminal has shown. */
static struct {
	char text[TEXT_MAX];
	size_t length;
	size_t awaited; /* terminal_await goes on from here */
} transcript;

void
terminal_forget(void)
{
	transcript.length = transcript.awaited = 0;
	transcript.text[0] = '\0';
}

/* Returns false if there is nothing to read within TIMEOUT_MS, or if there
 * never will be, as all other ends are closed (EIO). */
static bool
read_terminal(const struct container *container, int timeout_ms)
{
	struct pollfd in = { .fd = container->pty, .events = POLLIN };
	ssize_t length;

	if (poll(&in, 1, timeout_ms) != 1)
		return false;
	cr_assert(transcript.length < sizeof(transcript.text) - 1);
	length = read(container->pty, transcript.text + transcript.length,
	    sizeof(transcript.text) - 1 - transcript.length);
	if (length <= 0)
		return false;
	transcript.length += (size_t)length;
	transcript.text[transcript.length] = '\0';
	return true;
}

void
terminal_await(const struct container *container, const char *text)
{
	long until = now_ms() + PATIENCE_MS;
	const char *found;

	while ((found = strstr(transcript.text + transcript.awaited, text)) ==
	    NULL) {
		cr_assert(now_ms() < until, "the terminal never showed '%s', "
		    "but '%s'", text, transcript.text);
		read_terminal(container, 100);
	}
	transcript.awaited = (size_t)(found - transcript.text) + strlen(text);
}

const char *
terminal_transcript(const struct container *container)
{
	while (read_terminal(container, 0))
		continue;
	return transcript.text;
}

void
terminal_type(const struct container *container, const char *text)
{
	cr_assert_eq(write(container->pty, text, strlen(text)),
	    (ssize_t)strlen(text));
}
