/* SPDX-License-Identifier: MIT */
/*
 * Compares the manual page and the README with the table of options and with
 * the exit statuses, the manual page with the messages, and in the README the
 * diagram of states with the lifecycle and the table of modules with the files.
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/duration.h"
#include "base/exit_status.h"
#include "base/problem.h"
#include "exploration.h"
#include "life/lifecycle.h"
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
			    &of_long_name), "no entry for --%s",
			    row->name);
		snprintf(macro, sizeof(macro), "Fl %c", row->short_name);
		if (row->short_name != 0)
			cr_expect(find_option_entry(macro, &of_short_name),
			    "no entry for -%c", row->short_name);
		cr_expect(of_long_name.text == NULL ||
		    of_short_name.text == NULL ||
		    of_long_name.text == of_short_name.text,
		    "--%s and -%c have two entries", row->name,
		    row->short_name);
	}
}

/* Every "Fl Fl name" and "Fl c", wherever it stands. */
Test(documentation, names_no_other_options_in_the_manual)
{
	const char *at = manual;

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
		    knows_short_name(word[0]), "'%.*s' is no option",
		    (int)strcspn(at, "\n"), at);
	}
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
	size_t listed = 0;
	struct entry entry;

	while (next_entry(&from, end, &entry)) {
		char variable[WORD_SIZE];
		char option[WORD_SIZE + 16] = "";
		const struct table_row *row;

		if (sscanf(entry.line, ".It Ev %63[" VARIABLE_CHARACTERS "]",
		    variable) != 1 || strncmp(variable, "DINIT_", 6) != 0)
			continue;
		listed++;
		row = table_find_variable(variable, strlen(variable));
		if (row != NULL)
			snprintf(option, sizeof(option), "\n.Fl Fl %s\n",
			    row->name);
		cr_expect(option[0] != '\0', "%s is no variable", variable);
		cr_expect(strncmp(entry.text, option, strlen(option)) == 0,
		    "%s is not followed by its option", variable);
	}
	for (const struct table_row *row = table_rows; row->kind != NULL; row++)
		listed -= has_variable(row);
	cr_expect_eq(listed, 0, "some are missing, or listed twice");
}

Test(documentation, explains_each_state_in_the_manual)
{
	for (int state = 0; state < STATE_COUNT; state++) {
		char line[WORD_SIZE];

		snprintf(line, sizeof(line), "\n.It %s\n",
		    exploration_state_name((enum state)state));
		cr_expect_not_null(strstr(manual, line), "%s",
		    exploration_state_name((enum state)state));
		cr_expect_str_eq(messages_state_name((enum state)state),
		    exploration_state_name((enum state)state));
	}
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
		    "%s: \"%s\" is not in DIAGNOSTICS", path, part);
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

	while (topic < TOPIC_COUNT &&
	    strcmp(messages_event_name(topic), name) != 0)
		topic++;
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
		cr_expect_eq(listed[topic], 1, "%s: %d entries",
		    messages_event_name(topic), listed[topic]);
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
	const char *table = strstr(readme, "\n| exit code | when |\n");
	struct statuses in_help = statuses_of_help();
	struct statuses in_manual = statuses_of_manual();
	struct statuses in_readme = find_statuses(table,
	    table + strcspn(table, "#"), "\n| ");

	cr_expect(statuses_of_header().has[EXIT_STATUS_DINIT]);
	expect_statuses(&in_help, "--help");
	expect_statuses(&in_manual, "the manual page");
	expect_statuses(&in_readme, "README.md");
}

/* --- The README's table of settings --- */

/* The cells of the line that begins with VARIABLE. */
static const char *
find_setting(const char *variable)
{
	char start[WORD_SIZE + 16];
	const char *line;

	snprintf(start, sizeof(start), "\n| `%s` |", variable);
	line = strstr(readme, start);
	if (line == NULL)
		return NULL;
	cr_expect_null(strstr(line + 1, start), "%s has two lines", variable);
	return line + strlen(start);
}

Test(documentation, says_each_setting_and_its_default_in_the_readme)
{
	for (const struct table_row *row = table_rows; row->kind != NULL;
	    row++) {
		const char *cells;
		char variable[TABLE_NAME_MAX];
		char documented[WORD_SIZE] = "";
		char actual[WORD_SIZE];

		if (!has_variable(row))
			continue;
		table_format_variable(row, variable);
		cells = find_setting(variable);
		if (cells == NULL) {
			cr_expect_fail("no line for %s", variable);
			continue;
		}
		if (sscanf(cells, " `%63[^`]`", documented) != 1)
			sscanf(cells, " %63s", documented);
		find_default(row->name, actual);
		cr_expect(is_same_value(documented, actual),
		    "%s: '%s' is not '%s'", variable, documented, actual);
	}
}

/* Every DINIT_*, wherever it stands; the bare prefix is none. */
static void
expect_known_variables(const char *document, const char *text)
{
	while ((text = strstr(text, "DINIT_")) != NULL) {
		char variable[WORD_SIZE] = "";

		snprintf(variable, sizeof(variable), "%.*s",
		    (int)strspn(text, VARIABLE_CHARACTERS), text);
		text += strlen(variable);
		cr_expect(strcmp(variable, "DINIT_") == 0 ||
		    knows_variable(variable), "%s: %s is no variable",
		    document, variable);
	}
}

Test(documentation, names_no_other_variables)
{
	expect_known_variables("README.md", readme);
	expect_known_variables("dinit.8", manual);
}

/* --- Tests that the README names --- */

/* Whether FOLDER, or one in it, has a file NAME.c with a test of that name. */
static bool
has_test(const char *folder, const char *file, const char *test)
{
	char pattern[256];
	char head[256];
	glob_t files;
	bool has = false;

	snprintf(pattern, sizeof(pattern),
	    SOURCE_DIR "/tests/%s/{%s.c,*/%s.c}", folder, file, file);
	snprintf(head, sizeof(head), "Test(%s, %s", file, test);
	if (glob(pattern, GLOB_BRACE, NULL, &files) == 0)
		has = strstr(read_file(files.gl_pathv[0]), head) != NULL;
	globfree(&files);
	return has;
}

/* Each `unit/FILE/TEST` or `e2e/FILE/TEST`. */
Test(documentation, names_only_tests_that_there_are)
{
	char folder[8];
	char file[64];
	char test[128];
	int found = 0;

	for (const char *at = readme; (at = strchr(at, '`')) != NULL; at++) {
		if (sscanf(at, "`%4[a-z2]/%63[a-z_]/%127[a-z0-9_]`", folder,
		    file, test) != 3 ||
		    (strcmp(folder, "unit") != 0 && strcmp(folder, "e2e") != 0))
			continue;
		found++;
		cr_expect(has_test(folder, file, test),
		    "there is no %s/%s/%s", folder, file, test);
	}
	cr_expect_gt(found, 0);
}

/* --- The README's table of modules --- */

Test(documentation, says_of_each_module_what_it_is_for)
{
	const char *table = strstr(readme, "## Contributing\n");
	glob_t files;

	cr_assert_not_null(table);
	cr_assert_eq(glob(SOURCE_DIR "/init/*/*.c", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		const char *name = strrchr(files.gl_pathv[i], '/') + 1;
		char word[WORD_SIZE];

		snprintf(word, sizeof(word), "`%.*s`",
		    (int)strcspn(name, "."), name);
		cr_expect_not_null(strstr(table, word),
		    "Contributing does not say what %s is for", word);
	}
	globfree(&files);
}

/* --- The README's diagram of states --- */

/* Who can follow whom: by state, or OUTSIDE, which is "[*]" in the diagram. */
struct edges {
	bool from[STATE_COUNT + 1][STATE_COUNT + 1];
};

static const char *
node_name(int state)
{
	return state == OUTSIDE ? "[*]" :
	    exploration_state_name((enum state)state);
}

/* The node called NAME; fails the test if there is none. */
static int
find_node(const char *name)
{
	for (int state = 0; state <= STATE_COUNT; state++)
		if (strcmp(node_name(state), name) == 0)
			return state;
	cr_assert_fail("the diagram names '%s', which is no state", name);
	return OUTSIDE;
}

static struct edges
read_diagram(void)
{
	struct edges edges = { .from = { { false } } };
	const char *line = strstr(readme, "```mermaid\nstateDiagram-v2\n");
	const char *end;

	cr_assert_not_null(line, "no diagram");
	end = strstr(line, "\n```\n");
	cr_assert_not_null(end, "the diagram has no end");
	for (; line < end; line = strchr(line + 1, '\n')) {
		char from[WORD_SIZE];
		char to[WORD_SIZE];

		if (sscanf(line, " %63s --> %63[^ :\n]", from, to) == 2)
			edges.from[find_node(from)][find_node(to)] = true;
	}
	return edges;
}

Test(documentation, draws_the_lifecycle_as_it_is, .timeout = 300)
{
	static struct exploration exploration;
	struct edges drawn = read_diagram();

	exploration_run(&exploration);
	for (int from = 0; from <= STATE_COUNT; from++) {
		for (int to = 0; to <= STATE_COUNT; to++) {
			bool real = exploration.leads[from][to];

			cr_expect(drawn.from[from][to] || !real,
			    "%s --> %s is missing", node_name(from),
			    node_name(to));
			cr_expect(real || !drawn.from[from][to],
			    "%s --> %s never happens", node_name(from),
			    node_name(to));
		}
	}
}
