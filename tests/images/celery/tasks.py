# SPDX-License-Identifier: MIT
"""A task, and what the worker says of itself by sd_notify(3)."""
import os
import socket
import time

from celery import Celery
from celery.signals import heartbeat_sent, worker_ready

app = Celery("tasks", broker=os.environ["BROKER"])
# Against sudden death: a task is taken off the queue when it is done, so one
# that was not is done again. A child takes no task that it does not begin.
app.conf.task_acks_late = True
app.conf.worker_prefetch_multiplier = 1


@app.task
def work(seconds):
    print("begun", flush=True)
    time.sleep(seconds)
    print("done", flush=True)


def tell(state):
    path = os.environ.get("NOTIFY_SOCKET", "")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.sendto(state, path.replace("@", "\0", 1))


@worker_ready.connect
def say_ready(**_):
    tell(b"READY=1")


@heartbeat_sent.connect
def say_alive(**_):
    tell(b"WATCHDOG=1")
