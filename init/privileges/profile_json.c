/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "privileges/profile_json.h"
#include "base/problem.h"
#include "base/regular_file.h"
#include "base/text.h"

/* The largest profile in bytes. Those of engines have some 20 KiB. */
#define TEXT_MAX (1 << 20)

#define NUMBER_CHARACTERS "-+.0123456789Ee"

/* --- Text to JSON --- */

/*
 * Reads FILE into TEXT, which has room for TEXT_MAX + 1 bytes, and ends it with
 * a NUL byte. Returns its length, or -EINVAL and PROBLEM.
 */
static ssize_t
read_text(FILE *file, char *text, struct problem *problem)
{
	size_t length = fread(text, 1, TEXT_MAX + 1, file);

	if (ferror(file))
		return problem_set(problem, "it cannot be read");
	if (length > TEXT_MAX)
		return problem_set(problem, "it is larger than 1 MiB");
	text[length] = '\0';
	return (ssize_t)length;
}

/* Returns the length of the JSON string at TEXT, with its quotes. */
static size_t
string_length(const char *text)
{
	size_t length = 1;

	while (text[length] != '"' && text[length] != '\0')
		length += text[length] == '\\' && text[length + 1] != '\0' ? 2
									   : 1;
	return text[length] == '"' ? length + 1 : length;
}

/*
 * Copies NUMBER so that jansson reads it as a profile means it, and returns the
 * length of the copy. jansson's integers are signed, and those in a profile are
 * not. So an integer of 2^63 or more is written as the negative integer with
 * the same bits. No key accepts integers that are negative or longer than 64
 * bits: they are written as reals, which PROFILE_NUMBER refuses.
 */
static size_t
copy_number(const char *number, size_t length, char *to)
{
	bool is_positive = *number >= '1' && *number <= '9';
	bool is_negative = *number == '-' && length > 1;
	unsigned long long value;

	memcpy(to, number, length);
	if (strspn(number + 1, "0123456789") != length - 1 ||
	    (!is_positive && !is_negative))
		return length;
	errno = 0;
	value = strtoull(number, NULL, 10);
	if (is_negative || errno == ERANGE)
		return length + (size_t)sprintf(to + length, ".0");
	if (value > INT64_MAX)
		return (size_t)sprintf(to, "%" PRId64, (int64_t)value);
	return length;
}

/*
 * Copies TEXT, which ends with a NUL byte, with its numbers as copy_number
 * writes them, and returns the length of the copy: at most twice that of TEXT.
 */
static size_t
copy_text(const char *text, size_t length, char *to)
{
	const char *end = text + length;
	char *begin = to;

	while (text < end) {
		size_t part = strspn(text, NUMBER_CHARACTERS);

		if (part > 0) {
			to += copy_number(text, part, to);
			text += part;
			continue;
		}
		part = *text == '"' ? string_length(text) : 1;
		memcpy(to, text, part);
		to += part;
		text += part;
	}
	return (size_t)(to - begin);
}

/* Returns NULL and PROBLEM if TEXT is no valid JSON. */
static json_t *
parse(const char *text, size_t length, struct problem *problem)
{
	char *copy = malloc(2 * length + 1);
	json_error_t where;
	json_t *json;

	if (copy == NULL) {
		problem_set(problem, "out of memory");
		return NULL;
	}
	length = copy_text(text, length, copy);
	json = json_loadb(copy, length, JSON_REJECT_DUPLICATES, &where);
	if (json == NULL)
		problem_set(problem, "line %d: %s", where.line, where.text);
	free(copy);
	return json;
}

json_t *
profile_json_read(const char *path, struct problem *problem)
{
	json_t *json = NULL;
	ssize_t length;
	char *text;
	FILE *file;

	if (regular_file_open(path, &file, problem) < 0)
		return NULL;
	text = malloc(TEXT_MAX + 1);
	if (text == NULL)
		problem_set(problem, "out of memory");
	length = text != NULL ? read_text(file, text, problem) : -1;
	if (length >= 0)
		json = parse(text, (size_t)length, problem);
	free(text);
	fclose(file);
	return json;
}

/* --- Shapes --- */

static bool
is_list_of_texts(const json_t *value)
{
	size_t i;
	const json_t *item;

	json_array_foreach(value, i, item)
		if (!json_is_string(item))
			return false;
	return json_is_array(value);
}

static bool
has_shape(const json_t *value, enum profile_shape shape)
{
	switch (shape) {
	case PROFILE_TEXT:
		return json_is_string(value);
	case PROFILE_NUMBER:
		return json_is_integer(value);
	case PROFILE_OBJECT:
		return json_is_object(value);
	case PROFILE_LIST:
		return json_is_array(value);
	case PROFILE_TEXTS:
		return is_list_of_texts(value);
	}
	return false;
}

/* True for keys that are comments for people. */
static bool
is_comment(const char *name)
{
	return strcasecmp(name, "comment") == 0 ||
	    strcasecmp(name, "description") == 0 ||
	    (*name != '\0' && strchr("_$/#", *name) != NULL);
}

static const struct profile_key *
find_key(const struct profile_key *keys, const char *name)
{
	for (; keys->name != NULL; keys++)
		if (strcasecmp(keys->name, name) == 0)
			return keys;
	return NULL;
}

/* Returns how many keys of OBJECT equal NAME if case is ignored. */
static unsigned int
count_spellings(const json_t *object, const char *name)
{
	unsigned int count = 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
		count += strcasecmp(key, name) == 0;
	return count;
}

/*
 * This is strict because a value of another type would be treated as absent,
 * and so change the filter without notice.
 */
static int
check_value(const json_t *object, const char *name, const json_t *value,
    const struct profile_key *key, struct problem *problem)
{
	static const char *const shapes[] = {
		[PROFILE_TEXT] = "a string",
		[PROFILE_NUMBER] = "a number from 0 to 2^64-1",
		[PROFILE_OBJECT] = "an object",
		[PROFILE_LIST] = "a list",
		[PROFILE_TEXTS] = "a list of strings",
	};

	if (count_spellings(object, name) > 1)
		return problem_set(problem,
		    "\"%s\" is there twice, in upper and lower case", name);
	if (!json_is_null(value) && !has_shape(value, key->shape))
		return problem_set(problem, "\"%s\" is not %s", name,
		    shapes[key->shape]);
	return 0;
}

int
profile_json_check(const json_t *object, const struct profile_key *keys,
    const char *where, json_t *unknown_keys, struct problem *problem)
{
	struct problem why;
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return problem_set(problem, "%s is not a JSON object", where);
	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		const struct profile_key *key = find_key(keys, name);

		if (key == NULL && !is_comment(name))
			json_object_set_new(unknown_keys, name, json_null());
		if (key != NULL &&
		    check_value(object, name, value, key, &why) < 0)
			return problem_set(problem, "%s: %.400s", where,
			    why.text);
	}
	return 0;
}

void
profile_json_list_keys(const json_t *object, char *text, size_t size)
{
	const char *key;
	json_t *value;

	*text = '\0';
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
		text_append(text, size, "%s\"%.64s\"",
		    *text != '\0' ? ", " : "", key);
}

static const json_t *
find_value(const json_t *object, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
		if (strcasecmp(key, name) == 0)
			return value;
	return NULL;
}

bool
profile_json_has(const json_t *object, const char *name)
{
	return find_value(object, name) != NULL;
}

const json_t *
profile_json_get(const json_t *object, const char *name)
{
	const json_t *value = find_value(object, name);

	return json_is_null(value) ? NULL : value;
}

const char *
profile_json_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(profile_json_get(object, name));

	return text != NULL ? text : "";
}

uint64_t
profile_json_number(const json_t *object, const char *name)
{
	return (uint64_t)json_integer_value(profile_json_get(object, name));
}
