/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "app/memory_kills.h"
#include "support.h"

TestSuite(memory_kills, .timeout = 30, .init = scratch_make,
    .fini = scratch_remove);

static void
expect_count(const char *text, int64_t count)
{
	write_file(scratch_path("memory.events"), text);
	cr_expect_eq(memory_kills_count(scratch_path("memory.events")), count,
	    "%s", text);
}

Test(memory_kills, are_counted_as_the_cgroup_says)
{
	expect_count("low 0\nhigh 0\nmax 12\noom 3\noom_kill 0\n"
	    "oom_group_kill 0\n", 0);
	expect_count("low 0\nhigh 0\nmax 12\noom 3\noom_kill 17\n"
	    "oom_group_kill 5\n", 17);
}

Test(memory_kills, are_not_known_where_nothing_says_so)
{
	expect_count("low 0\noom 3\noom_group_kill 5\n", -ENODATA);
	expect_count("", -ENODATA);
	cr_expect_eq(memory_kills_count("/no/such/file"), -ENOENT);
	cr_expect_eq(memory_kills_count("/"), -ENODATA);
}
