/* SPDX-License-Identifier: MIT */
/*
 * The socket that --ready-listen names, as [ADDR:]PORT. Runs in PID 1, before
 * COMMAND starts. PID 1 only binds it; nobody but dinit-answer accepts from it.
 */
#ifndef DINIT_ANSWER_SOCKET_H
#define DINIT_ANSWER_SOCKET_H

#include <stdbool.h>

/*
 * True if TEXT is a port, as 8081, or an address and a port, as 127.0.0.1:8081
 * or [::1]:8081.
 */
bool
answer_socket_is_valid(const char *text);

/*
 * Listens at TEXT. If that is a port alone, this is at all addresses, of IPv6
 * and of IPv4. Returns a descriptor that does not block and is close-on-exec,
 * or -errno.
 */
int
answer_socket_open(const char *text);

#endif
