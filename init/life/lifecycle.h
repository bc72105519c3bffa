/* SPDX-License-Identifier: MIT */
/*
 * The life of a container as a pure state machine: all that decides when
 * something happens is here. An event and its time go in, the actions to
 * take come out. No system call, no clock, no log, no heap; the same state
 * and event always give the same actions.
 *
 *     launching   COMMAND is forked, its exec has not happened yet
 *     starting    it runs; readiness is not published yet
 *     ready       readiness is published, or nobody asked for it
 *     unready     it was withdrawn: the app is unhealthy, or nobody can tell
 *     draining    a stop was accepted: readiness withdrawn, the app serves on
 *     stopping    the stop signal was relayed, the grace period runs
 *     killing     the grace is over: SIGKILL is out, up to one second is left
 *     sweeping    COMMAND ended, or --pause was stopped: what is left has the
 *                 rest of the grace
 *     paused      --pause: no COMMAND, orphans are reaped
 *     ended       the exit status is known, nothing more will be done
 *
 * Order that always holds: readiness is withdrawn before a stop signal is
 * relayed; nobody is sent a stop signal more often than one arrived; SIGKILL
 * comes only when the grace is over; the exit comes when no child is left (with
 * --pause: when no other process is left), or one second after SIGKILL.
 */
#ifndef DINIT_LIFECYCLE_H
#define DINIT_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/signals.h"

/* How long SIGKILL may take to work before dinit leaves without. */
#define KILL_LIMIT_MS 1000

/* Pause between two SIGKILLs to what was forked in between. */
#define KILL_AGAIN_MS 100

/* Pause before a failed publication is tried again. */
#define PUBLISH_AGAIN_MS 100

/*
 * Pause between two looks at whether anybody is left, with --pause: processes
 * that came in from outside are not dinit's children, so no signal tells of
 * their end.
 */
#define LOOK_FOR_OTHERS_MS 20

/*
 * What is granted to the health helper beyond the pause and the time-out of a
 * check, before its silence counts as a failed check: it reports a time-out at
 * the very moment when that ends, and on a busy machine later.
 */
#define SILENCE_SLACK_MS 1000

/* No single step asks for more. */
#define ACTIONS_MAX 8

enum state {
	STATE_LAUNCHING,
	STATE_STARTING,
	STATE_READY,
	STATE_UNREADY,
	STATE_DRAINING,
	STATE_STOPPING,
	STATE_KILLING,
	STATE_SWEEPING,
	STATE_PAUSED,
	STATE_ENDED,
};

#define STATE_COUNT (STATE_ENDED + 1)

enum event_type {
	EVENT_EXECUTED,       /* the exec of COMMAND succeeded */
	EVENT_EXEC_FAILED,    /* arg: the exit status that says how */
	EVENT_SIGNAL,         /* arg: a signal to relay, as it arrived */
	EVENT_HEALTHY,        /* the health command succeeded, or READY=1 */
	EVENT_UNHEALTHY,      /* it did not succeed */
	EVENT_APP_STOPPING,   /* COMMAND said so: STOPPING=1 */
	EVENT_EXTENDED,       /* arg: ms that COMMAND still needs to start */
	EVENT_HEALTH_LOST,    /* the helper that checks or hears is gone */
	EVENT_PUBLISHED,      /* readiness is out */
	EVENT_PUBLISH_FAILED, /* it could not be published */
	EVENT_APP_STOPPED,    /* arg: the job-control signal that stopped it */
	EVENT_APP_EXITED,     /* arg: its exit status, 128+N for signal N */
	EVENT_CHILDREN_GONE,  /* dinit has no child left */
	EVENT_ALL_GONE,       /* ACTION_LOOK found no other process */
	EVENT_TIMEOUT,        /* the time of lifecycle_deadline is here */
};

#define EVENT_COUNT (EVENT_TIMEOUT + 1)

/* A fact, with its time in ms. */
struct event {
	int64_t now;
	enum event_type type;
	int arg;
};

enum action_type {
	ACTION_START_HEALTH,   /* start the helper that checks or hears */
	ACTION_STOP_HEALTH,    /* end it: a running check at once */
	ACTION_PUBLISH,        /* readiness; answered by an event */
	ACTION_WITHDRAW,       /* readiness */
	ACTION_ANNOUNCE_END,   /* arg: enum ending; of readiness */
	ACTION_RELAY_TO_GROUP, /* arg: signal */
	ACTION_RELAY_TO_MAIN,  /* arg: signal */
	ACTION_STOP_GROUP,     /* arg: stop signal, which SIGCONT follows */
	ACTION_STOP_MAIN,      /* arg: likewise, to COMMAND alone */
	ACTION_TERMINATE_ALL,  /* SIGTERM to all that is left */
	ACTION_TERMINATE_REST, /* but not to those that STOP_GROUP reached */
	ACTION_KILL_ALL,       /* SIGKILL to the group and all the rest */
	ACTION_LOOK,           /* answered by an event if nobody is left */
	ACTION_SUSPEND,        /* arg: signal; stop with the app, as one job */
	ACTION_LEND_TERMINAL,  /* foreground given to us goes to the app */
	ACTION_SAY,            /* arg: enum message, for the log */
	ACTION_REPORT,         /* arg: enum ending; the last word */
	ACTION_EXIT,           /* arg: exit status */
};

#define ACTION_COUNT (ACTION_EXIT + 1)

/* Why the life ended. */
enum ending {
	ENDING_APP,         /* COMMAND ended by itself */
	ENDING_STOP,        /* after a stop signal */
	ENDING_KILL,        /* likewise, but not within the grace */
	ENDING_BUDGET,      /* it was not ready in time */
	ENDING_HEALTH_LOST, /* nor could anybody tell whether it was */
	ENDING_EXEC,        /* it could not be executed */
};

#define ENDING_COUNT (ENDING_EXEC + 1)

enum message {
	MESSAGE_READY,
	MESSAGE_READY_AGAIN,
	MESSAGE_UNHEALTHY,
	MESSAGE_MONITOR_SILENT,
	MESSAGE_MONITOR_LOST,
	MESSAGE_APP_STOPPING,
	MESSAGE_DRAINING,
	MESSAGE_STOPPING,
	MESSAGE_BUDGET_OVER,
	MESSAGE_HEALTH_LOST,
	MESSAGE_GRACE_OVER,
	MESSAGE_UNKILLABLE,
};

#define MESSAGE_COUNT (MESSAGE_UNKILLABLE + 1)

struct action {
	enum action_type type;
	int arg;
};

/* To perform, in order. What an event answers is always the last one. */
struct actions {
	unsigned int count;
	struct action list[ACTIONS_MAX];
};

/* What makes the container ready. */
enum gate {
	GATE_PAUSE,  /* nothing: with --pause there is no COMMAND */
	GATE_NONE,   /* the exec; there is no readiness file either */
	GATE_EXEC,   /* the exec, and then the readiness file is written */
	GATE_HEALTH, /* a health command, which the health helper runs */
	GATE_APP,    /* COMMAND, when it sends READY=1 to the listener */
};

#define GATE_COUNT (GATE_APP + 1)

/* What the user set; never changed once the machine runs. */
struct limits {
	enum gate gate;
	bool ok_stop;         /* an end by just the relayed stop signal is 0 */
	int monitor_failures; /* in a row make it unhealthy; 0: no monitoring */
	int64_t silence_ms;   /* without a report: one failure; 0: no limit */
	int64_t budget_ms;    /* 0: none */
	int64_t drain_ms;
	int64_t grace_ms;
	uint64_t ok_exit[4]; /* exit status N is 0: bit N % 64 of [N / 64] */
	struct signal_policy signals;
};

struct lifecycle {
	const struct limits *limits;
	enum state state;
	bool published;
	bool overdue;           /* the grace ended before COMMAND did */
	bool group_was_told;    /* a stop signal was relayed to the group */
	int stop_signal;        /* held back while draining, as it arrived */
	int failures;           /* checks in a row, while ready */
	int exit_status;        /* COMMAND's; -1: it still runs */
	enum ending ending;     /* as far as is known */
	int failure_status;     /* of a failed start; 0: it did not fail */
	uint64_t stops_relayed; /* stop signals that COMMAND was sent */
	int64_t budget_until;
	int64_t publish_again_at; /* INT64_MAX: no publication is due */
	int64_t report_until;     /* then the helper has been silent too long */
	int64_t drain_until;
	int64_t grace_until; /* INT64_MAX: no stop is under way */
	int64_t kill_again_at;
	int64_t kill_until;
	int64_t look_again_at; /* INT64_MAX: nobody is looked for */
};

/* Sets LC to its first state. LIMITS must outlive it. */
void
lifecycle_init(struct lifecycle *lc, const struct limits *limits);

/* Takes in EV and fills OUT with the actions that follow from it. */
void
lifecycle_step(struct lifecycle *lc, const struct event *ev,
    struct actions *out);

/* When EVENT_TIMEOUT is due, in ms; INT64_MAX: not before another event. */
int64_t
lifecycle_deadline(const struct lifecycle *lc);

/* Name of a state, as the documentation has it. */
const char *
lifecycle_state_name(enum state state);

#endif
