/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "readiness/listening.h"
#include "base/array.h"
#include "support.h"

TestSuite(listening, .timeout = 60);

Test(listening, is_read_from_lines_of_the_kernel)
{
	static const struct {
		const char *line;
		unsigned int port;
	} samples[] = {
		{ "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 "
		    "00:00000000 00000000     0        0 1 1 0 100 0 0 10 0",
		    8080 },
		{ "12345: 00000000:FFFF 00000000:0000 0A 0", 65535 },
		{ "   1: 00000000000000000000000001000000:0016 "
		    "00000000000000000000000000000000:0000 0A 00000000", 22 },
		/* a connection, and one that is being closed */
		{ "   2: 0100007F:1F90 0100007F:C350 01 00000000:00000000", 0 },
		{ "   3: 0100007F:1F90 0100007F:C350 06 00000000:00000000", 0 },
		{ "  sl  local_address rem_address   st tx_queue rx_queue tr "
		    "tm->when retrnsmt   uid  timeout inode", 0 },
		{ "", 0 }, { "\n", 0 }, { " ", 0 }, { "0:", 0 },
		{ "0: 0100007F", 0 }, { "0: 0100007F:1F90", 0 },
		{ "0: 0100007F:1F90 0:0", 0 }, { "0: 0100007F:1F90 0:0 0A", 0 },
		{ "0: 0100007F 0:0 0A 1", 0 }, { "0: 1:10000 0:0 0A 1", 0 },
		{ "0: 1:0000 0:0 0A 1", 0 }, { "0: 1: 0:0 0A 1", 0 },
		{ "0: 1:50 0:0 0AA 1", 0 },
		{ "0: 1:FFFFFFFFFFFFFFFFFFFF 0:0 0A 1", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		cr_expect_eq(listening_read_line(samples[i].line),
		    samples[i].port, "%s", samples[i].line);
}

/* A socket on FAMILY's address ANY or loopback; the port is the kernel's. */
static int
bind_socket(int family, bool is_loopback, unsigned int *port)
{
	struct sockaddr_in6 six = {
		.sin6_family = AF_INET6,
		.sin6_addr = is_loopback ? in6addr_loopback : in6addr_any,
	};
	struct sockaddr_in four = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(is_loopback ? INADDR_LOOPBACK :
		    INADDR_ANY),
	};
	bool is_six = family == AF_INET6;
	struct sockaddr *address = is_six ? (struct sockaddr *)&six :
	    (struct sockaddr *)&four;
	socklen_t length = is_six ? sizeof(six) : sizeof(four);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (is_six && (fd < 0 || bind(fd, address, length) < 0))
		cr_skip("skipped: there is no IPv6 here");
	if (!is_six)
		cr_assert_eq(bind(fd, address, length), 0);
	cr_assert_eq(getsockname(fd, address, &length), 0);
	*port = ntohs(is_six ? six.sin6_port : four.sin_port);
	return fd;
}

static void
expect_seen_once_it_listens(int family, bool is_loopback)
{
	unsigned int port;
	int fd = bind_socket(family, is_loopback, &port);

	cr_expect_eq(listening_has_port(port), 0);
	cr_assert_eq(listen(fd, 1), 0);
	cr_expect_eq(listening_has_port(port), 1);
	close(fd);
	cr_expect_eq(listening_has_port(port), 0);
}

Test(listening, is_seen_on_whatever_address)
{
	expect_seen_once_it_listens(AF_INET, true);
	expect_seen_once_it_listens(AF_INET, false);
	expect_seen_once_it_listens(AF_INET6, true);
	expect_seen_once_it_listens(AF_INET6, false);
}

Test(listening, leaves_nothing_open)
{
	int before = count_descriptors();

	listening_has_port(1);
	cr_expect_eq(count_descriptors(), before);
}

Test(listening, says_why_it_cannot_be_seen)
{
	if (is_sanitized())
		cr_skip("skipped: AddressSanitizer opens files too");
	deny_system_call(SYS_openat, EPERM);
#ifdef SYS_open
	deny_system_call(SYS_open, EPERM);
#endif
	cr_expect_eq(listening_has_port(1), -EPERM);
}
