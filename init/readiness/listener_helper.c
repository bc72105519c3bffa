/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "readiness/listener_helper.h"
#include "base/array.h"
#include "privileges/lockdown.h"
#include "readiness/listener_wire.h"

/*
 * The most datagrams that are taken after COMMAND's end: as many as the longest
 * queue that is usual has (net.unix.max_dgram_qlen; unix(7)).
 */
#define LAST_WORDS_MAX 512

/* The state of the helper. */
struct receiver {
	const struct listener_plan *plan;
	int news_fd;   /* the helper ends once its other end is closed */
	bool finishes; /* COMMAND has ended: no more orders come */
	bool has_sent_ignored; /* of READY=1 that does not count, the first */
	char last_status[NOTIFY_MESSAGE_MAX + 1];
};

/* A datagram, and who sent it. */
struct datagram {
	pid_t sender; /* 0: it is not in our PID namespace */
	struct notify_message message;
};

/*
 * Takes a datagram. 0 and OUT; -EBADMSG: it was no notification; or -errno.
 *
 * CONTROL has room for the sender's credentials, which come first, and for
 * nothing else, so that the helper never gets a descriptor that was passed
 * along. The kernel releases the descriptor before recvmsg(2) returns
 * (MSG_CTRUNC), and that is all that the sender of BARRIER=1 waits for. Unlike
 * close(2), this does not flush, to which some file systems never answer; but
 * to release a socket with SO_LINGER takes its time. Descriptors are not
 * refused altogether (SO_PASSRIGHTS), because systemd-notify(1) always sends
 * one, and would fail.
 */
static int
receive_datagram(int socket_fd, struct datagram *out)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec part = {
		.iov_base = out->message.text,
		.iov_len = NOTIFY_MESSAGE_MAX,
	};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(socket_fd, &message,
	    MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *first = CMSG_FIRSTHDR(&message);
	struct ucred sender = { .pid = 0 };

	if (length < 0)
		return -errno;
	if (first != NULL && first->cmsg_type == SCM_CREDENTIALS)
		memcpy(&sender, CMSG_DATA(first), sizeof(sender));
	out->sender = sender.pid;
	if (message.msg_flags & MSG_TRUNC ||
	    !notify_parse(&out->message, (size_t)length))
		return -EBADMSG;
	return 0;
}

static void
read_command_name(pid_t pid, char name[LISTENER_NAME_MAX])
{
	char path[32];
	ssize_t length = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, name, LISTENER_NAME_MAX - 1);
		close(fd);
	}
	name[length > 0 ? length : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
}

/* Waits for the next order of PID 1. Ends the helper once PID 1 is gone. */
static void
take_order(struct receiver *receiver)
{
	char order = 0;
	struct iovec part = { .iov_base = &order, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t length;

	do
		length = recvmsg(receiver->news_fd, &message, 0);
	while (length < 0 && (errno == EINTR || errno == ENOMEM));
	if (length <= 0)
		_exit(0);
	if (order == LISTENER_FINISH)
		receiver->finishes = true;
}

/*
 * Sends NEWS to PID 1, and waits until PID 1 has acted on it. While memory is
 * short it tries again, because the app says nothing twice.
 */
static void
send_news(struct receiver *receiver, const struct listener_news *news)
{
	size_t size = offsetof(struct listener_news, text) + strlen(news->text);

	while (send(receiver->news_fd, news, size, MSG_NOSIGNAL) < 0) {
		if (errno != ENOMEM && errno != ENOBUFS && errno != EINTR)
			_exit(0);
		poll(NULL, 0, 10);
	}
	if (!receiver->finishes)
		take_order(receiver);
}

/* Tells PID 1 of the first READY=1 of a process that does not count. */
static void
send_ignored(struct receiver *receiver, const struct datagram *datagram)
{
	struct listener_news news;

	if (!datagram->message.ready || receiver->has_sent_ignored)
		return;
	receiver->has_sent_ignored = true;
	news.says = LISTENER_IGNORED;
	news.extend_ms = 0;
	news.watchdog_ms = 0;
	news.sender = datagram->sender;
	read_command_name(datagram->sender, news.text);
	send_news(receiver, &news);
}

/* True if the last STATUS= of TEXT is not the one before; remembers it. */
static bool
has_new_status(struct receiver *receiver, const char *text)
{
	size_t length;
	const char *status = notify_find_status(text, &length);

	if (status == NULL ||
	    (strlen(receiver->last_status) == length &&
		memcmp(receiver->last_status, status, length) == 0))
		return false;
	memcpy(receiver->last_status, status, length);
	receiver->last_status[length] = '\0';
	return true;
}

static uint32_t
flags_of(const struct notify_message *message)
{
	return (message->ready ? LISTENER_READY : 0U) |
	    (message->stopping ? LISTENER_STOPPING : 0U) |
	    (message->reloading ? LISTENER_RELOADING : 0U) |
	    (message->watchdog == NOTIFY_WATCHDOG_ALIVE ? LISTENER_ALIVE : 0U) |
	    (message->watchdog == NOTIFY_WATCHDOG_TRIGGER ? LISTENER_TRIGGER
							  : 0U) |
	    (message->watchdog_ms >= 0 ? LISTENER_WATCHDOG : 0U);
}

/* Sends what DATAGRAM says, unless it says nothing that PID 1 needs. */
static void
pass_on(struct receiver *receiver, const struct datagram *datagram)
{
	const struct notify_message *message = &datagram->message;
	struct listener_news news;

	news.says = flags_of(message);
	news.extend_ms = message->extend_ms;
	news.watchdog_ms = message->watchdog_ms < 0 ? 0 : message->watchdog_ms;
	news.sender = datagram->sender;
	memcpy(news.text, message->text, strlen(message->text) + 1);
	if (has_new_status(receiver, message->text))
		news.says |= LISTENER_NEW_STATUS;
	if (news.says != 0 || news.extend_ms > 0 ||
	    (receiver->plan->has_engine && *news.text != '\0'))
		send_news(receiver, &news);
}

/* Takes one datagram and acts on it. False: there was none. */
static bool
take_datagram(struct receiver *receiver)
{
	struct datagram datagram = { .sender = 0 };
	int error = receive_datagram(receiver->plan->socket_fd, &datagram);

	if (error < 0)
		return error == -EBADMSG;
	if (datagram.sender == 0)
		return true;
	if (receiver->plan->access == NOTIFY_MAIN &&
	    datagram.sender != receiver->plan->app)
		send_ignored(receiver, &datagram);
	else
		pass_on(receiver, &datagram);
	return true;
}

static void
take_until_finish(struct receiver *receiver)
{
	enum { DATAGRAMS, ORDERS };

	while (!receiver->finishes) {
		struct pollfd fds[] = {
			[DATAGRAMS] = { .fd = receiver->plan->socket_fd,
			    .events = POLLIN },
			[ORDERS] = { .fd = receiver->news_fd,
			    .events = POLLIN },
		};

		poll(fds, ARRAY_SIZE(fds), -1);
		if (fds[ORDERS].revents != 0)
			take_order(receiver);
		else if (fds[DATAGRAMS].revents != 0)
			take_datagram(receiver);
	}
}

/*
 * The helper runs as the app's user, and locks itself down as PID 1 does: from
 * then on, neither does anything but its loop.
 */
void
listener_helper_main(const void *plan, int news_fd)
{
	struct receiver receiver = { .plan = plan, .news_fd = news_fd };

	/* If a filter denies this, the folder only stays in use. */
	(void)!chdir("/");
	if (receiver.plan->locks_down) {
		lockdown_drop_capabilities(NULL);
		lockdown_filter_calls(&lockdown_list);
	}
	take_until_finish(&receiver);
	for (int left = LAST_WORDS_MAX; left > 0 && take_datagram(&receiver);
	    left--)
		continue;
}
