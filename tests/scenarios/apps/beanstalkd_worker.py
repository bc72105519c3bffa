#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Worker on Beanstalkd: on SIGTERM it just leaves, with the job undone.

A job is deleted when it is done, and no sooner. When the worker's connection
goes, in whatever way, Beanstalkd puts the job back at once. (Should the machine
go and not the connection, it does so when the job's time to run is over.)
"""
import os
import socket

import jobs


class Queue:
    def __init__(self, host, port):
        self.socket = socket.create_connection((host, int(port)))
        self.answers = self.socket.makefile("rb")

    def ask(self, command):
        """The words of the answer's first line."""
        self.socket.sendall(command.encode() + b"\r\n")
        answer = self.answers.readline().decode().split()
        if not answer:
            raise ConnectionError("Beanstalkd has closed the connection")
        return answer

    def reserve(self, seconds):
        """A job's id and body; neither if none comes in time."""
        answer = self.ask(f"reserve-with-timeout {seconds}")
        if answer[0] != "RESERVED":
            return None, None
        body = self.answers.read(int(answer[2]) + len("\r\n"))
        return answer[1], body.decode().rstrip()

    def delete(self, job_id):
        if self.ask(f"delete {job_id}") != ["DELETED"]:
            print(f"done too late: {job_id} is another's by now")


def main():
    worker = jobs.Worker()
    queue = Queue(*os.environ["BEANSTALKD"].split(":"))
    jobs.announce_ready()
    while not worker.stopping:
        job_id, job = queue.reserve(1)
        if job_id and worker.do(job):
            queue.delete(job_id)
            print(f"job {job.split()[0]} done")


main()
