/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/signals.h"
#include "base/clock.h"
#include "base/number.h"
#include "base/text.h"

/* --- The signals of this process --- */

/*
 * This makes the system call itself, because sigprocmask(2) of the C libraries
 * leaves out the signals 32 to 34. 0 or -errno.
 */
static int
change_mask(int how, uint64_t set, uint64_t *before)
{
	if (syscall(SYS_rt_sigprocmask, how, &set, before, sizeof(set)) < 0)
		return -errno;
	return 0;
}

int
signals_take_over(struct signal_state *found)
{
	struct sigaction by_default = { .sa_handler = SIG_DFL };
	int error = change_mask(SIG_SETMASK, SIGNALS_ALL, &found->mask);

	if (error < 0)
		return error;
	if (sigaction(SIGCHLD, &by_default, &found->child) < 0)
		return -errno;
	return 0;
}

int
signals_hand_back(const struct signal_state *found)
{
	if (sigaction(SIGCHLD, &found->child, NULL) < 0)
		return -errno;
	return change_mask(SIG_SETMASK, found->mask, NULL);
}

int
signals_open_descriptor(void)
{
	uint64_t all = SIGNALS_ALL;
	long fd = syscall(SYS_signalfd4, -1, &all, sizeof(all),
	    SFD_CLOEXEC | SFD_NONBLOCK);

	return fd < 0 ? -errno : (int)fd;
}

/*
 * This is the system call itself, because musl's sigtimedwait(3) waits for the
 * whole time again after an EINTR. This call takes two longs on every machine,
 * where the C library's struct timespec may be larger. Seconds that do not fit
 * in a long of 32 bits are cut to 68 years.
 */
int
signals_wait(uint64_t set, int64_t left_ns, siginfo_t *info)
{
	int64_t seconds = left_ns / CLOCK_NS_PER_S;
	const long left[] = {
		(long)(seconds > INT32_MAX ? INT32_MAX : seconds),
		(long)(left_ns % CLOCK_NS_PER_S),
	};
	long signo = syscall(SYS_rt_sigtimedwait, &set, info,
	    left_ns == INT64_MAX ? NULL : left, sizeof(set));

	return signo < 0 ? -errno : (int)signo;
}

/*
 * Of real-time signals each is queued, so that neither a kernel's takes the
 * place of one that was sent to the app, nor the other way round. The C library
 * keeps this one for threads, of which dinit has none, so that hardly anybody
 * sends it. (valgrind keeps the last one for itself.)
 */
#define DESCRIPTOR_SIGNAL 33

int
signals_watch_descriptor(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	/* An emulator may not know it (qemu). Then it is a plain SIGIO. */
	if (fcntl(fd, F_SETSIG, DESCRIPTOR_SIGNAL) < 0 && errno != EINVAL)
		return -errno;
	if (flags < 0 || fcntl(fd, F_SETOWN, getpid()) < 0 ||
	    fcntl(fd, F_SETFL, flags | O_ASYNC) < 0)
		return -errno;
	return 0;
}

/* Nobody can send a signal with a positive code: sigqueue(3). */
bool
signals_is_descriptor_news(const siginfo_t *info)
{
	return (info->si_signo == DESCRIPTOR_SIGNAL ||
		   info->si_signo == SIGIO) &&
	    info->si_code > 0;
}

int
signals_send(pid_t pid, int signo)
{
	return kill(pid, signo) < 0 ? -errno : 0;
}

/*
 * The kernel stops dinit where SIGNO is unblocked, and SIGCONT continues it.
 * SIGCONT is blocked, and therefore pending afterwards: it will be read from
 * the signalfd like any other signal.
 */
bool
signals_stop_own_group(int signo)
{
	uint64_t pending = 0;
	uint64_t before;

	if (kill(0, signo) < 0)
		return false;
	change_mask(SIG_UNBLOCK, signals_bit(signo), &before);
	change_mask(SIG_SETMASK, before, NULL);
	syscall(SYS_rt_sigpending, &pending, sizeof(pending));
	return pending & signals_bit(SIGCONT);
}

int
signals_follow_parent(int signo, pid_t parent)
{
	const union sigval nothing = { 0 };

	if (signo == 0)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, signo) < 0)
		return -errno;
	/*
	 * A SIGPIPE or SIGXFSZ by kill(2) would look like one that a write of
	 * dinit's own has caused; one by sigqueue(3) does not. But the kernel
	 * may have no room to queue another signal.
	 */
	if (getppid() != parent && sigqueue(getpid(), signo, nothing) < 0)
		kill(getpid(), signo);
	return 0;
}

/* --- Names, lists and maps --- */

/*
 * The first and the last real-time signal that programs use. The kernel begins
 * at 32, but the C libraries use the first ones for their threads: glibc two of
 * them, musl three. RTMIN is 34 as in glibc, which is what Docker and systemd
 * mean by it, and not what the C library at hand has.
 */
#define REALTIME_MIN 34
#define REALTIME_MAX 64

/* Room for the longest item of a list, "SIGRTMIN+30:SIGRTMAX-30". */
#define ITEM_MAX 32

/* clang-format off */
static const char *const names[SIGNALS_MAX + 1] = {
	[SIGHUP] = "HUP", [SIGINT] = "INT", [SIGQUIT] = "QUIT",
	[SIGILL] = "ILL", [SIGTRAP] = "TRAP", [SIGABRT] = "ABRT",
	[SIGBUS] = "BUS", [SIGFPE] = "FPE", [SIGKILL] = "KILL",
	[SIGUSR1] = "USR1", [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",
	[SIGPIPE] = "PIPE", [SIGALRM] = "ALRM", [SIGTERM] = "TERM",
	[SIGSTKFLT] = "STKFLT", [SIGCHLD] = "CHLD", [SIGCONT] = "CONT",
	[SIGSTOP] = "STOP", [SIGTSTP] = "TSTP", [SIGTTIN] = "TTIN",
	[SIGTTOU] = "TTOU", [SIGURG] = "URG", [SIGXCPU] = "XCPU",
	[SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF",
	[SIGWINCH] = "WINCH", [SIGIO] = "IO", [SIGPWR] = "PWR",
	[SIGSYS] = "SYS", [32] = "32", [33] = "33",
	[34] = "RTMIN", [35] = "RTMIN+1", [36] = "RTMIN+2",
	[37] = "RTMIN+3", [38] = "RTMIN+4", [39] = "RTMIN+5",
	[40] = "RTMIN+6", [41] = "RTMIN+7", [42] = "RTMIN+8",
	[43] = "RTMIN+9", [44] = "RTMIN+10", [45] = "RTMIN+11",
	[46] = "RTMIN+12", [47] = "RTMIN+13", [48] = "RTMIN+14",
	[49] = "RTMIN+15", [50] = "RTMAX-14", [51] = "RTMAX-13",
	[52] = "RTMAX-12", [53] = "RTMAX-11", [54] = "RTMAX-10",
	[55] = "RTMAX-9", [56] = "RTMAX-8", [57] = "RTMAX-7",
	[58] = "RTMAX-6", [59] = "RTMAX-5", [60] = "RTMAX-4",
	[61] = "RTMAX-3", [62] = "RTMAX-2", [63] = "RTMAX-1",
	[64] = "RTMAX",
};
/* clang-format on */

static int
parse_realtime(const char *name)
{
	bool from_top = strncasecmp(name, "RTMAX-", 6) == 0;
	int offset;

	if (strcasecmp(name, "RTMIN") == 0)
		return REALTIME_MIN;
	if (strcasecmp(name, "RTMAX") == 0)
		return REALTIME_MAX;
	if (!from_top && strncasecmp(name, "RTMIN+", 6) != 0)
		return -EINVAL;
	offset = (int)number_parse(name + 6, REALTIME_MAX - REALTIME_MIN);
	if (offset < 0)
		return -EINVAL;
	return from_top ? REALTIME_MAX - offset : REALTIME_MIN + offset;
}

int
signals_parse(const char *text)
{
	int number = (int)number_parse(text, SIGNALS_MAX);

	if (number > 0)
		return number;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (int signo = 1; signo < 32; signo++)
		if (strcasecmp(text, names[signo]) == 0)
			return signo;
	return parse_realtime(text);
}

const char *
signals_name(int signo)
{
	return names[signo];
}

/*
 * Moves the first item of *LIST to ITEM; *LIST is NULL after the last item.
 * False: the item is longer than any that is valid.
 */
static bool
take_item(const char **list, char item[ITEM_MAX])
{
	const char *begin = *list;
	size_t length = text_measure_item(begin, list);

	if (length >= ITEM_MAX)
		return false;
	memcpy(item, begin, length);
	item[length] = '\0';
	return true;
}

int
signals_parse_set(const char *text, uint64_t *set)
{
	uint64_t added = 0;
	int first = 0;

	if (strcasecmp(text, "all") == 0) {
		*set = SIGNALS_ALL;
		return SIGTERM;
	}
	while (text != NULL) {
		char item[ITEM_MAX];
		int signo = take_item(&text, item) ? signals_parse(item)
						   : -EINVAL;

		if (signo < 0)
			return signo;
		if (first == 0)
			first = signo;
		added |= signals_bit(signo);
	}
	*set |= added;
	return first;
}

void
signals_clear_rewrite(unsigned char rewrite[SIGNALS_MAX + 1])
{
	for (int signo = 0; signo <= SIGNALS_MAX; signo++)
		rewrite[signo] = (unsigned char)signo;
}

static int
parse_rewrite_item(char *item, unsigned char rewrite[SIGNALS_MAX + 1])
{
	char *separator = strchr(item, ':');
	int from;
	int to;

	if (separator == NULL)
		return -EINVAL;
	*separator = '\0';
	from = signals_parse(item);
	to = strcmp(separator + 1, "0") == 0 ? 0 : signals_parse(separator + 1);
	if (from < 0 || to < 0)
		return -EINVAL;
	rewrite[from] = (unsigned char)to;
	return 0;
}

int
signals_parse_rewrite(const char *text, unsigned char rewrite[SIGNALS_MAX + 1])
{
	unsigned char changed[SIGNALS_MAX + 1];

	memcpy(changed, rewrite, sizeof(changed));
	while (text != NULL) {
		char item[ITEM_MAX];

		if (!take_item(&text, item) ||
		    parse_rewrite_item(item, changed) < 0)
			return -EINVAL;
	}
	memcpy(rewrite, changed, sizeof(changed));
	return 0;
}

void
signals_format_set(uint64_t set, int first, char *text, size_t size)
{
	text[0] = '\0';
	if (set == SIGNALS_ALL) {
		snprintf(text, size, "all");
		return;
	}
	if (first != 0)
		text_append_item(text, size, names[first]);
	for (int signo = 1; signo <= SIGNALS_MAX; signo++)
		if ((set & signals_bit(signo)) && signo != first)
			text_append_item(text, size, names[signo]);
}

void
signals_format_rewrite(const unsigned char rewrite[SIGNALS_MAX + 1], char *text,
    size_t size)
{
	text[0] = '\0';
	for (int signo = 1; signo <= SIGNALS_MAX; signo++) {
		char item[ITEM_MAX];
		int to = rewrite[signo];

		if (to == signo)
			continue;
		snprintf(item, sizeof(item), "%s:%s", names[signo],
		    to == 0 ? "0" : names[to]);
		text_append_item(text, size, item);
	}
}
