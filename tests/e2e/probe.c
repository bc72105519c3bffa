/* SPDX-License-Identifier: MIT */
/* Probes of servers that the tests are themselves; containers share their
 * network. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <link.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support.h"

TestSuite(probe, .timeout = 60);

#define NO_TIMEOUT "--health-timeout=0"

/* A port of 127.0.0.1 that is ours; nobody listens there yet. */
static int
bind_port(unsigned int *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&address, length), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &length),
	    0);
	*port = ntohs(address.sin_port);
	return fd;
}

static int
accept_client(int listener)
{
	int client;

	await_descriptor(listener, POLLIN, "a client");
	client = accept(listener, NULL, NULL);
	cr_assert(client >= 0);
	return client;
}

/* FORMAT with PORT in it; good until 8 further calls. */
static const char *
with_port(const char *format, unsigned int port)
{
	static char texts[8][160];
	static unsigned int next;
	char *text = texts[next++ % 8];

	snprintf(text, sizeof(texts[0]), format, port);
	return text;
}

/* One line on standard output, none on standard error. */
static void
expect_result(const struct container *container, int status,
    const char *line)
{
	char expected[256];

	container_expect_status(container, status);
	snprintf(expected, sizeof(expected), "%s\n", line);
	cr_assert_str_eq(container_read(container, "out"), expected);
	cr_assert_str_eq(container_read(container, "log"), "");
}

static void
expect_probe(const char *option, int status, const char *line)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { option },
			.place = place,
		});

		expect_result(&c, status, line);
		container_discard(&c);
	}
}

Test(probe, tells_whether_somebody_listens)
{
	unsigned int port;
	int listener = bind_port(&port);
	const char *option = with_port("--probe=tcp://127.0.0.1:%u", port);

	expect_probe(option, 1, with_port(
	    "unhealthy: tcp://127.0.0.1:%u: Connection refused", port));
	cr_assert_eq(listen(listener, 8), 0);
	expect_probe(option, 0, with_port(
	    "healthy: tcp://127.0.0.1:%u accepts connections", port));
	expect_probe(with_port("--probe=tcp://localhost:%u", port), 0,
	    with_port("healthy: tcp://localhost:%u accepts connections",
	    port));
}

static void
listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)),
	    0);
	cr_assert_eq(listen(fd, 8), 0);
}

Test(probe, tells_whether_there_is_a_unix_socket)
{
	char path[64];
	char option[96];
	char line[128];

	snprintf(path, sizeof(path), "/tmp/dinit-probe-%d", getpid());
	snprintf(option, sizeof(option), "--probe=unix://%s", path);
	snprintf(line, sizeof(line),
	    "unhealthy: unix://%s: No such file or directory", path);
	expect_probe(option, 1, line);
	listen_at(path);
	snprintf(line, sizeof(line),
	    "healthy: unix://%s accepts connections", path);
	expect_probe(option, 0, line);
	unlink(path);
}

static void
expect_answer(const char *answer, int status, const char *line_format)
{
	unsigned int port;
	int listener = bind_port(&port);
	char request[1024] = "";
	struct container c;
	int client;

	cr_assert_eq(listen(listener, 8), 0);
	c = container_start(&(struct run){
		.arguments = { with_port(
		    "--probe=http://localhost:%u/healthz?x=1", port) },
	});
	client = accept_client(listener);
	await_descriptor(client, POLLIN, "a request");
	cr_assert(read(client, request, sizeof(request) - 1) > 0);
	cr_assert_eq(strncmp(request, "GET /healthz?x=1 HTTP/1.1\r\n", 27), 0,
	    "%s", request);
	cr_assert(write(client, answer, strlen(answer)) > 0);
	expect_result(&c, status, with_port(line_format, port));
	container_discard(&c);
	close(client);
	close(listener);
}

Test(probe, tells_the_status_of_an_answer)
{
	expect_answer("HTTP/1.1 200 OK\r\n\r\n", 0,
	    "healthy: http://localhost:%u/healthz?x=1 answered 200");
	expect_answer("HTTP/1.0 302 Found\r\n\r\n", 0,
	    "healthy: http://localhost:%u/healthz?x=1 answered 302");
	expect_answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 \r\n\r\n", 0,
	    "healthy: http://localhost:%u/healthz?x=1 answered 204");
	expect_answer("HTTP/1.1 503 Busy\r\n\r\n", 1,
	    "unhealthy: http://localhost:%u/healthz?x=1 answered 503");
	expect_answer("220 mail ESMTP\r\n", 1, "unhealthy: "
	    "http://localhost:%u/healthz?x=1: the answer is not HTTP/1");
}

/* What leaves in the middle is a broken pipe in the server's log each time. */
Test(probe, takes_the_whole_answer)
{
	static const char *const pieces[] = {
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
		"\r\n5\r\nfine\n", "\r\n", "0\r\n\r\n",
	};
	unsigned int port;
	int listener = bind_port(&port);
	struct container c;
	int client;

	cr_assert_eq(listen(listener, 8), 0);
	c = container_start(&(struct run){
		.arguments = { with_port("--probe=http://127.0.0.1:%u", port) },
	});
	client = accept_client(listener);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct pollfd hangup = { .fd = client, .events = POLLRDHUP };

		cr_assert_eq(write(client, pieces[i], strlen(pieces[i])),
		    (ssize_t)strlen(pieces[i]));
		if (i < sizeof(pieces) / sizeof(pieces[0]) - 1)
			cr_assert_eq(poll(&hangup, 1, 100), 0,
			    "left after piece %zu", i);
	}
	/* But it does not wait for us to close. */
	await_descriptor(client, POLLRDHUP, "the probe leaves");
	expect_result(&c, 0, with_port(
	    "healthy: http://127.0.0.1:%u answered 200", port));
}

Test(probe, takes_no_longer_than_its_timeout)
{
	unsigned int port;
	int listener = bind_port(&port);
	const struct run runs[] = {
		{ .arguments = {
		    with_port("--probe=http://127.0.0.1:%u", port),
		    "--health-timeout=200ms" } },
		{ .arguments = {
		    with_port("--probe=http://127.0.0.1:%u", port) },
		    .environment = { "DINIT_HEALTH_TIMEOUT=200ms" } },
	};

	cr_assert_eq(listen(listener, 8), 0);
	for (int i = 0; i < 2; i++) {
		long start = now_ms();
		struct container c = container_start(&runs[i]);

		expect_result(&c, 1, with_port("unhealthy: "
		    "http://127.0.0.1:%u: no answer within 200ms", port));
		cr_assert_geq(now_ms() - start, 200);
	}
}

/* --- Without a connection, several, and waiting --------------------------- */

/* As an ordinary process. SECOND and THIRD may be NULL. */
static struct container
start_probe(const char *first, const char *second, const char *third)
{
	return container_start(&(struct run){
		.arguments = { first, second, third },
		.place = AS_ORDINARY,
	});
}

Test(probe, tells_whether_a_socket_listens_without_connecting)
{
	unsigned int port;
	int listener = bind_port(&port);
	struct pollfd client = { .fd = listener, .events = POLLIN };
	const char *option = with_port("--probe=listen:%u", port);

	expect_probe(option, 1, with_port(
	    "unhealthy: listen:%u: no socket listens on this port", port));
	cr_assert_eq(listen(listener, 8), 0);
	expect_probe(option, 0, with_port(
	    "healthy: listen:%u has a listening socket", port));
	cr_assert_eq(poll(&client, 1, 0), 0);
}

static void
expect_status(const char *first, const char *second, int status)
{
	struct container c = start_probe(first, second, NULL);

	container_expect_status(&c, status);
	container_discard(&c);
}

Test(probe, tells_whether_a_heartbeat_is_young)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--probe=file://$DIR/a beat" },
	});
	const struct timespec old[] = { { .tv_sec = 1000 },
		{ .tv_sec = 1000 } };
	char option[160];
	int fd;

	container_expect_status(&c, 1);
	cr_assert_not_null(strstr(container_read(&c, "out"),
	    "/a beat: No such file or directory\n"));
	snprintf(option, sizeof(option), "--probe=file://%s",
	    container_path(&c, "a beat"));
	fd = open(container_path(&c, "a beat"), O_CREAT | O_WRONLY | O_CLOEXEC,
	    0644);
	cr_assert(fd >= 0);
	expect_status(option, "--probe-max-age=1h", 0);
	cr_assert_eq(futimens(fd, old), 0);
	expect_status(option, "--probe-max-age=1h", 1);
	expect_status(option, NULL, 0);
	close(fd);
}

Test(probe, names_the_first_that_is_not_healthy)
{
	unsigned int up;
	unsigned int down;
	int listener = bind_port(&up);
	struct container c;

	bind_port(&down);
	cr_assert_eq(listen(listener, 8), 0);
	c = start_probe(with_port("--probe=listen:%u", up),
	    with_port("--probe=tcp://127.0.0.1:%u", down),
	    "--probe=file:///nowhere");
	expect_result(&c, 1, with_port(
	    "unhealthy: tcp://127.0.0.1:%u: Connection refused", down));
	c = start_probe(with_port("--probe=listen:%u", up),
	    "--probe=file:///proc/self", NULL);
	expect_result(&c, 0, with_port("healthy: listen:%u has a listening "
	    "socket; file:///proc/self exists", up));
}

Test(probe, waits_until_a_server_is_healthy)
{
	unsigned int port;
	int listener = bind_port(&port);
	struct container c = start_probe("--wait=1m",
	    with_port("--probe=http://127.0.0.1:%u", port),
	    "--probe-status=2xx,401");
	int client;

	/* It is asked again after an answer that is not healthy. */
	cr_assert_eq(listen(listener, 8), 0);
	client = accept_client(listener);
	cr_assert(write(client, "HTTP/1.1 503 \r\n\r\n", 18) > 0);
	close(client);
	client = accept_client(listener);
	cr_assert(write(client, "HTTP/1.1 401 \r\n\r\nsecret", 24) > 0);
	close(client);
	container_expect_status(&c, 0);
	cr_assert_eq(strncmp(container_read(&c, "out"), with_port(
	    "healthy: http://127.0.0.1:%u answered 401 (", port), 45), 0, "%s",
	    container_read(&c, "out"));
	cr_assert_null(strstr(container_read(&c, "out"), "secret"));
	cr_assert_str_eq(container_read(&c, "log"), "");
}

Test(probe, waits_no_longer_than_it_should)
{
	unsigned int port;
	int listener = bind_port(&port);
	long start = now_ms();
	struct container c;

	c = start_probe("--wait=300ms",
	    with_port("--probe=listen:%u", port), NULL);
	container_expect_status(&c, 1);
	cr_assert_not_null(strstr(container_read(&c, "out"),
	    "no socket listens on this port ("), "%s",
	    container_read(&c, "out"));
	cr_assert_geq(now_ms() - start, 200);
	/* A server that does not answer at all takes all of the time. */
	cr_assert_eq(listen(listener, 8), 0);
	c = start_probe("--wait=200ms",
	    with_port("--probe=http://127.0.0.1:%u", port), NULL);
	expect_result(&c, 1, with_port("unhealthy: "
	    "http://127.0.0.1:%u: no answer within 200ms", port));
}

/* As an init container: the kernel ignores the signal by default there. */
Test(probe, stops_to_wait_at_a_signal_as_process_1_too)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		unsigned int port;
		int listener = bind_port(&port);
		struct container c;
		int client;

		cr_assert_eq(listen(listener, 8), 0);
		c = container_start(&(struct run){
			.arguments = { "--wait=1h", with_port(
			    "--probe=http://127.0.0.1:%u", port) },
			.place = place,
		});
		client = accept_client(listener);
		container_signal(&c, SIGTERM);
		close(client);
		container_expect_status(&c, 128 + SIGTERM);
		cr_assert_str_eq(container_read(&c, "out"), "");
		close(listener);
	}
}

/* --- Bad input ------------------------------------------------------------ */

Test(probe, refuses_bad_urls_with_one_line)
{
	static const char *const samples[][2] = {
		{ "", "http://HOST:PORT/PATH" },
		{ "https://127.0.0.1/", "http://HOST:PORT/PATH" },
		{ "http://me:secret@127.0.0.1/", "without user, password" },
		{ "http://127.0.0.1/#top", "fragment" },
		{ "http://no-such-host.invalid/", "no resolver" },
		{ "http://no-such-host.invalid/", "a name in /etc/hosts" },
		{ "tcp://127.0.0.1:0", "from 1 to 65535" },
		{ "http://127.0.0.1/ HTTP/1.1\r\nX: y", "visible ASCII" },
		{ "unix://s", "unix:///PATH" },
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		char option[128];
		struct container c;
		const char *log;

		snprintf(option, sizeof(option), "--probe=%s", samples[i][0]);
		c = container_start(&(struct run){
			.arguments = { option },
			.place = AS_ORDINARY,
		});
		container_expect_status(&c, 125);
		log = container_read(&c, "log");
		cr_assert_eq(count_text(log, "\n"), 1, "%s", log);
		cr_assert_eq(strncmp(log, "dinit: error: --probe: '", 24), 0,
		    "%s", log);
		cr_assert_not_null(strstr(log, samples[i][1]), "%s", log);
		cr_assert_str_eq(container_read(&c, "out"), "");
		container_discard(&c);
	}
}

Test(probe, takes_no_command)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--probe=tcp://127.0.0.1:1", "--", "echo" },
	});

	container_expect_status(&c, 125);
	container_expect_log(&c, "--probe: 'echo' is in the way");
}

/* Said in vain every few seconds: what is wrong there was said at the start. */
Test(probe, does_not_care_about_the_settings_of_the_app)
{
	unsigned int port;
	int listener = bind_port(&port);
	struct container c;

	cr_assert_eq(listen(listener, 8), 0);
	c = container_start(&(struct run){
		.arguments = { with_port("--probe=tcp://127.0.0.1:%u",
		    port) },
		.environment = { "DINIT_GRACE=soon", "DINIT_GRACEE=1",
		    "DINIT_HEALTH_CMD=exit 1", "DINIT_USER=nobody-at-all",
		    "DINIT_READY_FILE=$DIR/ready", "DINIT_SECCOMP=/nowhere",
		    "NOTIFY_SOCKET=/nowhere" },
	});
	expect_result(&c, 0, with_port(
	    "healthy: tcp://127.0.0.1:%u accepts connections", port));
	cr_assert(!container_has_file(&c, "ready"));
}

/* --- Signals and streams -------------------------------------------------- */

Test(probe, ends_by_a_signal_like_any_program)
{
	const int signals[] = { SIGTERM, SIGINT, SIGKILL };

	for (int i = 0; i < 3; i++) {
		unsigned int port;
		int listener = bind_port(&port);
		struct container c;

		cr_assert_eq(listen(listener, 8), 0);
		c = container_start(&(struct run){
			.arguments = { NO_TIMEOUT, with_port(
			    "--probe=http://127.0.0.1:%u", port) },
			.place = AS_ORDINARY,
		});
		accept_client(listener);
		container_signal(&c, signals[i]);
		container_expect_status(&c, 128 + signals[i]);
		cr_assert_str_eq(container_read(&c, "out"), "");
	}
}

/* The exit status is the answer, even if the line finds no reader. */
Test(probe, answers_without_standard_output_too)
{
	unsigned int port;
	int listener = bind_port(&port);
	const char *option = with_port("--probe=tcp://127.0.0.1:%u", port);
	struct container c;
	int ends[2];

	cr_assert_eq(listen(listener, 8), 0);
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	c = container_start(&(struct run){
		.arguments = { option },
		.place = AS_ORDINARY,
		.output = ends[1],
	});
	container_expect_status(&c, 0);
	c = container_start(&(struct run){
		.arguments = { option },
		.place = AS_ORDINARY,
		.before_exec = close_standard,
		.argument = (int[]){ STDOUT_FILENO, -1 },
	});
	container_expect_status(&c, 0);
}

/* --- As the health command ------------------------------------------------ */

/* dinit itself as the health command: PATH with --probe=URL, no shell. */
static const char *
health_command(const char *path, const char *url)
{
	static char option[512];

	snprintf(option, sizeof(option), "DINIT_HEALTH_CMD=[\"%s\", "
	    "\"--probe=%s\"]", path, url);
	return option;
}

Test(probe, gates_an_app)
{
	unsigned int port;
	int listener = bind_port(&port);
	struct container c = container_start(&(struct run){
		.arguments = { "-v", "--", "act", "TERM:exit=0" },
		.environment = { "DINIT_READY_FILE=$DIR/ready",
		    health_command(getenv("DINIT"),
		    with_port("tcp://127.0.0.1:%u", port)) },
	});

	container_await_text(&c, "log", "check 3: ");
	cr_assert(!container_has_file(&c, "ready"));
	cr_assert_eq(listen(listener, 8), 0);
	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 0);
}

Test(probe, says_in_the_log_why_the_app_was_never_ready)
{
	unsigned int port;
	struct container c;

	bind_port(&port);
	c = container_start(&(struct run){
		.arguments = { "--", "act", "TERM:exit=0" },
		.environment = { "DINIT_READY_FILE=$DIR/ready",
		    "DINIT_STARTUP_BUDGET=2s",
		    health_command(getenv("DINIT"),
		    with_port("tcp://localhost:%u", port)) },
	});
	container_expect_status(&c, 124);
	container_expect_log(&c, with_port("checks: exit status 1: "
	    "unhealthy: tcp://localhost:%u: Connection refused", port));
}

/* True if dinit needs a dynamic loader, as it does with sanitizers. */
static bool
is_dynamic(void)
{
	int fd = open(getenv("DINIT"), O_RDONLY | O_CLOEXEC);
	bool has_loader = false;
	ElfW(Ehdr) head;
	ElfW(Phdr) segment;

	cr_assert_eq(pread(fd, &head, sizeof(head), 0),
	    (ssize_t)sizeof(head));
	for (int i = 0; i < head.e_phnum; i++) {
		cr_assert_eq(pread(fd, &segment, sizeof(segment),
		    (off_t)head.e_phoff + i * head.e_phentsize),
		    (ssize_t)sizeof(segment));
		has_loader |= segment.p_type == PT_INTERP;
	}
	close(fd);
	return has_loader;
}

/* Binds the file or folder FROM to the name TO in the new root. */
static void
bring(const char *from, const char *to, bool is_folder)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/root%s", getenv("DIR"), to);
	for (char *slash = strchr(path + strlen(getenv("DIR")) + 5, '/');
	    (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
		*slash = '\0';
		mkdir(path, 0755);
	}
	must(is_folder ? mkdir(path, 0755) == 0 :
	    mknod(path, S_IFREG | 0755, 0) == 0);
	must(mount(from, path, NULL, MS_BIND | MS_REC, NULL) == 0);
}

/* As FROM scratch: dinit, the app, and the test's own folder. */
static void
enter_empty_root(void *unused)
{
	const char *directory = getenv("DIR");
	char path[256];

	(void)unused;
	snprintf(path, sizeof(path), "%s/root", directory);
	must(mkdir(path, 0755) == 0);
	must(mount("tmpfs", path, "tmpfs", 0, "mode=755") == 0);
	bring(getenv("DINIT"), "/dinit", false);
	snprintf(path, sizeof(path), "%s/act", getenv("APPS"));
	bring(path, "/act", false);
	bring(directory, directory, true);
	snprintf(path, sizeof(path), "%s/root", directory);
	must(chroot(path) == 0 && chdir("/") == 0);
	must(setenv("DINIT", "/dinit", 1) == 0);
}

Test(probe, gates_an_app_where_there_is_nothing_else)
{
	struct container c;

	if (is_dynamic())
		cr_skip("skipped: dinit is not static");
	c = container_start(&(struct run){
		.arguments = { "--", "/act", "TERM:exit=0" },
		.environment = { "DINIT_READY_FILE=/run/dinit/ready",
		    health_command("/dinit", "unix://$DIR/socket") },
		.before_exec = enter_empty_root,
	});
	container_await_text(&c, "out", "up");
	listen_at(container_path(&c, "socket"));
	container_await_text(&c, "log", "ready after");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 0);
}

/* /proc/1/exe is dinit; the container has a mount namespace of its own. */
Test(probe, finds_a_name_in_etc_hosts)
{
	unsigned int port;
	int fd = bind_port(&port);
	char command[256];
	struct container c;

	cr_assert_eq(listen(fd, 1), 0);
	snprintf(command, sizeof(command),
	    "echo 127.0.0.1 web.test >$DIR/hosts; "
	    "mount --bind $DIR/hosts /etc/hosts || exit 3; "
	    "exec /proc/1/exe --probe=tcp://web.test:%u", port);
	c = container_start(&(struct run){
		.arguments = { "--", "sh", "-c", command },
	});
	container_expect_status(&c, 0);
	close(fd);
}
