/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/errno_name.h"
#include "base/array.h"

TestSuite(errno_name, .timeout = 30);

/* Checks all names that the header PATH defines. Returns how many they are. */
static int
check_header(const char *path)
{
	FILE *file = fopen(path, "re");
	char name[64];
	char value[64];
	char line[256];
	int count = 0;

	cr_assert_not_null(file, "%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "#define E%62s %63s", name + 1, value) != 2)
			continue;
		name[0] = 'E';
		cr_expect_eq(errno_of_name(name), value[0] == 'E' ?
		    errno_of_name(value) : atoi(value), "%s", name);
		count++;
	}
	fclose(file);
	return count;
}

Test(errno_name, knows_all_names_of_the_kernel)
{
	cr_assert_geq(check_header("/usr/include/asm-generic/errno-base.h"),
	    34);
	cr_assert_geq(check_header("/usr/include/asm-generic/errno.h"), 99);
	cr_assert_eq(errno_of_name("ENOTSUP"), ENOTSUP);
}

Test(errno_name, knows_no_others)
{
	static const char *const names[] = { "", "E", "EPER", "EPERMX",
		"eperm", "EPERM ", "1" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		cr_expect_eq(errno_of_name(names[i]), -EINVAL, "%s", names[i]);
}
