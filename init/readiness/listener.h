/* SPDX-License-Identifier: MIT */
/*
 * PID 1's side of the helper that hears what COMMAND says by sd_notify(3):
 * starting it, taking its news and giving it orders. Runs in PID 1. What the
 * helper itself does is in listener_helper.h.
 *
 * PID 1 never receives a datagram of COMMAND itself. A datagram may carry
 * descriptors, and the process that receives them waits until they are
 * released. The sender decides how long that takes (a socket with SO_LINGER).
 * It holds up only the helper, which nobody waits for.
 *
 * PID 1 calls listener_go_on() when it has acted on a piece of news. Until then
 * the helper takes no further datagram. So once BARRIER=1 has been taken, PID 1
 * has acted on all that COMMAND said before it.
 */
#ifndef DINIT_LISTENER_H
#define DINIT_LISTENER_H

#include "readiness/listener_wire.h"

struct helper;

/* Starts the helper. 0 and OUT, or -errno. */
int
listener_start(const struct listener_plan *plan, struct helper *out);

/*
 * Takes the next news. All of it is checked, for an app of the same user may
 * have taken the helper over. 0 and NEWS; -EAGAIN: there is no news; -ENOMEM:
 * the kernel has no memory for it now; -EPIPE: the helper is gone, or what it
 * sends is no news.
 */
int
listener_receive(const struct helper *listener, struct listener_news *news);

/* Tells the helper that PID 1 has acted on the last news. */
void
listener_go_on(const struct helper *listener);

/*
 * Tells the helper that COMMAND has ended: it passes on what COMMAND had said
 * by then, and ends. PID 1 reaps it as it does any other child.
 */
void
listener_finish(const struct helper *listener);

#endif
