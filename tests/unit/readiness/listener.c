/* SPDX-License-Identifier: MIT */
/*
 * What PID 1 takes from the helper that hears COMMAND, which an app of the same
 * user may have taken over. What the helper itself does is in
 * listener_helper.c.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "readiness/listener.h"
#include "base/array.h"
#include "readiness/helper.h"
#include "support.h"

TestSuite(listener, .timeout = 60);

struct record {
	uint32_t says;
	int32_t extend_ms;
	int32_t watchdog_ms;
	int32_t sender;
	const char *text;
	size_t length; /* of TEXT; 0: up to its zero byte */
};

static int
receive_record(const struct record *record)
{
	struct listener_news news = {
		.says = record->says,
		.extend_ms = record->extend_ms,
		.watchdog_ms = record->watchdog_ms,
		.sender = record->sender,
	};
	size_t length = record->length > 0 ? record->length
					   : strlen(record->text);
	struct helper listener;
	int ends[2];
	int error;

	memcpy(news.text, record->text, length);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	send(ends[1], &news, offsetof(struct listener_news, text) + length, 0);
	listener = (struct helper){ .fd = ends[0] };
	error = listener_receive(&listener, &news);
	helper_close(&listener);
	cr_expect_eq(listener.fd, -1);
	close(ends[1]);
	return error;
}

Test(listener, takes_sound_news_only)
{
	static const struct record sound[] = {
		{ LISTENER_READY | LISTENER_STOPPING, 7, 0, 1, "", 0 },
		{ LISTENER_ALIVE | LISTENER_WATCHDOG, 0, 7, 1, "", 0 },
		{ LISTENER_TRIGGER, 0, 0, 1, "WATCHDOG=trigger", 0 },
		{ LISTENER_NEW_STATUS, 0, 0, 1, "STATUS=x\nERRNO=1", 0 },
		{ LISTENER_IGNORED, 0, 0, 7, "fifteen letters", 0 },
	};
	static const struct record others[] = {
		{ LISTENER_WATCHDOG << 1, 0, 0, 1, "", 0 },
		{ UINT32_MAX, 0, 0, 1, "", 0 },
		{ LISTENER_READY | LISTENER_IGNORED, 0, 0, 1, "", 0 },
		{ LISTENER_READY, -1, 0, 1, "", 0 },
		{ LISTENER_WATCHDOG, 0, -1, 1, "", 0 },
		{ LISTENER_READY, 0, 0, 0, "", 0 },
		{ LISTENER_READY, 0, 0, -1, "", 0 },
		{ LISTENER_READY, 0, 0, 1, "READY=1", 0 },
		{ 0, 0, 0, 1, "STATUS=x\nREADY=1", 0 },
		{ 0, 0, 0, 1, "STATUS=x\0y", 10 },
		{ LISTENER_IGNORED, 0, 0, 7, "sixteen letters!", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sound); i++)
		cr_expect_eq(receive_record(&sound[i]), 0, "%zu", i);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		cr_expect_eq(receive_record(&others[i]), -EPIPE, "%zu", i);
}

Test(listener, takes_a_helper_that_breaks_off_for_a_lost_one)
{
	struct listener_news news;
	struct helper listener;
	int ends[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	listener = (struct helper){ .fd = ends[0] };
	send(ends[1], &news, offsetof(struct listener_news, text) - 1, 0);
	cr_expect_eq(listener_receive(&listener, &news), -EPIPE);
	cr_expect_eq(listener_receive(&listener, &news), -EAGAIN);
	close(ends[1]);
	cr_expect_eq(listener_receive(&listener, &news), -EPIPE);
	/* These write to a closed socket, and no SIGPIPE ends the test. */
	listener_go_on(&listener);
	listener_finish(&listener);
	helper_close(&listener);
	listener_finish(&listener);
}
