/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/text.h"

size_t
text_measure_control(const char *text, size_t length)
{
	const unsigned char *c = (const unsigned char *)text;

	if (length == 0)
		return 0;
	if (c[0] < ' ' || c[0] == 0x7f)
		return 1;
	return length > 1 && c[0] == 0xc2 && (c[1] & 0xe0) == 0x80 ? 2 : 0;
}

void
text_make_printable(char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		size_t found = text_measure_control(text + i, length - i);

		memset(text + i, ' ', found);
	}
}
