/* SPDX-License-Identifier: MIT */
/* What the engine that started dinit hears on its NOTIFY_SOCKET. */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support.h"

TestSuite(upstream, .timeout = 60);

#define READY_FILE "--ready-file=$DIR/ready"
#define HEALTH_CMD "--health-cmd=[ -f $DIR/up ]"
#define SOCKET "NOTIFY_SOCKET=$DIR/notify"

/* Where order is all that counts, one try could be luck. */
#define TRIES 10

static struct sockaddr_un
address_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return address;
}

/* The engine's socket, in CONTAINER's scratch folder. */
static int
listen_in(const struct container *container)
{
	struct sockaddr_un address =
	    address_of(container_path(container, "notify"));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	cr_assert(fd >= 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)),
	    0);
	return fd;
}

/* Waits for the next datagram. */
static const char *
next_datagram(int engine)
{
	static char text[512];
	ssize_t length;

	await_descriptor(engine, POLLIN, "a datagram comes");
	length = recv(engine, text, sizeof(text) - 1, MSG_DONTWAIT);
	cr_assert(length > 0);
	text[length] = '\0';
	return text;
}

static bool
is_empty(int engine)
{
	char byte;

	return recv(engine, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	    errno == EAGAIN;
}

/* The next one that is not STATUS=, which may come at any time. */
static void
expect_datagram(int engine, const char *expected)
{
	const char *text;

	while (strncmp(text = next_datagram(engine), "STATUS=", 7) == 0)
		cr_assert_null(strchr(text, '\n'), "%s", text);
	cr_assert_str_eq(text, expected);
}

/* What comes before it is passed over. */
static void
await_datagram(int engine, const char *expected)
{
	while (strcmp(next_datagram(engine), expected) != 0)
		continue;
}

/* Of any kind but STATUS=. */
static void
expect_no_more(int engine)
{
	while (!is_empty(engine)) {
		const char *text = next_datagram(engine);

		cr_assert_eq(strncmp(text, "STATUS=", 7), 0, "%s", text);
	}
}

/* Becomes ready when the test touches "up". */
static struct container
start_gated(const char *variable)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, HEALTH_CMD, "--", "act",
		    "TERM:exit=0" },
		.environment = { variable },
	});

	container_await_text(&c, "out", "up\n");
	return c;
}

static void
stop_and_expect(const struct container *container, int status)
{
	container_signal(container, SIGTERM);
	container_expect_status(container, status);
}

/* --- What it hears, and when ---------------------------------------------- */

static void
expect_ready_and_stopping(struct container *container, int engine)
{
	cr_assert(is_empty(engine));
	container_touch(container, "up");
	expect_datagram(engine, "READY=1");
	container_await_text(container, "log", "ready after");
	expect_no_more(engine);
	stop_and_expect(container, 0);
	expect_datagram(engine, "STOPPING=1");
	expect_no_more(engine);
}

Test(upstream, hears_ready_and_stopping_in_a_datagram_each)
{
	struct container c = start_gated(SOCKET);

	expect_ready_and_stopping(&c, listen_in(&c));
}

Test(upstream, may_listen_on_an_abstract_name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char variable[64];
	struct container c;
	int engine;
	int length;

	snprintf(variable, sizeof(variable), "NOTIFY_SOCKET=@dinit-e2e.%d",
	    getpid());
	length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
	    "dinit-e2e.%d", getpid());
	engine = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(engine, (struct sockaddr *)&address,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    (size_t)length)), 0);
	c = start_gated(variable);
	expect_ready_and_stopping(&c, engine);
}

Test(upstream, hears_the_status_in_a_datagram_of_its_own)
{
	struct container c = start_gated(SOCKET);
	int engine = listen_in(&c);
	const char *text;

	container_touch(&c, "up");
	expect_datagram(engine, "READY=1");
	text = next_datagram(engine);
	cr_assert_eq(strncmp(text, "STATUS=ready after ", 19), 0, "%s", text);
	cr_assert_null(strchr(text, '\n'), "%s", text);
	stop_and_expect(&c, 0);
}

Test(upstream, hears_ready_only_when_the_file_is_there)
{
	for (int i = 0; i < TRIES; i++) {
		struct container c = start_gated(SOCKET);
		int engine = listen_in(&c);
		char text[16];

		container_touch(&c, "up");
		cr_assert_eq(recv(engine, text, sizeof(text), 0), 7);
		cr_assert_eq(memcmp(text, "READY=1", 7), 0);
		cr_assert(container_has_file(&c, "ready"));
		stop_and_expect(&c, 0);
		close(engine);
		container_discard(&c);
	}
}

/* The app is the engine: it can tell at once what it has heard so far. */
Test(upstream, hears_of_the_stop_before_the_app_gets_its_signal)
{
	for (int i = 0; i < TRIES; i++) {
		struct container c = container_start(&(struct run){
			.arguments = { READY_FILE, "--health-cmd=true", "--",
			    "act", "start:listen=notify,await=ready",
			    "TERM:hear,exit=0" },
			.environment = { SOCKET },
		});

		container_await_text(&c, "out", "up\n");
		container_await_text(&c, "log", "ready after");
		stop_and_expect(&c, 0);
		container_await_text(&c, "out", "TERM\n");
		container_await_text(&c, "out", "STOPPING=1\n");
		container_discard(&c);
	}
}

Test(upstream, hears_of_a_stop_when_the_app_exits_by_itself)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, HEALTH_CMD, "--", "act",
		    "USR1:exit=3" },
		.environment = { SOCKET },
	});
	int engine = listen_in(&c);

	container_await_text(&c, "out", "up\n");
	container_touch(&c, "up");
	expect_datagram(engine, "READY=1");
	container_signal(&c, SIGUSR1);
	container_expect_status(&c, 3);
	expect_datagram(engine, "STOPPING=1");
	expect_no_more(engine);
}

Test(upstream, hears_of_a_stop_once_when_the_app_exits_while_draining)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, HEALTH_CMD, "--drain=1h", "--",
		    "act", "USR1:exit=3" },
		.environment = { SOCKET },
	});
	int engine = listen_in(&c);

	container_await_text(&c, "out", "up\n");
	container_touch(&c, "up");
	expect_datagram(engine, "READY=1");
	container_signal(&c, SIGTERM);
	expect_datagram(engine, "STOPPING=1");
	container_signal(&c, SIGUSR1);
	container_expect_status(&c, 3);
	expect_no_more(engine);
}

Test(upstream, hears_why_the_start_has_failed)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, HEALTH_CMD,
		    "--startup-budget=500ms", "--", "act", "TERM:exit=0" },
		.environment = { SOCKET },
	});
	int engine = listen_in(&c);
	const char *text;

	container_expect_status(&c, 124);
	text = next_datagram(engine);
	cr_assert_eq(strncmp(text, "STATUS=not ready", 16), 0, "%s", text);
	expect_datagram(engine, "STOPPING=1");
	expect_no_more(engine);
}

/* --- What it hears from the app itself ------------------------------------- */

/* An app that tells it is ready, and follows two rules of act more. */
static struct container
start_notified(const char *one, const char *another)
{
	struct container c = container_start(&(struct run){
		.program = "sh",
		/* not before there is an engine that hears it */
		.arguments = { "-c", "exec $DINIT --notify " READY_FILE " -- "
		    "act start:await=notify,tell=READY=1 \"$0\" \"$1\"",
		    one, another },
		.environment = { SOCKET },
	});

	return c;
}

Test(upstream, hears_what_the_app_says_as_it_was_said)
{
	struct container c = start_notified(
	    "USR1:tell=WATCHDOG=1,tell=X_FOO=1|ERRNO=5|BUSERROR=a.b",
	    "TERM:tell=WATCHDOG=trigger|WATCHDOG_USEC=7,exit=0");
	int engine = listen_in(&c);

	expect_datagram(engine, "READY=1");
	container_await_text(&c, "out", "up\n");
	container_signal(&c, SIGUSR1);
	expect_datagram(engine, "WATCHDOG=1");
	expect_datagram(engine, "ERRNO=5\nBUSERROR=a.b");
	stop_and_expect(&c, 0);
	expect_datagram(engine, "STOPPING=1");
	expect_datagram(engine, "WATCHDOG=trigger\nWATCHDOG_USEC=7");
	expect_no_more(engine);
}

Test(upstream, hears_that_the_app_is_ready_again_after_it_has_reloaded)
{
	struct container c = start_notified(
	    "USR1:tell=READY=1,tell=RELOADING=1|MONOTONIC_USEC=7,"
	    "tell=READY=1,tell=READY=1,touch=done", "TERM:exit=0");
	int engine = listen_in(&c);

	expect_datagram(engine, "READY=1");
	container_await_text(&c, "out", "up\n");
	container_signal(&c, SIGUSR1);
	expect_datagram(engine, "RELOADING=1\nMONOTONIC_USEC=7");
	cr_assert(container_has_file(&c, "ready"));
	expect_datagram(engine, "READY=1");
	container_await_file(&c, "done");
	stop_and_expect(&c, 0);
	expect_datagram(engine, "STOPPING=1");
	expect_no_more(engine);
}

Test(upstream, hears_what_the_app_says_while_it_stops)
{
	struct container c = start_notified("HUP:tell=ERRNO=4,barrier",
	    "INT:exit=0");
	int engine = listen_in(&c);

	expect_datagram(engine, "READY=1");
	container_await_text(&c, "out", "up\n");
	/* Which this app does not end on. */
	container_signal(&c, SIGTERM);
	expect_datagram(engine, "STOPPING=1");
	container_signal(&c, SIGHUP);
	expect_datagram(engine, "ERRNO=4");
	container_signal(&c, SIGINT);
	container_expect_status(&c, 0);
}

/* Also when the app ends before anybody had time to listen. */
Test(upstream, hears_the_last_words_of_the_app)
{
	for (int i = 0; i < TRIES; i++) {
		struct container c = start_notified(
		    "USR1:tell=ERRNO=2|STATUS=no file,exit=1",
		    "TERM:tell=ERRNO=3");
		int engine = listen_in(&c);

		expect_datagram(engine, "READY=1");
		container_await_text(&c, "out", "up\n");
		container_signal(&c, SIGUSR1);
		container_expect_status(&c, 1);
		await_datagram(engine, "ERRNO=2\nSTATUS=no file");
		close(engine);
		container_discard(&c);
	}
}

/* --- Its watchdog ------------------------------------------------------------ */

static struct container
start_watched(const char *monitor, const char *pid)
{
	return container_start(&(struct run){
		.arguments = { READY_FILE, HEALTH_CMD, monitor, "--", "spy",
		    "app", "act", "TERM:exit=0" },
		.environment = { SOCKET, "WATCHDOG_USEC=60000000", pid },
	});
}

Test(upstream, hears_of_each_successful_check_where_it_has_a_watchdog)
{
	struct container c = start_watched("--monitor=10ms", NULL);
	int engine = listen_in(&c);

	container_await_text(&c, "out", "up\n");
	container_touch(&c, "up");
	expect_datagram(engine, "READY=1");
	for (int i = 0; i < 3; i++)
		expect_datagram(engine, "WATCHDOG=1");
	stop_and_expect(&c, 0);
	container_expect_no_log(&c, "watchdog");
	cr_assert_null(strstr(container_read(&c, "app"), "WATCHDOG_"));
}

Test(upstream, watchdog_of_somebody_else_is_left_to_him)
{
	struct container c = start_watched("--monitor=10ms",
	    "WATCHDOG_PID=4711");
	int engine = listen_in(&c);

	container_await_text(&c, "out", "up\n");
	container_touch(&c, "up");
	expect_datagram(engine, "READY=1");
	stop_and_expect(&c, 0);
	expect_datagram(engine, "STOPPING=1");
	expect_no_more(engine);
}

Test(upstream, watchdog_that_would_hear_too_little_is_worth_a_warning)
{
	static const char *const seldom[] = { "--monitor=0", "--monitor=1m" };

	for (int i = 0; i < 2; i++) {
		struct container c = start_watched(seldom[i], "WATCHDOG_PID=1");

		listen_in(&c);
		container_await_text(&c, "out", "up\n");
		stop_and_expect(&c, 0);
		container_expect_log(&c, "dinit: warn: the engine's watchdog "
		    "wants to hear something every 1m (WATCHDOG_USEC)");
		container_discard(&c);
	}
}

Test(upstream, watchdog_is_left_to_an_app_that_notifies)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--notify", READY_FILE, "--", "spy", "app",
		    "act", "TERM:exit=0" },
		.environment = { SOCKET, "WATCHDOG_USEC=60000000",
		    "WATCHDOG_PID=1" },
	});

	container_await_text(&c, "out", "up\n");
	stop_and_expect(&c, 0);
	container_expect_watchdog(&c, "60000000");
}

/* Both hear the app's WATCHDOG=1, so it has to be in time for either. */
Test(upstream, watchdog_that_waits_less_long_than_dinits_is_what_the_app_gets)
{
	static const char *const watchdogs[][2] = {
		{ "--watchdog=2m", "60000000" },
		{ "--watchdog=30s", "30000000" },
	};

	for (int i = 0; i < 2; i++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--notify", READY_FILE, watchdogs[i][0],
			    "--", "spy", "app", "act", "TERM:exit=0" },
			.environment = { SOCKET, "WATCHDOG_USEC=60000000",
			    "WATCHDOG_PID=1" },
		});

		container_await_text(&c, "out", "up\n");
		stop_and_expect(&c, 0);
		container_expect_watchdog(&c, watchdogs[i][1]);
		container_discard(&c);
	}
}

/* --- Who else knows of it ------------------------------------------------- */

Test(upstream, is_hidden_from_app_and_health_command_when_gating)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-cmd=[\"spy\", \"check\", "
		    "\"act\", \"start:touch=told,await=up,exit=0\"]", "--",
		    "spy", "app", "act", "TERM:exit=0" },
		.environment = { SOCKET, "OTHER=o" },
	});

	container_await_file(&c, "told");
	container_await_text(&c, "out", "up\n");
	cr_assert_not_null(strstr(container_read(&c, "check"), "env.OTHER"));
	cr_assert_null(strstr(container_read(&c, "check"), "NOTIFY_SOCKET"));
	cr_assert_not_null(strstr(container_read(&c, "app"), "env.OTHER"));
	cr_assert_null(strstr(container_read(&c, "app"), "NOTIFY_SOCKET"));
	container_touch(&c, "up");
	container_await_file(&c, "ready");
	stop_and_expect(&c, 0);
}

Test(upstream, is_the_apps_own_affair_without_gating)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--", "spy", "app", "act",
		    "TERM:exit=0" },
		.environment = { SOCKET },
	});
	int engine = listen_in(&c);
	char expected[128];

	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up\n");
	stop_and_expect(&c, 0);
	snprintf(expected, sizeof(expected), "env.NOTIFY_SOCKET=%s/notify\n",
	    c.directory);
	container_await_text(&c, "app", expected);
	cr_assert(is_empty(engine));
}

/* --- When it does not listen ---------------------------------------------- */

Test(upstream, that_nobody_serves_is_worth_a_warning)
{
	struct container c = start_gated(SOCKET);

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	container_await_text(&c, "log", "dinit: warn: cannot notify");
	stop_and_expect(&c, 0);
	container_expect_log(&c, "ready after");
}

static void
expect_warning_and_ready(const char *variable)
{
	struct container c = start_gated(variable);

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	stop_and_expect(&c, 0);
	container_expect_log(&c, "dinit: warn: cannot use NOTIFY_SOCKET=");
}

Test(upstream, of_a_kind_that_dinit_cannot_reach_is_worth_a_warning)
{
	expect_warning_and_ready("NOTIFY_SOCKET=vsock:2:1234");
	expect_warning_and_ready("NOTIFY_SOCKET=notify");
	expect_warning_and_ready("NOTIFY_SOCKET=@");
	expect_warning_and_ready("NOTIFY_SOCKET=/"
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "0123456789012345678901234567890123456789012345678901234567890123");
}

/* Whether the queue is full or the sender's own buffer looks the same. */
static bool
fill_from_one_socket(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int sent = 0;

	cr_assert(fd >= 0);
	while (sendto(fd, "fill", 4, MSG_DONTWAIT,
	    (const struct sockaddr *)address, sizeof(*address)) == 4)
		sent++;
	cr_assert_eq(errno, EAGAIN);
	close(fd);
	return sent > 0;
}

static void
fill_queue(const struct container *container)
{
	struct sockaddr_un address =
	    address_of(container_path(container, "notify"));

	while (fill_from_one_socket(&address))
		continue;
}

static void
drain_queue(int engine)
{
	char text[16];

	/* What dinit has sent meanwhile stays. */
	while (recv(engine, text, sizeof(text), MSG_DONTWAIT | MSG_PEEK) == 4) {
		cr_assert_eq(memcmp(text, "fill", 4), 0);
		recv(engine, text, sizeof(text), 0);
	}
}

Test(upstream, with_a_full_queue_hears_ready_when_it_has_room_and_nobody_before)
{
	struct container c = start_gated(SOCKET);
	int engine = listen_in(&c);
	int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char events[512];

	fill_queue(&c);
	cr_assert(inotify_add_watch(inotify, c.directory, IN_MOVED_TO) >= 0);
	container_touch(&c, "up");
	container_await_text(&c, "log",
	    "the engine does not read its NOTIFY_SOCKET");
	cr_assert(!container_is_ready(&c, "ready"));
	container_expect_no_log(&c, "ready after");
	cr_assert_lt(read(inotify, events, sizeof(events)), 0,
	    "it was published for a moment");
	drain_queue(engine);
	expect_datagram(engine, "READY=1");
	container_await_text(&c, "log", "ready after");
	cr_assert(container_is_ready(&c, "ready"));
	stop_and_expect(&c, 0);
}

Test(upstream, with_a_full_queue_uses_up_the_startup_budget)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, HEALTH_CMD,
		    "--startup-budget=1s", "--", "act", "TERM:exit=0" },
		.environment = { SOCKET },
	});

	listen_in(&c);
	fill_queue(&c);
	container_touch(&c, "up");
	container_expect_status(&c, 124);
	container_expect_log(&c, "not ready within the startup budget of 1s");
	container_expect_no_log(&c, "ready after");
}

Test(upstream, with_a_full_queue_holds_up_no_stop)
{
	struct container c = start_gated(SOCKET);
	int engine = listen_in(&c);

	container_touch(&c, "up");
	expect_datagram(engine, "READY=1");
	container_await_text(&c, "log", "ready after");
	fill_queue(&c);
	stop_and_expect(&c, 0);
	cr_assert(!container_has_file(&c, "ready"));
}
