/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "life/actions.h"
#include "base/line_file.h"
#include "base/log.h"
#include "life/supervisor_state.h"
#include "support.h"

TestSuite(actions, .timeout = 30, .init = scratch_make,
    .fini = scratch_remove);

/* A supervisor with a readiness file, and an engine that can be heard. */
struct world {
	struct setup setup;
	struct supervisor sup;
	int engine_fd;
};

static void
listen_as_engine(struct world *world)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(address.sun_path, scratch_path("engine"));
	world->engine_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	must(bind(world->engine_fd, (struct sockaddr *)&address,
	    sizeof(address)) == 0, "no engine");
	must(notify_open_upstream(address.sun_path, &world->setup.upstream) ==
	    0, "no way to the engine");
}

static void
make_world(struct world *world)
{
	*world = (struct world){
		.setup.limits.gate = GATE_EXEC,
		.setup.readiness = { .directory_fd = -1, .parent_fd = -1,
		    .file_fd = -1, .state.fd = -1 },
		.setup.answer_fd = -1,
		.setup.terminal.fd = -1,
		.setup.report_fd = -1,
		.sup.facts.ready_after_ms = -1,
		.sup.facts.app_status = 3,
		.sup.family.app_fd = -1,
		.sup.exit_status = -1,
	};
	world->sup.setup = &world->setup;
	world->sup.facts.limits = &world->setup.limits;
	must(readiness_prepare(&world->setup.readiness,
	    scratch_path("ready")) == 0, "no readiness file");
	world->sup.facts.ready_file = world->setup.readiness.path;
	listen_as_engine(world);
}

static int
perform(struct world *world, enum action_type type, int arg)
{
	const struct action action = { .type = type, .arg = arg };

	return actions_perform(&world->sup, &action);
}

/* The next datagram that the engine has got; "": there is none. */
static const char *
hear(const struct world *world)
{
	static char text[256];
	ssize_t length = recv(world->engine_fd, text, sizeof(text) - 1, 0);

	text[length < 0 ? 0 : length] = '\0';
	return text;
}

static bool
is_published(void)
{
	return access(scratch_path("ready"), F_OK) == 0;
}

static void
publish_twice(void *argument)
{
	struct world world;

	(void)argument;
	make_world(&world);
	must(perform(&world, ACTION_PUBLISH, 0) == EVENT_PUBLISHED, "failed");
	must(is_published(), "no file");
	must(strcmp(hear(&world), "READY=1") == 0, "the engine is not told");
	must(perform(&world, ACTION_WITHDRAW, 0) == ACTIONS_NO_EVENT, "event");
	must(!is_published(), "a file");
	must(perform(&world, ACTION_PUBLISH, 0) == EVENT_PUBLISHED, "failed");
	must(is_published(), "no file the second time");
	must(*hear(&world) == '\0', "the engine is told twice");
}

Test(actions, tell_the_engine_once_that_it_is_ready_but_publish_each_time)
{
	in_child(publish_twice, NULL);
}

static void
publish_to_a_full_queue(void *argument)
{
	struct world world;

	(void)argument;
	make_world(&world);
	while (notify_send(&world.setup.upstream, "STATUS=full") == 0)
		continue;
	must(perform(&world, ACTION_PUBLISH, 0) == EVENT_PUBLISH_FAILED,
	    "published");
	must(!is_published(), "a file, of which the engine does not know");
	must(world.sup.facts.publish_error == -EAGAIN, "another error");
	while (*hear(&world) != '\0')
		continue;
	must(perform(&world, ACTION_PUBLISH, 0) == EVENT_PUBLISHED, "failed");
	must(is_published() && world.sup.facts.publish_error == 0, "no file");
}

Test(actions, publish_nothing_while_the_engine_does_not_read)
{
	in_child(publish_to_a_full_queue, NULL);
}

static void
write_reports(void *argument)
{
	const char *path = scratch_path("report");
	struct world world;

	(void)argument;
	make_world(&world);
	perform(&world, ACTION_REPORT, ENDING_APP);
	world.setup.report_fd = line_file_open(path, true);
	perform(&world, ACTION_REPORT, ENDING_EXEC);
	must(*read_file(path) == '\0', "a report of a failed exec");
	perform(&world, ACTION_REPORT, ENDING_APP);
	must(strcmp(read_file(path), "the app ended with exit status 3\n") == 0,
	    "%s", read_file(path));
}

Test(actions, report_every_ending_but_a_failed_exec)
{
	in_child(write_reports, NULL);
}

/* Everything that is logged from now on, in the file PATH. */
static void
log_to(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	must(dup2(fd, STDERR_FILENO) == STDERR_FILENO, "no log");
}

static int
count_lines(const char *path, const char *part)
{
	const char *text = read_file(path);
	int count = 0;

	while ((text = strstr(text, part)) != NULL) {
		count++;
		text++;
	}
	return count;
}

#define NO_PROC "/proc is missing or of another namespace"

/* Where dinit is not PID 1, it looks for what is left in /proc. */
static void
sweep_without_proc(void *argument)
{
	const char *path = scratch_path("log");
	struct world world;

	(void)argument;
	make_world(&world);
	log_to(path);
	deny_system_call(SYS_openat, ENOSYS);
#ifdef SYS_open
	deny_system_call(SYS_open, ENOSYS);
#endif
	perform(&world, ACTION_TERMINATE_ALL, 0);
	perform(&world, ACTION_KILL_ALL, 0);
	perform(&world, ACTION_KILL_ALL, 0);
}

static void
sweep(void *argument)
{
	(void)argument;
	in_child(sweep_without_proc, NULL);
	must(count_lines(scratch_path("log"), NO_PROC) == 1, "%s",
	    read_file(scratch_path("log")));
}

Test(actions, log_once_that_what_is_left_cannot_be_found)
{
	in_child(sweep, NULL);
}

static void
exit_with(void *argument)
{
	struct world world;

	(void)argument;
	make_world(&world);
	must(perform(&world, ACTION_EXIT, 7) == ACTIONS_NO_EVENT, "an event");
	must(world.sup.exit_status == 7, "another exit status");
}

Test(actions, end_the_life_with_the_exit_status)
{
	in_child(exit_with, NULL);
}
