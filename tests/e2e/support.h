/* SPDX-License-Identifier: MIT */
/*
 * Runs the real binary ($DINIT) as the real PID 1 of fresh user, PID and mount
 * namespaces (for root that may make no user namespace, of the other two), or
 * as an ordinary process, and waits on conditions with a deadline. Whatever a
 * test leaves running dies with it.
 *
 * Each container has a scratch folder, the same inside and outside: $DIR for
 * the app, container_path for the test. Standard output and error go to the
 * files "out" and "log" in it. "$DIR" in arguments and environment is replaced
 * by its path, so that dinit's own options can name it too.
 */
#ifndef DINIT_TESTS_SUPPORT_H
#define DINIT_TESTS_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

#define ARGUMENTS_MAX 24

/* How long a condition may take to come true before the test has failed. */
#define PATIENCE_MS 20000

/* Where run.inherited ends up. */
#define INHERITED_FD 9

enum place {
	AS_PID_1,       /* of namespaces of its own */
	AS_ORDINARY,    /* a plain child of the test's keeper process */
	/* of PID and mount namespaces only, with all that root has; skips the
	 * test where it is not run as root. Last: not in loops over places */
	AS_PID_1_AS_ROOT,
};

/* What to run. Unset members mean the usual. */
struct run {
	/* dinit's arguments, options and COMMAND, up to the first NULL */
	const char *arguments[ARGUMENTS_MAX];
	/* "NAME=value", beside PATH, DIR and APPS; nothing else is set */
	const char *environment[ARGUMENTS_MAX];
	/* executed in dinit's stead, found in PATH: something that will start
	 * dinit itself, as $DINIT */
	const char *program;
	enum place place;
	bool lingers;   /* ordinary: what dinit leaves lives until "release" */
	/* descriptors of the test that become 0, 1, 2 and INHERITED_FD;
	 * 0: /dev/null, the files "out" and "log", and none */
	int input;
	int output;
	int error;
	int inherited;
	bool terminal;  /* a session of its own on a new pty: container->pty */
	/* called in the process that becomes dinit, right before its exec;
	 * getenv("DIR") is the scratch folder */
	void (*before_exec)(void *);
	void *argument;
};

/* Where the machine has no poll(2), the libraries take ppoll(2). */
#ifndef SYS_poll
#define SYS_poll SYS_ppoll
#endif

/* Of a run, as before_exec and its argument: as under an engine's filter,
 * these system calls, up to the first 0, fail with ERROR. */
struct denial {
	int calls[4];
	int error;
};
void
deny_calls(void *denial);

struct container {
	pid_t keeper;   /* our child; it ends with dinit's status */
	pid_t init;     /* dinit, as seen from here */
	int pty;        /* master side, or -1 */
	char directory[64];
};

/* Skips the test where there is no file PATH, which belongs to PROGRAM. */
void
skip_without(const char *program, const char *path);

/* Skips the test where a filter that is not of dinit shows in /proc. */
void
skip_under_filter(void);

/* Starts RUN; skips the test, saying why, where namespaces are denied. */
struct container
container_start(const struct run *run);

/* SIGNO to dinit, from outside (in namespaces: from the parent's). */
void
container_signal(const struct container *container, int signo);

/* Exit status, 128+N for signal N; fails the test past the deadline. */
int
container_wait(const struct container *container);

/* Kills dinit's parent, and waits until dinit ends with it. */
void
container_kill_parent(const struct container *container);

/* After container_wait, where a test runs many: removes the scratch folder at
 * once and closes the pty. */
void
container_discard(struct container *container);

/* After container_wait of an ordinary dinit: did a descendant outlive it? */
bool
container_left_something(const struct container *container);

/* True while dinit runs. */
bool
container_is_running(const struct container *container);

/* Path of NAME in the scratch folder; good until 8 further calls. */
const char *
container_path(const struct container *container, const char *name);

/* What the file NAME holds now, "" if it is not there; a static buffer. */
const char *
container_read(const struct container *container, const char *name);

/* Where PATH inside the container's mounts is from here, while dinit runs;
 * good until 8 further calls. */
const char *
container_inside(const struct container *container, const char *path);

/* Makes the file NAME, empty: how a test lets an app go on. */
void
container_touch(const struct container *container, const char *name);

/* True while there is a file NAME, of any type. */
bool
container_has_file(const struct container *container, const char *name);

/* Fail the test: unless the log holds TEXT, if it does, or unless dinit ends
 * with STATUS. */
void
container_expect_log(const struct container *container, const char *text);
void
container_expect_no_log(const struct container *container, const char *text);
void
container_expect_status(const struct container *container, int status);

/* Waits until the file NAME is there, is gone, or holds TEXT. */
void
container_await_file(const struct container *container, const char *name);
void
container_await_no_file(const struct container *container, const char *name);
void
container_await_text(const struct container *container, const char *name,
    const char *text);

/* True if dinit --is-ready says so of the file NAME, asked from outside. */
bool
container_is_ready(const struct container *container, const char *name);

/* Pid, as seen from here, of a child or deeper descendant of dinit whose
 * command name (/proc/PID/comm) is NAME; waits until there is one. */
pid_t
container_find_process(const struct container *container, const char *name);

/* Whether a living descendant, also one that outlived dinit, has the command
 * name NAME; and waits until none has. */
bool
container_has_process(const struct container *container, const char *name);
void
container_await_no_process(const struct container *container,
    const char *name);

/* How many descendants dinit has, zombies too. */
int
container_count_descendants(const struct container *container);

/* Shell words that start an engine, which listens on $DIR/engine; dinit is
 * then executed with that as its NOTIFY_SOCKET. */
#define START_ENGINE "act name=engine start:listen=engine " \
	"USR2:hear >$DIR/heard & " \
	"while [ ! -S $DIR/engine ]; do sleep 0.01; done; "

/* Ends that engine, and waits until what it has heard, in the file "heard",
 * holds TEXT. */
void
container_await_heard(const struct container *container, const char *text);

/* State of a process as in /proc/PID/stat: 'S', 'T', 'Z'; '\0': none. */
char
process_state(pid_t pid);

/* Until the process sleeps for a while, as one that never waits does not. */
void
await_fast_asleep(pid_t pid, const char *what);

/* A line of /proc/PID/status that is a set of signals: "SigBlk", "ShdPnd". */
uint64_t
process_signals(pid_t pid, const char *line);

/* The whole /proc/PID/status; a static buffer. */
const char *
process_status(pid_t pid);

/* The first number of the line NAME in such a text, in hex as sets are. */
uint64_t
status_field(const char *status, const char *name);

/* Waits until dinit takes signals: before that they are lost, or end it. */
void
container_await_takeover(const struct container *container);

/* Waits until CONDITION(ARGUMENT) holds; WHAT names it when it never does. */
void
await(bool (*condition)(void *), void *argument, const char *what);

/* How often NEEDLE occurs in TEXT. */
int
count_text(const char *text, const char *needle);

/* Waits until FD has EVENTS (poll(2)); POLLHUP, POLLERR: all others closed. */
void
await_descriptor(int fd, short events, const char *what);

/* Milliseconds on the monotonic clock. */
long
now_ms(void);

/* Reads the pty until it has shown TEXT. */
void
terminal_await(const struct container *container, const char *text);

/* All that the pty has shown so far; a static buffer. */
const char *
terminal_transcript(const struct container *container);

/* Types TEXT on the pty. */
void
terminal_type(const struct container *container, const char *text);

#endif
