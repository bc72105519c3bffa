/* SPDX-License-Identifier: MIT */
/* The readiness file: when it is there, what it says, who may trust it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

TestSuite(readiness, .timeout = 60);

#define READY_FILE "--ready-file=$DIR/ready"
#define HEALTH_CMD "--health-cmd=[ -f $DIR/up ]"

/* Where order is all that counts, one try could be luck. */
#define TRIES 10

static bool
is_there(void *path)
{
	return access(path, F_OK) == 0;
}

static void
await_inside(const struct container *container, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", container->directory, name);
	await(is_there, (void *)container_inside(container, path), path);
}

static void
stop_and_expect(const struct container *container, int status)
{
	container_signal(container, SIGTERM);
	container_expect_status(container, status);
}

/* --- Hooks: in the process that becomes dinit, which cannot assert -------- */

static void
leave_a_stale_file(void *unused)
{
	(void)unused;
	make_file("ready", "pid=1\n");
}

static void
make_fifo(void *unused)
{
	(void)unused;
	must(mkfifo(in_directory("ready"), 0644) == 0);
}

static void
plant_link(void *name)
{
	make_file("precious", "untouched");
	must(symlink("precious", in_directory(name)) == 0);
}

static void
make_directory(void *name)
{
	must(mkdir(in_directory(name), 0755) == 0);
}

static void
set_umask(void *mask)
{
	umask(*(mode_t *)mask);
}

static void
mount_empty(const char *path, const char *options)
{
	must(mount("tmpfs", path, "tmpfs", 0, options) == 0);
}

static void
mount_on_run(void *unused)
{
	(void)unused;
	mount_empty("/run", "mode=755");
}

static void
mount_read_only(void *unused)
{
	(void)unused;
	make_directory("small");
	mount_empty(in_directory("small"), "");
	must(mount(NULL, in_directory("small"), NULL, MS_REMOUNT | MS_RDONLY,
	    NULL) == 0);
}

static void
mount_small(void *unused)
{
	(void)unused;
	make_directory("small");
	mount_empty(in_directory("small"), "size=8k");
}

static void
mount_full(void *unused)
{
	static const char block[1024];
	int fd;

	mount_small(unused);
	fd = open(in_directory("small/fill"), O_WRONLY | O_CREAT | O_CLOEXEC,
	    0644);
	must(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		continue;
	must(errno == ENOSPC);
	close(fd);
}

/* Root's files are no longer open to root by capability. */
static void
respect_permissions(void)
{
	must(prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) == 0 &&
	    prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0) == 0);
}

static void
make_unwritable_directory(void *unused)
{
	(void)unused;
	make_directory("closed");
	must(chmod(in_directory("closed"), 0555) == 0);
	respect_permissions();
}

static void
make_unreadable_file(void *unused)
{
	(void)unused;
	make_file("ready", "");
	must(chmod(in_directory("ready"), 0) == 0);
	respect_permissions();
}

static void
wait_for_go(void *unused)
{
	(void)unused;
	while (access(in_directory("go"), F_OK) < 0)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* --- When it is there ----------------------------------------------------- */

/* Healthy as soon as the test touches "up". */
static struct container
start_gated(enum place place)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, HEALTH_CMD, "--", "act",
		    "TERM:exit=0" },
		.place = place,
	});

	container_await_text(&c, "out", "up\n");
	return c;
}

Test(readiness, is_published_once_the_health_command_succeeds_and_not_before)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-interval=10ms",
		    "--health-cmd=printf . >>$DIR/checks; [ -f $DIR/up ]",
		    "--", "act", "TERM:exit=0" },
	});

	container_await_text(&c, "checks", "....");
	cr_assert(!container_has_file(&c, "ready"));
	container_expect_no_log(&c, "ready after");
	container_touch(&c, "up");
	container_await_file(&c, "ready");
	container_await_text(&c, "log", "dinit: ready after");
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
	cr_assert(!container_has_file(&c, "ready"));
}

static bool
is_locked(int fd)
{
	struct flock whole = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	cr_assert_eq(fcntl(fd, F_GETLK, &whole), 0);
	return whole.l_type == F_WRLCK;
}

static void
read_when_it_appears(const struct container *container)
{
	const char *path = container_path(container, "ready");
	long until = now_ms() + PATIENCE_MS;
	char text[256];
	ssize_t length;
	int fd;

	while ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		cr_assert(now_ms() < until, "it never appeared");
	cr_assert(is_locked(fd));
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	cr_assert(length > 0);
	text[length] = '\0';
	cr_assert_not_null(strstr(text, "\nchecks="), "incomplete: %s", text);
	cr_assert_eq(text[length - 1], '\n');
}

Test(readiness, file_is_never_seen_incomplete_or_unlocked)
{
	for (int i = 0; i < TRIES; i++) {
		struct container c = start_gated(AS_PID_1);

		container_await_text(&c, "out", "up");
		container_touch(&c, "up");
		read_when_it_appears(&c);
		stop_and_expect(&c, 0);
		container_discard(&c);
	}
}

/* Adds a letter to SEEN for each event of the file "ready". */
static void
take_file_events(int inotify, char *seen, size_t size)
{
	_Alignas(struct inotify_event) char block[4096];
	ssize_t length = read(inotify, block, sizeof(block));

	for (ssize_t at = 0; at < length;) {
		const struct inotify_event *event = (void *)(block + at);
		char letter[2] = "";

		at += (ssize_t)(sizeof(*event) + event->len);
		if (event->len == 0 || strcmp(event->name, "ready") != 0)
			continue;
		letter[0] = event->mask & IN_MOVED_TO ? 'A' :
		    event->mask & IN_DELETE ? 'D' :
		    event->mask & IN_CREATE ? 'c' : 'm';
		cr_assert(strlen(seen) < size - 1);
		strcat(seen, letter);
	}
}

static int
watch_scratch_folder(const struct container *container)
{
	int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	cr_assert(inotify >= 0);
	cr_assert(inotify_add_watch(inotify, container->directory, IN_CREATE |
	    IN_MODIFY | IN_ATTRIB | IN_MOVED_TO | IN_DELETE) >= 0);
	return inotify;
}

Test(readiness, file_comes_by_one_rename_and_goes_by_one_deletion)
{
	struct container c = start_gated(AS_PID_1);
	int inotify = watch_scratch_folder(&c);
	char seen[64] = "";

	container_touch(&c, "up");
	container_await_text(&c, "log", "ready after");
	stop_and_expect(&c, 0);
	take_file_events(inotify, seen, sizeof(seen));
	/* A last change of its attributes is the deletion itself. */
	cr_assert(strcmp(seen, "AD") == 0 || strcmp(seen, "AmD") == 0, "%s",
	    seen);
}

Test(readiness, without_a_health_command_is_published_when_the_exec_succeeded)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--", "act", "TERM:exit=0" },
	});

	container_await_file(&c, "ready");
	container_await_text(&c, "ready", "checks=0\n");
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
	cr_assert(!container_has_file(&c, "ready"));
	cr_assert_str_eq(container_read(&c, "log"), "");
}

Test(readiness, is_never_published_when_the_exec_fails)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--", "no-such-command" },
		.before_exec = wait_for_go,
	});
	int inotify = watch_scratch_folder(&c);
	char seen[64] = "";

	container_touch(&c, "go");
	container_expect_status(&c, 127);
	take_file_events(inotify, seen, sizeof(seen));
	cr_assert_str_eq(seen, "");
}

Test(readiness, is_withdrawn_before_the_stop_signal_reaches_the_app)
{
	for (int i = 0; i < TRIES; i++) {
		struct container c = container_start(&(struct run){
			.arguments = { READY_FILE, "--", "act",
			    "TERM:check=ready,exit=0" },
		});

		container_await_text(&c, "out", "up");
		container_await_file(&c, "ready");
		stop_and_expect(&c, 0);
		container_await_text(&c, "out", "ready is gone");
		container_discard(&c);
	}
}

Test(readiness, is_withdrawn_when_the_app_exits_by_itself)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--", "sh", "-c",
		    "act name=left start:session,touch=left "
		    "TERM:check=ready,exit=0 &"
		    "until [ -f $DIR/left ] && [ -f $DIR/ready ]; "
		    "do sleep 0.01; done; exit 3" },
	});

	container_expect_status(&c, 3);
	container_await_text(&c, "out", "left ready is gone");
}

/* --- What it is ----------------------------------------------------------- */

static mode_t
mode_of(const struct container *container, const char *name)
{
	struct stat status;

	cr_assert_eq(lstat(container_path(container, name), &status), 0);
	return status.st_mode;
}

static void
expect_mode_with_umask(mode_t mask)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--", "act", "TERM:exit=0" },
		.before_exec = set_umask,
		.argument = &mask,
	});

	container_await_file(&c, "ready");
	cr_assert_eq(mode_of(&c, "ready"), S_IFREG | 0644, "umask %o", mask);
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

Test(readiness, file_has_mode_0644_whatever_the_umask)
{
	expect_mode_with_umask(0077);
	expect_mode_with_umask(0000);
	expect_mode_with_umask(0777);
}

static time_t
parse_time(const char *text)
{
	struct tm utc = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc);

	cr_assert(end != NULL && *end == '\0' && strlen(text) == 20, "%s",
	    text);
	return timegm(&utc);
}

/* Not time(3), which may be a tick behind what dinit has read. */
static time_t
wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

Test(readiness, file_tells_who_since_when_after_how_long_and_how_many_checks)
{
	time_t before = wall_clock();
	long began = now_ms();
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE,
		    "--health-cmd=printf . >>$DIR/checks; [ -f $DIR/up ]",
		    "--", "sh", "-c", "echo $$ >$DIR/pid; "
		    "exec act TERM:exit=0" },
	});
	char since[32];
	long ready_after;
	int checks;
	int begun;
	int pid;
	int end = 0;
	const char *text;

	container_await_text(&c, "out", "up");
	container_await_text(&c, "checks", "..");
	container_touch(&c, "up");
	container_await_file(&c, "ready");
	text = container_read(&c, "ready");
	cr_assert_eq(sscanf(text, "pid=%d\nsince=%31s\nready_after_ms=%ld\n"
	    "checks=%d\n%n", &pid, since, &ready_after, &checks, &end), 4);
	cr_assert_eq(text[end], '\0', "%s", text);
	cr_assert(parse_time(since) >= before &&
	    parse_time(since) <= wall_clock(), "%s", since);
	cr_assert(ready_after >= 10 && ready_after <= now_ms() - began + 1,
	    "%ld", ready_after);
	/* A slow dinit may let another one begin before it stops them. */
	begun = (int)strlen(container_read(&c, "checks"));
	cr_assert(checks == begun || checks == begun - 1, "%d", begun);
	cr_assert_eq(pid, atoi(container_read(&c, "pid")));
	stop_and_expect(&c, 0);
}

Test(readiness, is_never_said_to_have_taken_no_time)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--", "act", "TERM:exit=0" },
	});

	container_await_file(&c, "ready");
	cr_assert(strstr(container_read(&c, "ready"), "ready_after_ms=0\n") ==
	    NULL);
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

Test(readiness, missing_directories_are_made_with_mode_0755)
{
	mode_t mask = 0077;
	struct container c = container_start(&(struct run){
		.arguments = { "--ready-file=$DIR/a/b/c/ready", "--", "act",
		    "TERM:exit=0" },
		.before_exec = set_umask,
		.argument = &mask,
	});

	container_await_file(&c, "a/b/c/ready");
	cr_assert_eq(mode_of(&c, "a"), S_IFDIR | 0755);
	cr_assert_eq(mode_of(&c, "a/b"), S_IFDIR | 0755);
	cr_assert_eq(mode_of(&c, "a/b/c"), S_IFDIR | 0755);
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

Test(readiness, file_is_run_dinit_ready_when_none_is_named)
{
	struct container c = container_start(&(struct run){
		.arguments = { HEALTH_CMD, "--", "sh", "-c",
		    "touch $DIR/up; until $DINIT --is-ready; "
		    "do sleep 0.01; done; exec act TERM:exit=0" },
		.before_exec = mount_on_run,
	});

	await(is_there, (void *)container_inside(&c, "/run/dinit/ready"),
	    "/run/dinit/ready");
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

/* --- What is in its way --------------------------------------------------- */

Test(readiness, stale_file_is_deleted_before_the_command_runs)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, HEALTH_CMD, "--", "act",
		    "start:check=ready,exit=5" },
		.before_exec = leave_a_stale_file,
	});

	container_expect_status(&c, 5);
	cr_assert_str_eq(container_read(&c, "out"), "ready is gone\n");
}

Test(readiness, stale_file_is_deleted_although_the_exec_fails)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--", "no-such-command" },
		.before_exec = leave_a_stale_file,
	});

	container_expect_status(&c, 127);
	cr_assert(!container_has_file(&c, "ready"));
}

/* "precious" is as it was, and readiness a file of its own. */
static void
expect_link_not_followed(const struct container *container)
{
	container_await_text(container, "ready", "pid=");
	cr_assert(S_ISREG(mode_of(container, "ready")));
	cr_assert_str_eq(container_read(container, "precious"), "untouched");
	container_await_text(container, "out", "up");
	stop_and_expect(container, 0);
	cr_assert_str_eq(container_read(container, "precious"), "untouched");
}

Test(readiness, symbolic_link_at_its_path_is_replaced_at_start)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--", "act", "TERM:exit=0" },
		.before_exec = plant_link,
		.argument = (void *)"ready",
	});

	expect_link_not_followed(&c);
}

Test(readiness, symbolic_link_planted_by_the_app_is_replaced_at_publication)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, HEALTH_CMD, "--", "sh", "-c",
		    "printf untouched >$DIR/precious; "
		    "ln -s precious $DIR/ready; touch $DIR/up; "
		    "exec act TERM:exit=0" },
	});

	expect_link_not_followed(&c);
}

Test(readiness, symbolic_link_where_the_file_is_first_written_is_not_followed)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, HEALTH_CMD, "--", "sh", "-c",
		    "ln -s precious $DIR/.ready.1; touch $DIR/up; "
		    "exec act TERM:exit=0" },
		.before_exec = plant_link,
		.argument = (void *)".ready.1",
	});

	expect_link_not_followed(&c);
}

/* COMMAND would leave a file "ran". */
static void
expect_refusal(const char *option, void (*hook)(void *), const char *reason)
{
	struct container c = container_start(&(struct run){
		.arguments = { option, "--", "touch", "$DIR/ran" },
		.before_exec = hook,
		.argument = (void *)"ready",
	});
	char expected[128];
	const char *log;

	container_expect_status(&c, 125);
	cr_assert(!container_has_file(&c, "ran"));
	container_expect_log(&c, "dinit: error: cannot write readiness file /");
	snprintf(expected, sizeof(expected), "/ready: %s; ", reason);
	container_expect_log(&c, expected);
	container_expect_log(&c, "--ready-file");
	log = container_read(&c, "log");
	cr_assert_eq(strchr(log, '\n') + 1, log + strlen(log),
	    "more than a line: %s", log);
}

Test(readiness, directory_at_its_path_is_refused)
{
	expect_refusal(READY_FILE, make_directory, "Is a directory");
}

Test(readiness, read_only_file_system_is_refused)
{
	expect_refusal("--ready-file=$DIR/small/ready", mount_read_only,
	    "Read-only file system");
}

Test(readiness, missing_permission_is_refused)
{
	expect_refusal("--ready-file=$DIR/closed/ready",
	    make_unwritable_directory, "Permission denied");
}

Test(readiness, directory_that_cannot_be_made_is_refused)
{
	expect_refusal("--ready-file=$DIR/closed/more/ready",
	    make_unwritable_directory, "Permission denied");
	expect_refusal("--ready-file=/dev/null/ready", NULL,
	    "Not a directory");
}

Test(readiness, full_file_system_is_refused_at_start)
{
	expect_refusal("--ready-file=$DIR/small/ready", mount_full,
	    "No space left on device");
}

#define FILL_UP "cat /dev/zero >$DIR/small/fill 2>/dev/null; "

Test(readiness, file_system_that_stays_full_uses_up_the_startup_budget)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--ready-file=$DIR/small/ready", HEALTH_CMD,
		    "--startup-budget=2s", "--", "sh", "-c", FILL_UP
		    "touch $DIR/up; exec act TERM:check=small/ready,exit=0" },
		.before_exec = mount_small,
	});

	container_expect_status(&c, 124);
	container_expect_log(&c, "No space left on device");
	container_expect_log(&c, "not ready within the startup budget of "
	    "2s");
	container_expect_no_log(&c, "ready after");
	container_await_text(&c, "out", "small/ready is gone");
}

Test(readiness, is_published_as_soon_as_a_full_file_system_has_room_again)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--ready-file=$DIR/small/ready", HEALTH_CMD,
		    "--", "sh", "-c", FILL_UP "touch $DIR/up; "
		    "until [ -f $DIR/room ]; do sleep 0.01; done; "
		    "rm $DIR/small/fill; exec act TERM:exit=0" },
		.before_exec = mount_small,
	});

	container_await_text(&c, "log", "No space left on device");
	container_expect_no_log(&c, "ready after");
	container_touch(&c, "room");
	await_inside(&c, "small/ready");
	container_await_text(&c, "log", "ready after");
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

Test(readiness, is_published_once_what_the_app_put_in_its_place_is_gone)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, HEALTH_CMD, "--", "sh", "-c",
		    "mkdir $DIR/ready; touch $DIR/up; "
		    "until [ -f $DIR/room ]; do sleep 0.01; done; "
		    "rmdir $DIR/ready; exec act TERM:exit=0" },
	});

	container_await_text(&c, "log", "cannot publish readiness");
	container_expect_no_log(&c, "ready after");
	container_touch(&c, "room");
	container_await_text(&c, "log", "ready after");
	container_await_text(&c, "ready", "pid=");
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

Test(readiness, app_that_deletes_the_file_is_no_longer_ready_and_stops_as_ever)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--", "sh", "-c",
		    "until [ -f $DIR/ready ]; do sleep 0.01; done; "
		    "rm $DIR/ready; exec act TERM:exit=4" },
	});

	container_await_text(&c, "out", "up");
	cr_assert(!container_is_ready(&c, "ready"));
	stop_and_expect(&c, 4);
	cr_assert_str_eq(container_read(&c, "log"), "");
}

Test(readiness, directory_that_the_app_deleted_is_made_again)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--ready-file=$DIR/sub/ready", HEALTH_CMD,
		    "--", "sh", "-c", "rm -r $DIR/sub && touch $DIR/up; "
		    "exec act TERM:exit=0" },
	});

	container_await_file(&c, "sub/ready");
	cr_assert(container_is_ready(&c, "sub/ready"));
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
	cr_assert(!container_has_file(&c, "sub/ready"));
}

Test(readiness, directory_that_the_app_deletes_later_does_no_harm)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--ready-file=$DIR/sub/ready", "--", "sh", "-c",
		    "until [ -f $DIR/sub/ready ]; do sleep 0.01; done; "
		    "rm -r $DIR/sub; exec act TERM:exit=4" },
	});

	container_await_text(&c, "out", "up");
	cr_assert(!container_is_ready(&c, "sub/ready"));
	stop_and_expect(&c, 4);
	cr_assert_str_eq(container_read(&c, "log"), "");
}

/* --- Another dinit at the same path --------------------------------------- */

#define TAKEN ": another dinit publishes there; name another place with " \
	"--ready-file, or go without "

/* The app of the second one would leave a file "ran". */
#define SECOND "-- touch $DIR/ran; echo second $?; "

static void
expect_undisturbed(const struct container *first)
{
	cr_assert(!container_has_file(first, "ran"));
	cr_assert(container_is_ready(first, "ready"));
	container_await_text(first, "out", "up");
	stop_and_expect(first, 0);
	cr_assert(!container_has_file(first, "ready"));
	cr_assert(!container_has_file(first, ".ready.state"));
}

/* As docker exec does, which passes on the container's variables. */
Test(readiness, second_dinit_inside_is_refused_before_its_command_runs)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--", "sh", "-c",
		    "touch $DIR/up; until [ -f $DIR/ready ]; "
		    "do sleep 0.01; done; "
		    "DINIT_READY_FILE=$DIR/ready DINIT_HEALTH_CMD=true $DINIT "
		    SECOND "$DINIT --ready-file=$DIR/ready " SECOND
		    "exec act TERM:exit=0" },
		.environment = { "DINIT_READY_FILE=$DIR/ready",
		    "DINIT_HEALTH_CMD=[ -f $DIR/up ]" },
	});

	container_await_text(&c, "out", "second 125\nsecond 125\n");
	container_expect_log(&c, "dinit: error: cannot use readiness file /");
	container_expect_log(&c, "/ready" TAKEN "DINIT_HEALTH_CMD (docker exec "
	    "passes the container's variables on)\n");
	container_expect_log(&c, TAKEN "--ready-file (docker");
	expect_undisturbed(&c);
}

Test(readiness, second_dinit_is_refused_while_the_first_is_not_ready_yet)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, HEALTH_CMD, "--", "sh", "-c",
		    "$DINIT --ready-file=$DIR/ready " SECOND
		    "touch $DIR/up; exec act TERM:exit=0" },
	});

	container_await_text(&c, "out", "second 125\n");
	container_await_file(&c, "ready");
	expect_undisturbed(&c);
}

/* As two containers on one volume, each with a process 1. */
static struct container
start_at_the_path_of(const struct container *first)
{
	char option[128];

	snprintf(option, sizeof(option), "--ready-file=%s",
	    container_path(first, "ready"));
	return container_start(&(struct run){
		.arguments = { option, "--", "act", "start:touch=ran",
		    "TERM:exit=0" },
	});
}

Test(readiness, second_container_on_the_same_volume_is_refused)
{
	struct container first = start_gated(AS_PID_1);
	struct container second = start_at_the_path_of(&first);

	container_expect_status(&second, 125);
	container_touch(&first, "up");
	container_await_file(&first, "ready");
	second = start_at_the_path_of(&first);
	container_expect_status(&second, 125);
	container_expect_log(&second, "/ready" TAKEN);
	cr_assert(!container_has_file(&second, "ran"));
	expect_undisturbed(&first);
	second = start_at_the_path_of(&first);
	container_await_file(&first, "ready");
	container_await_text(&second, "out", "up");
	stop_and_expect(&second, 0);
}

Test(readiness, next_container_takes_over_from_one_that_was_killed)
{
	struct container first = start_gated(AS_PID_1);
	struct container second;

	container_touch(&first, "up");
	container_await_file(&first, "ready");
	container_signal(&first, SIGKILL);
	container_expect_status(&first, 128 + SIGKILL);
	cr_assert(container_has_file(&first, "ready"));
	cr_assert(container_has_file(&first, ".ready.state"));
	second = start_at_the_path_of(&first);
	container_await_text(&second, "out", "up");
	/* The dead one's was deleted before that. */
	container_await_file(&first, "ready");
	cr_assert(container_is_ready(&first, "ready"));
	stop_and_expect(&second, 0);
	cr_assert(!container_has_file(&first, "ready"));
	cr_assert(!container_has_file(&first, ".ready.state"));
}

/* After the lock-down too, and whatever lies there instead. */
Test(readiness, state_file_that_was_replaced_is_made_again)
{
	struct container c = start_gated(AS_PID_1);
	struct container second;

	cr_assert_eq(unlink(container_path(&c, ".ready.state")), 0);
	container_touch(&c, ".ready.state");
	container_touch(&c, "up");
	container_await_file(&c, "ready");
	second = start_at_the_path_of(&c);
	container_expect_status(&second, 125);
	expect_undisturbed(&c);
}

/* Somebody has deleted all that begins with a dot. */
Test(readiness, is_not_published_where_another_dinit_does_so_by_now)
{
	struct container first = start_gated(AS_PID_1);
	struct container second;

	cr_assert_eq(unlink(container_path(&first, ".ready.state")), 0);
	second = start_at_the_path_of(&first);
	container_await_file(&first, "ready");
	container_await_text(&second, "out", "up");
	container_touch(&first, "up");
	container_await_text(&first, "log", "/ready: another dinit publishes "
	    "there by now; trying again");
	stop_and_expect(&first, 0);
	cr_assert(container_is_ready(&first, "ready"));
	stop_and_expect(&second, 0);
	cr_assert(!container_has_file(&first, "ready"));
	cr_assert(!container_has_file(&first, ".ready.state"));
}

/* A stale file is there each time but the first: the winner is killed. */
Test(readiness, one_of_many_that_start_at_the_same_moment_is_not_refused)
{
	struct container c = container_start(&(struct run){
		.program = "sh",
		.arguments = { "-c", "for round in 1 2 3 4 5 6 7 8 9 10; do "
		    "rm -f $DIR/go $DIR/ended; "
		    "for i in 1 2 3 4; do ( "
		    "$DINIT -q --ready-file=$DIR/ready -- sh -c 'echo won; "
		    "until [ -f $DIR/go ]; do sleep 0.01; done; "
		    "kill -9 $PPID'; echo $? >>$DIR/ended ) & done; "
		    "until [ \"$(grep -c 125 $DIR/ended)\" = 3 ]; "
		    "do sleep 0.01; done 2>/dev/null; "
		    "touch $DIR/go; wait; done; echo over" },
		.place = AS_ORDINARY,
	});

	container_await_text(&c, "out", "over");
	container_expect_status(&c, 0);
	cr_assert_eq(count_text(container_read(&c, "out"), "won\n"), 10, "%s",
	    container_read(&c, "out"));
	cr_assert_eq(count_text(container_read(&c, "log"), TAKEN), 30, "%s",
	    container_read(&c, "log"));
}

/* --- Who asks ------------------------------------------------------------- */

Test(readiness, is_told_to_outside_and_inside_exactly_while_it_is_published)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, HEALTH_CMD, "--", "sh", "-c",
		    "$DINIT --is-ready --ready-file=$DIR/ready; echo first $?;"
		    "until $DINIT --is-ready --ready-file=$DIR/ready; "
		    "do sleep 0.01; done; echo then $?; "
		    "exec act TERM:await=go,exit=0" },
	});

	container_await_text(&c, "out", "first 1\n");
	cr_assert(!container_is_ready(&c, "ready"));
	container_touch(&c, "up");
	container_await_text(&c, "out", "then 0\nup\n");
	cr_assert(container_is_ready(&c, "ready"));
	container_signal(&c, SIGTERM);
	container_await_text(&c, "out", "TERM");
	cr_assert(!container_is_ready(&c, "ready"));
	container_touch(&c, "go");
	container_expect_status(&c, 0);
	cr_assert(!container_is_ready(&c, "ready"));
}

Test(readiness, is_asked_for_where_the_environment_says)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--", "sh", "-c",
		    "until DINIT_READY_FILE=$DIR/sub/ready $DINIT --is-ready; "
		    "do sleep 0.01; done; exit 6" },
		.environment = { "DINIT_READY_FILE=$DIR/sub/ready" },
	});

	container_expect_status(&c, 6);
}

Test(readiness, file_left_behind_by_a_killed_dinit_does_not_count)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--", "act", "TERM:exit=0" },
		.place = AS_ORDINARY,
		.lingers = true,
	});

	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	cr_assert(container_is_ready(&c, "ready"));
	container_signal(&c, SIGKILL);
	container_await_file(&c, "lingers");
	cr_assert(container_has_process(&c, "act"));
	cr_assert(container_has_file(&c, "ready"));
	cr_assert(!container_is_ready(&c, "ready"));
	container_touch(&c, "release");
	container_expect_status(&c, 128 + SIGKILL);
}

/* How dinit --is-ready ends, and what it says; what HOOK made is "ready". */
static void
expect_not_ready(void (*hook)(void *), const char *log)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--is-ready", READY_FILE },
		.before_exec = hook,
		.argument = (void *)"ready",
	});

	container_expect_status(&c, 1);
	container_expect_log(&c, log);
	cr_assert_str_eq(container_read(&c, "out"), "");
}

Test(readiness, missing_file_is_not_ready)
{
	expect_not_ready(NULL, "not ready: no dinit publishes ");
}

Test(readiness, unlocked_file_is_not_ready)
{
	expect_not_ready(leave_a_stale_file,
	    "not ready: no dinit publishes ");
}

Test(readiness, unreadable_file_is_not_ready_and_says_why)
{
	expect_not_ready(make_unreadable_file, "Permission denied");
}

Test(readiness, fifo_is_not_ready_and_does_not_hang)
{
	expect_not_ready(make_fifo, "");
}

Test(readiness, directory_is_not_ready)
{
	expect_not_ready(make_directory, "");
}

/* A link to a locked file: what is asked for is the file, not a link to it. */
Test(readiness, symbolic_link_is_not_ready_whatever_it_points_to)
{
	struct container c = start_gated(AS_PID_1);

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	cr_assert(container_is_ready(&c, "ready"));
	cr_assert_eq(symlink("ready", container_path(&c, "link")), 0);
	cr_assert(!container_is_ready(&c, "link"));
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
	expect_not_ready(plant_link, "dinit: error: cannot read ");
}
