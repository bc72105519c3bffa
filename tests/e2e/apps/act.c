/* SPDX-License-Identifier: MIT */
/*
 * Does as told, at its start and on signals:
 *
 *     act [name=NAME] [ON:DO[,DO]...]...
 *
 * ON is "start" or a signal such as TERM. Writes to standard output, a line
 * each, "up" when it has done what start says, and the name of each signal
 * that arrives (SIGCONT only if it is listed), with NAME in front, which also
 * becomes its command name. Files are in $DIR. DO is one of
 *
 *     exit=N       end with that status
 *     die          end by the signal that arrived
 *     say=TEXT     write a line
 *     touch=FILE   make a file
 *     check=FILE   say "FILE is there" or "FILE is gone"
 *     await=FILE   go on once there is such a file
 *     need=FILE    say "no FILE" and end with status 1 if there is no such file
 *     nap=MS       take some time
 *     hog=MIB      take that much memory
 *     listen=FILE  be an engine: receive datagrams there
 *     hear         say each that has arrived
 *     tell=TEXT    send TEXT to NOTIFY_SOCKET, a line for each part between |
 *     barrier      send BARRIER=1 there, and go on once its pipe is closed
 *     flood=N      send N notifications there that mean nothing
 *     session      begin a session of its own
 *     stop         stop itself, as by job control
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../notification.h"

/* As those of sigabbrev_np(3), which glibc has only since 2.32. */
static const char *const signal_names[_NSIG] = {
	[SIGHUP] = "HUP", [SIGINT] = "INT", [SIGQUIT] = "QUIT",
	[SIGILL] = "ILL", [SIGTRAP] = "TRAP", [SIGABRT] = "ABRT",
	[SIGBUS] = "BUS", [SIGFPE] = "FPE", [SIGUSR1] = "USR1",
	[SIGSEGV] = "SEGV", [SIGUSR2] = "USR2", [SIGPIPE] = "PIPE",
	[SIGALRM] = "ALRM", [SIGTERM] = "TERM", [SIGSTKFLT] = "STKFLT",
	[SIGCHLD] = "CHLD", [SIGCONT] = "CONT", [SIGTSTP] = "TSTP",
	[SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU", [SIGURG] = "URG",
	[SIGXCPU] = "XCPU", [SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM",
	[SIGPROF] = "PROF", [SIGWINCH] = "WINCH", [SIGIO] = "IO",
	[SIGPWR] = "PWR", [SIGSYS] = "SYS",
};

static const char *name = "";
static int engine = -1;

/* In one write, so that lines of several processes do not mix. */
static void
say(const char *text, const char *more)
{
	dprintf(STDOUT_FILENO, "%s%s%s%s\n", name, *name != '\0' ? " " : "",
	    text, more);
}

static void
nap(long ms)
{
	struct timespec left = {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000,
	};

	nanosleep(&left, NULL);
}

static void
die(int signo)
{
	sigset_t all;

	signal(signo, SIG_DFL);
	raise(signo);
	sigfillset(&all);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	errx(1, "signal %d does not end us", signo);
}

static void
listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	engine = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (bind(engine, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(1, "%s", path);
}

static void
hear(void)
{
	char text[256];
	ssize_t length;

	while ((length = recv(engine, text, sizeof(text) - 1,
	    MSG_DONTWAIT)) >= 0) {
		text[length] = '\0';
		say(text, "");
	}
}

/* Sends TEXT to NOTIFY_SOCKET, with the descriptor FD unless that is -1. */
static void
notify(const char *text, int fd)
{
	const char *path = getenv("NOTIFY_SOCKET");

	if (path == NULL || *path != '/')
		errx(1, "NOTIFY_SOCKET=%s", path);
	if (notification_send(path, text, strlen(text), fd) < 0)
		err(1, "%s", path);
}

static void
tell(const char *parts)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s", parts);
	for (char *c = text; *c != '\0'; c++)
		if (*c == '|')
			*c = '\n';
	notify(text, -1);
}

static void
pass_barrier(void)
{
	int ends[2];
	char nothing;

	if (pipe(ends) < 0)
		err(1, "pipe");
	notify("BARRIER=1", ends[1]);
	close(ends[1]);
	if (read(ends[0], &nothing, 1) != 0)
		errx(1, "the barrier's pipe holds something");
	close(ends[0]);
}

/* What is done with NOTIFY_SOCKET, or false. */
static int
act_on_notify(const char *verb, const char *value)
{
	if (strcmp(verb, "tell") == 0)
		tell(value);
	else if (strcmp(verb, "barrier") == 0)
		pass_barrier();
	else if (strcmp(verb, "flood") == 0)
		for (int left = atoi(value); left > 0; left--)
			notify("X_FLOOD=1", -1);
	else
		return 0;
	return 1;
}

static void
hog(size_t mib)
{
	size_t size = mib << 20;
	void *memory = malloc(size);

	if (memory == NULL)
		err(1, "%zu MiB", mib);
	memset(memory, 1, size);
	/* or the compiler, which sees no reader, leaves it all out */
	__asm__ volatile ("" : : "r" (memory) : "memory");
}

/* What is done with the file PATH, or false. */
static int
act_on_file(const char *verb, const char *path)
{
	if (strcmp(verb, "touch") == 0) {
		close(open(path, O_WRONLY | O_CREAT, 0644));
	} else if (strcmp(verb, "check") == 0) {
		say(path, access(path, F_OK) == 0 ? " is there" : " is gone");
	} else if (strcmp(verb, "await") == 0) {
		while (access(path, F_OK) < 0)
			nap(1);
	} else if (strcmp(verb, "need") == 0) {
		if (access(path, F_OK) == 0)
			return 1;
		say("no ", path);
		_exit(1);
	} else if (strcmp(verb, "listen") == 0) {
		listen_at(path);
	} else {
		return 0;
	}
	return 1;
}

static void
act(const char *verb, const char *value, int signo)
{
	if (strcmp(verb, "exit") == 0)
		_exit(atoi(value));
	else if (strcmp(verb, "die") == 0)
		die(signo);
	else if (strcmp(verb, "say") == 0)
		say(value, "");
	else if (strcmp(verb, "nap") == 0)
		nap(atol(value));
	else if (strcmp(verb, "hog") == 0)
		hog((size_t)atol(value));
	else if (strcmp(verb, "hear") == 0)
		hear();
	else if (strcmp(verb, "session") == 0)
		setsid();
	else if (strcmp(verb, "stop") == 0)
		raise(SIGSTOP);
	else if (!act_on_file(verb, value) && !act_on_notify(verb, value))
		errx(1, "cannot %s", verb);
}

/* True if RULE is about ON; then all that it says has been done. */
static int
follow(const char *rule, const char *on, int signo)
{
	size_t length = strlen(on);
	char copy[1024];
	char *rest = copy;
	char *word;

	if (strncmp(rule, on, length) != 0 || rule[length] != ':')
		return 0;
	snprintf(copy, sizeof(copy), "%s", rule + length + 1);
	while ((word = strsep(&rest, ",")) != NULL) {
		const char *verb = strsep(&word, "=");

		if (*verb != '\0')
			act(verb, word != NULL ? word : "", signo);
	}
	return 1;
}

static int
is_listed(char **rules, const char *on)
{
	for (; *rules != NULL; rules++)
		if (strncmp(*rules, on, strlen(on)) == 0 &&
		    (*rules)[strlen(on)] == ':')
			return 1;
	return 0;
}

int
main(int argc, char **argv)
{
	const char *directory = getenv("DIR");
	sigset_t all;

	(void)argc;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (directory != NULL && chdir(directory) < 0)
		err(1, "%s", directory);
	argv++;
	if (*argv != NULL && strncmp(*argv, "name=", 5) == 0) {
		name = *argv + 5;
		prctl(PR_SET_NAME, name);
		argv++;
	}
	for (char **rule = argv; *rule != NULL; rule++)
		follow(*rule, "start", 0);
	say("up", "");
	for (;;) {
		int signo = sigwaitinfo(&all, NULL);
		const char *on = signo < 0 ? NULL : signal_names[signo];

		if (on == NULL || signo == SIGCHLD ||
		    (signo == SIGCONT && !is_listed(argv, on)))
			continue;
		say(on, "");
		for (char **rule = argv; *rule != NULL; rule++)
			follow(*rule, on, signo);
	}
}
