/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "readiness/listener.h"
#include "readiness/helper.h"
#include "readiness/listener_helper.h"

#define KNOWN_FLAGS                                                            \
	(LISTENER_READY | LISTENER_STOPPING | LISTENER_RELOADING |             \
	    LISTENER_NEW_STATUS | LISTENER_IGNORED | LISTENER_ALIVE |          \
	    LISTENER_TRIGGER | LISTENER_WATCHDOG)

int
listener_start(const struct listener_plan *plan, struct helper *out)
{
	const struct helper_role role = {
		.name = "dinit-notify",
		.privileges = plan->privileges,
		.kept_fd = plan->socket_fd,
		.main = listener_helper_main,
		.plan = plan,
	};

	return helper_start(&role, out);
}

/*
 * True if NEWS can be believed. TEXT_LENGTH bytes of its text have arrived, and
 * a zero byte was put behind them.
 */
static bool
is_sound(const struct listener_news *news, size_t text_length)
{
	if (news->says & ~KNOWN_FLAGS || news->extend_ms < 0 ||
	    news->watchdog_ms < 0 || news->sender <= 0 ||
	    strlen(news->text) != text_length)
		return false;
	if (news->says & LISTENER_IGNORED)
		return news->says == LISTENER_IGNORED &&
		    text_length < LISTENER_NAME_MAX;
	return notify_is_for_engine(news->text);
}

int
listener_receive(const struct helper *listener, struct listener_news *news)
{
	const size_t head = offsetof(struct listener_news, text);
	struct iovec part = {
		.iov_base = news,
		.iov_len = head + NOTIFY_MESSAGE_MAX,
	};
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t length = recvmsg(listener->fd, &message, MSG_DONTWAIT);

	if (length < 0)
		return errno == EAGAIN || errno == ENOMEM ? -errno : -EPIPE;
	if ((size_t)length < head || message.msg_flags & MSG_TRUNC)
		return -EPIPE;
	news->text[(size_t)length - head] = '\0';
	return is_sound(news, (size_t)length - head) ? 0 : -EPIPE;
}

static void
give_order(const struct helper *listener, enum listener_order order)
{
	const char byte = (char)order;

	/* If the helper is gone, listener_receive() will find that out. */
	if (listener->fd >= 0)
		send(listener->fd, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void
listener_go_on(const struct helper *listener)
{
	give_order(listener, LISTENER_GO_ON);
}

void
listener_finish(const struct helper *listener)
{
	give_order(listener, LISTENER_FINISH);
}
