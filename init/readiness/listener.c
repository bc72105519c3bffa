/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "readiness/listener.h"
#include "base/array.h"
#include "privileges/lockdown.h"
#include "readiness/helper.h"

/* Of a command name, with its end (TASK_COMM_LEN). */
#define COMMAND_NAME_MAX 16

/* As many last words are taken as the longest queue holds that is usual. */
#define LAST_WORDS_MAX 512

#define KNOWN_WORDS                                                            \
	(LISTENER_READY | LISTENER_STOPPING | LISTENER_RELOADING |             \
	    LISTENER_NEW_STATUS | LISTENER_IGNORED)

/* What PID 1 says to the helper. */
enum order {
	ORDER_GO_ON = 'g',
	ORDER_FINISH = 'f',
};

/* The helper at work. */
struct worker {
	const struct listener_plan *plan;
	int news_fd; /* its other end closed: time to go */
	bool finishes;
	bool has_ignored; /* one READY=1: more of them are no news */
	char last_status[NOTIFY_MESSAGE_MAX + 1];
};

/* A datagram, and who sent it. */
struct datagram {
	pid_t sender; /* 0: it is not in our PID namespace */
	struct notify_message message;
};

/* --- The socket ----------------------------------------------------------- */

static const char *
socket_name(const struct listener_socket *socket)
{
	return strrchr(socket->path, '/') + 1;
}

/* One of a dead dinit is in the way; whatever else is there is not ours. */
static int
clear_place(int directory_fd, const char *name)
{
	struct stat status;

	if (fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	return unlinkat(directory_fd, name, 0) < 0 ? -errno : 0;
}

/*
 * Who sent a datagram the kernel notes when it is sent, and only if SO_PASSCRED
 * is set by then (unix(7)). The mode is right from the first moment on.
 */
static int
bind_to(int fd, const char *path, bool to_all)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int on = 1;
	mode_t found;
	int error = 0;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return -errno;
	found = umask(to_all ? 0111 : 0177);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		error = -errno;
	umask(found);
	return error;
}

int
listener_bind(int directory_fd, const char *ready_file, bool to_all,
    struct listener_socket *out)
{
	const char *file = strrchr(ready_file, '/') + 1;
	int error;

	if (strlen(ready_file) > LISTENER_READY_FILE_MAX)
		return -ENAMETOOLONG;
	snprintf(out->path, sizeof(out->path), "%.*s.%s.notify",
	    (int)(file - ready_file), ready_file, file);
	error = clear_place(directory_fd, socket_name(out));
	if (error < 0)
		return error;
	out->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (out->fd < 0)
		return -errno;
	error = bind_to(out->fd, out->path, to_all);
	if (error < 0) {
		close(out->fd);
		out->fd = -1;
	}
	return error;
}

int
listener_give(int directory_fd, const struct listener_socket *socket, uid_t uid)
{
	const char *name = socket_name(socket);
	struct stat status;

	if (fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (status.st_uid == uid)
		return 0;
	return fchownat(directory_fd, name, uid, (gid_t)-1,
		   AT_SYMLINK_NOFOLLOW) < 0
	    ? -errno
	    : 0;
}

void
listener_remove(int directory_fd, const struct listener_socket *socket)
{
	if (socket->path[0] != '\0')
		unlinkat(directory_fd, socket_name(socket), 0);
}

/* --- The helper ----------------------------------------------------------- */

/*
 * There is room for the sender's credentials, which come first, and for nothing
 * else: descriptors that were passed never become ours. The kernel lets go of
 * them on the way out of this call (recvmsg(2), MSG_CTRUNC), which is all that
 * BARRIER=1 asks for, without the flush of close(2), for which a file system
 * may let us wait for ever; but a socket with SO_LINGER takes its time. They
 * are not refused (SO_PASSRIGHTS): systemd-notify would fail, as it always
 * sends a barrier.
 */
static int
receive(int fd, struct datagram *out)
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
	ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
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
read_command_name(pid_t pid, char name[COMMAND_NAME_MAX])
{
	char path[32];
	ssize_t length = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, name, COMMAND_NAME_MAX - 1);
		close(fd);
	}
	name[length > 0 ? length : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
}

/* What PID 1 says next; when it is gone, so are we. */
static void
take_order(struct worker *worker)
{
	char order = 0;
	struct iovec part = { .iov_base = &order, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t length;

	do
		length = recvmsg(worker->news_fd, &message, 0);
	while (length < 0 && (errno == EINTR || errno == ENOMEM));
	if (length <= 0)
		_exit(0);
	if (order == ORDER_FINISH)
		worker->finishes = true;
}

/* Where memory is short, it is tried again: nobody would say it once more. */
static void
tell(struct worker *worker, const struct listener_news *news)
{
	size_t size = offsetof(struct listener_news, text) + strlen(news->text);

	while (send(worker->news_fd, news, size, MSG_NOSIGNAL) < 0) {
		if (errno != ENOMEM && errno != ENOBUFS && errno != EINTR)
			_exit(0);
		poll(NULL, 0, 10);
	}
	if (!worker->finishes)
		take_order(worker);
}

static void
ignore(struct worker *worker, const struct datagram *datagram,
    struct listener_news *news)
{
	if (!datagram->message.ready || worker->has_ignored)
		return;
	worker->has_ignored = true;
	news->says = LISTENER_IGNORED;
	news->extend_ms = 0;
	news->sender = datagram->sender;
	read_command_name(datagram->sender, news->text);
	tell(worker, news);
}

/* True if the STATUS= of TEXT has not just been said; it is kept. */
static bool
has_new_status(struct worker *worker, const char *text)
{
	size_t length;
	const char *status = notify_find_status(text, &length);

	if (status == NULL ||
	    (strlen(worker->last_status) == length &&
		memcmp(worker->last_status, status, length) == 0))
		return false;
	memcpy(worker->last_status, status, length);
	worker->last_status[length] = '\0';
	return true;
}

static uint32_t
words_of(const struct notify_message *message)
{
	return (message->ready ? LISTENER_READY : 0U) |
	    (message->stopping ? LISTENER_STOPPING : 0U) |
	    (message->reloading ? LISTENER_RELOADING : 0U);
}

/* What would wake PID 1 for nothing is left out. */
static void
pass_on(struct worker *worker, const struct datagram *datagram,
    struct listener_news *news)
{
	const struct notify_message *message = &datagram->message;

	news->says = words_of(message);
	news->extend_ms = message->extend_ms;
	news->sender = datagram->sender;
	memcpy(news->text, message->text, strlen(message->text) + 1);
	if (has_new_status(worker, message->text))
		news->says |= LISTENER_NEW_STATUS;
	if (news->says != 0 || news->extend_ms > 0 ||
	    (worker->plan->has_engine && *news->text != '\0'))
		tell(worker, news);
}

/* False: there was no datagram. */
static bool
hear(struct worker *worker)
{
	struct listener_news news;
	struct datagram datagram = { .sender = 0 };
	int error = receive(worker->plan->socket_fd, &datagram);

	if (error < 0)
		return error == -EBADMSG;
	if (datagram.sender == 0)
		return true;
	if (worker->plan->access == NOTIFY_MAIN &&
	    datagram.sender != worker->plan->app)
		ignore(worker, &datagram, &news);
	else
		pass_on(worker, &datagram, &news);
	return true;
}

/*
 * The helper runs as the app's user, and locks itself down as PID 1 does, since
 * both only have a loop to go through.
 */
static void
listener_helper_main(const void *what, int news_fd)
{
	const struct listener_plan *plan = what;
	struct worker worker = { .plan = plan, .news_fd = news_fd };

	/* Where a filter denies it the folder stays in use, and no more. */
	(void)!chdir("/");
	if (plan->locks_down) {
		lockdown_drop_capabilities(NULL);
		lockdown_filter_calls();
	}
	while (!worker.finishes) {
		struct pollfd fds[] = {
			{ .fd = plan->socket_fd, .events = POLLIN },
			{ .fd = news_fd, .events = POLLIN },
		};

		poll(fds, ARRAY_SIZE(fds), -1);
		if (fds[1].revents != 0)
			take_order(&worker);
		else if (fds[0].revents != 0)
			hear(&worker);
	}
	for (int left = LAST_WORDS_MAX; left > 0 && hear(&worker); left--)
		continue;
}

/* --- In PID 1 ------------------------------------------------------------- */

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

static bool
is_sound(const struct listener_news *news, size_t text_length)
{
	if (news->says & ~KNOWN_WORDS || news->extend_ms < 0 ||
	    news->sender <= 0 || strlen(news->text) != text_length)
		return false;
	if (news->says & LISTENER_IGNORED)
		return news->says == LISTENER_IGNORED &&
		    text_length < COMMAND_NAME_MAX;
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
		return errno == EAGAIN || errno == ENOMEM ? -EAGAIN : -EPIPE;
	if ((size_t)length < head || message.msg_flags & MSG_TRUNC)
		return -EPIPE;
	news->text[(size_t)length - head] = '\0';
	return is_sound(news, (size_t)length - head) ? 0 : -EPIPE;
}

static void
give_order(const struct helper *listener, enum order order)
{
	const char byte = (char)order;

	/* That the helper is gone, receiving will tell. */
	if (listener->fd >= 0)
		send(listener->fd, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void
listener_go_on(const struct helper *listener)
{
	give_order(listener, ORDER_GO_ON);
}

void
listener_finish(const struct helper *listener)
{
	give_order(listener, ORDER_FINISH);
}
