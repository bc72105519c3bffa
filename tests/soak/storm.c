/* SPDX-License-Identifier: MIT */
/*
 * The app of a storm:
 *
 *     storm [NUMBER]...
 *
 * For each line "SIGNALS ORPHANS" of standard input,
 * several senders send its parent (dinit) so many signals of all kinds, each in
 * an order of its own, and leave it so many orphans in between. Then a line for
 * each signal: "NUMBER SENT RELAYED", and "done". SIGPWR is not among them, as
 * it ends the app, nor are those whose NUMBER is given.
 *
 * Standard signals merge while they are pending, real-time signals queue up to
 * a limit (signal(7)): past it, one that kill(2) sends is lost without a word.
 * So the senders wait while more than OUTSTANDING_MAX are under way.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SIGNALS_MAX 64
#define REALTIME_MIN 32 /* for the kernel; the C libraries hide the first */
#define SENDERS 4
#define OUTSTANDING_MAX 1024
#define ORPHANS_AT_ONCE 10
/* Nothing has arrived for so long: nothing will. */
#define PATIENCE_S 5

/* Shared by all. */
struct score {
	atomic_long sent[SIGNALS_MAX + 1];
	atomic_long relayed[SIGNALS_MAX + 1];
	atomic_long queued;  /* of all real-time signals */
	atomic_long arrived;
	atomic_int senders;
	atomic_bool is_over; /* nothing arrives any more */
};

static struct score *score;
static uint64_t left_out;
static const uint64_t stormy = ~(UINT64_C(1) << (SIGPWR - 1));

static void
nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
}

static bool
is_sendable(int signo)
{
	return signo != SIGKILL && signo != SIGSTOP && signo != SIGPWR &&
	    (left_out >> (signo - 1) & 1) == 0;
}

/* For senders only: it is the app that makes room, by taking what arrives. */
static void
await_room(void)
{
	while (score->queued - score->arrived > OUTSTANDING_MAX &&
	    !score->is_over)
		nap();
}

static void
send_signal(pid_t init, int signo)
{
	if (signo >= REALTIME_MIN)
		score->queued++;
	score->sent[signo]++;
	if (syscall(SYS_kill, init, signo) < 0)
		err(1, "signal %d", signo);
}

/* Made by a process that ends at once itself. */
static void
leave_orphans(long count)
{
	pid_t between = fork();

	if (between < 0)
		err(1, "fork");
	while (between == 0 && count-- > 0)
		if (fork() <= 0)
			_exit(0);
	if (between == 0)
		_exit(0);
	waitpid(between, NULL, 0);
}

/* In a session of its own: what is relayed to the app's group is not its. */
static void
be_sender(pid_t init, unsigned int seed, long signals, long orphans)
{
	setsid();
	while ((signals > 0 || orphans > 0) && !score->is_over) {
		long batch = orphans < ORPHANS_AT_ONCE ? orphans :
		    ORPHANS_AT_ONCE;
		long share = orphans > batch ? signals * batch / orphans :
		    signals;

		orphans -= batch;
		signals -= share;
		while (share > 0) {
			int signo = 1 + rand_r(&seed) % SIGNALS_MAX;

			if (!is_sendable(signo))
				continue;
			if (signo >= REALTIME_MIN)
				await_room();
			send_signal(init, signo);
			share--;
		}
		if (batch > 0)
			leave_orphans(batch);
	}
	score->senders--;
	_exit(0);
}

/* Only what dinit sent itself; our children's ends are not from it. */
static void
count(const siginfo_t *info)
{
	if (info->si_code != SI_USER || info->si_pid != getppid())
		return;
	score->relayed[info->si_signo]++;
	if (info->si_signo >= REALTIME_MIN)
		score->arrived++;
}

/* Takes one signal, if one comes within PATIENCE_S. */
static bool
take_signal(void)
{
	struct timespec patience = { .tv_sec = PATIENCE_S };
	siginfo_t info;

	if (syscall(SYS_rt_sigtimedwait, &stormy, &info, &patience,
	    sizeof(stormy)) < 0)
		return errno == EINTR;
	count(&info);
	return true;
}

/*
 * A lower number is always taken before a higher one, by dinit and by us: once
 * the highest of all, sent last, is here, so is all the rest.
 */
static void
receive_all(pid_t init)
{
	int last = SIGNALS_MAX;

	while (!is_sendable(last))
		last--;
	while (score->senders > 0)
		if (!take_signal())
			return;
	send_signal(init, last);
	while (score->arrived < score->queued)
		if (!take_signal())
			return;
}

static void
storm(long signals, long orphans)
{
	pid_t init = getppid();

	*score = (struct score){ .senders = SENDERS };
	for (unsigned int i = 0; i < SENDERS; i++)
		if (fork() == 0)
			be_sender(init, i + 1, signals / SENDERS,
			    orphans / SENDERS);
	receive_all(init);
	score->is_over = true;
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	for (int signo = 1; signo <= SIGNALS_MAX; signo++)
		if (is_sendable(signo))
			printf("%d %ld %ld\n", signo, score->sent[signo],
			    score->relayed[signo]);
	puts("done");
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	char line[64];
	long signals;
	long orphans;

	for (int i = 1; i < argc; i++)
		left_out |= UINT64_C(1) << (atoi(argv[i]) - 1);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &stormy, NULL,
	    sizeof(stormy));
	score = mmap(NULL, sizeof(*score), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (score == MAP_FAILED)
		err(1, "mmap");
	puts("up");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL &&
	    sscanf(line, "%ld %ld", &signals, &orphans) == 2)
		storm(signals, orphans);
	return 0;
}
