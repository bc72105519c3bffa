/* SPDX-License-Identifier: MIT */
/*
 * A container's life in words: lines for the log, the STATUS= of which the
 * engine is told, and the line for the report file. The words are made from
 * struct life_facts alone. The last two are only written into a buffer, which
 * the caller sends or stores.
 */
#ifndef DINIT_MESSAGES_H
#define DINIT_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "life/lifecycle.h"
#include "readiness/health_wire.h"

struct listener_news;
struct spawn_failure;

/* Room for every text of messages_format_status. */
#define MESSAGES_STATUS_MAX 80

/*
 * What a line of the log is about, beside enum message. Programs that read the
 * log know these by messages_event_name.
 */
enum topic {
	TOPIC_OTHER = MESSAGE_COUNT, /* everything else */
	TOPIC_LINES_DROPPED,
	TOPIC_NOT_STARTED,
	TOPIC_GOING_WITHOUT,
	TOPIC_DOUBTFUL_SETTING,
	TOPIC_NOT_READY, /* the answer of --is-ready */
	TOPIC_EXEC_FAILED,
	TOPIC_HELPER_NOT_STARTED,
	TOPIC_CHECK,
	TOPIC_CHECK_CANNOT_RUN,
	TOPIC_PUBLISH_FAILED,
	TOPIC_WITHDRAW_FAILED,
	TOPIC_ENGINE_NOT_TOLD,
	TOPIC_APP_ENDED,
	TOPIC_LEFT_BEHIND,
	TOPIC_EXITING, /* with a status that is not COMMAND's */
	TOPIC_APP_SAYS,
	TOPIC_READY_IGNORED,
	TOPIC_ANSWER_KILLED,
	TOPIC_SIGNAL_RELAYED,
	TOPIC_SIGNAL_UNDELIVERED,
	TOPIC_ORPHAN_REAPED,
	TOPIC_RETRYING,
};

#define TOPIC_COUNT (TOPIC_RETRYING + 1)

/* What is known of this life, for the words about it. */
struct life_facts {
	const struct limits *limits;
	const char *ready_file;  /* path of the readiness file; NULL: none */
	int64_t ready_after_ms;  /* the first time; -1: never so far */
	int publish_error;       /* -errno of the last publication, or 0 */
	pid_t app;               /* COMMAND; 0: there is none so far */
	int app_status;          /* exit status of COMMAND; -1: none so far */
	int app_signal;          /* that has ended COMMAND; 0: none */
	int64_t silent_ms;       /* since a check or WATCHDOG=1, at a timeout */
	int64_t starting_ms;     /* since the exec, for MESSAGE_SLOW_START */
	int64_t memory_kills;    /* of memory_kills_count, for APP_KILLED */
	int relayed_signal;      /* for MESSAGE_RELAYED_END */
	int stop_signal;         /* for MESSAGE_DRAINING and MESSAGE_STOPPING */
	bool has_terminal;       /* which sends signals to the app by itself */
	const char *budget_name; /* "--startup-budget", or its variable */
	const char *recovery_name; /* "--recovery-budget", or its variable */
	enum message unready_why;  /* the last one of messages_is_loss */
	struct health_result last_check; /* checks is 0: none has ended */
	char *last_output;               /* of last_check; ends with a NUL */
	size_t last_output_length; /* if this is 0, it has not even that */
};

/* True if MESSAGE says why an app that was ready is not ready any more. */
bool
messages_is_loss(enum message message);

/*
 * Returns the "event" of the lines about TOPIC, which is one of enum message or
 * of enum topic. It is an interface: a name that was released stays as it is.
 */
const char *
messages_event_name(int topic);

/* Logs MESSAGE. */
void
messages_log(const struct life_facts *facts, enum message message);

/*
 * Writes the STATUS= line by which the engine is told of MESSAGE. False if the
 * engine is not told of MESSAGE; then nothing is written.
 */
bool
messages_format_status(const struct life_facts *facts, enum message message,
    char text[MESSAGES_STATUS_MAX]);

/*
 * Writes the line for the report file: why the life ended, as far as is known
 * yet, without a newline. What does not fit is cut off.
 */
void
messages_format_ending(const struct life_facts *facts, enum ending ending,
    char *text, size_t size);

/*
 * Writes why the container is not ready, or not any more, though it may still
 * become so.
 */
void
messages_format_why_unready(const struct life_facts *facts, char *text,
    size_t size);

/* Logs why PROGRAM, the first word of COMMAND, could not be started. */
void
messages_log_exec_failure(const struct spawn_failure *failure,
    const char *program);

/* Logs how the last check ended; the first that cannot run is a warning. */
void
messages_log_check(const struct life_facts *facts);

/*
 * Logs that readiness could not be published because of ERROR, -errno. dinit
 * tries that many times a second, so only the first failure is a warning: the
 * caller must set publish_error afterwards.
 */
void
messages_log_publish_failure(const struct life_facts *facts, int error);

/*
 * Logs the exit status of COMMAND. ERROR is 0, or -errno of what has prevented
 * dinit from learning it.
 */
void
messages_log_app_end(const struct life_facts *facts, int error);

/*
 * Logs that COMMAND has ended, but not COUNT processes that it has started. The
 * NAMES are those of leftovers_name.
 */
void
messages_log_left(const struct life_facts *facts, int count, const char *names);

/* Logs the exit status of dinit where it is not that of COMMAND, and why. */
void
messages_log_exit(const struct life_facts *facts, enum ending ending);

/* Logs the value of STATUS= in TEXT, lines of COMMAND, if there is one. */
void
messages_log_app_status(const struct life_facts *facts, const char *text);

/*
 * Logs that a dinit-answer was killed, and whether ANOTHER_ANSWERS on the port
 * of --ready-listen.
 */
void
messages_log_answer_killed(bool another_answers);

/* Logs that the READY=1 of NEWS does not count, as APP has not sent it. */
void
messages_log_ignored_ready(const struct listener_news *news, pid_t app);

#endif
