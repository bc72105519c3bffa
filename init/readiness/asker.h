/* SPDX-License-Identifier: MIT */
/*
 * Asking whether a container is ready. Runs in a process of --is-ready, which
 * is started beside the container's dinit (docker exec, a probe of Kubernetes).
 */
#ifndef DINIT_ASKER_H
#define DINIT_ASKER_H

#include <limits.h>
#include <stdbool.h>

#include "base/line_file.h"

struct problem;

/* Room for a line of the state file and for what is made of its times. */
#define ASKER_WHY_MAX (LINE_FILE_MAX + 128)

/* What the looks so far have shown of the dinit at a path. */
struct asker_view {
	bool waits; /* dinit's end shall wait until this process has ended */
	bool is_ready;
	bool is_alive;  /* a living dinit publishes at the path */
	bool was_alive; /* an earlier look found one */
	int state_fd;   /* the state file that was found last; -1 at first */
	union {
		struct {
			/* why the container will not become ready any more;
			 * "": it still may */
			char why_never[LINE_FILE_MAX];
			/* "": its dinit has not said why */
			char why_not_yet[ASKER_WHY_MAX];
		};
		char state_path[PATH_MAX]; /* only during asker_look */
	};
};

/* 1: a living dinit has published PATH; 0: none has; or -errno. */
int
asker_is_ready(const char *path);

/*
 * Looks at PATH and its state file once more, and updates VIEW. 0 or -errno.
 * VIEW keeps the state file open, so that what a dinit has written there can
 * be read even when that dinit has ended.
 */
int
asker_look(const char *path, struct asker_view *view);

/*
 * Sets PROBLEM to the reason why no container is ready at PATH, as the last
 * look into VIEW has shown.
 */
void
asker_explain(const struct asker_view *view, const char *path,
    struct problem *problem);

/*
 * Returns what asker_is_ready does. Unless that is 1, PROBLEM says why the
 * container is not ready, or why this cannot be found out.
 */
int
asker_ask(const char *path, struct problem *problem);

#endif
