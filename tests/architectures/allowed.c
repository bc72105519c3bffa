/* SPDX-License-Identifier: MIT */
/*
 * Prints the numbers of the system calls that the lock-down allows on the
 * machine that this is built for.
 */
#include <stdio.h>

#include "privileges/lockdown.h"

int
main(void)
{
	for (size_t i = 0; i < lockdown_list.calls_count; i++)
		printf("%d\n", lockdown_list.calls[i]);
	for (size_t i = 0; i < lockdown_list.rules_count; i++)
		printf("%d\n", lockdown_list.rules[i].call);
	return 0;
}
