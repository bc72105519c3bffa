/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "readiness/notify.h"
#include "base/array.h"
#include "support.h"

TestSuite(notify, .timeout = 60, .init = scratch_make,
    .fini = scratch_remove);

/* Opens an engine's socket at VALUE, which is as NOTIFY_SOCKET has it. */
static int
listen_at(const char *value)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(value);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, value, length);
	if (value[0] == '@')
		address.sun_path[0] = '\0';
	else
		length++;
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, (socklen_t)
	    (offsetof(struct sockaddr_un, sun_path) + length)), 0,
	    "bind to %s: %s", value, strerror(errno));
	return fd;
}

/* Returns a value of LENGTH bytes that begins with START and our pid. */
static const char *
value_of_length(const char *start, size_t length)
{
	static char value[256];
	int used = snprintf(value, sizeof(value), "%s%d", start, getpid());

	memset(value + used, 'x', sizeof(value) - (size_t)used);
	value[length] = '\0';
	return value;
}

static void
expect_received(int fd, const char *expected)
{
	char text[128] = "";
	ssize_t length = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	cr_expect_eq(length, (ssize_t)strlen(expected), "%zd bytes", length);
	cr_expect_str_eq(text, expected);
}

/* Sends two texts to VALUE, which arrive as two datagrams. */
static void
expect_talk(const char *value)
{
	struct notify_upstream upstream = { .fd = -1 };
	int engine = listen_at(value);

	cr_assert_eq(notify_open_upstream(value, &upstream), 0, "%s", value);
	cr_expect(fcntl(upstream.fd, F_GETFD) & FD_CLOEXEC,
	    "it is inherited");
	cr_expect_eq(notify_send(&upstream, "READY=1"), 0, "%s", value);
	cr_expect_eq(notify_send(&upstream, "STATUS=ready after 1s"), 0,
	    "%s", value);
	expect_received(engine, "READY=1");
	expect_received(engine, "STATUS=ready after 1s");
	close(upstream.fd);
	close(engine);
}

Test(notify, talks_to_a_path)
{
	expect_talk(scratch_path("notify"));
}

Test(notify, talks_to_an_abstract_name)
{
	expect_talk(value_of_length("@dinit-unit-", 20));
}

Test(notify, takes_the_longest_names)
{
	/* A path needs a zero byte at its end, which takes room too. */
	const size_t longest =
	    sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

	expect_talk(value_of_length("@dinit-unit-", longest));
	expect_talk(value_of_length(scratch_path("n"), longest));
}

Test(notify, takes_the_whole_abstract_name_and_no_more)
{
	struct notify_upstream upstream = { .fd = -1 };
	const char *value = value_of_length("@dinit-unit-", 30);
	int engine = listen_at(value);

	/* All bytes of an abstract name count, zero bytes too: unix(7). */
	cr_assert_eq(notify_open_upstream(value_of_length("@dinit-unit-", 29),
	    &upstream), 0);
	cr_expect_eq(notify_send(&upstream, "READY=1"), -ECONNREFUSED);
	close(upstream.fd);
	close(engine);
}

Test(notify, refuses_bad_values)
{
	static const struct {
		const char *value;
		int error;
	} samples[] = {
		{ "", -EAFNOSUPPORT },
		{ "notify", -EAFNOSUPPORT },
		{ "./notify", -EAFNOSUPPORT },
		{ "vsock:2:1234", -EAFNOSUPPORT },
		{ "unix:/run/notify", -EAFNOSUPPORT },
		{ "/", -EINVAL },
		{ "@", -EINVAL },
	};
	const size_t too_long =
	    sizeof(((struct sockaddr_un *)NULL)->sun_path);
	struct notify_upstream upstream = { .fd = -1 };

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		cr_expect_eq(notify_open_upstream(samples[i].value,
		    &upstream), samples[i].error, "'%s'", samples[i].value);
	for (size_t length = too_long; length < too_long + 20; length++) {
		cr_expect_eq(notify_open_upstream(value_of_length("/", length),
		    &upstream), -EINVAL, "%zu", length);
		cr_expect_eq(notify_open_upstream(value_of_length("@", length),
		    &upstream), -EINVAL, "%zu", length);
	}
	cr_expect_eq(upstream.fd, -1, "a refused value opens something");
}

Test(notify, does_nothing_where_nobody_listens)
{
	const struct notify_upstream upstream = { .fd = -1 };

	cr_expect_eq(notify_send(&upstream, "READY=1"), 0);
}

Test(notify, reports_an_engine_that_is_gone)
{
	struct notify_upstream upstream = { .fd = -1 };
	const char *value = scratch_path("notify");
	int engine = listen_at(value);

	cr_assert_eq(notify_open_upstream(value, &upstream), 0);
	cr_expect_eq(notify_send(&upstream, "READY=1"), 0);
	close(engine);
	cr_expect_eq(notify_send(&upstream, "READY=1"), -ECONNREFUSED);
	unlink(value);
	cr_expect_eq(notify_send(&upstream, "READY=1"), -ENOENT);
	close(upstream.fd);
}

Test(notify, reports_a_full_queue_without_waiting)
{
	struct notify_upstream upstream = { .fd = -1 };
	const char *value = scratch_path("notify");
	int engine = listen_at(value);
	int error = 0;

	cr_assert_eq(notify_open_upstream(value, &upstream), 0);
	for (int i = 0; i < 1000000 && error == 0; i++)
		error = notify_send(&upstream, "STATUS=once more");
	cr_assert_eq(error, -EAGAIN, "%s", strerror(-error));
	expect_received(engine, "STATUS=once more");
	cr_expect_eq(notify_send(&upstream, "READY=1"), 0);
	close(upstream.fd);
	close(engine);
}

Test(notify, knows_whether_there_is_room)
{
	struct notify_upstream upstream = { .fd = -1 };
	const char *value = scratch_path("notify");
	int engine;

	cr_expect(notify_has_room(&upstream), "with nobody to tell");
	engine = listen_at(value);
	cr_assert_eq(notify_open_upstream(value, &upstream), 0);
	cr_expect(notify_has_room(&upstream), "in an empty queue");
	for (int i = 0; i < 1000000 && notify_has_room(&upstream); i++)
		cr_assert_eq(notify_send(&upstream, "STATUS=once more"), 0,
		    "datagram %d", i);
	cr_expect_eq(notify_send(&upstream, "READY=1"), -EAGAIN);
	expect_received(engine, "STATUS=once more");
	cr_expect(notify_has_room(&upstream), "after one is read");
	cr_expect_eq(notify_send(&upstream, "READY=1"), 0);
	close(upstream.fd);
	close(engine);
}

Test(notify, reports_room_where_sending_would_report_an_error)
{
	struct notify_upstream upstream = { .fd = -1 };
	const char *value = scratch_path("notify");
	int engine = listen_at(value);

	cr_assert_eq(notify_open_upstream(value, &upstream), 0);
	cr_expect(notify_has_room(&upstream));
	close(engine);
	cr_expect(notify_has_room(&upstream), "nobody listens any more");
	cr_expect_eq(notify_send(&upstream, "READY=1"), -ECONNREFUSED);
	unlink(value);
	cr_expect(notify_has_room(&upstream), "the path is gone");
	cr_expect_eq(notify_send(&upstream, "READY=1"), -ENOENT);
	engine = listen_at(value);
	cr_expect(notify_has_room(&upstream), "a new engine is there");
	cr_expect_eq(notify_send(&upstream, "READY=1"), 0);
	expect_received(engine, "READY=1");
	close(upstream.fd);
	close(engine);
}

/* --- What the app tells --------------------------------------------------- */

static struct notify_message
parse(const char *text)
{
	struct notify_message message;

	snprintf(message.text, sizeof(message.text), "%s", text);
	cr_assert(notify_parse(&message, strlen(text)), "%s", text);
	return message;
}

Test(notify, reads_what_an_app_says)
{
	cr_expect(parse("READY=1").ready);
	cr_expect(parse("STOPPING=1").stopping);
	cr_expect(parse("RELOADING=1").reloading);
	cr_expect_eq(parse("EXTEND_TIMEOUT_USEC=2000000").extend_ms, 2000);
	cr_expect_eq(parse("WATCHDOG=1").watchdog, NOTIFY_WATCHDOG_ALIVE);
	cr_expect_eq(parse("WATCHDOG=trigger").watchdog,
	    NOTIFY_WATCHDOG_TRIGGER);
	cr_expect_eq(parse("WATCHDOG=trigger\nWATCHDOG=1").watchdog,
	    NOTIFY_WATCHDOG_ALIVE);
	cr_expect_eq(parse("WATCHDOG_USEC=2000001").watchdog_ms, 2001);
	cr_expect_eq(parse("WATCHDOG_USEC=0").watchdog_ms, 0);
	cr_expect_eq(parse("WATCHDOG_USEC=18446744073709551615").watchdog_ms,
	    INT_MAX);
}

Test(notify, hears_nothing_of_a_watchdog_where_nothing_is_said_of_it)
{
	static const char *const others[] = { "READY=1", "WATCHDOG=", "WATCHDOG",
		"WATCHDOG=0", "WATCHDOG=11", "WATCHDOG=Trigger", "XWATCHDOG=1",
		"WATCHDOG_USEC=", "WATCHDOG_USEC=-1", "WATCHDOG_USEC=1s",
		"WATCHDOG_USEC" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct notify_message message = parse(others[i]);

		cr_expect_eq(message.watchdog, NOTIFY_WATCHDOG_NOTHING, "%s",
		    others[i]);
		cr_expect_eq(message.watchdog_ms, -1, "%s", others[i]);
	}
}

Test(notify, reads_several_lines_and_ignores_what_it_does_not_know)
{
	struct notify_message message = parse("MAINPID=7\nREADY=1\n\n=\n"
	    "STATUS=one\nX_FOO=READY=1\nSTATUS=two\nWATCHDOG=1\n"
	    "EXTEND_TIMEOUT_USEC=1\n");

	cr_expect(message.ready);
	cr_expect(!message.stopping && !message.reloading);
	cr_expect_eq(message.extend_ms, 1);
	cr_expect_str_eq(message.text, "STATUS=one\nSTATUS=two\nWATCHDOG=1");
}

Test(notify, keeps_for_the_engine_what_it_understands_in_the_apps_order)
{
	static const char *const whole[] = { "WATCHDOG=1", "WATCHDOG=trigger",
		"WATCHDOG_USEC=20000000", "RELOADING=1\nMONOTONIC_USEC=7",
		"ERRNO=2\nBUSERROR=org.example.Failed\nSTATUS=no file", "" };
	static const char *const others[] = { "READY=1", "STOPPING=1",
		"MAINPID=7", "FDSTORE=1\nFDNAME=x", "BARRIER=1", "XWATCHDOG=1",
		"NOTIFYACCESS=all", "EXTEND_TIMEOUT_USEC=7", "\n\n" };

	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		cr_expect_str_eq(parse(whole[i]).text, whole[i]);
		cr_expect(notify_is_for_engine(whole[i]), "%s", whole[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		cr_expect_str_eq(parse(others[i]).text, "", "%s", others[i]);
		cr_expect(!notify_is_for_engine(others[i]), "%s", others[i]);
	}
	cr_expect_str_eq(parse("ERRNO=2\nREADY=1\n\nSTATUS=x\n").text,
	    "ERRNO=2\nSTATUS=x");
	cr_expect(!notify_is_for_engine("ERRNO=2\nREADY=1"));
	cr_expect(!notify_is_for_engine("ERRNO=2\n"));
}

static void
expect_status(const char *text, const char *expected)
{
	size_t length = 99;
	const char *status = notify_find_status(text, &length);

	if (expected == NULL) {
		cr_expect_null(status, "%s", text);
		cr_expect_eq(length, 99);
		return;
	}
	cr_expect_eq(length, strlen(expected), "%s", text);
	cr_expect_eq(memcmp(status, expected, length), 0, "%s", text);
}

Test(notify, finds_the_last_status)
{
	expect_status("STATUS=half = way there", "half = way there");
	expect_status("STATUS=one\nWATCHDOG=1\nSTATUS=two\nERRNO=1", "two");
	expect_status("ERRNO=1\nSTATUS=", "");
	expect_status("ERRNO=STATUS=1", NULL);
	expect_status("", NULL);
}

Test(notify, ignores_what_only_looks_like_a_known_line)
{
	static const char *const others[] = { "", "\n", "READY", "READY=",
		"READY=0", "READY=12", "ready=1", " READY=1", "READY=1 ",
		"READY=1\r", "XREADY=1", "STOPPING=0", "STATUS", "RELOADING=0",
		"READY=\n1" };
	static const char *const numbers[] = { "", "-1", "+1", " 1", "1s",
		"0x10", "1.5", "0" };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct notify_message message = parse(others[i]);

		cr_expect(!message.ready && !message.stopping &&
		    !message.reloading && message.extend_ms == 0, "%s",
		    others[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char text[64];

		snprintf(text, sizeof(text), "EXTEND_TIMEOUT_USEC=%s",
		    numbers[i]);
		cr_expect_eq(parse(text).extend_ms, 0, "%s", text);
	}
}

Test(notify, reads_extensions_of_any_length)
{
	cr_expect_eq(parse("EXTEND_TIMEOUT_USEC=1001").extend_ms, 2);
	cr_expect_eq(parse("EXTEND_TIMEOUT_USEC=00001000").extend_ms, 1);
	cr_expect_eq(parse("EXTEND_TIMEOUT_USEC=2147483647000").extend_ms,
	    INT_MAX);
	cr_expect_eq(parse("EXTEND_TIMEOUT_USEC=18446744073709551615")
	    .extend_ms, INT_MAX);
	cr_expect_eq(parse("EXTEND_TIMEOUT_USEC=99999999999999999999999")
	    .extend_ms, INT_MAX);
}

Test(notify, refuses_a_datagram_with_a_zero_byte)
{
	struct notify_message message = { .text = "READY=1" };

	cr_expect(!notify_parse(&message, strlen("READY=1") + 1));
	cr_expect(!message.ready);
}
