/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "life/supervisor.h"
#include "app/descriptors.h"
#include "app/spawn.h"
#include "base/array.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "life/events.h"
#include "life/supervisor_state.h"
#include "privileges/denial.h"
#include "privileges/landlock.h"
#include "privileges/lockdown.h"

/* How long PID 1 waits at its end for those who wait: 100 ms at most. */
#define WAITER_NAP_NS 2000000
#define WAITER_NAPS 50

/*
 * Closes what belongs to COMMAND. When COMMAND closes its pipes and sockets,
 * their other ends must see it, which they would not as long as dinit has them
 * open too. Standard output and standard error stay open: cron jobs and hooks
 * write to /proc/1/fd/1, which leads to what the engine logs. In / dinit keeps
 * no mount busy.
 */
static void
release_app_files(const struct supervisor *sup)
{
	const struct setup *setup = sup->setup;
	const int kept[] = {
		STDOUT_FILENO,
		STDERR_FILENO,
		log_descriptor(),
		sup->family.app_fd,
		sup->health.fd,
		setup->terminal.fd,
		setup->readiness.directory_fd,
		setup->readiness.parent_fd,
		setup->readiness.file_fd,
		setup->readiness.state.fd,
		setup->upstream.fd,
		sup->listener.fd,
		sup->answers[0].fd,
		sup->answers[1].fd,
		setup->report_fd,
	};

	descriptors_close_others(kept, ARRAY_SIZE(kept));
	if (chdir("/") < 0)
		log_line(LOG_LEVEL_DEBUG, "cannot change to /: %s",
		    strerror(errno));
}

static void
drop_capabilities(const struct readiness *readiness)
{
	const struct lockdown_owner owner = {
		.uid = readiness->owner,
		.gid = readiness->group,
	};
	int error =
	    lockdown_drop_capabilities(readiness->path == NULL ? NULL : &owner);

	if (error < 0)
		log_going_without(LOG_LEVEL_WARN, strerror(-error),
		    "cannot give up capabilities: %s; going on with them",
		    strerror(-error));
	else if (error > 0)
		log_line(LOG_LEVEL_DEBUG,
		    "cannot take on the ids of uid %u by setfsuid(2); keeping "
		    "CAP_DAC_OVERRIDE to write %s",
		    owner.uid, readiness->path);
}

/*
 * True if dinit must be confined to the system calls of its loop: it reads what
 * the helpers write and looks after the readiness file, or COMMAND's profile is
 * a boundary that holds for dinit as well. Otherwise dinit reads nothing but
 * signals, and Landlock takes its files away. That costs nothing when dinit
 * ends, whereas the kernel takes about 34 us to free a filter of any size.
 */
static bool
needs_filter(const struct setup *setup)
{
	return setup->readiness.path != NULL || setup->has_profile;
}

static void
filter_calls(void)
{
	int error = lockdown_filter_calls(&lockdown_list);

	if (error < 0)
		log_going_without(LOG_LEVEL_DEBUG, strerror(-error),
		    "cannot filter system calls: %s; going on without a filter",
		    strerror(-error));
}

/*
 * Once COMMAND runs, dinit keeps nothing but what the rest of its work takes. A
 * kernel that cannot take the rest away is no reason not to run COMMAND. Of
 * files, dinit needs only /proc, where it finds out what COMMAND has left.
 */
static void
confine_dinit(const struct supervisor *sup)
{
	release_app_files(sup);
	if (!sup->setup->locks_down)
		return;
	drop_capabilities(&sup->setup->readiness);
	if (needs_filter(sup->setup) ||
	    landlock_allow_reading_only("/proc") < 0)
		filter_calls();
}

/*
 * Makes room for what a health check prints, and for a NUL byte behind it. It
 * has pages of its own, so that a container without a health command never
 * touches them.
 */
static int
make_room_for_output(struct supervisor *sup)
{
	void *room = mmap(NULL, HEALTH_OUTPUT_MAX + 1, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const char *reason;

	if (room == MAP_FAILED) {
		reason = strerror(errno);
		log_refusal(reason, "cannot map memory: %s", reason);
		return -ENOMEM;
	}
	sup->facts.last_output = room;
	return 0;
}

/*
 * Reaps the children that were there before dinit was executed. No SIGCHLD
 * tells of those that have ended already. This also proves that dinit can reap.
 * 0, or -errno after one message.
 */
static int
take_early_children(struct supervisor *sup)
{
	int error = events_take_early_children(sup);

	if (error == 0)
		return 0;
	return denial_log_failure("wait for", "children", error, false);
}

/*
 * Starts COMMAND and waits for its exec. Signals stay pending until then: they
 * are for COMMAND. 0, or -errno after one message if there is no child.
 */
static int
start_command(struct supervisor *sup)
{
	const struct setup *setup = sup->setup;
	const struct notify_socket *socket = &setup->notify_socket;
	const struct spawn_request request = {
		.argv = setup->command,
		.signals = setup->signals_found,
		.terminal = &setup->terminal,
		.privileges = setup->privileges,
		.notify_socket = socket->fd < 0 ? NULL : socket->path,
	};
	struct spawned spawned;
	int error = spawn_command(&request, &spawned);

	if (error < 0)
		return denial_log_failure("start", setup->command[0], error,
		    true);
	sup->family.app = spawned.pid;
	sup->facts.app = spawned.pid;
	events_take_start(sup, &spawned);
	return 0;
}

/* 0, or -errno after one message: the life cannot even begin. */
static int
begin(struct supervisor *sup)
{
	int error = 0;

	if (sup->setup->limits.gate == GATE_HEALTH)
		error = make_room_for_output(sup);
	if (error == 0)
		error = take_early_children(sup);
	if (error < 0)
		return error;
	if (sup->setup->command != NULL)
		return start_command(sup);
	log_set_report(-1);
	return 0;
}

/*
 * The kernel kills all processes of the container when PID 1 ends (see
 * pid_namespaces(7)). Those that wait for readiness (--is-ready --wait) have
 * been told why there will be none, and need a moment to say it.
 */
static void
let_waiters_speak(const struct supervisor *sup)
{
	const struct timespec nap = { .tv_nsec = WAITER_NAP_NS };

	for (int i = 0; i < WAITER_NAPS && sup->family.is_init &&
	    state_file_is_awaited(&sup->setup->readiness.state);
	    i++)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
}

int
supervisor_run(struct setup *setup)
{
	struct supervisor supervisor = {
		.setup = setup,
		.facts.limits = &setup->limits,
		.facts.ready_file = setup->readiness.path,
		.facts.ready_after_ms = -1,
		.facts.app_status = -1,
		.facts.has_terminal = setup->terminal.fd >= 0,
		.family.is_init = setup->is_init,
		.family.app_fd = -1,
		.health.fd = -1,
		.listener.fd = -1,
		.answers = { { .fd = -1 }, { .fd = -1 } },
		.exit_status = -1,
	};

	lifecycle_init(&supervisor.lifecycle, &setup->limits);
	log_set_state(lifecycle_state_name(supervisor.lifecycle.state));
	if (begin(&supervisor) < 0)
		return EXIT_STATUS_DINIT;
	/* A COMMAND that ends at once may have ended the life already. */
	if (supervisor.exit_status < 0)
		confine_dinit(&supervisor);
	while (supervisor.exit_status < 0)
		events_await(&supervisor);
	let_waiters_speak(&supervisor);
	return supervisor.exit_status;
}
