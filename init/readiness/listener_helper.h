/* SPDX-License-Identifier: MIT */
/*
 * The helper that hears COMMAND: receives its notifications (sd_notify(3)),
 * reads them, and passes on to PID 1 what counts. Runs in a process of its own,
 * dinit-notify, that listener_start() starts.
 */
#ifndef DINIT_LISTENER_HELPER_H
#define DINIT_LISTENER_HELPER_H

/*
 * What the process does. PLAN is a struct listener_plan. The process ends when
 * PID 1 closes the other end of NEWS_FD or dies. This returns when COMMAND's
 * last words have been passed on after LISTENER_FINISH.
 */
void
listener_helper_main(const void *plan, int news_fd);

#endif
