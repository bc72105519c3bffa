/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "settings/table.h"
#include "base/array.h"

#define MEMBER(name) offsetof(struct options, name)

/* clang-format off */
const struct table_row table_rows[] = {
	{ .name = "drain", .kind = &kind_duration, .offset = MEMBER(drain_ms),
	    .argument = "DUR", .fallback = "0",
	    .help = "serve on this long, unready, before the stop signal" },
	{ .name = "drop-caps", .kind = &kind_text, .offset = MEMBER(drop_caps),
	    .argument = "LIST",
	    .help = "capabilities COMMAND can never have" },
	{ .short_name = 'g', .kind = &kind_none,
	    .help = "accepted as in tini: the group is signalled anyway" },
	{ .name = "grace", .kind = &kind_duration, .offset = MEMBER(grace_ms),
	    .argument = "DUR", .fallback = "9s",
	    .help = "from the relayed stop signal to SIGKILL" },
	{ .name = "health-cmd", .kind = &kind_command,
	    .offset = MEMBER(health_cmd), .argument = "CMD",
	    .help = "ready when CMD exits 0; [\"a\",\"b\"] is executed, "
	    "else sh -c" },
	{ .name = "health-interval", .kind = &kind_duration,
	    .offset = MEMBER(health_interval_ms), .argument = "DUR",
	    .fallback = "250ms",
	    .help = "longest pause between two checks while starting" },
	{ .name = "health-timeout", .kind = &kind_duration,
	    .offset = MEMBER(health_timeout_ms), .argument = "DUR",
	    .fallback = "5s",
	    .help = "kill a check that takes longer; it has failed" },
	{ .name = "help", .short_name = 'h', .kind = &kind_none,
	    .mode = MODE_HELP, .help = "print this" },
	{ .name = "is-ready", .kind = &kind_none, .mode = MODE_IS_READY,
	    .help = "exit 0 if the container is ready, 1 if not" },
	{ .name = "keep-caps", .kind = &kind_text, .offset = MEMBER(keep_caps),
	    .argument = "LIST",
	    .help = "capabilities COMMAND keeps, across --user too" },
	{ .name = "license", .short_name = 'l', .kind = &kind_none,
	    .mode = MODE_LICENSE, .help = "print licenses, and where source is" },
	{ .name = "log-format", .kind = &kind_log_format,
	    .offset = MEMBER(log_format), .argument = "FORMAT",
	    .fallback = "text", .help = "text or json" },
	{ .name = "log-level", .kind = &kind_log_level, .offset = MEMBER(log_level),
	    .argument = "LEVEL", .fallback = "info",
	    .help = "error, warn, info or debug" },
	{ .name = "main-only", .short_name = 'c', .short_value = "all",
	    .kind = &kind_signals, .offset = MEMBER(signals.main_only),
	    .argument = "SIG[,SIG]|all",
	    .help = "relay these to COMMAND, not to its group (-c: all)" },
	{ .name = "monitor", .kind = &kind_duration,
	    .offset = MEMBER(monitor_ms), .argument = "DUR", .fallback = "10s",
	    .help = "keep checking this often once ready; 0: do not" },
	{ .name = "monitor-failures", .kind = &kind_count,
	    .range = { 1, 1000000 },
	    .offset = MEMBER(monitor_failures), .argument = "N",
	    .fallback = "3",
	    .help = "failed checks in a row that withdraw readiness" },
	{ .name = "no-lockdown", .kind = &kind_flag,
	    .offset = MEMBER(no_lockdown),
	    .help = "leave dinit itself unconfined" },
	{ .name = "no-new-privs", .kind = &kind_flag,
	    .offset = MEMBER(no_new_privs),
	    .help = "COMMAND can gain no privilege through exec" },
	{ .name = "notify", .kind = &kind_notify, .offset = MEMBER(notify),
	    .argument = "no|main|all", .fallback = "no",
	    .help = "ready when COMMAND says so by sd_notify(3)" },
	{ .name = "ok-exit", .short_name = 'e', .kind = &kind_exit_codes,
	    .offset = MEMBER(ok_exit), .argument = "N[,N]",
	    .help = "exit codes of COMMAND reported as 0" },
	{ .name = "ok-stop", .kind = &kind_flag, .offset = MEMBER(ok_stop),
	    .help = "report 0 if COMMAND ends in time by the stop signal" },
	{ .name = "own", .kind = &kind_folders, .offset = MEMBER(own),
	    .argument = "PATH[,PATH]",
	    .help = "folders that the user of --user must be able to write" },
	{ .name = "parent-death-signal", .short_name = 'p',
	    .kind = &kind_signal, .offset = MEMBER(parent_death_signal),
	    .argument = "SIG",
	    .help = "signal dinit gets when its parent dies" },
	{ .name = "pause", .short_name = 'P', .kind = &kind_none,
	    .mode = MODE_PAUSE,
	    .help = "no COMMAND: reap until TERM or INT" },
	{ .name = "probe", .kind = &kind_url, .mode = MODE_PROBE,
	    .offset = MEMBER(probe_urls), .argument = "URL",
	    .help = "exit 0 if healthy, 1 if not: tcp, http, unix, "
	    "listen, file" },
	{ .name = "probe-host", .kind = &kind_host,
	    .offset = MEMBER(probe_host), .argument = "NAME",
	    .help = "--probe asks http:// for this Host" },
	{ .name = "probe-max-age", .kind = &kind_duration,
	    .offset = MEMBER(probe_max_age_ms), .argument = "DUR",
	    .fallback = "0",
	    .help = "--probe wants file:// changed this recently; 0: any" },
	{ .name = "probe-status", .kind = &kind_statuses,
	    .offset = MEMBER(probe_status), .argument = "LIST",
	    .fallback = "2xx,3xx",
	    .help = "--probe takes these of http:// as healthy" },
	{ .short_name = 'q', .kind = &kind_quieter, .offset = MEMBER(log_level),
	    .help = "lower the level" },
	{ .name = "ready-file", .kind = &kind_path, .offset = MEMBER(ready_file),
	    .argument = "PATH",
	    .help = "publish readiness here "
	    "(with --health-cmd: /run/dinit/ready)" },
	{ .name = "ready-listen", .kind = &kind_listen,
	    .offset = MEMBER(ready_listen), .argument = "[ADDR:]PORT",
	    .help = "answer GET: 200 while ready, otherwise 503 and why" },
	{ .name = "recovery-budget", .kind = &kind_duration,
	    .offset = MEMBER(recovery_budget_ms), .argument = "DUR",
	    .fallback = "0",
	    .help = "unready so long after being ready: stop, exit 123" },
	{ .name = "report-file", .kind = &kind_path,
	    .offset = MEMBER(report_file), .argument = "PATH",
	    .fallback = "/dev/termination-log",
	    .help = "one line on why the container ended" },
	{ .name = "rewrite", .short_name = 'r', .kind = &kind_rewrite,
	    .offset = MEMBER(signals.rewrite), .argument = "A:B[,A:B]",
	    .help = "relay B when A arrives; 0 drops it" },
	{ .short_name = 's', .kind = &kind_none,
	    .help = "accepted as in tini: subreaper is automatic" },
	{ .name = "seccomp", .kind = &kind_text, .offset = MEMBER(seccomp),
	    .argument = "FILE",
	    .help = "run COMMAND under this OCI seccomp profile" },
	{ .name = "show-config", .kind = &kind_none, .mode = MODE_SHOW_CONFIG,
	    .help = "print each setting and where it came from" },
	{ .name = "startup-budget", .kind = &kind_duration,
	    .offset = MEMBER(startup_budget_ms), .argument = "DUR",
	    .fallback = "30s",
	    .help = "not ready by then: stop, exit 124; 0: no limit" },
	{ .name = "stop-signal", .kind = &kind_stop_signals,
	    .offset = MEMBER(signals), .argument = "SIG[,SIG]",
	    .fallback = "TERM,INT",
	    .help = "signals that start the shutdown" },
	{ .name = "user", .kind = &kind_text, .offset = MEMBER(user),
	    .argument = "USER[:GROUP]",
	    .help = "run COMMAND and the health command as this user" },
	{ .short_name = 'v', .kind = &kind_louder, .offset = MEMBER(log_level),
	    .help = "raise the level" },
	{ .name = "version", .short_name = 'V', .kind = &kind_none,
	    .mode = MODE_VERSION, .help = "print the version" },
	{ .name = "wait", .kind = &kind_duration, .offset = MEMBER(wait_ms),
	    .argument = "DUR", .fallback = "0",
	    .help = "--is-ready and --probe wait this long for it" },
	{ .name = "watchdog", .kind = &kind_duration,
	    .offset = MEMBER(watchdog_ms), .argument = "DUR", .fallback = "0",
	    .help = "no WATCHDOG=1 for so long: unready (with --notify)" },
	{ .short_name = 'w', .short_value = "yes", .kind = &kind_flag,
	    .offset = MEMBER(warn_orphans),
	    .help = "warn on each reaped orphan" },
	{ .kind = NULL },
};
/* clang-format on */

/* The last row only marks the end, so it needs no source. */
static_assert(ARRAY_SIZE(table_rows) - 1 <= OPTIONS_MAX, "raise OPTIONS_MAX");

/* An option that says what to do, such as --pause, has no variable. */
void
table_format_variable(const struct table_row *row, char name[TABLE_NAME_MAX])
{
	size_t length = sizeof(TABLE_PREFIX) - 1;

	name[0] = '\0';
	if (row->name == NULL || row->mode != MODE_RUN)
		return;
	memcpy(name, TABLE_PREFIX, length);
	for (const char *c = row->name; *c != '\0'; c++) {
		assert(length < TABLE_NAME_MAX - 1);
		name[length++] = *c == '-' ? '_' : (char)toupper(*c);
	}
	name[length] = '\0';
}

const struct table_row *
table_find_name(const char *name)
{
	for (const struct table_row *row = table_rows; row->kind != NULL; row++)
		if (row->name != NULL && strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

const struct table_row *
table_find_variable(const char *name, size_t length)
{
	for (const struct table_row *row = table_rows; row->kind != NULL;
	    row++) {
		char known[TABLE_NAME_MAX];

		table_format_variable(row, known);
		if (strlen(known) == length &&
		    strncmp(known, name, length) == 0)
			return row;
	}
	return NULL;
}

enum source
table_source(const struct options *options, const struct table_row *row)
{
	unsigned char strongest = SOURCE_DEFAULT;

	for (size_t i = 0; table_rows[i].kind != NULL; i++)
		if (table_rows[i].offset == row->offset &&
		    options->sources[i] > strongest)
			strongest = options->sources[i];
	return (enum source)strongest;
}

void
table_format_origin(const struct options *options, const char *name,
    char text[TABLE_NAME_MAX])
{
	const struct table_row *row = table_find_name(name);

	if (row != NULL && table_source(options, row) == SOURCE_ENVIRONMENT)
		table_format_variable(row, text);
	else
		snprintf(text, TABLE_NAME_MAX, "--%s", name);
}
