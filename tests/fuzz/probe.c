/* SPDX-License-Identifier: MIT */
/* A URL, and what the server answers, with a NUL in between. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "fuzz.h"
#include "readiness/http_answer.h"
#include "readiness/probe.h"

/* It asks for one thing, points into the URL, and no request can be forged. */
static void
check_target(const struct probe_target *target)
{
	const char *end = target->url + strlen(target->url);
	bool is_inet = target->six.sin6_family == AF_INET6 ||
	    target->four.sin_family == AF_INET;

	fuzz_require((target->path != NULL) != is_inet);
	fuzz_require(end - target->url <= PROBE_TARGET_URL_MAX);
	for (const char *c = target->url; c < end; c++)
		fuzz_require(*c > ' ' && *c < 0x7f && *c != '#');
	if (target->path != NULL)
		fuzz_require(target->path[0] == '/' && strlen(target->path) <
		    sizeof(((struct sockaddr_un *)NULL)->sun_path));
	if (is_inet)
		fuzz_require(target->four.sin_port != 0 &&
		    target->four.sin_port == target->six.sin6_port);
	if (target->resource == NULL)
		return;
	fuzz_require(is_inet && target->authority_length > 0);
	fuzz_require(target->authority + target->authority_length ==
	    target->resource);
	fuzz_require(target->resource + strlen(target->resource) == end);
}

static void
check_url(const char *url)
{
	struct probe_target target = { .url = NULL };
	char text[PROBE_RESULT_MAX];
	int error = probe_target_parse(url, &target);

	fuzz_require(error == 0 || error == -EINVAL || error == -ERANGE ||
	    error == -EADDRNOTAVAIL || error == -EILSEQ ||
	    error == -ENAMETOOLONG);
	fuzz_require((error == 0) == (target.url == url));
	if (error < 0)
		return;
	check_target(&target);
	probe_format_result(&target, INT64_MAX, -ETIME, text);
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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	size_t url_length = strlen(text);

	check_url(text);
	if (url_length < size)
		check_answer(text + url_length + 1, size - url_length - 1);
	free(text);
	return 0;
}
