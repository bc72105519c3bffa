/* SPDX-License-Identifier: MIT */
/*
 * Compares dinit(8) with the table of options, the exit statuses and the
 * messages; and the other manual pages and the README with the table of options
 * and the exit statuses. What else is in those is compared in guides.c.
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/duration.h"
#include "base/exit_status.h"
#include "base/problem.h"
#include "life/messages.h"
#include "settings/listing.h"
#include "settings/options.h"
#include "settings/table.h"
#include "support.h"

#define TEXT_SIZE 131072
#define WORD_SIZE 64
#define VARIABLE_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"

static char manual[TEXT_SIZE];
static char readme[TEXT_SIZE];

static void
read_documents(void)
{
	strcpy(manual, read_file(SOURCE_DIR "/man/dinit.8"));
	strcpy(readme, read_file(SOURCE_DIR "/README.md"));
	cr_assert(strlen(manual) > 0 && strlen(manual) < TEXT_SIZE - 1);
	cr_assert(strlen(readme) > 0 && strlen(readme) < TEXT_SIZE - 1);
}

TestSuite(documentation, .timeout = 60, .init = read_documents);

/* --- The table --- */

static bool
knows_name(const char *name)
{
	return table_find_name(name) != NULL;
}

static bool
knows_short_name(char short_name)
{
	for (const struct table_row *row = table_rows; row->kind != NULL; row++)
		if (row->short_name == short_name)
			return true;
	return false;
}

static bool
knows_variable(const char *variable)
{
	return table_find_variable(variable, strlen(variable)) != NULL;
}

static bool
has_variable(const struct table_row *row)
{
	char variable[TABLE_NAME_MAX];

	table_format_variable(row, variable);
	return variable[0] != '\0';
}

/* What --show-config says of NAME when nothing is set; "none" for "-". */
static void
find_default(const char *name, char value[WORD_SIZE])
{
	/* These have a default of their own only with a health command. */
	bool gates = strcmp(name, "ready-file") == 0 ||
	    strcmp(name, "monitor") == 0;
	const char *words[] = {
		"dinit", gates ? "--health-cmd=x" : "--", "true", NULL,
	};
	const char *const environment[] = { NULL };
	static char config[LISTING_TEXT_MAX];
	struct problem problem;
	struct options options;
	char format[WORD_SIZE + 16];
	const char *line;

	cr_assert_eq(options_parse(&options, 3, (char *const *)words,
	    (char *const *)environment, &problem), 0, "%s",
	    problem.text);
	listing_format_config(&options, config, sizeof(config));
	for (line = config; line != NULL; line = strchr(line + 1, '\n')) {
		snprintf(format, sizeof(format), " %s %%63s", name);
		if (sscanf(line, format, value) == 1)
			break;
	}
	cr_assert_not_null(line, "--show-config has no %s", name);
	if (strcmp(value, "-") == 0)
		strcpy(value, "none");
}

/* How the manual page writes the long name. */
static const char *
long_macro(const struct table_row *row)
{
	static char macro[WORD_SIZE + 8];

	strcpy(stpcpy(macro, "Fl Fl "), row->name);
	return macro;
}

/* True if both mean the same: durations may be written in two ways. */
static bool
is_same_value(const char *a, const char *b)
{
	int64_t duration = duration_parse(a);

	return strcmp(a, b) == 0 ||
	    (duration >= 0 && duration == duration_parse(b));
}

/* --- The manual page --- */

/* An entry of a tagged list: its line, and the text up to the next one. */
struct entry {
	char line[512];
	const char *text;
	const char *end;
};

/* The next entry at or behind *FROM and before END. */
static bool
next_entry(const char **from, const char *end, struct entry *out)
{
	const char *start = strstr(*from, "\n.It ");
	size_t length;

	if (start == NULL || start >= end)
		return false;
	start++;
	length = strcspn(start, "\n");
	snprintf(out->line, sizeof(out->line), "%.*s ", (int)length, start);
	out->text = start + length;
	out->end = strstr(out->text, "\n.It ");
	if (out->end == NULL || out->end > end)
		out->end = end;
	*from = out->text;
	return true;
}

/* From a section's heading to the next one. */
static const char *
find_section(const char *heading, const char **end)
{
	const char *start = strstr(manual, heading);

	cr_assert_not_null(start, "no %s", heading);
	*end = strstr(start + 1, "\n.Sh ");
	if (*end == NULL)
		*end = manual + strlen(manual);
	return start;
}

/* The entry whose line has MACRO behind .It or a comma. */
static bool
find_option_entry(const char *macro, struct entry *out)
{
	const char *end;
	const char *from = find_section("\n.Sh DESCRIPTION\n", &end);
	char first[WORD_SIZE + 16];
	char further[WORD_SIZE + 16];

	snprintf(first, sizeof(first), ".It %s ", macro);
	snprintf(further, sizeof(further), " , %s ", macro);
	while (next_entry(&from, end, out))
		if (strncmp(out->line, first, strlen(first)) == 0 ||
		    strstr(out->line, further) != NULL)
			return true;
	return false;
}

Test(documentation, has_an_entry_for_each_option_in_the_manual)
{
	for (const struct table_row *row = table_rows; row->kind != NULL;
	    row++) {
		struct entry of_long_name = { .text = NULL };
		struct entry of_short_name = { .text = NULL };
		char macro[WORD_SIZE];

		if (row->name != NULL)
			cr_expect(find_option_entry(long_macro(row),
			    &of_long_name), "dinit(8) has no entry for --%s "
			    "under DESCRIPTION", row->name);
		snprintf(macro, sizeof(macro), "Fl %c", row->short_name);
		if (row->short_name != 0)
			cr_expect(find_option_entry(macro, &of_short_name),
			    "dinit(8) has no entry for -%c under DESCRIPTION",
			    row->short_name);
		cr_expect(of_long_name.text == NULL ||
		    of_short_name.text == NULL ||
		    of_long_name.text == of_short_name.text,
		    "--%s and -%c have two entries", row->name,
		    row->short_name);
	}
}

/* Calls FUNCTION with each manual page. */
static void
for_each_page(void (*function)(const char *path, const char *text))
{
	static char page[TEXT_SIZE];
	glob_t pages;

	cr_assert_eq(glob(SOURCE_DIR "/man/*.[78]", 0, NULL, &pages), 0);
	for (size_t i = 0; i < pages.gl_pathc; i++) {
		strcpy(page, read_file(pages.gl_pathv[i]));
		function(pages.gl_pathv[i], page);
	}
	globfree(&pages);
}

/* Every "Fl Fl name" and "Fl c", wherever it stands. */
static void
expect_known_options(const char *path, const char *at)
{
	while ((at = strstr(at, "Fl ")) != NULL) {
		char word[WORD_SIZE] = "";
		bool is_long = strncmp(at, "Fl Fl ", 6) == 0;

		if (strncmp(at, "Fl Fl\n", 6) == 0) {
			at += 6;
			continue;
		}
		at += is_long ? 6 : 3;
		snprintf(word, sizeof(word), "%.*s",
		    (int)strcspn(at, " \n"), at);
		cr_expect(is_long ? knows_name(word) : strlen(word) == 1 &&
		    knows_short_name(word[0]), "%s: '%.*s' is no option",
		    path, (int)strcspn(at, "\n"), at);
	}
}

Test(documentation, names_no_other_options_in_the_manual)
{
	for_each_page(expect_known_options);
}

/* What an entry is sorted by: its long name, otherwise its letter. */
static void
find_key(const struct entry *entry, char key[WORD_SIZE])
{
	const char *name = strstr(entry->line, "Fl Fl ");

	name = name == NULL ? entry->line + strlen(".It Fl ") : name + 6;
	snprintf(key, WORD_SIZE, "%.*s", (int)strcspn(name, " "), name);
}

Test(documentation, sorts_the_options_in_the_manual)
{
	const char *end;
	const char *from = find_section("\n.Sh DESCRIPTION\n", &end);
	char before[WORD_SIZE] = "";
	struct entry entry;

	while (next_entry(&from, end, &entry)) {
		char key[WORD_SIZE];

		if (strncmp(entry.line, ".It Fl ", 7) != 0)
			continue;
		find_key(&entry, key);
		cr_expect(strcasecmp(before, key) < 0, "%s before %s", before,
		    key);
		strcpy(before, key);
	}
}

/* The word behind "The default is", with or without a macro. */
static bool
read_documented_default(const struct entry *entry, char value[WORD_SIZE])
{
	static const char phrase[] = "\nThe default is";
	const char *at = strstr(entry->text, phrase);
	size_t length;

	if (at == NULL || at > entry->end)
		return false;
	at += sizeof(phrase) - 1;
	at += strspn(at, " \n");
	if (*at == '.') {
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	snprintf(value, WORD_SIZE, "%.*s", (int)strcspn(at, " \n"), at);
	/* Punctuation behind the word, but not the comma of a list. */
	length = strlen(value);
	if (length > 0 && strchr(".,:;", value[length - 1]) != NULL)
		value[length - 1] = '\0';
	return true;
}

Test(documentation, says_the_true_defaults_in_the_manual)
{
	for (const struct table_row *row = table_rows; row->kind != NULL;
	    row++) {
		char documented[WORD_SIZE];
		char actual[WORD_SIZE];
		struct entry entry;

		if (!has_variable(row))
			continue;
		if (!find_option_entry(long_macro(row), &entry))
			continue;
		if (!read_documented_default(&entry, documented)) {
			cr_expect_fail("--%s: no default", row->name);
			continue;
		}
		find_default(row->name, actual);
		cr_expect(is_same_value(documented, actual),
		    "--%s: '%s' is not '%s'", row->name, documented,
		    actual);
	}
}

Test(documentation, lists_each_variable_in_the_manual)
{
	const char *end;
	const char *from = find_section("\n.Sh ENVIRONMENT\n", &end);
	int listed[OPTIONS_MAX] = { 0 };
	struct entry entry;

	while (next_entry(&from, end, &entry)) {
		char variable[WORD_SIZE];
		char option[WORD_SIZE + 16] = "";
		const struct table_row *row;

		if (sscanf(entry.line, ".It Ev %63[" VARIABLE_CHARACTERS "]",
		    variable) != 1 || strncmp(variable, "DINIT_", 6) != 0)
			continue;
		row = table_find_variable(variable, strlen(variable));
		if (row != NULL) {
			listed[row - table_rows]++;
			snprintf(option, sizeof(option), "\n.Fl Fl %s\n",
			    row->name);
		}
		cr_expect(option[0] != '\0', "%s is no variable", variable);
		cr_expect(strncmp(entry.text, option, strlen(option)) == 0,
		    "%s is not followed by its option", variable);
	}
	for (const struct table_row *row = table_rows; row->kind != NULL; row++)
		cr_expect_eq(listed[row - table_rows], has_variable(row),
		    "dinit(8) lists the variable of --%s %d times under "
		    "ENVIRONMENT", row->name, listed[row - table_rows]);
}

/* --- The messages, as the source has them --- */

/*
 * DIAGNOSTICS as running text, with continued lines joined. A quote at the
 * start of a word quotes an argument and is not printed, unless "\&" precedes
 * it (mdoc(7)).
 */
static char diagnostics[TEXT_SIZE];

static void
read_diagnostics(void)
{
	const char *end;
	const char *from = find_section("\n.Sh DIAGNOSTICS\n", &end);
	char *to = diagnostics;

	for (; from < end; from++) {
		if (strncmp(from, "\\\n", 2) == 0 ||
		    strncmp(from, "\\&", 2) == 0)
			from++;
		else if (*from != '"' || from[-1] != ' ')
			*to++ = *from;
	}
	*to = '\0';
}

/* What stands between the conversions of FORMAT, unless it is very short. */
static void
expect_explained(const char *path, const char *format)
{
	while (*format != '\0') {
		size_t length = strcspn(format, "%");
		char part[512];

		snprintf(part, sizeof(part), "%.*s", (int)length, format);
		cr_expect(length <= 3 || strstr(diagnostics, part) != NULL,
		    "%s: \"%s\" is not in dinit(8) under DIAGNOSTICS", path,
		    part);
		format += length;
		format += strspn(format, "%.*0123456789lz");
		format += *format != '\0';
	}
}

/* The string literal at *FROM; those that follow it are part of it. */
static void
read_literal(const char **from, char *literal)
{
	const char *at = *from;

	while (*at == '"') {
		for (at++; *at != '"'; at++) {
			at += *at == '\\';
			*literal++ = *at;
		}
		at++;
		at += strspn(at, " \t\n");
	}
	*literal = '\0';
	*from = at;
}

/* All that is in the calls of FUNCTION; their number. */
static int
expect_calls_explained(const char *path, const char *source,
    const char *function)
{
	int found = 0;

	while ((source = strstr(source, function)) != NULL) {
		const char *end = strstr(source, ");\n");
		char literal[1024];

		found++;
		while (end != NULL && source < end) {
			source += strcspn(source, "\";");
			if (*source == ';')
				break;
			read_literal(&source, literal);
			expect_explained(path, literal);
		}
	}
	return found;
}

Test(documentation, explains_each_message_in_the_manual)
{
	const char *const functions[] = { "log_line(", "log_event(",
		"log_refusal(", "log_going_without(", "log_doubt(", "log_loss(",
		"log_exiting(", "log_unstarted(", "snprintf(why, ",
		"problem_set(", "denial_log_failure(" };
	int found[ARRAY_SIZE(functions)] = { 0 };
	glob_t files;

	read_diagnostics();
	cr_assert_eq(glob(SOURCE_DIR "/init/*.c", 0, NULL, &files), 0);
	cr_assert_eq(glob(SOURCE_DIR "/init/*/*.c", GLOB_APPEND, NULL,
	    &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		static char source[TEXT_SIZE];

		strcpy(source, read_file(files.gl_pathv[i]));
		for (size_t j = 0; j < ARRAY_SIZE(functions); j++)
			found[j] += expect_calls_explained(files.gl_pathv[i],
			    source, functions[j]);
	}
	for (size_t j = 0; j < ARRAY_SIZE(functions); j++)
		cr_expect_gt(found[j], 0);
	globfree(&files);
}

/* --- The events of the log --- */

/* Expects that each call of log_line in SOURCE is for a detail. */
static void
expect_events_named(const char *path, const char *source)
{
	while ((source = strstr(source, "log_line(")) != NULL) {
		source += strlen("log_line(");
		source += strspn(source, "\n\t ");
		cr_expect(strncmp(source, "LOG_LEVEL_DEBUG",
		    strlen("LOG_LEVEL_DEBUG")) == 0 ||
		    strncmp(source, "enum", strlen("enum")) == 0,
		    "%s: a line has no event: %.60s", path, source);
	}
}

Test(documentation, leaves_only_details_of_the_log_without_an_event)
{
	glob_t files;

	cr_assert_eq(glob(SOURCE_DIR "/init/*.c", 0, NULL, &files), 0);
	cr_assert_eq(glob(SOURCE_DIR "/init/*/*.c", GLOB_APPEND, NULL,
	    &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		expect_events_named(files.gl_pathv[i],
		    read_file(files.gl_pathv[i]));
	globfree(&files);
}

/* The topic that programs know as NAME, or TOPIC_COUNT. */
static int
find_topic(const char *name)
{
	int topic = 0;

	for (; topic < TOPIC_COUNT; topic++) {
		const char *event = messages_event_name(topic);

		cr_assert_not_null(event, "number %d of enum message has no "
		    "row in init/life/messages.c", topic);
		if (strcmp(event, name) == 0)
			break;
	}
	return topic;
}

Test(documentation, lists_each_event_of_the_log_in_the_manual)
{
	const char *from = strstr(manual, "Programs may rely on these keys");
	const char *end;
	int listed[TOPIC_COUNT + 1] = { 0 };
	struct entry entry;

	cr_assert_not_null(from);
	end = strstr(from, "\n.El\n");
	while (next_entry(&from, end, &entry)) {
		char name[WORD_SIZE] = "";
		int topic;

		sscanf(entry.line, ".It Li %63s", name);
		topic = find_topic(name);
		cr_expect_lt(topic, TOPIC_COUNT, "%s is no event", name);
		listed[topic]++;
	}
	for (int topic = 0; topic < TOPIC_COUNT; topic++)
		cr_expect_eq(listed[topic], 1, "dinit(8) has %d entries for "
		    "the event %s in the list of the JSON keys", listed[topic],
		    messages_event_name(topic));
}

/* --- The order of the messages --- */

/* What is printed for the head of an entry, in lower case, without quotes. */
static void
find_printed(const char *head, bool skips_setting, char *out, size_t size)
{
	size_t length = 0;

	head += strlen(".It ");
	if (skips_setting)
		head = strstr(head, ": ") + 2;
	for (; *head != '\0' && length < size - 1; head++) {
		if (strncmp(head, "\\&", 2) == 0)
			head++;
		else if (*head != '"')
			out[length++] = (char)tolower(*head);
	}
	out[length] = '\0';
}

/* From the subsection's heading to the next one, if any. */
static void
expect_sorted(const char *heading, bool skips_setting)
{
	const char *from = strstr(manual, heading);
	const char *end;
	char before[512] = "";
	struct entry entry;

	cr_assert_not_null(from, "no %s", heading);
	end = strstr(from, "\n.El\n");
	while (next_entry(&from, end, &entry)) {
		char printed[512];

		find_printed(entry.line, skips_setting, printed,
		    sizeof(printed));
		cr_expect(strcmp(before, printed) <= 0, "'%s' before '%s'",
		    before, printed);
		strcpy(before, printed);
	}
	cr_expect_str_neq(before, "");
}

Test(documentation, lists_messages_in_the_alphabet_of_what_is_printed)
{
	expect_sorted("\n.Ss Messages that begin with a setting\n", true);
	expect_sorted("\n.Ss All other messages\n", false);
}

/* --- Exit statuses --- */

/* A set of exit statuses. */
struct statuses {
	bool has[256];
};

/* Adds the numbers that TEXT begins with, as in "126, 127 ". */
static void
add_statuses(struct statuses *statuses, const char *text)
{
	int status;
	int length;

	while (sscanf(text, "%3d%n", &status, &length) == 1 &&
	    strchr(", \n", text[length]) != NULL) {
		cr_assert_lt(status, 256, "%.20s", text);
		statuses->has[status] = true;
		text += length + strspn(text + length, ", ");
	}
}

/* The numbers that follow each START within TEXT, which ends at END. */
static struct statuses
find_statuses(const char *text, const char *end, const char *start)
{
	struct statuses found = { .has = { false } };

	cr_assert_not_null(text, "no exit statuses");
	while ((text = strstr(text, start)) != NULL && text < end) {
		text += strlen(start);
		add_statuses(&found, text);
	}
	return found;
}

static struct statuses
statuses_of_header(void)
{
	const char *text = read_file(SOURCE_DIR "/init/base/exit_status.h");
	struct statuses found = { .has = { false } };

	while ((text = strstr(text, "#define EXIT_STATUS_")) != NULL) {
		text += strcspn(text, " ") + 1;
		text += strcspn(text, " ") + 1;
		add_statuses(&found, text);
	}
	return found;
}

static struct statuses
statuses_of_help(void)
{
	char help[LISTING_TEXT_MAX];
	char *text;

	listing_format_help(help, sizeof(help));
	text = strstr(help, "Exit status: ");
	for (char *c = text; c != NULL && *c != '\0'; c++)
		if (*c == '\n')
			*c = ' ';
	return find_statuses(text, help + sizeof(help), "; ");
}

/* Without 0 (success) and 1 (the answer no), which the header leaves out. */
static struct statuses
statuses_of_manual(void)
{
	const char *end;
	const char *from = find_section("\n.Sh EXIT STATUS\n", &end);
	struct statuses found = { .has = { false } };
	struct entry entry;

	while (next_entry(&from, end, &entry))
		if (strchr(entry.line, '+') == NULL)
			add_statuses(&found, entry.line + strlen(".It "));
	cr_expect(found.has[0] && found.has[1]);
	found.has[0] = found.has[1] = false;
	return found;
}

static void
expect_statuses(const struct statuses *found, const char *where)
{
	struct statuses expected = statuses_of_header();

	for (int status = 0; status < 256; status++) {
		cr_expect(found->has[status] || !expected.has[status],
		    "%s does not have exit status %d", where, status);
		cr_expect(expected.has[status] || !found->has[status],
		    "%s has exit status %d, the header does not", where,
		    status);
	}
}

Test(documentation, says_each_exit_status_and_no_other)
{
	const char *table = strstr(readme,
	    "\n| status | meaning | what to do |\n");
	struct statuses in_help = statuses_of_help();
	struct statuses in_manual = statuses_of_manual();
	struct statuses in_readme = find_statuses(table,
	    table + strcspn(table, "#"), "\n| ");

	cr_expect(statuses_of_header().has[EXIT_STATUS_DINIT]);
	expect_statuses(&in_help, "--help");
	expect_statuses(&in_manual, "the manual page");
	/* those of an app that SIGKILL or SIGTERM has ended */
	in_readme.has[128 + SIGKILL] = in_readme.has[128 + SIGTERM] = false;
	expect_statuses(&in_readme, "README.md");
}

/* --- The README's table of settings --- */

/* The option of the variable that LINE of a table begins with, or NULL. */
static const struct table_row *
find_row(const char *line)
{
	char variable[WORD_SIZE];

	if (sscanf(line, "\n| `%63[" VARIABLE_CHARACTERS "]`", variable) != 1)
		return NULL;
	return table_find_variable(variable, strlen(variable));
}

/* The lines of the table "| `DINIT_X` | `default` | meaning |". */
Test(documentation, says_the_true_defaults_in_the_readme)
{
	const char *line = readme;
	int found = 0;

	while ((line = strstr(line, "\n| `DINIT_")) != NULL) {
		const struct table_row *row = find_row(line);
		char documented[WORD_SIZE] = "";
		char actual[WORD_SIZE];

		line += strlen("\n| ");
		line += strcspn(line, "|") + 1;
		cr_assert_not_null(row, "no variable before %.30s", line);
		if (sscanf(line, " `%63[^`]`", documented) != 1)
			sscanf(line, " %63s", documented);
		find_default(row->name, actual);
		cr_expect(is_same_value(documented, actual),
		    "%s: '%s' is not '%s'", row->name, documented, actual);
		found++;
	}
	cr_expect_geq(found, 10);
}

/* Every DINIT_*, wherever it stands; the bare prefix is none. */
static void
expect_known_variables(const char *document, const char *text)
{
	/* Kubernetes makes this one for a Service called dinit. */
	static const char of_service[] = "DINIT_SERVICE_HOST";

	while ((text = strstr(text, "DINIT_")) != NULL) {
		char variable[WORD_SIZE] = "";

		snprintf(variable, sizeof(variable), "%.*s",
		    (int)strspn(text, VARIABLE_CHARACTERS), text);
		text += strlen(variable);
		cr_expect(strcmp(variable, "DINIT_") == 0 ||
		    strcmp(variable, of_service) == 0 ||
		    knows_variable(variable), "%s: %s is no variable",
		    document, variable);
	}
}

Test(documentation, names_no_other_variables)
{
	expect_known_variables("README.md", readme);
	for_each_page(expect_known_variables);
}
