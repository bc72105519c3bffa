/* SPDX-License-Identifier: MIT */
/*
 * Each test runs in a child that stands for dinit. It is a subreaper, as dinit
 * is where it is not PID 1.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/children.h"
#include "base/array.h"
#include "base/clock.h"
#include "support.h"

/* A real-time signal: these are queued, so that arrivals can be counted. */
#define COUNTED (SIGRTMIN + 1)

/* --- Processes to wait for and to signal --- */

enum role {
	APP,
	MEMBER,     /* of the app's group */
	ESCAPED,    /* in a session of its own */
	DEEPEST,    /* its child, in one more session */
	LATE,       /* of the app's group, but born later */
	BYSTANDER,
	ROLES,
};

/* A family whose children are not reaped by the kernel. */
static struct family ours = { .app_fd = -1 };

/* Memory that all of the processes share. */
static struct {
	volatile pid_t pid[ROLES];            /* 0: not there yet */
	volatile unsigned int counted[ROLES]; /* arrivals of COUNTED */
	volatile bool denied;                 /* the kernel denies namespaces */
} *stage;

static void
set_stage(void)
{
	stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(stage, MAP_FAILED);
}

TestSuite(children, .timeout = 60, .init = set_stage);

/* Tells that the process is ready, and counts the signals that it gets. */
static void __attribute__((noreturn))
play(enum role role)
{
	sigset_t counted;

	/* If the test fails, the process must not stay. */
	alarm(60);
	sigemptyset(&counted);
	sigaddset(&counted, COUNTED);
	sigprocmask(SIG_SETMASK, &counted, NULL);
	stage->pid[role] = getpid();
	for (;;)
		if (sigwaitinfo(&counted, NULL) == COUNTED)
			stage->counted[role]++;
}

static bool
is_on_stage(void *role)
{
	return stage->pid[*(enum role *)role] != 0;
}

/* Pid of the process that plays ROLE, as soon as it is there. */
static pid_t
await_role(enum role role)
{
	must(comes_true(is_on_stage, &role), "no role %d", (int)role);
	return stage->pid[role];
}

static pid_t
start(enum role role)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (role == APP)
			setpgid(0, 0);
		if (role == ESCAPED || role == DEEPEST)
			setsid();
		play(role);
	}
	must(pid > 0, "fork: %m");
	return await_role(role);
}

static pid_t
start_and_end(int status)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(status);
	must(comes_true(is_zombie, &pid), "%d does not end", pid);
	return pid;
}

static bool
is_running(enum role role)
{
	pid_t pid = stage->pid[role];

	return !has_ended(&pid);
}

/* Waits until ROLE has ended. A process on stage ends only if it is killed. */
static void
expect_ended(enum role role)
{
	pid_t pid = stage->pid[role];

	must(comes_true(has_ended, &pid), "role %d survives", (int)role);
}

static bool
has_counted(void *role)
{
	return stage->counted[*(enum role *)role] != 0;
}

/* Waits until COUNTED has come to ROLE, and checks that it came only once. */
static void
expect_counted_once(enum role role)
{
	must(comes_true(has_counted, &role), "role %d gets none", (int)role);
	must(stage->counted[role] == 1, "role %d gets %u", (int)role,
	    stage->counted[role]);
}

/* --- Waiting --- */

static void
wait_for_nobody(void *argument)
{
	struct child_change change;

	(void)argument;
	must(children_next(&ours, &change) == -ECHILD,
	    "a child without a fork");
}

Test(children, are_none_before_the_first_fork)
{
	in_child(wait_for_nobody, NULL);
}

static void
wait_for_each_exit_code(void *argument)
{
	static const int codes[] = { 0, 1, 42, 128, 143, 255 };

	(void)argument;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		struct child_change change;
		pid_t pid = start_and_end(codes[i]);

		must(children_next(&ours, &change) == 1,
		    "%d: no news", codes[i]);
		must(change.pid == pid, "%d: pid %d", codes[i], change.pid);
		must(change.stop_signal == 0, "%d: stopped", codes[i]);
		must(change.exit_status == codes[i], "%d: status %d",
		    codes[i], change.exit_status);
		must(!change.is_killed, "%d: killed", codes[i]);
		children_reap(&ours, &change);
	}
}

Test(children, report_their_exit_code)
{
	in_child(wait_for_each_exit_code, NULL);
}

static void
wait_for_each_death(void *argument)
{
	static const int signals[] = { SIGHUP, SIGTERM, SIGKILL, SIGUSR2, 64 };

	(void)argument;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct child_change change;
		pid_t pid;

		signal(signals[i], SIG_DFL);
		stage->pid[BYSTANDER] = 0;
		pid = start(BYSTANDER);
		kill(pid, signals[i]);
		must(comes_true(is_zombie, &pid), "%d survives", signals[i]);
		must(children_next(&ours, &change) == 1,
		    "%d: no news", signals[i]);
		must(change.stop_signal == 0, "%d: stopped", signals[i]);
		must(change.exit_status == 128 + signals[i],
		    "%d: status %d", signals[i], change.exit_status);
		must(change.is_killed, "%d: not killed", signals[i]);
		children_reap(&ours, &change);
	}
}

Test(children, report_the_signal_that_ended_them)
{
	in_child(wait_for_each_death, NULL);
}

static void
wait_for_one_of_two(void *argument)
{
	struct child_change change;
	struct child_change again;
	pid_t running = start(BYSTANDER);
	pid_t ended;

	(void)argument;
	must(children_next(&ours, &change) == 0, "news of a child that runs");
	ended = start_and_end(3);
	must(children_next(&ours, &change) == 1 && change.pid == ended,
	    "no news");
	must(children_next(&ours, &again) == 1 && again.pid == ended,
	    "gone before it is reaped");
	must(kill(ended, 0) == 0, "its number is free before it is reaped");
	children_reap(&ours, &change);
	must(kill(ended, 0) < 0 && errno == ESRCH, "not reaped");
	must(children_next(&ours, &change) == 0, "news of a child that runs");
	kill(running, SIGKILL);
	must(comes_true(is_zombie, &running), "it survives SIGKILL");
	must(children_next(&ours, &change) == 1 && change.pid == running,
	    "no news");
	children_reap(&ours, &change);
	must(children_next(&ours, &change) == -ECHILD, "one more child");
}

Test(children, stay_zombies_until_they_are_reaped)
{
	in_child(wait_for_one_of_two, NULL);
}

static void
wait_for_many(void *argument)
{
	enum { COUNT = 20 };
	pid_t pids[COUNT];
	struct child_change change;

	(void)argument;
	for (int i = 0; i < COUNT; i++)
		pids[i] = start_and_end(i);
	for (int found = 0; found < COUNT; found++) {
		bool known = false;

		must(children_next(&ours, &change) == 1,
		    "only %d are found", found);
		for (int i = 0; i < COUNT; i++) {
			if (pids[i] != change.pid)
				continue;
			must(change.exit_status == i, "%d of child %d",
			    change.exit_status, i);
			pids[i] = 0;
			known = true;
		}
		must(known, "%d is a stranger, or comes twice", change.pid);
		children_reap(&ours, &change);
	}
	must(children_next(&ours, &change) == -ECHILD, "one more child");
}

Test(children, are_each_reported_once)
{
	in_child(wait_for_many, NULL);
}

static bool
has_news(void *change)
{
	return children_next(&ours, change) == 1;
}

static void
wait_for_stop(void *argument)
{
	static const int signals[] = { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU };
	pid_t pid = start(APP);

	(void)argument;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct child_change change;

		kill(pid, signals[i]);
		must(comes_true(has_news, &change), "%d: no news",
		    signals[i]);
		must(change.pid == pid && change.stop_signal != 0,
		    "%d: it did not stop", signals[i]);
		must(change.stop_signal == signals[i], "%d: by %d",
		    signals[i], change.stop_signal);
		children_reap(&ours, &change);
		must(children_next(&ours, &change) == 0,
		    "%d: twice", signals[i]);
		kill(pid, SIGCONT);
	}
	must(is_running(APP), "it is gone");
	kill(pid, SIGKILL);
}

Test(children, report_each_stop_once)
{
	in_child(wait_for_stop, NULL);
}

static void
wait_for_death_behind_stop(void *argument)
{
	struct child_change change;
	pid_t pid = start(APP);

	(void)argument;
	kill(pid, SIGSTOP);
	must(comes_true(has_news, &change), "no news");
	must(change.stop_signal == SIGSTOP, "it did not stop");
	/* After a Ctrl-Z, dinit is stopped at this point, and the app may end. */
	kill(pid, SIGKILL);
	must(comes_true(is_zombie, &pid), "it survives SIGKILL");
	children_reap(&ours, &change);
	must(children_next(&ours, &change) == 1, "its end is lost");
	must(change.stop_signal == 0 && change.exit_status == 128 + SIGKILL,
	    "status %d", change.exit_status);
}

Test(children, report_an_end_that_came_while_a_stop_was_handled)
{
	in_child(wait_for_death_behind_stop, NULL);
}

/* --- Signalling the app and its group --- */

/* Starts the app, and a child of it in its group. */
static struct family
start_family(void)
{
	struct family family = { .app = fork(), .app_fd = -1 };

	if (family.app == 0) {
		setpgid(0, 0);
		if (fork() == 0)
			play(MEMBER);
		play(APP);
	}
	must(family.app > 0, "fork: %m");
	await_role(APP);
	await_role(MEMBER);
	return family;
}

static void
signal_app_alone(void *argument)
{
	struct family family = start_family();

	(void)argument;
	must(children_signal_app(&family, COUNTED) == 0, "not sent");
	expect_counted_once(APP);
	must(children_signal_app(&family, SIGTERM) == 0, "not sent");
	expect_ended(APP);
	must(is_running(MEMBER), "the group is signalled too");
	must(stage->counted[MEMBER] == 0, "the group is signalled too");
	must(children_signal_group(&family, SIGKILL) == 0, "not sent");
}

Test(children, include_the_app_which_is_signalled_alone)
{
	in_child(signal_app_alone, NULL);
}

static void
signal_group(void *argument)
{
	struct family family = start_family();

	(void)argument;
	start(BYSTANDER);
	must(children_signal_group(&family, COUNTED) == 0, "not sent");
	expect_counted_once(APP);
	expect_counted_once(MEMBER);
	must(children_signal_group(&family, SIGTERM) == 0, "not sent");
	expect_ended(APP);
	expect_ended(MEMBER);
	must(is_running(BYSTANDER) && stage->counted[BYSTANDER] == 0,
	    "somebody else is signalled too");
	kill(stage->pid[BYSTANDER], SIGKILL);
}

Test(children, in_the_group_of_the_app_are_signalled)
{
	in_child(signal_group, NULL);
}

static void
signal_group_of_zombie(void *argument)
{
	struct family family = start_family();
	struct child_change change;

	(void)argument;
	kill(family.app, SIGKILL);
	must(comes_true(is_zombie, &family.app), "it survives SIGKILL");
	must(children_next(&ours, &change) == 1 && change.pid == family.app,
	    "no news");
	must(children_signal_group(&family, COUNTED) == 0, "not sent");
	expect_counted_once(MEMBER);
	must(children_signal_group(&family, SIGKILL) == 0, "not sent");
	expect_ended(MEMBER);
}

Test(children, are_signalled_while_their_leader_is_a_zombie)
{
	in_child(signal_group_of_zombie, NULL);
}

/*
 * Starts an app that moves to dinit's group, and may leave a child in its own
 * group.
 */
static struct family
start_deserter(bool leaves_member)
{
	struct family family = { .app = fork(), .app_fd = -1 };

	if (family.app == 0) {
		setpgid(0, 0);
		if (leaves_member && fork() == 0)
			play(MEMBER);
		setpgid(0, getpgid(getppid()));
		play(APP);
	}
	await_role(APP);
	if (leaves_member)
		await_role(MEMBER);
	return family;
}

static void
signal_deserter(void *argument)
{
	bool leaves_member = *(bool *)argument;
	struct family family = start_deserter(leaves_member);

	start(BYSTANDER);
	must(children_signal_group(&family, COUNTED) == 0, "not sent");
	expect_counted_once(APP);
	if (leaves_member)
		expect_counted_once(MEMBER);
	must(children_signal_group(&family, SIGKILL) == 0, "not sent");
	expect_ended(APP);
	if (leaves_member)
		expect_ended(MEMBER);
	must(is_running(BYSTANDER) && stage->counted[BYSTANDER] == 0,
	    "its new group is signalled too");
	kill(stage->pid[BYSTANDER], SIGKILL);
}

Test(children, are_reached_where_the_app_has_left_its_group)
{
	for (int leaves_member = 0; leaves_member < 2; leaves_member++) {
		memset(stage, 0, sizeof(*stage));
		in_child(signal_deserter, &(bool){ leaves_member });
	}
}

static void
signal_without_app(void *argument)
{
	const struct family family = { .app = 0, .app_fd = -1 };

	(void)argument;
	start(BYSTANDER);
	/* kill(2) with the number 0 would reach dinit's own group. */
	must(children_signal_app(&family, SIGTERM) == 0, "an error");
	must(children_signal_group(&family, SIGTERM) == 0, "an error");
	must(is_running(BYSTANDER), "our own group is signalled");
	kill(stage->pid[BYSTANDER], SIGKILL);
}

Test(children, get_no_signal_once_the_app_is_reaped)
{
	in_child(signal_without_app, NULL);
}

static void
signal_foreign_app(void *argument)
{
	struct family family = start_family();

	(void)argument;
	become_nobody();
	must(children_signal_app(&family, SIGTERM) == -EPERM, "no EPERM");
	must(children_signal_group(&family, SIGTERM) == -EPERM, "no EPERM");
}

Test(children, of_another_user_are_reported_as_eperm)
{
	if (geteuid() != 0)
		cr_skip("skipped: it takes root to make two users");
	in_child(signal_foreign_app, NULL);
	kill(stage->pid[APP], SIGKILL);
	kill(stage->pid[MEMBER], SIGKILL);
}

/* --- Signalling all that is left --- */

/*
 * Starts an app with a member in its group, and two descendants outside of the
 * group.
 */
static struct family
start_tree(void)
{
	struct family family;

	prctl(PR_SET_CHILD_SUBREAPER, 1L);
	family = (struct family){ .app = fork(), .app_fd = -1 };
	if (family.app == 0) {
		setpgid(0, 0);
		if (fork() == 0)
			play(MEMBER);
		if (fork() == 0) {
			setsid();
			/* prctl(2) allows a name that confuses readers of /proc/PID/stat. */
			prctl(PR_SET_NAME, ") S 1 1 (");
			if (fork() == 0) {
				setsid();
				play(DEEPEST);
			}
			play(ESCAPED);
		}
		play(APP);
	}
	await_role(APP);
	await_role(MEMBER);
	await_role(ESCAPED);
	await_role(DEEPEST);
	return family;
}

static void
expect_all_ended(void)
{
	for (enum role role = APP; role <= DEEPEST; role++)
		expect_ended(role);
}

/* Signals all with the app alive, and once more after it was reaped. */
static void
signal_all(void *argument)
{
	struct family family = start_tree();
	int descriptors = count_descriptors();
	struct child_change change;

	(void)argument;
	must(children_signal_all(&family, COUNTED) == 0, "not sent");
	for (enum role role = APP; role <= DEEPEST; role++)
		expect_counted_once(role);
	must(count_descriptors() == descriptors, "a descriptor is left open");
	kill(family.app, SIGKILL);
	must(comes_true(has_news, &change) && change.pid == family.app,
	    "no news");
	children_reap(&ours, &change);
	family.app = 0;
	must(children_signal_all(&family, SIGTERM) == 0, "not sent");
	expect_all_ended();
}

static void
signal_all_without_pidfd(void *argument)
{
	deny_system_call(SYS_pidfd_open, *(int *)argument);
	signal_all(NULL);
}

static void
signal_all_without_sending_by_pidfd(void *argument)
{
	deny_system_call(SYS_pidfd_send_signal, *(int *)argument);
	signal_all(NULL);
}

/*
 * Runs BODY in a child, which stands for dinit. A bystander in its group, which
 * is no child of it, must get no signal.
 */
static void
expect_all_but_bystander_signalled(void (*body)(void *), int error)
{
	pid_t bystander = start(BYSTANDER);

	in_child(body, &error);
	cr_expect(is_running(BYSTANDER), "a bystander is ended");
	cr_expect_eq(stage->counted[BYSTANDER], 0, "a bystander gets %u",
	    stage->counted[BYSTANDER]);
	kill(bystander, SIGKILL);
	waitpid(bystander, NULL, 0);
}

Test(children, are_all_signalled_and_no_bystander)
{
	expect_all_but_bystander_signalled(signal_all, 0);
}

Test(children, are_all_signalled_before_linux_5_3_too)
{
	expect_all_but_bystander_signalled(signal_all_without_pidfd, ENOSYS);
	memset(stage, 0, sizeof(*stage));
	/* Linux 5.1 and 5.2 have pidfd_send_signal(2) but not pidfd_open(2). */
	expect_all_but_bystander_signalled(signal_all_without_sending_by_pidfd,
	    ENOSYS);
}

Test(children, are_all_signalled_under_a_filter_too)
{
	expect_all_but_bystander_signalled(signal_all_without_pidfd, EPERM);
}

static void
signal_orphans(void *argument)
{
	struct family family = start_tree();

	(void)argument;
	/* Its child is now a child of the subreaper. */
	kill(stage->pid[ESCAPED], SIGKILL);
	expect_ended(ESCAPED);
	must(children_signal_all(&family, SIGTERM) == 0, "not sent");
	expect_all_ended();
}

Test(children, are_all_signalled_orphans_included)
{
	in_child(signal_orphans, NULL);
}

static void
signal_all_with_zombies(void *argument)
{
	struct family family = start_tree();

	(void)argument;
	kill(-family.app, SIGKILL);
	expect_ended(APP);
	expect_ended(MEMBER);
	must(children_signal_all(&family, SIGTERM) == 0, "zombies are errors");
	expect_all_ended();
	must(children_signal_all(&family, SIGTERM) == 0, "zombies are errors");
}

Test(children, are_all_signalled_among_zombies)
{
	in_child(signal_all_with_zombies, NULL);
}

static bool
is_over(void *tick)
{
	return clock_boot_ticks() > *(int64_t *)tick;
}

/* Adds a member to the app's group. Returns a tick before its start. */
static int64_t
start_late_member(const struct family *family)
{
	int64_t told = clock_boot_ticks();

	must(comes_true(is_over, &told), "the clock stands still");
	if (fork() == 0) {
		setpgid(0, family->app);
		play(LATE);
	}
	await_role(LATE);
	return told;
}

static void
signal_rest(void *argument)
{
	struct family family = start_tree();
	int64_t told = start_late_member(&family);

	(void)argument;
	must(children_signal_rest(&family, told, COUNTED) == 0, "not sent");
	expect_counted_once(ESCAPED);
	expect_counted_once(DEEPEST);
	expect_counted_once(LATE);
	must(children_signal_rest(&family, told, SIGTERM) == 0, "not sent");
	expect_ended(ESCAPED);
	expect_ended(DEEPEST);
	expect_ended(LATE);
	must(is_running(APP) && stage->counted[APP] == 0,
	    "the leader is told again");
	must(is_running(MEMBER) && stage->counted[MEMBER] == 0,
	    "a member is told again");
	must(children_signal_all(&family, SIGKILL) == 0, "not sent");
	expect_ended(MEMBER);
}

Test(children, in_the_group_get_no_second_signal_unless_they_are_new)
{
	expect_all_but_bystander_signalled(signal_rest, 0);
}

static void
look_for_children(void *argument)
{
	struct child_change change;

	(void)argument;
	must(!children_exist(), "a child without a fork");
	must(!children_is_anybody_left(&ours), "a child without a fork");
	start(APP);
	must(children_exist(), "one that runs is none");
	kill(stage->pid[APP], SIGKILL);
	must(comes_true(has_news, &change), "no news");
	must(children_exist(), "one that is not reaped is none");
	children_reap(&ours, &change);
	must(!children_exist(), "one that is reaped is left");
}

Test(children, exist_until_they_are_reaped)
{
	in_child(look_for_children, NULL);
}

/* --- In a PID namespace, whose /proc is that of another one --- */

static void
run_as_init(void (*body)(void))
{
	int status;
	pid_t init;

	if (unshare(CLONE_NEWPID) < 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0) {
		stage->denied = true;
		return;
	}
	init = fork();
	if (init == 0) {
		must(getpid() == 1, "kill(-1) would reach everybody");
		body();
		_exit(0);
	}
	must(waitpid(init, &status, 0) == init && status == 0,
	    "wait status %#x", status);
}

static void
in_namespace(void (*body)(void *))
{
	in_child(body, NULL);
	if (stage->denied)
		cr_skip("skipped: PID namespaces are denied here");
}

/* Reaps every child of this init, and notes the signal that ended it. */
static void
reap_all(int signo)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, 0)) > 0)
		must(WIFSIGNALED(status) && WTERMSIG(status) == signo,
		    "wait status %#x", status);
}

static void
signal_namespace(void)
{
	struct family family = { .is_init = true, .app_fd = -1 };

	must(children_signal_all(&family, SIGTERM) == -ESRCH, "not alone");
	family.app = start_tree().app;
	must(children_signal_all(&family, COUNTED) == 0, "not sent");
	for (enum role role = APP; role <= DEEPEST; role++)
		expect_counted_once(role);
	must(children_is_anybody_left(&family), "nobody is left");
	must(children_signal_all(&family, SIGTERM) == 0, "not sent");
	reap_all(SIGTERM);
	must(!children_is_anybody_left(&family), "somebody is left");
}

static void
signal_namespace_as_init(void *argument)
{
	(void)argument;
	run_as_init(signal_namespace);
}

Test(children, are_all_in_the_namespace_of_an_init)
{
	in_namespace(signal_namespace_as_init);
}

static void
signal_with_foreign_proc(void)
{
	struct family family = start_tree();

	must(children_signal_all(&family, SIGTERM) == -ENOENT,
	    "it trusts numbers of another namespace");
	must(waitpid(family.app, NULL, 0) == family.app, "not signalled");
	must(waitpid(stage->pid[MEMBER], NULL, 0) == stage->pid[MEMBER],
	    "not signalled");
	must(kill(stage->pid[ESCAPED], 0) == 0, "found all the same");
}

static void
signal_with_foreign_proc_as_init(void *argument)
{
	(void)argument;
	run_as_init(signal_with_foreign_proc);
}

static void
signal_rest_with_foreign_proc(void)
{
	struct family family = start_tree();

	family.is_init = true;
	must(children_signal_rest(&family, clock_boot_ticks(), SIGTERM) == 0,
	    "not sent");
	reap_all(SIGTERM);
}

static void
signal_rest_with_foreign_proc_as_init(void *argument)
{
	(void)argument;
	run_as_init(signal_rest_with_foreign_proc);
}

Test(children, are_all_signalled_where_proc_is_of_another_namespace)
{
	in_namespace(signal_rest_with_foreign_proc_as_init);
}

Test(children, are_not_looked_up_in_the_proc_of_another_namespace)
{
	in_namespace(signal_with_foreign_proc_as_init);
}
