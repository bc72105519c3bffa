/* SPDX-License-Identifier: MIT */
/*
 * Whether a TCP socket listens on a port, as /proc/net/tcp and /proc/net/tcp6
 * say (proc(5)). Nothing is sent, so the server does not notice. Runs in the
 * process of --probe.
 */
#ifndef DINIT_LISTENING_H
#define DINIT_LISTENING_H

/*
 * The port of the listening socket that LINE, a line of such a file, is about;
 * 0: it is about none.
 */
unsigned int
listening_read_line(const char *line);

/*
 * 1: a socket of this network namespace listens on PORT, on whatever address;
 * 0: none does; -errno: that cannot be read.
 */
int
listening_has_port(unsigned int port);

#endif
