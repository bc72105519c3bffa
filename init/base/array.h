/* SPDX-License-Identifier: MIT */
/* The one function-like macro of the house. */
#ifndef DINIT_ARRAY_H
#define DINIT_ARRAY_H

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
