#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Requests to the replicas of a Swarm service, as an ingress sends them:

    load.py SERVICE PORT [READY]

Replica N is at port PORTN of 127.0.0.1. It gets requests while Docker says that
its task runs and, if READY is given, while there is a file READY/N. What is
known of this is brought up to date every 100 ms, no faster. On SIGTERM the
requests under way are finished, and the figures printed.
"""
import collections
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time

POLL = 0.1
PAUSE = 0.01
# One of them always has a request under way that takes its time.
PATHS = ["/", "/", "/", "/slow"]


class Replicas:
    """Whom requests may go to."""

    def __init__(self, ready):
        self.ready = ready
        self.running = set()
        self.open = []
        self.turn = itertools.count()

    def follow(self, events):
        for line in events:
            what, task = line.split()
            slot = task.split(".")[1]
            if what == "start":
                self.running.add(slot)
            else:
                self.running.discard(slot)

    def is_open(self, slot):
        return not self.ready or os.path.exists(f"{self.ready}/{slot}")

    def update(self):
        self.open = list(filter(self.is_open, sorted(self.running.copy())))

    def next(self):
        replicas = self.open
        if not replicas:
            raise OSError("no replica")
        return replicas[next(self.turn) % len(replicas)]


def request(port, path):
    address = ("127.0.0.1", port)
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        answer = connection.makefile("rb").read()
    if not answer.startswith(b"HTTP/1.0 200 "):
        raise OSError("no answer")


def send(replicas, port, path, end, results):
    while not end.wait(PAUSE):
        try:
            request(int(port + replicas.next()), path)
            results.append("answered")
        except OSError as error:
            results.append(error.strerror or str(error))


def docker(service, command, *arguments):
    return ["docker", command, "--filter",
            f"label=com.docker.swarm.service.name={service}", *arguments]


def running_tasks(service):
    """As if they had just begun to run."""
    name = '{{.Label "com.docker.swarm.task.name"}}'
    return subprocess.check_output(
        docker(service, "ps", "--format", "start " + name),
        text=True).splitlines()


def news_of_tasks(service, since):
    name = '{{index .Actor.Attributes "com.docker.swarm.task.name"}}'
    return subprocess.Popen(
        docker(service, "events", "--since", str(since),
               "--filter", "event=start", "--filter", "event=die",
               "--format", "{{.Action}} " + name),
        stdout=subprocess.PIPE, text=True)


def main(service, port, ready=None):
    replicas, results, end = Replicas(ready), [], threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    now = time.time()
    replicas.follow(running_tasks(service))
    news = news_of_tasks(service, now)
    threading.Thread(target=replicas.follow, args=[news.stdout]).start()
    while not replicas.open and not end.wait(POLL):
        replicas.update()
    senders = [threading.Thread(target=send,
                                args=[replicas, port, path, end, results])
               for path in PATHS]
    for sender in senders:
        sender.start()
    while not end.wait(POLL):
        replicas.update()
    for sender in senders:
        sender.join()
    news.terminate()
    reasons = collections.Counter(results)
    print(f"sent {len(results)}, failed {len(results) - reasons['answered']}")
    for reason, count in reasons.items():
        print(f"{count} {reason}")


main(*sys.argv[1:])
