/* SPDX-License-Identifier: MIT */
/*
 * What the supervisor keeps while it runs, beside what setup has handed over.
 * It is private to the three files that are the supervisor: supervisor.c starts
 * COMMAND, events.c takes in news, and actions.c acts on them.
 */
#ifndef DINIT_SUPERVISOR_STATE_H
#define DINIT_SUPERVISOR_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "app/children.h"
#include "life/lifecycle.h"
#include "life/messages.h"
#include "life/setup.h"
#include "readiness/helper.h"

/* What the state file tells of why the container is not ready. */
struct told {
	enum state state; /* the one after the last event, told or not */
	int64_t since_ms; /* since when it is in that state */
	int64_t at_ms;    /* when the file was written */
	ino_t inode;      /* of the file that was written */
	int64_t checks;   /* how many had ended */
	enum message loss;
	int publish_error;
};

struct supervisor {
	struct setup *setup;
	struct lifecycle lifecycle;
	struct life_facts facts; /* what the messages are made of */
	struct family family;
	struct helper health;     /* the helper that checks */
	struct helper listener;   /* the helper that hears COMMAND */
	struct helper answers[2]; /* the helpers for --ready-listen: the one
				     that answers, and a spare one */
	int exit_status;          /* -1: the life goes on */

	int64_t executed_ns;      /* when the exec succeeded; 0: it has not */
	int64_t checked_ns;       /* when the last check was reported */
	int64_t group_told_ticks; /* when COMMAND's group last got a stop
				     signal, by clock_boot_ticks */

	struct told told;

	uint64_t passed_on;   /* signals that need no decision: lifecycle.h */
	int last_signal;      /* the last one that was taken */
	int signals_in_a_row; /* taken since others had their turn */
	bool must_look_again; /* no signal tells of the rest of the news */
	bool is_reloading;    /* COMMAND; the engine waits for its READY=1 */
	bool has_killed;      /* what is left was sent SIGKILL before */
	int sweep_error;      /* -errno of the last signal to what is left */
	int retry_error;      /* -errno of the last call to be tried again */
};

#endif
