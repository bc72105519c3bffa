/* SPDX-License-Identifier: MIT */
/* Explores the lifecycle that it is linked with; 1: something does not hold. */
#include <stdio.h>

#include "exploration.h"

int
main(void)
{
	static struct exploration exploration;

	exploration_run(&exploration);
	printf("%zu situations, %zu steps%s%s\n", exploration.situations,
	    exploration.steps, exploration.violation[0] != '\0' ? "; " : "",
	    exploration.violation);
	return exploration.violation[0] != '\0';
}
