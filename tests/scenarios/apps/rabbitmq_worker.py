#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Worker on RabbitMQ: on SIGTERM it gives the job that it has back with a NACK.

A job is acknowledged when it is done, and no sooner: if the worker dies
suddenly, the connection goes, and RabbitMQ delivers the job again.
"""
import os

import pika

import jobs


def work(worker, channel):
    # One job at a time: what is not begun stays there for other workers.
    channel.basic_qos(prefetch_count=1)
    # Now and then without a job, to see whether to stop.
    for method, _, body in channel.consume("jobs", inactivity_timeout=0.2):
        if method is None:
            pass
        elif worker.do(body.decode()):
            channel.basic_ack(method.delivery_tag)
            print(f"job {body.decode().split()[0]} done")
        else:
            channel.basic_nack(method.delivery_tag, requeue=True)
        if worker.stopping:
            break
    channel.cancel()


def main():
    worker = jobs.Worker()
    parameters = pika.URLParameters(os.environ["AMQP_URL"])
    connection = pika.BlockingConnection(parameters)
    channel = connection.channel()
    channel.queue_declare("jobs", durable=True)
    jobs.announce_ready()
    work(worker, channel)
    connection.close()


main()
