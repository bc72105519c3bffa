/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "readiness/answer_socket.h"
#include "base/array.h"
#include "support.h"

TestSuite(answer_socket, .timeout = 20);

Test(answer_socket, takes_ports_with_and_without_an_address)
{
	static const char *const good[] = { "1", "8081", "65535",
		"127.0.0.1:80", "0.0.0.0:80", "[::1]:80", "[::]:65535" };
	static const char *const bad[] = { "", "0", "65536", "-1", "080000",
		"80 ", "x", ":80", "a:80", "127.0.0.1:", "127.0.0.1:0",
		"127.0.0:80", "::1:80", "[::1]", "[::1]80", "[]:80", "[:80",
		"[127.0.0.1]:80", "1.2.3.4:5:6",
		"[0000:0000:0000:0000:0000:0000:0000:0000:0000:00]:1" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		cr_expect(answer_socket_is_valid(good[i]), "%s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		cr_expect_not(answer_socket_is_valid(bad[i]), "%s", bad[i]);
}

/*
 * Takes any port of 127.0.0.1, so that no other process gets it, but all may
 * listen there that set SO_REUSEADDR. NAME is how --ready-listen names it.
 */
static void
reserve_port(char name[32])
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(address);
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&address, length), 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	getsockname(fd, (struct sockaddr *)&address, &length);
	snprintf(name, 32, "127.0.0.1:%u", ntohs(address.sin_port));
}

static bool
can_connect(const char *host, const char *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	inet_pton(AF_INET, host, &address.sin_addr);
	address.sin_port = htons((uint16_t)atoi(port));
	error = connect(fd, (struct sockaddr *)&address, sizeof(address));
	close(fd);
	return error == 0;
}

Test(answer_socket, listens_on_all_addresses_where_none_is_given)
{
	char name[32];
	const char *port = name + strlen("127.0.0.1:");
	int fd;

	reserve_port(name);
	fd = answer_socket_open(port);
	cr_assert_geq(fd, 0, "%d", fd);
	cr_expect_eq(answer_socket_open(port), -EADDRINUSE);
	cr_expect_eq(answer_socket_open(name), -EADDRINUSE);
	cr_expect(fcntl(fd, F_GETFL) & O_NONBLOCK);
	cr_expect(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	cr_expect(can_connect("127.0.0.1", port));
	cr_expect(can_connect("127.0.0.2", port));
}

Test(answer_socket, listens_on_the_address_that_is_given_alone)
{
	char name[32];
	int fd;

	reserve_port(name);
	fd = answer_socket_open(name);
	cr_assert_geq(fd, 0, "%d", fd);
	cr_expect(can_connect("127.0.0.1", strrchr(name, ':') + 1));
	cr_expect_not(can_connect("127.0.0.2", strrchr(name, ':') + 1));
	cr_expect_eq(answer_socket_open("192.0.2.1:80"), -EADDRNOTAVAIL);
}

static void
listen_without_ipv6(void *argument)
{
	char name[32];
	int fd;

	(void)argument;
	reserve_port(name);
	deny_system_call(SYS_socket, EAFNOSUPPORT);
	fd = answer_socket_open(strrchr(name, ':') + 1);
	must(fd == -EAFNOSUPPORT, "%d", fd);
}

Test(answer_socket, says_that_there_is_no_network)
{
	in_child(listen_without_ipv6, NULL);
}
