/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "life/events.h"
#include "app/spawn.h"
#include "base/exit_status.h"
#include "base/signals.h"
#include "life/supervisor_state.h"
#include "support.h"

TestSuite(events, .timeout = 30);

/* A supervisor that has no file and no engine to tell anything. */
struct world {
	struct setup setup;
	struct supervisor sup;
	struct signal_state found;
};

static void
make_world(struct world *world, enum gate gate)
{
	*world = (struct world){
		.setup.limits = { .gate = gate, .grace_ms = 10000 },
		.setup.readiness = { .directory_fd = -1, .parent_fd = -1,
		    .file_fd = -1, .state.fd = -1 },
		.setup.answer_fd = -1,
		.setup.upstream.fd = -1,
		.setup.notify_socket.fd = -1,
		.setup.terminal.fd = -1,
		.setup.report_fd = -1,
		.sup.facts.ready_after_ms = -1,
		.sup.facts.app_status = -1,
		.sup.family.app_fd = -1,
		.sup.health.fd = -1,
		.sup.listener.fd = -1,
		.sup.answers = { { .fd = -1 }, { .fd = -1 } },
		.sup.exit_status = -1,
	};
	world->sup.setup = &world->setup;
	world->sup.facts.limits = &world->setup.limits;
	must(signals_take_over(&world->found) == 0, "signals are not blocked");
	world->setup.limits.signals.stop = signals_bit(SIGTERM);
	world->setup.limits.signals.first_stop = SIGTERM;
	signals_clear_rewrite(world->setup.limits.signals.rewrite);
	lifecycle_init(&world->sup.lifecycle, &world->setup.limits);
}

/* Makes the child COMMAND that a signal ends, and has its exec succeed. */
static void
start_app(struct world *world)
{
	static char *command[] = { "app", NULL };
	struct spawned spawned = { .has_failed = false };

	world->setup.command = command;
	world->sup.family.app = fork();
	if (world->sup.family.app == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signals_hand_back(&world->found);
		for (;;)
			pause();
	}
	must(world->sup.family.app > 0, "no child");
	must(setpgid(world->sup.family.app, 0) == 0, "no group");
	events_take_start(&world->sup, &spawned);
	must(world->sup.executed_ns > 0, "no exec");
}

static void
end_pause(void *argument)
{
	struct world world;

	(void)argument;
	make_world(&world, GATE_PAUSE);
	raise(SIGTERM);
	while (world.sup.exit_status < 0)
		events_await(&world.sup);
	must(world.sup.exit_status == 0, "exit status %d",
	    world.sup.exit_status);
}

Test(events, end_pausing_by_a_signal)
{
	in_child(end_pause, NULL);
}

static void
relay_signals(void *argument)
{
	struct world world;

	(void)argument;
	make_world(&world, GATE_NONE);
	start_app(&world);
	/* As if a write of ours had failed. */
	kill(getpid(), SIGPIPE);
	events_await(&world.sup);
	must(waitpid(world.sup.family.app, NULL, WNOHANG) == 0, "it is gone");
	kill(getpid(), SIGTERM);
	while (world.sup.exit_status < 0)
		events_await(&world.sup);
	must(world.sup.exit_status == 128 + SIGTERM, "exit status %d",
	    world.sup.exit_status);
}

Test(events, relay_a_signal_unless_dinit_itself_has_caused_it)
{
	in_child(relay_signals, NULL);
}

#define MANY 40

static void
reap_many(void *argument)
{
	struct world world;

	(void)argument;
	make_world(&world, GATE_PAUSE);
	for (int i = 0; i < MANY; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(0);
		must(comes_true(is_zombie, &child), "it runs on");
	}
	must(events_take_early_children(&world.sup) == 0, "an error");
	must(world.sup.must_look_again, "all at once");
	/* This does not wait, though all SIGCHLD may be taken already. */
	events_await(&world.sup);
	must(!world.sup.must_look_again, "they are not all taken");
	must(!children_exist(), "there are some left");
}

Test(events, take_some_children_and_then_the_others_without_waiting)
{
	in_child(reap_many, NULL);
}

static void
notice_loss(void *argument)
{
	struct world world;
	int ends[2];

	(void)argument;
	make_world(&world, GATE_HEALTH);
	start_app(&world);
	/* In place of the helper that was started: one that is gone. */
	helper_close(&world.sup.health);
	must(pipe(ends) == 0, "no pipe");
	close(ends[1]);
	world.sup.health.fd = ends[0];
	world.sup.must_look_again = true;
	while (world.sup.exit_status < 0)
		events_await(&world.sup);
	must(world.sup.health.fd < 0, "it is still listened to");
	/* As if it had not become ready in time. */
	must(world.sup.exit_status == EXIT_STATUS_BUDGET, "exit status %d",
	    world.sup.exit_status);
}

Test(events, stop_an_app_that_nobody_can_check)
{
	in_child(notice_loss, NULL);
}

/* Puts a helper in place that is gone. */
static void
lose_helper(struct helper *helper)
{
	int ends[2];

	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0, "no pair");
	close(ends[1]);
	helper->fd = ends[0];
}

static void
lose_answers(void *has_killed)
{
	struct world world;
	char log[1024];
	int ends[2];

	make_world(&world, GATE_NONE);
	start_app(&world);
	must(pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0, "no log");
	close(ends[1]);
	lose_helper(&world.sup.answers[0]);
	lose_helper(&world.sup.answers[1]);
	world.sup.has_killed = has_killed != NULL;
	world.sup.must_look_again = true;
	events_await(&world.sup);
	must(world.sup.answers[0].fd < 0 && world.sup.answers[1].fd < 0,
	    "it is still watched");
	must(close(STDERR_FILENO) == 0, "no end");
	read_to_end(ends[0], log, sizeof(log));
	must((strstr(log, "nobody answers on the port") == NULL) ==
	    (has_killed != NULL), "%s", log);
}

Test(events, say_that_nobody_answers_unless_dinit_itself_has_killed_all)
{
	in_child(lose_answers, NULL);
	in_child(lose_answers, "killed");
}

/*
 * SIGHUP, which has the lowest number of all, is pending whenever dinit looks:
 * a test that sends one before each look is as fast as any flood can be.
 */
static void
stop_in_a_flood(void *argument)
{
	struct world world;

	(void)argument;
	make_world(&world, GATE_NONE);
	world.setup.limits.signals.rewrite[SIGHUP] = 0;
	start_app(&world);
	kill(getpid(), SIGTERM);
	for (int looks = 0; world.sup.lifecycle.state == STATE_READY; looks++) {
		must(looks < 5000, "the others never have their turn");
		kill(getpid(), SIGHUP);
		events_await(&world.sup);
	}
	must(world.sup.lifecycle.state == STATE_STOPPING, "state %d",
	    (int)world.sup.lifecycle.state);
}

Test(events, take_other_signals_while_one_is_sent_without_pause)
{
	in_child(stop_in_a_flood, NULL);
}
