/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "readiness/probe_target.h"
#include "base/number.h"

/* What follows SCHEME at the start of URL, or NULL. */
static const char *
skip_scheme(const char *url, const char *scheme)
{
	size_t length = strlen(scheme);

	return strncasecmp(url, scheme, length) == 0 ? url + length : NULL;
}

static int
check_characters(const char *url)
{
	if (strlen(url) > PROBE_TARGET_URL_MAX)
		return -ENAMETOOLONG;
	for (const char *c = url; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			return -EILSEQ;
	return strchr(url, '#') != NULL ? -EINVAL : 0;
}

static int
parse_path(const char *path, struct probe_target *target)
{
	size_t length = strlen(path);

	if (path[0] != '/' || path[length - 1] == '/')
		return -EINVAL;
	if (length >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return -ENAMETOOLONG;
	target->path = path;
	return 0;
}

static int
parse_port(const char *text, size_t length, in_port_t *port)
{
	uint64_t number;

	if (length == 0 || length > 5 || number_read(text, &number) != length ||
	    number < 1 || number > 65535)
		return -ERANGE;
	*port = htons((in_port_t)number);
	return 0;
}

/* An IPv6 address is in brackets, because its colons could begin a port. */
static int
parse_host(const char *text, size_t length, struct probe_target *target)
{
	char host[INET6_ADDRSTRLEN + 2];
	int parsed;

	if (length == 0 || length >= sizeof(host))
		return -EADDRNOTAVAIL;
	memcpy(host, text, length);
	host[length] = '\0';
	if (strcasecmp(host, "localhost") == 0) {
		target->six.sin6_family = AF_INET6;
		target->six.sin6_addr = in6addr_loopback;
		target->four.sin_family = AF_INET;
		target->four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return 0;
	}
	if (host[0] == '[' && host[length - 1] == ']') {
		host[length - 1] = '\0';
		target->six.sin6_family = AF_INET6;
		parsed = inet_pton(AF_INET6, host + 1, &target->six.sin6_addr);
		return parsed == 1 ? 0 : -EADDRNOTAVAIL;
	}
	target->four.sin_family = AF_INET;
	parsed = inet_pton(AF_INET, host, &target->four.sin_addr);
	return parsed == 1 ? 0 : -EADDRNOTAVAIL;
}

/*
 * Reads HOST or HOST:PORT. FALLBACK is the port where TEXT has none; 0: TEXT
 * must have one.
 */
static int
parse_authority(const char *text, size_t length, unsigned int fallback,
    struct probe_target *target)
{
	size_t host_length = text[0] == '[' ? strcspn(text, "]/?") + 1
					    : strcspn(text, ":/?");
	in_port_t port = htons((in_port_t)fallback);
	int error;

	if (memchr(text, '@', length) != NULL)
		return -EINVAL;
	error = host_length > length ? -EADDRNOTAVAIL
				     : parse_host(text, host_length, target);
	if (error == 0 && host_length < length)
		error = text[host_length] != ':'
		    ? -ERANGE
		    : parse_port(text + host_length + 1,
			  length - host_length - 1, &port);
	if (error == 0 && port == 0)
		error = -ERANGE;
	target->six.sin6_port = port;
	target->four.sin_port = port;
	return error;
}

static int
parse_scheme(const char *url, struct probe_target *target)
{
	const char *rest = skip_scheme(url, "unix://");
	size_t length;

	if (rest != NULL)
		return parse_path(rest, target);
	rest = skip_scheme(url, "tcp://");
	if (rest != NULL) {
		length = strcspn(rest, "/?");
		return rest[length] != '\0'
		    ? -EINVAL
		    : parse_authority(rest, length, 0, target);
	}
	rest = skip_scheme(url, "http://");
	if (rest == NULL)
		return -EINVAL;
	target->authority = rest;
	target->authority_length = strcspn(rest, "/?");
	target->resource = rest + target->authority_length;
	return parse_authority(rest, target->authority_length, 80, target);
}

int
probe_target_parse(const char *url, struct probe_target *out)
{
	struct probe_target target = { .url = url };
	int error = check_characters(url);

	if (error == 0)
		error = parse_scheme(url, &target);
	if (error == 0)
		*out = target;
	return error;
}

const char *
probe_target_expectation(int error)
{
	switch (error) {
	case -EADDRNOTAVAIL:
		return "an address (IPv6 in brackets) or localhost as HOST: "
		       "it has no resolver to look up names";
	case -ERANGE:
		return "a PORT from 1 to 65535";
	case -EILSEQ:
		return "visible ASCII characters (%20 for a space)";
	case -ENAMETOOLONG:
		return "at most 2000 bytes, and 107 as the path of a socket";
	default:
		return "tcp://HOST:PORT, http://HOST:PORT/PATH or "
		       "unix:///PATH, without user, password and fragment";
	}
}

static_assert(PROBE_TARGET_URL_MAX == 2000, "probe_target_expectation says so");
