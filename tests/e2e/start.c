/* SPDX-License-Identifier: MIT */
/* What COMMAND is started with, and how it ends. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "support.h"

TestSuite(start, .timeout = 60);

/* Runs to the end, leaving nothing but the exit status. */
static int
status_of(const struct run *run)
{
	struct container c = container_start(run);
	int status = container_wait(&c);

	container_discard(&c);
	return status;
}

static uint64_t
bit(int signo)
{
	return UINT64_C(1) << (signo - 1);
}

Test(start, reports_the_exit_code_of_the_app)
{
	for (int code = 0; code < 256; code++) {
		char script[16];

		snprintf(script, sizeof(script), "exit %d", code);
		cr_assert_eq(status_of(&(struct run){
			.arguments = { "--", "sh", "-c", script },
			.place = code % 2 ? AS_PID_1 : AS_ORDINARY,
		}), code);
	}
}

/* Stops, or does nothing, unless it is caught. */
static bool
is_harmless(int signo)
{
	switch (signo) {
	case SIGCHLD:
	case SIGCONT:
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGURG:
	case SIGWINCH:
		return true;
	default:
		return false;
	}
}

Test(start, reports_128_plus_n_when_signal_n_ended_the_app)
{
	for (int signo = 1; signo <= 64; signo++) {
		char number[16];

		if (is_harmless(signo))
			continue;
		snprintf(number, sizeof(number), "%d", signo);
		cr_assert_eq(status_of(&(struct run){
			.arguments = { "--", "die", number },
			.place = signo % 2 ? AS_PID_1 : AS_ORDINARY,
		}), 128 + signo);
	}
}

Test(start, prints_nothing_in_a_normal_life)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--", "true" },
			.place = place,
		});

		cr_assert_eq(container_wait(&c), 0);
		cr_assert_str_eq(container_read(&c, "log"), "");
	}
}

static void
expect_not_started(const char *command, int status, const char *reason)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--", command },
	});
	char line[128];

	cr_assert_eq(container_wait(&c), status);
	snprintf(line, sizeof(line), "dinit: error: cannot execute %s: %s\n",
	    command, reason);
	cr_assert_str_eq(container_read(&c, "log"), line);
}

Test(start, reports_126_for_a_command_that_is_not_executable)
{
	expect_not_started("/etc/passwd", 126, "Permission denied");
	expect_not_started("/tmp", 126, "Permission denied");
}

Test(start, reports_127_for_a_command_that_is_not_there)
{
	expect_not_started("no-such-command", 127,
	    "No such file or directory");
	expect_not_started("/no/such/command", 127,
	    "No such file or directory");
	expect_not_started("/etc/passwd/command", 127, "Not a directory");
}

struct signals {
	uint64_t blocked;
	uint64_t ignored;
};

static void
set_signals(void *argument)
{
	const struct signals *signals = argument;

	for (int signo = 1; signo <= 64; signo++)
		if (signals->ignored & bit(signo))
			signal(signo, SIG_IGN);
	/* The system call itself: glibc would leave out 32 and 33. */
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &signals->blocked, NULL,
	    sizeof(signals->blocked));
}

static void
expect_same_signals(const struct signals *signals, enum place place)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--", "spy" },
		.place = place,
		.before_exec = set_signals,
		.argument = (void *)signals,
	});
	char line[64];

	cr_assert_eq(container_wait(&c), 0);
	snprintf(line, sizeof(line), "\nblocked=%llx\nignored=%llx\n",
	    (unsigned long long)signals->blocked,
	    (unsigned long long)signals->ignored);
	cr_assert(strstr(container_read(&c, "out"), line) != NULL,
	    "not %s but %s", line, container_read(&c, "out"));
	container_discard(&c);
}

Test(start, leaves_mask_and_dispositions_to_the_app_as_they_were)
{
	const uint64_t all = ~(bit(SIGKILL) | bit(SIGSTOP));
	const struct signals variants[] = {
		{ 0, 0 },
		{ bit(SIGTERM), 0 },
		{ 0, bit(SIGHUP) },                  /* nohup(1) */
		{ 0, bit(SIGCHLD) },
		{ 0, bit(SIGPIPE) },                 /* Python's children */
		{ 0, bit(SIGINT) | bit(SIGQUIT) },   /* sh's COMMAND & */
		{ bit(32) | bit(34), 0 },
		{ bit(SIGTSTP) | bit(SIGTTIN) | bit(SIGTTOU),
		    bit(SIGTSTP) | bit(SIGTTIN) | bit(SIGTTOU) },
		{ bit(SIGCHLD), bit(SIGCHLD) },
		{ all, 0 },
	};

	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++)
		for (enum place p = AS_PID_1; p <= AS_ORDINARY; p++)
			expect_same_signals(&variants[i], p);
}

Test(start, ends_with_the_app_when_started_with_sigchld_ignored)
{
	const struct signals signals = { 0, bit(SIGCHLD) };

	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++)
		cr_assert_eq(status_of(&(struct run){
			.arguments = { "--", "sh", "-c", "exit 3" },
			.place = place,
			.before_exec = set_signals,
			.argument = (void *)&signals,
		}), 3);
}

static int
value_of(const char *text, const char *key)
{
	const char *found = strstr(text, key);

	cr_assert_not_null(found, "no %s in %s", key, text);
	return atoi(found + strlen(key));
}

Test(start, puts_the_app_in_a_process_group_of_its_own)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--", "spy" },
			.place = place,
		});
		const char *out;

		cr_assert_eq(container_wait(&c), 0);
		out = container_read(&c, "out");
		cr_assert_eq(value_of(out, "pid="), value_of(out, "\npgrp="));
	}
}

static void
close_some(void *argument)
{
	const unsigned int *closed = argument;

	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (*closed >> fd & 1)
			close(fd);
}

/* All eight cases: one, two or all of the standard descriptors closed. */
Test(start, leaves_closed_standard_descriptors_closed_and_unused)
{
	for (unsigned int closed = 0; closed < 8; closed++) {
		struct container c = container_start(&(struct run){
			.arguments = { "-vv", "--ready-file=$DIR/ready",
			    "--", "spy", "seen" },
			.before_exec = close_some,
			.argument = &closed,
			.place = closed % 2 ? AS_PID_1 : AS_ORDINARY,
		});
		const char *seen;

		cr_assert_eq(container_wait(&c), 0);
		seen = container_read(&c, "seen");
		cr_assert_eq(strstr(seen, "\nfd=0\n") == NULL, closed & 1);
		cr_assert_eq(strstr(seen, "\nfd=1\n") == NULL, closed >> 1 & 1);
		cr_assert_eq(strstr(seen, "\nfd=2\n") == NULL, closed >> 2 & 1);
		cr_assert_eq(count_text(seen, "\nfd="),
		    3 - __builtin_popcount(closed));
		cr_assert_str_eq(container_read(&c, "out"), "");
		container_discard(&c);
	}
}

/* What would be taken for a standard stream is none of dinit's own files. */
static bool
holds_nothing_for_standard(void *argument)
{
	const struct container *container = argument;
	static const char *const files[] = { "", "out", "log" };

	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		char path[64];
		char target[256] = "";

		snprintf(path, sizeof(path), "/proc/%d/fd/%d",
		    container->init, fd);
		if (readlink(path, target, sizeof(target) - 1) > 0 &&
		    strcmp(target, "/") != 0 && (fd == STDIN_FILENO ||
		    strcmp(target, container_path(container, files[fd])) != 0))
			return false;
	}
	return true;
}

Test(start, puts_no_file_of_its_own_where_a_standard_one_was_closed)
{
	for (unsigned int closed = 1; closed < 8; closed++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--ready-file=$DIR/ready", "--",
			    "sleep", "60" },
			.before_exec = close_some,
			.argument = &closed,
			.place = closed % 2 ? AS_PID_1 : AS_ORDINARY,
		});

		container_await_file(&c, "ready");
		await(holds_nothing_for_standard, &c, "dinit has let go");
		container_signal(&c, SIGTERM);
		cr_assert_eq(container_wait(&c), 128 + SIGTERM);
		container_discard(&c);
	}
}

Test(start, takes_any_kind_of_standard_input)
{
	int terminal[2];
	int ends[2];
	int inputs[4];

	cr_assert_eq(openpty(&terminal[0], &terminal[1], NULL, NULL, NULL), 0);
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	inputs[0] = ends[0];
	inputs[1] = terminal[1];
	inputs[2] = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	inputs[3] = open("/", O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < 4; i++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--", "true" },
			.input = inputs[i],
			.place = i % 2 ? AS_PID_1 : AS_ORDINARY,
		});

		cr_assert_eq(container_wait(&c), 0);
		cr_assert_str_eq(container_read(&c, "log"), "");
	}
}

static void
go_to_usr(void *argument)
{
	(void)argument;
	must(chdir("/usr") == 0);
}

static bool
is_in_root(void *argument)
{
	const struct container *container = argument;
	char path[64];
	char target[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/cwd", container->init);
	return readlink(path, target, sizeof(target) - 1) > 0 &&
	    strcmp(target, "/") == 0;
}

Test(start, leaves_its_directory_to_the_app_and_goes_to_the_root)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--", "sh", "-c", "pwd; exec listen" },
			.place = place,
			.before_exec = go_to_usr,
		});

		container_await_text(&c, "out", "listening");
		await(is_in_root, &c, "dinit is in /");
		container_signal(&c, SIGTERM);
		cr_assert_eq(container_wait(&c), 0);
		cr_assert_eq(strncmp(container_read(&c, "out"), "/usr\n", 5),
		    0);
	}
}

Test(start, holds_no_descriptor_that_is_the_apps)
{
	int input[2];
	int other[2];
	struct container c;

	cr_assert_eq(pipe2(input, O_CLOEXEC), 0);
	cr_assert_eq(pipe2(other, O_CLOEXEC), 0);
	c = container_start(&(struct run){
		.arguments = { "--", "sh", "-c", "exec <&- 9>&-; listen; "
		    "exit $?" },
		.input = input[0],
		.inherited = other[1],
	});
	close(input[0]);
	close(other[1]);
	await_descriptor(input[1], POLLERR, "nobody reads what was stdin");
	await_descriptor(other[0], POLLHUP, "nobody writes descriptor 9");
	container_await_text(&c, "out", "listening");
	container_signal(&c, SIGTERM);
	container_wait(&c);
}

/* By its parent's /proc/PID/fd, that is by /proc/1/fd in a container. */
#define WRITE_AS_A_JOB "-c", \
	"until [ $(grep -cE '^(State:.S|NoNewPrivs:.1)' /proc/$PPID/status) = 2 ]; " \
	"do sleep 0.01; done; " \
	"echo job >>/proc/$PPID/fd/1 && echo fault >>/proc/$PPID/fd/2 && " \
	"ln -s /proc/$PPID/fd/1 $DIR/app.log && echo line >>$DIR/app.log"

Test(start, keeps_standard_output_and_error_for_jobs_that_write_there)
{
	static const char *const options[] = { "-v", "--log-format=json",
		"--ready-file=$DIR/ready", "--health-cmd=false" };

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		for (enum place place = AS_PID_1; place <= AS_ORDINARY;
		    place++) {
			struct container c = container_start(&(struct run){
				.arguments = { options[i], "--", "sh",
				    WRITE_AS_A_JOB },
				.environment = {
				    "DINIT_READY_FILE=$DIR/ready" },
				.place = place,
			});

			container_expect_status(&c, 0);
			cr_expect_str_eq(container_read(&c, "out"),
			    "job\nline\n", "with %s", options[i]);
			container_expect_log(&c, "fault\n");
			container_discard(&c);
		}
	}
}

Test(start, lets_readers_of_standard_output_see_the_end_of_the_container)
{
	int output[2];
	char up[3];
	struct container c;

	cr_assert_eq(pipe2(output, O_CLOEXEC), 0);
	c = container_start(&(struct run){
		.arguments = { "--ready-file=$DIR/ready", "--health-cmd=true",
		    "--", "act", "TERM:exit=0" },
		.output = output[1],
	});
	close(output[1]);
	container_await_file(&c, "ready");
	cr_assert_eq(read(output[0], up, sizeof(up)), sizeof(up));
	cr_assert_eq(memcmp(up, "up\n", sizeof(up)), 0);
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 0);
	await_descriptor(output[0], POLLHUP, "nobody writes what was stdout");
}

Test(start, leaves_inherited_descriptors_to_the_app)
{
	int ends[2];
	struct container c;

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	c = container_start(&(struct run){
		.arguments = { "--", "spy" },
		.inherited = ends[1],
	});
	cr_assert_eq(container_wait(&c), 0);
	cr_assert(strstr(container_read(&c, "out"),
	    "\nfd=0\nfd=1\nfd=2\nfd=9\nenv.") != NULL);
}

/* The LISTEN_PID that the app sees, and its own pid. */
static void
compare_listen_pid(const struct run *run, bool is_own)
{
	struct container c = container_start(run);
	const char *out;

	cr_assert_eq(container_wait(&c), 0);
	out = container_read(&c, "out");
	cr_assert_eq(value_of(out, "\nenv.LISTEN_PID=") ==
	    value_of(out, "pid="), is_own, "%s", out);
	cr_assert(strstr(out, "\nenv.LISTEN_FDS=1\n") != NULL);
}

Test(start, corrects_listen_pid_when_it_was_its_own)
{
	compare_listen_pid(&(struct run){
		.arguments = { "--", "spy" },
		.environment = { "LISTEN_PID=1", "LISTEN_FDS=1" },
	}, true);
	compare_listen_pid(&(struct run){
		.program = "sh",
		.arguments = { "-c", "LISTEN_PID=$$ LISTEN_FDS=1 exec $DINIT "
		    "-- spy" },
		.place = AS_ORDINARY,
	}, true);
}

Test(start, leaves_the_listen_pid_of_another_alone)
{
	compare_listen_pid(&(struct run){
		.arguments = { "--", "spy" },
		.environment = { "LISTEN_PID=4711", "LISTEN_FDS=1" },
	}, false);
	compare_listen_pid(&(struct run){
		.arguments = { "--", "spy" },
		.environment = { "LISTEN_PID=1", "LISTEN_FDS=1" },
		.place = AS_ORDINARY,
	}, false);
}

Test(start, keeps_its_own_variables_from_the_app)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--", "spy" },
		.environment = {
			"DINIT_HEALTH_CMD=true", "DINIT_READY_FILE=$DIR/r",
			"DINIT_STARTUP_BUDGET=9s", "DINIT_HEALTH_INTERVAL=1",
			"DINIT_HEALTH_TIMEOUT=1", "DINIT_GRACE=5s",
			"DINIT_DRAIN=1", "DINIT_STOP_SIGNAL=TERM",
			"DINIT_REWRITE=HUP:0", "DINIT_MAIN_ONLY=QUIT",
			"DINIT_OK_EXIT=1", "DINIT_OK_STOP=1",
			"DINIT_PARENT_DEATH_SIGNAL=", "DINIT_LOG_LEVEL=info",
		},
	});

	cr_assert_eq(container_wait(&c), 0);
	cr_assert(strstr(container_read(&c, "out"), "\nenv.DINIT_") == NULL,
	    "%s", container_read(&c, "out"));
}

Test(start, leaves_the_variables_of_others_to_the_app)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--", "spy" },
		.environment = {
			"DINIT_SERVICE_HOST=10.0.0.1", "DINITIAL=1",
			"NOTIFY_SOCKET=@nobody", "EMPTY=", "TWICE=1",
			"TWICE=2",
		},
	});
	const char *out;

	cr_assert_eq(container_wait(&c), 0);
	out = container_read(&c, "out");
	cr_assert(strstr(out, "\nenv.DINIT_SERVICE_HOST=10.0.0.1\n"
	    "env.DINITIAL=1\nenv.NOTIFY_SOCKET=@nobody\nenv.EMPTY=\n"
	    "env.TWICE=1\nenv.TWICE=2\nend\n") != NULL, "%s", out);
}

Test(start, gates_once_when_one_dinit_runs_in_another)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--", "sh", "-c", "exec $DINIT -- sh -c "
			    "'until test -f $DIR/ready; do :; done; exit 4'" },
			.environment = { "DINIT_HEALTH_CMD=true",
			    "DINIT_READY_FILE=$DIR/ready" },
			.place = place,
		});

		container_await_text(&c, "log", "dinit: ready after");
		container_touch(&c, "ready");
		cr_assert_eq(container_wait(&c), 4);
		cr_assert_eq(count_text(container_read(&c, "log"),
		    "ready after"), 1);
	}
}

Test(start, adopts_orphans_in_silence_where_it_is_not_pid_1)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--", "orphan" },
		.place = AS_ORDINARY,
	});

	container_await_text(&c, "out", "adopted by ");
	cr_assert_eq(value_of(container_read(&c, "out"), "adopted by "),
	    c.init);
	container_signal(&c, SIGTERM);
	cr_assert_eq(container_wait(&c), 128 + SIGTERM);
	cr_assert_str_eq(container_read(&c, "log"), "");
}

static void
expect_when_parent_dies(const char *name, enum place place, const char *said)
{
	struct container c = container_start(&(struct run){
		.arguments = { "-p", name, "--rewrite=PIPE:TERM,XFSZ:TERM",
		    "--", "listen" },
		.place = place,
	});

	container_await_text(&c, "out", "listening");
	container_kill_parent(&c);
	cr_assert_str_eq(container_read(&c, "out"), said);
	container_discard(&c);
}

/* Those too that are not relayed when dinit's own writes cause them. */
Test(start, gets_the_signal_asked_for_when_its_parent_dies)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		expect_when_parent_dies("TERM", place, "listening\n15\n");
		expect_when_parent_dies("PIPE", place, "listening\n15\n");
		expect_when_parent_dies("XFSZ", place, "listening\n15\n");
	}
}

Test(start, survives_two_hundred_quick_lives)
{
	for (int i = 0; i < 200; i++)
		cr_assert_eq(status_of(&(struct run){
			.arguments = { "--", "true" },
			.place = i % 2 ? AS_PID_1 : AS_ORDINARY,
		}), 0);
}

Test(start, survives_two_hundred_failed_starts)
{
	for (int i = 0; i < 200; i++)
		cr_assert_eq(status_of(&(struct run){
			.arguments = { "--", "no-such-command" },
			.place = i % 2 ? AS_PID_1 : AS_ORDINARY,
		}), 127);
}

Test(start, accepts_the_options_of_tini)
{
	struct container c = container_start(&(struct run){
		.arguments = { "-svvg", "-w", "-e", "143", "--", "die", "15" },
	});

	cr_assert_eq(container_wait(&c), 0);
}

Test(start, accepts_subreaper_and_group_relay_in_silence)
{
	struct container c = container_start(&(struct run){
		.arguments = { "-s", "-g", "true" },
	});

	cr_assert_eq(container_wait(&c), 0);
	cr_assert_str_eq(container_read(&c, "log"), "");
}

/* Neither COMMAND nor dinit's own helper nor a check it ends is an orphan. */
Test(start, warns_on_each_reaped_orphan_if_asked_to)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "-w", "--ready-file=$DIR/ready",
			    "--health-cmd=: >$DIR/checked; exec sleep 60",
			    "--", "orphan" },
			.place = place,
		});

		container_await_file(&c, "checked");
		container_await_text(&c, "log", "reaped orphan");
		/* What COMMAND has not reaped when it ends is one too. */
		container_await_text(&c, "out", "childless");
		container_signal(&c, SIGTERM);
		cr_assert_eq(container_wait(&c), 128 + SIGTERM);
		cr_assert_eq(count_text(container_read(&c, "log"),
		    "dinit: warn: reaped orphan"), 1, "%s",
		    container_read(&c, "log"));
	}
}

Test(start, runs_a_script_without_a_first_line_by_the_shell)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--", "sh", "-c",
		    "echo 'echo $0 $1; exit 5' >$DIR/script; "
		    "chmod +x $DIR/script; PATH=$DIR:$PATH; "
		    "exec $DINIT -- script word" },
	});

	cr_assert_eq(container_wait(&c), 5);
	cr_assert(strstr(container_read(&c, "out"), "/script word\n"));
}

/* What MAKE, a shell script, has made in $DIR, which is in PATH too. */
static void
expect_refused(const char *make, const char *command, int status,
    const char *reason)
{
	struct container c;
	char script[512];

	snprintf(script, sizeof(script), "%s; chmod +x $DIR/*; cd $DIR; "
	    "PATH=$DIR:$PATH; exec $DINIT -- %s", make, command);
	c = container_start(&(struct run){
		.program = "sh",
		.arguments = { "-c", script },
	});
	container_expect_status(&c, status);
	snprintf(script, sizeof(script),
	    "dinit: error: cannot execute %s: %s\n", command, reason);
	cr_assert_str_eq(container_read(&c, "log"), script);
	cr_assert_str_eq(container_read(&c, "out"), "");
	container_discard(&c);
}

/* There is no machine of that number. */
Test(start, gives_no_binary_to_the_shell)
{
	static const char *const commands[] = { "./app", "app" };

	for (size_t i = 0; i < 2; i++) {
		expect_refused("printf '\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0"
		    "\\0\\0\\0\\2\\0\\1\\376\\1\\0\\0\\0\\necho run\\n' "
		    ">$DIR/app", commands[i], 126, "Exec format error; it is "
		    "for another architecture (ELF machine 65025)");
		expect_refused("printf 'MZ\\220\\0\\necho run\\n' >$DIR/app",
		    commands[i], 126, "Exec format error; it is a binary for "
		    "Windows");
	}
}

Test(start, names_the_interpreter_that_is_missing)
{
	static const char *const commands[] = { "./app", "app" };

	for (size_t i = 0; i < 2; i++) {
		expect_refused("printf '#!/bin/sh\\r\\necho run\\r\\n' "
		    ">$DIR/app", commands[i], 127, "No such file or directory; "
		    "its interpreter /bin/sh\\r is not there: the file has "
		    "Windows line ends");
		expect_refused("echo '#!/no/such/python -u' >$DIR/app",
		    commands[i], 127, "No such file or directory; its "
		    "interpreter /no/such/python is not there");
	}
}
