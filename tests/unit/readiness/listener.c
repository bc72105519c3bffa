/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "readiness/listener.h"
#include "base/array.h"
#include "readiness/helper.h"
#include "support.h"

TestSuite(listener, .timeout = 60, .init = scratch_make,
    .fini = scratch_remove);

/* --- The socket ------------------------------------------------------------ */

static int
open_scratch(void)
{
	int fd = open(scratch_path("."), O_PATH | O_DIRECTORY);

	cr_assert(fd >= 0);
	return fd;
}

static mode_t
mode_of(const char *path)
{
	struct stat status;

	cr_assert_eq(lstat(path, &status), 0, "%s: %s", path, strerror(errno));
	return status.st_mode;
}

Test(listener, socket_lies_beside_the_readiness_file)
{
	struct listener_socket socket = { .fd = -1 };
	int directory = open_scratch();
	mode_t found = umask(0);

	cr_assert_eq(listener_bind(directory, scratch_path("ready"), false,
	    &socket), 0);
	cr_expect_str_eq(socket.path, scratch_path(".ready.notify"));
	cr_expect_eq(mode_of(socket.path), S_IFSOCK | 0600);
	cr_expect_eq(umask(found), 0, "the umask is another one");
	listener_remove(directory, &socket);
	cr_expect_lt(access(socket.path, F_OK), 0);
}

Test(listener, socket_of_root_is_open_to_all)
{
	struct listener_socket socket = { .fd = -1 };

	umask(077);
	cr_assert_eq(listener_bind(open_scratch(), scratch_path("ready"), true,
	    &socket), 0);
	cr_expect_eq(mode_of(socket.path), S_IFSOCK | 0666);
}

Test(listener, socket_can_be_given_to_another_user)
{
	struct listener_socket socket = { .fd = -1 };
	int directory = open_scratch();
	struct stat status;

	if (geteuid() != 0)
		cr_skip("skipped: it takes root to give something away");
	cr_assert_eq(listener_bind(directory, scratch_path("ready"), false,
	    &socket), 0);
	cr_expect_eq(listener_give(directory, &socket, 65534), 0);
	cr_assert_eq(stat(socket.path, &status), 0);
	cr_expect_eq(status.st_uid, 65534);
	cr_expect_eq(status.st_mode, S_IFSOCK | 0600);
}

Test(listener, socket_of_a_dead_dinit_is_replaced)
{
	struct listener_socket dead = { .fd = -1 };
	struct listener_socket socket = { .fd = -1 };
	int directory = open_scratch();

	cr_assert_eq(listener_bind(directory, scratch_path("ready"), true,
	    &dead), 0);
	close(dead.fd);
	cr_assert_eq(listener_bind(directory, scratch_path("ready"), false,
	    &socket), 0);
	cr_expect_eq(mode_of(socket.path), S_IFSOCK | 0600);
}

Test(listener, what_is_no_socket_is_left_alone)
{
	struct listener_socket socket = { .fd = -1 };

	write_file(scratch_path(".ready.notify"), "mine");
	cr_expect_eq(listener_bind(open_scratch(), scratch_path("ready"), true,
	    &socket), -EEXIST);
	cr_expect_eq(socket.fd, -1);
	cr_expect_str_eq(read_file(scratch_path(".ready.notify")), "mine");
}

/* A path of LENGTH bytes in the scratch folder. */
static const char *
path_of_length(size_t length)
{
	static char path[256];
	int used = snprintf(path, sizeof(path), "%s/", scratch_path("."));

	memset(path + used, 'x', sizeof(path) - (size_t)used);
	path[length] = '\0';
	return path;
}

Test(listener, takes_the_longest_path_and_not_one_byte_more)
{
	const size_t longest = LISTENER_READY_FILE_MAX;
	struct listener_socket socket = { .fd = -1 };
	int directory = open_scratch();

	cr_expect_eq(listener_bind(directory, path_of_length(longest + 1),
	    true, &socket), -ENAMETOOLONG);
	cr_assert_eq(listener_bind(directory, path_of_length(longest), true,
	    &socket), 0);
	cr_expect_eq(strlen(socket.path),
	    sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
	cr_expect_eq(access(socket.path, F_OK), 0);
}

/* --- The helper: all below in a child --------------------------------------- */

struct heard {
	struct listener_socket socket;
	struct helper listener;
	struct listener_news news;
};

static void
start(struct heard *heard, enum notify_access access, bool has_engine)
{
	struct listener_plan plan = {
		.app = getpid(),
		.access = access,
		.has_engine = has_engine,
		.locks_down = true,
	};
	int directory = open(scratch_path("."), O_PATH | O_DIRECTORY);

	memset(heard, 0, sizeof(*heard));
	must(listener_bind(directory, scratch_path("ready"), false,
	    &heard->socket) == 0, "cannot bind: %s", strerror(errno));
	plan.socket_fd = heard->socket.fd;
	must(listener_start(&plan, &heard->listener) == 0, "cannot start");
	close(heard->socket.fd);
}

/* With the descriptor FD unless it is -1. */
static void
say_with(const struct heard *heard, const char *text, size_t length, int fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(fd))];
	struct iovec part = { (void *)(uintptr_t)text, length };
	struct msghdr message = {
		.msg_name = &address,
		.msg_namelen = sizeof(address),
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	int from = socket(AF_UNIX, SOCK_DGRAM, 0);

	strcpy(address.sun_path, heard->socket.path);
	if (fd >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		CMSG_FIRSTHDR(&message)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&message)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&message)->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof(fd));
	}
	must(sendmsg(from, &message, 0) == (ssize_t)length, "cannot send: %s",
	    strerror(errno));
	close(from);
}

static void
say(const struct heard *heard, const char *text)
{
	say_with(heard, text, strlen(text), -1);
}

/* As a child, which has ended when this returns. Its pid. */
static pid_t
say_as_child(const struct heard *heard, const char *text)
{
	pid_t pid = fork();

	if (pid == 0) {
		say(heard, text);
		_exit(0);
	}
	must(waitpid(pid, NULL, 0) == pid, "no child");
	return pid;
}

static int
receive_anything(struct heard *heard)
{
	struct pollfd readable = {
		.fd = heard->listener.fd,
		.events = POLLIN,
	};

	must(poll(&readable, 1, 20000) == 1, "nothing comes");
	return listener_receive(&heard->listener, &heard->news);
}

/* The next news, whose answer is given at once. */
static void
expect_news(struct heard *heard, uint32_t says, const char *text)
{
	must(receive_anything(heard) == 0, "the helper is gone");
	must(heard->news.says == says, "%s: 0x%x", text, heard->news.says);
	must(strcmp(heard->news.text, text) == 0, "'%s', not '%s'",
	    heard->news.text, text);
	listener_go_on(&heard->listener);
}

static void
expect_end(struct heard *heard)
{
	must(receive_anything(heard) == -EPIPE, "it said '%s'",
	    heard->news.text);
	must(waitpid(heard->listener.pid, NULL, 0) == heard->listener.pid,
	    "it was no child");
}

static void
hear_the_app(void *argument)
{
	struct heard heard;

	(void)argument;
	start(&heard, NOTIFY_MAIN, false);
	must(listener_receive(&heard.listener, &heard.news) == -EAGAIN,
	    "it says something before the app");
	say(&heard, "READY=1\nSTATUS=up\nEXTEND_TIMEOUT_USEC=7000");
	say(&heard, "STOPPING=1");
	expect_news(&heard, LISTENER_READY | LISTENER_NEW_STATUS, "STATUS=up");
	must(heard.news.extend_ms == 7, "%d ms", heard.news.extend_ms);
	must(heard.news.sender == getpid(), "from %d", heard.news.sender);
	expect_news(&heard, LISTENER_STOPPING, "");
}

Test(listener, passes_on_what_the_app_says)
{
	in_child(hear_the_app, NULL);
}

static void
ignore_children(void *argument)
{
	struct heard heard;
	pid_t child;

	(void)argument;
	start(&heard, NOTIFY_MAIN, true);
	say_as_child(&heard, "STATUS=of a child\nWATCHDOG=1");
	child = say_as_child(&heard, "READY=1\nSTATUS=of a child");
	say_as_child(&heard, "READY=1");
	say(&heard, "READY=1");
	/* Whether its name is still to be had is a matter of luck. */
	must(receive_anything(&heard) == 0, "the helper is gone");
	must(heard.news.says == LISTENER_IGNORED &&
	    heard.news.sender == child, "0x%x from %d, not %d",
	    heard.news.says, heard.news.sender, child);
	listener_go_on(&heard.listener);
	expect_news(&heard, LISTENER_READY, "");
}

Test(listener, tells_once_of_a_child_whose_readiness_does_not_count)
{
	in_child(ignore_children, NULL);
}

static void
name_sender(void *argument)
{
	struct heard heard;
	pid_t child;

	(void)argument;
	start(&heard, NOTIFY_MAIN, false);
	child = fork();
	if (child == 0) {
		write_file("/proc/self/comm", "impatient");
		say(&heard, "READY=1");
		pause();
	}
	expect_news(&heard, LISTENER_IGNORED, "impatient");
	kill(child, SIGKILL);
}

Test(listener, names_a_child_whose_readiness_does_not_count)
{
	in_child(name_sender, NULL);
}

static void
hear_children(void *argument)
{
	struct heard heard;

	(void)argument;
	start(&heard, NOTIFY_ALL, false);
	say_as_child(&heard, "READY=1\nSTATUS=of a child");
	expect_news(&heard, LISTENER_READY | LISTENER_NEW_STATUS,
	    "STATUS=of a child");
}

Test(listener, hears_children_where_all_count)
{
	in_child(hear_children, NULL);
}

/* Each text that is left out would come before "last". */
static void
leave_out(void *argument)
{
	struct heard heard;
	char text[NOTIFY_MESSAGE_MAX + 1];

	(void)argument;
	memset(text, 'x', sizeof(text));
	memcpy(text, "READY=1\n", 8);
	start(&heard, NOTIFY_MAIN, false);
	say_with(&heard, text, NOTIFY_MESSAGE_MAX, -1);
	say_with(&heard, text, NOTIFY_MESSAGE_MAX + 1, -1);
	say_with(&heard, "STOPPING=1", 11, -1);
	say(&heard, "");
	say(&heard, "X_FOO=1\nBARRIER=1\nEXTEND_TIMEOUT_USEC=0");
	say(&heard, "WATCHDOG=1");
	say(&heard, "STATUS=last");
	say(&heard, "STATUS=last");
	say(&heard, "READY=1\nSTATUS=last");
	say(&heard, "STATUS=last but one");
	expect_news(&heard, LISTENER_READY, "");
	expect_news(&heard, LISTENER_NEW_STATUS, "STATUS=last");
	expect_news(&heard, LISTENER_READY, "STATUS=last");
	expect_news(&heard, LISTENER_NEW_STATUS, "STATUS=last but one");
}

Test(listener, leaves_out_what_is_malformed_unknown_or_no_news)
{
	in_child(leave_out, NULL);
}

static void
hear_for_engine(void *argument)
{
	struct heard heard;

	(void)argument;
	start(&heard, NOTIFY_MAIN, true);
	say(&heard, "WATCHDOG=1");
	say(&heard, "RELOADING=1\nMONOTONIC_USEC=7\nSTATUS=again");
	say(&heard, "STATUS=again");
	expect_news(&heard, 0, "WATCHDOG=1");
	expect_news(&heard, LISTENER_RELOADING | LISTENER_NEW_STATUS,
	    "RELOADING=1\nMONOTONIC_USEC=7\nSTATUS=again");
	expect_news(&heard, 0, "STATUS=again");
}

Test(listener, passes_on_more_where_there_is_an_engine)
{
	in_child(hear_for_engine, NULL);
}

static void
pass_barrier(void *argument)
{
	struct heard heard;
	struct pollfd end = { .events = POLLIN };
	int ends[2];

	(void)argument;
	start(&heard, NOTIFY_MAIN, false);
	must(pipe(ends) == 0, "no pipe");
	end.fd = ends[0];
	say(&heard, "READY=1");
	say_with(&heard, "BARRIER=1", 9, ends[1]);
	close(ends[1]);
	must(receive_anything(&heard) == 0, "the helper is gone");
	must(poll(&end, 1, 100) == 0, "passed before READY=1 was acted on");
	listener_go_on(&heard.listener);
	must(poll(&end, 1, 20000) == 1 && end.revents == POLLHUP,
	    "the descriptor is not closed");
}

Test(listener, lets_a_barrier_pass_when_all_before_it_has_been_acted_on)
{
	in_child(pass_barrier, NULL);
}

static void
hear_last_words(void *argument)
{
	struct heard heard;

	(void)argument;
	start(&heard, NOTIFY_MAIN, true);
	say(&heard, "STATUS=one");
	must(receive_anything(&heard) == 0, "the helper is gone");
	/* These it has not taken yet. */
	say(&heard, "ERRNO=2");
	say(&heard, "STATUS=two");
	listener_finish(&heard.listener);
	expect_news(&heard, 0, "ERRNO=2");
	expect_news(&heard, LISTENER_NEW_STATUS, "STATUS=two");
	expect_end(&heard);
}

Test(listener, passes_on_the_last_words_and_ends)
{
	in_child(hear_last_words, NULL);
}

static void
close_and_wait(void *argument)
{
	struct heard heard;

	(void)argument;
	start(&heard, NOTIFY_MAIN, false);
	helper_close(&heard.listener);
	must(comes_true(is_zombie, &heard.listener.pid), "it goes on");
}

Test(listener, ends_when_nobody_listens_to_it)
{
	in_child(close_and_wait, NULL);
}

static void
try_to_trace(void *argument)
{
	struct heard heard;

	(void)argument;
	become_nobody();
	start(&heard, NOTIFY_MAIN, false);
	say(&heard, "READY=1");
	/* It has said something, so it is at work. */
	expect_news(&heard, LISTENER_READY, "");
	must(ptrace(PTRACE_SEIZE, heard.listener.pid, 0, 0) < 0 &&
	    errno == EPERM, "it can be traced");
	must(kill(heard.listener.pid, SIGKILL) == 0, "no signal");
	expect_end(&heard);
}

Test(listener, cannot_be_traced_by_the_same_user)
{
	cr_assert_eq(chmod(scratch_path("."), 0777), 0);
	in_child(try_to_trace, NULL);
}

/* --- What PID 1 takes ------------------------------------------------------- */

struct record {
	uint32_t says;
	int32_t extend_ms;
	int32_t sender;
	const char *text;
	size_t length; /* 0: that of TEXT */
};

static int
receive_record(const struct record *record)
{
	struct listener_news news = {
		.says = record->says,
		.extend_ms = record->extend_ms,
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
		{ LISTENER_READY | LISTENER_STOPPING, 7, 1, "", 0 },
		{ LISTENER_NEW_STATUS, 0, 1, "STATUS=x\nERRNO=1", 0 },
		{ LISTENER_IGNORED, 0, 7, "fifteen letters", 0 },
	};
	static const struct record others[] = {
		{ LISTENER_IGNORED << 1, 0, 1, "", 0 },
		{ UINT32_MAX, 0, 1, "", 0 },
		{ LISTENER_READY | LISTENER_IGNORED, 0, 1, "", 0 },
		{ LISTENER_READY, -1, 1, "", 0 },
		{ LISTENER_READY, 0, 0, "", 0 },
		{ LISTENER_READY, 0, -1, "", 0 },
		{ LISTENER_READY, 0, 1, "READY=1", 0 },
		{ 0, 0, 1, "STATUS=x\nREADY=1", 0 },
		{ 0, 0, 1, "STATUS=x\0y", 10 },
		{ LISTENER_IGNORED, 0, 7, "sixteen letters!", 0 },
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
	/* Which is no reason to die of a SIGPIPE. */
	listener_go_on(&listener);
	listener_finish(&listener);
	helper_close(&listener);
	listener_finish(&listener);
}
