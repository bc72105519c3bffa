/* SPDX-License-Identifier: MIT */
/*
 * What a misspelt option was most likely meant to be: the name in the table
 * that it takes the fewest steps to get to, each of which inserts, deletes or
 * replaces a character. Upper and lower case are the same.
 */
#ifndef DINIT_SPELLING_H
#define DINIT_SPELLING_H

#include "settings/table.h"

/* Writes the long name that is nearest to WORD. */
void
spelling_find_name(const char *word, char nearest[TABLE_NAME_MAX]);

/* Writes the variable that is nearest to WORD. */
void
spelling_find_variable(const char *word, char nearest[TABLE_NAME_MAX]);

#endif
