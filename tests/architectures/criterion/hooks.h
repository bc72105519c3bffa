/* SPDX-License-Identifier: MIT */
/* Hooks of Criterion's own process: here they are never called. */
#ifndef DINIT_TESTS_CRITERION_HOOKS_H
#define DINIT_TESTS_CRITERION_HOOKS_H

#define ReportHook(When)                                                      \
	__attribute__((unused)) static void criterion_hook_##When

#endif
