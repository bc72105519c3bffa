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

#include "base/log.h"
#include "base/array.h"
#include "base/exit_status.h"
#include "base/line_file.h"
#include "base/log_json.h"
#include "base/text.h"

/* How a line is written to standard error without waiting. */
enum sink {
	SINK_PLAIN,    /* by write(2), as a regular file never blocks */
	SINK_REOPENED, /* to a non-blocking file description of its own */
	SINK_SOCKET,   /* by send(2) with MSG_DONTWAIT */
	SINK_POLLED,   /* to a pipe that could not be reopened */
};

static struct {
	enum log_level level;
	enum log_format format;
	enum sink sink;
	int fd;
	int report_fd; /* -1: none */
	const char *state;
	unsigned int dropped;
} logger = {
	.level = LOG_LEVEL_INFO,
	.format = LOG_FORMAT_TEXT,
	.sink = SINK_PLAIN,
	.fd = STDERR_FILENO,
	.report_fd = -1,
};

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

static const char *const format_names[] = {
	[LOG_FORMAT_TEXT] = "text",
	[LOG_FORMAT_JSON] = "json",
};

/*
 * O_NONBLOCK belongs to the open file description, which the app shares. If it
 * were set there, writes of the app would fail. So a pipe or a terminal is
 * opened once more, for a description that is dinit's alone. A regular file is
 * not, because the new description would write at offset 0.
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
	fd = open("/proc/self/fd/2",
	    O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
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

/* Returns the index of NAME in NAMES, or -EINVAL. */
static int
find_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return (int)i;
	return -EINVAL;
}

bool
log_includes(enum log_level level)
{
	return level <= logger.level;
}

int
log_parse_level(const char *name)
{
	return find_name(level_names, ARRAY_SIZE(level_names), name);
}

const char *
log_level_name(enum log_level level)
{
	return level_names[level];
}

void
log_set_format(enum log_format format)
{
	logger.format = format;
}

int
log_parse_format(const char *name)
{
	return find_name(format_names, ARRAY_SIZE(format_names), name);
}

const char *
log_format_name(enum log_format format)
{
	return format_names[format];
}

void
log_set_report(int fd)
{
	logger.report_fd = fd;
}

void
log_set_state(const char *state)
{
	logger.state = state;
}

/*
 * Writes to a pipe that may block. RWF_NOWAIT prevents that on kernels that
 * have it for pipes, since Linux 6.4. On older ones, a pipe that polls as
 * writable takes PIPE_BUF bytes at once, unless the app fills it in between.
 */
static ssize_t
write_polled(struct iovec *line)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
	/* musl has no wrapper. An offset of -1 means the current position. */
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

/*
 * This is not inlined, because otherwise write_message would have room for LINE
 * on its stack even where it writes text.
 */
static bool __attribute__((noinline))
write_json(enum log_level level, const struct log_facts *facts,
    const char *message)
{
	char line[LOG_LINE_MAX];
	size_t length = log_json_format(level, logger.state, facts, message,
	    line);

	return write_line(line, length);
}

static bool
write_text(char *line)
{
	size_t length = strlen(line);

	text_make_printable(line, length);
	line[length] = '\n';
	return write_line(line, length + 1);
}

/* Writes the beginning of a line, before the message. Returns its length. */
static size_t
begin_line(char *line, enum log_level level)
{
	if (logger.format == LOG_FORMAT_JSON)
		return 0;
	return (size_t)(level == LOG_LEVEL_INFO
		? sprintf(line, "dinit: ")
		: sprintf(line, "dinit: %s: ", level_names[level]));
}

static bool __attribute__((format(printf, 3, 0)))
write_message(enum log_level level, const struct log_facts *facts,
    const char *format, va_list arguments)
{
	char line[LOG_LINE_MAX];
	size_t begun = begin_line(line, level);
	char *message = line + begun;

	/* One byte is left for the newline. */
	vsnprintf(message, sizeof(line) - 1 - begun, format, arguments);
	message[text_measure_trimmed(message, strlen(message))] = '\0';
	if (level == LOG_LEVEL_ERROR && logger.report_fd >= 0)
		line_file_append(logger.report_fd, message);
	return logger.format == LOG_FORMAT_JSON
	    ? write_json(level, facts, message)
	    : write_text(line);
}

static bool __attribute__((format(printf, 1, 2)))
write_dropped(const char *format, ...)
{
	const struct log_facts facts = { .event = LOG_EVENT_DROPPED };
	va_list arguments;
	bool is_written;

	va_start(arguments, format);
	is_written = write_message(LOG_LEVEL_WARN, &facts, format, arguments);
	va_end(arguments);
	return is_written;
}

/*
 * Reports how many lines were dropped, if any. False if the report cannot be
 * written.
 */
static bool
report_dropped_lines(void)
{
	if (logger.dropped == 0)
		return true;
	if (!write_dropped("standard error was full, %u lines dropped",
		logger.dropped))
		return false;
	logger.dropped = 0;
	return true;
}

static void __attribute__((format(printf, 3, 0)))
log_arguments(enum log_level level, const struct log_facts *facts,
    const char *format, va_list arguments)
{
	int saved_errno = errno;

	if (level > logger.level)
		return;
	if (!report_dropped_lines() ||
	    !write_message(level, facts, format, arguments))
		logger.dropped++;
	errno = saved_errno;
}

void
log_line(enum log_level level, const char *format, ...)
{
	const struct log_facts facts = { .event = LOG_EVENT_OTHER };
	va_list arguments;

	va_start(arguments, format);
	log_arguments(level, &facts, format, arguments);
	va_end(arguments);
}

void
log_event(enum log_level level, const struct log_facts *facts,
    const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_arguments(level, facts, format, arguments);
	va_end(arguments);
}

void
log_refusal(const char *reason, const char *format, ...)
{
	const struct log_facts facts = {
		.event = LOG_EVENT_NOT_STARTED,
		.reason = reason,
		.has_status = true,
		.status = EXIT_STATUS_DINIT,
	};
	va_list arguments;

	va_start(arguments, format);
	log_arguments(LOG_LEVEL_ERROR, &facts, format, arguments);
	va_end(arguments);
}

void
log_going_without(enum log_level level, const char *reason, const char *format,
    ...)
{
	const struct log_facts facts = {
		.event = LOG_EVENT_GOING_WITHOUT,
		.reason = reason,
	};
	va_list arguments;

	va_start(arguments, format);
	log_arguments(level, &facts, format, arguments);
	va_end(arguments);
}

void
log_doubt(const char *format, ...)
{
	const struct log_facts facts = { .event = LOG_EVENT_DOUBTFUL_SETTING };
	va_list arguments;

	va_start(arguments, format);
	log_arguments(LOG_LEVEL_WARN, &facts, format, arguments);
	va_end(arguments);
}
