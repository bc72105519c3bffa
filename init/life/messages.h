/* SPDX-License-Identifier: MIT */
/* How a container's life is put into words, for the log and the engine. */
#ifndef DINIT_MESSAGES_H
#define DINIT_MESSAGES_H

#include <stddef.h>

#include "base/log.h"
#include "life/lifecycle.h"

struct listener_news;
struct supervisor;

/* Events of a gated container are news; those of any other its normal life. */
enum log_level
messages_news_level(const struct supervisor *sup);

/* Logs MESSAGE, and tells the engine what matters to it. */
void
messages_say(const struct supervisor *sup, enum message message);

/* Logs how the last health check ended; one that cannot run is a warning. */
void
messages_say_check(const struct supervisor *sup);

/* Logs the STATUS= in TEXT: it is news until the app is ready. */
void
messages_say_status(const struct supervisor *sup, const char *text);

/* Logs that a READY=1 does not count, and why. */
void
messages_say_ignored(const struct supervisor *sup,
    const struct listener_news *news);

/* Sends TEXT to the engine; that it does not listen is worth a line. */
void
messages_tell_engine(const struct supervisor *sup, const char *text);

/* Why publishing failed with ERROR, -errno. */
const char *
messages_publish_reason(int error);

/* Writes why the life ended, as far as is known yet, without a newline. */
void
messages_format_ending(const struct supervisor *sup, enum ending ending,
    char *text, size_t size);

#endif
