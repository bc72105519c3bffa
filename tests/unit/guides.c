/* SPDX-License-Identifier: MIT */
/*
 * Compares what is explained with what there is: in dinit-lifecycle(7) the
 * states and their order with the lifecycle, in dinit-security(7) the names of
 * tests with the tests, in init/README.md the modules with the files, and in
 * README.md the commands with those of dinit-migration(7). Every snippet has to
 * say which test runs it, or why none does.
 */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "exploration.h"
#include "guides.h"
#include "life/lifecycle.h"
#include "support.h"

#define TEXT_SIZE 131072
#define WORD_SIZE 64
#define README_LINES 230

TestSuite(guides, .timeout = 60);

/* A copy of the file PATH of the sources, which has to be there. */
static const char *
read_document(const char *path)
{
	static char text[TEXT_SIZE];
	char full_path[256];

	snprintf(full_path, sizeof(full_path), SOURCE_DIR "/%s", path);
	strcpy(text, read_file(full_path));
	cr_assert_str_not_empty(text, "no %s", path);
	return text;
}

/* --- The lifecycle --- */

Test(guides, explain_each_state)
{
	const char *page = read_document("man/dinit-lifecycle.7");

	for (int state = 0; state < STATE_COUNT; state++) {
		char line[WORD_SIZE];

		snprintf(line, sizeof(line), "\n.It %s\n",
		    lifecycle_state_name((enum state)state));
		cr_expect_not_null(strstr(page, line), "%s",
		    lifecycle_state_name((enum state)state));
	}
}

/* What leads to what: by state, or OUTSIDE, which is "nothing" on the page. */
struct edges {
	bool from[STATE_COUNT + 1][STATE_COUNT + 1];
};

static const char *
node_name(int state)
{
	return state == OUTSIDE ? "nothing" :
	    lifecycle_state_name((enum state)state);
}

/* The node called NAME; fails the test if there is none. */
static int
find_node(const char *name)
{
	for (int state = 0; state <= STATE_COUNT; state++)
		if (strcmp(node_name(state), name) == 0)
			return state;
	cr_assert_fail("the page names '%s', which is no state", name);
	return OUTSIDE;
}

static struct edges
read_edges(void)
{
	struct edges edges = { .from = { { false } } };
	const char *line = strstr(read_document("man/dinit-lifecycle.7"),
	    "\n.Sh STATES IN ORDER\n");
	const char *end;

	cr_assert_not_null(line, "no states in order");
	end = strstr(line, "\n.Ed\n");
	cr_assert_not_null(end, "they have no end");
	for (; line < end; line = strchr(line + 1, '\n')) {
		char from[WORD_SIZE];
		char to[WORD_SIZE];

		if (sscanf(line, " %63s --> %63[^ \n]", from, to) == 2)
			edges.from[find_node(from)][find_node(to)] = true;
	}
	return edges;
}

void
guides_expect_ways(const struct exploration *exploration)
{
	struct edges listed = read_edges();

	for (int from = 0; from <= STATE_COUNT; from++) {
		for (int to = 0; to <= STATE_COUNT; to++) {
			bool real = exploration->leads[from][to];

			cr_expect(listed.from[from][to] || !real,
			    "dinit-lifecycle(7) has no %s --> %s",
			    node_name(from), node_name(to));
			cr_expect(real || !listed.from[from][to],
			    "%s --> %s of dinit-lifecycle(7) never happens",
			    node_name(from), node_name(to));
		}
	}
}

/* --- Names of tests and modules --- */

/* Whether FOLDER, or one in it, has a file NAME.c with a test of that name. */
static bool
has_test(const char *folder, const char *file, const char *test)
{
	char pattern[256];
	char head[256];
	glob_t files;
	bool has = false;

	snprintf(pattern, sizeof(pattern), SOURCE_DIR "/tests/%s/%s.c", folder,
	    file);
	glob(pattern, 0, NULL, &files);
	snprintf(pattern, sizeof(pattern), SOURCE_DIR "/tests/%s/*/%s.c",
	    folder, file);
	glob(pattern, GLOB_APPEND, NULL, &files);
	snprintf(head, sizeof(head), "Test(%s, %s", file, test);
	if (files.gl_pathc > 0)
		has = strstr(read_file(files.gl_pathv[0]), head) != NULL;
	globfree(&files);
	return has;
}

/* Each ".Li unit/FILE/TEST" or ".Li e2e/FILE/TEST". */
Test(guides, name_only_tests_that_there_are)
{
	const char *at = read_document("man/dinit-security.7");
	char folder[8];
	char file[64];
	char test[128];
	int found = 0;

	while ((at = strstr(at, "\n.Li ")) != NULL) {
		at++;
		if (sscanf(at, ".Li %4[a-z2]/%63[a-z_]/%127[a-z0-9_]", folder,
		    file, test) != 3)
			continue;
		found++;
		cr_expect(has_test(folder, file, test),
		    "there is no %s/%s/%s", folder, file, test);
	}
	cr_expect_gt(found, 0);
}

Test(guides, say_of_each_module_what_it_is_for)
{
	const char *text = read_document("init/README.md");
	glob_t files;

	cr_assert_eq(glob(SOURCE_DIR "/init/*/*.c", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		const char *name = strrchr(files.gl_pathv[i], '/') + 1;
		char word[WORD_SIZE];

		snprintf(word, sizeof(word), "`%.*s`",
		    (int)strcspn(name, "."), name);
		cr_expect_not_null(strstr(text, word),
		    "init/README.md does not say what %s is for", word);
	}
	globfree(&files);
}

/* Each folder in tests/images has a line of the table there. */
Test(guides, say_of_each_image_what_it_shows)
{
	const char *table = read_document("tests/images/README.md");
	glob_t files;

	cr_assert_eq(glob(SOURCE_DIR "/tests/images/*/Dockerfile", 0, NULL,
	    &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		const char *folder = files.gl_pathv[i] +
		    strlen(SOURCE_DIR "/tests/images/");
		char line[WORD_SIZE];

		snprintf(line, sizeof(line), "\n| `%.*s` | ",
		    (int)strcspn(folder, "/"), folder);
		cr_expect_not_null(strstr(table, line),
		    "tests/images/README.md does not have %s", line);
	}
	globfree(&files);
}

/* --- Snippets --- */

/*
 * A mark says "run: FILE..." or "not run: REASON". Expects the files to be
 * there. MARK ends with its line.
 */
static void
expect_sound_mark(const char *document, const char *mark)
{
	const char *end = mark + strcspn(mark, "\n");
	char path[256];

	if (strncmp(mark, "not run: ", 9) == 0)
		return;
	cr_expect(strncmp(mark, "run: ", 5) == 0, "%s: no mark: %.40s",
	    document, mark);
	for (mark += strcspn(mark, " "); mark < end; mark += strcspn(mark, " \n")) {
		mark++;
		snprintf(path, sizeof(path), SOURCE_DIR "/%.*s",
		    (int)strcspn(mark, " \n"), mark);
		cr_expect_eq(access(path, F_OK), 0, "%s: there is no %s",
		    document, path);
	}
}

/* True if LINE begins what is to be copied, or shows what is printed. */
static bool
begins_snippet(const char *line)
{
	return strncmp(line, ".Bd -literal", 12) == 0 ||
	    strncmp(line, ".Dl ", 4) == 0;
}

/* Each snippet follows a line with a mark in a comment. */
static void
expect_marks(const char *path)
{
	static const char comment[] = ".\\\" ";
	const char *before = "";
	const char *line = read_document(path);

	while (*line != '\0') {
		if (begins_snippet(line)) {
			cr_expect(strncmp(before, comment, 4) == 0,
			    "%s: no mark before %.60s", path, line);
			if (strncmp(before, comment, 4) == 0)
				expect_sound_mark(path, before + 4);
		}
		before = line;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
}

Test(guides, say_of_each_snippet_in_the_manual_which_test_runs_it)
{
	glob_t pages;

	cr_assert_eq(glob(SOURCE_DIR "/man/*.[78]", 0, NULL, &pages), 0);
	for (size_t i = 0; i < pages.gl_pathc; i++)
		expect_marks(pages.gl_pathv[i] + strlen(SOURCE_DIR "/"));
	globfree(&pages);
}

/* Behind the language of each block: ```sh run: FILE... */
static void
expect_marked_blocks(const char *path)
{
	const char *at = read_document(path);

	while ((at = strstr(at, "\n```")) != NULL) {
		const char *mark = at + 4 + strcspn(at + 4, " \n");

		expect_sound_mark(path, mark + 1);
		at = strstr(at + 1, "\n```");
		cr_assert_not_null(at, "%s: a block has no end", path);
		at++;
	}
}

Test(guides, say_of_each_snippet_in_a_readme_which_test_runs_it)
{
	static const char *const paths[] = { "README.md", "init/README.md",
		"tests/README.md", "tests/bench/README.md",
		"tests/images/README.md", "tests/scenarios/README.md" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		expect_marked_blocks(paths[i]);
}

/* --- The README --- */

Test(guides, keep_the_readme_short)
{
	int lines = 0;

	for (const char *at = read_document("README.md"); *at != '\0'; at++)
		lines += *at == '\n';
	cr_expect_leq(lines, README_LINES, "README.md has %d lines", lines);
}

/* Each line "| `BEFORE` | `AFTER` |" is a pair of dinit-migration(7) too. */
Test(guides, take_the_commands_in_the_readme_from_the_manual)
{
	static char page[TEXT_SIZE];
	const char *at;
	int found = 0;

	strcpy(page, read_document("man/dinit-migration.7"));
	at = strstr(read_document("README.md"), "\n| before | after |\n");
	cr_assert_not_null(at, "no table of commands");
	while ((at = strstr(at, "\n| `")) != NULL) {
		char before[256];
		char after[256];
		char pair[640];

		at++;
		if (sscanf(at, "| `%255[^`]` | `%255[^`]` |", before, after) != 2)
			break;
		snprintf(pair, sizeof(pair), "\nbefore: %s\nafter:  %s\n",
		    before, after);
		cr_expect_not_null(strstr(page, pair),
		    "dinit-migration(7) does not have %s", pair);
		found++;
	}
	cr_expect_geq(found, 9);
}
