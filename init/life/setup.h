/* SPDX-License-Identifier: MIT */
/*
 * What must hold before COMMAND runs: setup looks whether everything that the
 * settings ask for can be had, gets it ready, and hands it over to the
 * supervisor in one struct. Whatever fails here keeps dinit from starting.
 */
#ifndef DINIT_SETUP_H
#define DINIT_SETUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "app/terminal.h"
#include "life/lifecycle.h"
#include "readiness/health.h"
#include "readiness/notify.h"
#include "readiness/notify_socket.h"
#include "readiness/readiness.h"

struct options;
struct privileges;
struct signal_state;

/* What the supervisor is handed. */
struct setup {
	const struct options *options;
	struct limits limits;
	char *const *command;                     /* NULL with --pause */
	const struct signal_state *signals_found; /* for COMMAND */
	const struct privileges *privileges; /* COMMAND's; NULL: dinit's own */
	bool is_init;                        /* dinit is PID 1 */
	bool locks_down;                     /* dinit, once COMMAND runs */
	bool has_profile; /* COMMAND's system calls are filtered (--seccomp) */
	bool warns_of_orphans;
	struct health_plan health_plan;
	struct readiness readiness;
	int answer_fd; /* for --ready-listen; -1: it is not given */
	enum notify_access notify_access;
	struct notify_socket notify_socket; /* for what COMMAND says */
	struct notify_upstream upstream;    /* the engine */
	bool feeds_watchdog; /* the engine's, by each check that succeeds */
	struct terminal terminal;
	int report_fd; /* -1: there is no report file */
};

/*
 * Opens the report file that OPTIONS name, and has the log append errors there.
 * If they name none, this is /dev/termination-log where Kubernetes has made
 * that, and PARENT, dinit's parent, is outside of the PID namespace. It is not
 * a part of setup_prepare, as the report file has to be open when main logs
 * what is wrong with the options. The descriptor; -1: there is no such file,
 * or it cannot be opened, which is logged.
 */
int
setup_open_report(const struct options *options, pid_t parent);

/*
 * Gets ready for COMMAND and fills OUT. SIGNALS_FOUND is what dinit has found
 * at its start and COMMAND gets back, PARENT is dinit's parent at its start,
 * REPORT_FD is the report file. OPTIONS and SIGNALS_FOUND must outlive OUT. 0;
 * or -errno after one message, and no file of dinit is left behind.
 */
int
setup_prepare(const struct options *options,
    const struct signal_state *signals_found, pid_t parent, int report_fd,
    struct setup *out);

/*
 * Returns by what the startup budget, or the recovery budget, is set: an option,
 * or its variable, also for a default, because an image can set that.
 */
const char *
setup_budget_name(const struct setup *setup);

const char *
setup_recovery_name(const struct setup *setup);

/* Deletes the files that setup_prepare has made, once the life is over. */
void
setup_end(struct setup *setup);

#endif
