/* SPDX-License-Identifier: MIT */
/*
 * What dinit itself may still do once COMMAND runs. That the list of its
 * system calls is right is what tests/lockdown/strace.sh finds out.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/kernel.h"
#include "support.h"

TestSuite(lockdown, .timeout = 60, .init = skip_under_filter);

#define GATED \
	"--ready-file=$DIR/ready", "--health-interval=10ms", \
	"--health-cmd=grep -E '^(Seccomp|CapEff):' /proc/$PPID/status " \
	"/proc/self/status >$DIR/new && mv $DIR/new $DIR/checked"

/* The value of LINE in /proc/PID/status; a static buffer. */
static const char *
status_of(pid_t pid, const char *line)
{
	static char text[256];
	char path[64];
	size_t length = strlen(line);
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	cr_assert_not_null(file);
	while (fgets(text, sizeof(text), file) != NULL)
		if (strncmp(text, line, length) == 0 && text[length] == ':')
			break;
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
	return text + length + 2;
}

static void
expect_capabilities(pid_t pid, const char *line, unsigned long long wanted)
{
	const char *text = status_of(pid, line);

	cr_assert_eq(strtoull(text, NULL, 16), wanted, "%s is %s", line,
	    text);
}

/*
 * Where there is no filter, NoNewPrivs is the last of the lock-down that /proc
 * shows. Whatever follows is done once dinit sleeps.
 */
static bool
is_locked_down(void *argument)
{
	const struct container *container = argument;

	return strcmp(status_of(container->init, "NoNewPrivs"), "1") == 0 &&
	    process_state(container->init) == 'S';
}

static bool
is_filtered(void *argument)
{
	const struct container *container = argument;

	return strcmp(status_of(container->init, "Seccomp"), "2") == 0;
}

/* That dinit uses it does not show in /proc: tests/lockdown/strace.sh looks. */
static bool
has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
}

static void
stop(const struct container *container)
{
	container_await_text(container, "out", "up\n");
	container_signal(container, SIGTERM);
	container_expect_status(container, 0);
}

Test(lockdown, status_of_dinit_shows_it)
{
	struct container c = container_start(&(struct run){
		.arguments = { "act", "TERM:exit=0" },
	});

	await(is_locked_down, &c, "dinit locks itself down");
	expect_capabilities(c.init, "CapEff", 1ULL << CAP_KILL);
	expect_capabilities(c.init, "CapPrm", 1ULL << CAP_KILL);
	expect_capabilities(c.init, "CapInh", 0);
	expect_capabilities(c.init, "CapAmb", 0);
	stop(&c);
}

Test(lockdown, a_pause_container_is_locked_down_too)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--pause" },
	});

	await(is_locked_down, &c, "dinit locks itself down");
	expect_capabilities(c.init, "CapEff", 1ULL << CAP_KILL);
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 0);
}

/* Freeing the filter would make each end of a container take longer. */
Test(lockdown, needs_no_filter_where_dinit_reads_nothing_but_signals)
{
	struct container c = container_start(&(struct run){
		.arguments = { "act", "TERM:exit=0" },
	});

	if (!has_landlock())
		cr_skip("skipped: the kernel has no Landlock");
	await(is_locked_down, &c, "dinit locks itself down");
	cr_assert_str_eq(status_of(c.init, "Seccomp"), "0");
	stop(&c);
}

static void
expect_filter(struct run run)
{
	struct container c = container_start(&run);

	await(is_filtered, &c, "dinit filters its system calls");
	stop(&c);
	container_discard(&c);
}

Test(lockdown, filters_system_calls_where_there_is_something_to_look_after)
{
	expect_filter((struct run){ .arguments = { "--ready-file=$DIR/ready",
	    "act", "TERM:exit=0" } });
	expect_filter((struct run){ .arguments = { GATED, "act",
	    "TERM:exit=0" } });
	expect_filter((struct run){ .arguments = { "--notify",
	    "--ready-file=$DIR/ready", "act", "TERM:exit=0" } });
	expect_filter((struct run){ .arguments = {
	    "--seccomp=" SOURCE_DIR "/tests/e2e/profiles/no-mkdir.json", "act",
	    "TERM:exit=0" } });
}

/* The filter that denies Landlock counts as well. */
static bool
has_two_filters(void *argument)
{
	const struct container *container = argument;

	return strcmp(status_of(container->init, "Seccomp_filters"), "2") == 0;
}

Test(lockdown, filters_system_calls_where_the_kernel_has_no_landlock)
{
	struct container c = container_start(&(struct run){
		.arguments = { "act", "TERM:exit=0" },
		.before_exec = deny_calls,
		.argument = &(struct denial){ { SYS_landlock_create_ruleset },
		    ENOSYS },
	});

	await(has_two_filters, &c, "dinit filters its system calls");
	stop(&c);
}

Test(lockdown, neither_app_nor_helper_nor_health_command_is_under_it)
{
	struct container c = container_start(&(struct run){
		.arguments = { GATED, "--", "act", "TERM:exit=0" },
	});
	pid_t app = container_find_process(&c, "act");

	container_await_file(&c, "ready");
	await(is_filtered, &c, "dinit locks itself down");
	cr_assert_str_eq(status_of(app, "Seccomp"), "0");
	cr_assert_str_eq(status_of(app, "NoNewPrivs"), "0");
	cr_assert(strtoull(status_of(app, "CapEff"), NULL, 16) >
	    1ULL << CAP_KILL);
	cr_assert_eq(count_text(container_read(&c, "checked"),
	    "Seccomp:\t0"), 2);
	stop(&c);
}

Test(lockdown, can_be_left_out)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--no-lockdown", GATED, "--", "act",
		    "TERM:exit=0" },
	});

	container_await_file(&c, "ready");
	cr_assert_str_eq(status_of(c.init, "Seccomp"), "0");
	cr_assert_str_eq(status_of(c.init, "NoNewPrivs"), "0");
	cr_assert(strtoull(status_of(c.init, "CapEff"), NULL, 16) >
	    1ULL << CAP_KILL);
	stop(&c);
}

Test(lockdown, kernel_that_grants_no_filter_is_worth_a_debug_line)
{
	struct container c = container_start(&(struct run){
		.arguments = { "-vv", GATED, "--", "act", "TERM:exit=0" },
		/* as in gVisor */
		.before_exec = deny_calls,
		.argument = &(struct denial){ { SYS_seccomp }, EINVAL },
	});

	container_await_file(&c, "ready");
	container_await_text(&c, "log", "dinit: debug: cannot filter system "
	    "calls: Invalid argument");
	expect_capabilities(c.init, "CapEff", 1ULL << CAP_KILL);
	stop(&c);
}

Test(lockdown, all_of_the_work_is_done_under_it)
{
	struct container c = container_start(&(struct run){
		.arguments = { GATED, "--grace=300ms", "--drain=10ms", "--",
		    "sh", "-c", "act name=left start:session & "
		    "exec act start:touch=started TERM:exit=3" },
		.place = AS_ORDINARY,
	});

	container_await_file(&c, "ready");
	container_await_file(&c, "started");
	container_await_text(&c, "out", "left up\n");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 3);
	cr_assert(!container_has_file(&c, "ready"));
	cr_assert(!container_left_something(&c));
	container_expect_no_log(&c, "not permitted");
}
