/* SPDX-License-Identifier: MIT */
/*
 * What end-to-end tests are written with. They run the real binary ($DINIT),
 * either as the real PID 1 of new user, PID and mount namespaces, or as an
 * ordinary process. (Where the kernel denies root a user namespace, PID 1 has
 * the other two.) They wait on conditions with a deadline. What a test leaves
 * running dies with the test.
 *
 * Each container has a scratch folder, which has the same path inside and
 * outside: the app finds it in $DIR, and the test by container_path().
 * Standard output and error go to the files "out" and "log" in it. "$DIR" in
 * arguments and in values of the environment is replaced by the path, for
 * dinit's own options.
 *
 * The functions are in support/, by subject.
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

/* The number that the descriptor run.inherited gets in dinit. */
#define INHERITED_FD 9

enum place {
	AS_PID_1,       /* of namespaces of its own */
	AS_ORDINARY,    /* a plain child of the test's keeper process */
	/* PID 1 of PID and mount namespaces, with all rights of root. Skips the
	 * test for any other user. The last one, to stay out of loops over the
	 * two others. */
	AS_PID_1_AS_ROOT,
};

/* What to run. Unset members mean the usual. */
struct run {
	/* dinit's arguments, options and COMMAND, up to the first NULL */
	const char *arguments[ARGUMENTS_MAX];
	/* "NAME=value"; beside that only PATH, DIR and DINIT are set */
	const char *environment[ARGUMENTS_MAX];
	/* a program in PATH that is executed in dinit's place, and itself
	 * starts $DINIT */
	const char *program;
	enum place place;
	/* what an ordinary dinit leaves lives until the test makes the file
	 * "release" */
	bool lingers;
	/* descriptors of the test that become 0, 1, 2 and INHERITED_FD; where
	 * they are 0: /dev/null, the files "out" and "log", and none */
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

/* --- For before_exec, in a process that cannot fail the test itself --- */

/* Ends the process unless CONDITION holds; the test fails then. */
void
must(bool condition);

/* Path of NAME in the scratch folder, in a static buffer. */
const char *
in_directory(const char *name);

/* Makes the file NAME in the scratch folder, which holds TEXT. */
void
make_file(const char *name, const char *text);

/* A hook: closes the DESCRIPTORS in an array of int, up to the first -1. */
void
close_standard(void *descriptors);

/* A hook: blocks all signals, then sends itself the SIGNALS in an array of
 * int, up to the first 0. */
void
block_and_raise(void *signals);

/* Where the machine has no poll(2), the libraries take ppoll(2). */
#ifndef SYS_poll
#define SYS_poll SYS_ppoll
#endif

/* A hook: as under an engine's filter, these system calls, up to the first 0,
 * fail with ERROR. */
struct denial {
	int calls[4];
	int error;
};
void
deny_calls(void *denial);

/* --- Containers --- */

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

/* Starts RUN. Skips the test where the kernel denies the namespaces. */
struct container
container_start(const struct run *run);

/* Starts RUN as PID 1 with all rights of root, right after PREPARE(SETTING). */
struct container
container_start_as_root(struct run run, void (*prepare)(void *),
    const void *setting);

/* Sends SIGNO to dinit, from outside of its namespaces. */
void
container_signal(const struct container *container, int signo);

/* Waits until dinit ends, and returns its exit status, or 128+N if signal N
 * ended it. Fails the test past the deadline. */
int
container_wait(const struct container *container);

/* Kills dinit's parent, and waits until dinit ends with it. */
void
container_kill_parent(const struct container *container);

/* Removes the scratch folder at once and closes the pty: after
 * container_wait, in tests that run many containers. */
void
container_discard(struct container *container);

/* After container_wait: true if a descendant outlived an ordinary dinit. */
bool
container_left_something(const struct container *container);

/* True while dinit runs. */
bool
container_is_running(const struct container *container);

/* The path of NAME in the scratch folder. It holds for 8 further calls. */
const char *
container_path(const struct container *container, const char *name);

/* What the file NAME holds now, in a static buffer; "" if there is none. */
const char *
container_read(const struct container *container, const char *name);

/* The path by which the test finds PATH of the container's mounts, while dinit
 * runs. It holds for 8 further calls. */
const char *
container_inside(const struct container *container, const char *path);

/* Makes the file NAME, empty: how a test lets an app go on. */
void
container_touch(const struct container *container, const char *name);

/* True while there is a file NAME, of any type. */
bool
container_has_file(const struct container *container, const char *name);

/* Fail the test unless the log holds TEXT, does not hold TEXT, or dinit
 * ends with STATUS. */
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

/* Asks `dinit --is-ready` from outside, with the file NAME. */
bool
container_is_ready(const struct container *container, const char *name);

/* Waits until a descendant of dinit has the command name NAME
 * (/proc/PID/comm), and returns its pid, as the test sees it. */
pid_t
container_find_process(const struct container *container, const char *name);

/* True if a living descendant has the command name NAME, be it one that
 * outlived dinit; and a wait until none has. */
bool
container_has_process(const struct container *container, const char *name);
void
container_await_no_process(const struct container *container,
    const char *name);

/* The number of dinit's descendants, zombies included. */
int
container_count_descendants(const struct container *container);

/* Shell commands that start an engine, which listens on $DIR/engine. What
 * follows them executes dinit with that as its NOTIFY_SOCKET. */
#define START_ENGINE "act name=engine start:listen=engine " \
	"USR2:hear >$DIR/heard & " \
	"while [ ! -S $DIR/engine ]; do sleep 0.01; done; "

/* Waits until the engine has heard TEXT (the file "heard"), and ends it. */
void
container_await_heard(const struct container *container, const char *text);

/* Fails the test unless the app, "spy app", has got WATCHDOG_USEC=USEC, and
 * WATCHDOG_PID with its own pid. */
void
container_expect_watchdog(const struct container *container,
    const char *usec);

/* The state of a process as in /proc/PID/stat ('S', 'T', 'Z'); '\0' if
 * there is no such process. */
char
process_state(pid_t pid);

/* Waits until the process sleeps at 20 looks in a row. */
void
await_fast_asleep(pid_t pid, const char *what);

/* The whole /proc/PID/status, in a static buffer. */
const char *
process_status(pid_t pid);

/* The first number of the line NAME ("SigBlk") in the text STATUS of
 * process_status(), read as hexadecimal, as sets are written. */
uint64_t
status_field(const char *status, const char *name);

/* Waits until dinit receives signals. Earlier ones would be lost or end it. */
void
container_await_takeover(const struct container *container);

/* Waits until CONDITION(ARGUMENT) holds. WHAT names it if it never does. */
void
await(bool (*condition)(void *), void *argument, const char *what);

/* How often NEEDLE occurs in TEXT. */
int
count_text(const char *text, const char *needle);

/* Waits until FD has EVENTS, as in poll(2). With POLLHUP or POLLERR, that
 * is until all other ends are closed. */
void
await_descriptor(int fd, short events, const char *what);

/* Milliseconds on the monotonic clock. */
long
now_ms(void);

/* Reads the pty until it has shown TEXT. */
void
terminal_await(const struct container *container, const char *text);

/* All that the pty has shown so far, in a static buffer. */
const char *
terminal_transcript(const struct container *container);

/* Types TEXT on the pty. */
void
terminal_type(const struct container *container, const char *text);

/*
 * Calls RUN(CONTAINER) in a process that comes into the namespaces from
 * outside, as docker exec does. Its parent, whose pid is returned, stays
 * outside and exits with the process' status, 128+N if signal N killed it.
 */
pid_t
container_enter(const struct container *container,
    void (*run)(const struct container *));

#endif
