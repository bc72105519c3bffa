/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/array.h"
#include "base/number.h"

#define MS_PER_SECOND INT64_C(1000)
#define MS_PER_MINUTE (60 * MS_PER_SECOND)
#define MS_PER_HOUR (60 * MS_PER_MINUTE)

/* How many digits may stand behind a point. */
#define FRACTION_DIGITS_MAX 9

/* A decimal number: WHOLE + FRACTION / SCALE. */
struct decimal {
	uint64_t whole;
	uint64_t fraction;
	uint64_t scale;
};

/* Returns where the number that TEXT begins with ends; NULL: there is none. */
static const char *
read_decimal(const char *text, struct decimal *out)
{
	size_t length = number_read(text, &out->whole);

	out->fraction = 0;
	out->scale = 1;
	if (length == 0)
		return NULL;
	text += length;
	if (*text != '.')
		return text;
	text++;
	length = number_read(text, &out->fraction);
	if (length == 0 || length > FRACTION_DIGITS_MAX)
		return NULL;
	for (size_t i = 0; i < length; i++)
		out->scale *= 10;
	return text + length;
}

/*
 * Returns the length of the unit that TEXT begins with, and how long the unit
 * is in *MS. 0: there is none.
 */
static size_t
read_unit(const char *text, int64_t *ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {
		/* "ms" is tried before "m", with which it begins. */
		{ "ms", 1 },
		{ "s", MS_PER_SECOND },
		{ "m", MS_PER_MINUTE },
		{ "h", MS_PER_HOUR },
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		size_t length = strlen(units[i].name);

		if (strncmp(text, units[i].name, length) == 0) {
			*ms = units[i].ms;
			return length;
		}
	}
	return 0;
}

static int64_t
to_ms(const struct decimal *number, int64_t unit_ms)
{
	uint64_t unit = (uint64_t)unit_ms;
	uint64_t part;

	if (number->whole > DURATION_MAX_MS / unit)
		return -ERANGE;
	part = (number->fraction * unit + number->scale - 1) / number->scale;
	return (int64_t)(number->whole * unit + part);
}

int64_t
duration_parse(const char *text)
{
	int64_t total = 0;
	bool first = true;

	do {
		struct decimal number;
		int64_t unit_ms = MS_PER_SECOND;
		int64_t ms;
		size_t unit_length;

		text = read_decimal(text, &number);
		if (text == NULL)
			return -EINVAL;
		unit_length = read_unit(text, &unit_ms);
		/* Only a number that is all of the text needs no unit. */
		if (unit_length == 0 && !(first && *text == '\0'))
			return -EINVAL;
		text += unit_length;
		ms = to_ms(&number, unit_ms);
		if (ms < 0 || total + ms > DURATION_MAX_MS)
			return -ERANGE;
		total += ms;
		first = false;
	} while (*text != '\0');
	return total;
}

/* Writes MS, which is less than a minute, in seconds: "30", "1.5". */
static void
format_seconds(int64_t ms, char *text, size_t size)
{
	int length = snprintf(text, size, "%" PRId64 ".%03" PRId64,
	    ms / MS_PER_SECOND, ms % MS_PER_SECOND);

	while (text[length - 1] == '0')
		text[--length] = '\0';
	if (text[length - 1] == '.')
		text[length - 1] = '\0';
}

void
duration_format(int64_t ms, char *text, size_t size)
{
	char hours[24] = "";
	char minutes[8] = "";
	char seconds[8];

	if (ms > 0 && ms < MS_PER_SECOND) {
		snprintf(text, size, "%" PRId64 "ms", ms);
		return;
	}
	if (ms >= MS_PER_HOUR)
		snprintf(hours, sizeof(hours), "%" PRId64 "h",
		    ms / MS_PER_HOUR);
	ms %= MS_PER_HOUR;
	if (ms >= MS_PER_MINUTE)
		snprintf(minutes, sizeof(minutes), "%dm",
		    (int)(ms / MS_PER_MINUTE));
	ms %= MS_PER_MINUTE;
	format_seconds(ms, seconds, sizeof(seconds));
	if (ms == 0 && (hours[0] != '\0' || minutes[0] != '\0'))
		snprintf(text, size, "%s%s", hours, minutes);
	else
		snprintf(text, size, "%s%s%ss", hours, minutes, seconds);
}
