/* SPDX-License-Identifier: MIT */
/*
 * What text from elsewhere may do to those who read it: a line of ours that
 * quotes it stays one line, and harmless on a terminal.
 */
#ifndef DINIT_TEXT_H
#define DINIT_TEXT_H

#include <stddef.h>

/*
 * Bytes of the control character that the LENGTH bytes at TEXT begin with: 1,
 * or 2 for U+0080 to U+009F in UTF-8, which terminals obey as well; 0: they
 * begin with none.
 */
size_t
text_measure_control(const char *text, size_t length);

/* Makes a space of each byte of a control character in TEXT. */
void
text_make_printable(char *text, size_t length);

#endif
