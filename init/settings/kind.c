/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "settings/kind.h"
#include "base/array.h"
#include "base/duration.h"
#include "base/log.h"
#include "base/number.h"
#include "base/signals.h"
#include "base/text.h"
#include "privileges/own.h"
#include "readiness/answer_socket.h"
#include "readiness/http_statuses.h"
#include "readiness/notify.h"
#include "readiness/probe_target.h"
#include "settings/options.h"

/* The longest name of a host (RFC 1035, 2.3.4), a colon and a port. */
#define HOST_MAX 259

int
kind_parse(const struct kind *kind, const struct range *range, const char *text,
    void *value)
{
	if (kind->parse_within != NULL)
		return kind->parse_within(text, range, value);
	return kind->parse != NULL ? kind->parse(text, value) : 0;
}

void
kind_format_expectation(const struct kind *kind, const struct range *range,
    int error, char text[KIND_EXPECTATION_MAX])
{
	snprintf(text, KIND_EXPECTATION_MAX, "%s",
	    kind->explain != NULL ? kind->explain(error) : kind->expectation);
	if (range->max > 0)
		text_append(text, KIND_EXPECTATION_MAX, " from %d to %d",
		    range->min, range->max);
}

/* --- Texts --- */

static int
parse_text(const char *text, void *value)
{
	if (*text == '\0')
		return -EINVAL;
	*(const char **)value = text;
	return 0;
}

static int
parse_path(const char *text, void *value)
{
	if (text[0] != '/' || text[strlen(text) - 1] == '/')
		return -EINVAL;
	*(const char **)value = text;
	return 0;
}

static void
format_text(const void *value, char *text, size_t size)
{
	const char *found = *(const char *const *)value;

	snprintf(text, size, "%s", found != NULL ? found : "");
}

const struct kind kind_command = {
	.expectation = "a command",
	.parse = parse_text,
	.format = format_text,
};

const struct kind kind_text = {
	.expectation = "a value, not an empty one",
	.parse = parse_text,
	.format = format_text,
};

const struct kind kind_path = {
	.expectation = "an absolute path of a file",
	.parse = parse_path,
	.format = format_text,
};

/* Returns how many texts LIST has before its NULL. */
static size_t
count_texts(const char *const *list)
{
	size_t count = 0;

	while (list[count] != NULL)
		count++;
	return count;
}

static int
parse_listen(const char *text, void *value)
{
	return answer_socket_is_valid(text) ? parse_text(text, value) : -EINVAL;
}

const struct kind kind_listen = {
	.expectation = "a port such as 8081, or an address too, such as "
		       "127.0.0.1:8081 or [::1]:8081",
	.parse = parse_listen,
	.format = format_text,
};

static int
parse_folders(const char *text, void *value)
{
	const char **lists = value;
	size_t count = count_texts(value);

	if (count == OPTIONS_OWN_MAX || !own_is_valid(text))
		return -EINVAL;
	lists[count] = text;
	return 0;
}

static void
format_folders(const void *value, char *text, size_t size)
{
	text[0] = '\0';
	for (const char *const *lists = value; *lists != NULL; lists++)
		text_append_item(text, size, *lists);
}

static void
clear_folders(void *value)
{
	memset(value, 0, OPTIONS_OWN_MAX * sizeof(const char *));
}

const struct kind kind_folders = {
	.expectation = "absolute paths of folders such as /data,/run/app, and "
		       "not /; four times at most",
	.parse = parse_folders,
	.format = format_folders,
	.clear = clear_folders,
};

/* --- Numbers --- */

static int
parse_duration(const char *text, void *value)
{
	int64_t ms = duration_parse(text);

	if (ms < 0)
		return (int)ms;
	*(int64_t *)value = ms;
	return 0;
}

static void
format_duration(const void *value, char *text, size_t size)
{
	duration_format(*(const int64_t *)value, text, size);
}

const struct kind kind_duration = {
	.expectation = "a duration such as 500ms, 9s, 1m30s or 1h",
	.parse = parse_duration,
	.format = format_duration,
};

/* Stores what a parser has returned in *VALUE, unless that is -errno. */
static int
store_parsed(int parsed, void *value)
{
	if (parsed < 0)
		return parsed;
	*(int *)value = parsed;
	return 0;
}

static int
parse_count(const char *text, const struct range *range, void *value)
{
	int count = (int)number_parse(text, range->max);

	return store_parsed(count >= range->min ? count : -EINVAL, value);
}

static void
format_count(const void *value, char *text, size_t size)
{
	snprintf(text, size, "%d", *(const int *)value);
}

const struct kind kind_count = {
	.expectation = "a number",
	.parse_within = parse_count,
	.format = format_count,
};

static int
parse_exit_codes(const char *text, void *value)
{
	uint64_t *codes = value;
	uint64_t added[4] = { 0 };

	for (const char *rest; text != NULL; text = rest) {
		size_t length = text_measure_item(text, &rest);
		uint64_t code;

		if (length == 0 || number_read(text, &code) != length ||
		    code > 255)
			return -EINVAL;
		added[code / 64] |= UINT64_C(1) << (code % 64);
	}
	for (size_t i = 0; i < ARRAY_SIZE(added); i++)
		codes[i] |= added[i];
	return 0;
}

static void
format_exit_codes(const void *value, char *text, size_t size)
{
	const uint64_t *codes = value;

	text[0] = '\0';
	for (unsigned int code = 0; code < 256; code++)
		if (codes[code / 64] >> (code % 64) & 1)
			text_append(text, size, "%s%u",
			    *text != '\0' ? "," : "", code);
}

static void
clear_exit_codes(void *value)
{
	memset(value, 0, 4 * sizeof(uint64_t));
}

const struct kind kind_exit_codes = {
	.expectation = "exit codes from 0 to 255 such as 3 or 3,143",
	.parse = parse_exit_codes,
	.format = format_exit_codes,
	.clear = clear_exit_codes,
};

/* --- Signals --- */

static int
parse_signal(const char *text, void *value)
{
	return store_parsed(signals_parse(text), value);
}

static void
format_signal(const void *value, char *text, size_t size)
{
	int signo = *(const int *)value;

	snprintf(text, size, "%s", signo != 0 ? signals_name(signo) : "");
}

const struct kind kind_signal = {
	.expectation = "a signal such as TERM, SIGTERM, 15 or RTMIN+3",
	.parse = parse_signal,
	.format = format_signal,
};

static int
parse_signals(const char *text, void *value)
{
	return signals_parse_set(text, value) < 0 ? -EINVAL : 0;
}

static void
format_signals(const void *value, char *text, size_t size)
{
	signals_format_set(*(const uint64_t *)value, 0, text, size);
}

static void
clear_signals(void *value)
{
	*(uint64_t *)value = 0;
}

const struct kind kind_signals = {
	.expectation = "signals such as TERM,QUIT or RTMIN+3, or all",
	.parse = parse_signals,
	.format = format_signals,
	.clear = clear_signals,
};

static int
parse_stop_signals(const char *text, void *value)
{
	const uint64_t never = signals_bit(SIGKILL) | signals_bit(SIGSTOP) |
	    signals_bit(SIGCHLD);
	struct signal_policy *policy = value;
	int first = signals_parse_set(text, &policy->stop);

	if (first < 0 || (policy->stop & never))
		return -EINVAL;
	if (policy->first_stop == 0)
		policy->first_stop = first;
	return 0;
}

static void
format_stop_signals(const void *value, char *text, size_t size)
{
	const struct signal_policy *policy = value;

	signals_format_set(policy->stop, policy->first_stop, text, size);
}

static void
clear_stop_signals(void *value)
{
	struct signal_policy *policy = value;

	policy->stop = 0;
	policy->first_stop = 0;
}

const struct kind kind_stop_signals = {
	.expectation = "signals such as TERM,INT or RTMIN+3 "
		       "(KILL, STOP and CHLD never arrive)",
	.parse = parse_stop_signals,
	.format = format_stop_signals,
	.clear = clear_stop_signals,
};

static int
parse_rewrite(const char *text, void *value)
{
	return signals_parse_rewrite(text, value);
}

static void
format_rewrite(const void *value, char *text, size_t size)
{
	signals_format_rewrite(value, text, size);
}

static void
clear_rewrite(void *value)
{
	signals_clear_rewrite(value);
}

const struct kind kind_rewrite = {
	.expectation = "pairs of signals such as TERM:QUIT or HUP:0",
	.parse = parse_rewrite,
	.format = format_rewrite,
	.clear = clear_rewrite,
};

/* --- Words --- */

static int
parse_flag(const char *text, void *value)
{
	static const struct {
		char text[6];
		bool is_yes;
	} words[] = {
		{ "yes", true },
		{ "no", false },
		{ "1", true },
		{ "0", false },
		{ "true", true },
		{ "false", false },
		{ "on", true },
		{ "off", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(text, words[i].text) == 0) {
			*(bool *)value = words[i].is_yes;
			return 0;
		}
	}
	return -EINVAL;
}

static void
format_flag(const void *value, char *text, size_t size)
{
	snprintf(text, size, *(const bool *)value ? "yes" : "no");
}

const struct kind kind_flag = {
	.expectation = "yes or no (or 1, 0, true, false, on, off)",
	.parse = parse_flag,
	.format = format_flag,
	.stands_alone = true,
};

static const char *const access_names[] = {
	[NOTIFY_NONE] = "no",
	[NOTIFY_MAIN] = "main",
	[NOTIFY_ALL] = "all",
};

static int
parse_notify(const char *text, void *value)
{
	enum notify_access *access = value;
	bool is_yes;

	for (size_t i = 0; i < ARRAY_SIZE(access_names); i++) {
		if (strcasecmp(text, access_names[i]) == 0) {
			*access = (enum notify_access)i;
			return 0;
		}
	}
	if (parse_flag(text, &is_yes) < 0)
		return -EINVAL;
	*access = is_yes ? NOTIFY_MAIN : NOTIFY_NONE;
	return 0;
}

static void
format_notify(const void *value, char *text, size_t size)
{
	snprintf(text, size, "%s",
	    access_names[*(const enum notify_access *)value]);
}

const struct kind kind_notify = {
	.expectation = "no, main (or yes) or all",
	.parse = parse_notify,
	.format = format_notify,
	.stands_alone = true,
};

static int
parse_log_level(const char *text, void *value)
{
	return store_parsed(log_parse_level(text), value);
}

static void
format_log_level(const void *value, char *text, size_t size)
{
	int level = *(const int *)value;

	snprintf(text, size, "%s", log_level_name((enum log_level)level));
}

const struct kind kind_log_level = {
	.expectation = "error, warn, info or debug",
	.parse = parse_log_level,
	.format = format_log_level,
};

static int
parse_louder(const char *text, void *value)
{
	int *level = value;

	(void)text;
	if (*level < LOG_LEVEL_DEBUG)
		(*level)++;
	return 0;
}

const struct kind kind_louder = { .parse = parse_louder };

static int
parse_quieter(const char *text, void *value)
{
	int *level = value;

	(void)text;
	if (*level > LOG_LEVEL_ERROR)
		(*level)--;
	return 0;
}

const struct kind kind_quieter = { .parse = parse_quieter };

static int
parse_log_format(const char *text, void *value)
{
	return store_parsed(log_parse_format(text), value);
}

static void
format_log_format(const void *value, char *text, size_t size)
{
	int format = *(const int *)value;

	snprintf(text, size, "%s", log_format_name((enum log_format)format));
}

const struct kind kind_log_format = {
	.expectation = "text or json",
	.parse = parse_log_format,
	.format = format_log_format,
};

/* --- Probes --- */

static int
parse_url(const char *text, void *value)
{
	const char **urls = value;
	struct probe_target target;
	size_t count = count_texts(value);

	if (count == PROBE_TARGETS_MAX)
		return -E2BIG;
	urls[count] = text;
	return probe_target_parse(text, &target);
}

static void
clear_urls(void *value)
{
	memset(value, 0, (PROBE_TARGETS_MAX + 1) * sizeof(const char *));
}

const struct kind kind_url = {
	.explain = probe_target_expectation,
	.parse = parse_url,
	.clear = clear_urls,
};

static int
parse_statuses(const char *text, void *value)
{
	return http_statuses_parse(text, value);
}

static void
format_statuses(const void *value, char *text, size_t size)
{
	http_statuses_format(value, text, size);
}

static void
clear_statuses(void *value)
{
	memset(value, 0, sizeof(struct http_statuses));
}

const struct kind kind_statuses = {
	.expectation = "HTTP statuses from 100 to 599 such as 2xx or 2xx,401",
	.parse = parse_statuses,
	.format = format_statuses,
	.clear = clear_statuses,
};

/* What is no part of a name, such as a newline, could forge a request. */
static int
parse_host(const char *text, void *value)
{
	for (const char *c = text; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c) && strchr("-._:[]", *c) == NULL)
			return -EINVAL;
	return strlen(text) <= HOST_MAX ? parse_text(text, value) : -EINVAL;
}

const struct kind kind_host = {
	.expectation = "the name of a host, perhaps with a port",
	.parse = parse_host,
	.format = format_text,
};

/* --- What to do --- */

const struct kind kind_none = { .expectation = NULL };
