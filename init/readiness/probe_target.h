/* SPDX-License-Identifier: MIT */
/*
 * What the URL of --probe asks for. It is read without a system call. There is
 * no resolver: HOST is an address, localhost, or a name that hosts.h looks up.
 */
#ifndef DINIT_PROBE_TARGET_H
#define DINIT_PROBE_TARGET_H

#include <netinet/in.h>
#include <stddef.h>

/* The longest URL that is taken. */
#define PROBE_TARGET_URL_MAX 2000

/* The most URLs that one --probe takes. */
#define PROBE_TARGETS_MAX 8

enum probe_scheme {
	PROBE_TCP,    /* connect to HOST:PORT */
	PROBE_HTTP,   /* ask the server there */
	PROBE_UNIX,   /* connect to a Unix socket */
	PROBE_LISTEN, /* find a listening socket, without connecting */
	PROBE_FILE,   /* look at a file */
};

/* What a URL asks for. All pointers point into the URL. */
struct probe_target {
	enum probe_scheme scheme;
	const char *url;
	const char *path;        /* unix, file: as written; otherwise NULL */
	struct sockaddr_in6 six; /* tried first; family 0: not tried */
	struct sockaddr_in four; /* tried then; family 0: not tried */
	in_port_t port;          /* listen: in the order of the host */
	const char *name;        /* HOST if it has to be looked up, or NULL */
	size_t name_length;
	const char *resource;  /* http: what to GET; otherwise NULL */
	const char *authority; /* http: HOST:PORT as it was written */
	size_t authority_length;
};

/*
 * Reads tcp://HOST:PORT, http://HOST[:PORT][/PATH][?QUERY], unix:///PATH,
 * listen:PORT or file:///PATH. 0 and OUT, which points into URL; or -errno, for
 * probe_target_expectation. If HOST is a name, the addresses of OUT still have
 * to be filled in; their ports are there.
 */
int
probe_target_parse(const char *url, struct probe_target *out);

/* What --probe expects of a URL where probe_target_parse has returned ERROR. */
const char *
probe_target_expectation(int error);

#endif
