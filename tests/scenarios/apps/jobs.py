# SPDX-License-Identifier: MIT
"""
What workers have in common: a job, and that SIGTERM interrupts it.

A job is "NUMBER SECONDS": it takes so long, and its result is the file NUMBER
in the folder $RESULTS. Done twice, that is the same file: jobs are reentrant.
"""
import os
import signal
import socket
import sys
import time

# Lines at once and in one piece: dinit writes to the same log.
sys.stdout.reconfigure(line_buffering=True)


class Stopped(Exception):
    pass


class Worker:
    def __init__(self):
        self.stopping = False
        self.working = False
        signal.signal(signal.SIGTERM, self.stop)

    def stop(self, *_):
        """Interrupts a job only, never what is said to the queue."""
        self.stopping = True
        if self.working:
            self.working = False
            raise Stopped

    def do(self, job):
        """False if it was interrupted: somebody else has to do it."""
        try:
            self.working = True
            if self.stopping:
                raise Stopped
            perform(*job.split())
            self.working = False
        except Stopped:
            print(f"job {job.split()[0]} interrupted")
            return False
        return True


def perform(number, seconds):
    print(f"job {number} begun")
    time.sleep(float(seconds))
    result = os.path.join(os.environ["RESULTS"], number)
    with open(result + ".new", "w", encoding="ascii") as file:
        file.write("done\n")
    # Complete or not there at all.
    os.rename(result + ".new", result)


def announce_ready():
    """sd_notify(3): dinit publishes readiness."""
    address = os.environ["NOTIFY_SOCKET"].replace("@", "\0", 1)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.sendto(b"READY=1", address)
