/* SPDX-License-Identifier: MIT */
/*
 * Text: lists with commas, appending within a buffer, and control characters. A
 * line of dinit may quote text of other programs: without control characters it
 * stays one line, and does no harm on a terminal.
 */
#ifndef DINIT_TEXT_H
#define DINIT_TEXT_H

#include <stddef.h>

/*
 * Returns the length of the control character that the LENGTH bytes at TEXT
 * begin with: 1, or 2 for U+0080 to U+009F in UTF-8, which terminals obey as
 * well. 0: they do not begin with a control character.
 */
size_t
text_measure_control(const char *text, size_t length);

/*
 * Returns the length of the first item of LIST, whose items are separated by
 * commas. *REST is the list after the first comma; NULL: the item is the last
 * one. An empty list has one item, which is empty.
 */
size_t
text_measure_item(const char *list, const char **rest);

/* Does printf(3) at the end of TEXT, and cuts what SIZE has no room for. */
void
text_append(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Appends ITEM to TEXT, a list with commas, which may be empty. An item that
 * SIZE has no room for is left out.
 */
void
text_append_item(char *text, size_t size, const char *item);

/*
 * Returns what goes before and behind WORD in a message: a double quote if WORD
 * could otherwise not be told from the words around it, otherwise "".
 */
const char *
text_quote(const char *word);

/*
 * Returns the length of the LENGTH bytes at TEXT without the blanks and ASCII
 * control characters at their end, such as the newline of what a program says.
 */
size_t
text_measure_trimmed(const char *text, size_t length);

/*
 * Replaces each byte of a control character in the LENGTH bytes at TEXT by a
 * space.
 */
void
text_make_printable(char *text, size_t length);

#endif
