/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "fuzz.h"
#include "readiness/notify.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct notify_message message;

	if (size > NOTIFY_MESSAGE_MAX)
		return 0;
	memcpy(message.text, data, size);
	if (!notify_parse(&message, size))
		return 0;
	fuzz_require(message.extend_ms >= 0);
	fuzz_require(message.watchdog_ms >= -1);
	fuzz_require(strlen(message.text) <= size);
	fuzz_require(notify_is_for_engine(message.text));
	fuzz_require(!message.ready || size >= strlen("READY=1"));
	return 0;
}
