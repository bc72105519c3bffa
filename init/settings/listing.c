/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>

#include "settings/listing.h"
#include "base/signals.h"
#include "base/text.h"
#include "settings/table.h"

static void
append_help(const struct table_row *row, char *text, size_t size)
{
	char letter[] = "   ";
	char left[64];
	char fallback[32] = "";

	if (row->short_name != 0)
		snprintf(letter, sizeof(letter), "-%c,", row->short_name);
	if (row->name == NULL)
		snprintf(left, sizeof(left), "-%c", row->short_name);
	else
		snprintf(left, sizeof(left), "%s --%s%s%s", letter, row->name,
		    row->argument != NULL ? "=" : "",
		    row->argument != NULL ? row->argument : "");
	if (row->fallback != NULL)
		snprintf(fallback, sizeof(fallback), " [%s]", row->fallback);
	text_append(text, size, "  %-32s %s%s\n", left, row->help, fallback);
}

void
listing_format_help(char *text, size_t size)
{
	text[0] = '\0';
	text_append(text, size,
	    "dinit: a minimal init for containers\n\n"
	    "  dinit [OPTION]... [--] COMMAND [ARG]...\n"
	    "  dinit --is-ready [--wait=DUR] [--ready-file=PATH]\n"
	    "  dinit --pause\n"
	    "  dinit --probe=URL... [--wait=DUR] [--health-timeout=DUR]\n"
	    "  dinit --show-config [OPTION]... [--] [COMMAND]...\n\n");
	for (const struct table_row *row = table_rows; row->kind != NULL; row++)
		append_help(row, text, size);
	text_append(text, size,
	    "\nEvery setting with a long name can be given in the environment "
	    "too:\n--health-cmd is DINIT_HEALTH_CMD, and so on. "
	    "Durations: 500ms, 9s, 1m30s, 1h;\na bare number is seconds.\n"
	    "Exit status: COMMAND's; 128+N if signal N ended it; 123 recovery "
	    "budget over;\n124 startup budget over; 125 dinit itself failed; "
	    "126 COMMAND not executable;\n127 not found.\n");
}

void
listing_format_config(const struct options *options, char *text, size_t size)
{
	static const char *const sources[] = {
		[SOURCE_DEFAULT] = "default",
		[SOURCE_ENVIRONMENT] = "environment",
		[SOURCE_COMMAND_LINE] = "command line",
	};

	text[0] = '\0';
	for (const struct table_row *row = table_rows; row->kind != NULL;
	    row++) {
		char value[SIGNALS_TEXT_MAX];
		char variable[TABLE_NAME_MAX];
		enum source source = table_source(options, row);
		bool is_variable = source == SOURCE_ENVIRONMENT;

		table_format_variable(row, variable);
		if (variable[0] == '\0')
			continue;
		row->kind->format((const char *)options + row->offset, value,
		    sizeof(value));
		text_append(text, size, "%-20s %-24s %s%s%s\n", row->name,
		    value[0] != '\0' ? value : "-", sources[source],
		    is_variable ? " " : "", is_variable ? variable : "");
	}
}
