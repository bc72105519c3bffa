/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
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

size_t
text_measure_trimmed(const char *text, size_t length)
{
	while (length > 0 && (unsigned char)text[length - 1] <= ' ')
		length--;
	return length;
}

const char *
text_quote(const char *word)
{
	return *word == '\0' || strpbrk(word, " \t\r\n") != NULL ? "\"" : "";
}

size_t
text_measure_item(const char *list, const char **rest)
{
	size_t length = strcspn(list, ",");

	*rest = list[length] == ',' ? list + length + 1 : NULL;
	return length;
}

void
text_append(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
}

void
text_append_item(char *text, size_t size, const char *item)
{
	if (strlen(text) + 1 + strlen(item) < size)
		text_append(text, size, "%s%s", *text != '\0' ? "," : "", item);
}
