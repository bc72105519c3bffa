/* SPDX-License-Identifier: MIT */
/*
 * A little HTTP server that takes its time to start and stops as twelve-factor
 * asks: on SIGTERM it listens no more, answers what it has begun, and ends.
 *
 *     webapp PORT START_MS [stubborn]     serve 127.0.0.1:PORT
 *     webapp get PORT PATH                ask it: prints the status line,
 *                                         exits 0 if that is 200
 *
 * GET /slow is answered after 1.5 s, anything else at once. "stubborn"
 * ignores SIGTERM. "-" for PORT is the one that $PORT says.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUESTS_MAX 16
#define SLOW_MS 1500

/* A request being worked on. */
struct request {
	int fd; /* -1: none */
	long answer_at;
};

struct server {
	int listener; /* -1: stopping */
	int signals;
	struct request requests[REQUESTS_MAX];
};

static long
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
pause_ms(long ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		continue;
}

static const char *
port_named(const char *word)
{
	const char *port = getenv("PORT");

	return strcmp(word, "-") == 0 && port != NULL ? port : word;
}

static struct sockaddr_in
address_of(const char *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((unsigned short)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return address;
}

static int
get(const char *port, const char *path)
{
	struct sockaddr_in address = address_of(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char text[256] = "";

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		printf("%s\n", strerror(errno));
		return 1;
	}
	dprintf(fd, "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", path);
	if (read(fd, text, sizeof(text) - 1) <= 0) {
		printf("no answer\n");
		return 1;
	}
	text[strcspn(text, "\r\n")] = '\0';
	printf("%s\n", text);
	return strstr(text, " 200 ") == NULL;
}

static int
start_listening(const char *port)
{
	struct sockaddr_in address = address_of(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, REQUESTS_MAX) < 0) {
		printf("cannot listen on port %s: %s\n", port,
		    strerror(errno));
		exit(1);
	}
	return fd;
}

static void
accept_request(struct server *server)
{
	int fd = accept(server->listener, NULL, NULL);
	char text[512] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0) {
		close(fd);
		return;
	}
	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		struct request *request = &server->requests[i];

		if (request->fd >= 0)
			continue;
		request->fd = fd;
		request->answer_at = now_ms() +
		    (strncmp(text, "GET /slow", 9) == 0 ? SLOW_MS : 0);
		return;
	}
	close(fd);
}

/* Answers what is due. How many requests are still being worked on. */
static int
answer_due(struct server *server)
{
	int open_requests = 0;

	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		struct request *request = &server->requests[i];

		if (request->fd < 0)
			continue;
		if (request->answer_at > now_ms()) {
			open_requests++;
			continue;
		}
		dprintf(request->fd, "HTTP/1.0 200 OK\r\n\r\nhello\n");
		close(request->fd);
		request->fd = -1;
	}
	return open_requests;
}

static void
stop_listening(struct server *server, int open_requests)
{
	struct signalfd_siginfo info;

	if (read(server->signals, &info, sizeof(info)) < 0)
		return;
	printf("SIGTERM: listening no more, %d request%s to finish\n",
	    open_requests, open_requests == 1 ? "" : "s");
	close(server->listener);
	server->listener = -1;
}

static int
serve(const char *port, long start_ms, int stubborn)
{
	struct server server;
	sigset_t term;
	int open_requests = 0;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	server.signals = stubborn ? -1 : signalfd(-1, &term, SFD_CLOEXEC);
	for (size_t i = 0; i < REQUESTS_MAX; i++)
		server.requests[i].fd = -1;
	printf("starting, which takes %ld ms\n", start_ms);
	pause_ms(start_ms);
	server.listener = start_listening(port);
	printf("listening on port %s\n", port);
	while (server.listener >= 0 || open_requests > 0) {
		struct pollfd fds[] = {
			{ .fd = server.listener, .events = POLLIN },
			{ .fd = server.signals, .events = POLLIN },
		};

		poll(fds, 2, open_requests > 0 ? 10 : -1);
		if (fds[0].revents & POLLIN)
			accept_request(&server);
		open_requests = answer_due(&server);
		if (fds[1].revents & POLLIN)
			stop_listening(&server, open_requests);
	}
	printf("all answered, bye\n");
	return 0;
}

int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 4 && strcmp(argv[1], "get") == 0)
		return get(port_named(argv[2]), argv[3]);
	if (argc >= 3)
		return serve(port_named(argv[1]), atol(argv[2]), argc > 3);
	fprintf(stderr, "usage: webapp PORT START_MS [stubborn]\n"
	    "       webapp get PORT PATH\n");
	return 2;
}
