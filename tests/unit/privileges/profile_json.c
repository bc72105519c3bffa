/* SPDX-License-Identifier: MIT */
/*
 * How JSON is read, whatever the keys mean. What they mean is tested in
 * seccomp_profile.c.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "privileges/profile_json.h"
#include "base/array.h"
#include "base/problem.h"
#include "support.h"

TestSuite(profile_json, .timeout = 30, .init = scratch_make,
    .fini = scratch_remove);

/* In these texts ' stands for ". */
static json_t *
read_json(const char *text, struct problem *problem)
{
	char *copy = strdup(text);
	json_t *json;

	for (char *c = copy; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	write_file(scratch_path("profile"), copy);
	free(copy);
	json = profile_json_read(scratch_path("profile"), problem);
	return json;
}

static json_t *
must_read(const char *text)
{
	struct problem problem = { .text = "" };
	json_t *json = read_json(text, &problem);

	cr_assert_neq(json, NULL, "%s: %s", text, problem.text);
	return json;
}

Test(profile_json, reads_numbers_as_go_does)
{
	static const struct {
		const char *text;
		bool is_integer;
		uint64_t number;
	} cases[] = {
		{ "{'n': 0}", true, 0 },
		{ "{'n': 9223372036854775807}", true, INT64_MAX },
		{ "{'n': 9223372036854775808}", true, UINT64_C(1) << 63 },
		{ "{'n': 18446744073709551615}", true, UINT64_MAX },
		{ "{'n': 18446744073709551616}", false, 0 },
		{ "{'n': -1}", false, 0 },
		{ "{'n': -9223372036854775808}", false, 0 },
		{ "{'n': 1.5}", false, 0 },
		{ "{'n': 1e2}", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *json = must_read(cases[i].text);
		const json_t *value = profile_json_get(json, "n");

		cr_expect_eq(json_is_integer(value), cases[i].is_integer,
		    "%s", cases[i].text);
		cr_expect_eq(profile_json_number(json, "n"), cases[i].number,
		    "%s", cases[i].text);
		json_decref(json);
	}
}

Test(profile_json, says_where_the_json_is_broken)
{
	struct problem problem = { .text = "" };

	cr_assert_eq(read_json("{'a': 1,\n'b': }", &problem), NULL);
	cr_assert_eq(strncmp(problem.text, "line 2: ", 8), 0, "%s",
	    problem.text);
	cr_assert_eq(read_json("{'a': 1, 'a': 2}", &problem), NULL);
	cr_assert(strstr(problem.text, "duplicate"), "%s", problem.text);
}

Test(profile_json, finds_values_whatever_the_case_of_the_key)
{
	json_t *json = must_read("{'Text': 'x', 'NUMBER': 7, 'none': null}");

	cr_expect_str_eq(profile_json_text(json, "text"), "x");
	cr_expect_eq(profile_json_number(json, "number"), 7);
	cr_expect(profile_json_has(json, "None"));
	cr_expect_eq(profile_json_get(json, "none"), NULL);
	cr_expect_str_empty(profile_json_text(json, "none"));
	cr_expect_eq(profile_json_number(json, "none"), 0);
	cr_expect(!profile_json_has(json, "absent"));
	cr_expect_str_empty(profile_json_text(NULL, "absent"));
	json_decref(json);
}

static const struct profile_key keys[] = {
	{ "text", PROFILE_TEXT },
	{ "number", PROFILE_NUMBER },
	{ "object", PROFILE_OBJECT },
	{ "list", PROFILE_LIST },
	{ "texts", PROFILE_TEXTS },
	{ NULL, PROFILE_TEXT },
};

/* Checks TEXT. Returns the problem, or "" and the unknown keys in LIST. */
static const char *
check(const char *text, char list[256])
{
	static struct problem problem;
	json_t *unknown_keys = json_object();
	json_t *json = must_read(text);

	problem.text[0] = '\0';
	cr_assert_eq(profile_json_check(json, keys, "it", unknown_keys,
	    &problem) == 0, problem.text[0] == '\0');
	profile_json_list_keys(unknown_keys, list, 256);
	json_decref(json);
	json_decref(unknown_keys);
	return problem.text;
}

Test(profile_json, takes_what_has_the_right_shape_or_is_null)
{
	char list[256];

	cr_expect_str_empty(check("{'text': 't', 'NUMBER': 1, 'object': {}, "
	    "'list': [1, {}], 'texts': ['a', 'b']}", list));
	cr_expect_str_empty(check("{'text': null, 'number': null, "
	    "'object': null, 'list': null, 'texts': []}", list));
	cr_expect_str_empty(check("{}", list));
	cr_expect_str_empty(list);
}

Test(profile_json, refuses_what_has_another_shape)
{
	static const struct {
		const char *text;
		const char *problem;
	} cases[] = {
		{ "[]", "it is not a JSON object" },
		{ "{'text': 1}", "it: \"text\" is not a string" },
		{ "{'number': -1}", "it: \"number\" is not a number from 0 to "
		    "2^64-1" },
		{ "{'object': []}", "it: \"object\" is not an object" },
		{ "{'list': {}}", "it: \"list\" is not a list" },
		{ "{'texts': ['a', 1]}", "it: \"texts\" is not a list of "
		    "strings" },
		{ "{'text': 'a', 'TEXT': 'a'}", "is there twice, in upper and "
		    "lower case" },
	};
	char list[256];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *problem = check(cases[i].text, list);

		cr_expect(strstr(problem, cases[i].problem), "%s: %s",
		    cases[i].text, problem);
	}
}

Test(profile_json, collects_unknown_keys_but_no_comments)
{
	char list[256];

	cr_assert_str_empty(check("{'when': 1, 'comment': 2, 'Description': 3, "
	    "'_x': 4, '$schema': 5, '//': 6, '#': 7, 'value2': 8}", list));
	cr_assert_str_eq(list, "\"when\", \"value2\"");
}

Test(profile_json, cuts_a_list_of_keys_where_there_is_no_more_room)
{
	json_t *json = must_read("{'first': 1, 'second': 2}");
	char list[12];

	profile_json_list_keys(json, list, sizeof(list));
	cr_assert_str_eq(list, "\"first\", \"s");
	json_decref(json);
}
