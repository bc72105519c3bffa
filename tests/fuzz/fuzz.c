/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

void
fuzz_require(int condition)
{
	if (!condition)
		abort();
}

char *
fuzz_string(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	fuzz_require(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

const char *
fuzz_file(int slot, const void *data, size_t size)
{
	static int files[2] = { -1, -1 };
	static char paths[2][32];

	if (files[slot] < 0)
		files[slot] = memfd_create("fuzz", MFD_CLOEXEC);
	fuzz_require(files[slot] >= 0 && ftruncate(files[slot], 0) == 0 &&
	    pwrite(files[slot], data, size, 0) == (ssize_t)size);
	snprintf(paths[slot], sizeof(paths[slot]), "/proc/self/fd/%d",
	    files[slot]);
	return paths[slot];
}
