/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "readiness/listening.h"

/* TCP_LISTEN of the kernel's include/net/tcp_states.h, as the files have it. */
#define LISTEN_STATE "0A "

static const char *
next_word(const char *text)
{
	text += strcspn(text, " ");
	return text + strspn(text, " ");
}

/*
 * A line begins with its number, the local and the remote address, each of
 * which is ADDRESS:PORT, and the state, all but the first of them in
 * hexadecimal: "  0: 0100007F:1F90 00000000:0000 0A ".
 */
unsigned int
listening_read_line(const char *line)
{
	const char *number = line + strspn(line, " ");
	const char *local = next_word(number);
	const char *state = next_word(next_word(local));
	const char *colon = local + strcspn(local, ": ");
	unsigned long port;

	if (*colon != ':' ||
	    strncmp(state, LISTEN_STATE, sizeof(LISTEN_STATE) - 1) != 0)
		return 0;
	port = strtoul(colon + 1, NULL, 16);
	return port <= 65535 ? (unsigned int)port : 0;
}

/* As listening_has_port, for one of the files. */
static int
search_file(const char *path, unsigned int port)
{
	FILE *file = fopen(path, "re");
	bool is_found = false;
	char *line = NULL;
	size_t size = 0;
	int error;

	if (file == NULL)
		return -errno;
	while (!is_found && getline(&line, &size, file) >= 0)
		is_found = listening_read_line(line) == port;
	error = is_found || feof(file) ? 0 : -errno;
	free(line);
	fclose(file);
	return error < 0 ? error : is_found;
}

/* A kernel without IPv6 has no /proc/net/tcp6. */
int
listening_has_port(unsigned int port)
{
	int four = search_file("/proc/net/tcp", port);
	int six = four == 1 ? 0 : search_file("/proc/net/tcp6", port);

	if (four == 1 || six == 1)
		return 1;
	return six == -ENOENT || four < 0 ? four : six;
}
