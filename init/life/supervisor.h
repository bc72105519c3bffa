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
#include "life/lifecycle.h"
#include "life/messages.h"
#include "life/setup.h"
#include "readiness/health.h"
#include "readiness/helper.h"

struct supervisor {
	struct setup *setup;
	struct lifecycle lifecycle;
	bool app_is_dying;      /* POLLIN of its pidfd has been seen */
	bool has_more_children; /* perhaps, to be reaped */
	struct family family;
	struct helper listener; /* hears COMMAND */
	struct helper health;
	bool is_reloading; /* COMMAND says so, and the engine knows */
	int spawn_fd;      /* result of the exec; -1: it is known */

	struct life_facts facts; /* what the messages are made of */
	int64_t executed_ns;     /* when the exec of COMMAND succeeded */
	int exit_status;         /* -1: not yet known */
	int sweep_error;         /* of the last signal to all, or 0 */
	int wait_error;          /* of what nobody foresaw, or 0 */
	int64_t group_told; /* when a stop signal last went to COMMAND's group,
			       in clock_boot_ticks */
	int64_t checked_ns; /* when the last check was reported */
};

/*
 * Runs the life of the container for which SETUP is made. Its exit status.
 */
int
supervisor_run(struct setup *setup);

#endif
