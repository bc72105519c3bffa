/* SPDX-License-Identifier: MIT */
/* USER[:GROUP], /etc/passwd and /etc/group, with a NUL in between. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "base/problem.h"
#include "privileges/user.h"

/* Where the part that begins at PART ends. */
static const uint8_t *
part_end(const uint8_t *part, const uint8_t *end)
{
	const uint8_t *nul = part == end ? NULL :
	    memchr(part, '\0', (size_t)(end - part));

	return nul == NULL ? end : nul;
}

static const uint8_t *
part_after(const uint8_t *part_end, const uint8_t *end)
{
	return part_end == end ? end : part_end + 1;
}

static void
check(const struct user *user)
{
	fuzz_require(user->uid <= INT_MAX && user->gid <= INT_MAX);
	fuzz_require(user->group_count <= USER_GROUPS_MAX);
	for (size_t i = 0; i < user->group_count; i++)
		fuzz_require(user->groups[i] <= INT_MAX);
	fuzz_require(strncmp(user->home, "HOME=", 5) == 0);
	fuzz_require(strlen(user->home) > 5);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;
	const uint8_t *spec_end = part_end(data, end);
	const uint8_t *passwd = part_after(spec_end, end);
	const uint8_t *passwd_end = part_end(passwd, end);
	const uint8_t *group = part_after(passwd_end, end);
	const struct user_files files = {
		fuzz_file(0, passwd, (size_t)(passwd_end - passwd)),
		fuzz_file(1, group, (size_t)(end - group)),
	};
	char *spec = fuzz_string(data, (size_t)(spec_end - data));
	struct problem problem = { .text = "" };
	struct user user;
	int error = user_resolve(spec, &files, &user, &problem);

	fuzz_require(error == 0 || error == -EINVAL);
	fuzz_require((error == 0) == (problem.text[0] == '\0'));
	if (error == 0)
		check(&user);
	free(spec);
	return 0;
}
