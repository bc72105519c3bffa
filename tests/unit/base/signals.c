/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/signals.h"
#include "base/array.h"
#include "base/clock.h"
#include "support.h"

TestSuite(signals, .timeout = 60);

/* The kernel never blocks these. */
#define UNBLOCKABLE (signals_bit(SIGKILL) | signals_bit(SIGSTOP))

struct sample {
	const char *text;
	int expected;
};

/* --- Names --- */

Test(signals, reads_names_and_numbers)
{
	static const struct sample samples[] = {
		{ "TERM", SIGTERM }, { "SIGTERM", SIGTERM },
		{ "term", SIGTERM }, { "sigterm", SIGTERM },
		{ "SigTerm", SIGTERM }, { "tErM", SIGTERM },
		{ "15", SIGTERM }, { "1", SIGHUP }, { "9", SIGKILL },
		{ "64", 64 }, { "32", 32 }, { "33", 33 }, { "34", 34 },
		{ "HUP", SIGHUP }, { "SYS", SIGSYS }, { "SIGIO", SIGIO },
		{ "STKFLT", SIGSTKFLT }, { "usr1", SIGUSR1 },
		{ "RTMIN", 34 }, { "SIGRTMIN", 34 }, { "rtmin", 34 },
		{ "RTMAX", 64 }, { "sigrtmax", 64 },
		{ "RTMIN+0", 34 }, { "RTMAX-0", 64 },
		{ "SIGRTMIN+3", 37 }, { "rtmin+3", 37 }, { "rtmax-1", 63 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		int parsed = signals_parse(samples[i].text);

		cr_expect_eq(parsed, samples[i].expected, "'%s' is %d",
		    samples[i].text, parsed);
	}
}

Test(signals, counts_real_time_signals_from_both_ends)
{
	for (int offset = 0; offset <= 30; offset++) {
		char text[32];

		snprintf(text, sizeof(text), "RTMIN+%d", offset);
		cr_expect_eq(signals_parse(text), 34 + offset, "%s", text);
		snprintf(text, sizeof(text), "SIGRTMAX-%d", offset);
		cr_expect_eq(signals_parse(text), 64 - offset, "%s", text);
	}
}

Test(signals, refuses_texts_that_name_no_signal)
{
	static const char *const texts[] = {
		"", " ", "0", "00", "65", "99", "100", "015", "-1", "+1",
		"1 ", " TERM", "TERM ", "TERMX", "TER", "SIG", "SIGSIGTERM",
		"SIG15", "15TERM", "RTMIN+31", "RTMAX-31", "RTMIN+99",
		"RTMIN-1", "RTMAX+1", "RTMIN+", "RTMAX-", "RTMIN+x",
		"RTMIN+-1", "RTMIN++1", "RTMIN+1x", "RTMIN+100", "RTMINX",
		"RT", "TERM,INT", "TERM:INT", "all", "SIGALL", "0x0f", "1.5",
		"4294967311", "NULL", "EXIT",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		cr_expect_eq(signals_parse(texts[i]), -EINVAL,
		    "'%s' is taken as %d", texts[i], signals_parse(texts[i]));
}

Test(signals, reads_back_each_name_it_writes)
{
	for (int signo = 1; signo <= SIGNALS_MAX; signo++) {
		char name[32];

		cr_assert_not_null(signals_name(signo), "%d", signo);
		cr_expect_eq(signals_parse(signals_name(signo)), signo,
		    "%d as %s", signo, signals_name(signo));
		snprintf(name, sizeof(name), "%s", signals_name(signo));
		for (char *c = name; *c != '\0'; c++)
			*c = (char)tolower(*c);
		cr_expect_eq(signals_parse(name), signo, "%d as %s", signo,
		    name);
	}
}

/* Not those of sigabbrev_np(3), which glibc has only since 2.32. */
Test(signals, writes_the_names_that_the_shell_has)
{
	FILE *names = popen("bash -c 'kill -l {1..31}'", "r");
	char name[16];

	cr_assert_not_null(names);
	for (int signo = 1; signo < 32; signo++) {
		cr_assert_eq(fscanf(names, "%15s", name), 1, "%d", signo);
		cr_expect_str_eq(signals_name(signo), name, "%d", signo);
	}
	cr_assert_eq(pclose(names), 0);
}

/* --- Lists --- */

Test(signals, reads_lists)
{
	static const struct {
		const char *text;
		int first;
		uint64_t set;
	} samples[] = {
		{ "TERM", SIGTERM, 1 << 14 },
		{ "TERM,INT", SIGTERM, 1 << 14 | 1 << 1 },
		{ "INT,TERM", SIGINT, 1 << 14 | 1 << 1 },
		{ "sigint,15,INT", SIGINT, 1 << 14 | 1 << 1 },
		{ "1,64", 1, UINT64_C(1) << 63 | 1 },
		{ "SIGRTMIN+30,SIGRTMAX-30", 64,
		    UINT64_C(1) << 63 | UINT64_C(1) << 33 },
		{ "all", SIGTERM, SIGNALS_ALL },
		{ "ALL", SIGTERM, SIGNALS_ALL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		uint64_t set = 0;

		cr_expect_eq(signals_parse_set(samples[i].text, &set),
		    samples[i].first, "'%s'", samples[i].text);
		cr_expect_eq(set, samples[i].set, "'%s' is %#llx",
		    samples[i].text, (unsigned long long)set);
	}
}

Test(signals, adds_a_list_to_what_the_set_holds)
{
	uint64_t set = signals_bit(SIGHUP);

	cr_expect_eq(signals_parse_set("TERM,HUP", &set), SIGTERM);
	cr_expect_eq(set, signals_bit(SIGHUP) | signals_bit(SIGTERM));
}

Test(signals, leaves_the_set_alone_when_the_list_is_bad)
{
	static const char *const texts[] = {
		"", ",", "TERM,", ",TERM", "TERM,,INT", "TERM, INT",
		"TERM,INT,", "TERM INT", "TERM;INT", "TERM,all", "all,",
		"TERM,FOO", "FOO,TERM", "TERM,0", "TERM,65", "TERM:INT",
		"TERM,INT,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,TERM",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		uint64_t set = signals_bit(SIGHUP);

		cr_expect_eq(signals_parse_set(texts[i], &set), -EINVAL,
		    "'%s' is taken", texts[i]);
		cr_expect_eq(set, signals_bit(SIGHUP), "'%s'", texts[i]);
	}
}

Test(signals, writes_lists_first_signal_first)
{
	static const struct {
		uint64_t set;
		int first;
		const char *text;
	} samples[] = {
		{ 0, 0, "" },
		{ 1 << 14, 0, "TERM" },
		{ 1 << 14 | 1 << 1, 0, "INT,TERM" },
		{ 1 << 14 | 1 << 1, SIGTERM, "TERM,INT" },
		{ 1 << 14 | 1 << 1, SIGINT, "INT,TERM" },
		{ UINT64_C(1) << 63 | 1, 64, "RTMAX,HUP" },
		{ SIGNALS_ALL, SIGTERM, "all" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		char text[SIGNALS_TEXT_MAX] = "before";

		signals_format_set(samples[i].set, samples[i].first, text,
		    sizeof(text));
		cr_expect_str_eq(text, samples[i].text, "%s is '%s'",
		    samples[i].text, text);
	}
}

Test(signals, reads_back_each_list_it_writes)
{
	/* One, all but one, and all below each signal. */
	for (int signo = 1; signo <= SIGNALS_MAX; signo++) {
		const uint64_t sets[] = {
			signals_bit(signo),
			~signals_bit(signo),
			signals_bit(signo) | (signals_bit(signo) - 1),
		};

		for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
			char text[SIGNALS_TEXT_MAX];
			uint64_t set = 0;

			signals_format_set(sets[i], 0, text, sizeof(text));
			cr_assert(signals_parse_set(text, &set) > 0, "%s",
			    text);
			cr_assert_eq(set, sets[i], "%s", text);
		}
	}
}

/* --- Rewriting --- */

Test(signals, rewrites_nothing_by_default)
{
	struct signal_policy policy;
	char text[SIGNALS_TEXT_MAX] = "before";

	signals_clear_rewrite(policy.rewrite);
	for (int signo = 1; signo <= SIGNALS_MAX; signo++)
		cr_expect_eq(policy.rewrite[signo], signo, "%d", signo);
	signals_format_rewrite(policy.rewrite, text, sizeof(text));
	cr_expect_str_eq(text, "");
}

Test(signals, reads_rewrites)
{
	static const struct {
		const char *text;
		int from;
		int to;
	} samples[] = {
		{ "TERM:QUIT", SIGTERM, SIGQUIT },
		{ "sigterm:sigquit", SIGTERM, SIGQUIT },
		{ "15:3", SIGTERM, SIGQUIT },
		{ "HUP:0", SIGHUP, 0 },
		{ "1:0", SIGHUP, 0 },
		{ "HUP:INT,TERM:QUIT", SIGTERM, SIGQUIT },
		{ "TERM:INT,TERM:QUIT", SIGTERM, SIGQUIT },
		{ "TERM:QUIT,HUP:0", SIGTERM, SIGQUIT },
		{ "SIGRTMIN+30:SIGRTMAX-30", 64, 34 },
		{ "TERM:TERM", SIGTERM, SIGTERM },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		struct signal_policy policy;

		signals_clear_rewrite(policy.rewrite);
		cr_expect_eq(signals_parse_rewrite(samples[i].text, policy.rewrite),
		    0, "'%s'", samples[i].text);
		cr_expect_eq(policy.rewrite[samples[i].from], samples[i].to,
		    "'%s'", samples[i].text);
		cr_expect_eq(policy.rewrite[SIGUSR1], SIGUSR1, "'%s'",
		    samples[i].text);
	}
}

Test(signals, adds_rewrites_to_what_the_map_holds)
{
	struct signal_policy policy;

	signals_clear_rewrite(policy.rewrite);
	cr_assert_eq(signals_parse_rewrite("HUP:0,USR1:INT", policy.rewrite), 0);
	cr_assert_eq(signals_parse_rewrite("TERM:QUIT,USR1:INT", policy.rewrite), 0);
	cr_expect_eq(policy.rewrite[SIGHUP], 0);
	cr_expect_eq(policy.rewrite[SIGUSR1], SIGINT);
	cr_expect_eq(policy.rewrite[SIGTERM], SIGQUIT);
}

Test(signals, leaves_the_map_alone_when_a_rewrite_is_bad)
{
	static const char *const texts[] = {
		"", ",", ":", "TERM", "TERM:", ":TERM", "0:TERM", "TERM:00",
		"TERM:65", "TERM:-1", "TERM:FOO", "FOO:TERM", "TERM:INT:HUP",
		"TERM:INT,", ",TERM:INT", "TERM:INT,,HUP:0", "TERM:INT,HUP",
		"TERM:INT, HUP:0", "TERM:INT,FOO:0", "TERM=INT", "all:TERM",
		"TERM:all", "TERM :INT", "TERM:INT,HUP:0,USR1:65",
		"TERM:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	};
	struct signal_policy before;

	signals_clear_rewrite(before.rewrite);
	cr_assert_eq(signals_parse_rewrite("USR1:USR2", before.rewrite), 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct signal_policy policy = before;

		cr_expect_eq(signals_parse_rewrite(texts[i], policy.rewrite), -EINVAL,
		    "'%s' is taken", texts[i]);
		cr_expect_arr_eq(policy.rewrite, before.rewrite,
		    sizeof(before.rewrite), "'%s' changes the map", texts[i]);
	}
}

Test(signals, reads_back_each_map_it_writes)
{
	/* All to each one: the longest text there is among them. */
	for (int to = 0; to <= SIGNALS_MAX; to++) {
		struct signal_policy written;
		struct signal_policy read;
		char text[SIGNALS_TEXT_MAX];

		signals_clear_rewrite(written.rewrite);
		for (int from = 1; from <= SIGNALS_MAX; from++)
			written.rewrite[from] = (unsigned char)to;
		signals_format_rewrite(written.rewrite, text, sizeof(text));
		signals_clear_rewrite(read.rewrite);
		cr_assert_eq(signals_parse_rewrite(text, read.rewrite), 0, "%s",
		    text);
		cr_assert_arr_eq(read.rewrite + 1, written.rewrite + 1,
		    SIGNALS_MAX, "%s", text);
	}
}

Test(signals, writes_no_more_than_there_is_room_for)
{
	struct signal_policy policy;

	signals_clear_rewrite(policy.rewrite);
	cr_assert_eq(signals_parse_rewrite("HUP:0,TERM:QUIT", policy.rewrite), 0);
	for (size_t size = 1; size < 20; size++) {
		char text[32];

		memset(text, '#', sizeof(text));
		signals_format_set(0xff, 0, text, size);
		cr_expect(strlen(text) < size, "%zu bytes", size);
		cr_expect_eq(text[size], '#', "%zu bytes", size);
		memset(text, '#', sizeof(text));
		signals_format_rewrite(policy.rewrite, text, size);
		cr_expect(strlen(text) < size, "%zu bytes", size);
		cr_expect_eq(text[size], '#', "%zu bytes", size);
	}
}

/* --- Mask and dispositions --- */

static uint64_t
current_mask(void)
{
	uint64_t mask;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask));
	return mask;
}

static void
set_mask(uint64_t mask)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
}

static void
take_over_and_hand_back(void *argument)
{
	const uint64_t masks[] = {
		0,
		signals_bit(SIGUSR1),
		signals_bit(32) | signals_bit(33) | signals_bit(34),
		signals_bit(1) | signals_bit(64),
		SIGNALS_ALL & ~UNBLOCKABLE,
	};

	(void)argument;
	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		struct signal_state found;

		set_mask(masks[i]);
		must(signals_take_over(&found) == 0, "take over");
		must(found.mask == masks[i], "mask %zu is not found", i);
		must(current_mask() == (SIGNALS_ALL & ~UNBLOCKABLE),
		    "blocked is %#llx", (unsigned long long)current_mask());
		must(signals_hand_back(&found) == 0, "hand back");
		must(current_mask() == masks[i], "mask %zu is not restored",
		    i);
	}
}

Test(signals, blocks_all_and_restores_the_mask_with_32_to_34)
{
	in_child(take_over_and_hand_back, NULL);
}

static void
take_child_over_and_back(void *argument)
{
	void (*const handlers[])(int) = { SIG_IGN, SIG_DFL };
	struct signal_state found;

	(void)argument;
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++) {
		struct sigaction action;

		signal(SIGCHLD, handlers[i]);
		must(signals_take_over(&found) == 0, "take over");
		sigaction(SIGCHLD, NULL, &action);
		must(action.sa_handler == SIG_DFL, "SIGCHLD is not default");
		must(signals_hand_back(&found) == 0, "hand back");
		sigaction(SIGCHLD, NULL, &action);
		must(action.sa_handler == handlers[i],
		    "SIGCHLD is not as found");
		sigaction(SIGHUP, NULL, &action);
		must(action.sa_handler == SIG_IGN, "SIGHUP is changed");
		sigaction(SIGPIPE, NULL, &action);
		must(action.sa_handler == SIG_IGN, "SIGPIPE is changed");
	}
}

Test(signals, defaults_and_restores_only_the_disposition_of_sigchld)
{
	in_child(take_child_over_and_back, NULL);
}

/* With SIGCHLD ignored the kernel reaps, and waitpid(2) finds no child. */
static void
wait_after_inherited_ignore(void *argument)
{
	struct signal_state found;
	int status;
	pid_t child;

	(void)argument;
	signal(SIGCHLD, SIG_IGN);
	must(signals_take_over(&found) == 0, "take over");
	child = fork();
	if (child == 0)
		_exit(7);
	must(waitpid(child, &status, 0) == child, "reaped by the kernel");
	must(WIFEXITED(status) && WEXITSTATUS(status) == 7, "status %#x",
	    status);
}

Test(signals, makes_exits_reported_where_sigchld_was_ignored)
{
	in_child(wait_after_inherited_ignore, NULL);
}

static void
read_each_signal(void *argument)
{
	struct signal_state found;
	struct signalfd_siginfo info;
	int fd;

	(void)argument;
	signal(SIGUSR2, SIG_IGN);
	must(signals_take_over(&found) == 0, "take over");
	fd = signals_open_descriptor();
	must(fd >= 0, "no descriptor: %d", fd);
	must(read(fd, &info, sizeof(info)) < 0 && errno == EAGAIN,
	    "it waits, or is never empty");
	must(fcntl(fd, F_GETFD) & FD_CLOEXEC, "it is inherited");
	for (int signo = 1; signo <= SIGNALS_MAX; signo++) {
		if (signals_bit(signo) & UNBLOCKABLE)
			continue;
		syscall(SYS_kill, getpid(), signo);
		must(read(fd, &info, sizeof(info)) == sizeof(info) &&
		    (int)info.ssi_signo == signo, "%d is lost", signo);
	}
}

Test(signals, reads_each_signal_from_the_descriptor_ignored_ones_too)
{
	in_child(read_each_signal, NULL);
}

/* How long a test waits for a signal that must come. */
#define PATIENCE_NS (20 * CLOCK_NS_PER_S)

static void
take_each_signal(void *argument)
{
	struct signal_state found;
	siginfo_t info;

	(void)argument;
	signal(SIGUSR2, SIG_IGN);
	must(signals_take_over(&found) == 0, "take over");
	must(signals_wait(SIGNALS_ALL, 0, &info) == -EAGAIN,
	    "something is pending");
	for (int signo = 1; signo <= SIGNALS_MAX; signo++) {
		if (signals_bit(signo) & UNBLOCKABLE)
			continue;
		syscall(SYS_kill, getpid(), signo);
		must(signals_wait(SIGNALS_ALL, INT64_MAX, &info) == signo,
		    "%d is lost", signo);
		must(info.si_pid == getpid() && info.si_code == SI_USER,
		    "%d: who has sent it?", signo);
	}
}

Test(signals, waits_for_each_signal_ignored_ones_too)
{
	in_child(take_each_signal, NULL);
}

static void
take_of_a_set(void *argument)
{
	struct signal_state found;
	siginfo_t info;

	(void)argument;
	must(signals_take_over(&found) == 0, "take over");
	kill(getpid(), SIGHUP);
	kill(getpid(), SIGTERM);
	kill(getpid(), SIGUSR1);
	must(signals_wait(signals_bit(SIGTERM), INT64_MAX, &info) == SIGTERM,
	    "another one is taken");
	must(signals_wait(SIGNALS_ALL, INT64_MAX, &info) == SIGHUP &&
	    signals_wait(SIGNALS_ALL, INT64_MAX, &info) == SIGUSR1,
	    "the others are not left in their order");
}

Test(signals, waits_for_those_of_the_set_alone)
{
	in_child(take_of_a_set, NULL);
}

/* --- Sockets that tell by a signal --- */

static void
make_watched_pair(int ends[2], int type)
{
	struct signal_state found;

	must(signals_take_over(&found) == 0, "take over");
	must(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, ends) == 0,
	    "socketpair");
	must(signals_watch_descriptor(ends[0]) == 0, "cannot watch");
}

static void
hear_of_data_and_of_the_end(void *argument)
{
	siginfo_t info = { 0 };
	int ends[2];

	make_watched_pair(ends, *(int *)argument);
	must(send(ends[1], "x", 1, 0) == 1, "send");
	must(signals_wait(SIGNALS_ALL, PATIENCE_NS, &info) > 0 &&
	    signals_is_descriptor_news(&info), "data is not told of");
	must(send(ends[1], "x", 1, 0) == 1, "send");
	must(signals_wait(SIGNALS_ALL, PATIENCE_NS, &info) > 0 &&
	    signals_is_descriptor_news(&info), "more data is not told of");
	close(ends[1]);
	must(signals_wait(SIGNALS_ALL, PATIENCE_NS, &info) > 0 &&
	    signals_is_descriptor_news(&info), "the end is not told of");
}

Test(signals, tell_of_data_on_a_socket_and_of_its_end)
{
	in_child(hear_of_data_and_of_the_end, &(int){ SOCK_SEQPACKET });
	in_child(hear_of_data_and_of_the_end, &(int){ SOCK_STREAM });
}

/* Both are pending at once, whichever came first. */
static void
lose_neither(void *argument)
{
	int signo = *(int *)argument;
	siginfo_t info = { 0 };
	bool is_first_news;
	int ends[2];

	make_watched_pair(ends, SOCK_SEQPACKET);
	kill(getpid(), signo);
	must(send(ends[1], "x", 1, 0) == 1, "send");
	must(signals_wait(SIGNALS_ALL, PATIENCE_NS, &info) > 0, "none");
	is_first_news = signals_is_descriptor_news(&info);
	must(signals_wait(SIGNALS_ALL, PATIENCE_NS, &info) > 0, "one is lost");
	must(is_first_news != signals_is_descriptor_news(&info),
	    "one is taken for the other");
}

Test(signals, lose_neither_what_is_sent_nor_what_a_socket_tells)
{
	for (int signo = 32; signo <= SIGNALS_MAX; signo++)
		in_child(lose_neither, &(int){ signo });
	in_child(lose_neither, &(int){ SIGIO });
}

static void
hear_without_a_queue(void *argument)
{
	const struct rlimit none = { 0 };
	siginfo_t info = { 0 };
	int ends[2];

	(void)argument;
	make_watched_pair(ends, SOCK_SEQPACKET);
	must(setrlimit(RLIMIT_SIGPENDING, &none) == 0, "setrlimit");
	become_nobody();
	must(send(ends[1], "x", 1, 0) == 1, "send");
	must(signals_wait(SIGNALS_ALL, PATIENCE_NS, &info) == SIGIO &&
	    signals_is_descriptor_news(&info), "data is not told of");
}

Test(signals, tell_by_sigio_where_none_can_be_queued)
{
	in_child(hear_without_a_queue, NULL);
}

static void
follow_one_that_is_gone(void *argument)
{
	static const int signals[] = { SIGTERM, SIGPIPE, SIGXFSZ, SIGNALS_MAX };
	struct signal_state found;
	siginfo_t info;

	(void)argument;
	must(signals_take_over(&found) == 0, "take over");
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		must(signals_follow_parent(signals[i], -1) == 0, "follow");
		must(signals_wait(SIGNALS_ALL, PATIENCE_NS, &info) == signals[i],
		    "%d is lost", signals[i]);
		must(info.si_code != SI_USER, "%d is as by a write of ours",
		    signals[i]);
	}
}

/* A SIGPIPE from kill(2) looks like one that a write of dinit has caused. */
Test(signals, tells_a_parents_death_from_what_a_write_causes)
{
	in_child(follow_one_that_is_gone, NULL);
}

/* --- Stopping with the app --- */

static void
stop_and_return(void *argument)
{
	const int *signo = argument;
	struct signal_state found;

	setpgid(0, 0);
	must(signals_take_over(&found) == 0, "take over");
	must(signals_stop_own_group(*signo), "not stopped by %d", *signo);
	must(current_mask() == (SIGNALS_ALL & ~UNBLOCKABLE),
	    "%d is left unblocked", *signo);
}

/*
 * Has its child stopped. The child's group is not orphaned, because this
 * parent is in the same session and another group.
 */
static void
watch_it_stop(void *argument)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		stop_and_return(argument);
		_exit(0);
	}
	must(waitpid(child, &status, WUNTRACED) == child, "waitpid");
	must(WIFSTOPPED(status) && WSTOPSIG(status) == *(int *)argument,
	    "wait status %#x", status);
	kill(child, SIGCONT);
	must(waitpid(child, &status, 0) == child && status == 0,
	    "wait status %#x", status);
}

Test(signals, stops_its_group_and_comes_back_when_continued)
{
	int signals[] = { SIGTSTP, SIGTTIN, SIGTTOU };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		in_child(watch_it_stop, &signals[i]);
}

static void
try_to_stop_as_an_orphan(void *argument)
{
	struct signal_state found;

	(void)argument;
	must(setsid() == getpid(), "setsid");
	must(signals_take_over(&found) == 0, "take over");
	must(!signals_stop_own_group(SIGTSTP), "it says it was stopped");
	must(current_mask() == (SIGNALS_ALL & ~UNBLOCKABLE), "left unblocked");
}

Test(signals, says_that_an_orphaned_group_is_not_stopped)
{
	in_child(try_to_stop_as_an_orphan, NULL);
}
