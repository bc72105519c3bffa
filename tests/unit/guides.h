/* SPDX-License-Identifier: MIT */
/*
 * What the manual says of the lifecycle, for the test that explores it: that
 * takes too long to be done twice.
 */
#ifndef DINIT_TESTS_GUIDES_H
#define DINIT_TESTS_GUIDES_H

struct exploration;

/*
 * Fails the test unless dinit-lifecycle(7) lists just the ways between states
 * that EXPLORATION, which has seen all, has taken.
 */
void
guides_expect_ways(const struct exploration *exploration);

#endif
