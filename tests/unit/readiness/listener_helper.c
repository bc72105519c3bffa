/* SPDX-License-Identifier: MIT */
/* Each test runs in a child, which stands for PID 1 and for COMMAND. */
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

#include "readiness/listener_helper.h"
#include "base/signals.h"
#include "readiness/helper.h"
#include "readiness/listener.h"
#include "readiness/notify_socket.h"
#include "../../notification.h"
#include "support.h"

TestSuite(listener_helper, .timeout = 60, .init = scratch_make,
    .fini = scratch_remove);

struct heard {
	struct notify_socket socket;
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
	struct signal_state signals;

	must(signals_take_over(&signals) == 0, "take over");
	memset(heard, 0, sizeof(*heard));
	must(notify_socket_bind(directory, scratch_path("ready"), false,
	    &heard->socket) == 0, "cannot bind: %s", strerror(errno));
	plan.socket_fd = heard->socket.fd;
	must(listener_start(&plan, &heard->listener) == 0, "cannot start");
	close(heard->socket.fd);
}

/* Sends LENGTH bytes of TEXT, with the descriptor FD unless that is -1. */
static void
send_with(const struct heard *heard, const char *text, size_t length, int fd)
{
	int error = notification_send(heard->socket.path, text, length, fd);

	must(error == 0, "cannot send: %s", strerror(-error));
}

static void
send_text(const struct heard *heard, const char *text)
{
	send_with(heard, text, strlen(text), -1);
}

/* Sends TEXT from a child, and reaps that. Returns its pid. */
static pid_t
send_as_child(const struct heard *heard, const char *text)
{
	pid_t pid = fork();

	if (pid == 0) {
		send_text(heard, text);
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

/* Waits for the next news, and says that they have been acted on. */
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
	send_text(&heard, "READY=1\nSTATUS=up\nEXTEND_TIMEOUT_USEC=7000");
	send_text(&heard, "STOPPING=1");
	expect_news(&heard, LISTENER_READY | LISTENER_NEW_STATUS, "STATUS=up");
	must(heard.news.extend_ms == 7, "%d ms", heard.news.extend_ms);
	must(heard.news.sender == getpid(), "from %d", heard.news.sender);
	expect_news(&heard, LISTENER_STOPPING, "");
	send_text(&heard, "WATCHDOG=1");
	send_text(&heard, "WATCHDOG=trigger");
	send_text(&heard, "WATCHDOG_USEC=7000");
	send_text(&heard, "WATCHDOG_USEC=0");
	expect_news(&heard, LISTENER_ALIVE, "WATCHDOG=1");
	must(heard.news.watchdog_ms == 0, "%d ms", heard.news.watchdog_ms);
	expect_news(&heard, LISTENER_TRIGGER, "WATCHDOG=trigger");
	expect_news(&heard, LISTENER_WATCHDOG, "WATCHDOG_USEC=7000");
	must(heard.news.watchdog_ms == 7, "%d ms", heard.news.watchdog_ms);
	expect_news(&heard, LISTENER_WATCHDOG, "WATCHDOG_USEC=0");
	must(heard.news.watchdog_ms == 0, "%d ms", heard.news.watchdog_ms);
}

Test(listener_helper, passes_on_what_the_app_says)
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
	send_as_child(&heard, "STATUS=of a child\nWATCHDOG=1");
	child = send_as_child(&heard, "READY=1\nSTATUS=of a child");
	send_as_child(&heard, "READY=1");
	send_text(&heard, "READY=1");
	/* The child is gone, so its name may be in the news or not. */
	must(receive_anything(&heard) == 0, "the helper is gone");
	must(heard.news.says == LISTENER_IGNORED &&
	    heard.news.sender == child, "0x%x from %d, not %d",
	    heard.news.says, heard.news.sender, child);
	listener_go_on(&heard.listener);
	expect_news(&heard, LISTENER_READY, "");
}

Test(listener_helper, tells_once_of_a_child_whose_readiness_does_not_count)
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
		send_text(&heard, "READY=1");
		pause();
	}
	expect_news(&heard, LISTENER_IGNORED, "impatient");
	kill(child, SIGKILL);
}

Test(listener_helper, names_a_child_whose_readiness_does_not_count)
{
	in_child(name_sender, NULL);
}

static void
hear_children(void *argument)
{
	struct heard heard;

	(void)argument;
	start(&heard, NOTIFY_ALL, false);
	send_as_child(&heard, "READY=1\nSTATUS=of a child");
	expect_news(&heard, LISTENER_READY | LISTENER_NEW_STATUS,
	    "STATUS=of a child");
}

Test(listener_helper, hears_children_where_all_count)
{
	in_child(hear_children, NULL);
}

/* If one of the texts were passed on, it would come before "last". */
static void
leave_out(void *argument)
{
	struct heard heard;
	char text[NOTIFY_MESSAGE_MAX + 1];

	(void)argument;
	memset(text, 'x', sizeof(text));
	memcpy(text, "READY=1\n", 8);
	start(&heard, NOTIFY_MAIN, false);
	send_with(&heard, text, NOTIFY_MESSAGE_MAX, -1);
	send_with(&heard, text, NOTIFY_MESSAGE_MAX + 1, -1);
	send_with(&heard, "STOPPING=1", 11, -1);
	send_text(&heard, "");
	send_text(&heard, "X_FOO=1\nBARRIER=1\nEXTEND_TIMEOUT_USEC=0");
	send_text(&heard, "WATCHDOG=0\nWATCHDOG_USEC=soon");
	send_text(&heard, "STATUS=last");
	send_text(&heard, "STATUS=last");
	send_text(&heard, "READY=1\nSTATUS=last");
	send_text(&heard, "STATUS=last but one");
	expect_news(&heard, LISTENER_READY, "");
	expect_news(&heard, LISTENER_NEW_STATUS, "STATUS=last");
	expect_news(&heard, LISTENER_READY, "STATUS=last");
	expect_news(&heard, LISTENER_NEW_STATUS, "STATUS=last but one");
}

Test(listener_helper, leaves_out_what_is_malformed_unknown_or_no_news)
{
	in_child(leave_out, NULL);
}

static void
hear_for_engine(void *argument)
{
	struct heard heard;

	(void)argument;
	start(&heard, NOTIFY_MAIN, true);
	send_text(&heard, "WATCHDOG=1");
	send_text(&heard, "RELOADING=1\nMONOTONIC_USEC=7\nSTATUS=again");
	send_text(&heard, "STATUS=again");
	expect_news(&heard, LISTENER_ALIVE, "WATCHDOG=1");
	expect_news(&heard, LISTENER_RELOADING | LISTENER_NEW_STATUS,
	    "RELOADING=1\nMONOTONIC_USEC=7\nSTATUS=again");
	expect_news(&heard, 0, "STATUS=again");
}

Test(listener_helper, passes_on_more_where_there_is_an_engine)
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
	send_text(&heard, "READY=1");
	send_with(&heard, "BARRIER=1", 9, ends[1]);
	close(ends[1]);
	must(receive_anything(&heard) == 0, "the helper is gone");
	must(poll(&end, 1, 100) == 0, "passed before READY=1 was acted on");
	listener_go_on(&heard.listener);
	must(poll(&end, 1, 20000) == 1 && end.revents == POLLHUP,
	    "the descriptor is not closed");
}

Test(listener_helper, lets_a_barrier_pass_when_all_before_it_has_been_acted_on)
{
	in_child(pass_barrier, NULL);
}

static void
hear_last_words(void *argument)
{
	struct heard heard;

	(void)argument;
	start(&heard, NOTIFY_MAIN, true);
	send_text(&heard, "STATUS=one");
	must(receive_anything(&heard) == 0, "the helper is gone");
	/* The helper waits for an order, and has not taken these. */
	send_text(&heard, "ERRNO=2");
	send_text(&heard, "STATUS=two");
	listener_finish(&heard.listener);
	expect_news(&heard, 0, "ERRNO=2");
	expect_news(&heard, LISTENER_NEW_STATUS, "STATUS=two");
	expect_end(&heard);
}

Test(listener_helper, passes_on_the_last_words_and_ends)
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

Test(listener_helper, ends_when_nobody_listens_to_it)
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
	send_text(&heard, "READY=1");
	/* What passes news on has taken the steps that protect it. */
	expect_news(&heard, LISTENER_READY, "");
	must(ptrace(PTRACE_SEIZE, heard.listener.pid, 0, 0) < 0 &&
	    errno == EPERM, "it can be traced");
	must(kill(heard.listener.pid, SIGKILL) == 0, "no signal");
	expect_end(&heard);
}

Test(listener_helper, cannot_be_traced_by_the_same_user)
{
	cr_assert_eq(chmod(scratch_path("."), 0777), 0);
	in_child(try_to_trace, NULL);
}
