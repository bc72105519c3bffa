/* SPDX-License-Identifier: MIT */
/* Lists of all options, as --help and --show-config print them. */
#ifndef DINIT_LISTING_H
#define DINIT_LISTING_H

#include <stddef.h>

struct options;

/* Room for each of the texts. */
#define LISTING_TEXT_MAX 16384

/* Writes the text of --help. */
void
listing_format_help(char *text, size_t size);

/* Writes a line for each setting: its value, and where that came from. */
void
listing_format_config(const struct options *options, char *text, size_t size);

#endif
