/* SPDX-License-Identifier: MIT */
/*
 * Asking whether a container is ready. Runs in a process of --is-ready, which
 * is started beside the container's dinit (docker exec, a probe of Kubernetes).
 */
#ifndef DINIT_ASKER_H
#define DINIT_ASKER_H

#include <stdbool.h>

#include "base/line_file.h"

/* What can be seen of a dinit, by one look after the other. */
struct asker_view {
	bool is_ready;
	bool is_alive;  /* a living dinit publishes at the path */
	bool was_alive; /* one did so at an earlier look */
	int state_fd;   /* the state file that was found last; -1 at first */
	char why_never[LINE_FILE_MAX]; /* why readiness will not come any
					  more; "": it may still come */
};

/* 1: a living dinit has published PATH; 0: none has; or -errno. */
int
asker_is_ready(const char *path);

/*
 * Looks at PATH and its state file once more. 0 and VIEW, or -errno. VIEW keeps
 * the state file open: what a dinit says at its end can also be read when that
 * dinit is gone.
 */
int
asker_look(const char *path, struct asker_view *view);

#endif
