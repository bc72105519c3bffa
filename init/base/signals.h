/* SPDX-License-Identifier: MIT */
/*
 * Signals: their names, lists of them, the rewrite map; the mask and the
 * dispositions, taken over at start and handed to the app as they were found.
 *
 * Sets are bit masks over the kernel's numbers 1 to 64 (bit N - 1), not
 * sigset_t: the C libraries keep 32 to 34 for themselves and leave them out
 * of their sets, but whoever sends one to a container means the app.
 */
#ifndef DINIT_SIGNALS_H
#define DINIT_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNALS_MAX 64
#define SIGNALS_ALL UINT64_MAX

/* Room for any list that signals_format_* writes. */
#define SIGNALS_TEXT_MAX 1280

/* What is done with each signal that arrives. */
struct signal_policy {
	uint64_t stop;      /* these start the shutdown */
	int first_stop;     /* the first of them as written */
	uint64_t main_only; /* these go to COMMAND's process, not its group */
	/* relayed instead of N: [N]; 0 drops it */
	unsigned char rewrite[SIGNALS_MAX + 1];
};

/* Mask and SIGCHLD's disposition as the program found them. */
struct signal_state {
	uint64_t mask;
	struct sigaction child;
};

/* The set that holds SIGNO alone. */
static inline uint64_t
signals_bit(int signo)
{
	return UINT64_C(1) << (signo - 1);
}

/*
 * Blocks every signal, 32 to 34 too, and sets SIGCHLD to its default: with an
 * inherited SIG_IGN the kernel reaps, and no exit is ever reported (wait(2)).
 * All other dispositions are never touched, for a blocked signal is queued
 * even when it is ignored. What was found is left in FOUND. 0 or -errno.
 */
int
signals_take_over(struct signal_state *found);

/* Undoes signals_take_over, in a child that is about to exec. 0 or -errno. */
int
signals_hand_back(const struct signal_state *found);

/* A close-on-exec, non-blocking signalfd(2) for all signals, or -errno. */
int
signals_open_descriptor(void);

/* Sends SIGNO to PID by kill(2). 0 or -errno. */
int
signals_send(pid_t pid, int signo);

/*
 * Sends SIGNO to dinit's own process group, which is stopped by it, and comes
 * back when continued. False, at once, if the kernel did not stop us:
 * PID 1 and orphaned groups are never stopped by the terminal (signal(7)).
 */
bool
signals_stop_own_group(int signo);

/* Number of TERM, SIGTERM, 15, RTMIN+3 or RTMAX-1, or -EINVAL. */
int
signals_parse(const char *text);

/*
 * Has SIGNO sent to dinit when its parent dies, or now if that is no more
 * PARENT, of which the kernel would say nothing (PR_SET_PDEATHSIG(2const)); 0:
 * nothing is sent. 0 or -errno.
 */
int
signals_follow_parent(int signo, pid_t parent);

/* Name of SIGNO (1 to 64) without SIG, as signals_parse reads it. */
const char *
signals_name(int signo);

/*
 * Adds a comma-separated list, or "all", to *SET. The first signal of the
 * list, or -EINVAL and *SET as it was.
 */
int
signals_parse_set(const char *text, uint64_t *set);

/* Makes REWRITE the map that rewrites nothing. */
void
signals_clear_rewrite(unsigned char rewrite[SIGNALS_MAX + 1]);

/* Adds A:B[,A:B]... to the map REWRITE. 0, or -EINVAL and no change. */
int
signals_parse_rewrite(const char *text, unsigned char rewrite[SIGNALS_MAX + 1]);

/* Writes SET as signals_parse_set reads it; FIRST, if not 0, leads. */
void
signals_format_set(uint64_t set, int first, char *text, size_t size);

/* Writes the map as signals_parse_rewrite reads it. */
void
signals_format_rewrite(const unsigned char rewrite[SIGNALS_MAX + 1], char *text,
    size_t size);

#endif
