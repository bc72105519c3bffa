/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "settings/parsing.h"
#include "base/array.h"

#define WORDS_MAX 64

const struct setting settings[] = {
	{ "health-cmd", "DINIT_HEALTH_CMD", "-", "/bin/check",
	    "[\"/bin/check\"]" },
	{ "ready-file", "DINIT_READY_FILE", "-", "/tmp/up", "/a/b/c" },
	{ "ready-listen", "DINIT_READY_LISTEN", "-", "8081", "[::1]:65535" },
	{ "startup-budget", "DINIT_STARTUP_BUDGET", "30s", "1m30s", "0s" },
	{ "health-interval", "DINIT_HEALTH_INTERVAL", "250ms", "1s", "50ms" },
	{ "health-timeout", "DINIT_HEALTH_TIMEOUT", "5s", "1s", "500ms" },
	{ "notify", "DINIT_NOTIFY", "no", "main", "all" },
	{ "monitor", "DINIT_MONITOR", "0s", "10s", "500ms" },
	{ "watchdog", "DINIT_WATCHDOG", "0s", "30s", "100ms" },
	{ "wait", "DINIT_WAIT", "0s", "30s", "1ms" },
	{ "monitor-failures", "DINIT_MONITOR_FAILURES", "3", "1", "1000000" },
	{ "recovery-budget", "DINIT_RECOVERY_BUDGET", "0s", "1m", "500ms" },
	{ "grace", "DINIT_GRACE", "9s", "29s", "1ms" },
	{ "drain", "DINIT_DRAIN", "0s", "5s", "1h" },
	{ "stop-signal", "DINIT_STOP_SIGNAL", "TERM,INT", "QUIT",
	    "RTMIN+3,HUP" },
	{ "rewrite", "DINIT_REWRITE", "-", "TERM:QUIT", "HUP:0,TERM:INT" },
	{ "main-only", "DINIT_MAIN_ONLY", "-", "QUIT", "all" },
	{ "ok-exit", "DINIT_OK_EXIT", "-", "3", "0,143,255" },
	{ "ok-stop", "DINIT_OK_STOP", "no", "yes", "no" },
	{ "parent-death-signal", "DINIT_PARENT_DEATH_SIGNAL", "-", "TERM",
	    "RTMAX" },
	{ "log-level", "DINIT_LOG_LEVEL", "info", "debug", "error" },
	{ "log-format", "DINIT_LOG_FORMAT", "text", "json", "text" },
	{ "report-file", "DINIT_REPORT_FILE", "/dev/termination-log", "/tmp/why",
	    "/a" },
	{ "user", "DINIT_USER", "-", "app:www", "1000" },
	{ "keep-caps", "DINIT_KEEP_CAPS", "-", "net_bind_service", "none" },
	{ "drop-caps", "DINIT_DROP_CAPS", "-", "CAP_SYS_ADMIN,12", "all" },
	{ "own", "DINIT_OWN", "-", "/data,/run/app", "/a/" },
	{ "no-new-privs", "DINIT_NO_NEW_PRIVS", "no", "yes", "no" },
	{ "seccomp", "DINIT_SECCOMP", "-", "/etc/profile.json", "here.json" },
	{ "no-lockdown", "DINIT_NO_LOCKDOWN", "no", "yes", "no" },
	{ "probe-status", "DINIT_PROBE_STATUS", "2xx,3xx", "200", "2xx,401" },
	{ "probe-host", "DINIT_PROBE_HOST", "-", "a.example", "b:80" },
	{ "probe-max-age", "DINIT_PROBE_MAX_AGE", "0s", "30s", "1h" },
	{ .name = NULL },
};

const struct result *
parse(const char *const *arguments, const char *const *environment)
{
	static struct result result;
	static const char *words[WORDS_MAX + 1];
	size_t count = 0;

	words[count++] = "dinit";
	while (*arguments != NULL)
		words[count++] = *arguments++;
	words[count] = NULL;
	memset(&result, 0, sizeof(result));
	result.error = options_parse(&result.options, (int)count,
	    (char *const *)words, (char *const *)environment, &result.problem);
	if (result.error == 0)
		listing_format_config(&result.options, result.config,
		    sizeof(result.config));
	return &result;
}

const char *const none[] = { NULL };

bool
needs_notify(const char *name)
{
	return strcmp(name, "recovery-budget") == 0 ||
	    strcmp(name, "watchdog") == 0;
}

/* True if WORD or ENTRY, either of which may be NULL, is refused by itself. */
static bool
is_refused_alone(const char *word, const char *entry)
{
	return (word != NULL && (strncmp(word, "--recovery", 10) == 0 ||
	    strncmp(word, "--watchdog", 10) == 0)) ||
	    (entry != NULL && (strncmp(entry, "DINIT_RECOVERY", 14) == 0 ||
	    strncmp(entry, "DINIT_WATCHDOG", 14) == 0));
}

const struct result *
parse_word(const char *word, const char *entry)
{
	const char *const with[] = { "--notify", word, "true", NULL };
	const char *const without[] = { "--notify", "true", NULL };
	const char *const environment[] = { entry, NULL };

	return parse((word == NULL ? without : with) +
	    !is_refused_alone(word, entry), environment);
}

void
expect_accepted(const struct result *result, const char *what)
{
	cr_assert_eq(result->error, 0, "%s is refused: %s", what,
	    result->problem.text);
}

void
expect_refused(const struct result *result, const char *what,
    const char *text)
{
	cr_expect_eq(result->error, -EINVAL, "%s is taken", what);
	cr_expect_not_null(strstr(result->problem.text, text),
	    "%s: '%s' is not in: %s", what, text, result->problem.text);
	cr_expect_null(strchr(result->problem.text, '\n'), "%s: more than a line",
	    what);
}

void
expect_config(const struct result *result, const char *name,
    const char *value, const char *source)
{
	char line[512];

	snprintf(line, sizeof(line), "%-20s %-24s %s\n", name, value, source);
	cr_expect_not_null(strstr(result->config, line),
	    "no line '%.*s' in\n%s", (int)strlen(line) - 1, line,
	    result->config);
}

const char *
phrase(const char *format, ...)
{
	static char texts[64][256];
	static unsigned int next;
	char *text = texts[next++ % ARRAY_SIZE(texts)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(texts[0]), format, arguments);
	va_end(arguments);
	return text;
}
