/* SPDX-License-Identifier: MIT */
/*
 * The log: one line per message on standard error, at most 4 KiB long.
 * It never blocks (standard error may be a full pipe or a stopped terminal:
 * such lines are dropped and counted), takes nothing from the heap and leaves
 * errno as it was. The logger's settings are the only mutable data of the
 * program outside main's stack.
 */
#ifndef DINIT_LOG_H
#define DINIT_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* How a line looks; LOG_FORMAT_JSON is an object a line. */
enum log_format {
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON,
};

/*
 * Finds a way to write to standard error without blocking and without
 * changing the open file description, which the app shares. Until it is
 * called, lines are written as if descriptor 2 never blocked.
 */
void
log_open(void);

/* Descriptor that the log keeps open beside 2, or -1. */
int
log_descriptor(void);

/* Lines above LEVEL are left out from now on. */
void
log_set_level(enum log_level level);

/* Level of that name, or -EINVAL. */
int
log_parse_level(const char *name);

/* Name of LEVEL, as log_parse_level reads it. */
const char *
log_level_name(enum log_level level);

void
log_set_format(enum log_format format);

/* Format of that name, or -EINVAL; and its name. */
int
log_parse_format(const char *name);
const char *
log_format_name(enum log_format format);

/* From now on this file holds the last error (line_file.h); -1: no more. */
void
log_set_report(int fd);

/* One line at LEVEL; FORMAT as in printf(3), without a newline. */
void
log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
