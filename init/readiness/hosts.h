/* SPDX-License-Identifier: MIT */
/*
 * Names in /etc/hosts (hosts(5)), where engines write the container's own name.
 * Runs in the process of --probe.
 */
#ifndef DINIT_HOSTS_H
#define DINIT_HOSTS_H

#include <netinet/in.h>
#include <stddef.h>

/* The first address of each family. An address whose family is 0 is missing. */
struct hosts_addresses {
	struct sockaddr_in6 six; /* without a port */
	struct sockaddr_in four;
};

/*
 * Looks NAME, which is LENGTH bytes long, up in the file PATH; upper and lower
 * case are the same. 0 and OUT; -ENOENT: it is not there, or there is no such
 * file; or another -errno: the file cannot be read.
 */
int
hosts_look_up(const char *path, const char *name, size_t length,
    struct hosts_addresses *out);

#endif
