/* SPDX-License-Identifier: MIT */
/*
 * What the driver and the supervised app note for each other, in memory that
 * both have: the driver's memfd, passed on as descriptor MEASURES_FD.
 */
#ifndef DINIT_BENCH_MEASURES_H
#define DINIT_BENCH_MEASURES_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define MEASURES_FD 3

struct measures {
	/* ns, CLOCK_MONOTONIC */
	volatile int64_t executed;  /* right before the exec of the init */
	volatile int64_t started;   /* the app's main() */
	volatile int64_t signalled; /* the app has taken its last signal */
	volatile int64_t ended;     /* right before the app's exit */
	volatile int64_t gone;      /* the init has been waited for */
	volatile int signals;       /* that the app has taken */
	volatile int is_set;        /* the app has done what it is for */
	volatile pid_t init;        /* as seen by the driver */
	volatile int status;        /* the init's, as wait(2) has it */
};

static inline int64_t
measures_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

#endif
