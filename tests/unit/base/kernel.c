/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <sys/syscall.h>

#include "base/kernel.h"
#include "base/array.h"
#include "support.h"

TestSuite(kernel, .timeout = 60);

Test(kernel, reads_versions_and_tells_where_they_end)
{
	const struct {
		const char *text;
		int version;
		const char *rest;
	} cases[] = {
		{ "6.15", kernel_of(6, 15), "" },
		{ "6.1.0-13-amd64", kernel_of(6, 1), ".0-13-amd64" },
		{ "5.10-rc1", kernel_of(5, 10), "-rc1" },
		{ "0.0", 0, "" },
		{ "32767.65535+", kernel_of(32767, 65535), "+" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *rest = NULL;

		cr_expect_eq(kernel_parse(cases[i].text, &rest),
		    cases[i].version, "%s", cases[i].text);
		cr_expect_str_eq(rest, cases[i].rest);
	}
}

Test(kernel, refuses_what_is_no_version)
{
	const char *const bad[] = {
		"", ".", "6", "6.", ".15", "v6.15", " 6.15", "-6.15", "6.-15",
		"6.x", "32768.0", "6.65536", "000006.15", "6.000015",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *rest = NULL;

		cr_expect_eq(kernel_parse(bad[i], &rest), -EINVAL, "%s",
		    bad[i]);
	}
}

static void
ask_where_it_is_denied(void *argument)
{
	(void)argument;
	deny_system_call(SYS_uname, EPERM);
	must(kernel_version() == 0, "a version");
}

Test(kernel, knows_the_version_that_runs)
{
	cr_expect_geq(kernel_version(), kernel_of(2, 6));
	in_child(ask_where_it_is_denied, NULL);
}
