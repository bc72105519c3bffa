/* SPDX-License-Identifier: MIT */
/*
 * The kinds of values that options have: how a value is read, written and
 * cleared, and what a message says about it. An option's row in the table names
 * its kind (table.h).
 */
#ifndef DINIT_KIND_H
#define DINIT_KIND_H

#include <stdbool.h>
#include <stddef.h>

/* Room for any text of kind_format_expectation. */
#define KIND_EXPECTATION_MAX 160

/* The numbers that are valid. */
struct range {
	int min; /* 0 or more */
	int max; /* 0: the option has no range */
};

/*
 * One kind. VALUE points to the option's member of struct options. Its type
 * stands beside the kind's name, below.
 */
struct kind {
	/* What follows "it takes" in a message, without the range. */
	const char *expectation;
	/* Likewise, after PARSE has returned ERROR; NULL: EXPECTATION. */
	const char *(*explain)(int error);
	/*
	 * Reads TEXT into *VALUE, which may then point to TEXT. 0 or -errno. A
	 * kind with a range has PARSE_WITHIN, a kind without one has PARSE, and
	 * a kind that takes no value has neither.
	 */
	int (*parse)(const char *text, void *value);
	int (*parse_within)(const char *text, const struct range *range,
	    void *value);
	/* Writes *VALUE as a user would give it; "": it is not set. */
	void (*format)(const void *value, char *text, size_t size);
	/* Empties a list, to which each PARSE adds; NULL: it is no list. */
	void (*clear)(void *value);
	/* The option may be given by its name alone, which means "yes". */
	bool stands_alone;
};

extern const struct kind kind_command;      /* const char *; NULL: not set */
extern const struct kind kind_text;         /* the same, read by privileges/ */
extern const struct kind kind_path;         /* the same */
extern const struct kind kind_folders;      /* const char *[], up to NULL */
extern const struct kind kind_listen;       /* const char *; NULL: not set */
extern const struct kind kind_duration;     /* int64_t, in ms */
extern const struct kind kind_flag;         /* bool */
extern const struct kind kind_count;        /* int, within the range */
extern const struct kind kind_signal;       /* int; 0: not set */
extern const struct kind kind_signals;      /* uint64_t, a set (signals.h) */
extern const struct kind kind_stop_signals; /* struct signal_policy */
extern const struct kind kind_rewrite;      /* the member rewrite of that */
extern const struct kind kind_exit_codes;   /* uint64_t[4], a bit a code */
extern const struct kind kind_log_level;    /* int, enum log_level */
extern const struct kind kind_louder;       /* the same: a step up */
extern const struct kind kind_quieter;      /* the same: a step down */
extern const struct kind kind_log_format;   /* int, enum log_format */
extern const struct kind kind_notify;       /* enum notify_access */
extern const struct kind kind_url;          /* const char *[], up to NULL */
extern const struct kind kind_statuses;     /* struct http_statuses */
extern const struct kind kind_host;         /* const char *; NULL: not set */
extern const struct kind kind_none;         /* no member */

/* Reads TEXT into *VALUE, which is of KIND and within RANGE. 0 or -errno. */
int
kind_parse(const struct kind *kind, const struct range *range, const char *text,
    void *value);

/*
 * Writes what would be right, such as "a number from 1 to 9". ERROR is what
 * kind_parse has returned.
 */
void
kind_format_expectation(const struct kind *kind, const struct range *range,
    int error, char text[KIND_EXPECTATION_MAX]);

#endif
