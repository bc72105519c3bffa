/* SPDX-License-Identifier: MIT */
/* One check of one target of --probe. Runs in a process that does only that. */
#ifndef DINIT_PROBE_H
#define DINIT_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "readiness/probe_target.h"

struct http_statuses;

/* Room for any text that probe_format_result writes. */
#define PROBE_RESULT_MAX (PROBE_TARGET_URL_MAX + 160)

/* What counts as healthy, and how long a check may take. */
struct probe_rules {
	const struct http_statuses *statuses;
	const char *host;   /* http: for the field Host; NULL: the URL's */
	int64_t max_age_ms; /* file: since its last change; 0: any */
	int64_t timeout_ms; /* 0: no limit */
};

struct probe_result {
	bool is_healthy;
	/*
	 * The status of an HTTP answer; 0: the target is there, and TARGET asks
	 * for no more; or -errno: -ETIME: the time is over; -ECONNREFUSED:
	 * nobody listens; -ESTALE: the file's age is not within the limit;
	 * -ENODATA, -EBADMSG and -EMSGSIZE: as http_question_ask.
	 */
	int answer;
	int64_t age_ms; /* file; negative: it is dated ahead of the clock */
};

/* Checks TARGET until DEADLINE, which is that of connection.h. */
void
probe_run(const struct probe_target *target, const struct probe_rules *rules,
    int64_t deadline, struct probe_result *out);

/* Writes what probe_run has found: "URL answered 200", without a newline. */
void
probe_format_result(const struct probe_target *target,
    const struct probe_rules *rules, const struct probe_result *result,
    char text[PROBE_RESULT_MAX]);

#endif
