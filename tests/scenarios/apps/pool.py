#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
A main process and a worker in its group, as Celery's pool: told to stop, the
main process ends at once. The worker finishes its job first; a second SIGTERM
breaks it off.
"""
import os
import signal
import sys
import time

JOB_SECONDS = 2


def work():
    stops = []
    signal.signal(signal.SIGTERM, lambda *_: stops.append(time.monotonic()))
    sys.stdout.write("job begun\n")
    end = time.monotonic() + JOB_SECONDS
    while time.monotonic() < end or not stops:
        time.sleep(0.05)
        if len(stops) > 1:
            sys.exit("job broken off")
        if stops and end < stops[0] + JOB_SECONDS:
            end = stops[0] + JOB_SECONDS
    sys.stdout.write("job done\n")


sys.stdout.reconfigure(line_buffering=True)
if os.fork() == 0:
    work()
else:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        signal.pause()
