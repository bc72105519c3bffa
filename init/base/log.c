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
#include "base/clock.h"
#include "base/line_file.h"
#include "base/signals.h"
#include "base/text.h"

/* Equals PIPE_BUF, up to which writes to a pipe are not mixed (pipe(7)). */
#define LINE_MAX_BYTES 4096

/* How a line ends with LOG_FORMAT_JSON, at the latest. */
#define LINE_END "\"}\n"

/* Room for a character as it stands in a JSON string, with a NUL byte. */
#define ESCAPED_MAX 8

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
 * Returns the length of the UTF-8 character at TEXT, or 0 if there is none.
 * Overlong encodings, surrogates and what is above U+10FFFF are not valid
 * (RFC 3629).
 */
static size_t
utf8_length(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t length = c[0] < 0x80 ? 1
	    : c[0] < 0xc2           ? 0
	    : c[0] < 0xe0           ? 2
	    : c[0] < 0xf0           ? 3
	    : c[0] < 0xf5           ? 4
				    : 0;

	for (size_t i = 1; i < length; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
	    (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
		return 0;
	return length;
}

/*
 * Writes the character at TEXT to OUT as it stands in a JSON string (RFC 8259).
 * Returns how many bytes it has written, and in *TAKEN how many bytes long the
 * character is.
 */
static size_t
escape_character(const char *text, char out[ESCAPED_MAX], size_t *taken)
{
	size_t length = utf8_length(text);
	size_t control = text_measure_control(text, length);
	unsigned char c = (unsigned char)*text;

	*taken = length > 0 ? length : 1;
	if (length == 0)
		return (size_t)snprintf(out, ESCAPED_MAX, "\\ufffd");
	if (c == '"' || c == '\\')
		return (size_t)snprintf(out, ESCAPED_MAX, "\\%c", c);
	if (control == 1)
		return (size_t)snprintf(out, ESCAPED_MAX, "\\u%04x", c);
	memcpy(out, text, length);
	memset(out, ' ', control);
	return length;
}

/* A line with a JSON object, as far as it is written. */
struct object {
	size_t used;
	char line[LINE_MAX_BYTES];
};

/* Adds what must fit. */
static void __attribute__((format(printf, 2, 3)))
add(struct object *object, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	object->used += (size_t)vsnprintf(object->line + object->used,
	    LINE_MAX_BYTES - object->used, format, arguments);
	va_end(arguments);
}

/* Adds the member KEY. TEXT is cut so that the line can end at LIMIT bytes. */
static void
add_text(struct object *object, size_t limit, const char *key, const char *text)
{
	add(object, ",\"%s\":\"", key);
	while (*text != '\0') {
		char escaped[ESCAPED_MAX];
		size_t taken;
		size_t length = escape_character(text, escaped, &taken);

		if (object->used + length + sizeof(LINE_END) > limit)
			break;
		memcpy(object->line + object->used, escaped, length);
		object->used += length;
		text += taken;
	}
	object->line[object->used++] = '"';
}

static void
add_facts(struct object *object, const struct log_facts *facts)
{
	add(object, ",\"event\":\"%s\"", facts->event);
	if (logger.state != NULL)
		add(object, ",\"state\":\"%s\"", logger.state);
	if (facts->has_status)
		add(object, ",\"status\":%d", facts->status);
	if (facts->signal != 0)
		add(object, ",\"signal\":\"SIG%s\"",
		    signals_name(facts->signal));
	if (facts->pid != 0)
		add(object, ",\"pid\":%d", facts->pid);
}

/*
 * Writes MESSAGE and FACTS as a JSON object. What is too long is cut: often the
 * reason stands in MESSAGE too, so that both get about the same room. This is
 * not inlined, because otherwise write_message would have room for the line on
 * its stack even where it writes text.
 */
static bool __attribute__((noinline))
write_json(enum log_level level, const struct log_facts *facts,
    const char *message)
{
	struct object object;
	struct timespec now = clock_wall();
	char date[CLOCK_TEXT_MAX];
	bool has_reason = facts->reason != NULL && facts->reason[0] != '\0';

	object.used = 0;
	clock_format_utc(now.tv_sec, date);
	add(&object,
	    "{\"time\":\"%s.%03dZ\",\"level\":\"%s\",\"logger\":\"dinit\"",
	    date, (int)(now.tv_nsec / CLOCK_NS_PER_MS), level_names[level]);
	add_facts(&object, facts);
	add_text(&object, has_reason ? LINE_MAX_BYTES / 2 : LINE_MAX_BYTES,
	    "message", message);
	if (has_reason)
		add_text(&object, LINE_MAX_BYTES, "reason", facts->reason);
	add(&object, "}\n");
	return write_line(object.line, object.used);
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
	char line[LINE_MAX_BYTES];
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

	if (level > logger.level)
		return;
	va_start(arguments, format);
	log_arguments(level, &facts, format, arguments);
	va_end(arguments);
}

void
log_event(enum log_level level, const struct log_facts *facts,
    const char *format, ...)
{
	va_list arguments;

	if (level > logger.level)
		return;
	va_start(arguments, format);
	log_arguments(level, facts, format, arguments);
	va_end(arguments);
}
