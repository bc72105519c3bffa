/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "readiness/health.h"
#include "base/array.h"
#include "readiness/health_helper.h"
#include "readiness/helper.h"

int
health_start(const struct health_plan *plan, struct helper *out)
{
	const struct helper_role role = {
		.name = "dinit-health",
		.privileges = plan->privileges,
		.kept_fd = -1,
		.main = health_helper_main,
		.plan = plan,
	};

	return helper_start(&role, out);
}

/*
 * The helper runs as the app's user. An app of that user may have taken it
 * over, so any number can arrive as an outcome.
 */
static bool
is_outcome(enum health_outcome outcome)
{
	switch (outcome) {
	case HEALTH_PASSED:
	case HEALTH_FAILED:
	case HEALTH_TIMED_OUT:
	case HEALTH_STUCK:
	case HEALTH_NOT_RUN:
		return true;
	}
	return false;
}

ssize_t
health_receive(const struct helper *helper, struct health_result *result,
    char output[HEALTH_OUTPUT_MAX])
{
	struct health_result received = { .outcome = HEALTH_NOT_RUN };
	struct iovec parts[] = {
		{ .iov_base = &received, .iov_len = sizeof(received) },
		{ .iov_base = output, .iov_len = HEALTH_OUTPUT_MAX },
	};
	struct msghdr message = {
		.msg_iov = parts,
		.msg_iovlen = ARRAY_SIZE(parts),
	};
	ssize_t length = recvmsg(helper->fd, &message, MSG_DONTWAIT);

	if (length < 0)
		return errno == EAGAIN || errno == ENOMEM ? -errno : -EPIPE;
	if (length < (ssize_t)sizeof(received) || !is_outcome(received.outcome))
		return -EPIPE;
	*result = received;
	return length - (ssize_t)sizeof(received);
}
