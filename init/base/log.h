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

#include <stdbool.h>
#include <sys/types.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* Equals PIPE_BUF, up to which writes to a pipe are not mixed (pipe(7)). */
#define LOG_LINE_MAX 4096

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

/* True unless lines at LEVEL are left out. */
bool
log_includes(enum log_level level);

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

/* The "event" of a line that has none of its own. */
#define LOG_EVENT_OTHER "log"

/* The "event" of the line that tells how many lines were dropped. */
#define LOG_EVENT_DROPPED "lines-dropped"

/* The "event" of log_refusal. */
#define LOG_EVENT_NOT_STARTED "not-started"

/* The "event" of log_going_without. */
#define LOG_EVENT_GOING_WITHOUT "going-without"

/* The "event" of log_doubt. */
#define LOG_EVENT_DOUBTFUL_SETTING "doubtful-setting"

/*
 * What a program may want to know of a line without reading its sentence. With
 * LOG_FORMAT_JSON each of these is a key of the object. A member that is 0,
 * NULL or an empty text is left out.
 */
struct log_facts {
	const char *event;  /* what has happened; needs no escapes in JSON */
	const char *reason; /* why */
	pid_t pid;          /* of the process that the line is about */
	int signal;         /* its number; what is written is its name */
	bool has_status;    /* otherwise STATUS is left out */
	int status;         /* an exit status */
};

/*
 * From now on each line has STATE as its "state", a text that lives on and
 * needs no escapes in JSON. With NULL no line has it.
 */
void
log_set_state(const char *state);

/*
 * Writes a line at LEVEL. FORMAT is as in printf(3), without a newline. This is
 * for details at LOG_LEVEL_DEBUG: a line that somebody may wait for is an event
 * of log_event.
 */
void
log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, with FACTS. With LOG_FORMAT_TEXT they are not written. */
void
log_event(enum log_level level, const struct log_facts *facts,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * Writes the error because of which dinit exits with EXIT_STATUS_DINIT and does
 * not do what it was asked for. REASON is that of struct log_facts.
 */
void
log_refusal(const char *reason, const char *format, ...)
    __attribute__((cold, format(printf, 2, 3)));

/*
 * Writes a line at LEVEL about something that cannot be had because of REASON,
 * and without which dinit goes on.
 */
void
log_going_without(enum log_level level, const char *reason, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* Warns of a setting that has no effect, or hardly the one that is meant. */
void
log_doubt(const char *format, ...) __attribute__((cold, format(printf, 1, 2)));

#endif
