#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Requests to the replicas of a Swarm service, as an ingress sends them:

    load.py SERVICE PORT [READY [ANSWERS]]

Replica N is at port PORTN of 127.0.0.1. It gets requests while Docker says that
its task runs and, if READY is given, while there is a file READY/N. With ANSWERS
it is asked at port ANSWERSN instead, as a load balancer does, again and again:
an answer 200 is a lie if there was no such file before the question nor after
the answer. What is known of this is brought up to date every 100 ms, no faster.
On SIGTERM the requests under way are finished, and the figures printed.
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
ASK_PAUSE = 0.005
SLOTS = "123"
# One of them always has a request under way that takes its time.
PATHS = ["/", "/", "/", "/slow"]


class Door:
    """What a replica answers at the port of its --ready-listen."""

    def __init__(self, port, ready_file):
        self.port = port
        self.ready_file = ready_file
        self.is_open = False
        self.answers = collections.Counter()

    def ask_again_and_again(self, end):
        while not end.wait(ASK_PAUSE):
            was_ready = os.path.exists(self.ready_file)
            status = self.ask()
            is_lie = (status == "200" and not was_ready and
                      not os.path.exists(self.ready_file))
            self.answers["lie" if is_lie else status] += 1
            self.is_open = status == "200"

    def ask(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port),
                                          timeout=10) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
                return connection.makefile("rb").read()[9:12].decode()
        except OSError:
            return "none"


class Replicas:
    """Whom requests may go to."""

    def __init__(self, ready, doors):
        self.ready = ready
        self.doors = doors
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
        if self.doors:
            return self.doors[slot].is_open
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


def main(service, port, ready=None, answers=None):
    doors = {slot: Door(int(answers + slot), f"{ready}/{slot}")
             for slot in SLOTS} if answers else {}
    replicas, results, end = Replicas(ready, doors), [], threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    askers = [threading.Thread(target=door.ask_again_and_again, args=[end])
              for door in doors.values()]
    for asker in askers:
        asker.start()
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
    for thread in senders + askers:
        thread.join()
    news.terminate()
    reasons = collections.Counter(results)
    print(f"sent {len(results)}, failed {len(results) - reasons['answered']}")
    for reason, count in reasons.items():
        print(f"{count} {reason}")
    if doors:
        told = sum((door.answers for door in doors.values()),
                   collections.Counter())
        print(f"told 200 {told['200']}, 503 {told['503']}, "
              f"lies {told['lie']}")


main(*sys.argv[1:])
