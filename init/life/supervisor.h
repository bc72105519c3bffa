/* SPDX-License-Identifier: MIT */
/*
 * The shell around the lifecycle: waits, makes the kernel's news into events,
 * and carries the actions out. The only reader of the clock in PID 1. Decides
 * nothing.
 */
#ifndef DINIT_SUPERVISOR_H
#define DINIT_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "app/children.h"
#include "app/spawn.h"
#include "app/terminal.h"
#include "life/lifecycle.h"
#include "life/messages.h"
#include "readiness/health.h"
#include "readiness/helper.h"
#include "readiness/listener.h"
#include "readiness/notify.h"
#include "readiness/readiness.h"

struct supervisor {
	struct limits limits;
	struct lifecycle lifecycle;
	struct health_plan health_plan;
	char *const *command; /* NULL with --pause */
	const struct signal_state *signals_found;
	const struct privileges *privileges; /* COMMAND's; NULL: ours */
	bool locks_down;
	bool warn_orphans;

	bool app_is_dying;      /* POLLIN of its pidfd has been seen */
	bool has_more_children; /* perhaps, to be reaped */
	struct family family;
	struct terminal terminal;
	struct readiness readiness;
	struct notify_upstream upstream;
	struct listener_socket notify_socket; /* where COMMAND tells ... */
	enum notify_access notify_access;
	struct helper listener; /* ... and who hears it */
	bool is_reloading;      /* COMMAND says so, and the engine knows */
	bool feeds_watchdog;    /* of the engine, by healthy checks */
	struct helper health;
	int signal_fd;
	int report_fd; /* -1: none was asked for */
	int spawn_fd;  /* result of the exec; -1: it is known */

	struct life_facts facts; /* what the messages are made of */
	int64_t executed_ns;     /* when the exec of COMMAND succeeded */
	int exit_status;         /* -1: not yet known */
	int sweep_error;         /* of the last signal to all, or 0 */
	int wait_error;          /* of what nobody foresaw, or 0 */
	int64_t group_told; /* when a stop signal last went to COMMAND's group,
			       in clock_boot_ticks */
	int64_t checked_ns; /* when the last check was reported */
};

/* Sets everything to none, so that supervisor_run takes what is filled in. */
void
supervisor_init(struct supervisor *supervisor);

/* Runs the life of the container. Its exit status. */
int
supervisor_run(struct supervisor *supervisor);

#endif
