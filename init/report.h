/* SPDX-License-Identifier: MIT */
/*
 * The last word: one line on why the container ended, in a file such as
 * Kubernetes' /dev/termination-log. Until that is known, the last error.
 */
#ifndef DINIT_REPORT_H
#define DINIT_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "lifecycle.h"

/* The most that Kubernetes takes over from the end of a log, in bytes. */
#define REPORT_MAX 2048

/* What the line is made of. */
struct report_facts {
	enum ending ending;
	int app_status; /* exit status, 128+N for signal N; -1: none */
	int64_t budget_ms;
	int64_t grace_ms;
	const char *why_unready; /* "": nothing is known */
};

/*
 * Opens the file PATH, made if missing, and empties it. A descriptor that is
 * open across whatever privileges are given up, or -errno.
 */
int
report_open(const char *path);

/*
 * Makes TEXT of LENGTH bytes the only line of the file, cut where there is no
 * more room, what is no printable character replaced. Never waits; what cannot
 * be written is lost.
 */
void
report_write(int fd, const char *text, size_t length);

/* Writes why the life of FACTS ended, without a newline. */
void
report_format(const struct report_facts *facts, char *text, size_t size);

#endif
