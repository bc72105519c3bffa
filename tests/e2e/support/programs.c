/* SPDX-License-Identifier: MIT */
/*
 * The programs that are tested run from copies in a folder of their own, which
 * other users reach too: the tree may lie in somebody's home.
 */
#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static char folder[] = "/tmp/dinit-e2e.programs.XXXXXX";

static int
shell(const char *command)
{
	return setenv("COPIES", folder, 1) == 0 ? system(command) : -1;
}

static void
point_to(const char *variable, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	setenv(variable, path, 1);
}

/* In the runner itself, whose environment all tests inherit. */
ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
	(void)tests;
	if (getenv("DINIT") == NULL || getenv("APPS") == NULL)
		return;
	if (mkdtemp(folder) == NULL || chmod(folder, 0755) < 0 ||
	    shell("cp \"$DINIT\" \"$COPIES/dinit\" && "
	    "cp -r \"$APPS\" \"$COPIES/apps\"") != 0) {
		perror("cannot copy the programs to /tmp");
		exit(1);
	}
	point_to("DINIT", "dinit");
	point_to("APPS", "apps");
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
	(void)stats;
	shell("rm -rf \"$COPIES\"");
}
