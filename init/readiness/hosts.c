/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "readiness/hosts.h"

#define BLANKS " \t\r\n"

/* True if one of the words in REST is NAME. */
static bool
has_name(char *rest, const char *name, size_t length)
{
	char *word;

	while ((word = strsep(&rest, BLANKS)) != NULL)
		if (strlen(word) == length &&
		    strncasecmp(word, name, length) == 0)
			return true;
	return false;
}

/* An address that is no address, or one of a scope (%eth0), is left out. */
static void
take_address(const char *text, struct hosts_addresses *out)
{
	if (out->four.sin_family == 0 &&
	    inet_pton(AF_INET, text, &out->four.sin_addr) == 1)
		out->four.sin_family = AF_INET;
	if (out->six.sin6_family == 0 &&
	    inet_pton(AF_INET6, text, &out->six.sin6_addr) == 1)
		out->six.sin6_family = AF_INET6;
}

static void
take_line(char *line, const char *name, size_t length,
    struct hosts_addresses *out)
{
	char *rest = line + strspn(line, BLANKS);
	const char *address;

	rest[strcspn(rest, "#")] = '\0';
	address = strsep(&rest, BLANKS);
	if (has_name(rest, name, length))
		take_address(address, out);
}

int
hosts_look_up(const char *path, const char *name, size_t length,
    struct hosts_addresses *out)
{
	struct hosts_addresses found = { .six = { .sin6_family = 0 } };
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int error = 0;

	if (file == NULL)
		return -errno;
	while (getline(&line, &size, file) >= 0)
		take_line(line, name, length, &found);
	if (!feof(file))
		error = -errno;
	else if (found.six.sin6_family == 0 && found.four.sin_family == 0)
		error = -ENOENT;
	else
		*out = found;
	free(line);
	fclose(file);
	return error;
}
