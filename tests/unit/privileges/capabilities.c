/* SPDX-License-Identifier: MIT */
/* Reading and writing lists. What COMMAND gets is tested in privileges.c. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

#include "privileges/capabilities.h"
#include "base/array.h"
#include "base/problem.h"
#include "support.h"

TestSuite(capabilities, .timeout = 30);

#define BIT(capability) (UINT64_C(1) << (capability))

/* What "all" stands for in these tests. */
#define EVERY (BIT(CAP_CHOWN) | BIT(CAP_SYS_TIME))

Test(capabilities, are_read_from_lists)
{
	static const struct {
		const char *list;
		uint64_t set;
	} cases[] = {
		{ "net_bind_service", BIT(CAP_NET_BIND_SERVICE) },
		{ "NET_BIND_SERVICE", BIT(CAP_NET_BIND_SERVICE) },
		{ "cap_net_bind_service", BIT(CAP_NET_BIND_SERVICE) },
		{ "CAP_NET_BIND_SERVICE", BIT(CAP_NET_BIND_SERVICE) },
		{ "Cap_Chown,10", BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_CHOWN) },
		{ "0", BIT(CAP_CHOWN) },
		{ "63", BIT(63) },
		{ "chown,chown,CHOWN", BIT(CAP_CHOWN) },
		{ "none", 0 },
		{ "NONE", 0 },
		{ "all", EVERY },
		{ "All", EVERY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct problem problem = { .text = "" };
		uint64_t set = BIT(5);

		cr_expect_eq(capabilities_parse(cases[i].list, EVERY, &set,
		    &problem), 0, "%s: %s", cases[i].list, problem.text);
		cr_expect_eq(set, cases[i].set, "%s: %#jx", cases[i].list,
		    (uintmax_t)set);
	}
}

Test(capabilities, are_refused_if_a_word_names_no_capability)
{
	static const char *const malformed[] = { "", ",", "chown,", ",chown",
		"chown,,kill", "chown kill", "cap_", "cap_cap_chown", "-1",
		"+0", "007", "64", "4294967296", "0x1", "1x", "everything",
		"chown,all", "none,chown", "=ep", "cap_chown=ep",
		"cap_chown+ep", "net_bind_service_", "cap_10" };

	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		struct problem problem = { .text = "" };
		uint64_t set = BIT(5);

		cr_expect_eq(capabilities_parse(malformed[i], EVERY, &set,
		    &problem), -EINVAL, "%s", malformed[i]);
		cr_expect_eq(set, BIT(5), "%s changes the set", malformed[i]);
		cr_expect(strstr(problem.text, "is not a capability such as"),
		    "%s: %s", malformed[i], problem.text);
	}
}

Test(capabilities, are_found_by_their_whole_name_only)
{
	static const char *const others[] = { "", "0", "chown", "cap_",
		"CAP_CHOWN,", "CAP_CHOWN ", "CAP_CHOWN=ep", "CAP_FUTURE" };

	cr_expect_eq(capabilities_find("CAP_CHOWN"), CAP_CHOWN);
	cr_expect_eq(capabilities_find("cap_Sys_Time"), CAP_SYS_TIME);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		cr_expect_eq(capabilities_find(others[i]), -1, "%s", others[i]);
}

Test(capabilities, are_written_as_far_as_there_is_room)
{
	const uint64_t set = BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(CAP_SETUID);
	static const struct {
		size_t size;
		const char *text;
	} cases[] = {
		{ 30, "cap_chown,cap_kill,cap_setuid" },
		{ 29, "cap_chown,cap_kill" },
		{ 11, "cap_chown" },
		{ 1, "" },
	};
	char text[64];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		capabilities_format(set, text, cases[i].size);
		cr_expect_str_eq(text, cases[i].text, "%zu bytes: %s",
		    cases[i].size, text);
	}
	capabilities_format(0, text, sizeof(text));
	cr_expect_str_empty(text);
}

static void
drop_from_bounding(void *argument)
{
	struct capabilities before = capabilities_of_process();
	struct capabilities after;

	(void)argument;
	must(before.own & BIT(CAP_CHOWN), "root has no CAP_CHOWN");
	must(cap_drop_bound(CAP_CHOWN) == 0, "cap_drop_bound: %m");
	after = capabilities_of_process();
	must(after.bounding == (before.bounding & ~BIT(CAP_CHOWN)),
	    "bounding: %#jx", (uintmax_t)after.bounding);
	must(after.own == (before.own & ~BIT(CAP_CHOWN)),
	    "CAP_CHOWN is still permitted, and counts outside of the bounds");
}

Test(capabilities, count_as_own_only_within_the_bounding_set)
{
	if (geteuid() != 0)
		cr_skip("skipped: needs root");
	in_child(drop_from_bounding, NULL);
}
