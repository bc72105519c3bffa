/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "readiness/probe_target.h"
#include "base/array.h"

TestSuite(probe_target, .timeout = 30);

struct url_sample {
	const char *url;
	const char *six;       /* NULL: not tried */
	const char *four;
	in_port_t port;
	const char *resource;
	const char *authority;
};

static void
expect_addresses(const struct probe_target *target,
    const struct url_sample *sample)
{
	char six[INET6_ADDRSTRLEN] = "";
	char four[INET_ADDRSTRLEN] = "";

	cr_expect_eq(target->six.sin6_family,
	    sample->six == NULL ? 0 : AF_INET6, "%s", sample->url);
	cr_expect_eq(target->four.sin_family,
	    sample->four == NULL ? 0 : AF_INET, "%s", sample->url);
	cr_expect_eq(ntohs(target->six.sin6_port), sample->port, "%s",
	    sample->url);
	cr_expect_eq(ntohs(target->four.sin_port), sample->port, "%s",
	    sample->url);
	inet_ntop(AF_INET6, &target->six.sin6_addr, six, sizeof(six));
	inet_ntop(AF_INET, &target->four.sin_addr, four, sizeof(four));
	cr_expect(sample->six == NULL || strcmp(six, sample->six) == 0, "%s",
	    six);
	cr_expect(sample->four == NULL || strcmp(four, sample->four) == 0,
	    "%s", four);
}

static void
expect_url(const struct url_sample *sample)
{
	struct probe_target target;

	cr_assert_eq(probe_target_parse(sample->url, &target), 0, "%s",
	    sample->url);
	cr_expect_eq(target.url, sample->url);
	cr_expect_null(target.path, "%s", sample->url);
	expect_addresses(&target, sample);
	if (sample->resource == NULL) {
		cr_expect_null(target.resource, "%s", sample->url);
		return;
	}
	cr_assert_not_null(target.resource, "%s", sample->url);
	cr_expect_str_eq(target.resource, sample->resource);
	cr_expect_eq(target.authority_length, strlen(sample->authority), "%s",
	    sample->url);
	cr_expect_eq(strncmp(target.authority, sample->authority,
	    target.authority_length), 0, "%s", sample->url);
}

Test(probe_target, takes_urls)
{
	static const struct url_sample samples[] = {
		{ "tcp://127.0.0.1:5432", NULL, "127.0.0.1", 5432, NULL, "" },
		{ "tcp://[::1]:1", "::1", NULL, 1, NULL, "" },
		{ "tcp://localhost:65535", "::1", "127.0.0.1", 65535, NULL,
		    "" },
		{ "TCP://LocalHost:80", "::1", "127.0.0.1", 80, NULL, "" },
		{ "http://localhost", "::1", "127.0.0.1", 80, "",
		    "localhost" },
		{ "http://localhost:8080/healthz", "::1", "127.0.0.1", 8080,
		    "/healthz", "localhost:8080" },
		{ "http://10.0.0.7/", NULL, "10.0.0.7", 80, "/", "10.0.0.7" },
		{ "http://10.0.0.7?a=b:c/d", NULL, "10.0.0.7", 80, "?a=b:c/d",
		    "10.0.0.7" },
		{ "http://[::1]:8080/x?y=1&z=[]@:%20", "::1", NULL, 8080,
		    "/x?y=1&z=[]@:%20", "[::1]:8080" },
		{ "http://[FE80::ffff:10.0.0.7]/", "fe80::ffff:a00:7", NULL,
		    80, "/", "[FE80::ffff:10.0.0.7]" },
		{ "hTTp://[2001:db8:1111:2222:3333:4444:5555:6666]:9/",
		    "2001:db8:1111:2222:3333:4444:5555:6666", NULL, 9, "/",
		    "[2001:db8:1111:2222:3333:4444:5555:6666]:9" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		expect_url(&samples[i]);
}

Test(probe_target, takes_urls_of_unix_sockets)
{
	static const char *const urls[] = {
		"unix:///run/app.sock", "UNIX:///s", "unix:////a//b?c=%20@[",
		"unix:///run/my app.sock", "unix:///s#1", "unix:///\303\244",
	};

	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		struct probe_target target;

		cr_assert_eq(probe_target_parse(urls[i], &target), 0, "%s",
		    urls[i]);
		cr_expect_eq(target.scheme, PROBE_UNIX);
		cr_expect_str_eq(target.path, urls[i] + strlen("unix://"));
		cr_expect_eq(target.six.sin6_family, 0);
		cr_expect_eq(target.four.sin_family, 0);
		cr_expect_null(target.resource);
	}
}

Test(probe_target, takes_urls_of_files)
{
	struct probe_target target;

	cr_assert_eq(probe_target_parse("file:///run/a b%20#", &target), 0);
	cr_expect_eq(target.scheme, PROBE_FILE);
	cr_expect_str_eq(target.path, "/run/a b%20#");
}

Test(probe_target, takes_ports_where_somebody_listens)
{
	struct probe_target target;

	cr_assert_eq(probe_target_parse("listen:8080", &target), 0);
	cr_expect_eq(target.scheme, PROBE_LISTEN);
	cr_expect_eq(target.port, 8080);
	cr_expect_null(target.path);
	cr_assert_eq(probe_target_parse("LISTEN:65535", &target), 0);
	cr_expect_eq(target.port, 65535);
}

Test(probe_target, leaves_names_to_be_looked_up)
{
	static const struct {
		const char *url;
		const char *name;
		in_port_t port;
	} samples[] = {
		{ "tcp://db:5432", "db", 5432 },
		{ "http://Web-1.svc.cluster_local/x", "Web-1.svc.cluster_local",
		    80 },
		{ "http://a-name-that-is-longer-than-any-address-ever-could-be."
		    "example:81?x", "a-name-that-is-longer-than-any-address-"
		    "ever-could-be.example", 81 },
		{ "tcp://localhost.:80", "localhost.", 80 },
		{ "tcp://localhosts:80", "localhosts", 80 },
		{ "tcp://127.1:80", "127.1", 80 },
		{ "tcp://127.0.0.256:80", "127.0.0.256", 80 },
		{ "tcp://2130706433:80", "2130706433", 80 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		struct probe_target target;
		const char *name = samples[i].name;

		cr_assert_eq(probe_target_parse(samples[i].url, &target), 0,
		    "%s", samples[i].url);
		cr_expect_eq(target.name_length, strlen(name));
		cr_expect_eq(strncmp(target.name, name, strlen(name)), 0);
		cr_expect_eq(target.six.sin6_family, 0);
		cr_expect_eq(target.four.sin_family, 0);
		cr_expect_eq(ntohs(target.six.sin6_port), samples[i].port);
		cr_expect_eq(ntohs(target.four.sin_port), samples[i].port);
	}
}

Test(probe_target, refuses_bad_urls)
{
	static const struct {
		const char *url;
		int error;
	} samples[] = {
		{ "", -EINVAL },
		{ "localhost:80", -EINVAL },
		{ "//localhost:80", -EINVAL },
		{ "http:/localhost", -EINVAL },
		{ "tcp:localhost:80", -EINVAL },
		{ "https://localhost/", -EINVAL },
		{ "ftp://localhost/", -EINVAL },
		{ "xtcp://localhost:80", -EINVAL },
		{ "tcp://localhost:80/", -EINVAL },
		{ "tcp://localhost:80?x", -EINVAL },
		{ "http://user@localhost/", -EINVAL },
		{ "http://user:secret@127.0.0.1:80/", -EINVAL },
		{ "tcp://user@127.0.0.1:80", -EINVAL },
		{ "http://localhost/#top", -EINVAL },
		{ "http://localhost#top", -EINVAL },
		{ "tcp://localhost:80#", -EINVAL },
		{ "unix://run/s", -EINVAL },
		{ "unix:/run/s", -EINVAL },
		{ "unix://@abstract", -EINVAL },
		{ "unix://", -EINVAL },
		{ "unix:///", -EINVAL },
		{ "unix:///run/", -EINVAL },
		{ "http://", -EADDRNOTAVAIL },
		{ "http:///healthz", -EADDRNOTAVAIL },
		{ "http://:80/", -EADDRNOTAVAIL },
		{ "tcp://[localhost]:80", -EADDRNOTAVAIL },
		{ "tcp://[127.0.0.1]:80", -EADDRNOTAVAIL },
		{ "tcp://::1:80", -EADDRNOTAVAIL },
		{ "tcp://[::1:80", -EADDRNOTAVAIL },
		{ "tcp://[", -EADDRNOTAVAIL },
		{ "tcp://[]:80", -EADDRNOTAVAIL },
		{ "tcp://[::1%lo]:80", -EADDRNOTAVAIL },
		{ "http://[::1/]:80", -EADDRNOTAVAIL },
		{ "tcp://[1111:2222:3333:4444:5555:6666:7777:8888:9999]:80",
		    -EADDRNOTAVAIL },
		{ "tcp://127.0.0.1", -ERANGE },
		{ "tcp://localhost", -ERANGE },
		{ "tcp://127.0.0.1:", -ERANGE },
		{ "http://127.0.0.1:/", -ERANGE },
		{ "http://127.0.0.1:0/", -ERANGE },
		{ "http://127.0.0.1:65536/", -ERANGE },
		{ "http://127.0.0.1:000080/", -ERANGE },
		{ "http://127.0.0.1:4294967376/", -ERANGE },
		{ "http://127.0.0.1:-80/", -ERANGE },
		{ "http://127.0.0.1:+80/", -ERANGE },
		{ "http://127.0.0.1:http/", -ERANGE },
		{ "http://127.0.0.1:80:80/", -ERANGE },
		{ "http://[::1]80/", -ERANGE },
		{ "http://localhost/a b", -EILSEQ },
		{ " http://localhost/", -EINVAL },
		{ "http://localhost/\r\nX: y", -EILSEQ },
		{ "http://localhost\t:80/", -EILSEQ },
		{ "http://localhost/\177", -EILSEQ },
		{ "http://localhost/\303\244", -EILSEQ },
		{ "unix:///run/a\001", -EBADMSG },
		{ "unix:///run/a\nb", -EBADMSG },
		{ "file:///run/a\302\205", -EBADMSG },
		{ "file:///", -EINVAL },
		{ "file://run", -EINVAL },
		{ "file:/run", -EINVAL },
		{ "file:///run/", -EINVAL },
		{ "listen:", -ERANGE },
		{ "listen:0", -ERANGE },
		{ "listen:65536", -ERANGE },
		{ "listen:80/", -ERANGE },
		{ "listen:127.0.0.1:80", -ERANGE },
		{ "listen://80", -ERANGE },
		{ "listen:http", -ERANGE },
		{ "listen: 80", -EILSEQ },
		{ "tcp://a(b:80", -EADDRNOTAVAIL },
		{ "http://a%20b/", -EADDRNOTAVAIL },
	};
	struct probe_target target;

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		cr_expect_eq(probe_target_parse(samples[i].url, &target),
		    samples[i].error, "%s", samples[i].url);
}

/* Returns a URL that begins with START and is LENGTH bytes long. */
static const char *
long_url(const char *start, size_t length)
{
	static char url[PROBE_TARGET_URL_MAX + 2];

	memset(url, 'x', length);
	memcpy(url, start, strlen(start));
	url[length] = '\0';
	return url;
}

Test(probe_target, takes_the_longest_urls_and_no_longer_ones)
{
	const size_t longest =
	    sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
	struct probe_target target;

	cr_expect_eq(probe_target_parse(long_url("http://127.0.0.1/",
	    PROBE_TARGET_URL_MAX), &target), 0);
	cr_expect_eq(probe_target_parse(long_url("http://127.0.0.1/",
	    PROBE_TARGET_URL_MAX + 1), &target), -ENAMETOOLONG);
	cr_expect_eq(probe_target_parse(long_url("file:///",
	    PROBE_TARGET_URL_MAX), &target), 0);
	cr_expect_eq(probe_target_parse(long_url("tcp://",
	    strlen("tcp://") + 254), &target), -EADDRNOTAVAIL);
	cr_expect_eq(probe_target_parse(long_url("http://",
	    strlen("http://") + 253), &target), 0);
	cr_expect_eq(probe_target_parse(long_url("unix:///",
	    strlen("unix://") + longest), &target), 0);
	cr_expect_eq(probe_target_parse(long_url("unix:///",
	    strlen("unix://") + longest + 1), &target), -ENAMETOOLONG);
}

Test(probe_target, leaves_the_target_alone_when_the_url_is_bad)
{
	struct probe_target target = { .url = "before" };

	cr_expect(probe_target_parse("http://127.0.0.1:99999/", &target) < 0);
	cr_expect_str_eq(target.url, "before");
}

Test(probe_target, says_what_would_be_right)
{
	static const struct {
		int error;
		const char *text;
	} samples[] = {
		{ -EINVAL, "tcp://HOST:PORT, http://HOST:PORT/PATH, "
		    "listen:PORT, unix:///PATH or file:///PATH" },
		{ -E2BIG, "8 URLs" },
		{ -EBADMSG, "a PATH without control" },
		{ -EADDRNOTAVAIL, "no resolver" },
		{ -ERANGE, "from 1 to 65535" },
		{ -EILSEQ, "%20" },
		{ -ENAMETOOLONG, "2000 bytes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const char *text = probe_target_expectation(samples[i].error);

		cr_expect_not_null(strstr(text, samples[i].text), "%s",
		    samples[i].text);
	}
}
