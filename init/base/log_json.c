/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log_json.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/text.h"

/* What must still fit in behind a text, so that the line can end there. */
#define LINE_END "\"}\n"

/* Room for a character as it stands in a JSON string, with a NUL byte. */
#define ESCAPED_MAX 8

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

/* A JSON object, as far as it is written. */
struct object {
	char *line;
	size_t used;
};

/* Adds what must fit. */
static void __attribute__((format(printf, 2, 3)))
add(struct object *object, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	object->used += (size_t)vsnprintf(object->line + object->used,
	    LOG_LINE_MAX - object->used, format, arguments);
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
add_facts(struct object *object, const char *state,
    const struct log_facts *facts)
{
	add(object, ",\"event\":\"%s\"", facts->event);
	if (state != NULL)
		add(object, ",\"state\":\"%s\"", state);
	if (facts->has_status)
		add(object, ",\"status\":%d", facts->status);
	if (facts->signal != 0)
		add(object, ",\"signal\":\"SIG%s\"",
		    signals_name(facts->signal));
	if (facts->pid != 0)
		add(object, ",\"pid\":%d", facts->pid);
}

/* Often the reason stands in MESSAGE too: both get about the same room. */
size_t
log_json_format(enum log_level level, const char *state,
    const struct log_facts *facts, const char *message, char line[LOG_LINE_MAX])
{
	struct object object = { .line = line };
	struct timespec now = clock_wall();
	char date[CLOCK_TEXT_MAX];
	bool has_reason = facts->reason != NULL && facts->reason[0] != '\0';

	clock_format_utc(now.tv_sec, date);
	add(&object,
	    "{\"time\":\"%s.%03dZ\",\"level\":\"%s\",\"logger\":\"dinit\"",
	    date, (int)(now.tv_nsec / CLOCK_NS_PER_MS), log_level_name(level));
	add_facts(&object, state, facts);
	add_text(&object, has_reason ? LOG_LINE_MAX / 2 : LOG_LINE_MAX,
	    "message", message);
	if (has_reason)
		add_text(&object, LOG_LINE_MAX, "reason", facts->reason);
	add(&object, "}\n");
	return object.used;
}
