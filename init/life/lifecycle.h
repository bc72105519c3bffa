/* SPDX-License-Identifier: MIT */
/*
 * The life of a container as a pure state machine: everything that depends on
 * the time or on the order of events is decided here. An event and its time go
 * in, the actions to take come out. There is no system call, no clock, no log
 * and no heap; the same state and event always give the same actions.
 *
 *     launching   COMMAND is forked, its exec has not happened yet
 *     starting    COMMAND runs; readiness is not published yet
 *     ready       readiness is published, or was not asked for
 *     unready     readiness was withdrawn: the app is unhealthy, has said that
 *                 it stops, or can no longer be checked or heard
 *     draining    a stop signal was accepted and readiness is withdrawn; the
 *                 signal is held back while the app serves on
 *     stopping    the stop signal was relayed, the grace period runs
 *     killing     the grace is over: SIGKILL is sent for one second at most
 *     sweeping    COMMAND has ended, or --pause was stopped: the processes
 *                 that are left have the rest of the grace
 *     paused      --pause: there is no COMMAND, orphans are reaped
 *     ended       the exit status is known, nothing more will be done
 *
 * What always holds: readiness is withdrawn before a stop signal is relayed. A
 * stop signal is relayed at most as often as it has arrived, and when dinit
 * gives up, it sends one of its own. SIGKILL is sent only when the grace is
 * over. The life ends when no child is left (with --pause, before SIGKILL: when
 * no other process is left), or one second after the first SIGKILL.
 */
#ifndef DINIT_LIFECYCLE_H
#define DINIT_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/signals.h"

/* How long dinit waits for the end of what it has sent SIGKILL. */
#define KILL_LIMIT_MS 1000

/* Pause between two SIGKILLs: processes may have been forked since. */
#define KILL_AGAIN_MS 100

/* Pause before readiness is published again after that has failed. */
#define PUBLISH_AGAIN_MS 100

/*
 * Pause between two looks for other processes, with --pause: those that came in
 * from outside are not dinit's children, so that no signal tells of their end.
 */
#define LOOK_FOR_OTHERS_MS 20

/*
 * A start that takes this long is said in the log, and then each time when it
 * has taken twice as long.
 */
#define SLOW_START_MS 5000

/*
 * If COMMAND ends within this time of a relayed signal that is no stop signal,
 * the engine may have meant to stop it: no engine's own timer is longer.
 */
#define RELAY_EFFECT_MS 30000

/*
 * How much longer than the pause and the time-out of a check the health helper
 * may be silent before that counts as a failed check. It reports a check that
 * timed out at the very end of this time, and later on a busy machine.
 */
#define SILENCE_SLACK_MS 1000

/* No step has more actions than this. */
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

/* The helper is the process that checks the app, or that hears it. */
enum event_type {
	EVENT_EXECUTED,       /* the exec of COMMAND succeeded */
	EVENT_EXEC_FAILED,    /* arg: the exit status that tells how */
	EVENT_SIGNAL,         /* arg: a signal for the app, as it arrived */
	EVENT_HEALTHY,        /* a check succeeded, or the app sent READY=1 */
	EVENT_UNHEALTHY,      /* a check failed */
	EVENT_APP_STOPPING,   /* the app sent STOPPING=1 */
	EVENT_EXTENDED,       /* arg: ms that the app still needs to start */
	EVENT_ALIVE,          /* the app sent WATCHDOG=1 */
	EVENT_APP_FAILED,     /* the app sent WATCHDOG=trigger */
	EVENT_WATCHDOG_SET,   /* by the app; arg: ms, 0: off */
	EVENT_HELPER_LOST,    /* the helper is gone, or could not be started */
	EVENT_PUBLISHED,      /* ACTION_PUBLISH has succeeded */
	EVENT_PUBLISH_FAILED, /* ACTION_PUBLISH has failed */
	EVENT_APP_STOPPED,    /* arg: the job-control signal that stopped it */
	EVENT_APP_EXITED,     /* arg: exit status */
	EVENT_APP_KILLED,     /* arg: the signal that has ended it */
	EVENT_CHILDREN_GONE,  /* dinit has no child left */
	EVENT_ALL_GONE,       /* ACTION_LOOK found no other process */
	EVENT_TIMEOUT,        /* the time of lifecycle_deadline has come */
};

#define EVENT_COUNT (EVENT_TIMEOUT + 1)

/* A fact, with its time in ms. */
struct event {
	int64_t now;
	enum event_type type;
	int arg;
};

/*
 * An event answers three of the actions: ACTION_PUBLISH by EVENT_PUBLISHED or
 * EVENT_PUBLISH_FAILED, ACTION_START_HELPER by EVENT_HELPER_LOST if it fails,
 * and ACTION_LOOK by EVENT_ALL_GONE if it finds no other process.
 */
enum action_type {
	ACTION_START_HELPER,
	ACTION_STOP_HELPER,  /* with the check that runs */
	ACTION_PUBLISH,      /* readiness */
	ACTION_WITHDRAW,     /* readiness */
	ACTION_ANNOUNCE_END, /* arg: enum ending; no more readiness, and why */
	ACTION_RELAY_TO_GROUP, /* arg: signal, to COMMAND's process group */
	ACTION_RELAY_TO_MAIN,  /* arg: signal, to COMMAND alone */
	ACTION_STOP_GROUP,     /* as RELAY_TO_GROUP, and SIGCONT behind it */
	ACTION_STOP_MAIN,      /* as RELAY_TO_MAIN, and SIGCONT behind it */
	ACTION_NAME_LEFT, /* log what COMMAND has left behind, if anything */
	ACTION_TERMINATE_ALL,  /* SIGTERM to all processes that are left */
	ACTION_TERMINATE_REST, /* to all that STOP_GROUP did not reach */
	ACTION_KILL_ALL,       /* SIGKILL to all processes that are left */
	ACTION_LOOK,           /* whether there is any other process */
	ACTION_SUSPEND,        /* arg: signal; dinit stops as the app has */
	ACTION_LEND_TERMINAL,  /* to the app, if it was given to dinit */
	ACTION_SAY,            /* arg: enum message, to the log and engine */
	ACTION_REPORT,         /* arg: enum ending, into the report file */
	ACTION_EXIT,           /* arg: exit status */
};

#define ACTION_COUNT (ACTION_EXIT + 1)

/* Why the life ended. */
enum ending {
	ENDING_APP,         /* COMMAND ended by itself */
	ENDING_STOP,        /* a stop signal arrived */
	ENDING_KILL,        /* a stop signal, and COMMAND outlived the grace */
	ENDING_BUDGET,      /* the app was not ready in time */
	ENDING_HELPER_LOST, /* the helper was lost before the app was ready */
	ENDING_RECOVERY,    /* the app was ready once, but not again in time */
	ENDING_EXEC,        /* COMMAND could not be executed */
};

#define ENDING_COUNT (ENDING_EXEC + 1)

enum message {
	MESSAGE_SLOW_START, /* COMMAND is still not ready */
	MESSAGE_READY,      /* for the first time */
	MESSAGE_READY_AGAIN,
	MESSAGE_UNHEALTHY,
	MESSAGE_HELPER_SILENT,    /* which counts as unhealthy */
	MESSAGE_UNREADY_FOR_GOOD, /* the helper is gone once the app is ready */
	MESSAGE_WATCHDOG_MISSED,  /* no WATCHDOG=1 in time */
	MESSAGE_APP_FAILED,       /* the app has said so */
	MESSAGE_APP_STOPPING,     /* the app has said so */
	MESSAGE_DRAINING,
	MESSAGE_STOPPING,
	MESSAGE_BUDGET_OVER,
	MESSAGE_HELPER_LOST, /* before the app is ready */
	MESSAGE_RECOVERY_OVER,
	MESSAGE_GRACE_OVER,
	MESSAGE_APP_KILLED,  /* by a signal that dinit has not sent */
	MESSAGE_RELAYED_END, /* after a signal that is no stop signal */
	MESSAGE_STOP_STATUS, /* that of the stop signal: ok_stop would help */
	MESSAGE_UNKILLABLE,
};

#define MESSAGE_COUNT (MESSAGE_UNKILLABLE + 1)

struct action {
	enum action_type type;
	int arg;
};

/* To perform, in order. Only the last one may be answered by an event. */
struct actions {
	unsigned int count;
	struct action list[ACTIONS_MAX];
};

/* What makes the container ready. */
enum gate {
	GATE_PAUSE,  /* nothing does: with --pause there is no COMMAND */
	GATE_NONE,   /* the exec; there is no readiness file */
	GATE_EXEC,   /* the exec; then readiness is published */
	GATE_HEALTH, /* a health command that succeeds, run by a helper */
	GATE_APP,    /* READY=1 from the app, which a helper hears */
};

#define GATE_COUNT (GATE_APP + 1)

/*
 * What the user set. It never changes once the machine runs.
 *
 * Whom silence_ms is about depends on the gate. With GATE_HEALTH it is the
 * helper: its silence counts as a failed check. With GATE_APP it is the app,
 * and this is its watchdog: silence makes it unready.
 */
struct limits {
	enum gate gate;
	bool ok_stop; /* an end by the relayed stop signal is status 0 */
	int monitor_failures; /* this many in a row mean unhealthy; 0: never */
	int64_t silence_ms;   /* see above; 0: no limit */
	int64_t budget_ms;    /* 0: none */
	int64_t recovery_ms;  /* unready this long: dinit gives up; 0: never */
	int64_t drain_ms;
	int64_t grace_ms;
	uint64_t ok_exit[4]; /* exit status N is 0: bit N % 64 of [N / 64] */
	struct signal_policy signals;
};

/* All times are in ms, as those of events; INT64_MAX stands for never. */
struct lifecycle {
	const struct limits *limits;
	enum state state;
	bool published;
	bool grace_over;        /* and COMMAND had not ended by then */
	bool group_was_told;    /* a stop signal was relayed to the group */
	int stop_signal;        /* which has begun the stop, as it arrived;
				   0: none */
	bool app_stops;         /* as it says, and READY=1 has not followed */
	int relayed_signal;     /* the last one that is no stop signal, as it
				   arrived; 0, which is sent as 0: none */
	int failures;           /* in a row, while ready */
	int exit_status;        /* COMMAND's; -1: it still runs */
	enum ending ending;     /* as far as is known yet */
	int failure_status;     /* of give_up; replaces exit_status; 0: none */
	uint64_t stops_relayed; /* the stop signals that COMMAND was sent */
	int64_t silence_ms; /* as limits have it, or as the app has set it */
	uint64_t relayed;   /* the other signals that it was sent */
	int64_t started_at;
	int64_t slow_at;       /* when the log says that the start takes long */
	int64_t relayed_until; /* the end may be due to relayed_signal */
	int64_t budget_until;
	int64_t recover_until; /* unready until then: dinit gives up */
	int64_t publish_again_at;
	int64_t silent_at; /* the silence is too long from then on */
	int64_t drain_until;
	int64_t grace_until; /* never: it has not begun */
	int64_t kill_again_at;
	int64_t kill_until;
	int64_t look_again_at;
};

/*
 * Name of a state, as log lines in JSON and the manual have it. It is an
 * interface: a name that was released stays as it is.
 */
const char *
lifecycle_state_name(enum state state);

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

/*
 * Keeps in mind that the signal SIGNO was relayed at NOW, because COMMAND may
 * end by it. lifecycle_step does this for the signals that it is handed.
 */
void
lifecycle_note_relay(struct lifecycle *lc, int signo, int64_t now);

/*
 * The signals that need no decision before the next event of another kind: to
 * each of them lifecycle_step answers with one ACTION_RELAY_TO_GROUP of that
 * signal, and does nothing else but lifecycle_note_relay.
 */
uint64_t
lifecycle_passed_on(const struct lifecycle *lc);

#endif
