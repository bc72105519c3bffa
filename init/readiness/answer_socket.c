/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "readiness/answer_socket.h"
#include "base/number.h"

/*
 * Enough for bursts. A client that does not fit in tries again after a second
 * (listen(2), tcp(7)).
 */
#define BACKLOG 1024

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in ipv4;
		struct sockaddr_in6 ipv6;
	} to;
	socklen_t length;
};

static void
set_ipv4(struct address *out, uint16_t port)
{
	*out = (struct address){ .length = sizeof(out->to.ipv4) };
	out->to.ipv4.sin_family = AF_INET;
	out->to.ipv4.sin_port = htons(port);
}

static void
set_ipv6(struct address *out, uint16_t port)
{
	*out = (struct address){ .length = sizeof(out->to.ipv6) };
	out->to.ipv6.sin6_family = AF_INET6;
	out->to.ipv6.sin6_port = htons(port);
}

/* Reads HOST, which may be in brackets, as an address. 0 or -EINVAL. */
static int
parse_host(char *host, uint16_t port, struct address *out)
{
	size_t length = strlen(host);
	int read;

	if (host[0] != '[') {
		set_ipv4(out, port);
		read = inet_pton(AF_INET, host, &out->to.ipv4.sin_addr);
	} else if (host[length - 1] == ']') {
		host[length - 1] = '\0';
		set_ipv6(out, port);
		read = inet_pton(AF_INET6, host + 1, &out->to.ipv6.sin6_addr);
	} else {
		return -EINVAL;
	}
	return read == 1 ? 0 : -EINVAL;
}

/* A port alone is read as that port of any address of IPv6. 0 or -EINVAL. */
static int
parse(const char *text, struct address *out)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2];
	int64_t port = number_parse(colon == NULL ? text : colon + 1,
	    UINT16_MAX);

	if (port < 1)
		return -EINVAL;
	if (colon == NULL) {
		set_ipv6(out, (uint16_t)port);
		return 0;
	}
	if (colon == text || colon - text >= (ptrdiff_t)sizeof(host))
		return -EINVAL;
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	return parse_host(host, (uint16_t)port, out);
}

bool
answer_socket_is_valid(const char *text)
{
	struct address address;

	return parse(text, &address) == 0;
}

/*
 * Without SO_REUSEADDR a restarted dinit could not listen while the kernel
 * remembers connections to the last one (tcp(7), TIME_WAIT). Without
 * IPV6_V6ONLY, whose default is the kernel's, IPv4 would perhaps be left out.
 */
static bool
set_options(int fd, sa_family_t family)
{
	const int on = 1;
	const int off = 0;

	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (family != AF_INET6 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) ==
		    0);
}

static int
listen_at(const struct address *address)
{
	int fd = socket(address->to.any.sa_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd < 0)
		return -errno;
	if (set_options(fd, address->to.any.sa_family) &&
	    bind(fd, &address->to.any, address->length) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

int
answer_socket_open(const char *text)
{
	struct address address;
	int fd = parse(text, &address);

	if (fd < 0)
		return fd;
	fd = listen_at(&address);
	if (strchr(text, ':') != NULL ||
	    (fd != -EAFNOSUPPORT && fd != -EADDRNOTAVAIL))
		return fd;
	/* The kernel has no IPv6. */
	set_ipv4(&address, ntohs(address.to.ipv6.sin6_port));
	return listen_at(&address);
}
