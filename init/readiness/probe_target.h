/* SPDX-License-Identifier: MIT */
/*
 * What the URL of --probe asks for. It is read without a system call, and there
 * is no resolver: HOST is an address or localhost.
 */
#ifndef DINIT_PROBE_TARGET_H
#define DINIT_PROBE_TARGET_H

#include <netinet/in.h>
#include <stddef.h>

/* The longest URL that is taken. */
#define PROBE_TARGET_URL_MAX 2000

/* What a URL asks for. All pointers point into the URL. */
struct probe_target {
	const char *url;
	const char *path;        /* unix: of the socket; otherwise NULL */
	struct sockaddr_in6 six; /* tried first; family 0: not tried */
	struct sockaddr_in four; /* tried then; family 0: not tried */
	const char *resource;    /* http: what to GET; otherwise NULL */
	const char *authority;   /* http: HOST:PORT as it was written */
	size_t authority_length;
};

/*
 * Reads tcp://HOST:PORT, http://HOST[:PORT][/PATH][?QUERY] or unix:///PATH.
 * 0 and OUT, which points into URL; or -errno, for probe_target_expectation.
 */
int
probe_target_parse(const char *url, struct probe_target *out);

/* What --probe expects of a URL where probe_target_parse has returned ERROR. */
const char *
probe_target_expectation(int error);

#endif
