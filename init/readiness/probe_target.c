/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "readiness/probe_target.h"
#include "base/array.h"
#include "base/number.h"
#include "base/text.h"

/* The longest name of a host (RFC 1035, 2.3.4). */
#define NAME_MAX_LENGTH 253

#define NAME_CHARACTERS                                                        \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

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
	for (const char *c = url; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			return -EILSEQ;
	return strchr(url, '#') != NULL ? -EINVAL : 0;
}

/*
 * A path is taken as it is written, whatever is in it. Only a control character
 * would spoil the line of the result.
 */
static int
parse_path(const char *path, size_t size, struct probe_target *target)
{
	size_t length = strlen(path);

	if (path[0] != '/' || path[length - 1] == '/')
		return -EINVAL;
	if (length >= size)
		return -ENAMETOOLONG;
	for (size_t i = 0; i < length; i++)
		if (text_measure_control(path + i, length - i) > 0)
			return -EBADMSG;
	target->path = path;
	return 0;
}

/* PORT is in the order of the host. */
static int
parse_port(const char *text, size_t length, in_port_t *port)
{
	uint64_t number;

	if (length == 0 || length > 5 || number_read(text, &number) != length ||
	    number < 1 || number > 65535)
		return -ERANGE;
	*port = (in_port_t)number;
	return 0;
}

static int
parse_name(const char *text, size_t length, struct probe_target *target)
{
	if (length > NAME_MAX_LENGTH || strspn(text, NAME_CHARACTERS) < length)
		return -EADDRNOTAVAIL;
	target->name = text;
	target->name_length = length;
	return 0;
}

/*
 * An IPv6 address is in brackets, because its colons could begin a port. What
 * is no address is a name; that includes 127.1 and 127.0.0.256.
 */
static int
parse_host(const char *text, size_t length, struct probe_target *target)
{
	char host[INET6_ADDRSTRLEN + 2];
	int parsed;

	if (length == 0)
		return -EADDRNOTAVAIL;
	if (length >= sizeof(host))
		return parse_name(text, length, target);
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
	if (inet_pton(AF_INET, host, &target->four.sin_addr) != 1)
		return parse_name(text, length, target);
	target->four.sin_family = AF_INET;
	return 0;
}

/*
 * Reads HOST or HOST:PORT. FALLBACK is the port where TEXT has none; 0: TEXT
 * must have one.
 */
static int
parse_authority(const char *text, size_t length, in_port_t fallback,
    struct probe_target *target)
{
	size_t host_length = text[0] == '[' ? strcspn(text, "]/?") + 1
					    : strcspn(text, ":/?");
	in_port_t port = fallback;
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
	target->six.sin6_port = htons(port);
	target->four.sin_port = htons(port);
	return error;
}

static int
parse_tcp(const char *rest, struct probe_target *target)
{
	size_t length = strcspn(rest, "/?");

	if (rest[length] != '\0')
		return -EINVAL;
	return parse_authority(rest, length, 0, target);
}

static int
parse_http(const char *rest, struct probe_target *target)
{
	target->authority = rest;
	target->authority_length = strcspn(rest, "/?");
	target->resource = rest + target->authority_length;
	return parse_authority(rest, target->authority_length, 80, target);
}

static int
parse_listen(const char *rest, struct probe_target *target)
{
	return parse_port(rest, strlen(rest), &target->port);
}

static int
parse_unix(const char *rest, struct probe_target *target)
{
	return parse_path(rest, sizeof(((struct sockaddr_un *)NULL)->sun_path),
	    target);
}

static int
parse_file(const char *rest, struct probe_target *target)
{
	return parse_path(rest, PROBE_TARGET_URL_MAX, target);
}

static const struct {
	const char *start;
	int (*parse)(const char *rest, struct probe_target *target);
	bool is_literal; /* %20 is no blank, and # begins no fragment */
} schemes[] = {
	[PROBE_TCP] = { "tcp://", parse_tcp, false },
	[PROBE_HTTP] = { "http://", parse_http, false },
	[PROBE_UNIX] = { "unix://", parse_unix, true },
	[PROBE_LISTEN] = { "listen:", parse_listen, false },
	[PROBE_FILE] = { "file://", parse_file, true },
};

static int
parse_scheme(const char *url, struct probe_target *target)
{
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		const char *rest = skip_scheme(url, schemes[i].start);
		int error;

		if (rest == NULL)
			continue;
		target->scheme = (enum probe_scheme)i;
		error = schemes[i].is_literal ? 0 : check_characters(url);
		return error < 0 ? error : schemes[i].parse(rest, target);
	}
	return -EINVAL;
}

int
probe_target_parse(const char *url, struct probe_target *out)
{
	struct probe_target target = { .url = url };
	int error = strlen(url) > PROBE_TARGET_URL_MAX
	    ? -ENAMETOOLONG
	    : parse_scheme(url, &target);

	if (error == 0)
		*out = target;
	return error;
}

const char *
probe_target_expectation(int error)
{
	switch (error) {
	case -EADDRNOTAVAIL:
		return "an address (IPv6 in brackets), localhost or a name in "
		       "/etc/hosts as HOST: it has no resolver to look up "
		       "others";
	case -ERANGE:
		return "a PORT from 1 to 65535";
	case -EILSEQ:
		return "visible ASCII characters (%20 for a space)";
	case -EBADMSG:
		return "a PATH without control characters";
	case -ENAMETOOLONG:
		return "at most 2000 bytes, and 107 as the path of a socket";
	case -E2BIG:
		return "at most 8 URLs";
	default:
		return "tcp://HOST:PORT, http://HOST:PORT/PATH, listen:PORT, "
		       "unix:///PATH or file:///PATH, without user, password "
		       "and fragment";
	}
}

static_assert(PROBE_TARGETS_MAX == 8, "probe_target_expectation says so");
static_assert(PROBE_TARGET_URL_MAX == 2000, "probe_target_expectation says so");
