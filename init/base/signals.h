/* SPDX-License-Identifier: MIT */
/*
 * Signals: the mask and the dispositions, which dinit changes at its start and
 * gives to the app as it found them; sending signals; their names, lists of
 * them, and the map that says as which signal another one is relayed.
 *
 * A set is a bit mask in which bit N - 1 stands for signal N, 1 to 64. It is no
 * sigset_t, because the C libraries leave the signals 32 to 34, which they use
 * for their threads, out of their sets. dinit relays these like all others.
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

/* What dinit does with each signal that it receives. */
struct signal_policy {
	uint64_t stop;      /* these start the shutdown */
	int first_stop;     /* the first of these in the list of the user */
	uint64_t main_only; /* these go to COMMAND's process, not its group */
	/* [N] is the signal that is relayed instead of N; 0: none is */
	unsigned char rewrite[SIGNALS_MAX + 1];
};

/* The signal mask and the disposition of SIGCHLD, as dinit has found them. */
struct signal_state {
	uint64_t mask;
	struct sigaction child;
};

/* Returns the set of SIGNO alone. */
static inline uint64_t
signals_bit(int signo)
{
	return UINT64_C(1) << (signo - 1);
}

/* --- The signals of this process --- */

/*
 * Blocks every signal, 32 to 34 too, and sets SIGCHLD to its default. If dinit
 * has inherited that as SIG_IGN, then the kernel reaps all children itself, and
 * their ends are not reported (wait(2)). No other disposition needs a change:
 * a signal that is blocked is queued even if it is ignored. FOUND is what mask
 * and disposition were before. 0 or -errno.
 */
int
signals_take_over(struct signal_state *found);

/*
 * Undoes signals_take_over, in a process that will execute something else or
 * does not relay signals. 0 or -errno.
 */
int
signals_hand_back(const struct signal_state *found);

/*
 * Opens a signalfd(2) for all signals, which is close-on-exec and does not
 * block. The descriptor, or -errno.
 */
int
signals_open_descriptor(void);

/*
 * Sleeps until a signal of SET, all of which must be blocked, is pending, and
 * takes it: the one with the lowest number first (signal(7)). It sleeps LEFT_NS
 * nanoseconds at most, or without end if that is INT64_MAX. Returns the signal
 * and fills INFO; -EAGAIN if the time is over; -EINTR if dinit was stopped and
 * continued meanwhile; or another -errno.
 */
int
signals_wait(uint64_t set, int64_t left_ns, siginfo_t *info);

/*
 * Has the kernel send a signal to dinit whenever there is news on the socket
 * FD: something to read, or the end of its other end (fcntl(2), F_SETSIG). It
 * says so once, and not again for what was left unread. 0 or -errno.
 */
int
signals_watch_descriptor(int fd);

/*
 * True if INFO is what signals_watch_descriptor asked for, and not a signal
 * that was sent by anybody. Where no more signals can be queued (getrlimit(2),
 * RLIMIT_SIGPENDING), a plain SIGIO comes in its place.
 */
bool
signals_is_descriptor_news(const siginfo_t *info);

/* Sends SIGNO to PID by kill(2). 0 or -errno. */
int
signals_send(pid_t pid, int signo);

/*
 * Sends SIGNO, which stops a process, to dinit's own process group, and returns
 * when dinit is continued. False, at once, if the kernel has not stopped dinit:
 * by SIGTSTP and the like it stops neither PID 1 nor an orphaned process group
 * (get_signal() in its kernel/signal.c).
 */
bool
signals_stop_own_group(int signo);

/*
 * Makes the kernel send SIGNO to dinit when its parent dies. If PARENT is no
 * longer the parent, it has died already, for which the kernel sends nothing
 * (PR_SET_PDEATHSIG(2const)): then dinit sends SIGNO to itself. If SIGNO is 0,
 * nothing is sent. 0 or -errno.
 */
int
signals_follow_parent(int signo, pid_t parent);

/* --- Names, lists and maps --- */

/*
 * Returns the number of the signal that TEXT names, such as TERM, SIGTERM, 15,
 * RTMIN+3 or RTMAX-1; or -EINVAL.
 */
int
signals_parse(const char *text);

/* Returns the name of SIGNO, 1 to 64, without SIG. signals_parse reads it. */
const char *
signals_name(int signo);

/*
 * Adds the signals in TEXT, a list with commas or "all", to *SET. Returns the
 * first signal of the list; or -EINVAL, and *SET is as it was.
 */
int
signals_parse_set(const char *text, uint64_t *set);

/* Makes REWRITE the map that rewrites nothing. */
void
signals_clear_rewrite(unsigned char rewrite[SIGNALS_MAX + 1]);

/*
 * Adds TEXT, which is A:B or a list of such pairs with commas, to the map
 * REWRITE. 0; or -EINVAL, and the map is as it was.
 */
int
signals_parse_rewrite(const char *text, unsigned char rewrite[SIGNALS_MAX + 1]);

/*
 * Writes SET as signals_parse_set reads it. FIRST is the signal to begin with;
 * 0: the order is that of the numbers.
 */
void
signals_format_set(uint64_t set, int first, char *text, size_t size);

/* Writes the map REWRITE as signals_parse_rewrite reads it. */
void
signals_format_rewrite(const unsigned char rewrite[SIGNALS_MAX + 1], char *text,
    size_t size);

#endif
