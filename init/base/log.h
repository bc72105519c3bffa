/* SPDX-License-Identifier: MIT */
/*
 * The log writes each message as one line of at most 4 KiB to standard error.
 * It never blocks: if standard error is a full pipe or a stopped terminal, the
 * line is dropped, and the number of dropped lines is reported later. The log
 * does not use the heap, and leaves errno as it was. Its settings are the only
 * mutable data of the program that do not lie on main's stack.
 */
#ifndef DINIT_LOG_H
#define DINIT_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* The format of a line. With LOG_FORMAT_JSON each line is a JSON object. */
enum log_format {
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON,
};

/*
 * Prepares to write to standard error without blocking, and without changing
 * its open file description, which the app shares. Until this is called, a line
 * blocks if descriptor 2 does.
 */
void
log_open(void);

/* Returns the descriptor that the log has open besides 2, or -1. */
int
log_descriptor(void);

/* From now on lines at the levels after LEVEL are left out. */
void
log_set_level(enum log_level level);

/* Returns the level with the name NAME, or -EINVAL. */
int
log_parse_level(const char *name);

/* Returns the name of LEVEL, as log_parse_level reads it. */
const char *
log_level_name(enum log_level level);

void
log_set_format(enum log_format format);

/* Returns the format with the name NAME, or -EINVAL. */
int
log_parse_format(const char *name);

/* Returns the name of FORMAT, as log_parse_format reads it. */
const char *
log_format_name(enum log_format format);

/*
 * From now on each error is appended to the file FD as well, which
 * line_file_open has opened. With -1 to no file.
 */
void
log_set_report(int fd);

/* Writes a line at LEVEL. FORMAT is as in printf(3), without a newline. */
void
log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
