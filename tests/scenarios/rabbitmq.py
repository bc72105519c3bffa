#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
What the scenario asks of RabbitMQ:

    rabbitmq.py put       the lines of standard input, as jobs that it has safe
    rabbitmq.py waiting   how many jobs are there for whoever asks
"""
import sys

import pika


def put(channel):
    channel.confirm_delivery()
    persistent = pika.BasicProperties(delivery_mode=2)
    for line in sys.stdin:
        channel.basic_publish("", "jobs", line.strip(), persistent)


def main(command):
    connection = pika.BlockingConnection()
    channel = connection.channel()
    queue = channel.queue_declare("jobs", durable=True)
    if command == "put":
        put(channel)
    else:
        print(queue.method.message_count)
    connection.close()


main(*sys.argv[1:])
