/* SPDX-License-Identifier: MIT */
/*
 * As much of Criterion as the unit tests use, for machines where there is no
 * Criterion to link with: another processor under an emulator, another C
 * library. It executes nothing, as an emulator loses what is executed; each
 * test runs in a fork of the runner (criterion.c), and ends with it.
 */
#ifndef DINIT_TESTS_CRITERION_H
#define DINIT_TESTS_CRITERION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What the last arguments of Test and TestSuite set. */
struct criterion_extra {
	void (*init)(void);
	void (*fini)(void);
	double timeout; /* in seconds */
};

/* A test; or a suite, which has neither a name nor a body. */
struct criterion_test {
	const char *suite;
	const char *name;
	void (*body)(void);
	struct criterion_extra extra;
	struct criterion_test *next;
};

struct criterion_test_set;

void
criterion_add(struct criterion_test *test);

/*
 * Unless HOLDS, the test has failed, and is over if it is FATAL. The format
 * begins with a blank.
 */
void
criterion_check(bool holds, bool fatal, const char *where, const char *what,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Ends the test, which could not be run. */
_Noreturn void
criterion_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define CRITERION_REGISTER(Identifier, ...)                                   \
	__attribute__((constructor)) static void Identifier##_register(void)  \
	{                                                                     \
		static struct criterion_test test = { __VA_ARGS__ };          \
		criterion_add(&test);                                         \
	}                                                                     \
	struct criterion_test_set /* for a semicolon */

#define Test(Suite, Name, ...)                                                \
	static void Suite##_##Name##_body(void);                              \
	CRITERION_REGISTER(Suite##_##Name, .suite = #Suite, .name = #Name,    \
	    .body = Suite##_##Name##_body, .extra = { __VA_ARGS__ });         \
	static void Suite##_##Name##_body(void)

#define TestSuite(Suite, ...)                                                 \
	CRITERION_REGISTER(Suite##_suite, .suite = #Suite,                    \
	    .extra = { __VA_ARGS__ })

#define CRITERION_TEXT_(x) #x
#define CRITERION_TEXT(x) CRITERION_TEXT_(x)
#define CRITERION_WHERE __FILE__ ":" CRITERION_TEXT(__LINE__)
#define CRITERION_CHECK(holds, fatal, what, ...)                              \
	criterion_check((holds), fatal, CRITERION_WHERE, what,                \
	    " " __VA_ARGS__)

#define cr_assert(x, ...) CRITERION_CHECK(x, true, #x, __VA_ARGS__)
#define cr_assert_not(x, ...) CRITERION_CHECK(!(x), true, #x, __VA_ARGS__)
#define cr_assert_fail(...) CRITERION_CHECK(false, true, "fail", __VA_ARGS__)
#define cr_assert_eq(a, b, ...)                                               \
	CRITERION_CHECK((a) == (b), true, #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...)                                              \
	CRITERION_CHECK((a) != (b), true, #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...)                                               \
	CRITERION_CHECK((a) < (b), true, #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...)                                              \
	CRITERION_CHECK((a) <= (b), true, #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...)                                               \
	CRITERION_CHECK((a) > (b), true, #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...)                                              \
	CRITERION_CHECK((a) >= (b), true, #a " >= " #b, __VA_ARGS__)
#define cr_assert_null(x, ...)                                                \
	CRITERION_CHECK((x) == NULL, true, #x " is NULL", __VA_ARGS__)
#define cr_assert_not_null(x, ...)                                            \
	CRITERION_CHECK((x) != NULL, true, #x " is not NULL", __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...)                                           \
	CRITERION_CHECK(strcmp(a, b) == 0, true, #a " is " #b, __VA_ARGS__)
#define cr_assert_str_empty(x, ...)                                           \
	CRITERION_CHECK(*(x) == '\0', true, #x " is empty", __VA_ARGS__)
#define cr_assert_str_not_empty(x, ...)                                       \
	CRITERION_CHECK(*(x) != '\0', true, #x " is not empty", __VA_ARGS__)
#define cr_assert_arr_eq(a, b, size, ...)                                     \
	CRITERION_CHECK(memcmp(a, b, size) == 0, true, #a " is " #b,          \
	    __VA_ARGS__)

#define cr_expect(x, ...) CRITERION_CHECK(x, false, #x, __VA_ARGS__)
#define cr_expect_not(x, ...) CRITERION_CHECK(!(x), false, #x, __VA_ARGS__)
#define cr_expect_fail(...) CRITERION_CHECK(false, false, "fail", __VA_ARGS__)
#define cr_expect_eq(a, b, ...)                                               \
	CRITERION_CHECK((a) == (b), false, #a " == " #b, __VA_ARGS__)
#define cr_expect_neq(a, b, ...)                                              \
	CRITERION_CHECK((a) != (b), false, #a " != " #b, __VA_ARGS__)
#define cr_expect_lt(a, b, ...)                                               \
	CRITERION_CHECK((a) < (b), false, #a " < " #b, __VA_ARGS__)
#define cr_expect_leq(a, b, ...)                                              \
	CRITERION_CHECK((a) <= (b), false, #a " <= " #b, __VA_ARGS__)
#define cr_expect_gt(a, b, ...)                                               \
	CRITERION_CHECK((a) > (b), false, #a " > " #b, __VA_ARGS__)
#define cr_expect_geq(a, b, ...)                                              \
	CRITERION_CHECK((a) >= (b), false, #a " >= " #b, __VA_ARGS__)
#define cr_expect_null(x, ...)                                                \
	CRITERION_CHECK((x) == NULL, false, #x " is NULL", __VA_ARGS__)
#define cr_expect_not_null(x, ...)                                            \
	CRITERION_CHECK((x) != NULL, false, #x " is not NULL", __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...)                                           \
	CRITERION_CHECK(strcmp(a, b) == 0, false, #a " is " #b, __VA_ARGS__)
#define cr_expect_str_empty(x, ...)                                           \
	CRITERION_CHECK(*(x) == '\0', false, #x " is empty", __VA_ARGS__)
#define cr_expect_arr_eq(a, b, size, ...)                                     \
	CRITERION_CHECK(memcmp(a, b, size) == 0, false, #a " is " #b,         \
	    __VA_ARGS__)

#define cr_skip(...) criterion_skip(__VA_ARGS__)

#endif
