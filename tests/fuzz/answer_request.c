/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "readiness/answer_request.h"

/* However the bytes arrive, in one piece or one by one, they mean the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct answer_request whole = { .bytes = 0 };
	struct answer_request pieces = { .bytes = 0 };
	enum answer_asked asked = answer_request_read(&whole, bytes, size);

	for (size_t i = 0; i < size; i++)
		answer_request_read(&pieces, bytes + i, 1);
	fuzz_require(pieces.asked == asked);
	fuzz_require(whole.bytes <= ANSWER_REQUEST_MAX + 1);
	fuzz_require(size <= ANSWER_REQUEST_MAX ||
	    asked != ANSWER_ASKED_UNKNOWN);
	fuzz_require(asked != ANSWER_ASKED_GET || size >= 16);
	fuzz_require(asked != ANSWER_ASKED_HEAD || size >= 17);
	return 0;
}
