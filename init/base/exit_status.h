/* SPDX-License-Identifier: MIT */
/* The exit statuses that are dinit's own, as in timeout(1) and shells. */
#ifndef DINIT_EXIT_STATUS_H
#define DINIT_EXIT_STATUS_H

#define EXIT_STATUS_BUDGET 124         /* the startup budget ran out */
#define EXIT_STATUS_DINIT 125          /* dinit itself failed */
#define EXIT_STATUS_NOT_EXECUTABLE 126 /* found, but not executable */
#define EXIT_STATUS_NOT_FOUND 127

#endif
