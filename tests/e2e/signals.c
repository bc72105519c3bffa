/* SPDX-License-Identifier: MIT */
/* Which signals reach the app, and who in it. */
#include <criterion/criterion.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

TestSuite(signals, .timeout = 60);

/* The highest number: read last of all that is pending. */
#define LAST 64

static struct container
start_and_listen(const struct run *run)
{
	struct container c = container_start(run);

	container_await_text(&c, "out", "listening\n");
	return c;
}

static void
end_with(struct container *c, const char *expected)
{
	container_signal(c, LAST);
	cr_assert_eq(container_wait(c), 0);
	cr_assert_str_eq(container_read(c, "out"), expected);
}

Test(signals, relays_a_signal_of_each_number)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = start_and_listen(&(struct run){
			.arguments = { "--stop-signal=RTMAX", "listen", "64" },
			.place = place,
		});
		char expected[16];

		for (int signo = 1; signo < 64; signo++) {
			if (signo == SIGKILL || signo == SIGSTOP ||
			    signo == SIGCHLD)
				continue;
			container_signal(&c, signo);
			snprintf(expected, sizeof(expected), "\n%d\n", signo);
			container_await_text(&c, "out", expected);
		}
		cr_assert_eq(count_text(container_read(&c, "out"), "\n"),
		    1 + 63 - 3);
		container_signal(&c, 64);
		cr_assert_eq(container_wait(&c), 0);
	}
}

/* The kernel's room for queued signals is one for all of a user's processes:
 * when another has used it up, three signals are one. */
static void
need_room_for_signals(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	int used = 0;
	int room = 0;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "SigQ: %d/%d", &used, &room);
	if (file != NULL)
		fclose(file);
	if (room - used < 1000)
		cr_skip("skipped: this user's queue of signals is full");
}

/* Real-time signals are queued: three are three arrivals. */
Test(signals, relays_to_the_whole_group_once_per_arrival)
{
	struct container c;
	const char *out;

	need_room_for_signals();
	c = start_and_listen(&(struct run){
		.arguments = { "--", "listen", "-f", "64" },
	});
	container_await_text(&c, "out", "child listening\n");
	container_signal(&c, SIGUSR1);
	for (int i = 0; i < 3; i++)
		container_signal(&c, 40);
	container_signal(&c, LAST);
	cr_assert_eq(container_wait(&c), 0);
	out = container_read(&c, "out");
	cr_assert_eq(count_text(out, "10\n"), 2, "%s", out);
	cr_assert_eq(count_text(out, "child 10\n"), 1);
	cr_assert_eq(count_text(out, "40\n"), 6);
	cr_assert_eq(count_text(out, "child 40\n"), 3);
}

Test(signals, relays_each_of_a_storm_of_real_time_signals)
{
	struct container c;
	char number[16];

	need_room_for_signals();
	c = start_and_listen(&(struct run){
		.arguments = { "--", "listen", "64" },
	});
	for (int i = 0; i < 300; i++)
		container_signal(&c, 34 + i % 30);
	container_signal(&c, LAST);
	cr_assert_eq(container_wait(&c), 0);
	for (int signo = 34; signo < 64; signo++) {
		snprintf(number, sizeof(number), "\n%d\n", signo);
		cr_assert(count_text(container_read(&c, "out"), number) > 0);
	}
	cr_assert_eq(count_text(container_read(&c, "out"), "\n"), 302);
}

Test(signals, relays_after_the_exec_what_was_sent_before_it)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--grace=60s", "listen", "64" },
			.place = place,
			.before_exec = block_and_raise,
			.argument = (int[]){ SIGHUP, SIGUSR1, SIGTERM, 34, 63,
			    0 },
		});

		/* TERM is a stop signal: SIGCONT, which is 18, follows. */
		container_await_text(&c, "out", "\n63\n");
		end_with(&c, "listening\n1\n10\n15\n18\n34\n63\n64\n");
	}
}

Test(signals, stops_an_app_that_was_told_to_before_its_exec)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--", "listen" },
		.before_exec = block_and_raise,
		.argument = (int[]){ SIGTERM, 0 },
	});

	cr_assert_eq(container_wait(&c), 0);
}

static bool
is_stopped(void *argument)
{
	return process_state(*(pid_t *)argument) == 'T';
}

Test(signals, stops_an_app_that_is_suspended)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = start_and_listen(&(struct run){
			.arguments = { "--grace=60s", "--", "listen" },
			.place = place,
		});
		pid_t app = container_find_process(&c, "listen");

		cr_assert_eq(kill(app, SIGSTOP), 0);
		await(is_stopped, &app, "the app is suspended");
		container_signal(&c, SIGTERM);
		cr_assert_eq(container_wait(&c), 0);
	}
}

Test(signals, rewrites_by_name_and_by_number_and_drops)
{
	struct container c = start_and_listen(&(struct run){
		.arguments = { "-r", "USR1:SIGUSR2", "-r1:3,SIGALRM:0",
		    "--rewrite=RTMIN+1:WINCH", "listen", "64" },
	});

	container_signal(&c, SIGALRM);
	container_signal(&c, SIGUSR1);
	container_await_text(&c, "out", "\n12\n");
	container_signal(&c, SIGHUP);
	container_await_text(&c, "out", "\n3\n");
	container_signal(&c, 35);
	container_await_text(&c, "out", "\n28\n");
	end_with(&c, "listening\n12\n3\n28\n64\n");
}

Test(signals, starts_the_shutdown_with_a_rewritten_stop_signal)
{
	struct container c = start_and_listen(&(struct run){
		.arguments = { "--grace=1ms", "-r", "TERM:QUIT", "listen",
		    "64" },
	});

	container_signal(&c, SIGTERM);
	cr_assert_eq(container_wait(&c), 128 + SIGKILL);
}

Test(signals, relays_the_rewritten_stop_signal_instead_of_it)
{
	struct container c = start_and_listen(&(struct run){
		.arguments = { "--grace=60s", "-r", "TERM:QUIT", "listen",
		    "64" },
	});

	container_signal(&c, SIGTERM);
	container_await_text(&c, "out", "\n18\n");
	end_with(&c, "listening\n3\n18\n64\n");
}

Test(signals, keeps_main_only_signals_from_the_group)
{
	struct container c = start_and_listen(&(struct run){
		.arguments = { "--main-only=USR1,RTMIN", "listen", "-f",
		    "64" },
	});
	const char *out;

	container_await_text(&c, "out", "child listening\n");
	container_signal(&c, SIGUSR1);
	container_signal(&c, SIGUSR2);
	container_signal(&c, 34);
	container_signal(&c, LAST);
	cr_assert_eq(container_wait(&c), 0);
	out = container_read(&c, "out");
	cr_assert_eq(count_text(out, "\n10\n"), 1, "%s", out);
	cr_assert_eq(count_text(out, "\n34\n"), 1);
	cr_assert_eq(count_text(out, "child 12\n"), 1);
	cr_assert_eq(count_text(out, "child 10\n"), 0);
	cr_assert_eq(count_text(out, "child 34\n"), 0);
}

/* What is left of the group gets its TERM, and CONT, in the sweep. */
Test(signals, keeps_all_signals_from_the_group_with_c)
{
	struct container c = start_and_listen(&(struct run){
		.arguments = { "-c", "--grace=1s", "listen", "-f", "64" },
	});
	const char *out;

	container_await_text(&c, "out", "child listening\n");
	container_signal(&c, SIGHUP);
	container_signal(&c, SIGUSR1);
	container_signal(&c, LAST);
	cr_assert_eq(container_wait(&c), 0);
	out = container_read(&c, "out");
	cr_assert_eq(count_text(out, "\n10\n"), 1, "%s", out);
	cr_assert_eq(count_text(out, "\n64\n"), 1);
	cr_assert_eq(count_text(out, "child "), 3, "%s", out);
	cr_assert_eq(count_text(out, "child 15\n"), 1, "%s", out);
}

/* With no grace at all a stop would kill the app at once. */
Test(signals, only_relays_what_is_no_stop_signal)
{
	struct container c = start_and_listen(&(struct run){
		.arguments = { "--grace=0", "listen", "64" },
	});
	const int signals[] = { SIGHUP, SIGQUIT, SIGUSR1, SIGWINCH };
	char expected[16];

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		container_signal(&c, signals[i]);
		snprintf(expected, sizeof(expected), "\n%d\n", signals[i]);
		container_await_text(&c, "out", expected);
	}
	end_with(&c, "listening\n1\n3\n10\n28\n64\n");
}

Test(signals, relays_the_signals_of_faults_when_a_process_sent_them)
{
	const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--", "sh", "-c", "ulimit -c 0; "
			    "touch $DIR/up; exec sleep 60" },
			.place = i % 2 ? AS_PID_1 : AS_ORDINARY,
		});

		container_await_file(&c, "up");
		container_signal(&c, signals[i]);
		cr_assert_eq(container_wait(&c), 128 + signals[i]);
		container_discard(&c);
	}
}

/* Two at a time would be one to the kernel: it is taken before the next. */
struct own_signal {
	const struct container *container;
	int signo;
};

static bool
is_taken(void *argument)
{
	const struct own_signal *own = argument;
	const char *status = process_status(own->container->init);
	uint64_t pending = status_field(status, "SigPnd") |
	    status_field(status, "ShdPnd");

	return (pending >> (own->signo - 1) & 1) == 0;
}

/* dinit's log lines cause SIGNO, of which the app gets only the one sent. */
static void
expect_only_that_of_others(struct container *c, int signo)
{
	struct own_signal own = { .container = c, .signo = signo };
	char expected[64];

	container_signal(c, SIGUSR1);
	container_await_text(c, "out", "\n10\n");
	await(is_taken, &own, "dinit took its own signal");
	container_signal(c, signo);
	snprintf(expected, sizeof(expected), "\n%d\n", signo);
	container_await_text(c, "out", expected);
	await(is_taken, &own, "dinit took its own signal");
	snprintf(expected, sizeof(expected), "listening\n10\n%d\n64\n", signo);
	end_with(c, expected);
}

Test(signals, relays_no_sigpipe_of_its_own_but_that_of_others)
{
	struct container c;
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	c = start_and_listen(&(struct run){
		.arguments = { "-vv", "listen", "64" },
		.error = ends[1],
	});
	close(ends[0]);
	await_descriptor(ends[1], POLLERR, "nobody reads dinit's log");
	expect_only_that_of_others(&c, SIGPIPE);
}

Test(signals, relays_no_sigpipe_when_nobody_ever_read_its_log)
{
	struct container c;
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	close(ends[0]);
	c = start_and_listen(&(struct run){
		.arguments = { "-vv", "listen", "64" },
		.error = ends[1],
	});
	expect_only_that_of_others(&c, SIGPIPE);
}

/* Every wait of dinit's is interrupted by this: signal(7). */
/* The log is as large as a file may be, and the app has room for its lines. */
static void
fill_log(void *argument)
{
	const struct rlimit limit = { .rlim_cur = 20, .rlim_max = 20 };

	(void)argument;
	must(dprintf(STDERR_FILENO, "%20s", "") == 20);
	must(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

Test(signals, relays_no_sigxfsz_of_its_own_but_that_of_others)
{
	struct container c = start_and_listen(&(struct run){
		.arguments = { "-vv", "listen", "64" },
		.before_exec = fill_log,
	});

	expect_only_that_of_others(&c, SIGXFSZ);
}

Test(signals, survives_being_suspended_and_resumed_itself)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = start_and_listen(&(struct run){
			.arguments = { "--", "listen", "64" },
			.place = place,
		});

		for (int i = 0; i < 100; i++) {
			container_signal(&c, SIGSTOP);
			container_signal(&c, SIGUSR1);
			container_signal(&c, SIGCONT);
		}
		container_await_text(&c, "out", "\n10\n");
		container_await_text(&c, "out", "\n18\n");
		container_signal(&c, LAST);
		cr_assert_eq(container_wait(&c), 0);
	}
}

Test(signals, relays_no_sigchld)
{
	struct container c = start_and_listen(&(struct run){
		.arguments = { "--", "listen", "64" },
	});

	container_signal(&c, SIGCHLD);
	container_signal(&c, SIGUSR1);
	container_await_text(&c, "out", "\n10\n");
	end_with(&c, "listening\n10\n64\n");
}

Test(signals, reaches_an_app_that_moved_to_another_group)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = start_and_listen(&(struct run){
			.arguments = { "--", "listen", "-m", "64" },
			.place = place,
		});

		container_signal(&c, SIGUSR1);
		container_await_text(&c, "out", "\n10\n");
		end_with(&c, "listening\n10\n64\n");
	}
}

Test(signals, reaches_an_app_that_moved_away_from_its_children)
{
	struct container c = start_and_listen(&(struct run){
		.arguments = { "--", "listen", "-f", "-m", "64" },
	});
	const char *out;

	container_await_text(&c, "out", "child listening\n");
	container_signal(&c, SIGUSR1);
	container_signal(&c, LAST);
	cr_assert_eq(container_wait(&c), 0);
	out = container_read(&c, "out");
	cr_assert_eq(count_text(out, "\n10\n"), 1, "%s", out);
	cr_assert_eq(count_text(out, "child 10\n"), 1, "%s", out);
}

Test(signals, relays_job_control_that_a_process_sent)
{
	struct container c = start_and_listen(&(struct run){
		.arguments = { "--", "listen", "64" },
	});

	container_signal(&c, SIGTSTP);
	container_await_text(&c, "out", "\n20\n");
	container_signal(&c, SIGTTIN);
	container_await_text(&c, "out", "\n21\n");
	container_signal(&c, SIGTTOU);
	container_await_text(&c, "out", "\n22\n");
	container_signal(&c, SIGCONT);
	container_await_text(&c, "out", "\n18\n");
	end_with(&c, "listening\n20\n21\n22\n18\n64\n");
}

static void
give_up_cap_kill(void *argument)
{
	(void)argument;
	must(prctl(PR_CAPBSET_DROP, CAP_KILL, 0L, 0L, 0L) == 0);
}

/* Real root without CAP_KILL, and an app that became another user. */
Test(signals, survives_a_signal_that_it_may_not_send)
{
	struct container c;

	if (geteuid() != 0 || prctl(PR_CAPBSET_READ, CAP_KILL) != 1 ||
	    prctl(PR_CAPBSET_READ, CAP_SETUID) != 1)
		cr_skip("skipped: needs root");
	c = start_and_listen(&(struct run){
		.arguments = { "--grace=60s", "listen", "-u", "64" },
		.place = AS_ORDINARY,
		.before_exec = give_up_cap_kill,
	});
	container_signal(&c, SIGUSR1);
	container_await_text(&c, "log", "dinit: warn: cannot send SIGUSR1 to "
	    "the app's group: Operation not permitted; does the container "
	    "lack CAP_KILL?\n");
	container_signal(&c, SIGTERM);
	container_await_text(&c, "log", "cannot send SIGTERM");
	container_await_text(&c, "out", "\n18\n");
	cr_assert(container_is_running(&c));
	kill(container_find_process(&c, "listen"), LAST);
	cr_assert_eq(container_wait(&c), 0);
	/* Of the stop, only SIGCONT may cross: within a session, kill(2). */
	cr_assert_str_eq(container_read(&c, "out"), "listening\n18\n64\n");
}

/* In dinit's own group and session, where a careless kill would hit it. */
static pid_t
start_bystander(pid_t group)
{
	pid_t pid = fork();

	cr_assert(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	cr_assert_eq(setpgid(pid, group), 0);
	return pid;
}

Test(signals, touches_no_stranger_in_sweep_and_kill)
{
	struct container c = start_and_listen(&(struct run){
		.arguments = { "--grace=100ms", "--", "sh", "-c",
		    "setsid listen 64 >$DIR/left & exec listen 64" },
		.place = AS_ORDINARY,
	});
	pid_t bystander = start_bystander(c.init);

	container_await_text(&c, "left", "listening\n");
	container_signal(&c, SIGTERM);
	cr_assert_eq(container_wait(&c), 128 + SIGKILL);
	cr_assert_eq(waitpid(bystander, NULL, WNOHANG), 0);
	cr_assert_not(container_left_something(&c));
	kill(bystander, SIGKILL);
}

/* Room enough to be never empty; all there is would be missed by others. */
static void
limit_queue(void *argument)
{
	const struct rlimit room = { 1000, 1000 };

	(void)argument;
	setrlimit(RLIMIT_SIGPENDING, &room);
}

Test(signals, a_flood_of_them_holds_up_neither_the_stop_nor_its_grace)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--grace=200ms", "flood" },
			.place = place,
			.before_exec = limit_queue,
		});

		container_await_text(&c, "out", "flooding");
		container_signal(&c, SIGTERM);
		cr_assert_eq(container_wait(&c), 128 + SIGKILL);
	}
}
