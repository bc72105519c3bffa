/* SPDX-License-Identifier: MIT */
/*
 * A URL, and behind a NUL what the server answers. The answer is a file of
 * hosts, one of sockets, and a list of statuses as well.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "fuzz.h"
#include "readiness/hosts.h"
#include "readiness/http_answer.h"
#include "readiness/http_statuses.h"
#include "readiness/listening.h"
#include "readiness/probe.h"

/* It asks for one thing, points into the URL, and no request can be forged. */
static void
check_inet(const struct probe_target *target)
{
	const char *end = target->url + strlen(target->url);
	bool has_address = target->six.sin6_family == AF_INET6 ||
	    target->four.sin_family == AF_INET;

	fuzz_require(has_address == (target->name == NULL));
	fuzz_require(target->four.sin_port != 0 &&
	    target->four.sin_port == target->six.sin6_port);
	for (const char *c = target->url; c < end; c++)
		fuzz_require(*c > ' ' && *c < 0x7f && *c != '#');
	fuzz_require(target->name == NULL || (target->name_length > 0 &&
	    target->name + target->name_length <= end));
	fuzz_require((target->resource != NULL) ==
	    (target->scheme == PROBE_HTTP));
	if (target->resource == NULL)
		return;
	fuzz_require(target->authority_length > 0);
	fuzz_require(target->authority + target->authority_length ==
	    target->resource);
	fuzz_require(target->resource + strlen(target->resource) == end);
}

static void
check_target(const struct probe_target *target)
{
	bool has_path = target->scheme == PROBE_UNIX ||
	    target->scheme == PROBE_FILE;

	fuzz_require(strlen(target->url) <= PROBE_TARGET_URL_MAX);
	fuzz_require((target->path != NULL) == has_path);
	fuzz_require((target->port != 0) == (target->scheme == PROBE_LISTEN));
	if (has_path)
		fuzz_require(target->path[0] == '/' &&
		    strpbrk(target->path, "\n\r\033") == NULL);
	if (target->scheme == PROBE_UNIX)
		fuzz_require(strlen(target->path) <
		    sizeof(((struct sockaddr_un *)NULL)->sun_path));
	if (target->scheme == PROBE_TCP || target->scheme == PROBE_HTTP)
		check_inet(target);
}

static void
check_url(const char *url)
{
	struct probe_target target = { .url = NULL };
	char text[PROBE_RESULT_MAX];
	int error = probe_target_parse(url, &target);

	fuzz_require(error == 0 || error == -EINVAL || error == -ERANGE ||
	    error == -EADDRNOTAVAIL || error == -EILSEQ ||
	    error == -EBADMSG || error == -ENAMETOOLONG);
	fuzz_require((error == 0) == (target.url == url));
	if (error < 0)
		return;
	check_target(&target);
	probe_format_result(&target, &(struct probe_rules){
	    .timeout_ms = INT64_MAX }, &(struct probe_result){
	    .answer = -ETIME }, text);
	fuzz_require(strlen(text) > strlen(url) &&
	    strlen(text) < sizeof(text) - 1);
}

/* It comes to the same however it is cut into pieces. */
static void
check_answer(const char *bytes, size_t length)
{
	struct http_answer whole = { .taken = 0 };
	struct http_answer pieces = { .taken = 0 };
	int result = http_answer_read(&whole, bytes, length);
	int status = http_answer_status(&whole);
	int same = 0;

	for (size_t i = 0; i < length && same == 0; i++)
		same = http_answer_read(&pieces, bytes + i, 1);
	fuzz_require(result == same);
	fuzz_require(memcmp(&whole, &pieces, sizeof(whole)) == 0);
	fuzz_require(whole.taken <= length && whole.taken <= HTTP_ANSWER_MAX);
	fuzz_require(status == 0 || status == 101 ||
	    (status >= 200 && status <= 599));
	if (status == 0)
		fuzz_require(whole.taken <= HTTP_ANSWER_HEAD_MAX &&
		    (result == 0 || result == -EBADMSG || result == -EMSGSIZE));
	else
		fuzz_require(result == 1 ||
		    (result == 0 && whole.taken == length));
}

static void
check_hosts(const char *bytes, size_t length, const char *name)
{
	struct hosts_addresses found = { .six = { .sin6_family = 0 } };
	int error = hosts_look_up(fuzz_file(0, bytes, length), name,
	    strlen(name), &found);

	fuzz_require(error == 0 || error == -ENOENT);
	fuzz_require((error == 0) == (found.six.sin6_family == AF_INET6 ||
	    found.four.sin_family == AF_INET));
}

/* What is written is read again as the same set. */
static void
check_statuses(const char *list)
{
	struct http_statuses set = { .classes = 0 };
	struct http_statuses again = { .classes = 0 };
	char text[4096];

	if (http_statuses_parse(list, &set) < 0) {
		fuzz_require(set.classes == 0);
		return;
	}
	http_statuses_format(&set, text, sizeof(text));
	fuzz_require(http_statuses_parse(text, &again) == 0);
	for (int status = 0; status < 700; status++)
		fuzz_require(http_statuses_has(&set, status) ==
		    http_statuses_has(&again, status));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	size_t url_length = strlen(text);

	check_url(text);
	if (url_length < size) {
		char *rest = text + url_length + 1;

		check_answer(rest, size - url_length - 1);
		check_hosts(rest, size - url_length - 1, text);
		fuzz_require(listening_read_line(rest) <= 65535);
		check_statuses(rest);
	}
	free(text);
	return 0;
}
