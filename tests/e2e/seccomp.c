/* SPDX-License-Identifier: MIT */
/* COMMAND under a profile; dinit not. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/array.h"
#include "support.h"

TestSuite(seccomp, .timeout = 60);

#define PROFILE(name) \
	"--seccomp=" SOURCE_DIR "/tests/e2e/profiles/" name ".json"

static struct container
run_under(const char *profile, const char *command)
{
	return container_start(&(struct run){
		.arguments = { profile, "--", "sh", "-c", command },
	});
}

/* --- Programs under the profiles of engines ------------------------------- */

/* One in the shape of Docker's, of our own; and containers-common's itself. */
static const char *const profiles[] = {
	SOURCE_DIR "/tests/e2e/profiles/allow-list.json",
	"/usr/share/containers/seccomp.json",
};

static struct container
start_under(const char *profile, const char *command)
{
	char option[256];

	snprintf(option, sizeof(option), "--seccomp=%s", profile);
	return container_start(&(struct run){
		.arguments = { option, "--", "sh", "-c", command },
		.place = geteuid() == 0 ? AS_PID_1_AS_ROOT : AS_PID_1,
	});
}

static void
expect_run(const char *command, const char *said)
{
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct container c;

		skip_without("containers-common", profiles[i]);
		c = start_under(profiles[i], command);
		container_expect_status(&c, 0);
		cr_assert_not_null(strstr(container_read(&c, "out"), said),
		    "%s", container_read(&c, "out"));
		container_discard(&c);
	}
}

Test(seccomp, shell_runs_under_the_profiles_of_engines)
{
	expect_run("cd $DIR && ls -l / | sort | wc -l >a && mv a b && "
	    "test $(cat b) -gt 5 && sleep 0.01 & wait $! && echo shell $?",
	    "shell 0");
}

Test(seccomp, python_runs_under_the_profiles_of_engines)
{
	skip_without("Python", "/usr/bin/python3");
	expect_run("/usr/bin/python3 -c 'import json, "
	    "socket, subprocess, tempfile, threading\n"
	    "socket.socketpair()\n"
	    "thread = threading.Thread(target=tempfile.TemporaryFile)\n"
	    "thread.start(); thread.join()\n"
	    "print(json.dumps(subprocess.check_output([\"echo\", \"snake\"])"
	    ".decode()))'", "snake");
}

Test(seccomp, perl_runs_under_the_profiles_of_engines)
{
	skip_without("Perl", "/usr/bin/perl");
	expect_run("perl -e 'my $pid = fork; exit 3 unless $pid; "
	    "waitpid $pid, 0; print \"pearl \", $? >> 8, \"\\n\"'",
	    "pearl 3");
}

Test(seccomp, java_runs_under_the_profiles_of_engines)
{
	skip_without("Java", "/usr/bin/java");
	expect_run("java -version 2>&1", "ersion");
}

/* What the server on the socket NAME answers to a request. */
static const char *
request(const struct container *c, const char *name)
{
	static const char get[] = "GET / HTTP/1.0\r\n\r\n";
	static char answer[4096];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ssize_t length;
	size_t used = 0;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    container_path(c, name));
	cr_assert(connect(fd, (struct sockaddr *)&address,
	    sizeof(address)) == 0 && write(fd, get, sizeof(get) - 1) > 0);
	while ((length = read(fd, answer + used,
	    sizeof(answer) - 1 - used)) > 0)
		used += (size_t)length;
	close(fd);
	answer[used] = '\0';
	return answer;
}

/* With a worker as another user, as it is installed. */
static void
serve_under(const char *profile)
{
	struct container c = start_under(profile,
	    "cd $DIR && chmod 755 . && echo 'user www-data; pid pid; "
	    "error_log stderr; events {} http { access_log off; server { "
	    "listen unix:'$DIR/socket'; return 200 served; } }' >conf && "
	    "exec nginx -p $DIR -c $DIR/conf -g 'daemon off;'");

	container_await_file(&c, "pid");
	cr_assert_not_null(strstr(request(&c, "socket"), "served"),
	    "%s", container_read(&c, "log"));
	container_signal(&c, SIGQUIT);
	container_expect_status(&c, 0);
	container_discard(&c);
}

Test(seccomp, nginx_serves_under_the_profiles_of_engines)
{
	skip_without("nginx", "/usr/sbin/nginx");
	if (geteuid() != 0)
		cr_skip("skipped: nginx changes its user: needs root");
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
		skip_without("containers-common", profiles[i]);
		serve_under(profiles[i]);
	}
}

/* --- Verdicts ------------------------------------------------------------- */

static void
expect_calls(const char *option, const char *calls, const char *verdicts)
{
	char command[256];
	struct container c;

	snprintf(command, sizeof(command), "calls %s", calls);
	c = container_start(&(struct run){
		.arguments = { PROFILE("allow-list"), option, "--", "sh",
		    "-c", command },
	});
	container_expect_status(&c, 0);
	cr_assert_str_eq(container_read(&c, "out"), verdicts);
}

/* PID 1 of a user namespace has all capabilities there. */
Test(seccomp, rules_follow_the_capabilities_of_the_app)
{
	skip_under_filter();
	expect_calls("-q", "mount unshare clone3 clock_settime chroot",
	    "mount=EFAULT\nunshare=EINVAL\nclone3=EINVAL\n"
	    "clock_settime=EINVAL\nchroot=EFAULT\n");
	expect_calls("--drop-caps=sys_admin,sys_time",
	    "mount unshare clone_newns clone3 clock_settime chroot",
	    "mount=EPERM\nunshare=EPERM\nclone_newns=EPERM\nclone3=ENOSYS\n"
	    "clock_settime=EPERM\nchroot=EFAULT\n");
}

Test(seccomp, rules_follow_the_arguments)
{
	expect_calls("-q", "personality_query personality_other socket_unix "
	    "socket_vsock", "personality_query=ok\npersonality_other=EPERM\n"
	    "socket_unix=EINVAL\nsocket_vsock=EPERM\n");
}

Test(seccomp, forbidden_call_fails_with_the_errno_of_its_rule)
{
	expect_calls("-q", "bpf keyctl getppid",
	    "bpf=EPERM\nkeyctl=ENOSYS\ngetppid=ok\n");
}

Test(seccomp, app_that_the_filter_kills_ends_with_128_and_sigsys)
{
	struct container c = container_start(&(struct run){
		.arguments = { PROFILE("kill"), "--", "spy" },
	});

	container_expect_status(&c, 128 + SIGSYS);
}

Test(seccomp, filter_implies_no_new_privileges)
{
	struct container c = run_under(PROFILE("allow-list"),
	    "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status");

	container_expect_status(&c, 0);
	cr_assert_str_eq(container_read(&c, "out"),
	    "NoNewPrivs:\t1\nSeccomp:\t2\n");
}

Test(seccomp, profile_may_come_from_the_environment)
{
	struct container c = container_start(&(struct run){
		.arguments = { "calls", "bpf" },
		.environment = { "DINIT_SECCOMP=" SOURCE_DIR
		    "/tests/e2e/profiles/allow-list.json" },
	});

	container_expect_status(&c, 0);
	cr_assert_str_eq(container_read(&c, "out"), "bpf=EPERM\n");
}

Test(seccomp, annotated_profile_is_taken_without_a_word)
{
	struct container c = run_under(PROFILE("annotated"), "mkdir new");

	container_expect_status(&c, 1);
	cr_assert_not_null(strstr(container_read(&c, "log"),
	    "No space left on device"), "%s", container_read(&c, "log"));
	cr_assert_null(strstr(container_read(&c, "log"), "dinit:"), "%s",
	    container_read(&c, "log"));
}

/* --- dinit and its helper are not under it -------------------------------- */

Test(seccomp, what_the_filter_forbids_dinit_still_does)
{
	struct container c = container_start(&(struct run){
		.arguments = { PROFILE("deny-dinit"), "--grace=300ms",
		    "--ready-file=$DIR/ready", "--health-interval=10ms",
		    "--health-cmd=[\"spy\", \"checked\"]", "--", "sh", "-c",
		    "act name=left TERM: & exec act name=main TERM:exit=3" },
		.place = AS_ORDINARY,
	});

	container_await_file(&c, "ready");
	container_await_text(&c, "out", "left up\n");
	container_await_text(&c, "out", "main up\n");
	container_signal(&c, SIGHUP);
	container_await_text(&c, "out", "main HUP\n");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 3);
	cr_assert(!container_has_file(&c, "ready"));
	cr_assert(!container_left_something(&c));
}

Test(seccomp, filter_that_allows_only_exec_kills_the_app_alone)
{
	struct container c = container_start(&(struct run){
		.arguments = { PROFILE("only-execve"), "--", "act" },
	});

	container_expect_status(&c, 128 + SIGSYS);
}

/* The child may neither report that nor exit. */
Test(seccomp, command_not_found_under_a_filter_that_forbids_to_exit_ends)
{
	struct container c;

	if (getenv("ASAN_OPTIONS") != NULL)
		cr_skip("skipped: AddressSanitizer needs more to exit");
	c = container_start(&(struct run){
		.arguments = { PROFILE("no-way-out"), "--", "/no/such" },
	});
	cr_assert_neq(container_wait(&c), 0);
	c = container_start(&(struct run){
		.arguments = { PROFILE("only-execve"), "--", "/no/such" },
	});
	cr_assert_neq(container_wait(&c), 0);
}

Test(seccomp, health_command_is_under_the_filter_and_the_helper_is_not)
{
	struct container c = container_start(&(struct run){
		.arguments = { PROFILE("allow-list"),
		    "--ready-file=$DIR/ready", "--health-interval=10ms",
		    "--health-cmd=cd $DIR; calls bpf getppid >new && "
		    "mv new verdicts; grep ^Seccomp: /proc/$PPID/status "
		    ">new && mv new helper",
		    "--", "act", "TERM:exit=0" },
	});

	skip_under_filter();
	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up\n");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 0);
	cr_assert_str_eq(container_read(&c, "verdicts"),
	    "bpf=EPERM\ngetppid=ok\n");
	cr_assert_str_eq(container_read(&c, "helper"), "Seccomp:\t0\n");
}

/* --- Malformed profiles --------------------------------------------------- */

static void
write_profile(void *text)
{
	make_file("profile", text);
}

/* In one line, however often they are there. */
Test(seccomp, keys_that_nobody_knows_are_worth_one_warning)
{
	static const char profile[] = "{\"downloadedFrom\": 1, "
	    "\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": ["
	    "{\"names\": [\"bpf\"], \"action\": \"SCMP_ACT_ERRNO\", "
	    "\"when\": 1}, {\"names\": [\"bpf\"], \"action\": "
	    "\"SCMP_ACT_ERRNO\", \"when\": \"never\"}]}";
	struct container c = container_start(&(struct run){
		.arguments = { "--seccomp=$DIR/profile", "--", "calls", "bpf" },
		.before_exec = write_profile,
		.argument = (void *)(uintptr_t)profile,
	});

	container_expect_status(&c, 0);
	cr_assert_str_eq(container_read(&c, "out"), "bpf=EPERM\n");
	container_expect_log(&c, "/profile: keys that dinit does not know have "
	    "no effect: \"downloadedFrom\", \"when\"\n");
	cr_assert_eq(count_text(container_read(&c, "log"), "\n"), 1);
}

static void
expect_refused(const char *profile, const char *cause)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--seccomp=$DIR/profile", "--", "act",
		    "start:touch=ran,exit=0" },
		.before_exec = write_profile,
		.argument = (void *)(uintptr_t)profile,
	});

	container_expect_status(&c, 125);
	container_expect_log(&c, "dinit: error: --seccomp");
	container_expect_log(&c, cause);
	cr_assert_eq(count_text(container_read(&c, "log"), "\n"), 1);
	cr_assert(!container_has_file(&c, "ran"));
	container_discard(&c);
}

Test(seccomp, malformed_profile_is_refused_and_nothing_runs)
{
	expect_refused("", "profile: line 1: ");
	expect_refused("{\n\"defaultAction\"\n", "profile: line 3: ");
	expect_refused("[]", "it is not a JSON object");
	expect_refused("{\"defaultAction\": \"SCMP_ACT_NOTIFY\"}",
	    "SCMP_ACT_NOTIFY needs an agent outside");
	expect_refused("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": "
	    "[{\"names\": [\"fly\"], \"action\": \"SCMP_ACT_ERRNO\"}]}",
	    "syscalls[0]: system call fly is unknown");
	expect_refused("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": "
	    "[{\"names\": \"bpf\", \"action\": \"SCMP_ACT_ERRNO\"}]}",
	    "\"names\" is not a list of strings");
}

#define MKDIR(action) \
	"{\"names\": [\"mkdir\"], \"action\": \"SCMP_ACT_" action "\"}"

Test(seccomp, rules_that_contradict_each_other_are_refused)
{
	expect_refused("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": "
	    "[" MKDIR("ALLOW") ", " MKDIR("KILL_PROCESS") "]}",
	    "profile: syscalls[1] has no effect on mkdir, for which "
	    "syscalls[0] has another action: only one can hold\n");
}

static void
expect_exec_refused(const char *default_action, const char *rule)
{
	char profile[512];

	snprintf(profile, sizeof(profile), "{\"defaultAction\": "
	    "\"SCMP_ACT_%s\", \"syscalls\": [%s]}", default_action, rule);
	expect_refused(profile, "profile: it forbids execve, so that COMMAND "
	    "could never be started: allow execve\n");
}

/* It ended with status 132 or 126 otherwise, and nobody said why. */
Test(seccomp, profile_that_forbids_execve_is_refused)
{
	expect_exec_refused("KILL_PROCESS", "");
	expect_exec_refused("ERRNO", MKDIR("ALLOW"));
	expect_exec_refused("TRAP", MKDIR("ALLOW"));
	expect_exec_refused("ALLOW", "{\"names\": [\"execve\"], \"action\": "
	    "\"SCMP_ACT_ERRNO\", \"errno\": \"ENOENT\"}");
	expect_exec_refused("ALLOW", "{\"names\": [\"execve\"], \"action\": "
	    "\"SCMP_ACT_KILL\"}");
}

Test(seccomp, missing_profile_is_refused_by_the_name_of_its_variable)
{
	struct container c = container_start(&(struct run){
		.arguments = { "act", "start:touch=ran,exit=0" },
		.environment = { "DINIT_SECCOMP=/no/such/profile" },
	});

	container_expect_status(&c, 125);
	container_expect_log(&c, "dinit: error: DINIT_SECCOMP");
	container_expect_log(&c,
	    "/no/such/profile: No such file or directory");
	cr_assert(!container_has_file(&c, "ran"));
}

Test(seccomp, unknown_name_that_is_skipped_is_worth_a_debug_line)
{
	struct container c = container_start(&(struct run){
		.arguments = { "-vv", PROFILE("allow-list"), "--", "true" },
	});

	container_expect_status(&c, 0);
	container_expect_log(&c,
	    "system call a_call_of_the_future is unknown");
}
