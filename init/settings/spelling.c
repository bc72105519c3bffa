/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "settings/spelling.h"

/*
 * Returns how many steps turn A into B. This is the Levenshtein distance:
 * steps[J] is the distance from the part of A so far to the first J bytes of B.
 */
static size_t
distance(const char *a, const char *b)
{
	size_t steps[TABLE_NAME_MAX + 1];
	size_t width = strnlen(b, TABLE_NAME_MAX);

	for (size_t j = 0; j <= width; j++)
		steps[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = steps[0];

		steps[0] = i;
		for (size_t j = 1; j <= width; j++) {
			size_t best = diagonal +
			    (tolower(a[i - 1]) != tolower(b[j - 1]));

			diagonal = steps[j];
			if (best > steps[j] + 1)
				best = steps[j] + 1;
			if (best > steps[j - 1] + 1)
				best = steps[j - 1] + 1;
			steps[j] = best;
		}
	}
	return steps[width];
}

/* FORMAT writes the name of a row to compare with WORD; "": it has none. */
static void
find_nearest(const char *word,
    void (*format)(const struct table_row *row, char name[TABLE_NAME_MAX]),
    char nearest[TABLE_NAME_MAX])
{
	size_t shortest = SIZE_MAX;

	for (const struct table_row *row = table_rows; row->kind != NULL;
	    row++) {
		char known[TABLE_NAME_MAX];
		size_t steps;

		format(row, known);
		steps = known[0] != '\0' ? distance(word, known) : SIZE_MAX;
		if (steps < shortest) {
			shortest = steps;
			snprintf(nearest, TABLE_NAME_MAX, "%s", known);
		}
	}
}

static void
format_name(const struct table_row *row, char name[TABLE_NAME_MAX])
{
	snprintf(name, TABLE_NAME_MAX, "%s",
	    row->name != NULL ? row->name : "");
}

void
spelling_find_name(const char *word, char nearest[TABLE_NAME_MAX])
{
	find_nearest(word, format_name, nearest);
}

void
spelling_find_variable(const char *word, char nearest[TABLE_NAME_MAX])
{
	find_nearest(word, table_format_variable, nearest);
}
