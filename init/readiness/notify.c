/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>

#include "readiness/notify.h"
#include "base/array.h"
#include "base/number.h"

int
notify_open_upstream(const char *value, struct notify_upstream *out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(value);
	int fd;

	if (value[0] != '/' && value[0] != '@')
		return -EAFNOSUPPORT;
	if (length < 2 || length >= sizeof(address.sun_path))
		return -EINVAL;
	memcpy(address.sun_path, value, length);
	if (value[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	out->fd = fd;
	out->address = address;
	/* An abstract name has no zero byte at its end: unix(7). */
	out->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    length + (value[0] == '/' ? 1 : 0));
	return 0;
}

/*
 * poll(2) asks about the peer's queue only if the socket is connected. Where
 * connecting fails, notify_send() fails too, and reports it.
 */
bool
notify_has_room(const struct notify_upstream *upstream)
{
	struct pollfd out = { .fd = upstream->fd, .events = POLLOUT };

	if (upstream->fd < 0)
		return true;
	(void)connect(upstream->fd, (const struct sockaddr *)&upstream->address,
	    upstream->length);
	return poll(&out, 1, 0) != 0;
}

int
notify_send(const struct notify_upstream *upstream, const char *text)
{
	if (upstream->fd < 0)
		return 0;
	if (sendto(upstream->fd, text, strlen(text),
		MSG_DONTWAIT | MSG_NOSIGNAL,
		(const struct sockaddr *)&upstream->address,
		upstream->length) < 0)
		return -errno;
	return 0;
}

/* The value if LINE begins with NAME, which ends with "=", otherwise NULL. */
static const char *
value_of(const char *line, const char *name)
{
	size_t length = strlen(name);

	return strncmp(line, name, length) == 0 ? line + length : NULL;
}

/* Reads microseconds: sd_notify(3). Rounded up to ms; -1: it is no number. */
static int
parse_duration(const char *text)
{
	uint64_t us = 0;
	size_t length = number_read(text, &us);

	if (length == 0 || text[length] != '\0')
		return -1;
	return us / 1000 >= INT_MAX ? INT_MAX : (int)((us + 999) / 1000);
}

/* Reads a line that has a duration. False: it is another one. */
static bool
parse_time(struct notify_message *message, const char *line)
{
	const char *extension = value_of(line, "EXTEND_TIMEOUT_USEC=");
	const char *watchdog = value_of(line, "WATCHDOG_USEC=");

	if (extension != NULL && parse_duration(extension) > 0)
		message->extend_ms = parse_duration(extension);
	if (watchdog != NULL)
		message->watchdog_ms = parse_duration(watchdog);
	return extension != NULL || watchdog != NULL;
}

static void
parse_line(struct notify_message *message, const char *line)
{
	if (parse_time(message, line))
		return;
	if (strcmp(line, "READY=1") == 0)
		message->ready = true;
	else if (strcmp(line, "STOPPING=1") == 0)
		message->stopping = true;
	else if (strcmp(line, "RELOADING=1") == 0)
		message->reloading = true;
	else if (strcmp(line, "WATCHDOG=1") == 0)
		message->watchdog = NOTIFY_WATCHDOG_ALIVE;
	else if (strcmp(line, "WATCHDOG=trigger") == 0)
		message->watchdog = NOTIFY_WATCHDOG_TRIGGER;
}

/*
 * True for what the app says to the engine, which can make sense of it although
 * it has started dinit and not the app. READY=1 and STOPPING=1 are not among
 * these lines, because dinit itself decides when to send them. Nor are names
 * that come with descriptors or that name a process.
 */
static bool
is_line_for_engine(const char *line)
{
	static const char *const names[] = { "STATUS=", "WATCHDOG=",
		"WATCHDOG_USEC=", "RELOADING=", "MONOTONIC_USEC=", "ERRNO=",
		"BUSERROR=" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (value_of(line, names[i]) != NULL)
			return true;
	return false;
}

bool
notify_parse(struct notify_message *message, size_t length)
{
	char *rest = message->text;
	char *kept = message->text;

	message->ready = false;
	message->stopping = false;
	message->reloading = false;
	message->watchdog = NOTIFY_WATCHDOG_NOTHING;
	message->extend_ms = 0;
	message->watchdog_ms = -1;
	if (memchr(message->text, '\0', length) != NULL)
		return false;
	message->text[length] = '\0';
	while (rest != NULL) {
		const char *line = strsep(&rest, "\n");
		size_t size = strlen(line);

		parse_line(message, line);
		if (!is_line_for_engine(line))
			continue;
		if (kept != message->text)
			*kept++ = '\n';
		memmove(kept, line, size);
		kept += size;
	}
	*kept = '\0';
	return true;
}

/* The line after LINE; NULL: LINE is the last one. */
static const char *
next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end == NULL ? NULL : end + 1;
}

bool
notify_is_for_engine(const char *text)
{
	const char *line = *text == '\0' ? NULL : text;

	for (; line != NULL; line = next_line(line))
		if (!is_line_for_engine(line))
			return false;
	return true;
}

const char *
notify_find_status(const char *text, size_t *length)
{
	const char *found = NULL;

	for (const char *line = text; line != NULL; line = next_line(line)) {
		const char *value = value_of(line, "STATUS=");

		if (value != NULL)
			found = value;
	}
	if (found != NULL)
		*length = strcspn(found, "\n");
	return found;
}
