/* SPDX-License-Identifier: MIT */
/* The health command once the container is ready. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

TestSuite(monitor, .timeout = 60);

/* Healthy while there is a file "up"; prints its count to "checks". */
#define CHECK \
	"--health-cmd=echo . >>$DIR/checks; echo I said no; [ -f $DIR/up ]"
#define READY_FILE "--ready-file=$DIR/ready"

static struct container
start_monitored(const char *option, const char *another)
{
	return container_start(&(struct run){
		.arguments = { READY_FILE, CHECK, "--health-interval=10ms",
		    "--monitor=20ms", option, another, "--", "act",
		    "TERM:exit=0" },
	});
}

static void
go_down(const struct container *c)
{
	remove(container_path(c, "up"));
}

static void
stop_and_expect(struct container *c, int status)
{
	container_await_text(c, "out", "up");
	container_signal(c, SIGTERM);
	container_expect_status(c, status);
}

/* Waits for COUNT more checks than there have been until now. */
static void
await_checks(const struct container *c, int count)
{
	char lines[64] = "";

	remove(container_path(c, "checks"));
	for (int i = 0; i < count; i++)
		strcat(lines, ".\n");
	container_await_text(c, "checks", lines);
}

Test(monitor, goes_on_checking_a_ready_container)
{
	struct container c = start_monitored("-q", "-q");

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	await_checks(&c, 5);
	cr_assert(container_has_process(&c, "dinit-health"));
	cr_assert(container_is_ready(&c, "ready"));
	stop_and_expect(&c, 0);
	cr_assert(!container_has_file(&c, "ready"));
}

static uint64_t
count_sleeps(const struct container *c)
{
	return status_field(process_status(c->init),
	    "voluntary_ctxt_switches");
}

Test(monitor, goes_on_without_being_asked_to)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, CHECK, "--", "act",
		    "TERM:exit=0" },
	});

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	await_fast_asleep(container_find_process(&c, "dinit-health"),
	    "the helper waits for its next check");
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
	container_expect_no_log(&c, "warn");
}

/* Whatever has been prepared by now: it sleeps from then on. */
static void
expect_no_waking(const struct container *c)
{
	uint64_t sleeps;

	await_fast_asleep(c->init, "dinit sleeps");
	sleeps = count_sleeps(c);
	await_fast_asleep(c->init, "dinit sleeps on");
	cr_assert_eq(count_sleeps(c), sleeps);
}

Test(monitor, wakes_process_1_not_once_between_two_checks)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, CHECK, "--monitor=1h", "--", "act",
		    "TERM:exit=0" },
	});

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	expect_no_waking(&c);
	stop_and_expect(&c, 0);
}

Test(monitor, leaves_nobody_to_wake_process_1_when_one_success_counts_for_good)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, CHECK, "--monitor=0", "--", "act",
		    "TERM:exit=0" },
	});

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	container_await_no_process(&c, "dinit-health");
	go_down(&c);
	expect_no_waking(&c);
	cr_assert(container_is_ready(&c, "ready"));
	stop_and_expect(&c, 0);
}

Test(monitor, withdraws_readiness_and_publishes_again)
{
	struct container c = start_monitored("--monitor-failures=2", "-v");
	char first[512];

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	snprintf(first, sizeof(first), "%s", container_read(&c, "ready"));
	for (int i = 0; i < 3; i++) {
		go_down(&c);
		container_await_no_file(&c, "ready");
		cr_assert(!container_is_ready(&c, "ready"));
		container_touch(&c, "up");
		container_await_file(&c, "ready");
		cr_assert(container_is_ready(&c, "ready"));
	}
	/* How long the start took does not change any more. */
	cr_assert_not_null(strstr(container_read(&c, "ready"),
	    strtok(strstr(first, "ready_after_ms="), "\n")));
	stop_and_expect(&c, 0);
	container_expect_log(&c, "warn: unhealthy, readiness is withdrawn; "
	    "last of ");
	container_expect_log(&c, "exit status 1: I said no");
	container_expect_log(&c, "dinit: ready again");
}

Test(monitor, bears_with_as_many_failures_as_it_is_told_to)
{
	struct container c = start_monitored("--monitor-failures=1000000",
	    "-q");

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	go_down(&c);
	await_checks(&c, 10);
	cr_assert(container_is_ready(&c, "ready"));
	stop_and_expect(&c, 0);
}

Test(monitor, check_that_hangs_is_a_failure)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-cmd=[ ! -f $DIR/hang ] || "
		    "exec sleep 1000", "--monitor=20ms",
		    "--health-timeout=50ms", "--monitor-failures=2", "--",
		    "act", "TERM:exit=0" },
	});

	container_await_file(&c, "ready");
	container_touch(&c, "hang");
	container_await_no_file(&c, "ready");
	remove(container_path(&c, "hang"));
	container_await_file(&c, "ready");
	stop_and_expect(&c, 0);
	container_expect_log(&c, "killed after ");
}

Test(monitor, dead_helper_withdraws_readiness_for_good)
{
	struct container c = start_monitored("-q", "-q");

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	kill(container_find_process(&c, "dinit-health"), SIGKILL);
	container_await_no_file(&c, "ready");
	container_await_text(&c, "log", "the health helper is gone (is memory "
	    "short?): nobody can tell whether the app is healthy, readiness "
	    "is withdrawn for good\n");
	cr_assert(container_is_running(&c));
	stop_and_expect(&c, 0);
}

Test(monitor, unready_container_is_stopped_without_a_drain)
{
	struct container c = start_monitored("--drain=1h",
	    "--monitor-failures=1");

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	go_down(&c);
	container_await_no_file(&c, "ready");
	stop_and_expect(&c, 0);
	container_expect_no_log(&c, "draining");
}

Test(monitor, app_that_ends_ends_the_helper_too)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-cmd=true",
		    "--monitor=10ms", "--", "act", "USR1:exit=3" },
		.place = AS_ORDINARY,
	});

	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGUSR1);
	container_expect_status(&c, 3);
	cr_assert(!container_left_something(&c));
	cr_assert(!container_has_file(&c, "ready"));
}

Test(monitor, tells_the_engine_once_that_it_is_ready)
{
	struct container c = container_start(&(struct run){
		.program = "sh",
		.arguments = { "-c", START_ENGINE
		    "exec $DINIT --ready-file=$DIR/ready "
		    "--health-cmd='[ -f $DIR/up ]' --health-interval=10ms "
		    "--monitor=10ms --monitor-failures=1 -- act TERM:exit=0" },
		.environment = { "NOTIFY_SOCKET=$DIR/engine" },
	});

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	go_down(&c);
	container_await_no_file(&c, "ready");
	container_touch(&c, "up");
	container_await_text(&c, "log", "ready again");
	container_await_heard(&c, "STATUS=ready again");
	cr_assert_eq(count_text(container_read(&c, "heard"), "READY=1"), 1,
	    "%s", container_read(&c, "heard"));
	cr_assert_not_null(strstr(container_read(&c, "heard"),
	    "STATUS=unhealthy"));
	stop_and_expect(&c, 0);
}

/* --- An app that does not become healthy again ---------------------------- */

static struct container
start_recovering(const char *budget)
{
	return container_start(&(struct run){
		.arguments = { READY_FILE, CHECK, "--health-interval=10ms",
		    "--monitor=20ms", "--monitor-failures=1", budget,
		    "--drain=1h", "--ok-exit=123", "--ok-stop",
		    "--report-file=$DIR/report", "--", "act", "TERM:exit=0" },
	});
}

Test(monitor, app_that_does_not_recover_is_stopped_undrained_with_123)
{
	struct container c = start_recovering("--recovery-budget=200ms");

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	go_down(&c);
	container_expect_status(&c, 123);
	cr_assert_not_null(strstr(container_read(&c, "out"), "up\nTERM\n"));
	cr_assert(!container_has_file(&c, "ready"));
	container_expect_log(&c, "dinit: error: not ready again within the "
	    "recovery budget of 200ms: stopping\ndinit: error: last of ");
	container_expect_log(&c, "exit status 1: I said no");
	container_expect_no_log(&c, "draining");
	cr_assert_eq(strncmp(container_read(&c, "report"), "not ready again "
	    "within the recovery budget of 200ms; last of ", 60), 0, "%s",
	    container_read(&c, "report"));
}

Test(monitor, stop_of_an_app_that_may_recover_is_an_ordinary_one)
{
	struct container c = start_recovering("--recovery-budget=1h");

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	go_down(&c);
	container_await_no_file(&c, "ready");
	stop_and_expect(&c, 0);
	container_expect_no_log(&c, "recovery");
}

Test(monitor, app_that_nobody_can_check_any_more_does_not_recover)
{
	struct container c = start_recovering("--recovery-budget=200ms");

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	kill(container_find_process(&c, "dinit-health"), SIGKILL);
	container_expect_status(&c, 123);
	container_expect_log(&c, "budget of 200ms: stopping\n"
	    "dinit: error: the health helper is gone\n");
}

/* --- A helper that is stopped --------------------------------------------- */

Test(monitor, silent_helper_withdraws_readiness_until_it_speaks_again)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, CHECK, "--monitor=20ms",
		    "--health-timeout=500ms", "--monitor-failures=2", "--",
		    "act", "TERM:exit=0" },
	});
	pid_t helper = container_find_process(&c, "dinit-health");

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	cr_assert_eq(kill(helper, SIGSTOP), 0);
	container_await_no_file(&c, "ready");
	container_await_text(&c, "log", "dinit: warn: unhealthy, readiness is "
	    "withdrawn; the health helper has said nothing for ");
	cr_assert(!container_is_ready(&c, "ready"));
	cr_assert_eq(kill(helper, SIGCONT), 0);
	container_await_file(&c, "ready");
	container_await_text(&c, "log", "ready again");
	stop_and_expect(&c, 0);
}

/* --- A check that SIGKILL does not end ------------------------------------ */

/*
 * $DIR/mnt is a file system of this test's: it has no file, and says so, but
 * while there is a file "hang" it does not answer. A process that waits for an
 * answer then is in uninterruptible sleep, even when it is killed (FUSE:
 * request_wait_answer() in fs/fuse/dev.c). It is served from out here, where
 * nobody in the container can kill the server; so its descriptor comes out over
 * a socket that the container has inherited.
 */
static void
send_descriptor(int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .header = {
		.cmsg_len = CMSG_LEN(sizeof(int)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	} };
	struct iovec byte = { .iov_base = (char[1]){ 0 }, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	must(sendmsg(INHERITED_FD, &message, 0) > 0);
	close(fd);
	close(INHERITED_FD);
}

static int
receive_descriptor(int socket)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec byte = { .iov_base = (char[1]){ 0 }, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) <= 0 ||
	    CMSG_FIRSTHDR(&message) == NULL)
		return -1;
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

/* In the process that becomes dinit. */
static void
mount_hanging(void *is_ordinary)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[96];

	must(fd >= 0);
	if (is_ordinary != NULL) {
		must(unshare(CLONE_NEWNS) == 0);
		must(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	}
	snprintf(options, sizeof(options),
	    "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
	must(mkdir(in_directory("mnt"), 0755) == 0);
	must(mount("hanging", in_directory("mnt"), "fuse", 0, options) == 0);
	send_descriptor(fd);
}

static void
answer(int fd, uint64_t to, int error, const void *data, size_t length)
{
	char block[512];
	const struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + length),
		.error = error,
		.unique = to,
	};

	memcpy(block, &header, sizeof(header));
	if (length > 0)
		memcpy(block + sizeof(header), data, length);
	if (write(fd, block, header.len) < 0)
		return;
}

/* Until the file system is gone. */
static void
serve(int fd, const char *hang)
{
	static char block[FUSE_MIN_READ_BUFFER + 65536];
	const struct fuse_in_header *request = (void *)block;
	const struct fuse_init_out limits = {
		.major = FUSE_KERNEL_VERSION,
		.minor = 31,
		.max_background = 12,
		.congestion_threshold = 9,
		.max_write = 65536,
		.time_gran = 1,
	};
	struct pollfd requests = { .fd = fd, .events = POLLIN };
	uint64_t held = 0;

	while ((requests.revents & (POLLERR | POLLHUP)) == 0) {
		bool has_request = poll(&requests, 1, 5) > 0 &&
		    read(fd, block, sizeof(block)) > 0;
		bool hangs = access(hang, F_OK) == 0;

		if (held != 0 && !hangs) {
			answer(fd, held, -ENOENT, NULL, 0);
			held = 0;
		}
		if (!has_request)
			continue;
		if (request->opcode == FUSE_INIT)
			answer(fd, request->unique, 0, &limits,
			    sizeof(limits));
		else if (request->opcode == FUSE_LOOKUP && hangs)
			held = request->unique;
		else if (request->opcode != FUSE_FORGET &&
		    request->opcode != FUSE_INTERRUPT)
			answer(fd, request->unique, request->opcode ==
			    FUSE_LOOKUP ? -ENOENT : -ENOSYS, NULL, 0);
	}
}

/* Healthy unless that file system hangs; "checks" has a line for each. */
static struct container
start_on_hanging(enum place place, const char *option, const char *rule)
{
	struct container c;
	int ends[2];
	int fd;

	skip_without("FUSE", "/dev/fuse");
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
	    0);
	c = container_start(&(struct run){
		.arguments = { "-v", READY_FILE, "--health-cmd="
		    "echo . >>$DIR/checks; [ ! -e $DIR/mnt/file ]",
		    "--monitor=50ms", "--health-timeout=200ms",
		    "--monitor-failures=3", option, "--", "act", rule },
		.place = place,
		.inherited = ends[1],
		.before_exec = mount_hanging,
		.argument = place == AS_ORDINARY ? (void *)"" : NULL,
	});
	close(ends[1]);
	fd = receive_descriptor(ends[0]);
	close(ends[0]);
	if (fd < 0)
		cr_skip("skipped: FUSE cannot be mounted here");
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd, container_path(&c, "hang"));
		_exit(0);
	}
	close(fd);
	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	container_touch(&c, "hang");
	container_await_no_file(&c, "ready");
	return c;
}

Test(monitor, check_that_even_sigkill_does_not_end_has_failed_each_time)
{
	struct container c = start_on_hanging(AS_PID_1, "-q", "TERM:exit=0");
	int begun = (int)strlen(container_read(&c, "checks"));

	container_await_text(&c, "log", "killed after the health timeout, but "
	    "still there ");
	container_await_text(&c, "log", "dinit: warn: unhealthy, readiness is "
	    "withdrawn; last of ");
	cr_assert_eq((int)strlen(container_read(&c, "checks")), begun,
	    "another check runs beside it");
	remove(container_path(&c, "hang"));
	container_await_file(&c, "ready");
	container_await_text(&c, "log", "ready again");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 0);
}

Test(monitor, check_that_even_sigkill_does_not_end_does_not_hold_the_helper)
{
	struct container c = start_on_hanging(AS_PID_1, "--grace=1h",
	    "TERM:await=go,exit=9");

	container_signal(&c, SIGTERM);
	container_await_no_process(&c, "dinit-health");
	remove(container_path(&c, "hang"));
	container_touch(&c, "go");
	container_expect_status(&c, 9);
}

/* Process 1 of a namespace could not: the kernel lets it end as the last. */
Test(monitor, check_that_even_sigkill_does_not_end_is_left_behind)
{
	struct container c;

	if (geteuid() != 0)
		cr_skip("skipped: needs root");
	c = start_on_hanging(AS_ORDINARY, "--grace=50ms", "TERM:exit=9");
	container_signal(&c, SIGTERM);
	container_await_text(&c, "log", "some processes are not gone 1s after "
	    "SIGKILL");
	container_await_file(&c, "left-behind");
	remove(container_path(&c, "hang"));
	container_expect_status(&c, 9);
}
