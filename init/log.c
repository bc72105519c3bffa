/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "log.h"

/* As PIPE_BUF, so that a line never mixes with another writer's. */
#define LINE_MAX_BYTES 4096

/* How a line reaches standard error without ever waiting. */
enum sink {
	SINK_PLAIN,    /* a regular file or the like: a write never waits */
	SINK_REOPENED, /* our own non-blocking description of the same pipe */
	SINK_SOCKET,   /* MSG_DONTWAIT */
	SINK_POLLED,   /* could not be reopened: ask before each line */
};

static struct {
	enum log_level level;
	enum sink sink;
	int fd;
	unsigned int dropped;
} logger = {
	.level = LOG_LEVEL_INFO,
	.sink = SINK_PLAIN,
	.fd = STDERR_FILENO,
};

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

#define LEVEL_COUNT (sizeof(level_names) / sizeof(level_names[0]))

/*
 * O_NONBLOCK belongs to the open file description, which the app shares: set
 * there, it would break the app's own writes. A second description of the
 * same pipe or terminal is ours alone. A regular file is not reopened, for
 * the new description would write from offset 0.
 */
void
log_open(void)
{
	struct stat status;
	int fd;

	if (fstat(STDERR_FILENO, &status) < 0)
		return;
	if (S_ISSOCK(status.st_mode)) {
		logger.sink = SINK_SOCKET;
		return;
	}
	if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode))
		return;
	fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC |
	    O_NOCTTY);
	if (fd < 0) {
		logger.sink = SINK_POLLED;
		return;
	}
	logger.sink = SINK_REOPENED;
	logger.fd = fd;
}

int
log_descriptor(void)
{
	return logger.sink == SINK_REOPENED ? logger.fd : -1;
}

void
log_set_level(enum log_level level)
{
	logger.level = level;
}

int
log_parse_level(const char *name)
{
	for (size_t i = 0; i < LEVEL_COUNT; i++)
		if (strcmp(name, level_names[i]) == 0)
			return (int)i;
	return -EINVAL;
}

const char *
log_level_name(enum log_level level)
{
	return level_names[level];
}

/*
 * Without a description of our own: RWF_NOWAIT is exact where the kernel has
 * it (pipes since 6.4); before that, a pipe that polls as writable takes a
 * line of PIPE_BUF bytes at once unless the app fills it in between.
 */
static ssize_t
write_polled(struct iovec *line)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
	/* musl has no wrapper; -1 in both halves: the current position. */
	ssize_t written = syscall(SYS_pwritev2, STDERR_FILENO, line, 1L, -1L,
	    -1L, RWF_NOWAIT);

	if (written >= 0 || errno == EAGAIN || errno == EPIPE)
		return written;
	if (poll(&out, 1, 0) != 1 || !(out.revents & POLLOUT))
		return -1;
	return writev(STDERR_FILENO, line, 1);
}

static bool
write_line(char *text, size_t length)
{
	struct iovec line = { .iov_base = text, .iov_len = length };
	ssize_t written = -1;

	switch (logger.sink) {
	case SINK_PLAIN:
	case SINK_REOPENED:
		written = write(logger.fd, text, length);
		break;
	case SINK_SOCKET:
		written = send(logger.fd, text, length,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	case SINK_POLLED:
		written = write_polled(&line);
		break;
	}
	return written >= 0;
}

/* What was lost is said as soon as something can be said again. */
static bool
admit_dropped_lines(void)
{
	char text[80];
	int length;

	if (logger.dropped == 0)
		return true;
	length = snprintf(text, sizeof(text),
	    "dinit: warn: standard error was full, %u lines dropped\n",
	    logger.dropped);
	if (!write_line(text, (size_t)length))
		return false;
	logger.dropped = 0;
	return true;
}

/* Whatever a message quotes, it stays one line and harmless on a terminal. */
static void
make_printable(char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < ' ' || c == 0x7f)
			text[i] = ' ';
		/* U+0080 to U+009F, control characters in UTF-8 */
		if (c == 0xc2 && i + 1 < length &&
		    ((unsigned char)text[i + 1] & 0xe0) == 0x80)
			text[i] = text[i + 1] = ' ';
	}
}

static size_t __attribute__((format(printf, 3, 0)))
format_line(char *text, enum log_level level, const char *format,
    va_list arguments)
{
	size_t room = LINE_MAX_BYTES - 1;
	int used = level == LOG_LEVEL_INFO ? snprintf(text, room, "dinit: ") :
	    snprintf(text, room, "dinit: %s: ", level_names[level]);
	int more = vsnprintf(text + used, room - (size_t)used, format,
	    arguments);
	size_t length = (size_t)used + (more > 0 ? (size_t)more : 0);

	if (length >= room)
		length = room - 1;
	make_printable(text, length);
	text[length] = '\n';
	return length + 1;
}

void
log_line(enum log_level level, const char *format, ...)
{
	int saved_errno = errno;
	char text[LINE_MAX_BYTES];
	va_list arguments;
	size_t length;

	if (level > logger.level)
		return;
	va_start(arguments, format);
	length = format_line(text, level, format, arguments);
	va_end(arguments);
	if (!admit_dropped_lines() || !write_line(text, length))
		logger.dropped++;
	errno = saved_errno;
}
