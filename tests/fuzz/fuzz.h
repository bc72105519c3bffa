/* SPDX-License-Identifier: MIT */
/*
 * What the fuzz targets share. Each calls one parser with whatever libFuzzer
 * makes up from the seeds in corpus/, and aborts where the result breaks the
 * parser's contract.
 */
#ifndef DINIT_TESTS_FUZZ_H
#define DINIT_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer calls it; 0. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run, with a report, unless CONDITION holds. */
void
fuzz_require(int condition);

/* DATA as a string, in memory of its own so that reading beyond is noticed. */
char *
fuzz_string(const uint8_t *data, size_t size);

/* Path of file SLOT, 0 or 1, which holds DATA until the next call. */
const char *
fuzz_file(int slot, const void *data, size_t size);

#endif
