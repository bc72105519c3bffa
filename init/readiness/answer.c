/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "readiness/answer.h"
#include "readiness/answer_helper.h"
#include "readiness/helper.h"

int
answer_start(const struct answer_plan *plan, struct helper *out)
{
	const struct helper_role role = {
		.name = "dinit-answer",
		.privileges = plan->privileges,
		.kept_fd = plan->listen_fd,
		.main = answer_helper_main,
		.plan = plan,
	};

	return helper_start(&role, out);
}

/*
 * A helper never sends anything. If one does, an app of the same user has taken
 * it over. That counts as its end, so that nobody can keep PID 1 busy.
 */
bool
answer_has_ended(const struct helper *helper)
{
	char byte;
	struct iovec part = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (helper->fd < 0)
		return false;
	return recvmsg(helper->fd, &message, MSG_DONTWAIT) >= 0 ||
	    (errno != EAGAIN && errno != EINTR && errno != ENOMEM);
}

void
answer_take_over(const struct helper *spare)
{
	const char byte = ANSWER_TAKE_OVER;

	/* If the spare is gone, answer_has_ended() will find that out. */
	send(spare->fd, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}
