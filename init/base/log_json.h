/* SPDX-License-Identifier: MIT */
/* A line of the log as a JSON object (RFC 8259), for LOG_FORMAT_JSON. */
#ifndef DINIT_LOG_JSON_H
#define DINIT_LOG_JSON_H

#include <stddef.h>

#include "base/log.h"

/*
 * Writes MESSAGE at LEVEL and FACTS as an object with a newline to LINE. STATE
 * may be NULL. If MESSAGE and the reason are too long, they are cut: the line
 * is a valid object always. Returns its length.
 */
size_t
log_json_format(enum log_level level, const char *state,
    const struct log_facts *facts, const char *message,
    char line[LOG_LINE_MAX]);

#endif
