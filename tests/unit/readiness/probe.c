/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "readiness/probe.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/duration.h"
#include "readiness/http_statuses.h"
#include "support.h"

TestSuite(probe, .timeout = 60, .init = scratch_make, .fini = scratch_remove);

/* The timeout of a probe that has to run into it, and of all others. */
#define SHORT_MS 200
#define LONG_MS 20000

/* The timeout where a status comes, and the rest of the answer does not. */
#define STALL_MS 3000

#define OK "HTTP/1.1 200 OK\r\n"
#define EMPTY "Content-Length: 0\r\n\r\n"
#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

/* --- Results ------------------------------------------------------------- */

static const struct http_statuses usual = { .classes = 1 << 2 | 1 << 3 };

static void
expect_text(const char *url, const struct probe_rules *rules,
    const struct probe_result *result, const char *expected)
{
	struct probe_target target;
	char text[PROBE_RESULT_MAX] = "";

	cr_assert_eq(probe_target_parse(url, &target), 0);
	probe_format_result(&target, rules, result, text);
	cr_expect_str_eq(text, expected);
}

Test(probe, says_how_it_went)
{
	static const struct {
		const char *url;
		int answer;
		int64_t timeout_ms;
		const char *text;
	} samples[] = {
		{ "http://localhost:8080/healthz", 200, 5000,
		    "http://localhost:8080/healthz answered 200" },
		{ "tcp://[::1]:80", 0, 5000,
		    "tcp://[::1]:80 accepts connections" },
		{ "http://127.0.0.1", 503, 5000,
		    "http://127.0.0.1 answered 503" },
		{ "tcp://127.0.0.1:5432", -ECONNREFUSED, 5000,
		    "tcp://127.0.0.1:5432: Connection refused" },
		{ "unix:///run/a s", -ENOENT, 5000,
		    "unix:///run/a s: No such file or directory" },
		{ "http://127.0.0.1", -ETIME, 1500,
		    "http://127.0.0.1: no answer within 1.5s" },
		{ "http://127.0.0.1", -ENODATA, 0,
		    "http://127.0.0.1: closed without an answer" },
		{ "http://127.0.0.1", -EBADMSG, 0,
		    "http://127.0.0.1: the answer is not HTTP/1" },
		{ "http://127.0.0.1", -EMSGSIZE, 0,
		    "http://127.0.0.1: no final status in the first 8 KiB" },
		{ "listen:80", 0, 0, "listen:80 has a listening socket" },
		{ "listen:80", -ECONNREFUSED, 0,
		    "listen:80: no socket listens on this port" },
		{ "listen:80", -ENOENT, 0, "listen:80: cannot read "
		    "/proc/net/tcp: No such file or directory" },
		{ "file:///run/up", 0, 0, "file:///run/up exists" },
		{ "file:///run/up", -ENOENT, 0,
		    "file:///run/up: No such file or directory" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		expect_text(samples[i].url, &(struct probe_rules){
		    .timeout_ms = samples[i].timeout_ms },
		    &(struct probe_result){ .answer = samples[i].answer },
		    samples[i].text);
}

Test(probe, says_how_old_a_file_is)
{
	const struct probe_rules rules = { .max_age_ms = 30000 };

	expect_text("file:///beat", &rules,
	    &(struct probe_result){ .answer = 0, .age_ms = 1500 },
	    "file:///beat changed 1.5s ago");
	expect_text("file:///beat", &rules,
	    &(struct probe_result){ .answer = 0, .age_ms = -3 },
	    "file:///beat changed 0s ago");
	expect_text("file:///beat", &rules,
	    &(struct probe_result){ .answer = -ESTALE, .age_ms = 65000 },
	    "file:///beat: last changed 1m5s ago, more than 30s");
	expect_text("file:///beat", &rules,
	    &(struct probe_result){ .answer = -ESTALE, .age_ms = -7200000 },
	    "file:///beat: dated 2h ahead of the clock, more than 30s");
}

Test(probe, has_room_for_its_line_on_the_longest_url)
{
	char url[PROBE_TARGET_URL_MAX + 1] = "http://127.0.0.1/";
	struct probe_target target;
	char text[PROBE_RESULT_MAX];

	memset(url + strlen(url), 'x', PROBE_TARGET_URL_MAX - strlen(url));
	cr_assert_eq(probe_target_parse(url, &target), 0);
	probe_format_result(&target, &(struct probe_rules){ .timeout_ms = 0 },
	    &(struct probe_result){ .answer = -EMSGSIZE }, text);
	cr_expect_not_null(strstr(text, "first 8 KiB"), "%s", text);
}

/* --- Servers ------------------------------------------------------------- */

/* It has bound a port, or a path in the scratch folder. */
struct server {
	int fd;
	char url[160];
};

/* Binds the loopback address of FAMILY to a port that the kernel chooses. */
static struct server
bind_to(int family, const char *url_format)
{
	struct sockaddr_in6 six = {
		.sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	struct sockaddr_in four = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr *address = family == AF_INET6 ?
	    (struct sockaddr *)&six : (struct sockaddr *)&four;
	socklen_t length = family == AF_INET6 ? sizeof(six) : sizeof(four);
	struct server server;

	server.fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (family == AF_INET6 && (server.fd < 0 ||
	    bind(server.fd, address, length) < 0))
		cr_skip("skipped: there is no IPv6 here");
	if (family == AF_INET)
		cr_assert_eq(bind(server.fd, address, length), 0);
	cr_assert_eq(getsockname(server.fd, address, &length), 0);
	snprintf(server.url, sizeof(server.url), url_format,
	    ntohs(family == AF_INET6 ? six.sin6_port : four.sin_port));
	return server;
}

static struct server
bind_to_path(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct server server;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	snprintf(server.url, sizeof(server.url), "unix://%s", path);
	server.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(server.fd, (struct sockaddr *)&address,
	    sizeof(address)), 0);
	return server;
}

/* Reads a request up to its empty line, and does not terminate it. */
static void
read_request(int client, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	while (strstr(text, "\r\n\r\n") == NULL && length < size - 1) {
		ssize_t more = read(client, text + length, size - 1 - length);

		if (more <= 0)
			return;
		length += (size_t)more;
		text[length] = '\0';
	}
}

static void
await_hangup(int client)
{
	struct pollfd hangup = { .fd = client, .events = POLLRDHUP };

	poll(&hangup, 1, LONG_MS);
}

/* --- What a server does with its client, knowing ANSWER --- */

static void
answer_and_close(int client, const char *answer)
{
	char request[4096];

	read_request(client, request, sizeof(request));
	(void)!write(client, answer, strlen(answer));
}

static void
answer_and_stay(int client, const char *answer)
{
	answer_and_close(client, answer);
	await_hangup(client);
}

static void
answer_unasked(int client, const char *answer)
{
	(void)!write(client, answer, strlen(answer));
	await_hangup(client);
}

static void
answer_byte_by_byte(int client, const char *answer)
{
	char request[4096];

	read_request(client, request, sizeof(request));
	for (; *answer != '\0'; answer++) {
		int unsent = 1;

		(void)!write(client, answer, 1);
		/* Wait until it is sent, so that each is a packet. */
		while (unsent > 0 && ioctl(client, TIOCOUTQ, &unsent) == 0)
			sched_yield();
	}
	await_hangup(client);
}

/* Sends ANSWER, and then bytes without end, as fast as they are taken. */
static void
answer_endlessly(int client, const char *answer)
{
	static char flood[65536];

	memset(flood, 'x', sizeof(flood));
	answer_and_close(client, answer);
	while (write(client, flood, sizeof(flood)) > 0)
		continue;
}

/* Sends ANSWER, and then bytes without end, one each 10 ms. */
static void
answer_ever_so_slowly(int client, const char *answer)
{
	struct pollfd hangup = { .fd = client, .events = POLLRDHUP };

	answer_and_close(client, answer);
	while (poll(&hangup, 1, 10) == 0)
		(void)!write(client, "x", 1);
}

/* The descriptor to which answer_in_pieces writes its result. */
static int told;

/*
 * Sends ANSWER. At each | it pauses for a moment, in which a client that had
 * seen enough would close the connection. At the end it waits until the client
 * does close it, and writes to TOLD whether it could send all of ANSWER.
 */
static void
answer_in_pieces(int client, const char *answer)
{
	struct pollfd hangup = { .fd = client, .events = POLLRDHUP };
	char request[4096];
	bool goes_on = true;

	read_request(client, request, sizeof(request));
	while (goes_on) {
		size_t length = strcspn(answer, "|");

		goes_on = write(client, answer, length) == (ssize_t)length;
		answer += length;
		if (*answer == '\0')
			break;
		answer++;
		goes_on = goes_on && poll(&hangup, 1, 50) == 0;
	}
	(void)!write(told, goes_on ? "all" : "cut", 3);
}

static void
answer_in_pieces_and_stay(int client, const char *answer)
{
	answer_in_pieces(client, answer);
	await_hangup(client);
}

static void
answer_nothing(int client, const char *answer)
{
	(void)answer;
	await_hangup(client);
}

static void
close_at_once(int client, const char *answer)
{
	(void)client;
	(void)answer;
}

/* Reads the request: with unread bytes, close(2) alone would send a reset. */
static void
reset(int client, const char *answer)
{
	const struct linger none = { .l_onoff = 1, .l_linger = 0 };
	char request[4096];

	(void)answer;
	read_request(client, request, sizeof(request));
	setsockopt(client, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
}

/* Passes the request on to the descriptor whose number is ANSWER. */
static void
pass_on(int client, const char *answer)
{
	char request[4096];

	read_request(client, request, sizeof(request));
	(void)!write(atoi(answer), request, strlen(request));
	(void)!write(client, OK EMPTY, strlen(OK EMPTY));
}

/* Serves every client in a process that dies with the test. */
static void
serve(const struct server *server, void (*behave)(int client,
    const char *answer), const char *answer)
{
	pid_t test = getpid();
	int client;

	cr_assert_eq(listen(server->fd, 8), 0);
	if (fork() != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != test)
		_exit(1);
	signal(SIGPIPE, SIG_IGN);
	while ((client = accept(server->fd, NULL, NULL)) >= 0) {
		behave(client, answer);
		close(client);
	}
	_exit(0);
}

/* --- Probes of them ------------------------------------------------------ */

static struct probe_result
ask_by(const char *url, const struct probe_rules *rules)
{
	struct probe_target target;
	struct probe_result result;

	cr_assert_eq(probe_target_parse(url, &target), 0, "%s", url);
	probe_run(&target, rules, rules->timeout_ms == 0 ? INT64_MAX :
	    clock_monotonic_ms() + rules->timeout_ms, &result);
	return result;
}

/* The answer; what is healthy is the usual. */
static int
ask(const char *url, int64_t timeout_ms)
{
	const struct probe_rules rules = { .statuses = &usual,
		.timeout_ms = timeout_ms };
	struct probe_result result = ask_by(url, &rules);

	cr_expect_eq(result.is_healthy, result.answer == 0 ||
	    (result.answer >= 200 && result.answer <= 399), "%d",
	    result.answer);
	return result.answer;
}

/* Probes an HTTP server that runs BEHAVE with ANSWER. As ask. */
static int
ask_server(void (*behave)(int client, const char *answer),
    const char *answer, int64_t timeout_ms)
{
	struct server server = bind_to(AF_INET, "http://127.0.0.1:%u/x");

	serve(&server, behave, answer);
	/* The server's process has it: open here too, it would not close. */
	close(server.fd);
	return ask(server.url, timeout_ms);
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Expects a time-out not before SHORT_MS, and not much later. */
static void
expect_timeout(const char *url)
{
	int64_t start = now_ms();

	cr_expect_eq(ask(url, SHORT_MS), -ETIME, "%s", url);
	cr_expect_geq(now_ms() - start, SHORT_MS, "%s", url);
	cr_expect_lt(now_ms() - start, LONG_MS / 2, "%s", url);
}

Test(probe, of_tcp_is_healthy_when_somebody_listens)
{
	struct server server = bind_to(AF_INET, "tcp://127.0.0.1:%u");

	cr_expect_eq(ask(server.url, LONG_MS), -ECONNREFUSED);
	cr_assert_eq(listen(server.fd, 8), 0);
	cr_expect_eq(ask(server.url, LONG_MS), 0);
	cr_expect_eq(ask(server.url, 0), 0);
	close(server.fd);
	cr_expect_eq(ask(server.url, LONG_MS), -ECONNREFUSED);
}

Test(probe, of_tcp_needs_no_answer_of_the_server)
{
	struct server server = bind_to(AF_INET, "tcp://127.0.0.1:%u");

	serve(&server, close_at_once, NULL);
	cr_expect_eq(ask(server.url, LONG_MS), 0);
}

Test(probe, of_tcp_speaks_ipv6)
{
	struct server server = bind_to(AF_INET6, "tcp://[::1]:%u");

	cr_expect_eq(ask(server.url, LONG_MS), -ECONNREFUSED);
	cr_assert_eq(listen(server.fd, 8), 0);
	cr_expect_eq(ask(server.url, LONG_MS), 0);
}

Test(probe, of_http_speaks_ipv6)
{
	struct server server = bind_to(AF_INET6, "http://[::1]:%u/");

	serve(&server, answer_and_stay, "HTTP/1.1 204 No Content\r\n\r\n");
	cr_expect_eq(ask(server.url, LONG_MS), 204);
}

Test(probe, of_localhost_finds_a_server_with_ipv4_only)
{
	struct server tcp = bind_to(AF_INET, "tcp://localhost:%u");
	struct server http = bind_to(AF_INET, "http://localhost:%u");

	cr_expect_eq(ask(tcp.url, LONG_MS), -ECONNREFUSED);
	cr_assert_eq(listen(tcp.fd, 8), 0);
	cr_expect_eq(ask(tcp.url, LONG_MS), 0);
	serve(&http, answer_and_stay, OK EMPTY);
	cr_expect_eq(ask(http.url, LONG_MS), 200);
}

Test(probe, of_localhost_finds_a_server_with_ipv6_only)
{
	struct server tcp = bind_to(AF_INET6, "tcp://localhost:%u");
	struct server http = bind_to(AF_INET6, "http://localhost:%u");

	cr_assert_eq(listen(tcp.fd, 8), 0);
	cr_expect_eq(ask(tcp.url, LONG_MS), 0);
	/* The result is the server's, not the refusal of the other family. */
	serve(&http, answer_and_stay, "HTTP/1.1 503 \r\n" EMPTY);
	cr_expect_eq(ask(http.url, LONG_MS), 503);
}

/* Two servers with one port: ::1 runs BEHAVE, and 127.0.0.1 is healthy. */
static void
expect_second_asked(void (*behave)(int client, const char *answer),
    const char *answer)
{
	struct server first = bind_to(AF_INET6, "http://localhost:%u");
	struct sockaddr_in second = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((in_port_t)atoi(
		    strrchr(first.url, ':') + 1)),
	};
	struct server four = {
		.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
	};

	if (bind(four.fd, (struct sockaddr *)&second, sizeof(second)) < 0)
		cr_skip("skipped: the port is in use: %s", strerror(errno));
	serve(&first, behave, answer);
	serve(&four, answer_and_stay, OK EMPTY);
	cr_expect_eq(ask(first.url, LONG_MS), 200);
}

Test(probe, of_localhost_is_healthy_if_either_is)
{
	expect_second_asked(close_at_once, NULL);
	expect_second_asked(answer_and_stay, "HTTP/1.1 404 \r\n" EMPTY);
}

Test(probe, of_unix_is_healthy_when_somebody_listens)
{
	struct server server = bind_to_path(scratch_path("s"));

	cr_expect_eq(ask(server.url, LONG_MS), -ECONNREFUSED);
	cr_assert_eq(listen(server.fd, 8), 0);
	cr_expect_eq(ask(server.url, LONG_MS), 0);
	unlink(scratch_path("s"));
	cr_expect_eq(ask(server.url, LONG_MS), -ENOENT);
}

Test(probe, of_unix_refuses_a_file_that_is_no_socket)
{
	char url[160];

	write_file(scratch_path("file"), "");
	snprintf(url, sizeof(url), "unix://%s", scratch_path("file"));
	cr_expect_eq(ask(url, LONG_MS), -ECONNREFUSED);
}

/* Fills the queue with clients that nobody accepts. */
static void
fill_queue(const struct server *server)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	int client;

	cr_assert_eq(listen(server->fd, 0), 0);
	cr_assert_eq(getsockname(server->fd, (struct sockaddr *)&address,
	    &length), 0);
	do
		client = socket(address.ss_family,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	while (connect(client, (struct sockaddr *)&address, length) == 0);
}

Test(probe, of_unix_waits_for_room_in_the_queue)
{
	struct server server = bind_to_path(scratch_path("s"));

	fill_queue(&server);
	expect_timeout(server.url);
	serve(&server, close_at_once, NULL);
	cr_expect_eq(ask(server.url, LONG_MS), 0);
}

Test(probe, of_http_asks_as_it_should)
{
	static const struct {
		const char *format;
		const char *line;
	} samples[] = {
		{ "http://127.0.0.1:%u/a/b?c=%%20&d", "/a/b?c=%20&d" },
		{ "http://127.0.0.1:%u", "/" },
		{ "http://127.0.0.1:%u?x=/y", "/?x=/y" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		struct server server = bind_to(AF_INET, samples[i].format);
		const char *host = server.url + strlen("http://");
		char expected[512];
		char request[4096];
		char number[16];
		int ends[2];

		cr_assert_eq(pipe(ends), 0);
		snprintf(number, sizeof(number), "%d", ends[1]);
		serve(&server, pass_on, number);
		cr_expect_eq(ask(server.url, LONG_MS), 200);
		cr_assert(read(ends[0], request, sizeof(request)) > 0);
		snprintf(expected, sizeof(expected), "GET %s HTTP/1.1\r\n"
		    "Host: %.*s\r\nUser-Agent: dinit/", samples[i].line,
		    (int)strcspn(host, "/?"), host);
		cr_expect_eq(strncmp(request, expected, strlen(expected)), 0,
		    "%s", request);
		cr_expect_not_null(strstr(request, "\r\nAccept: */*\r\n"));
		cr_expect_not_null(strstr(request,
		    "\r\nConnection: close\r\n\r\n"));
	}
}

Test(probe, of_http_takes_any_status)
{
	static const struct {
		const char *answer;
		int status;
	} samples[] = {
		{ OK EMPTY, 200 },
		{ "HTTP/1.0 200 OK\r\n" EMPTY, 200 },
		{ "HTTP/1.1 204 No Content\r\n\r\n", 204 },
		{ "HTTP/1.1 301 Moved\r\nLocation: /\r\n" EMPTY, 301 },
		{ "HTTP/1.1 404 Not Found\r\n" EMPTY, 404 },
		{ "HTTP/1.1 500 Oh\r\n" EMPTY, 500 },
		{ CONTINUE OK EMPTY, 200 },
		{ CONTINUE CONTINUE "HTTP/1.1 503 \r\n" EMPTY, 503 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const char *answer = samples[i].answer;

		cr_expect_eq(ask_server(answer_and_close, answer, LONG_MS),
		    samples[i].status, "%s", answer);
		cr_expect_eq(ask_server(answer_and_stay, answer, LONG_MS),
		    samples[i].status, "%s", answer);
		cr_expect_eq(ask_server(answer_unasked, answer, 0),
		    samples[i].status, "%s", answer);
		cr_expect_eq(ask_server(answer_byte_by_byte, answer, LONG_MS),
		    samples[i].status, "%s", answer);
	}
}

Test(probe, of_http_knows_what_is_no_answer)
{
	cr_expect_eq(ask_server(answer_and_stay, "SSH-2.0-x\r\n", LONG_MS),
	    -EBADMSG);
	cr_expect_eq(ask_server(answer_and_close, "HTTP/1.1 20", LONG_MS),
	    -ENODATA);
	cr_expect_eq(ask_server(answer_and_close, CONTINUE, LONG_MS),
	    -ENODATA);
	cr_expect_eq(ask_server(answer_and_close, "", LONG_MS), -ENODATA);
	cr_expect_eq(ask_server(reset, "", LONG_MS), -ECONNRESET);
}

/* The server closes before or after the request arrives: tried many times. */
Test(probe, of_http_survives_a_server_that_closes_at_once)
{
	for (int i = 0; i < 20; i++) {
		int result = ask_server(close_at_once, NULL, LONG_MS);

		cr_expect(result == -ENODATA || result == -ECONNRESET ||
		    result == -EPIPE, "%d", result);
	}
}

/* Expects that the client takes all of ANSWER before it closes. */
static void
expect_all_taken(void (*behave)(int client, const char *answer),
    const char *answer, int64_t timeout_ms)
{
	char how[4] = "";
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	told = ends[1];
	cr_expect_eq(ask_server(behave, answer, timeout_ms), 200, "%s",
	    answer);
	cr_assert_eq(read(ends[0], how, 3), 3);
	cr_expect_str_eq(how, "all", "%s", answer);
	close(ends[0]);
	close(ends[1]);
}

Test(probe, of_http_takes_the_whole_answer)
{
	static const char *const with_end[] = {
		OK "Content-Length: 10\r\n\r\n|fine\n|fine\n",
		"HTTP/1.1 |200 OK\r\nContent-|Length: 2\r\n|\r\n|o|k",
		CONTINUE "|" OK "Content-Length: 2\r\n\r\n|ok",
		OK "Transfer-Encoding: chunked\r\n\r\n|5\r\nfi|ne\n|\r\n"
		    "1|0\r\n0123|456789abcdef\r\n|0\r\n|\r\n",
	};
	static const char *const others[] = {
		OK "\r\n|fine\n|fine\n",
		"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n|fi|ne",
		/* closed before the end */
		OK "Content-Length: 100\r\n\r\n|fine\n",
		OK "Transfer-Encoding: chunked\r\n\r\n|5\r\nfi",
		OK "X: y",
	};

	for (size_t i = 0; i < ARRAY_SIZE(with_end); i++) {
		expect_all_taken(answer_in_pieces, with_end[i], LONG_MS);
		expect_all_taken(answer_in_pieces_and_stay, with_end[i], 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		expect_all_taken(answer_in_pieces, others[i], LONG_MS);
}

static void
expect_soon(void (*behave)(int client, const char *answer),
    const char *answer, int64_t timeout_ms)
{
	int64_t start = now_ms();

	cr_expect_eq(ask_server(behave, answer, timeout_ms), 200, "%s", answer);
	cr_expect_lt(now_ms() - start, LONG_MS / 2, "%s", answer);
}

/* Once the status is known, the rest of the answer cannot change it. */
Test(probe, of_http_does_not_wait_for_an_end_that_never_comes)
{
	expect_soon(answer_and_stay, OK, LONG_MS);
	expect_soon(answer_and_stay, OK "\r\nfine", LONG_MS);
	expect_soon(answer_and_stay, OK "\r\nfine", 0);
	expect_soon(answer_and_stay, OK "Content-Length: 9\r\n\r\n", 0);
	expect_soon(answer_and_stay, OK "Content-Length: 9\r\n\r\n",
	    STALL_MS);
	expect_soon(answer_ever_so_slowly, OK "\r\n", STALL_MS);
}

Test(probe, of_http_reads_no_more_than_it_needs)
{
	expect_soon(answer_endlessly, OK "\r\n", LONG_MS);
	expect_soon(answer_endlessly, OK "Content-Length: 999999999\r\n\r\n",
	    LONG_MS);
	cr_expect_eq(ask_server(answer_endlessly, OK "X: ", 0), 200);
	cr_expect_eq(ask_server(answer_endlessly,
	    "HTTP/1.1 100 Continue\r\nX: ", 0), -EMSGSIZE);
	cr_expect_eq(ask_server(answer_endlessly, "HTTP/1.1 100 ", 0),
	    -EMSGSIZE);
	cr_expect_eq(ask_server(answer_endlessly, "", 0), -EBADMSG);
}

static void
expect_http_timeout(void (*behave)(int client, const char *answer),
    const char *answer)
{
	struct server server = bind_to(AF_INET, "http://127.0.0.1:%u/");

	serve(&server, behave, answer);
	expect_timeout(server.url);
}

Test(probe, of_http_times_out)
{
	struct server server = bind_to(AF_INET, "http://localhost:%u/");

	expect_http_timeout(answer_nothing, NULL);
	expect_http_timeout(answer_and_stay, "HTTP/1.1 200");
	expect_http_timeout(answer_and_stay, CONTINUE);
	expect_http_timeout(answer_ever_so_slowly, "HTTP/1.1 100 ");
	/* The kernel makes the connection, though no process accepts it. */
	cr_assert_eq(listen(server.fd, 8), 0);
	expect_timeout(server.url);
}

/* TCP drops a connection that does not fit into the queue, and tries again. */
Test(probe, of_tcp_times_out)
{
	struct server server = bind_to(AF_INET, "tcp://127.0.0.1:%u");

	fill_queue(&server);
	expect_timeout(server.url);
}

/* --- Rules --------------------------------------------------------------- */

Test(probe, of_http_takes_as_healthy_what_it_is_told)
{
	struct server server = bind_to(AF_INET, "http://127.0.0.1:%u/");
	struct probe_result result;

	serve(&server, answer_and_stay, "HTTP/1.1 401 No\r\n" EMPTY);
	result = ask_by(server.url, &(struct probe_rules){
	    .statuses = &usual, .timeout_ms = LONG_MS });
	cr_expect(!result.is_healthy && result.answer == 401);
	result = ask_by(server.url, &(struct probe_rules){
	    .statuses = &(struct http_statuses){ .classes = 1 << 4 },
	    .timeout_ms = LONG_MS });
	cr_expect(result.is_healthy && result.answer == 401);
}

Test(probe, of_http_asks_for_the_host_that_it_is_told)
{
	struct server server = bind_to(AF_INET, "http://127.0.0.1:%u/a");
	char request[4096];
	char number[16];
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	snprintf(number, sizeof(number), "%d", ends[1]);
	serve(&server, pass_on, number);
	cr_expect_eq(ask_by(server.url, &(struct probe_rules){
	    .statuses = &usual, .host = "shop.example",
	    .timeout_ms = LONG_MS }).answer, 200);
	cr_assert(read(ends[0], request, sizeof(request)) > 0);
	cr_expect_not_null(strstr(request, "\r\nHost: shop.example\r\n"));
}

Test(probe, of_listen_does_not_connect)
{
	struct server server = bind_to(AF_INET, "listen:%u");
	struct pollfd client = { .fd = server.fd, .events = POLLIN };

	cr_expect_eq(ask(server.url, LONG_MS), -ECONNREFUSED);
	cr_assert_eq(listen(server.fd, 8), 0);
	cr_expect_eq(ask(server.url, LONG_MS), 0);
	cr_expect_eq(poll(&client, 1, 0), 0);
}

/* The answer for the file whose mtime is AHEAD_S from now; none: as it is. */
static struct probe_result
ask_file(int64_t ahead_s, int64_t max_age_ms)
{
	const struct timespec times[] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = (time_t)(clock_wall().tv_sec + ahead_s) },
	};
	char url[160];

	write_file(scratch_path("a file"), "");
	cr_assert_eq(utimensat(AT_FDCWD, scratch_path("a file"), times, 0), 0);
	snprintf(url, sizeof(url), "file://%s", scratch_path("a file"));
	return ask_by(url, &(struct probe_rules){ .statuses = &usual,
	    .max_age_ms = max_age_ms });
}

Test(probe, of_a_file_is_healthy_while_that_is_young)
{
	static const struct {
		int64_t ahead_s;
		int64_t max_age_ms;
		int answer;
	} samples[] = {
		{ 0, 60000, 0 }, { -30, 60000, 0 }, { -61, 60000, -ESTALE },
		{ -3600, 0, 0 }, { 3600, 0, 0 }, { 30, 60000, 0 },
		{ 3600, 60000, -ESTALE },
		{ 3600, 2 * 3600000, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		struct probe_result result = ask_file(samples[i].ahead_s,
		    samples[i].max_age_ms);

		cr_expect_eq(result.answer, samples[i].answer, "%zu: %d", i,
		    result.answer);
		cr_expect_eq(result.is_healthy, result.answer == 0);
		cr_expect(llabs(result.age_ms + samples[i].ahead_s * 1000) <
		    20000, "%lld", (long long)result.age_ms);
	}
}

Test(probe, of_a_file_knows_any_date)
{
	struct probe_result result = ask_file(-clock_wall().tv_sec - 1000000,
	    60000);

	cr_expect_eq(result.answer, -ESTALE);
	cr_expect_leq(result.age_ms, clock_wall().tv_sec * 1000 + 1000);
	result = ask_file(DURATION_MAX_MS / 1000 + 5, 60000);
	cr_expect_eq(result.answer, -ESTALE);
	cr_expect_geq(result.age_ms, -DURATION_MAX_MS);
}

Test(probe, of_a_file_is_unhealthy_where_there_is_none)
{
	char url[160];

	snprintf(url, sizeof(url), "file://%s", scratch_path("none"));
	cr_expect_eq(ask(url, LONG_MS), -ENOENT);
	/* A folder is there as well. */
	mkdir(scratch_path("folder"), 0755);
	snprintf(url, sizeof(url), "file://%s", scratch_path("folder"));
	cr_expect_eq(ask(url, LONG_MS), 0);
}

Test(probe, leaves_no_descriptor_open)
{
	struct server server = bind_to(AF_INET, "http://127.0.0.1:%u/");
	int before = count_descriptors();

	cr_expect_eq(ask(server.url, LONG_MS), -ECONNREFUSED);
	serve(&server, answer_and_stay, OK EMPTY);
	cr_expect_eq(ask(server.url, LONG_MS), 200);
	cr_expect_eq(count_descriptors(), before);
}

Test(probe, says_why_there_is_no_socket)
{
	deny_system_call(SYS_socket, EPERM);
	cr_expect_eq(ask("tcp://127.0.0.1:1", LONG_MS), -EPERM);
	cr_expect_eq(ask("unix:///s", LONG_MS), -EPERM);
}

/* --- A socket that meets itself ------------------------------------------ */

#define PORT_RANGE "/proc/sys/net/ipv4/ip_local_port_range"

/* Enters a network of its own, in which the range of ports can be set. */
static bool
enter_own_network(void)
{
	struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;
	bool is_up;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	is_up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
	close(fd);
	return is_up && access(PORT_RANGE, W_OK) == 0;
}

/* No server listens at PORT, the only one that the kernel can choose. */
static void
expect_nobody_there(const char *url_format, unsigned int port)
{
	int fd = open(PORT_RANGE, O_WRONLY | O_CLOEXEC);
	struct probe_target target;
	struct probe_result result;
	const struct probe_rules rules = { .statuses = &usual };
	char url[64];

	must(dprintf(fd, "%u %u", port, port) > 0, "no range of ports: %s",
	    strerror(errno));
	close(fd);
	snprintf(url, sizeof(url), url_format, port);
	must(probe_target_parse(url, &target) == 0, "%s", url);
	probe_run(&target, &rules, clock_monotonic_ms() + LONG_MS, &result);
	must(result.answer == -ECONNREFUSED, "%s: %d", url, result.answer);
}

/* If there is no such network, the reason is written to *(int *)DENIED. */
static void
probe_the_own_port(void *denied)
{
	if (!enter_own_network()) {
		dprintf(*(int *)denied, "%s", strerror(errno));
		return;
	}
	/* Each port is used once, as TCP keeps it busy then (TIME_WAIT). */
	expect_nobody_there("tcp://127.0.0.1:%u", 40000);
	expect_nobody_there("tcp://localhost:%u", 40001);
	expect_nobody_there("http://127.0.0.1:%u", 40002);
}

Test(probe, does_not_take_itself_for_the_server)
{
	char denied[64];
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	in_child(probe_the_own_port, &ends[1]);
	close(ends[1]);
	if (read_to_end(ends[0], denied, sizeof(denied)) > 0)
		cr_skip("skipped: no network of our own: %s", denied);
}
